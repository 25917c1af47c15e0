//! Parameters against a document: names, types, allowed values and patterns, counts and lengths. What is wrong is named.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::sim::refusal::Refusal;

pub type Given = BTreeMap<String, Vec<String>>;

/// The parameters with their defaults, as the service shows them and as steps use them. What a fan-out fills in need not be there.
pub fn parameters(
    content: &Value,
    given: &Given,
    filled: &[String],
) -> Result<(Given, Map<String, Value>), Refusal> {
    let empty = Map::new();
    let declared = content["parameters"].as_object().unwrap_or(&empty);
    if let Some(other) = given.keys().find(|name| !declared.contains_key(*name)) {
        return Err(bad(format!(
            "Parameter \"{other}\" is not defined in the automation document."
        )));
    }
    let (mut shown, mut typed) = (Given::new(), Map::new());
    for (name, rule) in declared {
        let values = match (given.get(name), &rule["default"]) {
            (Some(values), _) => values.clone(),
            (None, Value::Null) if filled.contains(name) => continue,
            (None, Value::Null) => {
                return Err(bad(format!("Parameter \"{name}\" is required and has no value.")));
            }
            (None, Value::Array(items)) => items.iter().map(super::resolve::plain).collect(),
            (None, default) => vec![super::resolve::plain(default)],
        };
        let value = typed_value(name, rule, &values)?;
        shown.insert(name.clone(), values);
        typed.insert(name.clone(), value);
    }
    Ok((shown, typed))
}

fn bad(says: String) -> Refusal {
    Refusal::new("InvalidAutomationExecutionParametersException", says)
}

fn typed_value(name: &str, rule: &Value, values: &[String]) -> Result<Value, Refusal> {
    let kind = rule["type"].as_str().unwrap_or("String");
    let is_list = matches!(kind, "StringList" | "MapList") || kind.starts_with("List<");
    limits(name, rule, values, is_list)?;
    let parsed = |text: &String| -> Result<Value, Refusal> {
        serde_json::from_str(text).map_err(|_| bad(format!("The value of parameter \"{name}\" is not JSON.")))
    };
    if is_list {
        let items: Result<Vec<Value>, Refusal> = match kind {
            "MapList" => values.iter().map(parsed).collect(),
            _ => Ok(values.iter().cloned().map(Value::String).collect()),
        };
        return items.map(Value::Array);
    }
    let [value] = values else {
        return Err(bad(format!(
            "Parameter \"{name}\" of type {kind} takes one value, not {}.",
            values.len()
        )));
    };
    Ok(match kind {
        "Boolean" => match value.to_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => {
                return Err(bad(format!(
                    "The value {value} of parameter \"{name}\" is not a Boolean."
                )));
            }
        },
        "Integer" => {
            let number: Result<i64, _> = value.trim().parse();
            number.map(Value::from).map_err(|_| {
                bad(format!(
                    "The value {value} of parameter \"{name}\" is not an Integer."
                ))
            })?
        }
        "StringMap" => parsed(value)?,
        _ => Value::String(value.clone()),
    })
}

/// What the type of an AWS resource says about its text.
fn pattern_of(kind: &str) -> Option<&'static str> {
    let kind = kind
        .strip_prefix("List<")
        .and_then(|kind| kind.strip_suffix('>'))
        .unwrap_or(kind);
    Some(match kind {
        "AWS::EC2::Instance::Id" => "^m?i-([a-z0-9]{8}|[a-z0-9]{17})$",
        "AWS::IAM::Role::Arn" => "^arn:aws[^:]*:iam::[0-9]{12}:role/.+$",
        "AWS::S3::Bucket::Name" => "^[0-9a-z][a-z0-9.-]{1,61}[0-9a-z]$",
        _ => return None,
    })
}

fn limits(name: &str, rule: &Value, values: &[String], is_list: bool) -> Result<(), Refusal> {
    let number = |member: &str| {
        rule[member]
            .as_u64()
            .or_else(|| rule[member].as_str()?.parse().ok())
    };
    let count = values.len() as u64;
    if is_list {
        let least = number("minItems").is_some_and(|least| count < least);
        if least || number("maxItems").is_some_and(|most| count > most) {
            return Err(bad(format!(
                "Parameter \"{name}\" has {count} items, which its document does not allow."
            )));
        }
    }
    let kind = rule["type"].as_str().unwrap_or("String");
    let own = rule["allowedPattern"].as_str();
    let patterns: Vec<regex::Regex> = [own, pattern_of(kind)]
        .into_iter()
        .flatten()
        // What this engine cannot read the service's could; it is not held against the value.
        .filter_map(|pattern| regex::Regex::new(pattern).ok())
        .collect();
    let allowed = rule["allowedValues"].as_array();
    let is_optional = rule["default"].as_str() == Some("");
    for value in values {
        let length = value.chars().count() as u64;
        if number("minChars").is_some_and(|least| length < least)
            || number("maxChars").is_some_and(|most| length > most)
        {
            return Err(bad(format!(
                "The value of parameter \"{name}\" has {length} characters, which its document does not allow."
            )));
        }
        let is_allowed =
            allowed.is_none_or(|allowed| allowed.iter().any(|one| super::resolve::plain(one) == *value));
        if !is_allowed {
            return Err(bad(format!(
                "The value {value} of parameter \"{name}\" is not one of its allowed values."
            )));
        }
        if value.is_empty() && is_optional {
            continue;
        }
        if let Some(pattern) = patterns.iter().find(|pattern| !pattern.is_match(value)) {
            let says =
                format!("The value {value} of parameter \"{name}\" does not match the pattern {pattern}.");
            return Err(bad(says));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ask(rule: Value, values: &[&str]) -> Result<Value, String> {
        let content = json!({ "parameters": { "P": rule } });
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let given = Given::from([("P".to_owned(), values)]);
        let typed = parameters(&content, &given, &[])
            .map_err(|refusal| refusal.message)?
            .1;
        Ok(typed["P"].clone())
    }

    #[test]
    fn values_take_their_types() {
        assert_eq!(ask(json!({ "type": "Boolean" }), &["True"]), Ok(json!(true)));
        assert_eq!(ask(json!({ "type": "Integer" }), &["5"]), Ok(json!(5)));
        assert_eq!(
            ask(json!({ "type": "StringList" }), &["a", "b"]),
            Ok(json!(["a", "b"]))
        );
        assert_eq!(
            ask(json!({ "type": "StringMap" }), &[r#"{"a":1}"#]),
            Ok(json!({ "a": 1 }))
        );
        assert!(ask(json!({ "type": "Integer" }), &["five"]).is_err());
        assert!(ask(json!({ "type": "String" }), &["a", "b"]).is_err());
    }

    #[test]
    fn what_a_document_does_not_allow_is_refused() {
        assert!(ask(json!({ "type": "String", "allowedValues": ["a"] }), &["b"]).is_err());
        assert!(ask(json!({ "type": "String", "allowedPattern": "^[a-c]+$" }), &["d"]).is_err());
        assert!(ask(json!({ "type": "StringList", "maxItems": 1 }), &["a", "b"]).is_err());
        assert!(ask(json!({ "type": "String", "minChars": 3 }), &["ab"]).is_err());
        assert!(ask(json!({ "type": "AWS::EC2::Instance::Id" }), &["i-xyz!"]).is_err());
        assert!(
            ask(
                json!({ "type": "AWS::EC2::Instance::Id" }),
                &["i-0123456789abcdef0"]
            )
            .is_ok()
        );
        let missing = parameters(&json!({ "parameters": { "P": {} } }), &Given::new(), &[]);
        assert!(missing.unwrap_err().message.contains("required"));
        let other = Given::from([("Q".to_owned(), vec![])]);
        assert!(
            parameters(&json!({}), &other, &[])
                .unwrap_err()
                .message
                .contains("not defined")
        );
    }
}
