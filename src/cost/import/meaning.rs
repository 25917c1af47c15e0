//! What the type of a Parquet column means to a bill, whichever way its writer said it.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Stored};
use parquet::schema::types::ColumnDescriptor;

const DAY: i64 = 86_400;

/// What a column's values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    Double,
    Float,
    Integer,
    /// A whole number without a sign.
    Natural,
    /// Digits after the point.
    Decimal(i32),
    Date,
    /// Ticks of a day.
    Time(i64),
    /// What no column of a bill is.
    Other,
}

impl Type {
    pub fn of(leaf: &ColumnDescriptor) -> Type {
        let (logical, converted) = (leaf.logical_type_ref(), leaf.converted_type());
        match (leaf.physical_type(), logical, converted) {
            (_, Some(LogicalType::Decimal(decimal)), _) => Type::Decimal(decimal.scale),
            (_, None, ConvertedType::DECIMAL) => Type::Decimal(leaf.type_scale()),
            (Stored::BYTE_ARRAY, Some(LogicalType::String | LogicalType::Json), _)
            | (Stored::BYTE_ARRAY, None, ConvertedType::UTF8 | ConvertedType::JSON) => Type::Text,
            (Stored::DOUBLE, _, _) => Type::Double,
            (Stored::FLOAT, _, _) => Type::Float,
            (Stored::INT96, _, _) => Type::Time(DAY * 1_000_000_000),
            (Stored::INT32, Some(LogicalType::Date), _) | (Stored::INT32, None, ConvertedType::DATE) => {
                Type::Date
            }
            (Stored::INT64, Some(LogicalType::Timestamp(stamp)), _) => Type::Time(match stamp.unit {
                TimeUnit::MILLIS => DAY * 1_000,
                TimeUnit::MICROS => DAY * 1_000_000,
                TimeUnit::NANOS => DAY * 1_000_000_000,
            }),
            (Stored::INT64, None, ConvertedType::TIMESTAMP_MILLIS) => Type::Time(DAY * 1_000),
            (Stored::INT64, None, ConvertedType::TIMESTAMP_MICROS) => Type::Time(DAY * 1_000_000),
            (Stored::INT32 | Stored::INT64, Some(LogicalType::Integer(number)), _) if number.is_signed => {
                Type::Integer
            }
            (Stored::INT32 | Stored::INT64, None, ConvertedType::NONE)
            | (Stored::INT32, None, ConvertedType::INT_8 | ConvertedType::INT_16 | ConvertedType::INT_32)
            | (Stored::INT64, None, ConvertedType::INT_64) => Type::Integer,
            (Stored::INT32 | Stored::INT64, Some(LogicalType::Integer(_)), _)
            | (
                Stored::INT32 | Stored::INT64,
                None,
                ConvertedType::UINT_8
                | ConvertedType::UINT_16
                | ConvertedType::UINT_32
                | ConvertedType::UINT_64,
            ) => Type::Natural,
            _ => Type::Other,
        }
    }

    /// As an error calls it.
    pub fn name(self, stored: Option<Stored>) -> &'static str {
        match (self, stored) {
            (Type::Text, _) => "Text",
            (Type::Double, _) => "Double",
            (Type::Float, _) => "Float",
            (Type::Integer | Type::Natural, _) => "Integer",
            (Type::Decimal(_), _) => "Decimal",
            (Type::Date, _) => "Date",
            (Type::Time(_), _) => "Timestamp",
            (Type::Other, Some(Stored::BOOLEAN)) => "Boolean",
            (Type::Other, Some(Stored::INT32 | Stored::INT64)) => "Time",
            (Type::Other, Some(_)) => "Binary",
            (Type::Other, None) => "Group",
        }
    }
}
