//! What steps captured. A step on many machines captures as many values of one name: each of those machines has its own,
//! and what reads the name elsewhere has one only where they are all the same. A later step on other machines changes
//! nothing of that; one that runs here speaks for all. A machine where the step ran and captured nothing borrows none.

use std::collections::{BTreeMap, BTreeSet};

use super::target::LOCAL;
use crate::runbook::placeholder::name;

/// What a step got on each machine. `None` is a value that was not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Got {
    step: String,
    on: BTreeMap<String, Option<String>>,
}

/// Values by their names, those of the step that took one last behind the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    all: BTreeMap<String, Vec<Got>>,
    /// Steps that have begun, and where: what each left there is all that there is of it.
    begun: BTreeSet<(String, String)>,
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
        let all = self.all.entry(name(variable)).or_default();
        let mut own = match all.iter().position(|got| got.step == step) {
            Some(at) => all.remove(at),
            None => Got {
                step: step.to_owned(),
                on: BTreeMap::new(),
            },
        };
        own.on.insert(machine.to_owned(), value);
        all.push(own);
    }

    /// A step has begun there, whatever becomes of it.
    pub fn begin(&mut self, step: &str, machine: &str) {
        self.begun.insert((step.to_owned(), machine.to_owned()));
    }

    /// Another word on it counts now.
    pub fn forget(&mut self, variable: &str) {
        self.all.remove(&name(variable));
    }

    /// Whether a step captured it, and nothing was said since.
    pub fn has(&self, variable: &str) -> bool {
        self.all.contains_key(&name(variable))
    }

    /// Under their names, what is meant on a machine; `None` where it was not kept. What undoes a step means what that one
    /// captured, whatever others did behind it: `undone` names those steps.
    pub fn on<'a>(
        &'a self,
        machine: &'a str,
        undone: &'a [String],
    ) -> impl Iterator<Item = (&'a String, Result<Option<&'a String>, Differs>)> {
        let all = self.all.iter();
        all.filter_map(move |(name, all)| {
            let meant = self.meant(all, machine, undone)?;
            Some((name, meant.map(|(_, value)| value)))
        })
    }

    /// The step whose value is meant on that very machine, where it was not kept.
    pub fn lost(&self, variable: &str, machine: &str, undone: &[String]) -> Option<&str> {
        let all = self.all.get(&name(variable))?;
        let (step, value) = self.meant(all, machine, undone)?.ok()?;
        let mut own = all.iter().filter(|got| got.on.contains_key(machine));
        (value.is_none() && own.any(|got| got.step == step)).then_some(step)
    }

    /// All that are called so.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &String> {
        let all = self.all.get(name).into_iter().flatten();
        all.flat_map(|got| got.on.values().flatten())
    }

    /// The steps of a changed page have other names.
    pub(super) fn rename(&mut self, renamed: &[(String, String)]) {
        for got in self.all.values_mut().flatten() {
            if let Some((_, new)) = renamed.iter().find(|(old, _)| *old == got.step) {
                got.step.clone_from(new);
            }
        }
    }

    fn meant<'a>(&self, all: &'a [Got], machine: &str, undone: &[String]) -> Option<Meant<'a>> {
        let mut of: Vec<&Got> = all.iter().filter(|got| undone.contains(&got.step)).collect();
        if of.is_empty() {
            of = all.iter().collect();
        }
        let last = *of.last()?;
        let is_of = |got: &Got| got.on.contains_key(machine) || self.has_begun(got, machine);
        // Here stands no machine of its own: what was captured last is what the page goes on with.
        if machine == LOCAL || !of.iter().any(|got| is_of(got)) {
            return Some(self.left(last, machine));
        }
        let is_told = |got: &&Got| is_of(got) || got.on.keys().all(|at| at == LOCAL);
        let told = of.into_iter().rev().find(is_told).unwrap_or(last);
        Some(self.left(told, machine))
    }

    fn has_begun(&self, got: &Got, machine: &str) -> bool {
        self.begun.contains(&(got.step.clone(), machine.to_owned()))
    }

    /// What a step left for a machine.
    fn left<'a>(&self, got: &'a Got, machine: &str) -> Meant<'a> {
        match got.on.get(machine) {
            Some(own) => Ok((&got.step, own.as_ref())),
            None if self.has_begun(got, machine) => Err(Differs::Absent),
            None => got.borrowed(),
        }
    }
}

impl Got {
    /// What a machine that it did not run on has of it.
    fn borrowed(&self) -> Meant<'_> {
        let mut all = self.on.values().map(Option::as_ref);
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
}
