//! What a running automation waits for a person to say. Told from its steps: the status of the whole does not say whether
//! an approval, a pause or the next step of an interactive run is meant.

use crate::aws::{Execution, Mode, Status, StepRun};

/// What is waited for, with the step's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    Approval {
        step: String,
    },
    Resume {
        step: String,
    },
    /// In interactive mode: which step is next.
    Begin {
        step: String,
    },
}

impl Want {
    pub fn step(&self) -> &str {
        match self {
            Want::Approval { step } | Want::Resume { step } | Want::Begin { step } => step,
        }
    }

    pub fn says(&self) -> String {
        match self {
            Want::Approval { step } => format!("{step} waits for approval"),
            Want::Resume { step } => format!("{step} is a pause that waits to be resumed"),
            Want::Begin { step } => format!("{step} is next, and waits for a word to begin"),
        }
    }
}

/// What it waits for, if it waits for a person.
pub fn wants(execution: &Execution) -> Option<Want> {
    if execution.status.is_over() {
        return None;
    }
    let is_open = |step: &&StepRun| !step.status.is_over() && step.status != Status::Approved;
    for step in execution.steps.iter().filter(is_open) {
        let name = step.name.clone();
        match step.action.as_str() {
            "aws:approve" if step.started_at.is_some() || step.status.wants_somebody() => {
                return Some(Want::Approval { step: name });
            }
            "aws:pause" if step.started_at.is_some() || step.status.wants_somebody() => {
                return Some(Want::Resume { step: name });
            }
            _ => {}
        }
    }
    if execution.mode != Mode::Interactive || execution.status != Status::Waiting {
        return None;
    }
    let is_next = |step: &&StepRun| matches!(step.status, Status::Pending | Status::Waiting);
    let next = execution.steps.iter().find(is_next).map(|step| step.name.clone());
    Some(Want::Begin {
        step: next.or_else(|| execution.current_step.clone())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(mode: Mode, status: Status, action: &str, step: Status) -> Execution {
        Execution {
            mode,
            status,
            steps: vec![StepRun {
                name: "s".into(),
                action: action.into(),
                status: step,
                ..StepRun::default()
            }],
            ..Execution::default()
        }
    }

    #[test]
    fn what_a_person_is_wanted_for_is_told_from_the_step() {
        let wanted = |mode, status, action, step| {
            wants(&execution(mode, status, action, step)).map(|want| want.says())
        };
        assert_eq!(
            wanted(Mode::Auto, Status::Waiting, "aws:approve", Status::Waiting).as_deref(),
            Some("s waits for approval")
        );
        assert_eq!(
            wanted(Mode::Interactive, Status::Waiting, "aws:sleep", Status::Pending).as_deref(),
            Some("s is next, and waits for a word to begin")
        );
        assert_eq!(
            wanted(Mode::Auto, Status::InProgress, "aws:sleep", Status::InProgress),
            None
        );
        assert_eq!(
            wanted(Mode::Auto, Status::Cancelled, "aws:approve", Status::Waiting),
            None
        );
    }
}
