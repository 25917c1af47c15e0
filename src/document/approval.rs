//! What an approval is asked for with: the message, who may give it, how many are wanted, and who has decided already.

use serde::{Deserialize, Serialize};

use super::{Want, wants};
use crate::aws::{Execution, StepRun};

/// An `aws:approve` step that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Approval {
    pub message: Option<String>,
    /// As the document names them: user names or ARNs.
    pub approvers: Vec<String>,
    /// How many of them have to agree.
    pub wanted: usize,
    /// As far as AWS tells them before it is over.
    pub decisions: Vec<Decision>,
}

/// What one of them said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub approver: String,
    /// `Approve` or `Reject`.
    pub decision: String,
    #[serde(default)]
    pub comment: String,
}

impl Approval {
    /// `None` where the step asks for no approval.
    pub fn of(step: &StepRun) -> Option<Approval> {
        if step.action != "aws:approve" {
            return None;
        }
        let decisions = step.outputs.get("ApproverDecisions").into_iter().flatten();
        let wanted = input(step, "MinRequiredApprovals").and_then(|text| text.parse().ok());
        Some(Approval {
            message: input(step, "Message").filter(|text| !text.is_empty()),
            approvers: list(step.inputs.get("Approvers").map_or("", String::as_str)),
            wanted: wanted.unwrap_or(1),
            decisions: decisions.flat_map(|text| told(text)).collect(),
        })
    }

    fn given(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|one| one.decision == "Approve")
    }

    /// Whether somebody has agreed, so that there is something to take back.
    pub fn has_any(&self) -> bool {
        self.given().next().is_some()
    }

    /// The message; how many are wanted of whom; who has decided: a sentence each.
    pub fn says(&self) -> Vec<String> {
        let mut says: Vec<String> = self
            .message
            .iter()
            .map(|message| format!("message: {message}"))
            .collect();
        let given = self.given().count();
        says.push(match self.approvers.is_empty() {
            true => format!("{given} of {} approvals", self.wanted),
            false => format!(
                "{given} of {} approvals, which {} may give",
                self.wanted,
                self.approvers.join(", ")
            ),
        });
        says.extend(self.decisions.iter().map(|one| {
            let word = match one.decision.as_str() {
                "Approve" => "approved by",
                "Reject" => "rejected by",
                other => other,
            };
            match one.comment.as_str() {
                "" => format!("{word} {}", one.approver),
                comment => format!("{word} {}: {comment}", one.approver),
            }
        }));
        says
    }
}

/// What is asked for by the step that waits for approval, where one does.
pub fn asked(execution: &Execution) -> Option<Approval> {
    let Some(Want::Approval { step }) = wants(execution) else {
        return None;
    };
    let mut steps = execution.steps.iter().rev();
    Approval::of(steps.find(|known| known.name == step)?)
}

/// An input as its text; AWS writes it as JSON.
fn input(step: &StepRun, name: &str) -> Option<String> {
    let text = step.inputs.get(name)?;
    Some(serde_json::from_str::<String>(text).unwrap_or_else(|_| text.clone()))
}

fn list(text: &str) -> Vec<String> {
    match serde_json::from_str::<Vec<String>>(text) {
        Ok(all) => all,
        Err(_) if text.is_empty() => Vec::new(),
        Err(_) => vec![text.trim_matches('"').to_owned()],
    }
}

/// The decisions of one output: an object, or a list of them.
fn told(text: &str) -> Vec<Decision> {
    let one = serde_json::from_str::<Decision>(text).map(|one| vec![one]);
    one.or_else(|_| serde_json::from_str(text)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(decisions: &[&str]) -> StepRun {
        let input = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let told = decisions.iter().map(|text| (*text).to_owned()).collect();
        StepRun {
            name: "agree".into(),
            action: "aws:approve".into(),
            inputs: [
                input("Approvers", r#"["mara","arn:aws:iam::1:role/Oncall"]"#),
                input("MinRequiredApprovals", "2"),
                input("Message", "\"fail over?\""),
            ]
            .into(),
            outputs: [("ApproverDecisions".to_owned(), told)].into(),
            ..StepRun::default()
        }
    }

    #[test]
    fn it_says_what_is_asked_of_whom_and_who_has_answered() {
        let nobody = Approval::of(&step(&[])).unwrap();
        let of = "approvals, which mara, arn:aws:iam::1:role/Oncall may give";
        assert_eq!(
            nobody.says(),
            ["message: fail over?".to_owned(), format!("0 of 2 {of}")]
        );
        assert!(!nobody.has_any());
        let one = step(&[r#"{"approver":"mara","decision":"Approve","comment":"go"}"#]);
        let one = Approval::of(&one).unwrap();
        assert_eq!(
            one.says()[1..],
            [format!("1 of 2 {of}"), "approved by mara: go".into()]
        );
        assert!(one.has_any());
        assert_eq!(Approval::of(&StepRun::default()), None);
    }
}
