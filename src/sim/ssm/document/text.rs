//! The text of a document: JSON or YAML, read, turned into the other, and refused when it is no document.

use serde_json::Value;

use crate::sim::refusal::Refusal;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Yaml,
    Text,
}

impl Format {
    pub fn word(self) -> &'static str {
        match self {
            Format::Json => "JSON",
            Format::Yaml => "YAML",
            Format::Text => "TEXT",
        }
    }

    pub fn parse(word: &str) -> Result<Format, Refusal> {
        [Format::Json, Format::Yaml, Format::Text]
            .into_iter()
            .find(|format| format.word() == word)
            .ok_or_else(|| {
                let rule = "Member must satisfy enum value set: [TEXT, JSON, YAML]";
                Refusal::constraint(word, "documentFormat", rule)
            })
    }
}

/// The value that a text is.
pub fn read(text: &str, format: Format) -> Result<Value, String> {
    match format {
        Format::Json => serde_json::from_str(text).map_err(|bad| bad.to_string()),
        Format::Yaml => serde_saphyr::from_str(text).map_err(|bad| bad.to_string()),
        Format::Text => Ok(Value::String(text.to_owned())),
    }
}

/// The text in a format that is asked for; as it was written when that is the same.
pub fn shown(text: &str, content: &Value, from: Format, to: Format) -> Result<String, Refusal> {
    match (from, to) {
        (Format::Json, Format::Json)
        | (Format::Yaml, Format::Yaml)
        | (Format::Text, _)
        | (_, Format::Text) => Ok(text.to_owned()),
        (_, Format::Json) => Ok(format!("{content:#}")),
        (_, Format::Yaml) => serde_saphyr::to_string(content)
            .map_err(|_| Refusal::new("InvalidDocumentContent", "the document cannot be written as YAML")),
    }
}

/// What makes it a document of its kind: the schema, and steps with a name and an action.
pub fn check(content: &Value, kind: &str) -> Result<(), Refusal> {
    let invalid = |says: String| Err(Refusal::new("InvalidDocumentContent", says));
    let Some(schema) = schema(content) else {
        return invalid("The document has no schemaVersion.".into());
    };
    let allowed: &[&str] = match kind {
        "Automation" => &["0.3"],
        "Command" => &["1.2", "2.0", "2.2"],
        "Session" => &["1.0"],
        "Policy" => &["2.0", "2.2"],
        _ => return Ok(()),
    };
    if !allowed.contains(&schema.as_str()) {
        let says = format!(
            "Schema version {schema} is not one of {kind} documents: {}.",
            allowed.join(", ")
        );
        return Err(Refusal::new("InvalidDocumentSchemaVersion", says));
    }
    let has_steps = kind == "Automation" || kind == "Command" && schema != "1.2";
    if !has_steps {
        return Ok(());
    }
    let steps = content["mainSteps"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if steps.is_empty() {
        return invalid("The document has no mainSteps.".into());
    }
    let mut seen: Vec<&str> = Vec::new();
    for step in steps {
        let (Some(name), Some(action)) = (step["name"].as_str(), step["action"].as_str()) else {
            return invalid("A step has no name or no action.".into());
        };
        if seen.contains(&name) {
            return invalid(format!("The step name {name} is used twice."));
        }
        if !action.starts_with("aws:") {
            return invalid(format!("The action {action} of step {name} is unknown."));
        }
        seen.push(name);
    }
    let goes = steps.iter().filter_map(|step| step["nextStep"].as_str());
    match goes.into_iter().find(|next| !seen.contains(next)) {
        Some(gone) => invalid(format!("A step goes on to {gone}, which is not there.")),
        None => Ok(()),
    }
}

/// YAML may have it as a number.
pub fn schema(content: &Value) -> Option<String> {
    match &content["schemaVersion"] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
