//! The reliable stream of one session, both directions, without clock or socket of its own.
//!
//! Outgoing: numbered messages stay until acknowledged; the oldest is sent again when its timeout has passed. Incoming:
//! messages wait for their predecessors; duplicates are acknowledged again and dropped. Memory is bounded.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::ssm::frame::{self, Message, Payload};

/// Messages and bytes that may wait for a predecessor.
const AHEAD_MESSAGES: usize = 100_000;
const AHEAD_BYTES: usize = 16 << 20;
const LONGEST_TIMEOUT: Duration = Duration::from_secs(1);
const GRANULARITY: Duration = Duration::from_millis(10);
const SYN: u64 = 1;

#[derive(Debug)]
struct Sent {
    sequence: i64,
    bytes: Bytes,
    at: Option<Instant>,
}

/// What to do with a message that has come in.
#[derive(Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Stored: acknowledge, then take what is in order.
    Stored,
    /// Known already: acknowledge again, nothing to take.
    Duplicate,
    /// No room: say nothing, the peer sends again.
    NoRoom,
}

#[derive(Debug)]
pub struct Stream {
    next: i64,
    unacked: VecDeque<Sent>,
    /// How many of `unacked` the present web socket has seen.
    flushed: usize,
    expected: i64,
    ahead: BTreeMap<i64, Message>,
    ahead_bytes: usize,
    round_trip: Duration,
    variation: Duration,
    timeout: Duration,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            next: 0,
            unacked: VecDeque::new(),
            flushed: 0,
            expected: 0,
            ahead: BTreeMap::new(),
            ahead_bytes: 0,
            round_trip: Duration::from_millis(100),
            variation: Duration::ZERO,
            timeout: Duration::from_millis(200),
        }
    }
}

impl Stream {
    /// Numbers a payload and queues it.
    pub fn push(&mut self, kind: Payload, payload: &[u8]) {
        let flags = if self.next == 0 { SYN } else { 0 };
        let message = Message::new(frame::OUTPUT, self.next, flags, kind, payload);
        self.unacked.push_back(Sent {
            sequence: self.next,
            bytes: message.encode().into(),
            at: None,
        });
        self.next += 1;
    }

    /// The next message that the present web socket has not seen.
    pub fn take_unsent(&mut self, now: Instant) -> Option<Bytes> {
        let sent = self.unacked.get_mut(self.flushed)?;
        self.flushed += 1;
        sent.at = Some(now);
        Some(sent.bytes.clone())
    }

    /// The oldest message, if it was sent longer ago than the timeout.
    pub fn take_overdue(&mut self, now: Instant) -> Option<Bytes> {
        let timeout = self.timeout;
        let oldest = self.unacked.front_mut()?;
        let sent_at = oldest.at?;
        if self.flushed == 0 || now.duration_since(sent_at) <= timeout {
            return None;
        }
        oldest.at = Some(now);
        Some(oldest.bytes.clone())
    }

    /// The peer has a message. Retransmitted ones are measured too; unknown numbers are ignored.
    pub fn acknowledged(&mut self, sequence: i64, now: Instant) {
        let Ok(index) = self.unacked.binary_search_by_key(&sequence, |sent| sent.sequence) else {
            return;
        };
        let Some(sent) = self.unacked.remove(index) else {
            return;
        };
        if index < self.flushed {
            self.flushed -= 1;
        }
        if let Some(at) = sent.at {
            let sample = now.duration_since(at);
            let off = self.round_trip.abs_diff(sample);
            self.variation = self.variation.mul_f64(0.75) + off.mul_f64(0.25);
            self.round_trip = self.round_trip.mul_f64(0.875) + sample.mul_f64(0.125);
            self.timeout = LONGEST_TIMEOUT.min(self.round_trip + GRANULARITY.max(self.variation * 4));
        }
    }

    /// A new web socket has seen nothing of what is not acknowledged.
    pub fn reattach(&mut self) {
        self.flushed = 0;
    }

    /// Messages that are not acknowledged.
    pub fn backlog(&self) -> usize {
        self.unacked.len()
    }

    pub fn expects(&self, sequence: i64) -> bool {
        self.expected == sequence
    }

    pub fn receive(&mut self, message: Message) -> Receipt {
        let sequence = message.sequence;
        if sequence < self.expected || self.ahead.contains_key(&sequence) {
            return Receipt::Duplicate;
        }
        let full =
            self.ahead.len() >= AHEAD_MESSAGES || self.ahead_bytes + message.payload.len() > AHEAD_BYTES;
        if full && sequence != self.expected {
            return Receipt::NoRoom;
        }
        self.ahead_bytes += message.payload.len();
        self.ahead.insert(sequence, message);
        Receipt::Stored
    }

    pub fn has_next(&self) -> bool {
        self.ahead.contains_key(&self.expected)
    }

    /// The next message in order, if it is here.
    pub fn take_next(&mut self) -> Option<Message> {
        let message = self.ahead.remove(&self.expected)?;
        self.ahead_bytes -= message.payload.len();
        self.expected += 1;
        Some(message)
    }

    /// Forgets everything that is held.
    pub fn clear(&mut self) {
        self.unacked = VecDeque::new();
        self.flushed = 0;
        self.ahead.clear();
        self.ahead_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn input(sequence: i64) -> Message {
        Message::new(frame::INPUT, sequence, 0, Payload::Output, vec![sequence as u8])
    }

    #[test]
    fn only_the_oldest_is_sent_again_and_only_after_its_timeout() {
        let start = Instant::now();
        let mut stream = Stream::default();
        stream.push(Payload::Output, b"a");
        stream.push(Payload::Output, b"b");
        let first = stream.take_unsent(start).unwrap();
        assert!(stream.take_unsent(start).is_some() && stream.take_unsent(start).is_none());
        assert_eq!(stream.take_overdue(start + Duration::from_millis(150)), None);
        let later = start + Duration::from_millis(250);
        assert_eq!(stream.take_overdue(later), Some(first), "identical bytes");
        assert_eq!(stream.take_overdue(later), None, "the new sending counts");
        stream.acknowledged(0, later);
        stream.acknowledged(0, later);
        stream.acknowledged(77, later);
        assert_eq!(stream.backlog(), 1);
    }

    #[test]
    fn a_new_web_socket_is_given_what_was_not_acknowledged() {
        let now = Instant::now();
        let mut stream = Stream::default();
        for text in [b"a", b"b", b"c"] {
            stream.push(Payload::Output, text);
            stream.take_unsent(now);
        }
        stream.acknowledged(1, now);
        stream.reattach();
        let again: Vec<i64> = std::iter::from_fn(|| stream.take_unsent(now))
            .map(|bytes| Message::decode(&bytes).unwrap().sequence)
            .collect();
        assert_eq!(again, [0, 2]);
    }

    #[test]
    fn the_first_message_alone_carries_syn() {
        let mut stream = Stream::default();
        stream.push(Payload::Output, b"a");
        stream.push(Payload::Output, b"b");
        let flags: Vec<u64> = std::iter::from_fn(|| stream.take_unsent(Instant::now()))
            .map(|bytes| Message::decode(&bytes).unwrap().flags)
            .collect();
        assert_eq!(flags, [1, 0]);
    }

    #[test]
    fn a_flood_far_ahead_is_refused_while_the_expected_one_is_taken() {
        let mut stream = Stream::default();
        let mut big = input(1);
        big.payload = vec![0; AHEAD_BYTES];
        assert_eq!(stream.receive(big), Receipt::Stored);
        assert_eq!(stream.receive(input(2)), Receipt::NoRoom);
        assert_eq!(stream.receive(input(0)), Receipt::Stored);
        assert_eq!(stream.receive(input(-5)), Receipt::Duplicate);
    }

    proptest! {
        #[test]
        fn any_order_with_duplicates_comes_out_once_and_in_order(order in prop::collection::vec(0i64..20, 0..200)) {
            let mut stream = Stream::default();
            let mut out = Vec::new();
            for sequence in order.into_iter().chain(0..20) {
                stream.receive(input(sequence));
                out.extend(std::iter::from_fn(|| stream.take_next()).map(|message| message.sequence));
            }
            prop_assert_eq!(out, (0..20).collect::<Vec<_>>());
        }
    }
}
