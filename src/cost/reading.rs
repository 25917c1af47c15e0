//! Slices off the shelf for the console: what is there is read for nothing, however old, and what is not has a price
//! that is told before anything is asked.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::breakdown::Question;
use super::dataset::Lens;
use super::desk::{Answer, Desk, Plan, Refresh, today};
use super::filter::Filter;
use super::period::Period;
use super::price::Price;
use super::slice::Slice;
use super::trouble::Trouble;

/// Months that Cost Explorer keeps by day, this one with them.
const MOST_MONTHS: i32 = 13;

impl Desk {
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// What has to be asked for because it is not here at all; `None` when everything is.
    pub fn lacks(&self, slice: &Slice, period: Period, now: Timestamp) -> Option<Plan> {
        let parts = slice.parts(period, today(now));
        let is_here = parts.into_iter().all(|part| self.shelf.has(slice, part));
        (!is_here).then(|| self.plan(slice, period, Refresh::Auto, now))
    }

    /// What asking again for all that can still change would cost; `None` where nothing can.
    pub fn price_of_refresh(&self, slice: &Slice, period: Period, now: Timestamp) -> Option<Price> {
        // Not at this very moment: what was just read for it is asked for again as well.
        let later = now.saturating_add(1.second()).unwrap_or(now);
        let plan = self.plan(slice, period, Refresh::Force, later);
        plan.told(self.left(now))
    }

    /// The first day of the earliest month from which on all are on the shelf, and `from` where that is earlier.
    pub fn reach(&self, slice: &Slice, from: Date, now: Timestamp) -> Date {
        if slice.tells_resources() {
            return from;
        }
        let this = today(now).first_of_month();
        let earliest = this.saturating_sub((MOST_MONTHS - 1).months());
        let mut reached = from.first_of_month();
        while reached > earliest {
            let before = Period::month_of(reached.yesterday().unwrap_or(Date::MIN));
            if !self.shelf.has(slice, before) {
                break;
            }
            reached = before.from;
        }
        reached.min(from)
    }

    /// The cells of a slice; of what cannot be asked for again the older ones, with the reason.
    pub async fn read_slice(
        &self,
        slice: &Slice,
        period: Period,
        refresh: Refresh,
        now: Timestamp,
        mut on_page: impl FnMut(u32) + Send,
    ) -> Result<Answer, Trouble> {
        // Nothing is summed here: the cube is what is wanted.
        let nothing = Question {
            period,
            by: Vec::new(),
            lens: Lens::Unblended,
            filter: Filter::default(),
        };
        self.answer_slice(slice, &nothing, refresh, now, &mut on_page)
            .await
    }
}
