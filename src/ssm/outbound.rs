//! What we sent and the agent has not acknowledged: within a window, resent when late.
//!
//! A resend is the identical frame. The oldest message is resent when its time is up, and with it every other whose time
//! is up although a later one was answered. Nothing is ever dropped from here except by its acknowledgement.

use super::{
    frame::{INPUT, Message, Payload},
    trip::Trip,
    window::{Limits, Window},
};
use bytes::Bytes;
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// Frames resent at once.
const BURST: usize = 64;

struct Sent {
    sequence: u64,
    frame: Bytes,
    payload: usize,
    first_at: Instant,
    sent_at: Instant,
    resends: u32,
}

pub struct Outbound {
    next: u64,
    unacknowledged: VecDeque<Sent>,
    bytes: usize,
    trip: Trip,
    window: Window,
    /// When the latest message that is known to have arrived was sent.
    answered_at: Option<Instant>,
    /// When the latest answer came.
    heard_at: Option<Instant>,
    /// Present until the agent acknowledged a message of the user: it refuses a few right after it came up.
    first_resend: Option<Duration>,
    open_from: u64,
}

impl Outbound {
    pub fn new(limits: Limits, first_resend: Duration) -> Self {
        Self {
            next: 0,
            unacknowledged: VecDeque::new(),
            bytes: 0,
            trip: Trip::default(),
            window: Window::new(limits),
            answered_at: None,
            heard_at: None,
            first_resend: Some(first_resend),
            open_from: 0,
        }
    }

    /// Messages from here on are the user's.
    pub fn open(&mut self) {
        self.open_from = self.next;
    }

    pub fn has_room(&self) -> bool {
        self.window.has_room(self.unacknowledged.len(), self.bytes)
    }

    /// Bytes that the next message should carry.
    pub fn chunk(&self) -> usize {
        self.window.chunk()
    }

    pub fn len(&self) -> usize {
        self.unacknowledged.len()
    }

    pub fn trip(&self) -> &Trip {
        &self.trip
    }

    /// The frame to write now. `bytes` is what it carries for the user, before any encryption.
    pub fn push(&mut self, kind: Payload, payload: impl Into<Vec<u8>>, bytes: usize, now: Instant) -> Bytes {
        let frame = Bytes::from(Message::new(INPUT, self.next as i64, 0, kind, payload).encode());
        self.bytes += frame.len();
        self.unacknowledged.push_back(Sent {
            sequence: self.next,
            frame: frame.clone(),
            payload: bytes,
            first_at: now,
            sent_at: now,
            resends: 0,
        });
        self.next += 1;
        frame
    }

    /// Takes an acknowledgement; false if nothing waited for it.
    pub fn acknowledge(&mut self, sequence: u64, now: Instant) -> bool {
        let in_flight = self.unacknowledged.len();
        let found = self
            .unacknowledged
            .binary_search_by_key(&sequence, |sent| sent.sequence);
        let Some(sent) = found.ok().and_then(|at| self.unacknowledged.remove(at)) else {
            return false;
        };
        self.bytes -= sent.frame.len();
        self.heard_at = Some(now);
        if sent.resends == 0 {
            self.trip.sample(now - sent.sent_at);
            self.window.answered(sent.payload, in_flight, &self.trip, now);
        }
        self.answered_at = self.answered_at.max(Some(sent.first_at));
        if sequence >= self.open_from {
            self.first_resend = None;
        }
        true
    }

    /// When the oldest message must be sent again.
    pub fn due_at(&self) -> Option<Instant> {
        let oldest = self.unacknowledged.front()?;
        let wait = match self.first_resend {
            Some(early) if oldest.resends == 0 => early.min(self.trip.timeout(0)),
            Some(_) => self.trip.timeout(oldest.resends - 1),
            None => self.trip.timeout(oldest.resends),
        };
        Some(oldest.sent_at + wait)
    }

    /// The frames that are late: none until the oldest is.
    pub fn resend(&mut self, now: Instant) -> Vec<Bytes> {
        if self.due_at().is_none_or(|at| at > now) {
            return Vec::new();
        }
        let starting = self.first_resend.is_some();
        if !starting {
            self.window.lost(&self.trip, now);
        }
        let (trip, answered_at) = (self.trip, self.answered_at);
        let oldest_at = self.unacknowledged.front().map(|sent| sent.sent_at);
        if !starting && oldest_at > self.heard_at {
            // Nothing was answered since: the path is slow or gone, rather than this one message lost.
            self.trip.back_off();
        }
        let late = self.unacknowledged.iter_mut().enumerate().filter(|(nth, sent)| {
            let overtaken = answered_at.is_some_and(|at| sent.sent_at < at);
            *nth == 0 || (!starting && overtaken && sent.sent_at + trip.timeout(sent.resends) <= now)
        });
        late.take(BURST)
            .map(|(_, sent)| {
                sent.sent_at = now;
                sent.resends = sent.resends.saturating_add(1);
                sent.frame.clone()
            })
            .collect()
    }

    /// Everything unacknowledged again, in order, for a new connection.
    pub fn replay(&mut self, now: Instant) -> Vec<Bytes> {
        self.unacknowledged
            .iter_mut()
            .map(|sent| {
                sent.sent_at = now;
                sent.resends = 1;
                sent.frame.clone()
            })
            .collect()
    }

    /// When the oldest unacknowledged message was first sent.
    pub fn waiting_since(&self) -> Option<Instant> {
        Some(self.unacknowledged.front()?.first_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn outbound() -> Outbound {
        let limits = Limits {
            messages: (4, 8),
            bytes: 1 << 20,
            chunk: (1024, 1024),
        };
        Outbound::new(limits, 30 * MS)
    }

    fn push(outbound: &mut Outbound, now: Instant) -> Bytes {
        outbound.push(Payload::Output, b"x".to_vec(), 1, now)
    }

    #[test]
    fn the_first_resend_comes_early_until_the_agent_took_a_message_of_the_user() {
        let (mut out, start) = (outbound(), Instant::now());
        out.open();
        let first = push(&mut out, start);
        push(&mut out, start);
        assert!(out.resend(start + 29 * MS).is_empty());
        assert_eq!(out.resend(start + 30 * MS), [first]);
        assert_eq!(out.due_at(), Some(start + 230 * MS));
        assert!(out.acknowledge(0, start + 31 * MS));
        assert_eq!(out.due_at(), Some(start + 200 * MS));
    }

    #[test]
    fn without_a_later_answer_only_the_oldest_is_resent_and_answers_may_come_in_any_order() {
        let (mut out, start) = (outbound(), Instant::now());
        let frames: Vec<_> = (0..3).map(|_| push(&mut out, start)).collect();
        assert!(out.acknowledge(1, start + MS));
        assert!(!out.acknowledge(1, start + MS));
        assert!(!out.acknowledge(77, start + MS));
        assert_eq!(out.resend(start + 1000 * MS), [frames[0].clone()]);
        assert!(out.resend(start + 1000 * MS).is_empty());
        assert_eq!(
            out.replay(start + 1001 * MS),
            [frames[0].clone(), frames[2].clone()]
        );
    }

    #[test]
    fn the_window_limits_what_is_in_flight_and_widens_with_answers() {
        let (mut out, start) = (outbound(), Instant::now());
        for _ in 0..4 {
            assert!(out.has_room());
            push(&mut out, start);
        }
        assert!(!out.has_room());
        out.acknowledge(0, start + MS);
        push(&mut out, start);
        assert!(out.has_room(), "one answer widened the window to five");
    }

    #[test]
    fn what_was_overtaken_by_an_answered_message_is_resent_together_and_the_rest_waits() {
        let (mut out, start) = (outbound(), Instant::now());
        let frames: Vec<_> = (0..5).map(|n| push(&mut out, start + n * MS)).collect();
        out.acknowledge(3, start + 10 * MS);
        let late = out.resend(start + 400 * MS);
        assert_eq!(late, frames[..3], "the fifth may still be on its way");
        out.acknowledge(0, start + 401 * MS);
        out.acknowledge(1, start + 401 * MS);
        out.acknowledge(2, start + 401 * MS);
        assert_eq!(out.resend(start + 1500 * MS), [frames[4].clone()]);
    }
}
