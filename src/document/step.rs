//! One step of a document: what it does, where it goes on, and what happens when it fails. Fields that the service lets
//! be filled in at run time (`{{ … }}`) stay text.

use std::fmt;

use super::written::{Value, Written};
use super::{BadDocument, Choice, Impact};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub name: String,
    /// `aws:executeAwsApi`, `aws:runShellScript`…
    pub action: String,
    pub description: String,
    pub inputs: Vec<(String, Written)>,
    pub outputs: Vec<String>,
    pub on_failure: OnTrouble,
    pub on_cancel: OnTrouble,
    /// Where it goes on by `nextStep`; else the one that follows.
    pub next: Option<String>,
    pub is_end: bool,
    /// `None`: not said, which means that its failure fails the whole.
    pub is_critical: Option<bool>,
    pub timeout_seconds: Option<String>,
    pub max_attempts: Option<String>,
    /// When it runs at all, in words.
    pub precondition: Option<String>,
    /// Of an `aws:branch`, in the order in which they are tried.
    pub choices: Vec<Choice>,
    /// Where an `aws:branch` goes when no choice holds.
    pub otherwise: Option<String>,
    /// The steps of an `aws:loop`.
    pub steps: Vec<Step>,
    pub impact: Impact,
    pub line: usize,
}

/// What happens when a step fails or is cancelled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OnTrouble {
    #[default]
    Abort,
    Continue,
    /// Goes to that step.
    Step(String),
    /// `exit` and `successAndExit` of Command documents.
    Exit {
        succeeds: bool,
    },
}

impl fmt::Display for OnTrouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OnTrouble::Abort => out.write_str("stops"),
            OnTrouble::Continue => out.write_str("goes on"),
            OnTrouble::Step(name) => write!(out, "goes to {name}"),
            OnTrouble::Exit { succeeds: true } => out.write_str("ends as a success"),
            OnTrouble::Exit { succeeds: false } => out.write_str("ends"),
        }
    }
}

impl OnTrouble {
    fn parse(written: Option<&Written>) -> Result<OnTrouble, BadDocument> {
        let Some(written) = written else {
            return Ok(OnTrouble::Abort);
        };
        let text = written.text().unwrap_or_default();
        if let Some(name) = text.strip_prefix("step:") {
            return Ok(OnTrouble::Step(name.trim().to_owned()));
        }
        match text.to_ascii_lowercase().as_str() {
            "" | "abort" => Ok(OnTrouble::Abort),
            "continue" => Ok(OnTrouble::Continue),
            "exit" => Ok(OnTrouble::Exit { succeeds: false }),
            "successandexit" => Ok(OnTrouble::Exit { succeeds: true }),
            _ => Err(BadDocument::at(
                written.line,
                format!("{text} is nothing that can happen then: Abort, Continue or step:NAME can"),
            )),
        }
    }

    pub fn step(&self) -> Option<&str> {
        match self {
            OnTrouble::Step(name) => Some(name),
            _ => None,
        }
    }
}

impl Step {
    pub(super) fn parse(written: &Written, depth: usize) -> Result<Step, BadDocument> {
        let bad = |says: &str| BadDocument::at(written.line, says);
        if !matches!(written.value, Value::Map(_)) {
            return Err(bad("a step is a map with a name and an action"));
        }
        let text = |name: &str| written.get(name).and_then(Written::text);
        let action = text("action").ok_or_else(|| bad("a step has no action"))?;
        let name = text("name").ok_or_else(|| bad(&format!("a step ({action}) has no name")))?;
        let inputs = written.get("inputs");
        let is_branch = action == "aws:branch";
        let listed = inputs.and_then(|inputs| inputs.get_any_case("Choices"));
        let choices = match listed.filter(|_| is_branch) {
            Some(choices) => choices
                .items()
                .iter()
                .map(Choice::parse)
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        let nested = inputs.and_then(|inputs| inputs.get_any_case("Steps"));
        let steps = match nested.filter(|_| action == "aws:loop" && depth < 8) {
            Some(steps) => steps
                .items()
                .iter()
                .map(|step| Step::parse(step, depth + 1))
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        let mut step = Step {
            outputs: written.get("outputs").map(names).unwrap_or_default(),
            on_failure: OnTrouble::parse(written.get("onFailure"))?,
            on_cancel: OnTrouble::parse(written.get("onCancel"))?,
            next: text("nextStep").filter(|next| !next.is_empty()),
            is_end: written.get("isEnd").and_then(Written::truth).unwrap_or_default(),
            is_critical: written.get("isCritical").and_then(Written::truth),
            timeout_seconds: text("timeoutSeconds")
                .or_else(|| inputs.and_then(|inputs| inputs.get("timeoutSeconds")?.text())),
            max_attempts: text("maxAttempts"),
            precondition: written.get("precondition").map(super::branch::words),
            otherwise: inputs
                .filter(|_| is_branch)
                .and_then(|inputs| inputs.get_any_case("Default")?.text())
                .filter(|name| !name.is_empty()),
            description: text("description").unwrap_or_default(),
            inputs: inputs.map(|inputs| inputs.members().to_vec()).unwrap_or_default(),
            choices,
            steps,
            name,
            action,
            impact: Impact::Unknown,
            line: written.line,
        };
        step.impact = Impact::of(&step);
        Ok(step)
    }

    /// A step of the shape that Command documents had before version 2.2: a plug-in and its properties.
    pub(super) fn of_plugin(action: &str, name: String, properties: &Written) -> Step {
        let mut step = Step {
            name,
            action: action.to_owned(),
            inputs: properties
                .members()
                .iter()
                .filter(|(name, _)| name != "id")
                .cloned()
                .collect(),
            timeout_seconds: properties.get("timeoutSeconds").and_then(Written::text),
            line: properties.line,
            ..Step::default()
        };
        step.impact = Impact::of(&step);
        step
    }

    pub fn input(&self, name: &str) -> Option<&Written> {
        let is = |known: &String| known.eq_ignore_ascii_case(name);
        self.inputs
            .iter()
            .find(|(known, _)| is(known))
            .map(|(_, value)| value)
    }

    /// Where it may go when it did not fail, with the words for each way.
    pub fn ways(&self, following: Option<&str>) -> Vec<(String, Option<String>)> {
        if self.action == "aws:branch" {
            let mut ways: Vec<_> = self
                .choices
                .iter()
                .map(|choice| (choice.when.clone(), Some(choice.to.clone())))
                .collect();
            let otherwise = self.otherwise.clone().or_else(|| match self.is_end {
                true => None,
                false => following.map(str::to_owned),
            });
            ways.push(("otherwise".into(), otherwise));
            return ways;
        }
        let next = match (&self.next, self.is_end) {
            (Some(next), _) => Some(next.clone()),
            (None, true) => None,
            (None, false) => following.map(str::to_owned),
        };
        vec![(String::new(), next)]
    }

    /// The document that an `aws:executeAutomation` or `aws:runCommand` starts.
    pub fn starts(&self) -> Option<String> {
        matches!(
            self.action.as_str(),
            "aws:executeAutomation" | "aws:runCommand" | "aws:runDocument"
        )
        .then(|| self.input("DocumentName")?.text())
        .flatten()
    }
}

fn names(outputs: &Written) -> Vec<String> {
    let name = |output: &Written| {
        output
            .get_any_case("Name")
            .and_then(Written::text)
            .or_else(|| output.text())
    };
    outputs.items().iter().filter_map(name).collect()
}
