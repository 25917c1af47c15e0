//! Columns of a Parquet file as its schema names them, each one of values or of maps, and what is read of them in a row
//! group.

use parquet::basic::{ConvertedType, LogicalType, Repetition};
use parquet::errors::ParquetError;
use parquet::file::reader::RowGroupReader;
use parquet::schema::types::{SchemaDescriptor, Type};

use super::leaf::Column;
use super::trouble::Flaw;

/// A column by the places of its leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    Leaf(usize),
    /// Keys and values.
    Map(usize, usize),
    /// Lists and the like, which no bill has.
    Other,
}

impl Root {
    /// All of a file, in its order, and what they are called.
    pub fn all(schema: &SchemaDescriptor) -> Vec<(String, Root)> {
        let fields = schema.root_schema().get_fields().iter();
        let mut next = 0;
        let each = fields.map(|field| {
            let first = next;
            next += leaves(field);
            let is_repeated = field.get_basic_info().has_repetition()
                && field.get_basic_info().repetition() == Repetition::REPEATED;
            let root = match () {
                () if is_repeated => Root::Other,
                () if field.is_primitive() => Root::Leaf(first),
                () if is_map(field) => Root::Map(first, first + 1),
                () => Root::Other,
            };
            (field.name().to_owned(), root)
        });
        each.collect()
    }

    pub fn open(self, group: &dyn RowGroupReader) -> Result<Source, ParquetError> {
        let metadata = group.metadata();
        let open = |at| Column::open(group, at, &metadata.schema_descr().column(at)).map(Box::new);
        Ok(match self {
            Root::Leaf(at) => Source::Leaf(open(at)?),
            Root::Map(keys, values) => Source::Map(open(keys)?, open(values)?),
            Root::Other => Source::Leaf(Box::new(Column::group())),
        })
    }
}

fn leaves(field: &Type) -> usize {
    match field.is_primitive() {
        true => 1,
        false => field.get_fields().iter().map(|field| leaves(field)).sum(),
    }
}

/// A group that says so, of one repeated pair of a key and a value, whatever their names.
fn is_map(field: &Type) -> bool {
    let info = field.get_basic_info();
    let says = match info.logical_type_ref() {
        Some(logical) => *logical == LogicalType::Map,
        None => matches!(
            info.converted_type(),
            ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE
        ),
    };
    let single = |of: &Type| of.is_primitive() && of.get_basic_info().repetition() != Repetition::REPEATED;
    let [entries] = field.get_fields() else {
        return false;
    };
    let is_repeated = entries.get_basic_info().repetition() == Repetition::REPEATED;
    says && entries.is_group()
        && is_repeated
        && matches!(entries.get_fields(), [key, value] if single(key) && single(value))
}

/// A column of one row group.
pub enum Source {
    Leaf(Box<Column>),
    /// Keys and values.
    Map(Box<Column>, Box<Column>),
}

impl Source {
    /// Reads the next batch and says how many rows it has, if it is a column that is read.
    pub fn read(&mut self) -> Result<Option<usize>, Flaw> {
        match self {
            Source::Leaf(column) => column.read().map_err(Flaw::torn),
            Source::Map(keys, values) => {
                let (rows, of_values) = (keys.read(), values.read());
                let (rows, of_values) = (rows.map_err(Flaw::torn)?, of_values.map_err(Flaw::torn)?);
                if rows.zip(of_values).is_some_and(|(keys, values)| keys != values) {
                    return Err(Flaw::torn("a map has more keys than values, or fewer"));
                }
                Ok(rows)
            }
        }
    }

    /// The values, where each row has one.
    pub fn leaf(&self) -> Result<&Column, Flaw> {
        match self {
            Source::Leaf(column) => Ok(column),
            Source::Map(..) => Err(Flaw::whole(
                "the column holds maps",
                "export it with the types that FOCUS and CUR prescribe",
            )),
        }
    }
}
