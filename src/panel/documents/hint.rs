//! The keys that do something here, most important first.

use crate::app::Verb;
use crate::aws::Mode;
use crate::document::{Want, can_revoke};

use super::live::{Run, running_step};
use super::{Documents, Front};

type Hint = (Verb, &'static str);

impl Documents {
    pub fn hints(&self) -> Vec<Hint> {
        match self.front {
            Front::List => vec![
                (Verb::OpenDocument, "open"),
                (Verb::Filter, "search"),
                (Verb::StartDocument, "start"),
                (Verb::Automations, "automations"),
                (Verb::Refresh, "refresh"),
            ],
            Front::Form => vec![
                (Verb::OpenDocument, "fill"),
                (Verb::TurnField, "choice"),
                (Verb::StartDocument, "start"),
                (Verb::StartByStep, "step by step"),
                (Verb::CloseDocument, "back"),
            ],
            Front::Runs => vec![
                (Verb::OpenDocument, "look inside"),
                (Verb::Automations, "documents"),
                (Verb::Refresh, "refresh"),
                (Verb::Copy, "copy the id"),
            ],
            Front::Live => self.run().map(|run| self.answers(run)).unwrap_or_default(),
        }
    }

    /// Of an automation: what it waits for, what can be stopped, what can be looked at.
    fn answers(&self, run: &Run) -> Vec<Hint> {
        let mut hints = Vec::new();
        match run.want() {
            Some(Want::Approval { .. }) => {
                hints.extend([(Verb::ApproveStep, "approve"), (Verb::RejectStep, "reject")]);
            }
            Some(Want::Resume { .. }) => hints.push((Verb::GoOnStep, "go on")),
            Some(Want::Begin { .. }) => hints.push((Verb::GoOnStep, "begin the step")),
            None => {}
        }
        if run.has_approval() && run.execution().is_some_and(can_revoke) {
            hints.push((Verb::RevokeStep, "take yours back"));
        }
        let is_led = run.execution().is_some_and(|it| it.mode == Mode::Interactive);
        if is_led && running_step(self, run, "").is_some() {
            hints.push((Verb::StopStep, "stop the step"));
        }
        if !run.is_over() {
            hints.push((Verb::StopAutomation, "cancel"));
        }
        hints.extend([
            (Verb::OpenDocument, "output, child"),
            (Verb::OutputDown, "output on"),
            (Verb::CloseDocument, "back"),
        ]);
        hints
    }
}
