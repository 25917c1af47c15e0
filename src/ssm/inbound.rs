//! Order out of what arrives: duplicates dropped, early messages kept within bounds, the rest delivered in sequence.

use super::frame::Message;
use std::collections::BTreeMap;

/// Bytes that early messages may hold: an agent's own buffer of 100,000 messages of a kilobyte, and some more.
const AHEAD_BYTES: usize = 128 << 20;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It, and perhaps what waited for it, is delivered.
    Delivered,
    /// Kept until the missing ones before it arrive.
    Kept,
    Duplicate,
    /// Too far ahead, or the buffer is full: the agent must send it again.
    Refused,
}

impl Fate {
    /// Whether the agent is told that the message arrived.
    pub fn acknowledged(self) -> bool {
        self != Fate::Refused
    }
}

pub struct Inbound {
    next: u64,
    ahead: BTreeMap<u64, Message>,
    ahead_bytes: usize,
    furthest: u64,
}

impl Inbound {
    pub fn new(furthest: u64) -> Self {
        Self {
            next: 0,
            ahead: BTreeMap::new(),
            ahead_bytes: 0,
            furthest,
        }
    }

    /// The sequence number expected next.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Takes one message and appends to `ready` what may be delivered now.
    pub fn take(&mut self, message: Message, ready: &mut Vec<Message>) -> Fate {
        let Ok(sequence) = u64::try_from(message.sequence) else {
            return Fate::Refused;
        };
        if sequence < self.next || self.ahead.contains_key(&sequence) {
            return Fate::Duplicate;
        }
        if sequence > self.next {
            let bytes = self.ahead_bytes + message.payload.len();
            if sequence - self.next > self.furthest || bytes > AHEAD_BYTES {
                return Fate::Refused;
            }
            self.ahead_bytes = bytes;
            self.ahead.insert(sequence, message);
            return Fate::Kept;
        }
        ready.push(message);
        self.next += 1;
        while let Some(message) = self.ahead.remove(&self.next) {
            self.ahead_bytes -= message.payload.len();
            self.next += 1;
            ready.push(message);
        }
        Fate::Delivered
    }

    /// At the end of a session: the next kept message with the hole before it.
    pub fn skip(&mut self) -> Option<(std::ops::Range<u64>, Message)> {
        let (sequence, message) = self.ahead.pop_first()?;
        self.ahead_bytes -= message.payload.len();
        let hole = self.next..sequence;
        self.next = sequence + 1;
        Some((hole, message))
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::{OUTPUT, Payload};
    use super::*;
    use proptest::prelude::*;

    fn message(sequence: i64) -> Message {
        Message::new(OUTPUT, sequence, 0, Payload::Output, b"x".to_vec())
    }

    #[test]
    fn what_is_too_far_ahead_or_negative_is_not_taken() {
        let mut inbound = Inbound::new(10);
        let mut ready = Vec::new();
        for sequence in [11, i64::MAX, -1, i64::MIN] {
            assert_eq!(inbound.take(message(sequence), &mut ready), Fate::Refused);
        }
        assert_eq!(inbound.take(message(10), &mut ready), Fate::Kept);
        assert_eq!(inbound.take(message(10), &mut ready), Fate::Duplicate);
        assert!(ready.is_empty());
    }

    #[test]
    fn at_the_end_what_was_kept_comes_out_with_its_holes() {
        let mut inbound = Inbound::new(10);
        let mut ready = Vec::new();
        for sequence in [2, 3, 6] {
            inbound.take(message(sequence), &mut ready);
        }
        let holes: Vec<_> = std::iter::from_fn(|| inbound.skip().map(|(hole, _)| hole)).collect();
        assert_eq!(holes, [0..2, 3..3, 4..6]);
    }

    proptest! {
        #[test]
        fn any_order_with_repeats_is_delivered_once_and_in_order(
            order in Just((0..60i64).collect::<Vec<_>>()).prop_shuffle(),
            repeats in proptest::collection::vec(0..60i64, 0..60),
        ) {
            let mut inbound = Inbound::new(100);
            let mut ready = Vec::new();
            for pair in order.iter().zip(repeats.iter().chain(std::iter::repeat(&0))) {
                inbound.take(message(*pair.0), &mut ready);
                if inbound.next() > *pair.1 as u64 {
                    prop_assert_eq!(inbound.take(message(*pair.1), &mut ready), Fate::Duplicate);
                }
            }
            let got: Vec<i64> = ready.iter().map(|message| message.sequence).collect();
            prop_assert_eq!(got, (0..60).collect::<Vec<_>>());
        }
    }
}
