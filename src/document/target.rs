//! What an automation runs on: a key of AWS's with its values, or machines that a filter chose. A parameter is filled
//! with one of them for each child.

use super::{Document, Type};

/// Where targets come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// As AWS takes it: `tag:env`, `ResourceGroup`, `ParameterValues`, `InstanceIds`.
    Key(String, Vec<String>),
    /// An expression of the fleet's filter language.
    Filter(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    #[error("{0} names no value")]
    Empty(String),
    #[error("the document has no parameter {0}")]
    Unknown(String),
    #[error("which parameter is filled from the targets is not clear: {}", .0.join(", "))]
    Unclear(Vec<String>),
    #[error("the document has no parameter that targets could fill")]
    Absent,
}

/// Keys that AWS knows beside `tag:…`.
const KEYS: [&str; 5] = [
    "ParameterValues",
    "ResourceGroup",
    "InstanceIds",
    "AWS::EC2::Instance",
    "resource-groups:Name",
];

/// `key=value,value`: one of AWS's keys, else a tag. Without an equals sign it is a filter.
pub fn parse_target(text: &str) -> Result<Aim, BadTarget> {
    let Some((key, values)) = text.split_once('=').filter(|(key, _)| is_key(key)) else {
        return Ok(Aim::Filter(text.to_owned()));
    };
    let values: Vec<String> = values
        .split(',')
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
        .collect();
    if values.is_empty() {
        return Err(BadTarget::Empty(key.to_owned()));
    }
    let key = match KEYS.contains(&key) || key.starts_with("tag:") {
        true => key.to_owned(),
        false => format!("tag:{key}"),
    };
    Ok(Aim::Key(key, values))
}

/// Twelve digits.
pub fn is_account(word: &str) -> bool {
    word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// An organizational unit, or the root of them all.
pub fn is_unit(word: &str) -> bool {
    word.starts_with("ou-") || word.starts_with("r-")
}

/// A filter has operators such as `version>=3`, and words beside; a key has neither.
fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key.chars().all(|c| c.is_alphanumeric() || "-_:./+@".contains(c))
        && !key.starts_with('-')
}

/// Whether a value names the machine of that id: alone, in a list, in an ARN.
pub fn names(value: &str, id: &str) -> bool {
    let is_inside = |c: char| c.is_alphanumeric() || c == '-';
    value.split(|c| !is_inside(c)).any(|word| word == id)
}

/// The parameter that targets fill: the one that is named, else the one that takes an instance.
pub fn target_parameter(document: &Document, named: Option<&str>) -> Result<String, BadTarget> {
    if let Some(named) = named {
        let known = document.parameter(named);
        return known
            .map(|parameter| parameter.name.clone())
            .ok_or_else(|| BadTarget::Unknown(named.to_owned()));
    }
    let is_instance = |name: &str| {
        matches!(
            name.to_lowercase().as_str(),
            "instanceid" | "instanceids" | "instance"
        )
    };
    let typed = document
        .parameters
        .iter()
        .filter(|parameter| match &parameter.kind {
            kind @ Type::Aws { .. } => kind.is_instance(),
            Type::String | Type::StringList => is_instance(&parameter.name),
            _ => false,
        });
    let found: Vec<String> = typed.map(|parameter| parameter.name.clone()).collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(BadTarget::Absent),
        _ => Err(BadTarget::Unclear(found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_named_by_its_whole_id() {
        assert!(names("[\"i-0a\",\"i-0b\"]", "i-0b") && names("arn:aws:ec2:r:1:instance/i-0b", "i-0b"));
        assert!(!names("i-0b1", "i-0b") && !names("mi-0b", "i-0b"));
    }

    #[test]
    fn a_key_is_told_from_a_filter() {
        let key =
            |key: &str, values: &[&str]| Aim::Key(key.into(), values.iter().map(|v| v.to_string()).collect());
        assert_eq!(
            parse_target("env=prod,stage"),
            Ok(key("tag:env", &["prod", "stage"]))
        );
        assert_eq!(parse_target("tag:team=pay"), Ok(key("tag:team", &["pay"])));
        assert_eq!(
            parse_target("ParameterValues=i-1"),
            Ok(key("ParameterValues", &["i-1"]))
        );
        assert_eq!(
            parse_target("env:prod web"),
            Ok(Aim::Filter("env:prod web".into()))
        );
        assert_eq!(parse_target("agent>=3.1"), Ok(Aim::Filter("agent>=3.1".into())));
        assert_eq!(parse_target("env="), Err(BadTarget::Empty("env".into())));
    }
}
