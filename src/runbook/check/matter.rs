//! Front matter: it must be YAML, a map, and what runbooks use of it must have the right shape. Keys of other tools are
//! let be; one that is nearly ours is a slip.

use serde_json::Value;

use super::super::front;
use super::super::manifest::{KEYS, Shape};
use super::super::page::parse_days;
use super::{Found, Rule, Severity};
use crate::config::nearest::nearest;

impl Shape {
    fn says(self) -> &'static str {
        match self {
            Shape::Text => "one line of text",
            Shape::Texts => "a text or a list of texts",
            Shape::Date => "a date such as 2026-10-01",
            Shape::Days => "a span such as 90d, 12w, 3 months or 1 year",
            Shape::Map => "a map of names",
        }
    }

    fn fits(self, value: &Value) -> bool {
        let is_text = |value: &Value| value.is_string() || value.is_number();
        match (self, value) {
            (Shape::Text, value) => is_text(value),
            (Shape::Texts, Value::Array(items)) => items.iter().all(is_text),
            (Shape::Texts, value) => is_text(value),
            (Shape::Date, Value::String(text)) => text.parse::<jiff::civil::Date>().is_ok(),
            (Shape::Days, Value::String(text)) => parse_days(text).is_some(),
            (Shape::Days, Value::Number(number)) => parse_days(&number.to_string()).is_some(),
            (Shape::Map, value) => value.is_object(),
            _ => false,
        }
    }
}

pub(super) fn check(found: &mut Found<'_>) {
    let page = found.page;
    if front::is_open(&page.text) {
        let says = "the front matter has no end".to_string();
        return found.add(
            Rule::FrontMatter,
            Severity::Error,
            Some(1),
            says,
            "close it with a line of --- of its own",
        );
    }
    let (matter, _) = front::split(&page.text);
    if matter.trim().is_empty() {
        return;
    }
    let value: Value = match serde_saphyr::from_str(matter) {
        Ok(value) => value,
        Err(bad) => {
            let line = bad.location().and_then(|at| usize::try_from(at.line()).ok());
            let says = bad.to_string();
            let says = says.lines().next().unwrap_or("it cannot be read").to_string();
            return found.add(
                Rule::FrontMatter,
                Severity::Error,
                Some(line.unwrap_or(1) + 1),
                format!("the front matter is no YAML: {says}"),
                "quote values that hold `: `, `#`, `{`, `[`, `*` or `&`",
            );
        }
    };
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| key_of(found, matter, key, value)),
        Value::Null => {}
        _ => found.add(
            Rule::FrontMatter,
            Severity::Error,
            Some(2),
            "the front matter is no map of keys to values".into(),
            format!("allowed are {}", allowed()),
        ),
    }
}

fn key_of(found: &mut Found<'_>, matter: &str, key: &str, value: &Value) {
    let begins = |line: &str| {
        line.strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    let line = matter.lines().position(begins).map_or(2, |at| at + 2);
    match KEYS.iter().find(|(known, _)| *known == key) {
        Some((_, shape)) if !value.is_null() && !shape.fits(value) => found.add(
            Rule::FrontMatter,
            Severity::Error,
            Some(line),
            format!("{key} has to be {}", shape.says()),
            format!("for example {}", example(*shape, key)),
        ),
        Some(_) => {}
        None => {
            let names: Vec<&'static str> = KEYS.iter().map(|(name, _)| *name).collect();
            if let Some(near) = nearest(key, &names) {
                found.add(
                    Rule::FrontMatter,
                    Severity::Warning,
                    Some(line),
                    format!("{key} means nothing here, did you mean {near}"),
                    format!("allowed are {}", allowed()),
                );
            }
        }
    }
}

fn example(shape: Shape, key: &str) -> String {
    match shape {
        Shape::Text => format!("{key}: team-web"),
        Shape::Texts => format!("{key}: [web, alb]"),
        Shape::Date => format!("{key}: 2026-10-01"),
        Shape::Days => format!("{key}: 90d"),
        Shape::Map => format!("{key}: {{name: …}}"),
    }
}

fn allowed() -> String {
    KEYS.map(|(key, _)| key).join(", ")
}
