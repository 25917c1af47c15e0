//! How many pages a list will have, from the rows that its months had before and how many of them went on a page.

use jiff::ToSpan;
use jiff::civil::Date;

use super::desk;
use super::period::{Period, months};
use super::shelf::Month;

/// Pages of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// About as many.
    Known(u32),
    /// As many where its pages hold as much as those of another list did.
    Like(u32),
    /// Nobody knows how much a page takes, but it takes what fitted on one: no more than about as many.
    Below(u32),
    Unknown,
}

impl Size {
    /// By what is kept of its months or of others; the months to come in it are taken to be like those.
    pub(super) fn of(run: Period, kept: &[(Period, Month)], today: Date) -> Size {
        let days =
            |month: Period, until: Date| Period::new(month.from, month.to.min(until)).map_or(0, Period::days);
        let (mut rows, mut known) = (0, 0);
        for (month, kept) in kept {
            let then = desk::today(kept.fetched_at).saturating_add(1.days());
            rows += kept.rows.len();
            known += days(*month, then);
        }
        if known == 0 {
            return Size::Unknown;
        }
        let wanted = days(run, today.saturating_add(1.days()));
        let rows = rows as f64 / f64::from(known) * f64::from(wanted);
        let lists_of = |page: u32| rows / f64::from(page.max(1));
        // How the list itself came the last time tells more than how others did.
        let own = kept.iter().filter(|(month, _)| run.contains(month.from));
        let own = own.max_by_key(|(_, month)| month.fetched_at);
        let own = own.and_then(|(_, month)| month.page_rows);
        let page = own.or_else(|| kept.iter().filter_map(|(_, month)| month.page_rows).max());
        if let Some(page) = page {
            let pages = lists_of(page).ceil().max(1.0) as u32;
            return match is_read_as_one(run, kept, today) {
                true => Size::Known(pages),
                false => Size::Like(pages),
            };
        }
        let rows_of = |month: &Month| {
            month
                .list_rows
                .max(u32::try_from(month.rows.len()).unwrap_or(u32::MAX))
        };
        let fitted = kept.iter().map(|(_, month)| rows_of(month)).max().unwrap_or(0);
        let below = lists_of(fitted).ceil().max(1.0) as u32;
        match below {
            // One more or less is what `about` says.
            0..=2 => Size::Known(1),
            _ => Size::Below(below),
        }
    }

    /// What a price says of it; `None` where that nobody knows.
    pub(super) fn told(self) -> Option<u32> {
        match self {
            Size::Known(pages) | Size::Like(pages) => Some(pages),
            Size::Below(_) | Size::Unknown => None,
        }
    }

    /// So many pages suffice, as far as can be said.
    pub(super) fn most(self) -> Option<u32> {
        match self {
            Size::Known(pages) | Size::Like(pages) | Size::Below(pages) => Some(pages),
            Size::Unknown => None,
        }
    }
}

/// Whether all months of a run came as one list the last time, and nothing else with them.
fn is_read_as_one(run: Period, kept: &[(Period, Month)], today: Date) -> bool {
    let own: Vec<&(Period, Month)> = kept
        .iter()
        .filter(|(month, _)| run.contains(month.from))
        .collect();
    let wanted = months(run)
        .into_iter()
        .filter(|month| month.from <= today)
        .count();
    let rows: usize = own.iter().map(|(_, month)| month.rows.len()).sum();
    let at = own.first().map(|(_, month)| (month.fetched_at, month.list_rows));
    own.len() == wanted
        && own
            .iter()
            .all(|(_, month)| Some((month.fetched_at, month.list_rows)) == at)
        && at.is_some_and(|(_, list)| usize::try_from(list) == Ok(rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::CostRow;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// A month with a row a day up to the day of its reading.
    fn kept(read: &str, days: u32, list_rows: u32, page_rows: Option<u32>) -> (Period, Month) {
        let row = CostRow {
            from: day(read),
            keys: Vec::new(),
            unblended: None,
            amortized: None,
            net_amortized: None,
            quantity: None,
            currency: None,
            estimated: false,
        };
        let month = Month {
            fetched_at: format!("{read}T12:00:00Z").parse().unwrap(),
            page_rows,
            list_rows,
            rows: vec![row; days as usize],
            account_names: Vec::new(),
        };
        (Period::month_of(day(read)), month)
    }

    fn year() -> Period {
        Period {
            from: day("2025-12-01"),
            to: day("2027-01-01"),
        }
    }

    #[test]
    fn what_fitted_on_one_page_tells_no_more_than_a_bound_of_what_does_not() {
        let today = day("2026-12-08");
        let two_days = [kept("2026-12-02", 2, 2, None)];
        assert_eq!(Size::of(year(), &two_days, today), Size::Below(187));
        assert_eq!(Size::of(year(), &two_days, today).told(), None);
        let month = [kept("2026-12-08", 8, 8, None)];
        assert_eq!(Size::of(month[0].0, &month, today), Size::Known(1));
        // Of a list of three months it is one of.
        let quarter = [kept("2026-12-08", 8, 69, None)];
        assert_eq!(Size::of(year(), &quarter, today), Size::Below(6));
        assert_eq!(Size::of(year(), &[], today), Size::Unknown);
    }

    #[test]
    fn pages_that_were_full_tell_about_how_many_there_are() {
        let full = [kept("2026-12-08", 8, 69, Some(50))];
        assert_eq!(Size::of(year(), &full, day("2026-12-08")), Size::Like(8));
    }

    #[test]
    fn a_list_is_as_long_as_it_was_itself_whatever_pages_others_came_in() {
        let months = [
            kept("2026-11-30", 30, 30, Some(50)),
            kept("2026-12-08", 8, 8, Some(2)),
        ];
        let december = months[1].0;
        assert_eq!(Size::of(december, &months, day("2026-12-08")), Size::Known(4));
        assert_eq!(Size::of(december, &months[..1], day("2026-12-08")), Size::Like(1));
        // A month that came with others says what fitted on a page of theirs.
        let with_others = [kept("2026-12-08", 8, 69, Some(2))];
        assert_eq!(Size::of(december, &with_others, day("2026-12-08")), Size::Like(4));
    }
}
