//! The form of a document: a field for each parameter, typed as AWS types it, every value checked before anything is
//! asked of AWS, with a sentence for what is wrong. An empty value is one that was not given.

mod check;
mod kind;

use std::collections::BTreeMap;

use super::BadDocument;
use super::written::{Value, Written};

pub use kind::Type;

/// What a run is given, as AWS takes it: each parameter with its values.
pub type Values = BTreeMap<String, Vec<String>>;

#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub kind: Type,
    pub description: String,
    /// `None`: it must be given.
    pub default: Option<Vec<String>>,
    pub allowed: Vec<String>,
    /// A regular expression of Java's; what ours cannot read is left to AWS.
    pub pattern: Option<String>,
    pub chars: Bounds,
    pub items: Bounds,
    pub line: usize,
}

/// Least and most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    pub least: Option<u64>,
    pub most: Option<u64>,
}

/// Why a value is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {says}")]
pub struct Refused {
    pub name: String,
    pub says: String,
}

impl Parameter {
    pub(super) fn parse(name: &str, written: &Written) -> Result<Parameter, BadDocument> {
        if !matches!(written.value, Value::Map(_)) {
            let says = format!("parameter {name} is a map with a type");
            return Err(BadDocument::at(written.line, says));
        }
        let kind = match written.get("type") {
            Some(said) => {
                let text = said.text().unwrap_or_default();
                let known = Type::parse(&text);
                known.ok_or_else(|| {
                    BadDocument::at(
                        said.line,
                        format!("parameter {name} is of no type that exists: {text}"),
                    )
                })?
            }
            None => Type::String,
        };
        let number = |name: &str| written.get(name)?.text()?.parse().ok();
        let allowed = written.get("allowedValues");
        Ok(Parameter {
            name: name.to_owned(),
            description: written
                .get("description")
                .and_then(Written::text)
                .unwrap_or_default(),
            default: written.get("default").map(|default| kind.values_of(default)),
            allowed: allowed
                .map(|all| all.items().iter().map(Written::shown).collect())
                .unwrap_or_default(),
            pattern: written
                .get("allowedPattern")
                .and_then(Written::text)
                .filter(|text| !text.is_empty()),
            chars: Bounds {
                least: number("minChars"),
                most: number("maxChars"),
            },
            items: Bounds {
                least: number("minItems"),
                most: number("maxItems"),
            },
            kind,
            line: written.line,
        })
    }

    pub fn is_required(&self) -> bool {
        self.default.is_none()
    }

    /// What may be chosen instead of typed; `None` where anything may be typed.
    pub fn choices(&self) -> Option<Vec<String>> {
        match &self.kind {
            _ if !self.allowed.is_empty() => Some(self.allowed.clone()),
            Type::Boolean => Some(vec!["true".into(), "false".into()]),
            _ => None,
        }
    }

    /// The default in one line; a parameter of Parameter Store by its name.
    pub fn usual(&self) -> Option<String> {
        let values = self.default.as_ref()?;
        Some(match values.as_slice() {
            [one] => one.clone(),
            many => serde_json::to_string(many).unwrap_or_default(),
        })
    }

    /// Whether it takes an instance: by its type, else by what authors call such parameters.
    pub fn is_instance(&self) -> bool {
        self.kind.is_instance() || self.name.to_lowercase().starts_with("instanceid")
    }

    /// What its default names in Parameter Store.
    pub fn stored(&self) -> Option<&str> {
        match self.default.as_deref()? {
            [one] => Parameter::from_store(one),
            _ => None,
        }
    }

    /// The name in `{{ssm:name}}`, which AWS fills in when it starts.
    pub fn from_store(value: &str) -> Option<&str> {
        let inner = value.trim().strip_prefix("{{")?.strip_suffix("}}")?;
        inner.trim().strip_prefix("ssm:").map(str::trim)
    }
}

/// The fields of a document and what is in them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub parameter: Parameter,
    /// As it was typed; several where it was given several times.
    pub typed: Vec<String>,
}

impl Field {
    /// What is sent, or why it cannot be; `None` where the default holds.
    pub fn value(&self) -> Result<Option<Vec<String>>, String> {
        self.parameter.accept(&self.typed)
    }

    /// What is typed, in one line.
    pub fn text(&self) -> String {
        match self.typed.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            many => serde_json::to_string(many).unwrap_or_default(),
        }
    }
}

impl Form {
    pub fn of(parameters: &[Parameter]) -> Form {
        let field = |parameter: &Parameter| Field {
            parameter: parameter.clone(),
            typed: Vec::new(),
        };
        Form {
            fields: parameters.iter().map(field).collect(),
        }
    }

    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.parameter.name == name)
    }

    /// Adds a value to a field; given before, a list grows and anything else is refused when it is checked.
    pub fn give(&mut self, name: &str, text: &str) -> Result<(), Refused> {
        let known: Vec<&str> = self
            .fields
            .iter()
            .map(|field| field.parameter.name.as_str())
            .collect();
        let near = crate::config::nearest::nearest(name, &known).map(str::to_owned);
        let Some(field) = self.fields.iter_mut().find(|field| field.parameter.name == name) else {
            let near = near
                .map(|near| format!(", did you mean {near}?"))
                .unwrap_or_default();
            return Err(Refused {
                name: name.to_owned(),
                says: format!("the document has no such parameter{near}"),
            });
        };
        field.typed.push(text.to_owned());
        Ok(())
    }

    /// Puts a value in the place of what was there.
    pub fn set(&mut self, name: &str, text: &str) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.parameter.name == name) {
            field.typed = match text.is_empty() {
                true => Vec::new(),
                false => vec![text.to_owned()],
            };
        }
    }

    /// Everything that is given, or everything that is wrong. What `filled` names is filled by AWS for each target.
    pub fn values(&self, filled: &[String]) -> Result<Values, Vec<Refused>> {
        let (mut values, mut refused) = (Values::new(), Vec::new());
        for field in &self.fields {
            let name = &field.parameter.name;
            match field.value() {
                Ok(Some(_)) if filled.contains(name) => refused.push(Refused {
                    name: name.clone(),
                    says: "it is filled from the targets, so it cannot be given as well".into(),
                }),
                Ok(Some(given)) => {
                    values.insert(name.clone(), given);
                }
                Ok(None) if field.parameter.is_required() && !filled.contains(name) => {
                    refused.push(Refused {
                        name: name.clone(),
                        says: "it is required".into(),
                    });
                }
                Ok(None) => {}
                Err(says) => refused.push(Refused {
                    name: name.clone(),
                    says,
                }),
            }
        }
        match refused.is_empty() {
            true => Ok(values),
            false => Err(refused),
        }
    }
}
