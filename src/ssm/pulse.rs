//! Whether the other side is there: pings, the deadline of their answers, and naps of this machine.

use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// A wall clock that ran this much further than the monotonic one means that the machine slept.
const NAP: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    Rest,
    Ping,
    Dead,
}

pub struct Pulse {
    every: Duration,
    within: Duration,
    ping_at: Instant,
    pinged_at: Option<Instant>,
    woke: (Instant, SystemTime),
}

impl Pulse {
    /// A pulse whose first ping is due at once.
    pub fn new(every: Duration, within: Duration, now: Instant) -> Self {
        Self {
            every,
            within,
            ping_at: now,
            pinged_at: None,
            woke: (now, SystemTime::now()),
        }
    }

    /// Anything that arrives proves life.
    pub fn heard(&mut self, now: Instant) {
        if self.pinged_at.take().is_some() {
            self.ping_at = now + self.every;
        }
    }

    /// We are not reading, so silence proves nothing.
    pub fn excuse(&mut self, now: Instant) {
        self.pinged_at = None;
        self.ping_at = now + self.every;
    }

    /// Something seems wrong: ask now.
    pub fn hurry(&mut self, now: Instant) {
        if self.pinged_at.is_none() {
            self.ping_at = self.ping_at.min(now);
        }
    }

    pub fn beat(&mut self, now: Instant, wall: SystemTime) -> Beat {
        let slept = wall
            .duration_since(self.woke.1)
            .unwrap_or_default()
            .saturating_sub(now - self.woke.0);
        self.woke = (now, wall);
        if slept > NAP {
            self.hurry(now);
        }
        match self.pinged_at {
            Some(at) if now >= at + self.within => Beat::Dead,
            None if now >= self.ping_at => {
                self.pinged_at = Some(now);
                Beat::Ping
            }
            _ => Beat::Rest,
        }
    }

    /// When the ping that nobody answered was sent.
    pub fn waiting_since(&self) -> Option<Instant> {
        self.pinged_at
    }

    pub fn due_at(&self) -> Instant {
        self.pinged_at.map_or(self.ping_at, |at| at + self.within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn a_ping_that_nobody_answers_is_death_and_any_answer_is_life() {
        let (start, wall) = (Instant::now(), SystemTime::now());
        let mut pulse = Pulse::new(25 * S, 10 * S, start);
        assert_eq!(pulse.beat(start, wall), Beat::Ping);
        assert_eq!(pulse.beat(start + 9 * S, wall + 9 * S), Beat::Rest);
        pulse.heard(start + 9 * S);
        assert_eq!(pulse.due_at(), start + 34 * S);
        assert_eq!(pulse.beat(start + 34 * S, wall + 34 * S), Beat::Ping);
        assert_eq!(pulse.beat(start + 44 * S, wall + 44 * S), Beat::Dead);
    }

    #[test]
    fn after_a_nap_of_the_machine_it_asks_at_once() {
        let (start, wall) = (Instant::now(), SystemTime::now());
        let mut pulse = Pulse::new(25 * S, 10 * S, start);
        pulse.beat(start, wall);
        pulse.heard(start);
        assert_eq!(pulse.beat(start + S, wall + S), Beat::Rest);
        assert_eq!(pulse.beat(start + 2 * S, wall + 3600 * S), Beat::Ping);
    }
}
