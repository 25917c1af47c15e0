//! Whether a value is one that the document and AWS take. Patterns are checked here as well as there: a refusal before
//! anything is asked says it in the field.

use regex::Regex;

use super::{Parameter, Type};

/// What StartAutomationExecution takes of one value, and of one parameter.
const CHARS: usize = 512;
const VALUES: usize = 50;

impl Parameter {
    /// What is sent for what was typed; `None` where nothing was, and the default holds.
    pub fn accept(&self, typed: &[String]) -> Result<Option<Vec<String>>, String> {
        let given: Vec<&str> = typed
            .iter()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .collect();
        if given.is_empty() {
            return Ok(None);
        }
        let values = self.read(&given)?;
        if values.iter().any(|value| Parameter::from_store(value).is_some()) {
            return Ok(Some(values));
        }
        let count = values.len() as u64;
        if self.kind.is_list() {
            let (least, most) = (
                self.items.least.unwrap_or(0),
                self.items.most.unwrap_or(VALUES as u64),
            );
            if count < least || count > most {
                return Err(format!("it takes {least} to {most} values, and has {count}"));
            }
        }
        for value in &values {
            self.check(value)?;
        }
        Ok(Some(values))
    }

    fn read(&self, given: &[&str]) -> Result<Vec<String>, String> {
        match (&self.kind, given) {
            (Type::StringList | Type::MapList, [one]) if one.trim_start().starts_with('[') => array(one),
            (Type::Aws { is_list: true, .. }, [one]) if one.trim_start().starts_with('[') => array(one),
            (Type::Aws { is_list: true, .. }, many) => Ok(many
                .iter()
                .flat_map(|text| text.split([',', ' ']))
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()),
            (Type::StringList | Type::MapList, many) => {
                Ok(many.iter().map(|text| (*text).to_owned()).collect())
            }
            (Type::Integer | Type::Boolean, [one]) => Ok(vec![one.trim().to_owned()]),
            (_, [one]) => Ok(vec![(*one).to_owned()]),
            (_, many) => Err(format!("it takes one value, and was given {}", many.len())),
        }
    }

    fn check(&self, value: &str) -> Result<(), String> {
        match &self.kind {
            Type::Integer if value.parse::<i64>().is_err() => {
                return Err(format!("{value} is no whole number"));
            }
            Type::Boolean if !matches!(value, "true" | "false" | "True" | "False") => {
                return Err(format!("{value} is neither true nor false"));
            }
            Type::StringMap | Type::MapList => {
                let is_map =
                    serde_json::from_str::<serde_json::Value>(value).is_ok_and(|json| json.is_object());
                if !is_map {
                    return Err(format!(
                        "{value} is no JSON object such as {{\"key\": \"value\"}}"
                    ));
                }
            }
            kind if kind.is_instance() && !is_instance(value) => {
                return Err(format!("{value} is no instance id such as i-0123456789abcdef0"));
            }
            Type::Aws { name, .. } if name.ends_with("::Arn") && !value.starts_with("arn:") => {
                return Err(format!("{value} is no ARN"));
            }
            _ => {}
        }
        if !self.allowed.is_empty() && !self.allowed.iter().any(|known| known == value) {
            return Err(format!("{value} is none of {}", self.allowed.join(", ")));
        }
        let length = value.chars().count();
        let least = self.chars.least.unwrap_or(0);
        let most = self.chars.most.unwrap_or(CHARS as u64);
        if (length as u64) < least || length as u64 > most {
            return Err(format!("it takes {least} to {most} characters, and has {length}"));
        }
        if let Some(pattern) = &self.pattern
            && let Ok(regex) = Regex::new(pattern)
            && !regex.is_match(value)
        {
            return Err(format!("{value} does not match {pattern}"));
        }
        Ok(())
    }
}

fn array(text: &str) -> Result<Vec<String>, String> {
    let read: Vec<serde_json::Value> =
        serde_json::from_str(text).map_err(|bad| format!("it is no JSON list: {bad}"))?;
    Ok(read
        .into_iter()
        .map(|item| match item {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        })
        .collect())
}

fn is_instance(value: &str) -> bool {
    let id = value.strip_prefix("i-").or_else(|| value.strip_prefix("mi-"));
    id.is_some_and(|id| matches!(id.len(), 8 | 17) && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::super::{Form, Refused};
    use super::*;
    use crate::document::written::Written;

    fn parameter(text: &str) -> Parameter {
        Parameter::parse("P", &Written::parse(text).unwrap()).unwrap()
    }

    fn says(text: &str, typed: &[&str]) -> String {
        let typed: Vec<String> = typed.iter().map(|text| text.to_string()).collect();
        match parameter(text).accept(&typed) {
            Ok(values) => format!("{values:?}"),
            Err(says) => says,
        }
    }

    #[test]
    fn each_type_says_what_it_takes() {
        for (of, typed, wanted) in [
            ("{type: Integer}", "3x", "3x is no whole number"),
            ("{type: Boolean}", "maybe", "maybe is neither true nor false"),
            (
                "{type: StringMap}",
                "[1]",
                "[1] is no JSON object such as {\"key\": \"value\"}",
            ),
            (
                "{type: 'AWS::EC2::Instance::Id'}",
                "web-1",
                "web-1 is no instance id such as i-0123456789abcdef0",
            ),
            ("{type: 'AWS::IAM::Role::Arn'}", "admin", "admin is no ARN"),
            ("{type: String, allowedValues: [a, b]}", "c", "c is none of a, b"),
            (
                "{type: String, allowedPattern: '^[0-9]+$'}",
                "x",
                "x does not match ^[0-9]+$",
            ),
            (
                "{type: String, maxChars: 2}",
                "abc",
                "it takes 0 to 2 characters, and has 3",
            ),
            (
                "{type: StringList, minItems: 2}",
                "a",
                "it takes 2 to 50 values, and has 1",
            ),
            (
                "{type: String}",
                "{{ssm:/ops/ami}}",
                "Some([\"{{ssm:/ops/ami}}\"])",
            ),
            ("{type: StringList}", "[\"a\", \"b\"]", "Some([\"a\", \"b\"])"),
            (
                "{type: 'List<AWS::EC2::Instance::Id>'}",
                "i-12345678,i-0a1b2c3d",
                "Some([\"i-12345678\", \"i-0a1b2c3d\"])",
            ),
            ("{type: String}", "", "None"),
        ] {
            assert_eq!(says(of, &[typed]), wanted, "{of}");
        }
        assert_eq!(
            says("{type: String}", &["a", "b"]),
            "it takes one value, and was given 2"
        );
        assert_eq!(
            says("{type: StringList}", &["a, b", "c"]),
            "Some([\"a, b\", \"c\"])"
        );
    }

    #[test]
    fn a_pattern_that_only_java_knows_is_left_to_aws() {
        assert_eq!(
            says("{type: String, allowedPattern: '^(?!x).*$'}", &["x"]),
            "Some([\"x\"])"
        );
    }

    #[test]
    fn a_form_tells_everything_that_is_wrong_at_once() {
        let named = |name: &str, text: &str| Parameter::parse(name, &Written::parse(text).unwrap()).unwrap();
        let mut form = Form::of(&[
            named("A", "{type: String}"),
            named("B", "{type: Integer, default: 3}"),
        ]);
        form.give("B", "x").unwrap();
        let refused: Vec<String> = form
            .values(&[])
            .unwrap_err()
            .iter()
            .map(Refused::to_string)
            .collect();
        assert_eq!(refused, ["A: it is required", "B: x is no whole number"]);
        form.set("B", "");
        assert_eq!(form.values(&["A".into()]), Ok(Default::default()));
        let bad = form.give("Aa", "x").unwrap_err();
        assert_eq!(
            bad.to_string(),
            "Aa: the document has no such parameter, did you mean A?"
        );
    }
}
