//! Whether a step only looks. Verbs of AWS's own interface and of shell commands decide; what cannot be told may change
//! something, and is counted so, as AWS's own preview does.

use crate::runbook;

use super::Step;
use super::written::Written;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    Reads,
    /// It cannot be told from the document: code, another document.
    #[default]
    Unknown,
    Changes,
}

/// Actions that change nothing at AWS, whatever their inputs.
const LOOKS: [&str; 10] = [
    "aws:approve",
    "aws:assertAwsResourceProperty",
    "aws:branch",
    "aws:end",
    "aws:pause",
    "aws:sleep",
    "aws:softwareInventory",
    "aws:updateVariable",
    "aws:waitForAwsResourceProperty",
    "aws:waitForTimestamp",
];

/// Actions that stand for what something else does.
const OPAQUE: [&str; 8] = [
    "aws:executeAutomation",
    "aws:executeScript",
    "aws:executeStateMachine",
    "aws:invokeLambdaFunction",
    "aws:invokeWebhook",
    "aws:runCommand",
    "aws:runDocument",
    "aws:refreshAssociation",
];

impl Impact {
    pub(super) fn of(step: &Step) -> Impact {
        let action = step.action.as_str();
        if LOOKS.contains(&action) {
            return Impact::Reads;
        }
        match action {
            "aws:loop" => step
                .steps
                .iter()
                .map(|step| step.impact)
                .max()
                .unwrap_or_default(),
            "aws:executeAwsApi" => api(step),
            "aws:changeInstanceState" => match step.input("CheckStateOnly").and_then(Written::truth) {
                Some(true) => Impact::Reads,
                _ => Impact::Changes,
            },
            "aws:runShellScript" => script(step.input("runCommand")),
            "aws:runCommand" if step.starts().as_deref() == Some("AWS-RunShellScript") => {
                script(step.input("Parameters").and_then(|given| given.get("commands")))
            }
            _ if OPAQUE.contains(&action) || action == "aws:runPowerShellScript" => Impact::Unknown,
            _ if action.starts_with("aws:") => Impact::Changes,
            _ => Impact::Unknown,
        }
    }

    /// One cell, beside the name.
    pub fn mark(self) -> &'static str {
        match self {
            Impact::Reads => " ",
            Impact::Unknown => "?",
            Impact::Changes => "!",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Impact::Reads => "reads",
            Impact::Unknown => "may change",
            Impact::Changes => "changes",
        }
    }
}

/// By the verb of the call, spelt as the command line spells it.
fn api(step: &Step) -> Impact {
    let Some(name) = step.input("Api").and_then(Written::text) else {
        return Impact::Unknown;
    };
    let service = step.input("Service").and_then(Written::text).unwrap_or_default();
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    if !plain(&name) || !plain(&service) {
        // Filled in when it runs.
        return Impact::Unknown;
    }
    match runbook::reads(&format!("aws {service} {}", kebab(&name))) {
        true => Impact::Reads,
        false => Impact::Changes,
    }
}

fn kebab(name: &str) -> String {
    let mut kebab = String::with_capacity(name.len() + 4);
    let mut before = '-';
    for c in name.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            kebab.push('-');
        }
        kebab.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
        before = c;
    }
    kebab
}

fn script(lines: Option<&Written>) -> Impact {
    let Some(lines) = lines else {
        return Impact::Unknown;
    };
    let text = match lines.text() {
        Some(text) => text,
        None => lines
            .items()
            .iter()
            .filter_map(Written::text)
            .collect::<Vec<_>>()
            .join("\n"),
    };
    // What is filled in may be any command.
    match !text.trim().is_empty() && !text.contains("{{") && runbook::reads(&text) {
        true => Impact::Reads,
        false => Impact::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn impact(text: &str) -> Impact {
        Step::parse(&Written::parse(text).unwrap(), 0).unwrap().impact
    }

    #[test]
    fn calls_that_look_are_told_from_calls_that_change() {
        let call = |api: &str| {
            impact(&format!(
                "{{name: x, action: 'aws:executeAwsApi', inputs: {{Service: ec2, Api: {api}}}}}"
            ))
        };
        assert_eq!(call("DescribeInstances"), Impact::Reads);
        assert_eq!(call("describe_volumes"), Impact::Reads);
        assert_eq!(call("TerminateInstances"), Impact::Changes);
        assert_eq!(call("'{{Api}}'"), Impact::Unknown);
    }

    #[test]
    fn what_runs_code_may_change_something() {
        assert_eq!(
            impact("{name: x, action: 'aws:executeScript', inputs: {}}"),
            Impact::Unknown
        );
        assert_eq!(
            impact("{name: x, action: 'aws:runShellScript', inputs: {runCommand: ['df -h', 'uptime']}}"),
            Impact::Reads
        );
        assert_eq!(
            impact("{name: x, action: 'aws:runShellScript', inputs: {runCommand: ['{{ commands }}']}}"),
            Impact::Unknown
        );
        assert_eq!(
            impact("{name: x, action: 'aws:createImage', inputs: {}}"),
            Impact::Changes
        );
        assert_eq!(
            impact("{name: x, action: 'aws:approve', inputs: {}}"),
            Impact::Reads
        );
    }
}
