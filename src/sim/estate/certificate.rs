//! Certificates of ACM: one that renews itself, one whose owner has to answer a letter first, one that somebody imported.

use jiff::{SignedDuration, Timestamp};

use super::{Balancer, Site};
use crate::sim::fleet::TURN;

/// What certificates that ACM issues are good for, in days.
pub const LASTS: i64 = 198;

/// How ACM is shown that a name is the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    Dns,
    Email,
}

/// How its renewal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// ACM did not issue it.
    Never,
    Done,
    Awaits,
}

#[derive(Debug, Clone)]
pub struct Certificate {
    /// The end of its ARN.
    pub id: String,
    pub domain: String,
    pub validation: Validation,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    renewal: Renewal,
    /// Load balancers that use it.
    pub used_by: Vec<String>,
    /// When its owner was written to again in this run.
    pub asked_at: Option<Timestamp>,
}

impl Certificate {
    /// How its renewal stands: the owner answers a letter a while after it is sent.
    pub fn renewal(&self, now: Timestamp) -> Renewal {
        let is_answered = self.asked_at.is_some_and(|at| now.duration_since(at) >= TURN);
        match self.renewal {
            Renewal::Awaits if is_answered => Renewal::Done,
            as_it_was => as_it_was,
        }
    }

    /// From when and until when it is good; a renewed one from its renewal on.
    pub fn lifetime(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        match self.asked_at {
            Some(at) if self.renewal == Renewal::Awaits && self.renewal(now) == Renewal::Done => {
                (at, at + SignedDuration::from_hours(24 * LASTS))
            }
            _ => (self.not_before, self.not_after),
        }
    }

    pub fn arn(&self, region: &str, account: &str) -> String {
        format!("arn:aws:acm:{region}:{account}:certificate/{}", self.id)
    }
}

/// Those of a place with load balancers; in a region without one nobody needs any.
pub fn certificates(site: &Site<'_>, balancers: &[Balancer]) -> Vec<Certificate> {
    let mut dice = site.dice("certificate");
    let [first, rest @ ..] = balancers else {
        return Vec::new();
    };
    let kinds = [
        ("shop", Validation::Dns, Renewal::Done, 150),
        ("pay", Validation::Email, Renewal::Awaits, 12),
        ("partners", Validation::Dns, Renewal::Never, 31),
    ];
    let made = kinds.into_iter().map(|(name, validation, renewal, days_left)| {
        let hex = dice.hex(32);
        let not_after = site.today + SignedDuration::from_hours(24 * days_left);
        let user = if renewal == Renewal::Done {
            Some(first)
        } else {
            rest.first().or(Some(first))
        };
        Certificate {
            id: format!(
                "{}-{}-4{}-8{}-{}",
                &hex[..8],
                &hex[8..12],
                &hex[13..16],
                &hex[17..20],
                &hex[20..]
            ),
            domain: format!("{name}.larkfield.example"),
            validation,
            not_before: not_after - SignedDuration::from_hours(24 * LASTS),
            not_after,
            renewal,
            used_by: user.map(|one| one.name.clone()).into_iter().collect(),
            asked_at: None,
        }
    });
    made.collect()
}
