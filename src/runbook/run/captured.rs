//! What steps captured. A step on many machines captures as many values of one name: each of those machines has its own,
//! and what reads the name elsewhere has one only where they are all the same. A later step on other machines changes
//! nothing of that; one that runs here, or a document that AWS runs, speaks for all. A machine where the step ran and captured nothing borrows none.

use std::collections::{BTreeMap, BTreeSet};

use super::target::{AWS, LOCAL};
use crate::runbook::placeholder::name;

/// What a step got on each machine, the last behind the others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Got {
    step: String,
    on: BTreeMap<String, Vec<Took>>,
}

/// A value, and how many had been taken when it was; `None` is one that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Took {
    at: usize,
    value: Option<String>,
}

/// From when to when a value counts: behind the first, up to the second.
type Time = (usize, usize);

/// Values by their names, those of the step that took one last behind the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    all: BTreeMap<String, Vec<Got>>,
    /// Steps that have begun, and where: what each left there is all that there is of it.
    begun: BTreeSet<(String, String)>,
    /// How many values had been taken when a step ran there last.
    ran: BTreeMap<(String, String), usize>,
    /// The same when another word on a name was said, which counts instead of what was taken before.
    said: BTreeMap<String, usize>,
    taken: usize,
}

/// Why none of the values is meant on a machine before somebody says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differs {
    /// The machines have different ones.
    Several,
    /// The step that captured it elsewhere ran on this one too, and left none.
    Absent,
}

/// What is meant on a machine, and the step that it is of; `None` was not kept.
type Meant<'a> = Result<(&'a str, Option<&'a String>), Differs>;

impl Captured {
    /// What an earlier step got on that machine is no longer meant there.
    pub fn take(&mut self, step: &str, variable: &str, machine: &str, value: Option<String>) {
        self.taken += 1;
        let all = self.all.entry(name(variable)).or_default();
        let mut own = match all.iter().position(|got| got.step == step) {
            Some(at) => all.remove(at),
            None => Got {
                step: step.to_owned(),
                on: BTreeMap::new(),
            },
        };
        let took = Took {
            at: self.taken,
            value,
        };
        own.on.entry(machine.to_owned()).or_default().push(took);
        all.push(own);
    }

    /// What a step got there and nobody kept is said again: it counts from when it was taken.
    pub fn amend(&mut self, step: &str, variable: &str, machine: &str, value: Option<String>) {
        let mut all = self.all.get_mut(&name(variable)).into_iter().flatten();
        let own = all
            .find(|got| got.step == step)
            .and_then(|got| got.on.get_mut(machine));
        match own.and_then(|own| own.last_mut()) {
            Some(took) => took.value = value,
            None => self.take(step, variable, machine, value),
        }
    }

    /// A step has begun there, whatever becomes of it.
    pub fn begin(&mut self, step: &str, machine: &str) {
        self.begun.insert((step.to_owned(), machine.to_owned()));
    }

    /// A step runs there, with the values of now.
    pub fn run(&mut self, step: &str, machine: &str) {
        self.ran.insert((step.to_owned(), machine.to_owned()), self.taken);
    }

    /// Another word on it counts from now on; what ran before had what was taken.
    pub fn forget(&mut self, variable: &str) {
        self.said.insert(name(variable), self.taken);
    }

    /// Another word counts, and for all that ran before as well.
    pub fn drop_all(&mut self, variable: &str) {
        self.all.remove(&name(variable));
    }

    /// Whether a step captured it, and nothing was said since.
    pub fn has(&self, variable: &str) -> bool {
        let key = name(variable);
        let mut all = self.all.get(&key).into_iter().flatten();
        all.any(|got| got.last(self.now(&key)).is_some())
    }

    /// Under their names, what is meant on a machine; `None` where it was not kept. What undoes a step means what that one
    /// captured, or had when it ran, whatever others did behind it: `undone` names those steps.
    pub fn on<'a>(
        &'a self,
        machine: &'a str,
        undone: &'a [String],
    ) -> impl Iterator<Item = (&'a String, Result<Option<&'a String>, Differs>)> {
        self.all.keys().filter_map(move |name| {
            let meant = self.meant(name, machine, undone)?;
            Some((name, meant.map(|(_, value)| value)))
        })
    }

    /// The step whose value is meant on that very machine, where it was not kept.
    pub fn lost(&self, variable: &str, machine: &str, undone: &[String]) -> Option<&str> {
        let key = name(variable);
        let (step, value) = self.meant(&key, machine, undone)?.ok()?;
        let mut own = self.all.get(&key)?.iter();
        let is_own = own.any(|got| got.step == step && got.on.contains_key(machine));
        (value.is_none() && is_own).then_some(step)
    }

    /// All that are called so.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &String> {
        let all = self.all.get(name).into_iter().flatten();
        let took = all.flat_map(|got| got.on.values().flatten());
        took.filter_map(|took| took.value.as_ref())
    }

    /// The steps of a changed page have other names.
    pub(super) fn rename(&mut self, renamed: &[(String, String)]) {
        let new_of = |step: &str| renamed.iter().find(|(old, _)| old == step).map(|(_, new)| new);
        for got in self.all.values_mut().flatten() {
            if let Some(new) = new_of(&got.step) {
                got.step.clone_from(new);
            }
        }
        let ran = std::mem::take(&mut self.ran).into_iter();
        let kept = ran.filter_map(|((step, machine), at)| Some(((new_of(&step)?.clone(), machine), at)));
        self.ran = kept.collect();
    }

    fn meant(&self, key: &str, machine: &str, undone: &[String]) -> Option<Meant<'_>> {
        let all = self.all.get(key)?;
        let own: Vec<&Got> = all.iter().filter(|got| undone.contains(&got.step)).collect();
        if !own.is_empty() {
            return self.among(own, machine, (0, usize::MAX));
        }
        let then = self.ran(undone, machine).map(|at| {
            let said = self.said.get(key).filter(|said| **said <= at);
            (said.copied().unwrap_or(0), at)
        });
        let then = then.and_then(|then| self.among(all.iter().collect(), machine, then));
        then.or_else(|| self.among(all.iter().collect(), machine, self.now(key)))
    }

    fn now(&self, key: &str) -> Time {
        (self.said.get(key).copied().unwrap_or(0), usize::MAX)
    }

    /// When the last of these steps ran there, else anywhere.
    fn ran(&self, steps: &[String], machine: &str) -> Option<usize> {
        let ran = || self.ran.iter().filter(|((step, _), _)| steps.contains(step));
        let there = ran().filter(|((_, at), _)| at == machine).map(|(_, at)| *at);
        there.max().or_else(|| ran().map(|(_, at)| *at).max())
    }

    /// What is meant there of what these steps have taken in that time.
    fn among<'a>(&'a self, mut of: Vec<&'a Got>, machine: &str, time: Time) -> Option<Meant<'a>> {
        of.retain(|got| got.last(time).is_some());
        of.sort_by_key(|got| got.last(time));
        let last = *of.last()?;
        let is_of = |got: &Got| got.there(machine, time).is_some() || self.has_begun(got, machine);
        // Here stands no machine of its own: what was captured last is what the page goes on with.
        if machine == LOCAL || !of.iter().any(|got| is_of(got)) {
            return Some(self.left(last, machine, time));
        }
        let is_told = |got: &&Got| {
            is_of(got)
                || got
                    .within(time)
                    .all(|(at, _)| [LOCAL, AWS].contains(&at.as_str()))
        };
        let told = of.into_iter().rev().find(is_told).unwrap_or(last);
        Some(self.left(told, machine, time))
    }

    fn has_begun(&self, got: &Got, machine: &str) -> bool {
        self.begun.contains(&(got.step.clone(), machine.to_owned()))
    }

    /// What a step left for a machine.
    fn left<'a>(&self, got: &'a Got, machine: &str, time: Time) -> Meant<'a> {
        match got.there(machine, time) {
            Some(own) => Ok((&got.step, own.value.as_ref())),
            None if self.has_begun(got, machine) => Err(Differs::Absent),
            None => got.borrowed(time),
        }
    }
}

impl Got {
    /// What it took last on each machine in a time.
    fn within(&self, (behind, upto): Time) -> impl Iterator<Item = (&String, &Took)> {
        let is_in = move |took: &&Took| behind < took.at && took.at <= upto;
        let all = self.on.iter();
        all.filter_map(move |(machine, all)| Some((machine, all.iter().rev().find(is_in)?)))
    }

    fn there(&self, machine: &str, time: Time) -> Option<&Took> {
        self.within(time)
            .find_map(|(at, took)| (at == machine).then_some(took))
    }

    /// When it took its last value of a time.
    fn last(&self, time: Time) -> Option<usize> {
        self.within(time).map(|(_, took)| took.at).max()
    }

    /// What a machine that it did not run on has of it.
    fn borrowed(&self, time: Time) -> Meant<'_> {
        let mut all = self.within(time).map(|(_, took)| took.value.as_ref());
        let first = all.next().flatten();
        // Of two that were not kept nobody knows whether they were the same.
        match all.all(|value| value.is_some() && value == first) {
            true => Ok((&self.step, first)),
            false => Err(Differs::Several),
        }
    }
}

/// Why a step has no value though there are several.
pub(super) fn differs(wanted: &str) -> String {
    format!(
        "{wanted} was captured on several machines and is not the same on all: each of them has its own, and which is meant elsewhere only --set {wanted}=VALUE can say"
    )
}

/// Why it has none though there was one.
pub(super) fn lost(wanted: &str) -> String {
    format!(
        "{wanted} was captured, and the journal may not keep it: only --set {wanted}=VALUE can say it again"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(captured: &Captured, machine: &str) -> Option<Result<Option<String>, Differs>> {
        let mut meant = captured.on(machine, &[]);
        meant
            .next()
            .map(|(_, value)| value.map(Option::<&String>::cloned))
    }

    fn is(value: &str) -> Option<Result<Option<String>, Differs>> {
        Some(Ok(Some(value.into())))
    }

    #[test]
    fn a_machine_has_its_own_and_another_place_only_what_all_have() {
        let mut captured = Captured::default();
        captured.take("one", "TOK", "i-1", Some("a".into()));
        assert_eq!(on(&captured, "local"), is("a"));
        captured.take("one", "tok", "i-2", Some("b".into()));
        assert_eq!((on(&captured, "i-1"), on(&captured, "i-2")), (is("a"), is("b")));
        assert_eq!(on(&captured, "local"), Some(Err(Differs::Several)));
        // A later step's that runs here is the only one.
        captured.take("two", "TOK", "local", Some("c".into()));
        assert_eq!(on(&captured, "i-1"), is("c"));
        captured.forget("tok");
        assert_eq!(on(&captured, "i-1"), None);
    }

    #[test]
    fn a_value_that_was_not_kept_is_no_other_machines_value() {
        let mut captured = Captured::default();
        captured.take("get", "TOK", "i-1", None);
        // There is one, and nobody knows it: it can be asked for.
        assert_eq!(
            (on(&captured, "i-1"), on(&captured, "local")),
            (Some(Ok(None)), Some(Ok(None)))
        );
        for other in [Some("plain".to_owned()), None] {
            captured.take("get", "TOK", "i-2", other.clone());
            assert_eq!(
                (on(&captured, "i-1"), on(&captured, "i-2")),
                (Some(Ok(None)), Some(Ok(other)))
            );
            assert_eq!(on(&captured, "local"), Some(Err(Differs::Several)));
        }
        assert_eq!(
            (
                captured.lost("tok", "i-1", &[]),
                captured.lost("tok", "local", &[])
            ),
            (Some("get"), None)
        );
        captured.take("get", "TOK", "i-1", Some("plain".into()));
        captured.take("get", "TOK", "i-2", Some("plain".into()));
        assert_eq!(
            (on(&captured, "local"), captured.lost("tok", "i-1", &[])),
            (is("plain"), None)
        );
    }

    #[test]
    fn where_the_step_failed_no_value_is_borrowed_and_elsewhere_the_only_one_is() {
        let mut captured = Captured::default();
        for machine in ["i-1", "i-2"] {
            captured.begin("one", machine);
        }
        captured.take("one", "TOK", "i-1", Some("a".into()));
        assert_eq!(on(&captured, "i-1"), is("a"));
        assert_eq!(on(&captured, "i-2"), Some(Err(Differs::Absent)));
        // The step did not run there.
        assert_eq!(on(&captured, "local"), is("a"));
        assert_eq!(on(&captured, "i-3"), is("a"));
        // What another step captures is everybody's again.
        captured.take("two", "TOK", "local", Some("b".into()));
        assert_eq!(on(&captured, "i-2"), is("b"));
    }

    #[test]
    fn another_machine_s_later_value_takes_nothing_from_one_that_has_its_own() {
        let mut captured = Captured::default();
        captured.take("one", "TOK", "i-1", Some("a".into()));
        captured.take("two", "TOK", "i-2", Some("b".into()));
        assert_eq!((on(&captured, "i-1"), on(&captured, "i-2")), (is("a"), is("b")));
        // What the page captured last is meant where there is none.
        assert_eq!((on(&captured, "local"), on(&captured, "i-3")), (is("b"), is("b")));
        captured.begin("one", "i-4");
        assert_eq!(on(&captured, "i-4"), Some(Err(Differs::Absent)));
        captured.take("two", "TOK", "i-1", Some("c".into()));
        assert_eq!(on(&captured, "i-1"), is("c"));
    }

    #[test]
    fn what_undoes_a_step_means_what_that_step_captured() {
        let mut captured = Captured::default();
        captured.take("one", "TOK", "i-1", Some("a".into()));
        captured.take("two", "TOK", "i-1", None);
        captured.take("here", "TOK", "local", Some("c".into()));
        let meant = |undone: &str| {
            let undone = [undone.to_owned()];
            let mut all = captured.on("i-1", &undone);
            all.next().map(|(_, value)| value.map(Option::<&String>::cloned))
        };
        assert_eq!((meant("one"), meant("two")), (is("a"), Some(Ok(None))));
        assert_eq!((meant("other"), on(&captured, "i-1")), (is("c"), is("c")));
        let lost = |undone: &str| captured.lost("TOK", "i-1", &[undone.to_owned()]);
        assert_eq!(
            (lost("one"), lost("two"), lost("here")),
            (None, Some("two"), None)
        );
    }

    #[test]
    fn what_undoes_a_step_means_what_that_step_had_when_it_ran() {
        let mut captured = Captured::default();
        captured.take("look", "TOK", "i-1", Some("a".into()));
        captured.run("change", "i-1");
        captured.take("see", "TOK", "i-1", Some("b".into()));
        captured.take("see", "ID", "i-1", Some("new".into()));
        let undone = ["change".to_owned()];
        let meant = |captured: &Captured, wanted: &str| {
            let mut all = captured.on("i-1", &undone);
            let found = all.find(|(known, _)| *known == wanted);
            found.map(|(_, value)| value.map(Option::<&String>::cloned))
        };
        assert_eq!(
            (meant(&captured, "tok"), meant(&captured, "id")),
            (is("a"), is("new"))
        );
        assert_eq!(captured.values("tok").count(), 2);
        captured.run("change", "i-1");
        captured.take("see", "TOK", "i-1", Some("c".into()));
        assert_eq!(meant(&captured, "tok"), is("b"));
        // A word that was said behind it is none for it, as long as it is not said now.
        captured.forget("tok");
        assert_eq!((meant(&captured, "tok"), captured.has("tok")), (is("b"), false));
        assert!(captured.on("i-1", &[]).all(|(known, _)| known != "tok"));
        captured.drop_all("tok");
        assert_eq!(meant(&captured, "tok"), None);
    }

    #[test]
    fn what_is_said_again_counts_from_when_it_was_taken() {
        let mut captured = Captured::default();
        captured.take("look", "TOK", "i-1", None);
        captured.run("change", "i-1");
        captured.take("see", "TOK", "i-1", Some("b".into()));
        let undone = ["change".to_owned()];
        assert_eq!(captured.lost("TOK", "i-1", &undone), Some("look"));
        captured.amend("look", "TOK", "i-1", Some("a".into()));
        let meant = |undone: &[String]| {
            captured
                .on("i-1", undone)
                .next()
                .map(|(_, value)| value.map(Option::<&String>::cloned))
        };
        assert_eq!((meant(&undone), meant(&[])), (is("a"), is("b")));
    }
}
