//! Whether the other side is there: pings, the deadline of their answers, and naps of this machine.

use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// A wall clock that ran this much further than the monotonic one means that the machine slept.
const NAP: Duration = Duration::from_secs(5);
/// Silence after traffic that is asked about before a ping is due: whoever was talking is likely to wait.
const LULL: Duration = Duration::from_secs(5);
/// A relay that has just answered lives, whatever else seems wrong: it is not asked again before this is over.
const CALM: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    Rest,
    Ping,
    Dead,
}

/// A ping that nobody answered yet.
struct Asked {
    at: Instant,
    until: Instant,
}

pub struct Pulse {
    every: Duration,
    within: Duration,
    soon: Duration,
    ping_at: Instant,
    asked: Option<Asked>,
    /// When the last ping was answered.
    answered_at: Option<Instant>,
    /// When the last message came, if no ping was sent since.
    fed_at: Option<Instant>,
    /// How long the next ping may stay unanswered, where there is doubt.
    doubted: Option<Duration>,
    woke: (Instant, SystemTime),
}

impl Pulse {
    /// A pulse whose first ping is due at once. An answer may take `within`, but only `soon` where there is doubt.
    pub fn new(every: Duration, within: Duration, soon: Duration, now: Instant) -> Self {
        Self {
            every,
            within,
            soon: soon.min(within),
            ping_at: now,
            asked: None,
            answered_at: None,
            fed_at: None,
            doubted: None,
            woke: (now, SystemTime::now()),
        }
    }

    /// Anything that arrives proves life.
    pub fn heard(&mut self, now: Instant) {
        if self.asked.take().is_some() {
            self.ping_at = now + self.every;
            self.answered_at = Some(now);
        }
    }

    /// A message came.
    pub fn fed(&mut self, now: Instant) {
        self.fed_at = Some(now);
    }

    /// We are not reading, so silence proves nothing.
    pub fn excuse(&mut self, now: Instant) {
        self.asked = None;
        self.fed_at = None;
        self.ping_at = now + self.every;
    }

    /// Something seems wrong: ask now, and wait no longer than `within`.
    pub fn hurry(&mut self, now: Instant, within: Duration) {
        let is_answered = self.answered_at.is_some_and(|at| now < at + CALM);
        if self.asked.is_some() || !is_answered {
            self.ask(now, within);
        }
    }

    /// The connection is probably dead: ask now, and do not wait long for the answer.
    pub fn doubt(&mut self, now: Instant) {
        self.ask(now, self.soon);
    }

    fn ask(&mut self, now: Instant, within: Duration) {
        match &mut self.asked {
            Some(asked) => asked.until = asked.until.min(now + within),
            None => {
                self.doubted = Some(self.doubted.map_or(within, |sooner| sooner.min(within)));
                self.ping_at = self.ping_at.min(now);
            }
        }
    }

    pub fn beat(&mut self, now: Instant, wall: SystemTime) -> Beat {
        let slept = wall
            .duration_since(self.woke.1)
            .unwrap_or_default()
            .saturating_sub(now - self.woke.0);
        self.woke = (now, wall);
        if slept > NAP {
            self.doubt(now);
        }
        match &self.asked {
            Some(asked) if now >= asked.until => Beat::Dead,
            None if now >= self.due_at() => {
                self.fed_at = None;
                let within = self.doubted.take().unwrap_or(self.within);
                self.asked = Some(Asked {
                    at: now,
                    until: now + within,
                });
                Beat::Ping
            }
            _ => Beat::Rest,
        }
    }

    /// When the ping that nobody answered was sent.
    pub fn waiting_since(&self) -> Option<Instant> {
        self.asked.as_ref().map(|asked| asked.at)
    }

    pub fn due_at(&self) -> Instant {
        match (&self.asked, self.fed_at) {
            (Some(asked), _) => asked.until,
            (None, Some(at)) => self.ping_at.min(at + LULL),
            (None, None) => self.ping_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn pulse(start: Instant) -> Pulse {
        Pulse::new(25 * S, 10 * S, 2 * S, start)
    }

    #[test]
    fn a_ping_that_nobody_answers_is_death_and_any_answer_is_life() {
        let (start, wall) = (Instant::now(), SystemTime::now());
        let mut pulse = pulse(start);
        assert_eq!(pulse.beat(start, wall), Beat::Ping);
        assert_eq!(pulse.beat(start + 9 * S, wall + 9 * S), Beat::Rest);
        pulse.heard(start + 9 * S);
        assert_eq!(pulse.due_at(), start + 34 * S);
        assert_eq!(pulse.beat(start + 34 * S, wall + 34 * S), Beat::Ping);
        assert_eq!(pulse.beat(start + 44 * S, wall + 44 * S), Beat::Dead);
    }

    #[test]
    fn after_a_nap_of_the_machine_it_asks_at_once_and_waits_briefly() {
        let (start, wall) = (Instant::now(), SystemTime::now());
        let mut pulse = pulse(start);
        pulse.beat(start, wall);
        pulse.heard(start);
        assert_eq!(pulse.beat(start + S, wall + S), Beat::Rest);
        let woke = wall + 3600 * S;
        assert_eq!(pulse.beat(start + 2 * S, woke), Beat::Ping);
        assert_eq!(pulse.beat(start + 3 * S, woke + S), Beat::Rest);
        assert_eq!(pulse.beat(start + 4 * S, woke + 2 * S), Beat::Dead);
    }

    #[test]
    fn a_hurry_asks_at_once_waits_briefly_and_does_not_ask_again_what_was_just_answered() {
        let (start, wall) = (Instant::now(), SystemTime::now());
        let mut pulse = pulse(start);
        pulse.beat(start, wall);
        pulse.heard(start);
        let at = |seconds: u32| (start + seconds * S, wall + seconds * S);
        let (now, then) = at(5);
        pulse.hurry(now, 3 * S);
        assert_eq!(pulse.beat(now, then), Beat::Ping);
        pulse.heard(now);
        pulse.hurry(now, 3 * S);
        assert_eq!(pulse.beat(now, then), Beat::Rest, "it has just answered");
        let (now, then) = at(8);
        pulse.hurry(now, 3 * S);
        assert_eq!(pulse.beat(now, then), Beat::Ping);
        // Called at every turn as long as the stall lasts: that must not push the deadline out.
        let (now, _) = at(10);
        pulse.hurry(now, 3 * S);
        let (now, then) = at(11);
        assert_eq!(pulse.beat(now, then), Beat::Dead);
    }

    #[test]
    fn silence_after_a_message_is_asked_about_before_the_next_ping_is_due() {
        let (start, wall) = (Instant::now(), SystemTime::now());
        let mut pulse = pulse(start);
        pulse.beat(start, wall);
        pulse.heard(start);
        pulse.fed(start + S);
        pulse.fed(start + 2 * S);
        assert_eq!(pulse.beat(start + 6 * S, wall + 6 * S), Beat::Rest);
        assert_eq!(pulse.beat(start + 7 * S, wall + 7 * S), Beat::Ping);
        pulse.heard(start + 7 * S);
        assert_eq!(
            pulse.due_at(),
            start + 32 * S,
            "an idle connection is asked seldom"
        );
    }

    #[test]
    fn a_doubt_shortens_the_wait_for_a_ping_that_is_under_way() {
        let (start, wall) = (Instant::now(), SystemTime::now());
        let mut pulse = pulse(start);
        pulse.beat(start, wall);
        pulse.doubt(start + S);
        assert_eq!(pulse.due_at(), start + 3 * S);
        pulse.heard(start + 2 * S);
        assert_eq!(pulse.beat(start + 3 * S, wall + 3 * S), Beat::Rest);
    }
}
