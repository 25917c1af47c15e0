//! A node that is over and whose output could not be had yet: it is asked for again, with growing pauses, for a while.

use std::time::Duration;

use tokio::time::Instant;

use super::Outcome;
use crate::aws::{InvocationRow, Why};

/// Times that it is asked for; each was tried several times already.
const ASKED: u32 = 12;
/// The pauses between: first and longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

pub struct Owed {
    pub row: InvocationRow,
    asked: u32,
    pause: Duration,
    due_at: Instant,
}

/// What is told of a node that is over.
pub struct Heard {
    pub outcome: Outcome,
    /// Why output is missing in it, if any is.
    pub missed: Option<Why>,
}

impl Owed {
    /// One that has just ended.
    pub fn new(row: InvocationRow) -> Owed {
        Owed {
            row,
            asked: 0,
            pause: PAUSE.0,
            due_at: Instant::now(),
        }
    }

    pub fn is_due(&self) -> bool {
        self.due_at <= Instant::now()
    }

    /// How long it is asked for where it never comes, the pauses alone.
    pub fn asked_for() -> Duration {
        let pauses = std::iter::successors(Some(PAUSE.0), |pause| Some((*pause * 2).min(PAUSE.1)));
        pauses.take(ASKED as usize - 1).sum()
    }

    /// It was asked for and something is missing: it again, if it is worth waiting for.
    pub fn again(mut self, missed: Why) -> Option<Owed> {
        self.asked += 1;
        self.due_at = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(PAUSE.1);
        let may_come = !matches!(missed, Why::Denied | Why::Unsupported);
        (may_come && self.asked < ASKED).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owed() -> Owed {
        Owed::new(InvocationRow {
            node: "i-1".into(),
            name: String::new(),
            status: "Success".into(),
            is_over: true,
        })
    }

    #[test]
    fn what_aws_is_too_busy_to_tell_is_asked_for_a_while_and_what_it_refuses_is_not() {
        assert!(owed().is_due());
        let mut now = owed();
        for _ in 1..ASKED {
            now = now.again(Why::Throttled).unwrap();
            assert!(!now.is_due());
        }
        assert_eq!(now.pause, PAUSE.1);
        // A quarter of a second, a half, one, two, four, and five seconds from then on.
        assert_eq!(Owed::asked_for(), Duration::from_millis(7_750 + 6 * 5_000));
        assert!(now.again(Why::Throttled).is_none());
        assert!(owed().again(Why::Denied).is_none());
    }
}
