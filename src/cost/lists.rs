//! Into how many lists a run of months is taken apart: one, where its pages are known to suffice or are too few to matter,
//! else the newest months by themselves, since a list that is broken off half way is paid for and brings nothing.

use jiff::Timestamp;

use super::desk::{Desk, MOST_PAGES, today};
use super::period::{Period, months};
use super::shelf::Month;
use super::size::Size;
use super::slice::Slice;
use super::trouble::Trouble;

/// Months of which nobody knows how many pages they are that are asked for at once.
const AT_ONCE: usize = 3;

impl Desk {
    /// The list that a run is read on with, after so many requests for the same answer: all that is left of it, or its newest
    /// months.
    ///
    /// # Errors
    /// Today's cap leaves too little for the run; or one go does, and then for its newest month.
    pub(super) fn next_list(
        &self,
        slice: &Slice,
        run: Period,
        now: Timestamp,
        requests: u32,
    ) -> Result<Period, Trouble> {
        // Fewer pages are what somebody allowed for all of it: half of that is no answer.
        if slice.tells_resources() || self.page_budget < MOST_PAGES {
            return Ok(run);
        }
        let left = self.page_budget.saturating_sub(requests);
        let size = self.size(slice, run, now);
        if let Some(pages) = size.told() {
            self.afford_list(run, pages, now)?;
        }
        match size.most() {
            Some(pages) if pages <= left.min(self.left(now)) => Ok(run),
            _ if size.told().is_some() => self.newest_month(slice, run, now, left),
            // A list of one value is short, as are few months.
            _ if !slice.limits().is_empty() || months(run).len() <= AT_ONCE => Ok(run),
            // What fitted on a page takes more months than one nobody knows anything of.
            Some(_) => Ok(newest(run, AT_ONCE)),
            None => Ok(newest(run, 1)),
        }
    }

    /// The newest month of a run that is more than one go may take.
    fn newest_month(&self, slice: &Slice, run: Period, now: Timestamp, left: u32) -> Result<Period, Trouble> {
        let month = newest(run, 1);
        match self.size(slice, month, now).told() {
            Some(pages) if pages > self.page_budget => Err(Trouble::TooLong {
                period: month,
                pages: self.page_budget,
            }),
            Some(pages) if pages > left => Err(Trouble::Unfinished {
                period: run,
                requests: self.size(slice, run, now).told().unwrap_or(pages),
                pages: self.page_budget,
            }),
            _ => Ok(month),
        }
    }

    /// The pages of a run, by all that is kept of it and of the months after it.
    fn size(&self, slice: &Slice, run: Period, now: Timestamp) -> Size {
        let until = Period::month_of(today(now)).to.max(run.to);
        let all = months(Period {
            from: run.from,
            to: until,
        });
        let kept = all
            .into_iter()
            .filter_map(|month| Some((month, self.shelf.month(slice, month)?)));
        let kept: Vec<(Period, Month)> = kept.collect();
        Size::of(run, &kept, today(now))
    }
}

/// The last months of a run.
fn newest(run: Period, count: usize) -> Period {
    let months = months(run);
    let first = months.get(months.len().saturating_sub(count));
    Period {
        from: first.map_or(run.from, |month| month.from.max(run.from)),
        to: run.to,
    }
}
