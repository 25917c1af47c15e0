//! Answers questions about one profile's costs: from the shelf while that is fresh, else from Cost
//! Explorer page by page through the meter. When asking fails, older answers come with the reason;
//! when there are none, the reason is the answer. Nothing is ever filled with zeros.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::breakdown::{Breakdown, Question};
use super::cube::Cube;
use super::fetch::Fetch;
use super::meter::{CENTS_PER_REQUEST, Count, Meter, Spent};
use super::owner::Owner;
use super::period::Period;
use super::shelf::{Month, Shelf, is_fresh};
use super::size::Size;
use super::slice::Slice;
pub use super::trouble::Trouble;
use crate::aws::{Cloud, Failure, Unanswered};

/// When to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// Only what is absent or older than eight hours.
    Auto,
    /// Everything that can still change, however young.
    Force,
    /// Nothing: the shelf or an error.
    Never,
}

/// What would be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Whole months, each run one list of pages.
    pub runs: Vec<Period>,
    /// Pages by what came before; where nothing is known, one for each run. About what it costs in cents.
    pub requests: u32,
    /// Runs whose size is unknown: their pages are at least one and at most [`MOST_PAGES`].
    pub unknown: u32,
    /// Runs whose pages are told by those of other lists.
    pub alike: u32,
}

impl Plan {
    /// So many requests suffice, as far as sizes are known.
    pub fn most(&self) -> u32 {
        self.requests + self.unknown * (MOST_PAGES - 1)
    }

    /// The price in words: exact as far as sizes are known.
    pub fn price(&self) -> String {
        self.price_within(u32::MAX)
    }

    /// The price where no more than so many requests are allowed.
    pub fn price_within(&self, allowed: u32) -> String {
        let least = u32::try_from(self.runs.len()).unwrap_or(u32::MAX);
        match (self.unknown, self.alike) {
            (0, 1..) if self.requests > least => {
                let about = priced(self.requests);
                return format!("about {about}, more where pages hold less than those that came before");
            }
            (0, _) => return format!("about {}", priced(self.requests)),
            _ => {}
        }
        match self.most().min(allowed) {
            most if most > self.requests => {
                let known = match self.requests - self.unknown {
                    0 => String::new(),
                    known => format!("{} and ", priced(known)),
                };
                let pages = format!("{known}an unknown number of pages, at most {}", priced(most));
                match most < self.most().min(MOST_PAGES) {
                    true => format!("{pages}, which is all that is allowed and may be too little"),
                    false => pages,
                }
            }
            _ if allowed == 0 => format!("{} or more, and nothing is left for it", priced(self.requests)),
            _ => format!(
                "{} or more, and no more is allowed: it may be too little",
                priced(self.requests)
            ),
        }
    }
}

/// Requests and their price as people write them: `3 requests ($0.03)`.
pub fn priced(requests: u32) -> String {
    let plural = if requests == 1 { "" } else { "s" };
    format!(
        "{requests} request{plural} ({})",
        dollars(requests * CENTS_PER_REQUEST)
    )
}

/// Cents as people write them.
pub fn dollars(cents: u32) -> String {
    format!("${}.{:02}", cents / 100, cents % 100)
}

/// The page budget of one answer: what a cold start may cost at most.
pub const MOST_PAGES: u32 = 100;
/// Months before the current one that Cost Explorer keeps by day.
const HISTORY_MONTHS: i32 = 13;

/// What a question brought.
#[derive(Clone, Debug)]
pub struct Answer {
    /// One for each currency.
    pub breakdowns: Vec<Breakdown>,
    pub cube: Cube,
    /// When the oldest part that can still change was read.
    pub fetched_at: Timestamp,
    /// The first day that was not over when the last days were read; today at the latest.
    pub open_day: Date,
    /// Paid requests that this answer took.
    pub requests: u32,
    /// Why what is shown is older than it should be.
    pub stale_because: Option<Trouble>,
}

impl Answer {
    /// Whether some of it is older than what would be asked for again.
    pub fn is_old(&self, now: Timestamp) -> bool {
        !is_fresh(self.fetched_at, now)
    }
}

/// How long STS may take where it is known what it said last.
const IDENTITY: Duration = Duration::from_secs(4);

/// Costs as one profile sees them.
#[derive(Clone)]
pub struct Desk {
    pub(super) cloud: Cloud,
    pub(super) profile: String,
    pub(super) account: String,
    pub(super) shelf: Shelf,
    pub(super) meter: Meter,
    /// Pages that one answer may take.
    pub(super) page_budget: u32,
    /// Why STS did not say whose costs these are: the account is the one that it said last, and nothing is asked for.
    pub(super) unsure: Option<Failure>,
}

impl Desk {
    /// Asks STS (free) whose costs these are: the shelf is by account, since a profile may change hands. While STS cannot be
    /// asked, what is kept of the account that it said last is there to be read.
    pub async fn open(
        cloud: &Cloud,
        profile: &str,
        cache_dir: &Path,
        cap_cents: u32,
    ) -> Result<Desk, Failure> {
        let owner = Owner::of(cache_dir, profile);
        let last = owner.load();
        let asked = match last {
            Some(_) => cloud.identity_within(profile, IDENTITY).await,
            None => cloud.identity(profile).await,
        };
        let (account, unsure) = match asked {
            Ok(identity) => {
                owner.keep(&identity.account);
                (identity.account, None)
            }
            Err(failure) => (last.ok_or_else(|| failure.clone())?, Some(failure)),
        };
        Ok(Desk {
            cloud: cloud.clone(),
            profile: profile.to_owned(),
            shelf: Shelf::new(cache_dir, &account),
            account,
            meter: Meter::new(cache_dir, profile, cap_cents),
            page_budget: MOST_PAGES,
            unsure,
        })
    }

    /// Whether STS said whose costs these are; what is asked for meanwhile could be another account's.
    pub fn is_sure(&self) -> bool {
        self.unsure.is_none()
    }

    pub(super) fn check_sure(&self) -> Result<(), Trouble> {
        match &self.unsure {
            Some(failure) => Err(Trouble::Failure(failure.clone())),
            None => Ok(()),
        }
    }

    pub fn account(&self) -> &str {
        &self.account
    }

    pub fn spent(&self, now: Timestamp) -> Result<Spent, Trouble> {
        self.meter.spent(today(now)).map_err(disk)
    }

    /// What each profile asked on each day from `from` on.
    pub fn counted(&self, from: Date) -> Result<BTreeMap<Date, BTreeMap<String, Count>>, Trouble> {
        self.meter.days(from).map_err(disk)
    }

    /// The first day that the answers to some questions will not have whole: the one on which what is told without a
    /// request was read, today where all of it is asked for.
    pub fn open_day(&self, questions: &[Question], refresh: Refresh, now: Timestamp) -> Date {
        let days = questions.iter().filter_map(|question| {
            let slice = question.slice(today(now)).ok()?;
            let (slice, _) = self.spelled(slice, question.period, now).ok()?;
            self.open_in(&slice, question.period, refresh, now)
        });
        days.min().unwrap_or(today(now))
    }

    /// The same of one list; `None` where none of its last days is told without a request.
    fn open_in(&self, slice: &Slice, period: Period, refresh: Refresh, now: Timestamp) -> Option<Date> {
        let is_told = |read_at: &Timestamp| match refresh {
            Refresh::Never => true,
            Refresh::Auto => is_fresh(*read_at, now),
            Refresh::Force => *read_at == now,
        };
        let parts = slice.parts(period, today(now)).into_iter();
        let read = parts
            .filter(|part| is_last(*part, now))
            .filter_map(|part| self.shelf.read_at(slice, part));
        read.filter(is_told).map(|read_at| open_day(read_at, now)).min()
    }

    /// What a list would ask for and about how many paid requests that is.
    pub fn plan(&self, slice: &Slice, period: Period, refresh: Refresh, now: Timestamp) -> Plan {
        let mut runs: Vec<Period> = Vec::new();
        let mut kept: Vec<(Period, Month)> = Vec::new();
        for month in slice.parts(period, today(now)) {
            let known = self.shelf.month(slice, month);
            let wanted = match (&known, refresh) {
                (_, Refresh::Never) => false,
                (None, _) => true,
                // What was read at this very moment was asked for by the same command.
                (Some(known), Refresh::Force) => !known.is_final(month) && known.fetched_at != now,
                (Some(known), Refresh::Auto) => !known.is_fresh(month, now),
            };
            kept.extend(known.map(|known| (month, known)));
            match runs.last_mut() {
                _ if !wanted => {}
                Some(run) if run.to == month.from => run.to = month.to,
                _ => runs.push(month),
            }
        }
        let mut plan = Plan::default();
        for run in &runs {
            let size = Size::of(*run, &kept, today(now));
            let pages = size.told();
            plan.alike += u32::from(matches!(size, Size::Like(_)));
            plan.unknown += u32::from(pages.is_none());
            plan.requests += pages.unwrap_or(1);
        }
        plan.runs = runs;
        plan
    }

    /// Answers; `on_page` hears the number of paid pages after each.
    pub async fn answer(
        &self,
        question: &Question,
        refresh: Refresh,
        now: Timestamp,
        mut on_page: impl FnMut(u32) + Send,
    ) -> Result<Answer, Trouble> {
        if question.period.from > today(now) {
            return Err(Trouble::Future(question.period));
        }
        let slice = question.slice(today(now)).map_err(Trouble::Dimension)?;
        let (slice, is_sure) = self
            .spelled(slice, question.period, now)
            .map_err(Trouble::Dimension)?;
        let inner = question.clone().inside_of(&slice.limits());
        let answer = self
            .answer_slice(&slice, &inner, refresh, now, &mut on_page)
            .await?;
        match is_sure || answer.cube.cells() > 0 {
            true => Ok(answer),
            // Not nothing: who knows whether it is spelled as the bill spells it.
            false => Err(Trouble::Dimension(slice.no_charge(question.period))),
        }
    }

    pub(super) async fn answer_slice(
        &self,
        slice: &Slice,
        question: &Question,
        refresh: Refresh,
        now: Timestamp,
        on_page: &mut (impl FnMut(u32) + Send),
    ) -> Result<Answer, Trouble> {
        let plan = self.plan(slice, question.period, refresh, now);
        let (mut requests, mut stale_because) = (0, self.check_plan(&plan, question.period, now).err());
        for run in plan.runs {
            if stale_because.is_none() {
                let mut fetch = Fetch {
                    desk: self,
                    slice,
                    now,
                    requests: &mut requests,
                    on_page,
                };
                stale_because = fetch.run(run).await.err();
            }
        }
        let mut cube = Cube::new(slice.dataset.clone());
        let (mut fetched_at, mut open) = (now, today(now));
        for month in slice.parts(question.period, today(now)) {
            let Some(kept) = self.shelf.month(slice, month) else {
                return Err(stale_because.unwrap_or(Trouble::NotKept(month)));
            };
            if !kept.is_final(month) {
                fetched_at = fetched_at.min(kept.fetched_at);
            }
            if is_last(month, now) {
                open = open.min(open_day(kept.fetched_at, now));
            }
            cube.extend(&kept.rows).map_err(Trouble::Amount)?;
            cube.account_names.extend(kept.account_names);
        }
        let breakdowns = cube.answer(question).map_err(Trouble::Dimension)?;
        Ok(Answer {
            breakdowns,
            cube,
            fetched_at,
            open_day: open,
            requests,
            stale_because,
        })
    }

    /// Refuses what cannot be had before any of it is paid for: months that are no longer kept, and what today's cap leaves
    /// too little for.
    ///
    /// # Errors
    /// Which of these, or the meter cannot be read.
    pub fn check_plan(&self, plan: &Plan, period: Period, now: Timestamp) -> Result<(), Trouble> {
        for run in &plan.runs {
            self.check_history(*run, now)?;
        }
        self.afford_list(period, plan.requests, now)
    }

    /// Refuses months that Cost Explorer no longer tells, where not all of the list is here; without a request.
    ///
    /// # Errors
    /// Which month, and from when on there is an answer.
    pub fn check_reach(
        &self,
        slice: &Slice,
        period: Period,
        refresh: Refresh,
        now: Timestamp,
    ) -> Result<(), Trouble> {
        if self.lacks(slice, period, now).is_none() {
            return Ok(());
        }
        let runs = self.plan(slice, period, refresh, now).runs;
        runs.into_iter().try_for_each(|run| self.check_history(run, now))
    }

    fn check_history(&self, run: Period, now: Timestamp) -> Result<(), Trouble> {
        let first = today(now)
            .first_of_month()
            .saturating_sub(HISTORY_MONTHS.months());
        if run.from < first {
            let month = Period::month_of(run.from);
            return Err(Trouble::TooOld { month, first });
        }
        Ok(())
    }

    /// One request through the meter: taken before it goes out, given back when it fails, and kept
    /// when its answer was lost.
    pub(super) async fn paid<T>(
        &self,
        now: Timestamp,
        request: impl Future<Output = Result<T, Unanswered>>,
    ) -> Result<T, Trouble> {
        self.check_sure()?;
        let day = today(now);
        if !self.meter.take(day).map_err(disk)? {
            return Err(Trouble::Cap(self.meter.spent(day).map_err(disk)?));
        }
        match request.await {
            Ok(answer) => Ok(answer),
            Err(Unanswered { failure, may_be_paid }) => {
                let book = if may_be_paid {
                    Meter::lose
                } else {
                    Meter::give_back
                };
                book(&self.meter, day).map_err(disk)?;
                Err(Trouble::Failure(failure))
            }
        }
    }
}

pub(super) fn disk(error: std::io::Error) -> Trouble {
    match error.kind() {
        std::io::ErrorKind::InvalidData => Trouble::Torn(error.to_string()),
        _ => Trouble::Disk(error.to_string()),
    }
}

/// Cost Explorer's days are UTC days.
pub fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// The first day that an answer does not have whole: the one on which it was read, however long ago that is.
pub fn open_day(fetched_at: Timestamp, now: Timestamp) -> Date {
    today(now).min(today(fetched_at))
}

/// Whether a part of a list is one that today or yesterday lies in: those before are over.
fn is_last(part: Period, now: Timestamp) -> bool {
    let today = today(now);
    part.contains(today) || today.yesterday().is_ok_and(|yesterday| part.contains(yesterday))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_was_not_over_when_it_was_read_stays_open_however_old_the_answer_is() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let open = |read: &str, now: &str| open_day(at(read), at(now)).to_string();
        let read = "2026-11-22T21:01:00Z";
        assert_eq!(open(read, "2026-11-22T23:59:00Z"), "2026-11-22");
        assert_eq!(open(read, "2026-11-23T05:00:00Z"), "2026-11-22", "7 h 59");
        assert_eq!(open(read, "2026-11-23T05:02:00Z"), "2026-11-22", "8 h 1");
        assert_eq!(open(read, "2026-11-25T10:00:00Z"), "2026-11-22");
        // A clock that was set back.
        assert_eq!(open(read, "2026-11-20T10:00:00Z"), "2026-11-20");
    }

    #[test]
    fn only_parts_that_reach_to_yesterday_leave_a_day_open() {
        let now: Timestamp = "2026-11-01T02:00:00Z".parse().unwrap();
        let month = |day: &str| Period::month_of(day.parse().unwrap());
        assert!(is_last(month("2026-11-01"), now) && is_last(month("2026-10-01"), now));
        assert!(!is_last(month("2026-09-01"), now));
    }

    #[test]
    fn pages_that_are_told_by_other_lists_may_be_more() {
        let run = Period::month_of("2026-11-01".parse().unwrap());
        let plan = |requests, alike| Plan {
            runs: vec![run],
            requests,
            alike,
            ..Plan::default()
        };
        assert_eq!(plan(3, 0).price(), "about 3 requests ($0.03)");
        assert_eq!(
            plan(3, 1).price(),
            "about 3 requests ($0.03), more where pages hold less than those that came before"
        );
    }

    #[test]
    fn a_price_that_the_cap_cuts_says_that_it_may_be_too_little() {
        let plan = Plan {
            requests: 1,
            unknown: 1,
            ..Plan::default()
        };
        let says = |allowed| plan.price_within(allowed);
        assert_eq!(
            says(300),
            "an unknown number of pages, at most 100 requests ($1.00)"
        );
        assert_eq!(
            says(6),
            "an unknown number of pages, at most 6 requests ($0.06), which is all that is allowed and may be too little"
        );
        assert_eq!(says(0), "1 request ($0.01) or more, and nothing is left for it");
        assert!(says(1).starts_with("1 request ($0.01) or more, and no more"));
    }
}
