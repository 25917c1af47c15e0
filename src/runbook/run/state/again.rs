//! Steps that were done and do not simply stand: their rollback has undone them, or it failed half-way; and what was found
//! behind them was found on other ground. They stay so until they are carried out anew, or a person says how they stand.

use super::{Standing, State};

/// Why a step that was done is not done for whoever goes on with the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Its rollback went through: it is as if the step had not been done.
    Undone,
    /// Its rollback, by this name, was begun and did not go through: nobody knows how the step stands.
    Half(String),
    /// It stands behind one that was undone: what it changed stands, what it only found was of other ground.
    Behind,
}

impl State {
    /// How a step stands where it ran, by what was done to it since.
    pub(super) fn stands(&self, key: &(String, String)) -> Option<Standing> {
        match self.again.get(key) {
            Some(Ground::Undone) => None,
            Some(Ground::Half(_)) => Some(Standing::Unknown),
            Some(Ground::Behind) | None => self.standings.get(key).copied(),
        }
    }

    /// Where a step was done, and whether that was undone there.
    pub fn was_done_on(&self, step: &str) -> Vec<(&str, bool)> {
        let own = self.standings.iter().filter(|((id, _), _)| id == step);
        let is_undone = |key| self.again.get(key) == Some(&Ground::Undone);
        let own = own.filter(|(key, standing)| **standing == Standing::Done || is_undone(key));
        own.map(|(key, _)| (key.1.as_str(), is_undone(key))).collect()
    }

    /// Whether it was done anywhere, whatever has undone it since.
    pub(in crate::runbook::run) fn was_done(&self, step: &str) -> bool {
        !self.was_done_on(step).is_empty()
    }

    /// Whether it was done, and all of it is undone.
    pub fn is_undone(&self, step: &str) -> bool {
        let own = self.was_done_on(step);
        !own.is_empty() && own.iter().all(|(_, is_undone)| *is_undone)
    }

    /// The rollback that was begun there and did not go through.
    pub fn half_undone_by(&self, step: &str, target: &str) -> Option<&str> {
        match self.again.get(&(step.to_owned(), target.to_owned()))? {
            Ground::Half(rollback) => Some(rollback),
            Ground::Undone | Ground::Behind => None,
        }
    }

    /// Whether it was done there behind a step that was undone since.
    pub(in crate::runbook::run) fn is_behind(&self, step: &str, target: &str) -> bool {
        let key = (step.to_owned(), target.to_owned());
        self.again.get(&key) == Some(&Ground::Behind)
    }

    /// Whether nothing of it is left to do there. A step that only `finds` something finds it anew on other ground.
    pub(in crate::runbook::run) fn is_done_on(&self, step: &str, target: &str, finds: bool) -> bool {
        self.standing(step, target) == Some(Standing::Done) && !(finds && self.is_behind(step, target))
    }

    /// A step is carried out anew there, or a person has said how it stands: what undid it before is to undo it again.
    pub(super) fn renew(&mut self, step: &str, target: &str) {
        self.again.remove(&(step.to_owned(), target.to_owned()));
        let undoes = |undoes: &Vec<String>| undoes.iter().any(|undone| undone == step);
        let rollbacks = self
            .steps
            .iter()
            .filter(|one| one.undoes.as_ref().is_some_and(undoes));
        let rollbacks: Vec<String> = rollbacks.map(|rollback| rollback.step.clone()).collect();
        for rollback in &rollbacks {
            let shares = self.shares(rollback, step);
            self.standings
                .retain(|(id, at), _| id != rollback || (shares && at != target));
        }
    }

    /// Of a rollback that was begun or is over there: what it undoes is undone, or nobody knows.
    pub(super) fn take_back(&mut self, rollback: &str, target: &str) {
        let mut rollbacks = self.steps.iter().filter(|listed| listed.undoes.is_some());
        let listed = rollbacks.find(|listed| listed.step == rollback);
        let undoes = listed
            .and_then(|listed| listed.undoes.clone())
            .unwrap_or_default();
        for step in &undoes {
            let shares = self.shares(rollback, step);
            let is_through = self
                .standings
                .iter()
                .filter(|((id, at), _)| id == rollback && (!shares || at == target))
                .all(|(_, standing)| matches!(standing, Standing::Done | Standing::Skipped));
            let own = self.standings.iter();
            let own = own.filter(|((id, at), _)| id == step && (!shares || at == target));
            let grounds: Vec<_> = own
                .filter_map(|(key, standing)| match (standing, is_through) {
                    (Standing::Done | Standing::Failed, true) => Some((key.clone(), Ground::Undone)),
                    (Standing::Done, false) => Some((key.clone(), Ground::Half(rollback.to_owned()))),
                    _ => None,
                })
                .collect();
            if !grounds.is_empty() {
                self.leave_behind(step);
            }
            self.again.extend(grounds);
        }
    }

    /// Whether a rollback and what it undoes run on the same machines: then it undoes it machine by machine.
    fn shares(&self, rollback: &str, step: &str) -> bool {
        let at = |wanted: &str| {
            let wanted = wanted.to_owned();
            let own = self
                .standings
                .keys()
                .filter(move |(id, at)| *id == wanted && !at.is_empty());
            own.map(|(_, at)| at)
        };
        at(rollback).any(|there| at(step).any(|own| own == there))
    }

    /// What is done behind a step of the page, and was not undone itself.
    fn leave_behind(&mut self, step: &str) {
        let behind = self.steps.iter().skip_while(|listed| listed.step != step).skip(1);
        let behind = behind.filter(|listed| listed.undoes.is_none());
        for listed in behind {
            let own = self.standings.iter().filter(|((id, _), _)| *id == listed.step);
            for (key, _) in own.filter(|(_, standing)| **standing == Standing::Done) {
                self.again.entry(key.clone()).or_insert(Ground::Behind);
            }
        }
    }

    /// The steps of a changed page have other names.
    pub(super) fn rename_again(&mut self, renamed: &[(String, String)]) {
        let new_of = |step: &str| {
            renamed
                .iter()
                .find(|(old, _)| old == step)
                .map(|(_, new)| new.clone())
        };
        let again = std::mem::take(&mut self.again).into_iter();
        let kept = again.filter_map(|((step, target), ground)| {
            let ground = match ground {
                Ground::Half(rollback) => Ground::Half(new_of(&rollback).unwrap_or(rollback)),
                ground => ground,
            };
            Some(((new_of(&step)?, target), ground))
        });
        self.again = kept.collect();
    }
}
