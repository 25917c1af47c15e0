//! Answers questions about one profile's costs: from the shelf while that is fresh, else from Cost
//! Explorer page by page through the meter. When asking fails, older answers come with the reason;
//! when there are none, the reason is the answer. Nothing is ever filled with zeros.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::amount::BadAmount;
use super::breakdown::{Breakdown, Question};
use super::cube::Cube;
use super::dataset::{BadDimension, Dataset};
use super::meter::{Meter, Spent};
use super::period::{Period, months};
use super::shelf::{Month, Shelf};
use crate::aws::{Cloud, CostQuery, CostRow, Failure};

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
    /// Pages that this took before, one for what was never asked: about what it costs in cents.
    pub requests: u32,
}

/// Why there is no answer, or none that is fresh.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("{0}")]
    Failure(Failure),
    #[error("{} of {} paid requests are used up today", .0.today, .0.cap)]
    Cap(Spent),
    #[error("the costs of {0} are not on this machine")]
    NotKept(Period),
    #[error("{0} has not begun yet")]
    Future(Period),
    #[error("{0}")]
    Dimension(BadDimension),
    #[error("Cost Explorer's answer cannot be used: {0}")]
    Amount(BadAmount),
    #[error("cannot keep costs or count requests: {0}")]
    Disk(String),
}

impl Trouble {
    pub fn hint(&self) -> String {
        match self {
            Trouble::Failure(failure) => failure.hint.clone(),
            Trouble::Cap(_) => "raise cap_per_day under [costs], or wait for the next day (UTC)".into(),
            Trouble::NotKept(_) => "ask again with requests allowed".into(),
            Trouble::Future(_) => "choose a period that begins today (UTC) or before".into(),
            Trouble::Dimension(bad) => bad.hint.clone(),
            Trouble::Amount(_) => "report what the endpoint sent; nothing was kept of it".into(),
            Trouble::Disk(_) => "check space and permissions of the cache directory".into(),
        }
    }
}

/// What a question brought.
#[derive(Clone, Debug)]
pub struct Answer {
    /// One for each currency.
    pub breakdowns: Vec<Breakdown>,
    pub cube: Cube,
    /// When the oldest part that can still change was read.
    pub fetched_at: Timestamp,
    /// Paid requests that this answer took.
    pub requests: u32,
    /// Why what is shown is older than it should be.
    pub stale_because: Option<Trouble>,
}

/// Costs as one profile sees them.
#[derive(Clone)]
pub struct Desk {
    pub(super) cloud: Cloud,
    pub(super) profile: String,
    pub(super) account: String,
    pub(super) shelf: Shelf,
    meter: Meter,
}

impl Desk {
    /// Asks STS (free) whose costs these are: the shelf is by account, since a profile may change hands.
    pub async fn open(
        cloud: &Cloud,
        profile: &str,
        cache_dir: &Path,
        cap_cents: u32,
    ) -> Result<Desk, Failure> {
        let account = cloud.identity(profile).await?.account;
        Ok(Desk {
            cloud: cloud.clone(),
            profile: profile.to_owned(),
            shelf: Shelf::new(cache_dir, &account),
            account,
            meter: Meter::new(cache_dir, cap_cents),
        })
    }

    pub fn account(&self) -> &str {
        &self.account
    }

    pub fn spent(&self, now: Timestamp) -> Result<Spent, Trouble> {
        self.meter.spent(today(now)).map_err(disk)
    }

    /// What a question would ask for and about how many paid requests that is.
    pub fn plan(&self, dataset: &Dataset, period: Period, refresh: Refresh, now: Timestamp) -> Plan {
        let mut plan = Plan::default();
        for month in months_until_now(period, now) {
            let kept = self.shelf.month(dataset, month);
            let wanted = match (&kept, refresh) {
                (_, Refresh::Never) => false,
                (None, _) => true,
                (Some(kept), Refresh::Force) => !kept.is_final(month),
                (Some(kept), Refresh::Auto) => !kept.is_fresh(month, now),
            };
            if !wanted {
                continue;
            }
            let pages = kept.map_or(1, |kept| kept.pages);
            match plan.runs.last_mut() {
                Some(run) if run.to == month.from => {
                    run.to = month.to;
                    plan.requests = plan.requests.max(pages);
                }
                _ => {
                    plan.runs.push(month);
                    plan.requests += pages;
                }
            }
        }
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
        let dataset = question.dataset().map_err(Trouble::Dimension)?;
        let (mut requests, mut stale_because) = (0, None);
        for run in self.plan(&dataset, question.period, refresh, now).runs {
            if let Err(trouble) = self.fetch(&dataset, run, now, &mut requests, &mut on_page).await {
                stale_because = Some(trouble);
                break;
            }
        }
        let mut cube = Cube::new(dataset);
        let mut fetched_at = now;
        for month in months_until_now(question.period, now) {
            let Some(kept) = self.shelf.month(&cube.dataset, month) else {
                return Err(stale_because.unwrap_or(Trouble::NotKept(month)));
            };
            if !kept.is_final(month) {
                fetched_at = fetched_at.min(kept.fetched_at);
            }
            cube.extend(&kept.rows).map_err(Trouble::Amount)?;
            cube.account_names.extend(kept.account_names);
        }
        let breakdowns = cube.answer(question).map_err(Trouble::Dimension)?;
        Ok(Answer {
            breakdowns,
            cube,
            fetched_at,
            requests,
            stale_because,
        })
    }

    /// Reads a run of months to its last page, and only then keeps it.
    async fn fetch(
        &self,
        dataset: &Dataset,
        run: Period,
        now: Timestamp,
        requests: &mut u32,
        on_page: &mut (impl FnMut(u32) + Send),
    ) -> Result<(), Trouble> {
        let mut query = CostQuery {
            from: run.from,
            to: run.to.min(today(now).tomorrow().unwrap_or(Date::MAX)),
            daily: true,
            group_by: dataset.groups(),
            restrict: None,
            page_token: None,
        };
        let (mut rows, mut names, mut tokens, mut pages) = (Vec::new(), Vec::new(), Vec::new(), 0);
        loop {
            let page = self
                .paid(now, self.cloud.fetch_cost_page(&self.profile, &query))
                .await?;
            pages += 1;
            *requests += 1;
            on_page(*requests);
            rows.extend(page.rows);
            names.extend(page.account_names);
            query.page_token = page.next_token.filter(|token| !token.is_empty());
            let Some(token) = &query.page_token else { break };
            if tokens.contains(token) {
                return Err(Trouble::Failure(self.cloud.cost_pages_loop(&self.profile).await));
            }
            tokens.push(token.clone());
        }
        // Rows that cannot be read must not be kept: the shelf would repeat the error for eight hours.
        Cube::new(dataset.clone())
            .extend(&rows)
            .map_err(Trouble::Amount)?;
        for month in months(run) {
            let within = |row: &&CostRow| month.contains(row.from);
            let kept = Month {
                fetched_at: now,
                pages,
                rows: rows.iter().filter(within).cloned().collect(),
                account_names: names.clone(),
            };
            self.shelf.keep_month(dataset, month, &kept).map_err(disk)?;
        }
        Ok(())
    }

    /// One request through the meter: taken before it goes out, given back when it fails.
    pub(super) async fn paid<T>(
        &self,
        now: Timestamp,
        request: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Trouble> {
        let day = today(now);
        if !self.meter.take(day).map_err(disk)? {
            return Err(Trouble::Cap(self.meter.spent(day).map_err(disk)?));
        }
        match request.await {
            Ok(answer) => Ok(answer),
            Err(failure) => {
                self.meter.give_back(day).map_err(disk)?;
                Err(Trouble::Failure(failure))
            }
        }
    }
}

fn disk(error: std::io::Error) -> Trouble {
    Trouble::Disk(error.to_string())
}

/// Cost Explorer's days are UTC days.
pub fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

fn months_until_now(period: Period, now: Timestamp) -> impl Iterator<Item = Period> {
    let today = today(now);
    months(period)
        .into_iter()
        .filter(move |month| month.from <= today)
}
