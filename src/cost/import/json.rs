//! Maps that CSV writes as JSON text: tags, cost categories, properties of a product.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::field::Books;
use super::layout::Dialect;
use crate::cost::cube::Kind;

type Map<'a> = BTreeMap<Cow<'a, str>, Value>;

fn map(text: &str) -> Result<Map<'_>, String> {
    if text.is_empty() || text == "{}" {
        return Ok(Map::new());
    }
    serde_json::from_str(text).map_err(|_| {
        let shown: String = text.chars().take(60).collect();
        format!("{shown:?} is no JSON object")
    })
}

fn value(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => "".into(),
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}

/// One entry's value, empty where there is none.
pub fn entry(text: &str, key: &str) -> Result<String, String> {
    let map = map(text)?;
    Ok(map
        .get(key)
        .map(|found| value(found).into_owned())
        .unwrap_or_default())
}

/// The labels of a row as codes of keys and values.
pub fn pairs(text: &str, kind: Kind, dialect: Dialect, books: &mut Books) -> Result<Vec<(u32, u32)>, String> {
    if let Some(set) = books.by_text.get(&memo(text, kind) as &str) {
        return Ok(books
            .labels
            .sets()
            .get(*set as usize)
            .cloned()
            .unwrap_or_default());
    }
    let map = map(text)?;
    let pairs: Vec<(u32, u32)> = map
        .iter()
        .map(|(key, found)| {
            let key = books.labels.key(kind, dialect.tag_key(key));
            let code = match books.labels.keeps(key) {
                true => books.labels.values.code(&value(found)),
                false => 0,
            };
            (key, code)
        })
        .collect();
    let set = books.set(&pairs);
    books.remember(&memo(text, kind), set);
    Ok(pairs)
}

/// The same text may be tags in one column and cost categories in another.
fn memo(text: &str, kind: Kind) -> Cow<'_, str> {
    match kind {
        Kind::Tag => text.into(),
        Kind::CostCategory => format!("costcat {text}").into(),
    }
}
