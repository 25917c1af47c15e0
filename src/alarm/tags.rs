//! Tags of alarms, a call each. A program that asks once asks for those of all that burn; where they are asked for every
//! minute so many a time, until all are known, and then again those that were asked for longest ago.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::Alarm;

/// Calls that a refresh of a place may take for them.
const A_REFRESH: usize = 7;
/// The same where they are asked for once: some ten seconds in a place where everything burns.
const ONCE: usize = 400;

/// What the tags of alarms are known to be, by ARN, and how many more may be asked for at a time. Clones share it.
#[derive(Clone, Debug)]
pub struct Tags {
    most: usize,
    told: Arc<Mutex<HashMap<String, Told>>>,
}

#[derive(Debug)]
struct Told {
    asked_at: Timestamp,
    /// `None` where there was no answer.
    tags: Option<BTreeMap<String, String>>,
}

impl Tags {
    /// For a program that asks once.
    pub fn once() -> Tags {
        Tags::of(ONCE)
    }

    /// For one that asks again and again, and keeps this.
    pub fn refreshed() -> Tags {
        Tags::of(A_REFRESH)
    }

    /// For one to which they do not matter.
    pub fn none() -> Tags {
        Tags::of(0)
    }

    fn of(most: usize) -> Tags {
        Tags {
            most,
            told: Arc::default(),
        }
    }

    /// As far as they are known.
    pub fn known(&self, arn: &str) -> Option<BTreeMap<String, String>> {
        self.all().get(arn)?.tags.clone()
    }

    /// ARNs to ask for now, `spent` calls less than there are: those that never were, the youngest alarm first, then those
    /// that were longest ago.
    pub(super) fn wanted(&self, burning: &[Alarm], spent: usize) -> Vec<String> {
        let all = self.all();
        let asked_at = |alarm: &&Alarm| all.get(&alarm.arn).map(|told| told.asked_at);
        let mut burning: Vec<&Alarm> = burning.iter().collect();
        burning.sort_by_key(|alarm| (asked_at(alarm), Reverse(alarm.since)));
        let most = self.most.saturating_sub(spent);
        burning
            .into_iter()
            .take(most)
            .map(|alarm| alarm.arn.clone())
            .collect()
    }

    /// What a call answered. What is known stays where it answered nothing.
    pub(super) fn tell(&self, arn: String, tags: Option<BTreeMap<String, String>>) {
        let mut all = self.all();
        let known = all.remove(&arn).and_then(|told| told.tags);
        let told = Told {
            asked_at: Timestamp::now(),
            tags: tags.or(known),
        };
        all.insert(arn, told);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::alarm;
    use super::*;

    /// Twelve, the first the oldest.
    fn burning() -> Vec<Alarm> {
        let aged = |nth: i64| Alarm {
            since: Timestamp::from_second(nth).ok(),
            ..alarm(&format!("a{nth}"))
        };
        (0..12).map(aged).collect()
    }

    fn names(arns: &[String]) -> Vec<&str> {
        arns.iter().filter_map(|arn| arn.rsplit(':').next()).collect()
    }

    #[test]
    fn refresh_after_refresh_asks_for_those_that_were_not_asked_for_until_all_are_known() {
        let (tags, burning) = (Tags::refreshed(), burning());
        let first = tags.wanted(&burning, 1);
        assert_eq!(names(&first), ["a11", "a10", "a9", "a8", "a7", "a6"]);
        for arn in first {
            // A call that is not answered does not keep the others from their turn.
            let sev1 = [("severity".to_owned(), "1".to_owned())].into();
            tags.tell(arn.clone(), (!arn.ends_with("a9")).then_some(sev1));
        }
        let second = tags.wanted(&burning, 0);
        assert_eq!(names(&second), ["a5", "a4", "a3", "a2", "a1", "a0", "a11"]);
        for arn in second {
            tags.clone().tell(arn, None);
        }
        let unknown = burning.iter().filter(|alarm| tags.known(&alarm.arn).is_none());
        assert_eq!(unknown.count(), 7, "six had no answer, and a9");
        assert!(tags.known(&burning[11].arn).is_some(), "what is known stays");
        assert_eq!(names(&tags.wanted(&burning, 6)), ["a10"]);
    }

    #[test]
    fn a_program_that_asks_once_asks_for_all_that_burn() {
        assert_eq!(Tags::once().wanted(&burning(), 5).len(), 12);
        assert!(Tags::none().wanted(&burning(), 0).is_empty());
    }
}
