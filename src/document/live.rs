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
    let is_over = |name: &String| {
        let known = execution.steps.iter().rev().find(|step| step.name == *name);
        known.is_some_and(|step| step.status.is_over())
    };
    // Where AWS names a step that has not ended, it is that one; branches make the first in the list a wrong guess.
    let named = execution.current_step.clone().filter(|name| !is_over(name));
    let first = || execution.steps.iter().find(is_next).map(|step| step.name.clone());
    Some(Want::Begin {
        step: named.or_else(first)?,
    })
}

/// Whether there may be an approval to take back: of a step that waits for more of them, or of what stands approved.
pub fn can_revoke(execution: &Execution) -> bool {
    execution.status == Status::Approved || matches!(wants(execution), Some(Want::Approval { .. }))
}

/// The step that runs now: the one of that name, else the one that began last. AWS stops it by its id.
pub fn running<'a>(execution: &'a Execution, named: Option<&str>) -> Option<&'a StepRun> {
    let is_meant = |step: &&StepRun| named.is_none_or(|name| step.name == name);
    let runs = |step: &&StepRun| step.started_at.is_some() && !step.id.is_empty() && !step.status.is_over();
    let mut steps = execution.steps.iter().rev().filter(is_meant);
    match execution.status.is_over() {
        true => None,
        false => steps.find(runs),
    }
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

    #[test]
    fn only_a_step_that_runs_can_be_stopped() {
        let of = |status: Status, step: Status| {
            let mut execution = execution(Mode::Interactive, status, "aws:sleep", step);
            execution.steps[0].started_at = Some(jiff::Timestamp::UNIX_EPOCH);
            execution.steps[0].id = "s-1".into();
            execution
        };
        let at_work = of(Status::InProgress, Status::InProgress);
        let id = |execution: &Execution, named| running(execution, named).map(|step| step.id.clone());
        assert_eq!(id(&at_work, None).as_deref(), Some("s-1"));
        assert_eq!(id(&at_work, Some("s")).as_deref(), Some("s-1"));
        assert_eq!(id(&at_work, Some("other")), None);
        assert_eq!(id(&of(Status::InProgress, Status::Success), None), None);
        assert_eq!(id(&of(Status::Cancelled, Status::InProgress), None), None);
        let mut unbegun = at_work;
        unbegun.steps[0].started_at = None;
        assert_eq!(id(&unbegun, None), None);
    }
}
