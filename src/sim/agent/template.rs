//! Session documents that an account wrote itself: `{{ name }}` is replaced by a parameter or its default, and what
//! results is a shell, a command or a port. Parameters are checked as the service checks them.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use super::document::{BadDocument, Command, Parameters, Port, Work};

/// The work of the document `name`, whose text is `content`.
pub fn work(name: &str, content: &Value, parameters: &Parameters) -> Result<Work, BadDocument> {
    let template = Template {
        name,
        content,
        parameters,
    };
    template.check()?;
    let linux = &content["properties"]["linux"];
    let commands = |value: &Value| template.text(value, "commands");
    match content["sessionType"].as_str().unwrap_or_default() {
        "Standard_Stream" => Ok(Work::Shell {
            profile: template.text(&content["inputs"]["shellProfile"], "linux")?,
        }),
        "InteractiveCommands" => Ok(Work::Interactive {
            command: commands(linux)?,
        }),
        "NonInteractiveCommands" => Ok(Work::Command(Command {
            line: commands(linux)?,
            split: matches!(
                template.text(linux, "separateOutputStream")?.as_str(),
                "1" | "t" | "T" | "true" | "TRUE" | "True"
            ),
            stdout_prefix: template.text(linux, "stdOutSeparatorPrefix")?,
            stderr_prefix: template.text(linux, "stdErrSeparatorPrefix")?,
        })),
        "Port" => {
            let properties = &content["properties"];
            let text = |field| template.text(properties, field);
            let some = |text: String| Some(text).filter(|text| !text.is_empty());
            let number = text("portNumber")?;
            Ok(Work::Port(Port {
                host: some(text("host")?),
                number: number
                    .parse()
                    .map_err(|_| template.bad("portNumber", "is not a port from 1 to 65535"))?,
                local: some(text("localPortNumber")?).unwrap_or_else(|| "0".to_owned()),
                kind: some(text("type")?),
            }))
        }
        other => Err(BadDocument::Kind {
            document: name.to_owned(),
            says: format!("sessionType is {other:?}"),
        }),
    }
}

struct Template<'a> {
    name: &'a str,
    content: &'a Value,
    parameters: &'a Parameters,
}

impl Template<'_> {
    fn bad(&self, name: &str, says: &str) -> BadDocument {
        BadDocument::Parameter {
            document: self.name.to_owned(),
            name: name.to_owned(),
            says: says.to_owned(),
        }
    }

    /// Every given parameter is known and fits; every one without a default is given.
    fn check(&self) -> Result<(), BadDocument> {
        let known = &self.content["parameters"];
        if let Some(name) = self
            .parameters
            .keys()
            .find(|name| known.get(name.as_str()).is_none())
        {
            return Err(self.bad(name, "is not a parameter of this document"));
        }
        for (name, said) in known.as_object().into_iter().flatten() {
            let value = match self.parameters.get(name).map(Vec::as_slice) {
                Some([value]) => value.as_str(),
                Some(_) => return Err(self.bad(name, "needs exactly one value")),
                None => match said["default"].as_str() {
                    Some(_) => continue,
                    None => return Err(self.bad(name, "is required")),
                },
            };
            let pattern = said["allowedPattern"].as_str();
            if let Some(pattern) = pattern
                && !Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(value))
            {
                return Err(self.bad(name, &format!("does not match {pattern}")));
            }
            let allowed = said["allowedValues"].as_array();
            if allowed.is_some_and(|allowed| !allowed.iter().any(|one| one == value)) {
                return Err(self.bad(name, "is not one of the allowed values"));
            }
        }
        Ok(())
    }

    /// A field as text, its placeholders filled; empty where it is absent.
    fn text(&self, of: &Value, field: &str) -> Result<String, BadDocument> {
        static PLACE: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"\{\{\s*([A-Za-z0-9]+)\s*\}\}").ok());
        let text = match &of[field] {
            Value::String(text) => text.clone(),
            Value::Bool(truth) => truth.to_string(),
            Value::Array(lines) => lines
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join("\n"),
            _ => return Ok(String::new()),
        };
        let Some(place) = &*PLACE else { return Ok(text) };
        if let Some(unknown) = place
            .captures_iter(&text)
            .find(|found| self.value(&found[1]).is_none())
        {
            return Err(self.bad(&unknown[1], "is used but not declared"));
        }
        let fill = |found: &Captures<'_>| self.value(&found[1]).unwrap_or_default().to_owned();
        Ok(place.replace_all(&text, fill).into_owned())
    }

    fn value(&self, name: &str) -> Option<&str> {
        let given = self.parameters.get(name).and_then(|values| values.first());
        given
            .map(String::as_str)
            .or_else(|| self.content["parameters"][name]["default"].as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tail() -> Value {
        json!({
            "sessionType": "InteractiveCommands",
            "parameters": {
                "file": { "type": "String", "allowedPattern": "/var/log/[a-z/.]+" },
                "lines": { "type": "String", "default": "10", "allowedValues": ["10", "100"] },
            },
            "properties": { "linux": { "commands": "tail -n {{lines}} -F {{ file }}" } },
        })
    }

    fn given(pairs: &[(&str, &str)]) -> Parameters {
        let one = |(name, value): &(&str, &str)| ((*name).to_owned(), vec![(*value).to_owned()]);
        pairs.iter().map(one).collect()
    }

    #[test]
    fn parameters_and_defaults_fill_the_command() {
        let work = work("Tail", &tail(), &given(&[("file", "/var/log/syslog")])).unwrap();
        let command = "tail -n 10 -F /var/log/syslog".to_owned();
        assert_eq!(work, Work::Interactive { command });
    }

    #[test]
    fn a_parameter_that_is_missing_unknown_or_unfit_is_named() {
        for (pairs, name, says) in [
            (&[][..], "file", "required"),
            (&[("file", "/etc/shadow")][..], "file", "match"),
            (&[("file", "/var/log/a"), ("lines", "5")][..], "lines", "allowed"),
            (
                &[("file", "/var/log/a"), ("colour", "red")][..],
                "colour",
                "not a parameter",
            ),
        ] {
            let bad = work("Tail", &tail(), &given(pairs)).unwrap_err().to_string();
            assert!(bad.contains(name) && bad.contains(says), "{bad}");
        }
    }

    #[test]
    fn every_kind_of_session_can_be_written() {
        let none = Parameters::new();
        let shell = json!({ "sessionType": "Standard_Stream", "inputs": { "shellProfile": { "linux": "exec bash -l" } } });
        assert_eq!(
            work("S", &shell, &none).unwrap(),
            Work::Shell {
                profile: "exec bash -l".into()
            }
        );
        let split = json!({
            "sessionType": "NonInteractiveCommands",
            "properties": { "linux": { "commands": "df -h", "separateOutputStream": true } },
        });
        assert!(matches!(
            work("N", &split, &none),
            Ok(Work::Command(Command { split: true, .. }))
        ));
        let port = json!({
            "sessionType": "Port", "properties": { "portNumber": "5432", "host": "db", "type": "LocalPortForwarding" },
        });
        assert!(matches!(
            work("P", &port, &none),
            Ok(Work::Port(Port { number: 5432, .. }))
        ));
        assert!(matches!(
            work("X", &json!({}), &none),
            Err(BadDocument::Kind { .. })
        ));
    }
}
