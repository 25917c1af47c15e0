//! How an instance is: EC2's status checks, maintenance that awaits it, and its CPU credits.

use jiff::{SignedDuration, Timestamp};

use super::{Instance, Size, TURN};
use crate::sim::dice::Dice;

/// Maintenance that EC2 has announced for an instance.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

impl Event {
    /// A few instances of a fleet have one.
    pub fn thrown(seed: u64, instance: &str, today: Timestamp) -> Option<Event> {
        let mut dice = Dice::new(seed, &format!("event/{instance}"));
        if dice.below(25) > 0 {
            return None;
        }
        let not_before = today + SignedDuration::from_hours(24 * 9 + 3);
        Some(Event {
            id: format!("instance-event-0{}", dice.hex(16)),
            not_before,
            not_after: not_before + SignedDuration::from_hours(2),
        })
    }
}

/// Whether the kernel of a machine whose agent is lost is lost too.
pub fn hangs(seed: u64, instance: &str) -> bool {
    Dice::new(seed, &format!("hung/{instance}")).below(2) == 0
}

impl Size {
    /// Whether it runs on CPU credits.
    pub fn is_burstable(&self) -> bool {
        self.family().starts_with('t')
    }

    /// The credit option that a new instance has.
    pub fn credits(&self) -> Option<&'static str> {
        let option = if self.family() == "t2" {
            "standard"
        } else {
            "unlimited"
        };
        self.is_burstable().then_some(option)
    }
}

impl Instance {
    /// It comes up: what hung is gone, and its agent starts with it.
    pub fn boot(&mut self, now: Timestamp) {
        self.booted_at = Some(now);
        self.hung_since = None;
        if let Some(agent) = &mut self.agent {
            agent.online = true;
        }
    }

    /// The words of the system's and the instance's status check.
    pub fn checks(&self, now: Timestamp) -> (&'static str, &'static str) {
        let is_young = self.booted_at.is_some_and(|at| now.duration_since(at) < TURN * 2);
        match self.power.is_running(now) {
            false => ("not-applicable", "not-applicable"),
            true if is_young => ("initializing", "initializing"),
            true if self.hung_since.is_some() => ("ok", "impaired"),
            true => ("ok", "ok"),
        }
    }
}
