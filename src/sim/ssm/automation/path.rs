//! Selectors of outputs: `$.Reservations[0].Instances[*].InstanceId`. Members, numbers and stars; anything else selects nothing.

use serde_json::Value;

/// What a selector finds; a star makes a list.
pub fn select(value: &Value, selector: &str) -> Option<Value> {
    let rest = selector.trim().strip_prefix('$')?;
    let mut found = vec![value];
    let mut is_list = false;
    let mut rest = rest;
    while !rest.is_empty() {
        let (key, after) = part(rest)?;
        rest = after;
        found = match key {
            Part::Member(name) => found.into_iter().filter_map(|one| one.get(name)).collect(),
            Part::Number(number) => found.into_iter().filter_map(|one| one.get(number)).collect(),
            Part::Each => {
                is_list = true;
                found.into_iter().filter_map(Value::as_array).flatten().collect()
            }
        };
    }
    if is_list {
        return Some(found.into_iter().cloned().collect());
    }
    found.first().map(|one| (*one).clone())
}

enum Part<'a> {
    Member(&'a str),
    Number(usize),
    Each,
}

fn part(text: &str) -> Option<(Part<'_>, &str)> {
    if let Some(after) = text.strip_prefix('.') {
        // `..name` would look everywhere; nobody here needs it.
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let (name, rest) = after.split_at(end);
        return match name {
            "" => None,
            "*" => Some((Part::Each, rest)),
            _ => Some((Part::Member(name), rest)),
        };
    }
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    let inside = inside.trim();
    let quoted = inside.trim_matches(['\'', '"']);
    match inside {
        "*" | "" | ":" => Some((Part::Each, rest)),
        _ if quoted.len() < inside.len() => Some((Part::Member(quoted), rest)),
        _ => Some((Part::Number(inside.parse().ok()?), rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn members_numbers_and_stars_select() {
        let value = json!({ "A": [{ "b": 1, "c d": "x" }, { "b": 2 }] });
        assert_eq!(select(&value, "$.A[0].b"), Some(json!(1)));
        assert_eq!(select(&value, "$.A[*].b"), Some(json!([1, 2])));
        assert_eq!(select(&value, "$.A..b"), None);
        assert_eq!(select(&value, "$['A'][0]['c d']"), Some(json!("x")));
        assert_eq!(select(&value, "$.A[7].b"), None);
        assert_eq!(select(&value, "$"), Some(value.clone()));
        assert_eq!(select(&value, "A"), None);
    }

    proptest! {
        #[test]
        fn any_selector_ends(selector in r#"[$.\[\]*'"a-c0-9:]{0,40}"#) {
            let _ = select(&json!({ "a": [1, { "b": [] }] }), &selector);
        }
    }
}
