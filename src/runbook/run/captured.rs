//! What steps captured. A step on many machines captures as many values of one name: each of those machines has its own,
//! and what reads the name elsewhere has one only where they are all the same.

use std::collections::BTreeMap;

use crate::runbook::placeholder::name;

/// Of one name: the step that captured it last, and what it got on each machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Of {
    step: String,
    on: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured(BTreeMap<String, Of>);

/// The machines have different values, and which of them is meant nobody has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Differs;

impl Captured {
    /// What an earlier step got is no longer meant. `None` is a value that was not kept.
    pub fn take(&mut self, step: &str, variable: &str, machine: &str, value: Option<String>) {
        let of = self.0.entry(name(variable)).or_default();
        if of.step != step {
            *of = Of {
                step: step.to_owned(),
                on: BTreeMap::new(),
            };
        }
        match value {
            Some(value) => of.on.insert(machine.to_owned(), value),
            None => of.on.remove(machine),
        };
    }

    /// Another word on it counts now.
    pub fn forget(&mut self, variable: &str) {
        self.0.remove(&name(variable));
    }

    /// Under their names, what is meant on a machine.
    pub fn on<'a>(
        &'a self,
        machine: &'a str,
    ) -> impl Iterator<Item = (&'a String, Result<&'a String, Differs>)> {
        let all = self.0.iter();
        all.filter_map(move |(name, of)| Some((name, of.meant(machine)?)))
    }

    /// All that are called so.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &String> {
        self.0.get(name).into_iter().flat_map(|of| of.on.values())
    }

    /// The steps of a changed page have other names.
    pub(super) fn rename(&mut self, renamed: &[(String, String)]) {
        for of in self.0.values_mut() {
            if let Some((_, new)) = renamed.iter().find(|(old, _)| *old == of.step) {
                of.step.clone_from(new);
            }
        }
    }
}

impl Of {
    fn meant(&self, machine: &str) -> Option<Result<&String, Differs>> {
        let mut all = self.on.values();
        let first = all.next()?;
        let own = self.on.get(machine);
        let same = all.all(|value| value == first).then_some(first);
        Some(own.or(same).ok_or(Differs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(captured: &Captured, machine: &str) -> Option<Result<String, Differs>> {
        let mut meant = captured.on(machine);
        meant.next().map(|(_, value)| value.cloned())
    }

    #[test]
    fn a_machine_has_its_own_and_another_place_only_what_all_have() {
        let mut captured = Captured::default();
        captured.take("one", "TOK", "i-1", Some("a".into()));
        assert_eq!(on(&captured, "local"), Some(Ok("a".into())));
        captured.take("one", "tok", "i-2", Some("b".into()));
        assert_eq!(on(&captured, "i-1"), Some(Ok("a".into())));
        assert_eq!(on(&captured, "i-2"), Some(Ok("b".into())));
        assert_eq!(on(&captured, "local"), Some(Err(Differs)));
        // A later step's is the only one.
        captured.take("two", "TOK", "local", Some("c".into()));
        assert_eq!(on(&captured, "i-1"), Some(Ok("c".into())));
        captured.forget("tok");
        assert_eq!(on(&captured, "i-1"), None);
    }
}
