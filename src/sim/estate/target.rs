//! The target group of a load balancer: its attributes, and how each target is.

use jiff::{SignedDuration, Timestamp};

use super::Balancer;
use crate::sim::fleet::{Instance, TURN};

pub const DELAY: &str = "deregistration_delay.timeout_seconds";

/// What a group has until somebody changes it. Larkfield's requests are short, and so is its delay.
const USUAL: [(&str, &str); 6] = [
    (DELAY, "10"),
    ("load_balancing.algorithm.type", "round_robin"),
    ("slow_start.duration_seconds", "0"),
    ("stickiness.enabled", "false"),
    ("stickiness.lb_cookie.duration_seconds", "86400"),
    ("stickiness.type", "lb_cookie"),
];

/// State, reason and description of a target's health.
pub type Health = (&'static str, Option<(&'static str, &'static str)>);

impl Balancer {
    /// Every attribute of its target group and its value.
    pub fn attributes(&self) -> Vec<(&'static str, String)> {
        let value = |(key, usual): (&'static str, &str)| {
            let changed = self.attributes.get(key).cloned();
            (key, changed.unwrap_or_else(|| usual.to_owned()))
        };
        USUAL.into_iter().map(value).collect()
    }

    /// Whether a deregistered target still has its requests.
    fn is_draining(&self, id: &str, now: Timestamp) -> bool {
        let delay = self.attributes().into_iter().find(|(key, _)| *key == DELAY);
        let seconds = delay.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
        let since = self.draining.get(id);
        since.is_some_and(|at| now.duration_since(*at) < SignedDuration::from_secs(seconds))
    }

    /// Registered ones, and those that are on their way out.
    pub fn members(&self, now: Timestamp) -> Vec<String> {
        let leaving = self.draining.keys().filter(|id| self.is_draining(id, now));
        self.targets.iter().chain(leaving).cloned().collect()
    }

    /// How a target is; `instance` is what is known of it.
    pub fn health(&self, id: &str, instance: Option<&Instance>, now: Timestamp) -> Health {
        if !self.targets.iter().any(|one| one == id) {
            return if self.is_draining(id, now) {
                let says = "Target deregistration is in progress";
                ("draining", Some(("Target.DeregistrationInProgress", says)))
            } else {
                let says = "Target is not registered to the target group";
                ("unused", Some(("Target.NotRegistered", says)))
            };
        }
        let is_new = self.joined.get(id);
        if is_new.is_some_and(|at| now.duration_since(*at) < TURN) {
            let says = "Target registration is in progress";
            return ("initial", Some(("Elb.RegistrationInProgress", says)));
        }
        match instance {
            Some(one) if !one.power.is_running(now) => {
                let says = "Target is in the stopped state";
                ("unused", Some(("Target.InvalidState", says)))
            }
            Some(one) if one.checks(now).1 != "ok" => {
                ("unhealthy", Some(("Target.Timeout", "Request timed out")))
            }
            _ => ("healthy", None),
        }
    }
}
