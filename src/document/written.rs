//! A document as it was written: YAML or JSON as one tree, members in their order, each value with its line, so that a
//! refusal can say where. Hostile texts are bounded before they are read: by size here, by depth in the parser.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::BadDocument;

/// The service takes 64 kB; files may be generous, but not without end.
const LARGEST: usize = 1 << 20;
const DEEPEST: usize = 64;
/// Bytes of stack for that many levels, with plenty to spare.
const STACK: usize = 64 << 20;

/// A value and the line that it stands on, from 1; 0 where nobody knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    pub line: usize,
    pub value: Value,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    /// As it was written.
    Number(String),
    Text(String),
    List(Vec<Written>),
    Map(Vec<(String, Written)>),
}

impl Written {
    pub fn parse(text: &str) -> Result<Written, BadDocument> {
        // Each level of a text takes some of the stack, and whoever asks may have little of it left.
        std::thread::scope(|scope| {
            let reader = std::thread::Builder::new().stack_size(STACK);
            let reading = reader.spawn_scoped(scope, || Written::read(text));
            let read = reading.map(|reading| reading.join());
            match read {
                Ok(Ok(read)) => read,
                _ => Err(BadDocument::at(0, "there is no memory to read it")),
            }
        })
    }

    fn read(text: &str) -> Result<Written, BadDocument> {
        if text.len() > LARGEST {
            return Err(BadDocument::at(
                0,
                "it is longer than 1 MB, which no document may be",
            ));
        }
        if text.trim().is_empty() {
            return Err(BadDocument::at(0, "it is empty"));
        }
        let bad = match parse_yaml(text) {
            Ok(tree) => return Ok(tree),
            Err(bad) => bad,
        };
        if text.trim_start().starts_with('{') {
            // Escapes that JSON has and YAML has not.
            let json: Result<serde_json::Value, _> = serde_json::from_str(text);
            return json
                .map(|json| Written::of(&json))
                .map_err(|bad| BadDocument::at(bad.line(), format!("it is no JSON: {}", first_line(&bad))));
        }
        // The service takes quoted text that goes on at the margin; YAML itself does not.
        parse_yaml(&indented(text)).map_err(|_| bad)
    }

    fn of(json: &serde_json::Value) -> Written {
        let value = match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(is) => Value::Bool(*is),
            serde_json::Value::Number(number) => Value::Number(number.to_string()),
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Array(all) => Value::List(all.iter().map(Written::of).collect()),
            serde_json::Value::Object(all) => Value::Map(
                all.iter()
                    .map(|(name, value)| (name.clone(), Written::of(value)))
                    .collect(),
            ),
        };
        Written { line: 0, value }
    }

    pub fn get(&self, name: &str) -> Option<&Written> {
        self.members()
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// The same, whatever the case of its letters: AWS's own documents have both.
    pub fn get_any_case(&self, name: &str) -> Option<&Written> {
        let is = |known: &String| known.eq_ignore_ascii_case(name);
        self.members()
            .iter()
            .find(|(known, _)| is(known))
            .map(|(_, value)| value)
    }

    pub fn members(&self) -> &[(String, Written)] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    pub fn items(&self) -> &[Written] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// A scalar as text.
    pub fn text(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(is) => Some(is.to_string()),
            _ => None,
        }
    }

    /// Also as the YAML of earlier days spells it.
    pub fn truth(&self) -> Option<bool> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    /// Scalars as they are, anything else as JSON on one line.
    pub fn shown(&self) -> String {
        self.text().unwrap_or_else(|| self.json().to_string())
    }

    pub fn json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(is) => (*is).into(),
            Value::Number(number) => serde_json::from_str(number).unwrap_or_else(|_| number.clone().into()),
            Value::Text(text) => text.clone().into(),
            Value::List(items) => items.iter().map(Written::json).collect(),
            Value::Map(members) => {
                let all = members.iter().map(|(name, value)| (name.clone(), value.json()));
                serde_json::Value::Object(all.collect())
            }
        }
    }
}

fn parse_yaml(text: &str) -> Result<Written, BadDocument> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: DEEPEST },
        with_snippet: false,
        // As the service reads it: `y` is a name, and of a member that stands twice the last one counts.
        strict_booleans: true,
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|bad| {
        let line = bad.location().map_or(0, |at| at.line() as usize);
        BadDocument::at(line, format!("it is no YAML: {}", first_line(&bad)))
    })
}

fn first_line(says: &impl fmt::Display) -> String {
    says.to_string().lines().next().unwrap_or_default().to_owned()
}

/// A document with the lines that go on with a quoted text indented: authors leave them at the margin, which the service
/// takes and YAML does not.
pub fn indented(text: &str) -> String {
    let quotes = |text: &str| text.replace("\\\"", "").matches('"').count();
    let mut indented = String::new();
    let mut is_open = false;
    for line in text.lines() {
        if is_open {
            indented.push_str("      ");
            is_open = quotes(line) % 2 == 0;
        } else {
            let value = line.split_once(": \"").or_else(|| line.split_once("- \""));
            is_open = value.is_some_and(|(_, rest)| quotes(rest) % 2 == 0);
        }
        indented.push_str(line);
        indented.push('\n');
    }
    indented
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Written, D::Error> {
        let spanned = Spanned::<Value>::deserialize(from)?;
        Ok(Written {
            line: spanned.referenced.line() as usize,
            value: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_bool<E>(self, is: bool) -> Result<Value, E> {
        Ok(Value::Bool(is))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_u128<E>(self, number: u128) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        // With its point: a schema version is `1.0`, not `1`.
        Ok(Value::Number(format!("{number:?}")))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        Value::deserialize(from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut members: Vec<(String, Written)> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        while let Some((Name(name), value)) = from.next_entry::<Name, Written>()? {
            match known.entry(name.clone()) {
                Entry::Occupied(at) => {
                    if let Some(member) = members.get_mut(*at.get()) {
                        member.1 = value;
                    }
                }
                Entry::Vacant(at) => {
                    at.insert(members.len());
                    members.push((name, value));
                }
            }
        }
        Ok(Value::Map(members))
    }
}

/// A member's name, which YAML lets be a number or a truth.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Name, D::Error> {
        let written = Written {
            line: 0,
            value: Value::deserialize(from)?,
        };
        Ok(Name(written.shown()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_their_lines() {
        let tree = Written::parse("b: 1\na:\n  - x\n  - {y: 0.3}\n").unwrap();
        let names: Vec<&str> = tree.members().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
        let items = tree.get("a").unwrap().items();
        assert_eq!((items[0].line, items[1].line), (3, 4));
        assert_eq!(items[1].get("y").unwrap().text().as_deref(), Some("0.3"));
    }

    #[test]
    fn of_a_member_that_stands_twice_the_last_one_counts() {
        let tree = Written::parse("a: 1\nb: 2\na: 3\n").unwrap();
        assert_eq!(tree.members().len(), 2);
        assert_eq!(tree.get("a").unwrap().text().as_deref(), Some("3"));
    }

    #[test]
    fn json_is_read_with_every_escape_of_its_own() {
        let tree = Written::parse("{\n \"a\": \"x\\/\\ud83d\\ude00\"}").unwrap();
        assert_eq!(tree.get("a").unwrap().text().as_deref(), Some("x/😀"));
        let bad = Written::parse("{\n \"a\": [1,\n}").unwrap_err();
        assert!(bad.to_string().starts_with("line 3"), "{bad}");
    }

    #[test]
    fn what_is_too_long_too_deep_or_empty_is_refused() {
        assert!(Written::parse(&"x".repeat(LARGEST + 1)).is_err());
        assert!(Written::parse(&"[".repeat(5_000)).is_err());
        assert!(Written::parse(&"- ".repeat(5_000)).is_err());
        assert!(Written::parse(" \n").is_err());
    }
}
