//! The choices of `aws:branch`: comparisons, and And, Or, Not over them. The first that holds decides.

use serde_json::Value;

use super::resolve::plain;

/// The step to go to, or nothing when no choice holds.
pub fn next(inputs: &Value) -> Result<Option<String>, String> {
    let choices = inputs["Choices"].as_array().ok_or("Choices is not a list")?;
    for choice in choices {
        if holds(choice)? {
            let next = choice["NextStep"].as_str().ok_or("a choice has no NextStep")?;
            return Ok(Some(next.to_owned()));
        }
    }
    Ok(inputs["Default"].as_str().map(str::to_owned))
}

fn holds(choice: &Value) -> Result<bool, String> {
    let all = |name: &str| choice[name].as_array();
    if let Some(parts) = all("And") {
        return parts
            .iter()
            .try_fold(true, |so_far, part| Ok(so_far & holds(part)?));
    }
    if let Some(parts) = all("Or") {
        return parts
            .iter()
            .try_fold(false, |so_far, part| Ok(so_far | holds(part)?));
    }
    if choice["Not"].is_object() {
        return holds(&choice["Not"]).map(|is| !is);
    }
    let variable = &choice["Variable"];
    let members = choice.as_object().ok_or("a choice is not an object")?;
    let found = members
        .iter()
        .find(|(name, _)| !matches!(name.as_str(), "NextStep" | "Variable"));
    let (operator, wanted) = found.ok_or("a choice compares nothing")?;
    compare(operator, variable, wanted)
}

fn compare(operator: &str, left: &Value, right: &Value) -> Result<bool, String> {
    let (text, wanted) = (plain(left), plain(right));
    let numbers = || {
        let number = |text: &str| {
            text.trim()
                .parse::<f64>()
                .map_err(|_| format!("{text} is not a number"))
        };
        Ok::<_, String>((number(&text)?, number(&wanted)?))
    };
    Ok(match operator {
        "StringEquals" => text == wanted,
        "EqualsIgnoreCase" => text.to_lowercase() == wanted.to_lowercase(),
        "StartsWith" => text.starts_with(&wanted),
        "EndsWith" => text.ends_with(&wanted),
        "Contains" => text.contains(&wanted),
        "BooleanEquals" => text.eq_ignore_ascii_case(&wanted),
        "NumericEquals" => numbers().map(|(a, b)| a == b)?,
        "NumericGreater" => numbers().map(|(a, b)| a > b)?,
        "NumericLesser" => numbers().map(|(a, b)| a < b)?,
        "NumericGreaterOrEquals" => numbers().map(|(a, b)| a >= b)?,
        "NumericLesserOrEquals" => numbers().map(|(a, b)| a <= b)?,
        other => return Err(format!("{other} is no comparison")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_choice_that_holds_decides() {
        let inputs = json!({
            "Choices": [
                { "Variable": 7, "NumericGreater": 9, "NextStep": "a" },
                { "And": [{ "Variable": "x1", "StartsWith": "x" }, { "Not": { "Variable": true, "BooleanEquals": false } }],
                  "NextStep": "b" },
            ],
            "Default": "c",
        });
        assert_eq!(next(&inputs), Ok(Some("b".into())));
        assert_eq!(
            next(&json!({ "Choices": [], "Default": "c" })),
            Ok(Some("c".into()))
        );
        assert_eq!(next(&json!({ "Choices": [] })), Ok(None));
        assert!(next(&json!({ "Choices": [{ "Variable": "a", "Sounds": "b", "NextStep": "c" }] })).is_err());
        assert!(
            next(&json!({ "Choices": [{ "Variable": "a", "NumericEquals": 1, "NextStep": "c" }] })).is_err()
        );
    }
}
