//! What steps captured. A step on many machines captures as many values of one name: each of those machines has its own,
//! and what reads the name elsewhere has one only where they are all the same. A machine where the step ran and captured
//! nothing borrows none.

use std::collections::{BTreeMap, BTreeSet};

use crate::runbook::placeholder::name;

/// Of one name: the step that captured it last, and what it got on each machine. `None` is a value that was not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Of {
    step: String,
    on: BTreeMap<String, Option<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    all: BTreeMap<String, Of>,
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

impl Captured {
    /// What an earlier step got is no longer meant.
    pub fn take(&mut self, step: &str, variable: &str, machine: &str, value: Option<String>) {
        let of = self.all.entry(name(variable)).or_default();
        if of.step != step {
            *of = Of {
                step: step.to_owned(),
                on: BTreeMap::new(),
            };
        }
        of.on.insert(machine.to_owned(), value);
    }

    /// A step has begun there, whatever becomes of it.
    pub fn begin(&mut self, step: &str, machine: &str) {
        self.begun.insert((step.to_owned(), machine.to_owned()));
    }

    /// Another word on it counts now.
    pub fn forget(&mut self, variable: &str) {
        self.all.remove(&name(variable));
    }

    /// Under their names, what is meant on a machine; `None` where it was not kept.
    pub fn on<'a>(
        &'a self,
        machine: &'a str,
    ) -> impl Iterator<Item = (&'a String, Result<Option<&'a String>, Differs>)> {
        let all = self.all.iter();
        all.map(move |(name, of)| {
            let has_begun = self.begun.contains(&(of.step.clone(), machine.to_owned()));
            (name, of.meant(machine, has_begun))
        })
    }

    /// The step that got a value on that very machine which was not kept.
    pub fn lost(&self, variable: &str, machine: &str) -> Option<&str> {
        let of = self.all.get(&name(variable))?;
        let is_lost = of.on.get(machine).is_some_and(Option::is_none);
        is_lost.then_some(&*of.step)
    }

    /// All that are called so.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &String> {
        let of = self.all.get(name).into_iter();
        of.flat_map(|of| of.on.values().flatten())
    }

    /// The steps of a changed page have other names.
    pub(super) fn rename(&mut self, renamed: &[(String, String)]) {
        for of in self.all.values_mut() {
            if let Some((_, new)) = renamed.iter().find(|(old, _)| *old == of.step) {
                of.step.clone_from(new);
            }
        }
    }
}

impl Of {
    fn meant(&self, machine: &str, has_begun: bool) -> Result<Option<&String>, Differs> {
        if let Some(own) = self.on.get(machine) {
            return Ok(own.as_ref());
        }
        if has_begun {
            return Err(Differs::Absent);
        }
        let mut all = self.on.values().map(Option::as_ref);
        let first = all.next().flatten();
        // Of two that were not kept nobody knows whether they were the same.
        match all.all(|value| value.is_some() && value == first) {
            true => Ok(first),
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
        let mut meant = captured.on(machine);
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
        // A later step's is the only one.
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
            (captured.lost("tok", "i-1"), captured.lost("tok", "local")),
            (Some("get"), None)
        );
        captured.take("get", "TOK", "i-1", Some("plain".into()));
        captured.take("get", "TOK", "i-2", Some("plain".into()));
        assert_eq!(
            (on(&captured, "local"), captured.lost("tok", "i-1")),
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
}
