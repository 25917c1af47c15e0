//! `{{ references }}` in the inputs of steps: parameters, outputs of earlier steps, variables, and what the service itself knows.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::Run;
use crate::sim::world::World;

/// Every reference in a value, replaced; an error names the one that leads nowhere.
pub fn value(world: &World, run: &Run, given: &Value) -> Result<Value, String> {
    Ok(match given {
        Value::String(text) => text_of(text, &|name| lookup(world, run, name))?,
        Value::Array(items) => {
            let items: Result<Vec<Value>, String> =
                items.iter().map(|item| value(world, run, item)).collect();
            // A list of one reference to a list is that list.
            match items?.as_slice() {
                [Value::Array(inner)] if is_reference(given) => Value::Array(inner.clone()),
                items => Value::Array(items.to_vec()),
            }
        }
        Value::Object(members) => {
            let mut replaced = Map::new();
            for (key, member) in members {
                replaced.insert(key.clone(), value(world, run, member)?);
            }
            Value::Object(replaced)
        }
        other => other.clone(),
    })
}

fn is_reference(list: &Value) -> bool {
    let only = list
        .as_array()
        .and_then(|items| items.first())
        .and_then(Value::as_str);
    only.is_some_and(|text| whole(text).is_some())
}

/// The name, when the text is one reference and nothing else.
fn whole(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    (!name.contains("{{")).then_some(name)
}

/// A text that is one reference becomes the value itself; within other text it becomes text.
pub fn text_of(text: &str, lookup: &dyn Fn(&str) -> Option<Value>) -> Result<Value, String> {
    let find = |name: &str| lookup(name).ok_or_else(|| format!("{{{{ {name} }}}} cannot be resolved"));
    if let Some(name) = whole(text) {
        return find(name);
    }
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else {
            break;
        };
        made.push_str(before);
        made.push_str(&plain(&find(name.trim())?));
        rest = behind;
    }
    made.push_str(rest);
    Ok(Value::String(made))
}

/// A value as text: a string as it is, anything else as JSON.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn lookup(world: &World, run: &Run, name: &str) -> Option<Value> {
    if let Some(name) = name.strip_prefix("ssm:") {
        let found = world.parameters.plain(run.caller.account, &run.region, name);
        return found.map(Value::String);
    }
    if let Some((scope, name)) = name.split_once(':') {
        return of_service(run, scope, name);
    }
    if let Some(value) = run.typed.get(name) {
        return Some(value.clone());
    }
    let (step, output) = name.split_once('.')?;
    let state = run.state();
    let found = state.steps.iter().find(|one| one.name == step)?;
    found.outputs.get(output).cloned()
}

fn of_service(run: &Run, scope: &str, name: &str) -> Option<Value> {
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    let text = match (scope, name) {
        ("global", "REGION") => run.region.clone(),
        ("global", "ACCOUNT_ID") => run.caller.account_id.clone(),
        ("global", "AWS_PARTITION") => "aws".to_owned(),
        ("global", "URL_SUFFIX") => "amazonaws.com".to_owned(),
        ("global", "DATE") => now.strftime("%Y-%m-%d").to_string(),
        ("global", "DATE_TIME") => now.strftime("%Y-%m-%d_%H.%M.%S").to_string(),
        ("automation", "EXECUTION_ID") => run.id.clone(),
        ("automation", "STEP_NAME") => {
            let state = run.state();
            state
                .current
                .and_then(|index| state.steps.get(index))?
                .name
                .clone()
        }
        ("variable", name) => return run.state().variables.get(name).cloned(),
        _ => return None,
    };
    Some(Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn known(name: &str) -> Option<Value> {
        match name {
            "Id" => Some(json!("i-1")),
            "Ids" => Some(json!(["i-1", "i-2"])),
            _ => None,
        }
    }

    #[test]
    fn a_lone_reference_keeps_its_type() {
        assert_eq!(text_of("{{ Ids }}", &known), Ok(json!(["i-1", "i-2"])));
        assert_eq!(
            text_of("on {{Id}} of {{ Ids }}", &known),
            Ok(json!(r#"on i-1 of ["i-1","i-2"]"#))
        );
        assert_eq!(text_of("no {{ end", &known), Ok(json!("no {{ end")));
        assert!(text_of("{{ Nobody }}", &known).unwrap_err().contains("Nobody"));
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "[{} aId.:]{0,60}") {
            let _ = text_of(&text, &known);
        }
    }
}
