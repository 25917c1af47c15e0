//! Small Parquet files made here, of columns of whatever type.

use std::sync::Arc;

use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    FloatType, Int32Type, Int64Type, Int96, Int96Type,
};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

/// Values of a column, nulls among them.
pub enum Cells {
    Bools(Vec<Option<bool>>),
    Int32(Vec<Option<i32>>),
    Int64(Vec<Option<i64>>),
    Int96(Vec<Option<Int96>>),
    Floats(Vec<Option<f32>>),
    Doubles(Vec<Option<f64>>),
    Bytes(Vec<Option<ByteArray>>),
    Fixed(Vec<Option<FixedLenByteArray>>),
    /// An empty value is none.
    Maps(Vec<Vec<(String, String)>>),
}

/// A column: its field as a schema writes it, and its values.
pub type Column = (String, Cells);

type Group<'a, 'b> = SerializedRowGroupWriter<'a, &'b mut Vec<u8>>;

pub fn column(field: &str, cells: Cells) -> Column {
    (format!("optional {field};"), cells)
}

pub fn text<'a>(name: &str, values: impl IntoIterator<Item = Option<&'a str>>) -> Column {
    let values = values.into_iter().map(|text| text.map(ByteArray::from));
    column(&format!("binary {name} (STRING)"), Cells::Bytes(values.collect()))
}

pub fn money(name: &str, values: impl IntoIterator<Item = Option<f64>>) -> Column {
    column(
        &format!("double {name}"),
        Cells::Doubles(values.into_iter().collect()),
    )
}

pub fn millis(name: &str, values: impl IntoIterator<Item = i64>) -> Column {
    let values = values.into_iter().map(Some).collect();
    column(
        &format!("int64 {name} (TIMESTAMP(MILLIS, true))"),
        Cells::Int64(values),
    )
}

/// Writers call the pairs of a map by different names.
pub fn map<'a>(
    name: &str,
    entries: &str,
    rows: impl IntoIterator<Item = &'a [(&'a str, &'a str)]>,
) -> Column {
    let owned = |row: &[(&str, &str)]| {
        row.iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect()
    };
    let field = format!(
        "optional group {name} (MAP) {{ repeated group {entries} {{ required binary key (STRING); \
         optional binary value (STRING); }} }}"
    );
    (field, Cells::Maps(rows.into_iter().map(owned).collect()))
}

/// Two rows a group, so that dictionaries change within the file.
pub fn write(columns: &[Column]) -> Vec<u8> {
    write_as(columns, 2, WriterProperties::builder())
}

pub fn write_as(columns: &[Column], rows_a_group: usize, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let fields: String = columns.iter().map(|(field, _)| field.as_str()).collect();
    let schema = parse_message_type(&format!("message bill {{ {fields} }}")).unwrap();
    let mut bytes = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut bytes, Arc::new(schema), Arc::new(properties.build())).unwrap();
    let rows = columns[0].1.rows();
    for from in (0..rows).step_by(rows_a_group) {
        let mut group = writer.next_row_group().unwrap();
        for (_, cells) in columns {
            cells.put(&mut group, from, rows.min(from + rows_a_group));
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

impl Cells {
    fn rows(&self) -> usize {
        match self {
            Cells::Bools(all) => all.len(),
            Cells::Int32(all) => all.len(),
            Cells::Int64(all) => all.len(),
            Cells::Int96(all) => all.len(),
            Cells::Floats(all) => all.len(),
            Cells::Doubles(all) => all.len(),
            Cells::Bytes(all) => all.len(),
            Cells::Fixed(all) => all.len(),
            Cells::Maps(all) => all.len(),
        }
    }

    fn put(&self, group: &mut Group<'_, '_>, from: usize, to: usize) {
        match self {
            Cells::Bools(all) => flat::<BoolType>(group, &all[from..to]),
            Cells::Int32(all) => flat::<Int32Type>(group, &all[from..to]),
            Cells::Int64(all) => flat::<Int64Type>(group, &all[from..to]),
            Cells::Int96(all) => flat::<Int96Type>(group, &all[from..to]),
            Cells::Floats(all) => flat::<FloatType>(group, &all[from..to]),
            Cells::Doubles(all) => flat::<DoubleType>(group, &all[from..to]),
            Cells::Bytes(all) => flat::<ByteArrayType>(group, &all[from..to]),
            Cells::Fixed(all) => flat::<FixedLenByteArrayType>(group, &all[from..to]),
            Cells::Maps(all) => maps(group, &all[from..to]),
        }
    }
}

fn flat<T: DataType>(group: &mut Group<'_, '_>, cells: &[Option<T::T>]) {
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.iter().flatten().cloned().collect();
    let mut column = group.next_column().unwrap().unwrap();
    let writer = column.typed::<T>();
    writer.write_batch(&values, Some(&levels), None).unwrap();
    column.close().unwrap();
}

fn maps(group: &mut Group<'_, '_>, rows: &[Vec<(String, String)>]) {
    let (mut keys, mut values) = ((vec![], vec![]), (vec![], vec![]));
    let mut reps = Vec::new();
    for row in rows {
        for (at, (key, value)) in row.iter().enumerate() {
            reps.push(i16::from(at > 0));
            keys.0.push(ByteArray::from(key.as_str()));
            keys.1.push(2);
            values.1.push(if value.is_empty() { 2 } else { 3 });
            values
                .0
                .extend((!value.is_empty()).then(|| ByteArray::from(value.as_str())));
        }
        if row.is_empty() {
            reps.push(0);
            keys.1.push(1);
            values.1.push(1);
        }
    }
    for (texts, levels) in [keys, values] {
        let mut column = group.next_column().unwrap().unwrap();
        let writer = column.typed::<ByteArrayType>();
        writer.write_batch(&texts, Some(&levels), Some(&reps)).unwrap();
        column.close().unwrap();
    }
}
