//! What we sent and the agent has not acknowledged: a window that grows with each answer, the oldest resent when late.
//!
//! A resend is the identical frame. Nothing is ever dropped from here except by its acknowledgement.

use super::{
    frame::{INPUT, Message, Payload},
    trip::Trip,
};
use bytes::Bytes;
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// The window never shrinks below this many messages.
const NARROWEST: usize = 16;

struct Sent {
    sequence: u64,
    frame: Bytes,
    first_at: Instant,
    sent_at: Instant,
    resends: u32,
}

pub struct Outbound {
    next: u64,
    unacknowledged: VecDeque<Sent>,
    trip: Trip,
    window: usize,
    widest: usize,
    /// Present until the agent acknowledged a message of the user: it refuses a few right after it came up.
    first_resend: Option<Duration>,
    open_from: u64,
}

impl Outbound {
    pub fn new(window: (usize, usize), first_resend: Duration) -> Self {
        Self {
            next: 0,
            unacknowledged: VecDeque::new(),
            trip: Trip::default(),
            window: window.0.max(1),
            widest: window.1.max(1),
            first_resend: Some(first_resend),
            open_from: 0,
        }
    }

    /// Messages from here on are the user's.
    pub fn open(&mut self) {
        self.open_from = self.next;
    }

    pub fn has_room(&self) -> bool {
        self.unacknowledged.len() < self.window
    }

    pub fn len(&self) -> usize {
        self.unacknowledged.len()
    }

    pub fn trip(&self) -> &Trip {
        &self.trip
    }

    /// The frame to write now.
    pub fn push(&mut self, kind: Payload, payload: impl Into<Vec<u8>>, now: Instant) -> Bytes {
        let frame = Bytes::from(Message::new(INPUT, self.next as i64, 0, kind, payload).encode());
        self.unacknowledged.push_back(Sent {
            sequence: self.next,
            frame: frame.clone(),
            first_at: now,
            sent_at: now,
            resends: 0,
        });
        self.next += 1;
        frame
    }

    /// Takes an acknowledgement; false if nothing waited for it.
    pub fn acknowledge(&mut self, sequence: u64, now: Instant) -> bool {
        let found = self
            .unacknowledged
            .binary_search_by_key(&sequence, |sent| sent.sequence);
        let Some(sent) = found.ok().and_then(|at| self.unacknowledged.remove(at)) else {
            return false;
        };
        if sent.resends == 0 {
            self.trip.sample(now - sent.sent_at);
        }
        if sequence >= self.open_from {
            self.first_resend = None;
        }
        self.window = self.widest.min(self.window + 1);
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

    /// The oldest frame again, if it is late.
    pub fn resend(&mut self, now: Instant) -> Option<Bytes> {
        if self.due_at()? > now {
            return None;
        }
        if self.first_resend.is_none() {
            self.window = NARROWEST.min(self.widest).max(self.window / 2);
        }
        let oldest = self.unacknowledged.front_mut()?;
        oldest.sent_at = now;
        oldest.resends = oldest.resends.saturating_add(1);
        Some(oldest.frame.clone())
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
        Outbound::new((4, 8), 30 * MS)
    }

    fn push(outbound: &mut Outbound, now: Instant) -> Bytes {
        outbound.push(Payload::Output, b"x".to_vec(), now)
    }

    #[test]
    fn the_first_resend_comes_early_until_the_agent_took_a_message_of_the_user() {
        let (mut out, start) = (outbound(), Instant::now());
        out.open();
        let first = push(&mut out, start);
        push(&mut out, start);
        assert_eq!(out.resend(start + 29 * MS), None);
        assert_eq!(out.resend(start + 30 * MS), Some(first));
        assert_eq!(out.due_at(), Some(start + 230 * MS));
        assert!(out.acknowledge(0, start + 31 * MS));
        assert_eq!(out.due_at(), Some(start + 200 * MS));
    }

    #[test]
    fn only_the_oldest_is_resent_and_acknowledgements_may_come_in_any_order() {
        let (mut out, start) = (outbound(), Instant::now());
        let frames: Vec<_> = (0..3).map(|_| push(&mut out, start)).collect();
        assert!(out.acknowledge(1, start + MS));
        assert!(!out.acknowledge(1, start + MS));
        assert!(!out.acknowledge(77, start + MS));
        assert_eq!(out.resend(start + 1000 * MS), Some(frames[0].clone()));
        assert_eq!(out.resend(start + 1000 * MS), None);
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
}
