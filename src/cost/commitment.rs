//! Savings Plans and reservations over the last thirty days: what is committed, how much of it is used, how much of the
//! use it covers. The bill says which of them there are, so that nothing is paid to hear that there are none.

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::breakdown::Question;
use super::dataset::{Dimension, Lens};
use super::desk::{Desk, Refresh, disk, priced, today};
use super::filter::Filter;
use super::period::Period;
use super::price::Price;
use super::shelf::is_fresh;
use super::trouble::Trouble;
use crate::aws::{PlanCoverage, PlanUse, ReservationCoverage, ReservationUse, Why};

/// What is committed to and what came of it; a share is of 1, `None` where there was nothing to share.
#[derive(Clone, Debug, PartialEq)]
pub struct Commitment {
    /// A service with reservations, or `Savings Plans`.
    pub what: String,
    /// Money, or hours where reservations are told in hours.
    pub unit: String,
    pub committed: Amount,
    pub used: Amount,
    pub unused: Amount,
    /// What it covered, as it would have been on demand.
    pub covered: Amount,
    /// What was paid on demand although a commitment could have covered it.
    pub on_demand: Amount,
    pub net_savings: Amount,
}

impl Commitment {
    pub fn utilization_percent(&self) -> Option<f64> {
        share(self.used, self.committed)
    }

    pub fn coverage_percent(&self) -> Option<f64> {
        share(self.covered, self.covered + self.on_demand)
    }
}

fn share(part: Amount, whole: Amount) -> Option<f64> {
    let whole = whole.approximate();
    (whole > 0.0).then(|| 100.0 * part.approximate() / whole)
}

#[derive(Clone, Debug, PartialEq)]
pub struct Commitments {
    pub period: Period,
    pub currency: String,
    pub rows: Vec<Commitment>,
    pub fetched_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    fetched_at: Timestamp,
    plans: Option<(PlanUse, Vec<PlanCoverage>)>,
    reservations: Vec<(String, ReservationUse, ReservationCoverage)>,
}

const DAYS: i64 = 30;
const NAME: &str = "commitments.json";

/// Which commitments the bill speaks of.
struct Seen {
    currency: String,
    plans: bool,
    services: Vec<String>,
}

/// Requests of each: what is used, and what it covers.
const PAIR: u32 = 2;

impl Seen {
    /// What asking what became of them takes, where each answer is one page.
    fn requests(&self) -> u32 {
        let services = u32::try_from(self.services.len()).unwrap_or(u32::MAX);
        (u32::from(self.plans) + services).saturating_mul(PAIR)
    }
}

/// The days that are told, and the question that says which commitments there are.
fn asked(now: Timestamp) -> Question {
    let day = today(now);
    Question {
        period: Period {
            from: day.saturating_sub(DAYS.days()),
            to: day,
        },
        by: vec![Dimension::Service, Dimension::Category],
        lens: Lens::Amortized,
        filter: Filter::default(),
    }
}

impl Desk {
    /// What [`Desk::commitments`] would pay for; `None` where that is nothing.
    ///
    /// # Errors
    /// What is kept of the bill cannot be read.
    pub async fn price_of_commitments(
        &self,
        refresh: Refresh,
        now: Timestamp,
    ) -> Result<Option<Price>, Trouble> {
        let question = asked(now);
        let slice = question.slice(today(now)).map_err(Trouble::Dimension)?;
        let plan = self.plan(&slice, question.period, refresh, now);
        let kept = self.shelf.load::<Kept>(NAME);
        if refresh != Refresh::Force && kept.is_some_and(|kept| is_fresh(kept.fetched_at, now)) {
            return Ok(plan.told(self.left(now)));
        }
        // The last bill that is here, however old, tells about how many there are.
        let seen = self.seen(question.period, Refresh::Never, now).await.ok();
        if let Some(bill) = plan.told(self.left(now)) {
            let both = "for Savings Plans and two for each service with reservations";
            let says = format!("{} for the bill, and where it has them two {both}", bill.says);
            let beside = seen.map_or(PAIR, |seen| seen.requests());
            return Ok(Some(Price::new(says, bill.requests + beside)));
        }
        let most = seen.map_or(0, |seen| seen.requests());
        Ok((most > 0).then(|| Price::new(format!("at most {}", priced(most)), most)))
    }

    /// At most two paid requests for the plans and two for each service with reservations, beside the bill itself.
    pub async fn commitments(&self, refresh: Refresh, now: Timestamp) -> Result<Commitments, Trouble> {
        let period = asked(now).period;
        let is_kept = |kept: Kept| refresh == Refresh::Auto && is_fresh(kept.fetched_at, now);
        if refresh != Refresh::Never
            && !self.shelf.load::<Kept>(NAME).is_some_and(is_kept)
            && let Some(price) = self.price_of_commitments(refresh, now).await?
        {
            // A bill that is paid for is no answer where nothing is left for what it leads to.
            self.afford("what became of commitments", price.requests, now)?;
        }
        let seen = self.seen(period, refresh, now).await?;
        let kept = match self.shelf.load::<Kept>(NAME) {
            Some(kept) if refresh == Refresh::Never => kept,
            Some(kept) if refresh == Refresh::Auto && is_fresh(kept.fetched_at, now) => kept,
            _ if refresh == Refresh::Never => return Err(Trouble::NotKept(period)),
            _ => {
                self.afford("what became of commitments", seen.requests(), now)?;
                let kept = self.fetch_commitments(&seen, period, now).await?;
                self.shelf.save(NAME, &kept).map_err(disk)?;
                kept
            }
        };
        let mut rows = Vec::new();
        if let Some((used, coverage)) = &kept.plans {
            rows.push(of_plans(used, coverage, &seen.currency)?);
        }
        for (service, used, coverage) in &kept.reservations {
            rows.push(of_reservations(service, used, coverage)?);
        }
        Ok(Commitments {
            period,
            currency: seen.currency,
            rows,
            fetched_at: kept.fetched_at,
        })
    }

    async fn seen(&self, period: Period, refresh: Refresh, now: Timestamp) -> Result<Seen, Trouble> {
        let question = Question { period, ..asked(now) };
        let answer = self.answer(&question, refresh, now, |_| ()).await?;
        let mut seen = Seen {
            currency: String::new(),
            plans: false,
            services: Vec::new(),
        };
        for breakdown in answer.breakdowns {
            if seen.currency.is_empty() {
                seen.currency = breakdown.currency;
            }
            for row in breakdown.rows {
                let [service, category] = &row.key[..] else {
                    continue;
                };
                seen.plans |= category.starts_with("SavingsPlan");
                let reserved = matches!(category.as_str(), "DiscountedUsage" | "RIFee");
                if reserved && !seen.services.contains(service) {
                    seen.services.push(service.clone());
                }
            }
        }
        seen.services.sort();
        Ok(seen)
    }

    async fn fetch_commitments(&self, seen: &Seen, period: Period, now: Timestamp) -> Result<Kept, Trouble> {
        let (cloud, profile, Period { from, to }) = (&self.cloud, self.profile.as_str(), period);
        let mut kept = Kept {
            fetched_at: now,
            plans: None,
            reservations: Vec::new(),
        };
        if seen.plans
            && let Some(used) = or_none(self.paid(now, cloud.fetch_plan_use(profile, from, to)).await)?
        {
            let coverage = self.paid(now, cloud.fetch_plan_coverage(profile, from, to)).await;
            kept.plans = Some((used, or_none(coverage)?.unwrap_or_default()));
        }
        for service in &seen.services {
            let used = self.paid(now, cloud.fetch_reservation_use(profile, service, from, to));
            let Some(used) = or_none(used.await)? else {
                continue;
            };
            let coverage = self.paid(now, cloud.fetch_reservation_coverage(profile, service, from, to));
            if let Some(coverage) = or_none(coverage.await)? {
                kept.reservations.push((service.clone(), used, coverage));
            }
        }
        Ok(kept)
    }
}

/// Nothing committed is an answer, not an error.
fn or_none<T>(answer: Result<T, Trouble>) -> Result<Option<T>, Trouble> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Trouble::Failure(failure)) if failure.why == Why::NoData => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

fn amount(text: &str) -> Result<Amount, Trouble> {
    Amount::parse(text)
        .map(|parsed| parsed.amount)
        .map_err(Trouble::Amount)
}

fn of_plans(used: &PlanUse, coverage: &[PlanCoverage], currency: &str) -> Result<Commitment, Trouble> {
    let sum = |of: fn(&PlanCoverage) -> &String| -> Result<Amount, Trouble> {
        let months: Result<Vec<Amount>, Trouble> = coverage.iter().map(|month| amount(of(month))).collect();
        Ok(months?.into_iter().sum())
    };
    Ok(Commitment {
        what: "Savings Plans".into(),
        unit: currency.to_owned(),
        committed: amount(&used.commitment)?,
        used: amount(&used.used)?,
        unused: amount(&used.unused)?,
        covered: sum(|month| &month.covered)?,
        on_demand: sum(|month| &month.on_demand)?,
        net_savings: amount(&used.net_savings)?,
    })
}

fn of_reservations(
    service: &str,
    used: &ReservationUse,
    coverage: &ReservationCoverage,
) -> Result<Commitment, Trouble> {
    Ok(Commitment {
        what: service.to_owned(),
        unit: "hours".into(),
        committed: amount(&used.purchased_hours)?,
        used: amount(&used.used_hours)?,
        unused: amount(&used.unused_hours)?,
        covered: amount(&used.used_hours)?,
        on_demand: amount(&coverage.on_demand_hours)?,
        net_savings: amount(&used.net_savings)?,
    })
}
