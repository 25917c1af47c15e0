//! The types of parameters: the general ones, and those that name what AWS has. `DescribeDocument` tells only two of
//! them, so they are read from the text.

use std::fmt;

use crate::document::written::{Value, Written};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    String,
    StringList,
    Integer,
    Boolean,
    StringMap,
    MapList,
    /// `AWS::EC2::Instance::Id` and its like, one or a list of them.
    Aws {
        name: String,
        is_list: bool,
    },
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Type::String => "String",
            Type::StringList => "StringList",
            Type::Integer => "Integer",
            Type::Boolean => "Boolean",
            Type::StringMap => "StringMap",
            Type::MapList => "MapList",
            Type::Aws { name, is_list: false } => name,
            Type::Aws { name, is_list: true } => return write!(out, "List<{name}>"),
        })
    }
}

impl Type {
    pub fn parse(text: &str) -> Option<Type> {
        let text = text.trim();
        let (name, is_list) = match text.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>')) {
            Some(inner) => (inner.trim(), true),
            None => (text, false),
        };
        if name.starts_with("AWS::") {
            return Some(Type::Aws {
                name: name.to_owned(),
                is_list,
            });
        }
        match text.to_ascii_lowercase().as_str() {
            "string" => Some(Type::String),
            "stringlist" | "list<string>" => Some(Type::StringList),
            "integer" | "number" => Some(Type::Integer),
            "boolean" => Some(Type::Boolean),
            "stringmap" => Some(Type::StringMap),
            "maplist" => Some(Type::MapList),
            _ => None,
        }
    }

    pub fn is_list(&self) -> bool {
        matches!(
            self,
            Type::StringList | Type::MapList | Type::Aws { is_list: true, .. }
        )
    }

    pub fn is_instance(&self) -> bool {
        matches!(self, Type::Aws { name, .. } if name == "AWS::EC2::Instance::Id")
    }

    /// A written default as AWS would be sent it.
    pub(super) fn values_of(&self, written: &Written) -> Vec<String> {
        match &written.value {
            Value::List(items) => items.iter().map(Written::shown).collect(),
            Value::Null => vec![String::new()],
            _ => vec![written.shown()],
        }
    }
}
