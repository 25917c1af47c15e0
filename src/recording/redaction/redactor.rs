//! The stream: bytes go in as they come, and come out in order once it is certain what they are. What may be the
//! beginning of a secret stays inside; what is known to be part of one comes out covered.

use super::mask::Mask;
use super::plain::{Class, Plain};
use super::rule::{Guess, Memory, Rules};
use super::{HOLD_BYTES, LONGEST};
use std::collections::VecDeque;
use std::sync::Arc;

/// Text kept before a candidate, for word borders.
const LOOK_BEHIND: usize = 4;

/// A secret that was covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its rule's number, for [`Rules::name`].
    pub rule: usize,
    pub len: usize,
    /// The secret itself: for a digest, never for the disk.
    pub secret: Vec<u8>,
}

pub struct Redactor {
    rules: Arc<Rules>,
    memories: Vec<Memory>,
    plain: Plain,
    /// Not taken yet, and where it begins in the whole stream.
    raw: VecDeque<u8>,
    raw_at: u64,
    /// Everything before this place in the stream may be taken.
    ready_at: u64,
    /// Text of the window, each byte's place in the stream, and the secret that it is part of: rule and beginning.
    text: Vec<u8>,
    at: Vec<u64>,
    cover: Vec<Option<(usize, u64)>>,
    /// Bytes of text before the window.
    text_at: u64,
    /// Where candidates have to be looked for, and the first text byte that was not taken.
    scanned: usize,
    untaken: usize,
    open: Vec<Candidate>,
    told: Vec<(usize, u64)>,
    found: Vec<Found>,
    mask: Mask,
}

/// A place where something may still come to match.
#[derive(Clone, Copy)]
struct Candidate {
    rule: usize,
    secret_from: usize,
    end: Option<usize>,
}

impl Redactor {
    pub fn new(rules: Arc<Rules>) -> Redactor {
        Redactor {
            memories: rules.rules.iter().map(|rule| rule.memory()).collect(),
            rules,
            plain: Plain::default(),
            raw: VecDeque::new(),
            raw_at: 0,
            ready_at: 0,
            text: Vec::new(),
            at: Vec::new(),
            cover: Vec::new(),
            text_at: 0,
            scanned: 0,
            untaken: 0,
            open: Vec::new(),
            told: Vec::new(),
            found: Vec::new(),
            mask: Mask::default(),
        }
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(super) fn shared_rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        // In pieces, so that a window never grows with what one caller has.
        for piece in bytes.chunks(LONGEST) {
            for byte in piece {
                let class = self.plain.step(*byte);
                if class != Class::Noise {
                    self.text.push(if class == Class::Text { *byte } else { b'\n' });
                    self.at.push(self.raw_at + self.raw.len() as u64);
                    self.cover.push(None);
                }
                self.raw.push_back(*byte);
            }
            self.scan();
        }
    }

    /// Bytes that must not be shown yet.
    pub fn held(&self) -> usize {
        self.raw.len() - self.ready()
    }

    /// The same, over the bound for a live session.
    pub fn holds_too_much(&self) -> bool {
        self.held() > HOLD_BYTES
    }

    /// Bytes that may be taken.
    pub fn ready(&self) -> usize {
        (self.ready_at - self.raw_at) as usize
    }

    /// Nothing can be held any longer: what looks enough like a secret is covered, the rest is let go. What comes
    /// after still counts as going on from it.
    pub fn let_go(&mut self) {
        for candidate in self.open.clone() {
            let from = candidate.secret_from.min(self.text.len());
            let is_number = self.text[from..].iter().all(u8::is_ascii_digit);
            let is_secret = match self.rules.rules[candidate.rule].guess {
                Guess::Secret => true,
                Guess::UnlessNumber => !is_number,
                Guess::Nothing => false,
            };
            // One that matched already is covered as far as it goes.
            if candidate.end.is_none() && is_secret && from < self.text.len() {
                self.cover(candidate.rule, from, from, self.text.len());
                self.tell(candidate.rule, from, self.text.len());
            }
        }
        self.ready_at = self.raw_at + self.raw.len() as u64;
    }

    /// The stream is over: nothing that comes later belongs to it.
    pub fn finish(&mut self) {
        for candidate in self.open.clone() {
            if let Some(end) = candidate.end {
                self.tell(candidate.rule, candidate.secret_from, end);
            }
        }
        self.open.clear();
        self.scanned = self.text.len();
        self.ready_at = self.raw_at + self.raw.len() as u64;
        self.plain = Plain::default();
    }

    pub fn take_ready(&mut self, out: &mut Vec<u8>) {
        self.take(self.ready(), out);
    }

    /// The next `count` bytes that are ready, secrets covered.
    pub fn take(&mut self, count: usize, out: &mut Vec<u8>) {
        for _ in 0..count.min(self.ready()) {
            let Some(byte) = self.raw.pop_front() else { break };
            let here = self.raw_at;
            self.raw_at += 1;
            if self.at.get(self.untaken) != Some(&here) {
                out.push(byte);
                continue;
            }
            let text = self.untaken;
            self.untaken += 1;
            match self.cover[text] {
                Some((rule, secret_at)) if self.text[text] == byte => {
                    self.mask
                        .cover(&self.rules, rule, secret_at, &self.text[text..], out);
                }
                _ => out.push(byte),
            }
        }
        self.forget();
    }

    /// Secrets that are over since the last time.
    pub fn take_found(&mut self) -> Vec<Found> {
        std::mem::take(&mut self.found)
    }

    fn scan(&mut self) {
        let len = self.text.len();
        let (mut at, mut rescan, mut hold) = (self.scanned, None, None::<usize>);
        self.open.clear();
        while at < len {
            let mut next = at + 1;
            let mut rules = self.rules.first[usize::from(self.text[at])];
            while rules != 0 {
                let rule = rules.trailing_zeros() as usize;
                rules &= rules - 1;
                let Some((candidate, open)) = self.examine(rule, at) else {
                    continue;
                };
                let covered = candidate.end.unwrap_or(candidate.secret_from);
                if let Some(end) = candidate.end {
                    self.cover(rule, candidate.secret_from, candidate.secret_from, end);
                    next = next.max(end);
                }
                if open {
                    rescan.get_or_insert(at);
                    hold = Some(hold.map_or(covered, |hold| hold.min(covered)));
                    self.open.push(candidate);
                } else if let Some(end) = candidate.end {
                    self.tell(rule, candidate.secret_from, end);
                }
            }
            at = next;
        }
        self.scanned = rescan.unwrap_or(len);
        let all = self.raw_at + self.raw.len() as u64;
        let until = hold.and_then(|hold| self.at.get(hold)).copied().unwrap_or(all);
        self.ready_at = self.ready_at.max(until);
    }

    /// What a rule makes of the text from `at` on, and whether that may change.
    fn examine(&mut self, rule: usize, at: usize) -> Option<(Candidate, bool)> {
        let until = self.text.len().min(at + LONGEST);
        let text = &self.text[..until];
        let (it, memory) = (&self.rules.rules[rule], &mut self.memories[rule]);
        let reach = it.reach(memory, text, at);
        if !reach.open && reach.end.is_none() {
            return None;
        }
        let secret_from = it.secret_from(memory, text, at).unwrap_or(until);
        let end = reach.end.map(|end| end.saturating_sub(it.behind));
        let candidate = Candidate {
            rule,
            secret_from,
            end: end.filter(|end| *end > secret_from),
        };
        Some((candidate, reach.open && until - at < LONGEST))
    }

    fn cover(&mut self, rule: usize, secret_from: usize, from: usize, to: usize) {
        let secret_at = self.text_at + secret_from as u64;
        for cover in &mut self.cover[from..to] {
            cover.get_or_insert((rule, secret_at));
        }
    }

    fn tell(&mut self, rule: usize, from: usize, to: usize) {
        let key = (rule, self.text_at + from as u64);
        if !self.told.contains(&key) {
            self.told.push(key);
            let secret = self.text[from..to].to_vec();
            let len = String::from_utf8_lossy(&secret).chars().count();
            self.found.push(Found { rule, len, secret });
        }
    }

    /// Drops what is neither needed by a candidate nor waiting to be taken.
    fn forget(&mut self) {
        let needed = self.scanned.min(self.untaken).saturating_sub(LOOK_BEHIND);
        if needed < LONGEST && needed * 2 < self.text.len() {
            return;
        }
        self.text.drain(..needed);
        self.at.drain(..needed);
        self.cover.drain(..needed);
        self.text_at += needed as u64;
        self.scanned -= needed;
        self.untaken -= needed;
        for candidate in &mut self.open {
            candidate.secret_from = candidate.secret_from.saturating_sub(needed);
            candidate.end = candidate.end.map(|end| end.saturating_sub(needed));
        }
        let kept = self.text_at;
        self.told.retain(|(_, at)| *at >= kept);
    }
}
