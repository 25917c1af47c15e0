//! What a command sets only where a condition holds: in an arm of `if` or `case`, in a loop, behind `||`. What every arm
//! sets, or every one that goes on, is set for certain.

use std::collections::BTreeSet;
use std::ops::Range;

/// A way through a compound.
struct Arm {
    from: usize,
    to: usize,
    /// What it sets for certain, by name and number.
    sets: Vec<(String, usize)>,
    /// It ends in `exit` or the like: nothing behind the compound comes from it.
    leaves: bool,
}

struct Compound {
    is_loop: bool,
    /// One of its arms is taken in any case.
    is_whole: bool,
    arms: Vec<Arm>,
    is_in_arm: bool,
}

/// The compounds that are open, innermost last.
#[derive(Default)]
pub(super) struct Branches {
    open: Vec<Compound>,
    /// The command stands behind `||`.
    is_alternative: bool,
    /// It stands behind `&&` or `||`.
    is_dependent: bool,
    /// Numbers of what is set in an arm only, and the arm.
    pub found: Vec<(usize, Range<usize>)>,
}

impl Branches {
    /// A reserved word at the beginning of a command.
    pub fn word(&mut self, word: &str, at: usize) {
        let is_sure = !self.is_dependent;
        match word {
            "if" | "case" | "while" | "until" | "for" | "select" => self.open.push(Compound {
                is_loop: !matches!(word, "if" | "case"),
                is_whole: false,
                arms: Vec::new(),
                is_in_arm: false,
            }),
            "then" | "do" => self.begin(at, false),
            "elif" => self.end(at),
            "else" => self.begin(at, true),
            "fi" | "done" | "esac" => self.close(at),
            "exit" | "return" | "break" | "continue" | "exec" => {
                if let Some(arm) = self.arm().filter(|_| is_sure) {
                    arm.leaves = true;
                }
            }
            _ => {}
        }
    }

    /// The bracket behind a pattern of `case`; `*` is for whatever is left.
    pub fn pattern(&mut self, pattern: &str, at: usize) {
        self.begin(at, pattern == "*");
    }

    pub fn separator(&mut self, rest: &str) {
        match rest {
            _ if rest.starts_with("||") => (self.is_alternative, self.is_dependent) = (true, true),
            _ if rest.starts_with("&&") => self.is_dependent = true,
            _ if rest.starts_with([';', '\n']) => (self.is_alternative, self.is_dependent) = (false, false),
            _ => {}
        }
    }

    /// A bracket begins a list of its own; what comes back is handed to [`Branches::leave`] at its end.
    pub fn enter(&mut self) -> (bool, bool) {
        let before = (self.is_alternative, self.is_dependent);
        (self.is_alternative, self.is_dependent) = (false, false);
        before
    }

    pub fn leave(&mut self, before: (bool, bool)) {
        (self.is_alternative, self.is_dependent) = before;
    }

    pub fn set(&mut self, name: &str, number: usize, at: usize) {
        if self.is_alternative {
            self.found.push((number, at..at));
        } else if let Some(arm) = self.arm() {
            arm.sets.push((name.to_owned(), number));
        }
    }

    fn arm(&mut self) -> Option<&mut Arm> {
        let compound = self.open.iter_mut().rev().find(|compound| compound.is_in_arm)?;
        compound.arms.last_mut()
    }

    fn begin(&mut self, at: usize, is_rest: bool) {
        self.end(at);
        if let Some(compound) = self.open.last_mut() {
            compound.is_whole |= is_rest;
            compound.is_in_arm = true;
            compound.arms.push(Arm {
                from: at,
                to: at,
                sets: Vec::new(),
                leaves: false,
            });
        }
    }

    fn end(&mut self, at: usize) {
        if let Some(compound) = self.open.last_mut()
            && std::mem::take(&mut compound.is_in_arm)
            && let Some(arm) = compound.arms.last_mut()
        {
            arm.to = at;
        }
    }

    fn close(&mut self, at: usize) {
        self.end(at);
        let Some(compound) = self.open.pop() else { return };
        let going = || compound.arms.iter().filter(|arm| !arm.leaves);
        let in_all = |name: &str| going().all(|arm| arm.sets.iter().any(|(known, _)| known == name));
        let names: BTreeSet<&str> = going()
            .flat_map(|arm| &arm.sets)
            .map(|(name, _)| name.as_str())
            .filter(|name| compound.is_whole && !compound.is_loop && in_all(name))
            .collect();
        let mut certain = Vec::new();
        for arm in &compound.arms {
            for (name, number) in &arm.sets {
                match names.contains(name.as_str()) {
                    true => certain.push((name.clone(), *number)),
                    false => self.found.push((*number, arm.from..arm.to)),
                }
            }
        }
        if let Some(arm) = self.arm() {
            arm.sets.extend(certain);
        }
    }
}
