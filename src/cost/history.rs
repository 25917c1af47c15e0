//! Thirteen months of costs by service and account, usage type and charge category, fetched before anybody asks: bands and
//! comparisons need them. A quarter at a time, the newest first, so that whoever stops it loses little; a month that is
//! final is never asked for again.

use jiff::{Timestamp, ToSpan};

use super::dataset::{Dataset, Dimension};
use super::desk::{Desk, MOST_PAGES, Plan, Refresh, priced, today};
use super::fetch::Fetch;
use super::period::Period;
use super::slice::Slice;
use super::trouble::Trouble;

/// Before the current month.
const MONTHS: i32 = 12;
/// Months that are one list of pages.
const AT_ONCE: i32 = 3;

/// What fetching brought.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    /// Paid requests.
    pub requests: u32,
    /// Why it is not all there; what came before is kept.
    pub stopped: Option<Trouble>,
}

impl Fetched {
    pub fn says(&self) -> String {
        match &self.stopped {
            None => format!(
                "thirteen months of costs are on this machine: {}",
                priced(self.requests)
            ),
            Some(Trouble::TooLong { .. }) => format!(
                "a part of thirteen months of costs is on this machine: {} are as many as one go may take; the next goes on",
                priced(self.requests)
            ),
            Some(why) => format!(
                "a part of thirteen months of costs is on this machine, after {}: {why}",
                priced(self.requests)
            ),
        }
    }
}

/// The pairs that headlines, drivers and bands are made of.
fn datasets() -> [Slice; 3] {
    [Dimension::Account, Dimension::UsageType, Dimension::Category].map(|second| {
        Slice::from(Dataset {
            first: Dimension::Service,
            second,
        })
    })
}

/// Quarters up to this month, the newest first.
fn quarters(now: Timestamp) -> Vec<Period> {
    let this = today(now).first_of_month();
    let first = this.saturating_sub(MONTHS.months());
    let mut to = Period::month_of(this).to;
    let mut all = Vec::new();
    while to > first {
        let from = to.saturating_sub(AT_ONCE.months()).max(first);
        all.push(Period { from, to });
        to = from;
    }
    all
}

impl Desk {
    /// What is not there yet, or can still change where that is asked for, and its price; at most [`MOST_PAGES`] requests are
    /// made in one go.
    pub fn plan_history(&self, refresh: Refresh, now: Timestamp) -> Plan {
        let mut whole = Plan::default();
        for quarter in quarters(now) {
            for slice in datasets() {
                let plan = self.plan(&slice, quarter, refresh, now);
                whole.requests += plan.requests;
                whole.unknown += plan.unknown;
                whole.alike += plan.alike;
                whole.runs.extend(plan.runs);
            }
        }
        whole
    }

    /// Fetches it; `on_page` hears the number of paid pages after each.
    pub async fn fetch_history(
        &self,
        refresh: Refresh,
        now: Timestamp,
        mut on_page: impl FnMut(u32) + Send,
    ) -> Fetched {
        let mut fetched = Fetched::default();
        for quarter in quarters(now) {
            for slice in datasets() {
                for run in self.plan(&slice, quarter, refresh, now).runs {
                    let mut fetch = Fetch {
                        desk: self,
                        slice: &slice,
                        now,
                        requests: &mut fetched.requests,
                        on_page: &mut on_page,
                    };
                    if let Err(why) = fetch.list(run).await {
                        fetched.stopped = Some(why);
                        return fetched;
                    }
                }
            }
        }
        fetched
    }
}

/// The most that one go costs, in words.
pub fn most() -> String {
    priced(MOST_PAGES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_are_thirteen_months_without_a_gap() {
        for now in [
            "2026-11-21T00:00:00Z",
            "2026-01-01T00:00:00Z",
            "2028-02-29T23:00:00Z",
        ] {
            let all = quarters(now.parse().unwrap());
            assert_eq!(all.len(), 5, "{all:?}");
            assert!(all.windows(2).all(|pair| pair[1].to == pair[0].from));
            let months: usize = all
                .iter()
                .map(|quarter| super::super::period::months(*quarter).len())
                .sum();
            assert_eq!(months, 13);
        }
    }
}
