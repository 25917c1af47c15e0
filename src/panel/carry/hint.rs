//! The keys that answer here: those of the question that waits, and what is left once the run is over.

use crate::app::Verb;
use crate::runbook::run::Question;

use super::Carry;

impl Carry {
    /// Most important first.
    pub fn hints(&self) -> Vec<(Verb, &'static str)> {
        let yes = (Verb::StepYes, "yes");
        let out = (Verb::StepSkip, "leave out");
        let again = (Verb::StepRetry, "again");
        let mut hints = match &self.question {
            _ if !self.is_going() => {
                let undo = self.is_undoable().then_some((Verb::UndoPage, "undo"));
                return undo.into_iter().chain([(Verb::Back, "back")]).collect();
            }
            None => Vec::new(),
            Some(Question::Value { .. }) => vec![(Verb::StepEnter, "type it")],
            Some(Question::Confirm { .. } | Question::Task { .. }) => vec![yes, out],
            Some(Question::Unknown { .. }) => vec![yes, again],
            Some(Question::Blocked {
                wants_approval: true, ..
            }) => vec![(Verb::StepEnter, "approval"), out],
            Some(Question::Failed { .. } | Question::Blocked { .. }) => vec![again, out],
            Some(Question::Changed { .. }) => vec![yes, (Verb::StepSkip, "as it was")],
            Some(Question::Gone { .. }) => vec![yes],
            Some(Question::Rollback { .. }) => vec![yes, (Verb::StepSkip, "leave it")],
        };
        hints.push((Verb::StepAbort, "end"));
        hints
    }
}
