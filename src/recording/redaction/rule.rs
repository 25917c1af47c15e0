//! A rule: what stands before a secret and stays, the secret, and what ends it and stays. Rules run as automata from
//! a place in the text, because a stream must know not only what matches but what may still come to match.

use super::built_in::BUILT_IN;
use crate::config::{Redaction, pattern};
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::{Anchored, Input};
use sha2::{Digest, Sha256};
use std::ops::Range;

/// What to do with an unfinished candidate that can be held no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// What stands before it is proof enough: it is covered.
    Secret,
    /// It is a secret unless it is a number, as ports are.
    UnlessNumber,
    /// It is let go.
    Nothing,
}

pub(super) struct Rule {
    pub name: String,
    /// How many bytes at the end of a match are not secret.
    pub behind: usize,
    pub guess: Guess,
    before: Option<DFA>,
    whole: DFA,
}

/// The rules of this house and those of the user's configuration.
pub struct Rules {
    pub(super) rules: Vec<Rule>,
    /// By the first byte of a candidate: a bit for each rule that may begin with it.
    pub(super) first: Box<[u64; 256]>,
    sha256: [u8; 32],
}

/// How far an automaton came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    /// Where the match ends, if there is one so far.
    pub end: Option<usize>,
    /// Whether more bytes may make it match, or match more.
    pub open: bool,
}

/// Memory of one rule's automata.
pub(super) struct Memory {
    before: Option<Cache>,
    whole: Cache,
}

impl Rules {
    /// The built-in rules, then `own`; the error names the rule that cannot be used.
    pub fn new(own: &[Redaction]) -> Result<Rules, String> {
        let mut rules = Vec::new();
        let mut hash = Sha256::new();
        let built_in = BUILT_IN.iter().map(|b| {
            let guess = b.guess;
            (b.name, b.before, b.secret, b.behind, guess)
        });
        let own = own.iter().map(|own| {
            let before = own.after.as_deref().unwrap_or_default();
            (
                own.name.as_str(),
                before,
                own.pattern.as_str(),
                "",
                Guess::Nothing,
            )
        });
        for (name, before, secret, behind, guess) in built_in.chain(own) {
            let bad = |why: String| format!("the redaction rule {name:?} cannot be used: {why}");
            let whole = pattern::compile(&format!("(?:{before})(?:{secret})(?:{behind})")).map_err(bad)?;
            let before_it = (!before.is_empty()).then(|| pattern::compile(before));
            for part in [name, before, secret, behind] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
            rules.push(Rule {
                name: name.to_owned(),
                behind: behind.len(),
                guess,
                before: before_it.transpose().map_err(bad)?,
                whole,
            });
        }
        if rules.len() > 64 {
            return Err(format!(
                "there are {} redaction rules; 64 can be used",
                rules.len()
            ));
        }
        let first = first_bytes(&rules);
        let sha256 = hash.finalize().into();
        Ok(Rules { rules, first, sha256 })
    }

    pub fn name(&self, rule: usize) -> &str {
        self.rules.get(rule).map_or("", |rule| &rule.name)
    }

    /// SHA-256 over names and patterns: what a manifest means by "these rules".
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The secrets of one text: the name of each one's rule, and its bytes.
    pub fn secrets(self: &std::sync::Arc<Self>, text: &str) -> Vec<(String, Range<usize>)> {
        let found = super::Redactor::new(self.clone()).secrets(text.as_bytes());
        let named = |(rule, at): (usize, Range<usize>)| (self.name(rule).to_owned(), at);
        found.into_iter().map(named).collect()
    }

    /// One text, all of it.
    pub fn redact(self: &std::sync::Arc<Self>, text: &str) -> String {
        super::Redactor::new(self.clone()).text(text).0
    }
}

impl Rule {
    pub fn memory(&self) -> Memory {
        Memory {
            before: self.before.as_ref().map(DFA::create_cache),
            whole: self.whole.create_cache(),
        }
    }

    pub fn reach(&self, memory: &mut Memory, text: &[u8], from: usize) -> Reach {
        run(&self.whole, &mut memory.whole, text, from)
    }

    /// Where the secret of a candidate begins; `None` while what stands before it is not whole.
    pub fn secret_from(&self, memory: &mut Memory, text: &[u8], from: usize) -> Option<usize> {
        match (&self.before, &mut memory.before) {
            (Some(before), Some(cache)) => run(before, cache, text, from).end,
            _ => Some(from),
        }
    }
}

fn run(dfa: &DFA, cache: &mut Cache, text: &[u8], from: usize) -> Reach {
    let mut end = None;
    let over = |end| Reach { end, open: false };
    let input = Input::new(text).span(from..text.len()).anchored(Anchored::Yes);
    let Ok(mut state) = dfa.start_state_forward(cache, &input) else {
        return over(None);
    };
    for (at, byte) in text.iter().enumerate().skip(from) {
        let Ok(next) = dfa.next_state(cache, state, *byte) else {
            return over(end);
        };
        state = next;
        if state.is_match() {
            // An automaton says so one byte late.
            end = Some(at);
        } else if state.is_dead() || state.is_quit() {
            return over(end);
        }
    }
    if dfa.next_eoi_state(cache, state).is_ok_and(|last| last.is_match()) {
        end = Some(text.len());
    }
    Reach { end, open: true }
}

fn first_bytes(rules: &[Rule]) -> Box<[u64; 256]> {
    let mut first = Box::new([0u64; 256]);
    for (bit, rule) in rules.iter().enumerate() {
        let mut memory = rule.memory();
        for byte in 0..=u8::MAX {
            // What stands before decides about word and line borders.
            let begins = [b' ', b'a', b'\n', b'\r'].iter().any(|before| {
                let reach = rule.reach(&mut memory, &[*before, byte], 1);
                reach.open || reach.end.is_some()
            });
            let alone = rule.reach(&mut memory, &[byte], 0).open;
            first[usize::from(byte)] |= u64::from(begins || alone) << bit;
        }
    }
    first
}
