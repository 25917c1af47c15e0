//! The stream: bytes go in as they come, and come out in order once it is certain what they are. What may be the
//! beginning of a secret stays inside; what is known to be part of one comes out covered.

use super::mask::Mask;
use super::plain::{Class, Plain};
use super::rule::{Guess, Memory, Rules};
use super::{HOLD_BYTES, LONGEST};
use std::collections::VecDeque;
use std::ops::Range;
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
    /// Where the carriage return is that nothing came after yet.
    returned_at: Option<u64>,
    /// Not taken yet, and where it begins in the whole stream.
    raw: VecDeque<u8>,
    raw_at: u64,
    /// Everything before this place in the stream may be taken.
    ready_at: u64,
    /// What is shown, and beside it the text of titles and links.
    windows: [Window; 2],
    found: Vec<Found>,
}

/// A stretch of text that is being looked at.
#[derive(Default)]
struct Window {
    /// Each byte, its place in the stream, and the secret that it is part of: rule and beginning.
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
        let memories = rules.rules.iter().map(|rule| rule.memory()).collect();
        Redactor::with(rules, memories)
    }

    fn with(rules: Arc<Rules>, memories: Vec<Memory>) -> Redactor {
        Redactor {
            memories,
            rules,
            plain: Plain::default(),
            returned_at: None,
            raw: VecDeque::new(),
            raw_at: 0,
            ready_at: 0,
            windows: [Window::default(), Window::default()],
            found: Vec::new(),
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
                let here = self.raw_at + self.raw.len() as u64;
                let [main, side] = &mut self.windows;
                match self.plain.step(*byte) {
                    Class::Text => main.push(*byte, here),
                    Class::Elsewhere => {
                        main.push(b'\r', self.returned_at.take().unwrap_or(here));
                        main.push(*byte, here);
                    }
                    Class::Border => main.push(b'\n', here),
                    Class::Side => side.push(*byte, here),
                    Class::SideBorder => side.push(b'\n', here),
                    Class::Return => self.returned_at = Some(here),
                    Class::Noise => {}
                }
                self.raw.push_back(*byte);
            }
            self.scan();
        }
    }

    /// What rules find in a text that stands by itself: for each byte the rule and the beginning of its secret.
    pub(super) fn look(&mut self, text: &[u8]) -> Vec<Option<(usize, u64)>> {
        self.begin(text);
        std::mem::take(&mut self.windows[0].cover)
    }

    /// The secrets of a text that stands by itself, those in its titles and links among them: each with its rule, in
    /// their order.
    pub(super) fn secrets(&mut self, text: &[u8]) -> Vec<(usize, Range<usize>)> {
        self.begin(text);
        let mut found: Vec<((usize, u64), Range<usize>)> = Vec::new();
        for window in &self.windows {
            for (cover, at) in window.cover.iter().zip(&window.at) {
                let (Some(cover), at) = (*cover, *at as usize) else {
                    continue;
                };
                match found.last_mut().filter(|(last, _)| *last == cover) {
                    Some((_, bytes)) => bytes.end = at + 1,
                    None => found.push((cover, at..at + 1)),
                }
            }
        }
        found.sort_by_key(|(_, bytes)| bytes.start);
        found
            .into_iter()
            .map(|((rule, _), bytes)| (rule, bytes))
            .collect()
    }

    /// Another text, of which nothing goes on from what came before.
    fn begin(&mut self, text: &[u8]) {
        let memories = std::mem::take(&mut self.memories);
        *self = Redactor::with(self.rules.clone(), memories);
        self.feed(text);
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
        for window in &mut self.windows {
            window.let_go(&self.rules, &mut self.found);
        }
        self.ready_at = self.raw_at + self.raw.len() as u64;
    }

    /// The stream is over: nothing that comes later belongs to it.
    pub fn finish(&mut self) {
        for window in &mut self.windows {
            window.finish(&mut self.found);
        }
        self.ready_at = self.raw_at + self.raw.len() as u64;
        self.plain = Plain::default();
        self.returned_at = None;
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
            let [main, side] = &mut self.windows;
            if !main.give(&self.rules, here, byte, out) && !side.give(&self.rules, here, byte, out) {
                out.push(byte);
            }
        }
        self.windows.iter_mut().for_each(Window::forget);
    }

    /// Secrets that are over since the last time.
    pub fn take_found(&mut self) -> Vec<Found> {
        std::mem::take(&mut self.found)
    }

    fn scan(&mut self) {
        let mut until = self.raw_at + self.raw.len() as u64;
        for window in &mut self.windows {
            let held = window.scan(&self.rules, &mut self.memories, &mut self.found);
            until = held.map_or(until, |held| until.min(held));
        }
        self.ready_at = self.ready_at.max(until);
    }
}

impl Window {
    fn push(&mut self, byte: u8, at: u64) {
        self.text.push(byte);
        self.at.push(at);
        self.cover.push(None);
    }

    /// Looks for secrets in what is new; gives the place in the stream from which on it must be held.
    fn scan(&mut self, rules: &Rules, memories: &mut [Memory], found: &mut Vec<Found>) -> Option<u64> {
        let len = self.text.len();
        let (mut at, mut rescan, mut hold) = (self.scanned, None, None::<usize>);
        self.open.clear();
        while at < len {
            let mut next = at + 1;
            let mut begins = rules.first[usize::from(self.text[at])];
            while begins != 0 {
                let rule = begins.trailing_zeros() as usize;
                begins &= begins - 1;
                let Some((candidate, open)) = self.examine(rules, memories, rule, at) else {
                    continue;
                };
                let covered = candidate.end.unwrap_or(candidate.secret_from);
                if let Some(end) = candidate.end {
                    self.cover(rule, candidate.secret_from, end);
                    next = next.max(end);
                }
                if open {
                    rescan.get_or_insert(at);
                    hold = Some(hold.map_or(covered, |hold| hold.min(covered)));
                    self.open.push(candidate);
                } else if let Some(end) = candidate.end {
                    self.tell(rule, candidate.secret_from, end, found);
                }
            }
            at = next;
        }
        self.scanned = rescan.unwrap_or(len);
        hold.and_then(|hold| self.at.get(hold)).copied()
    }

    /// What a rule makes of the text from `at` on, and whether that may change.
    fn examine(
        &self,
        rules: &Rules,
        memories: &mut [Memory],
        rule: usize,
        at: usize,
    ) -> Option<(Candidate, bool)> {
        let until = self.text.len().min(at + LONGEST);
        let text = &self.text[..until];
        let (it, memory) = (&rules.rules[rule], &mut memories[rule]);
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

    fn let_go(&mut self, rules: &Rules, found: &mut Vec<Found>) {
        for candidate in self.open.clone() {
            let from = candidate.secret_from.min(self.text.len());
            let is_number = self.text[from..].iter().all(u8::is_ascii_digit);
            let is_secret = match rules.rules[candidate.rule].guess {
                Guess::Secret => true,
                Guess::UnlessNumber => !is_number,
                Guess::Nothing => false,
            };
            // One that matched already is covered as far as it goes.
            if candidate.end.is_none() && is_secret && from < self.text.len() {
                self.cover(candidate.rule, from, self.text.len());
                self.tell(candidate.rule, from, self.text.len(), found);
            }
        }
    }

    fn finish(&mut self, found: &mut Vec<Found>) {
        for candidate in std::mem::take(&mut self.open) {
            if let Some(end) = candidate.end {
                self.tell(candidate.rule, candidate.secret_from, end, found);
            }
        }
        self.scanned = self.text.len();
    }

    fn cover(&mut self, rule: usize, from: usize, to: usize) {
        let secret_at = self.text_at + from as u64;
        for cover in &mut self.cover[from..to] {
            cover.get_or_insert((rule, secret_at));
        }
    }

    fn tell(&mut self, rule: usize, from: usize, to: usize, found: &mut Vec<Found>) {
        let key = (rule, self.text_at + from as u64);
        if !self.told.contains(&key) {
            self.told.push(key);
            let secret = self.text[from..to].to_vec();
            let len = String::from_utf8_lossy(&secret).chars().count();
            found.push(Found { rule, len, secret });
        }
    }

    /// Gives a byte of the stream, covered or not, if it is of this text.
    fn give(&mut self, rules: &Rules, here: u64, byte: u8, out: &mut Vec<u8>) -> bool {
        // A carriage return may have been taken before it turned out to be text.
        while self.at.get(self.untaken).is_some_and(|at| *at < here) {
            self.untaken += 1;
        }
        if self.at.get(self.untaken) != Some(&here) {
            return false;
        }
        let text = self.untaken;
        self.untaken += 1;
        match self.cover[text] {
            Some((rule, secret_at)) if self.text[text] == byte => {
                self.mask.cover(rules, rule, secret_at, &self.text[text..], out);
            }
            _ => out.push(byte),
        }
        true
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
