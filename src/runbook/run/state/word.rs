//! How far a run has come and how it ended, in a word.

use std::collections::BTreeSet;

use super::State;
use crate::runbook::run::record::Outcome;

impl State {
    /// How many steps are done, and of how many; what only undoes others is no step on the way.
    pub fn progress(&self) -> (usize, usize) {
        let own = || self.steps.iter().filter(|step| step.undoes.is_none());
        let done = own().filter(|step| self.is_done(&step.step));
        (done.count(), own().count())
    }

    /// Of the steps that are done and can be undone, how many are, and how many there are.
    fn undone(&self) -> (usize, usize) {
        let (mut undone, mut all) = (BTreeSet::new(), BTreeSet::new());
        for rollback in &self.steps {
            let undoes = rollback
                .undoes
                .iter()
                .flatten()
                .filter(|step| self.was_done(step));
            for step in undoes {
                all.insert(step);
                if self.is_done(&rollback.step) {
                    undone.insert(step);
                }
            }
        }
        (undone.len(), all.len())
    }

    /// `done`, `undone`, `failed`, `stopped`, `unfinished`; whether it is going on is not in the journal.
    pub fn word(&self) -> &'static str {
        match &self.closed {
            Some((Outcome::Success, _)) => match self.undone() {
                (0, _) => "done",
                (undone, all) if undone == all => "undone",
                _ => "partly undone",
            },
            Some((Outcome::Stopped, _)) => "stopped",
            Some(_) => "failed",
            None => "unfinished",
        }
    }

    /// The word for people: of a run that was no success, also which end nobody saw, or what of it was rolled back.
    pub fn says(&self) -> String {
        let word = self.word();
        let unknown: BTreeSet<String> = self.unknown().into_iter().map(|(step, _)| step).collect();
        if self.closed.is_some() && !unknown.is_empty() {
            return format!("{word}, {} unknown", Vec::from_iter(unknown).join(", "));
        }
        let is_no_success = matches!(&self.closed, Some((outcome, _)) if *outcome != Outcome::Success);
        match self.undone() {
            (undone, all) if is_no_success && undone > 0 => match undone == all {
                true => format!("{word}, rolled back"),
                false => format!("{word}, partly rolled back"),
            },
            _ => word.to_owned(),
        }
    }
}
