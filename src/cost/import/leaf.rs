//! A column of a Parquet file: its values, a batch of rows of a row group at a time, and where there are none.

use std::sync::Arc;

use parking_lot::Mutex;
use parquet::basic::Type as Stored;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{
    ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type, Int96Type,
};
use parquet::errors::ParquetError;
use parquet::file::reader::RowGroupReader;
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};

use super::meaning::Type;
use super::page::{Pages, torn};
use super::plain::Texts;
use super::trouble::Flaw;

/// Rows of a batch.
const ROWS: usize = 8192;

/// The values of a batch, as they are stored.
pub enum Values {
    Texts(Typed<Int32Type>, Arc<Mutex<Texts>>),
    Int32(Typed<Int32Type>),
    Int64(Typed<Int64Type>),
    Int96(Typed<Int96Type>),
    Float(Typed<FloatType>),
    Double(Typed<DoubleType>),
    Bytes(Typed<ByteArrayType>),
    Fixed(Typed<FixedLenByteArrayType>),
    /// Of a type that no column of a bill has.
    Unread,
}

/// A reader and the values that are there, nulls left out.
pub struct Typed<T: DataType> {
    reader: ColumnReaderImpl<T>,
    pub values: Vec<T::T>,
}

impl<T: DataType> Typed<T> {
    fn new(leaf: ColumnDescPtr, pages: Box<Pages>) -> Typed<T> {
        Typed {
            reader: ColumnReaderImpl::new(leaf, pages),
            values: Vec::new(),
        }
    }

    fn read(&mut self, defs: &mut Vec<i16>, reps: &mut Vec<i16>) -> Result<Option<usize>, ParquetError> {
        self.values.clear();
        let read = self
            .reader
            .read_records(ROWS, Some(defs), Some(reps), &mut self.values);
        read.map(|(rows, ..)| Some(rows))
    }
}

/// A column of one row group; of a map, its keys or its values.
pub struct Column {
    pub of: Type,
    stored: Option<Stored>,
    pub values: Values,
    /// For each place: whether there is a value, and whether it is of the row before.
    defs: Vec<i16>,
    reps: Vec<i16>,
    /// The level of a value, and from which on there is a place for one.
    value: i16,
    place: i16,
}

impl Column {
    pub fn open(group: &dyn RowGroupReader, at: usize, leaf: &ColumnDescPtr) -> Result<Column, ParquetError> {
        let chunk = group.metadata().column(at);
        let begins = [Some(chunk.data_page_offset()), chunk.dictionary_page_offset()];
        if begins
            .into_iter()
            .flatten()
            .chain([chunk.compressed_size()])
            .any(|number| number < 0)
        {
            return Err(torn("a column is where no file has any"));
        }
        let (of, stored) = (Type::of(leaf), leaf.physical_type());
        let pages =
            |texts| Ok::<_, ParquetError>(Pages::new(group.get_column_page_reader(at)?, leaf.clone(), texts));
        let values = match (of, stored) {
            (Type::Other, _) => Values::Unread,
            (Type::Text, _) => {
                let texts = Arc::new(Mutex::new(Texts::default()));
                let pages = pages(Some(texts.clone()))?;
                Values::Texts(Typed::new(Arc::new(coded(leaf)?), pages), texts)
            }
            (_, Stored::INT32) => Values::Int32(Typed::new(leaf.clone(), pages(None)?)),
            (_, Stored::INT64) => Values::Int64(Typed::new(leaf.clone(), pages(None)?)),
            (_, Stored::INT96) => Values::Int96(Typed::new(leaf.clone(), pages(None)?)),
            (_, Stored::FLOAT) => Values::Float(Typed::new(leaf.clone(), pages(None)?)),
            (_, Stored::DOUBLE) => Values::Double(Typed::new(leaf.clone(), pages(None)?)),
            (_, Stored::BYTE_ARRAY) => Values::Bytes(Typed::new(leaf.clone(), pages(None)?)),
            (_, Stored::FIXED_LEN_BYTE_ARRAY) => Values::Fixed(Typed::new(leaf.clone(), pages(None)?)),
            (_, Stored::BOOLEAN) => Values::Unread,
        };
        Ok(Column {
            of,
            stored: Some(stored),
            values,
            value: leaf.max_def_level(),
            place: leaf.repeated_ancestor_def_level(),
            ..Column::group()
        })
    }

    /// What has no values of its own.
    pub fn group() -> Column {
        Column {
            of: Type::Other,
            stored: None,
            values: Values::Unread,
            defs: Vec::new(),
            reps: Vec::new(),
            value: 0,
            place: 0,
        }
    }

    /// Reads the next batch and says how many rows it has, if it is a column that is read.
    pub fn read(&mut self) -> Result<Option<usize>, ParquetError> {
        let (defs, reps) = (&mut self.defs, &mut self.reps);
        defs.clear();
        reps.clear();
        match &mut self.values {
            Values::Texts(codes, texts) => {
                texts.lock().forget();
                codes.read(defs, reps)
            }
            Values::Int32(values) => values.read(defs, reps),
            Values::Int64(values) => values.read(defs, reps),
            Values::Int96(values) => values.read(defs, reps),
            Values::Float(values) => values.read(defs, reps),
            Values::Double(values) => values.read(defs, reps),
            Values::Bytes(values) => values.read(defs, reps),
            Values::Fixed(values) => values.read(defs, reps),
            Values::Unread => Ok(None),
        }
    }

    /// Calls with each row's value, or each entry's of a map.
    pub fn each<'v, T>(
        &self,
        values: &'v Typed<T>,
        mut give: impl FnMut(usize, Option<&'v T::T>) -> Result<(), Flaw>,
    ) -> Result<(), Flaw>
    where
        T: DataType,
    {
        let mut values = values.values.iter();
        if self.value == 0 {
            return values
                .enumerate()
                .try_for_each(|(at, value)| give(at, Some(value)));
        }
        let places = self.defs.iter().filter(|level| **level >= self.place);
        places.enumerate().try_for_each(|(at, level)| {
            let value = (*level == self.value).then(|| values.next()).flatten();
            give(at, value)
        })
    }

    /// Rows without a value.
    pub fn nulls(&self) -> u64 {
        self.defs.iter().filter(|level| **level < self.value).count() as u64
    }

    /// Where the entries of each row begin, and where those of the last end.
    pub fn starts(&self, starts: &mut Vec<usize>) {
        let mut entries = 0;
        for (rep, def) in self.reps.iter().zip(&self.defs) {
            if *rep == 0 {
                starts.push(entries);
            }
            entries += usize::from(*def >= self.place);
        }
        starts.push(entries);
    }

    pub fn wrong(&self, wanted: &str) -> Flaw {
        Flaw::whole(
            format!(
                "the column is of type {}, which is no {wanted}",
                self.of.name(self.stored)
            ),
            match (self.stored, wanted) {
                (Some(Stored::BYTE_ARRAY | Stored::FIXED_LEN_BYTE_ARRAY), "text") => {
                    "mark it as text (STRING, or UTF8): as VARCHAR in SQL, as string() in Arrow"
                }
                (None, _) => "write it as a map of texts, or as text with a JSON object",
                _ => "export it with the types that FOCUS and CUR prescribe",
            },
        )
    }
}

/// The same column with codes for its texts.
fn coded(leaf: &ColumnDescriptor) -> Result<ColumnDescriptor, ParquetError> {
    let code = parquet::schema::types::Type::primitive_type_builder(leaf.name(), Stored::INT32).build()?;
    Ok(ColumnDescriptor::new(
        Arc::new(code),
        leaf.max_def_level(),
        leaf.max_rep_level(),
        leaf.path().clone(),
    ))
}
