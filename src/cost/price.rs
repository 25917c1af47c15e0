//! What asking for something takes, and whether today's cap leaves that much: said before anything is paid, since a list
//! that is broken off half way is paid for and brings nothing.

use jiff::Timestamp;

use super::desk::{Desk, Plan};
use super::meter::Spent;
use super::period::Period;
use super::trouble::Trouble;

/// As people read it, and how many paid requests it is at least.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Price {
    pub says: String,
    pub requests: u32,
}

impl Price {
    pub fn new(says: impl Into<String>, requests: u32) -> Price {
        Price {
            says: says.into(),
            requests,
        }
    }

    /// Why it cannot be paid where so much is spent already; `asked` begins the sentence: `a refresh`.
    pub fn refused(&self, asked: &str, spent: Spent) -> Option<Trouble> {
        match spent.left() {
            _ if self.requests == 0 => None,
            0 => Some(Trouble::Cap(spent)),
            left if self.requests <= left => None,
            _ => Some(Trouble::Beyond {
                asked: asked.to_owned(),
                requests: self.requests,
                spent,
            }),
        }
    }
}

impl Plan {
    /// Its price where no more than so many requests are left; `None` where it asks for nothing.
    pub fn told(&self, left: u32) -> Option<Price> {
        (self.requests > 0).then(|| Price::new(self.price_within(left), self.requests))
    }

    /// Both as one.
    #[must_use]
    pub fn and(mut self, other: Plan) -> Plan {
        self.requests += other.requests;
        self.unknown += other.unknown;
        self.alike += other.alike;
        self.runs.extend(other.runs);
        self
    }
}

impl Desk {
    /// Refuses what today's cap leaves too little for; `asked` begins the sentence.
    ///
    /// # Errors
    /// That, or the meter cannot be read.
    pub fn afford(&self, asked: &str, requests: u32, now: Timestamp) -> Result<(), Trouble> {
        let price = Price::new("", requests);
        price.refused(asked, self.spent(now)?).map_or(Ok(()), Err)
    }

    /// The same of the lists of a period, which can be shortened.
    ///
    /// # Errors
    /// As [`Desk::afford`].
    pub(super) fn afford_list(&self, period: Period, requests: u32, now: Timestamp) -> Result<(), Trouble> {
        match self.afford("", requests, now) {
            Err(Trouble::Beyond { requests, spent, .. }) => Err(Trouble::Dear {
                period,
                requests,
                spent,
            }),
            afforded => afforded,
        }
    }

    /// Requests that are allowed today beside those that were paid for.
    pub(super) fn left(&self, now: Timestamp) -> u32 {
        self.spent(now).map_or(0, |spent| spent.left())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cap_leaves_too_little_for_is_refused_with_its_price_and_the_way_out() {
        let spent = |today| Spent {
            today,
            cap: 10,
            ..Spent::default()
        };
        let price = Price::new("about 4 requests ($0.04)", 4);
        assert_eq!(price.refused("a refresh", spent(6)), None);
        let refused = price.refused("a refresh", spent(7)).unwrap();
        assert_eq!(
            refused.to_string(),
            "a refresh takes about 4 requests ($0.04), and today's cap of $0.10 has $0.03 left after 7 paid requests"
        );
        let hint = refused.hint();
        assert!(hint.contains("00:00 UTC") && hint.contains("cap_per_day"));
        // What comes after it, or is longer than it seems, is not in it.
        assert!(
            hint.contains("cap_per_day = 0.12 or more under [costs]") && !hint.contains("suffices"),
            "{hint}"
        );
        assert_eq!(
            price.refused("a refresh", spent(10)),
            Some(Trouble::Cap(spent(10)))
        );
        assert_eq!(Price::new("nothing", 0).refused("a refresh", spent(10)), None);
    }
}
