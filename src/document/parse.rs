//! From a document's text to its parts: Automation 0.3, Command 2.2, 2.0 and 1.2, Session 1.0, Policy. What is not one of
//! them is refused with the line and a sentence. Facts from the user guide's pages on schemas and on document syntax.

use std::collections::HashSet;
use std::fmt;

use super::written::{Value, Written};
use super::{Parameter, Step};

/// The service allows 100 in most documents; what is beyond this is no document.
const STEPS: usize = 1_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub kind: Kind,
    pub schema: String,
    pub description: String,
    pub assume_role: Option<String>,
    pub parameters: Vec<Parameter>,
    pub steps: Vec<Step>,
    /// What is left of a run, as `step.Name`.
    pub outputs: Vec<String>,
    /// `Standard_Stream`, `InteractiveCommands`, `Port`… of a Session document.
    pub session_type: Option<String>,
}

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Kind {
    Automation,
    Command,
    Session,
    Policy,
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

/// Why a text is no document that can be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{says}", .line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct BadDocument {
    /// From 1.
    pub line: Option<usize>,
    pub says: String,
}

impl BadDocument {
    pub(super) fn at(line: usize, says: impl Into<String>) -> BadDocument {
        BadDocument {
            line: (line > 0).then_some(line),
            says: says.into(),
        }
    }
}

impl Document {
    pub fn parse(text: &str) -> Result<Document, BadDocument> {
        let tree = Written::parse(text)?;
        if !matches!(tree.value, Value::Map(_)) {
            return Err(BadDocument::at(
                tree.line,
                "a document is a map with a schemaVersion",
            ));
        }
        let schema = tree.get("schemaVersion").ok_or_else(|| {
            BadDocument::at(
                tree.line,
                "it has no schemaVersion, so it is no document of steps",
            )
        })?;
        let version = schema.text().unwrap_or_default();
        let mut document = Document {
            kind: Kind::Command,
            description: tree
                .get("description")
                .and_then(Written::text)
                .unwrap_or_default(),
            assume_role: tree
                .get("assumeRole")
                .and_then(Written::text)
                .filter(|role| !role.is_empty()),
            parameters: parameters(&tree)?,
            steps: Vec::new(),
            outputs: tree.get("outputs").map(outputs).unwrap_or_default(),
            session_type: None,
            schema: version.clone(),
        };
        match version.as_str() {
            "0.3" => {
                document.kind = Kind::Automation;
                document.steps = main_steps(&tree)?;
            }
            "2.2" => document.steps = main_steps(&tree)?,
            "2.0" if tree.get("mainSteps").is_some() => document.steps = main_steps(&tree)?,
            "1.2" | "2.0" | "1.0" if tree.get("runtimeConfig").is_some() => document.steps = plugins(&tree)?,
            "1.0" => {
                document.kind = Kind::Session;
                document.session_type = tree.get("sessionType").and_then(Written::text);
                document.steps = session(&tree);
            }
            _ => {
                let says = format!("schemaVersion {version} is not known: 0.3, 1.0, 1.2, 2.0 and 2.2 are");
                return Err(BadDocument::at(schema.line, says));
            }
        }
        if document.kind == Kind::Command
            && document
                .steps
                .iter()
                .any(|step| step.action == "aws:softwareInventory")
        {
            document.kind = Kind::Policy;
        }
        if document.steps.is_empty() && document.kind != Kind::Session {
            return Err(BadDocument::at(tree.line, "it has no step"));
        }
        document.check()?;
        Ok(document)
    }

    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Names are unique, and every step that is gone to exists.
    fn check(&self) -> Result<(), BadDocument> {
        let mut known = HashSet::new();
        for step in &self.steps {
            if !known.insert(step.name.as_str()) {
                let says = format!("two steps are called {}", step.name);
                return Err(BadDocument::at(step.line, says));
            }
        }
        for step in &self.steps {
            let goes = [
                ("nextStep", step.next.as_deref(), step.line),
                ("onFailure", step.on_failure.step(), step.line),
                ("onCancel", step.on_cancel.step(), step.line),
                ("Default", step.otherwise.as_deref(), step.line),
            ];
            let choices = step
                .choices
                .iter()
                .map(|choice| ("NextStep", Some(choice.to.as_str()), choice.line));
            for (what, to, line) in goes.into_iter().chain(choices) {
                if let Some(to) = to.filter(|to| !known.contains(to) && !to.contains("{{")) {
                    let says = format!("{what} of {} is {to}, and no step is called so", step.name);
                    return Err(BadDocument::at(line, says));
                }
            }
        }
        Ok(())
    }
}

fn parameters(tree: &Written) -> Result<Vec<Parameter>, BadDocument> {
    let Some(written) = tree.get("parameters") else {
        return Ok(Vec::new());
    };
    written
        .members()
        .iter()
        .map(|(name, written)| Parameter::parse(name, written))
        .collect()
}

fn main_steps(tree: &Written) -> Result<Vec<Step>, BadDocument> {
    let steps = tree
        .get("mainSteps")
        .ok_or_else(|| BadDocument::at(tree.line, "it has no mainSteps"))?;
    let Value::List(items) = &steps.value else {
        return Err(BadDocument::at(steps.line, "mainSteps is no list"));
    };
    if items.len() > STEPS {
        return Err(BadDocument::at(
            steps.line,
            format!("it has more than {STEPS} steps"),
        ));
    }
    items.iter().map(|step| Step::parse(step, 0)).collect()
}

/// `runtimeConfig` of the earlier schemas: plug-ins with one or several lots of properties.
fn plugins(tree: &Written) -> Result<Vec<Step>, BadDocument> {
    let Some(config) = tree.get("runtimeConfig") else {
        return Ok(Vec::new());
    };
    let mut steps: Vec<Step> = Vec::new();
    for (action, written) in config.members() {
        let properties = written.get("properties").unwrap_or(written);
        let lots = match &properties.value {
            Value::List(all) => all.iter().collect(),
            _ => vec![properties],
        };
        for lot in lots {
            if steps.len() >= STEPS {
                return Err(BadDocument::at(
                    lot.line,
                    format!("it has more than {STEPS} steps"),
                ));
            }
            let id = lot.get("id").and_then(Written::text);
            let mut name = id.unwrap_or_else(|| action.trim_start_matches("aws:").to_owned());
            if steps.iter().any(|step| step.name == name) {
                name = format!("{name}-{}", steps.len() + 1);
            }
            steps.push(Step::of_plugin(action, name, lot));
        }
    }
    Ok(steps)
}

/// What a Session document runs, a step for each platform.
fn session(tree: &Written) -> Vec<Step> {
    let Some(properties) = tree.get("properties") else {
        return Vec::new();
    };
    let platforms = ["linux", "windows", "macOS"].into_iter();
    platforms
        .filter_map(|platform| Some((platform, properties.get(platform)?)))
        .map(|(platform, written)| {
            let mut step = Step::of_plugin("session", platform.to_owned(), written);
            step.precondition = Some(format!("platformType = {platform}"));
            step
        })
        .collect()
}

/// Names in a list, or members of a map.
fn outputs(written: &Written) -> Vec<String> {
    match &written.value {
        Value::Map(members) => members.iter().map(|(name, _)| name.clone()).collect(),
        _ => written.items().iter().filter_map(Written::text).collect(),
    }
}
