//! The conditions of a branch and of a precondition, as a person reads them.

use super::BadDocument;
use super::written::{Value, Written};

/// Words of the service and what they mean; two values or a variable and a value.
const TESTS: [(&str, &str); 13] = [
    ("StringEquals", "="),
    ("EqualsIgnoreCase", "= (any case)"),
    ("StartsWith", "starts with"),
    ("EndsWith", "ends with"),
    ("Contains", "contains"),
    ("NumericEquals", "="),
    ("NumericGreater", ">"),
    ("NumericGreaterOrEquals", "≥"),
    ("NumericLesser", "<"),
    ("NumericLesserOrEquals", "≤"),
    ("BooleanEquals", "="),
    ("StringNotEquals", "≠"),
    ("NumericNotEquals", "≠"),
];

/// One way out of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub when: String,
    pub to: String,
    pub line: usize,
}

impl Choice {
    pub(super) fn parse(written: &Written) -> Result<Choice, BadDocument> {
        let to = written.get_any_case("NextStep").and_then(Written::text);
        let to = to.ok_or_else(|| BadDocument::at(written.line, "a choice names no NextStep"))?;
        Ok(Choice {
            when: words(written),
            to,
            line: written.line,
        })
    }
}

/// A condition in words; what is not known is shown as it was written.
pub fn words(written: &Written) -> String {
    let Value::Map(members) = &written.value else {
        return match &written.value {
            Value::List(all) => all.iter().map(words).collect::<Vec<_>>().join(" and "),
            _ => written.shown(),
        };
    };
    let variable = written.get_any_case("Variable").map(bare);
    let mut parts = Vec::new();
    for (name, value) in members {
        let test = TESTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        match (name.as_str(), test) {
            ("NextStep" | "Variable", _) => {}
            ("Not", _) => parts.push(format!("not ({})", words(value))),
            ("And" | "Or", _) => {
                let word = if name == "And" { " and " } else { " or " };
                let all: Vec<String> = value.items().iter().map(words).collect();
                parts.push(format!("({})", all.join(word)));
            }
            (_, Some((_, sign))) => parts.push(match (&variable, value.items()) {
                // Preconditions list what is compared.
                (None, [left, right]) => format!("{} {sign} {}", bare(left), bare(right)),
                (Some(variable), _) => format!("{variable} {sign} {}", bare(value)),
                (None, _) => format!("{sign} {}", bare(value)),
            }),
            _ => parts.push(format!("{name} {}", value.shown())),
        }
    }
    parts.join(" and ")
}

/// A value without the braces of a reference.
fn bare(written: &Written) -> String {
    let shown = written.shown();
    let inner = shown
        .trim()
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"));
    match inner.filter(|inner| !inner.contains("{{")) {
        Some(inner) => inner.trim().to_owned(),
        None if shown.is_empty() => "“”".to_owned(),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_read_as_a_person_says_them() {
        let said = |text: &str| words(&Written::parse(text).unwrap());
        assert_eq!(
            said("{NextStep: x, Variable: '{{ a.B }}', StringEquals: 'no'}"),
            "a.B = no"
        );
        assert_eq!(
            said(
                "{NextStep: x, And: [{Variable: '{{a}}', NumericGreater: 3}, {Not: {Variable: '{{b}}', Contains: c}}]}"
            ),
            "(a > 3 and not (b contains c))"
        );
        assert_eq!(
            said("{StringEquals: [platformType, Linux]}"),
            "platformType = Linux"
        );
    }

    #[test]
    fn a_choice_that_leads_nowhere_is_refused_with_its_line() {
        let choices = Written::parse("\n- {Variable: x, StringEquals: y}\n").unwrap();
        let bad = Choice::parse(&choices.items()[0]).unwrap_err();
        assert_eq!(bad.to_string(), "line 2: a choice names no NextStep");
    }
}
