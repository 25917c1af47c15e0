//! Where the month will end: what its finished days cost, and Cost Explorer's forecast of the rest with
//! its 80 % interval. Without enough history there is no forecast, and that is said; it is never zero.

mod daily;
pub mod fees;
mod fixed;
mod ours;
pub mod part;
pub mod projection;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::breakdown::{Breakdown, Question};
use super::dataset::Lens;
use super::desk::{Desk, Plan, Refresh, today};
use super::filter::Filter;
use super::period::Period;
use super::price::Price;
use super::shelf::is_fresh;
use super::trouble::Trouble;
use crate::aws::{Forecast, ForecastQuery};

pub use ours::{End, Outlook};
pub use part::Foreseen;

const INTERVAL_PERCENT: i32 = 80;

/// The month's end as it is foreseen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthEnd {
    pub month: Period,
    pub currency: String,
    /// Finished days of this month.
    pub so_far: Amount,
    /// The whole month.
    pub mean: Amount,
    pub lower: Option<Amount>,
    pub upper: Option<Amount>,
    pub interval_percent: u8,
    /// When the forecast was asked for.
    pub fetched_at: Timestamp,
}

impl MonthEnd {
    /// What is asked of the bill beside the forecast, where a day of the month is finished.
    pub fn question(lens: Lens, today: Date) -> Option<Question> {
        finished(lens, today)
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    fetched_at: Timestamp,
    forecast: Forecast,
}

/// What finished days cost in the currency of a forecast: amounts of two are never added.
fn in_currency(finished: &[Breakdown], currency: &str) -> Result<Amount, Trouble> {
    let charged = finished.iter().filter(|of| !of.rows.is_empty());
    let bill: Vec<String> = charged.map(|of| of.currency.clone()).collect();
    match finished.iter().find(|of| of.currency == currency) {
        Some(of) => Ok(of.total),
        None if bill.is_empty() => Ok(Amount::ZERO),
        None => Err(Trouble::Currency {
            forecast: currency.to_owned(),
            bill: bill.join(" and "),
        }),
    }
}

/// Whether what is kept is not asked for again.
fn is_enough(kept: &Kept, refresh: Refresh, now: Timestamp) -> bool {
    refresh != Refresh::Force || kept.fetched_at == now
}

/// The finished days of the month, where there are any.
fn finished(lens: Lens, today: Date) -> Option<Question> {
    Some(Question {
        period: Period::new(today.first_of_month(), today)?,
        by: Vec::new(),
        lens,
        filter: Filter::default(),
    })
}

fn file(lens: Lens) -> String {
    format!("forecast-{lens}.json")
}

impl Desk {
    /// What [`Desk::month_end`] would pay for now; `None` where that is nothing.
    ///
    /// # Errors
    /// The question about its days cannot be asked.
    pub fn price_of_month_end(&self, lens: Lens, now: Timestamp) -> Result<Option<Price>, Trouble> {
        let mut plan = Plan::default();
        if let Some(question) = finished(lens, today(now)) {
            let slice = question.slice(today(now)).map_err(Trouble::Dimension)?;
            let refresh = self.refresh_of_days(&question, Refresh::Auto, now);
            plan = self.plan(&slice, question.period, refresh, now);
        }
        if self.usable_forecast(lens, now).is_none() {
            plan.requests += 1;
        }
        Ok(plan.told(self.left(now)))
    }

    /// How the finished days are asked for: again where what is kept of them was read before they were over, since AWS
    /// foresees nothing before today.
    fn refresh_of_days(&self, question: &Question, refresh: Refresh, now: Timestamp) -> Refresh {
        let is_behind = || self.open_day(std::slice::from_ref(question), refresh, now) < today(now);
        match refresh {
            Refresh::Auto if is_behind() => Refresh::Force,
            refresh => refresh,
        }
    }

    /// Whether the forecast itself would be paid for.
    pub fn asks_forecast(&self, lens: Lens, refresh: Refresh, now: Timestamp) -> bool {
        let kept = self.usable_forecast(lens, now);
        refresh != Refresh::Never && !kept.is_some_and(|kept| is_enough(&kept, refresh, now))
    }

    /// A forecast made today and less than eight hours old is used again.
    fn usable_forecast(&self, lens: Lens, now: Timestamp) -> Option<Kept> {
        let usable = |kept: &Kept| today(kept.fetched_at) == today(now) && is_fresh(kept.fetched_at, now);
        self.shelf.load::<Kept>(&file(lens)).filter(usable)
    }

    /// Forecasts the end of this month; at most one paid request beside the costs themselves. `on_page` hears the number of
    /// paid requests after each.
    pub async fn month_end(
        &self,
        lens: Lens,
        refresh: Refresh,
        now: Timestamp,
        mut on_page: impl FnMut(u32) + Send,
    ) -> Result<MonthEnd, Trouble> {
        let mut requests = 0;
        let today = today(now);
        let month = Period::month_of(today);
        let finished = match finished(lens, today) {
            None => Vec::new(),
            Some(question) => {
                let refresh = self.refresh_of_days(&question, refresh, now);
                let answer = self.answer(&question, refresh, now, &mut on_page).await?;
                // The rest of a day that was not over then would be in neither part.
                if answer.open_day < today {
                    return Err(answer.stale_because.unwrap_or(Trouble::NotKept(month)));
                }
                requests = answer.requests;
                answer.breakdowns
            }
        };
        let kept = self
            .rest_of_month(lens, refresh, now, month, || on_page(requests + 1))
            .await?;
        let so_far = in_currency(&finished, &kept.forecast.currency)?;
        let amount = |text: &str| {
            Amount::parse(text)
                .map(|parsed| parsed.amount)
                .map_err(Trouble::Amount)
        };
        let span = kept.forecast.spans.first();
        let bound = |text: Option<&String>| {
            text.map(|text| amount(text).map(|rest| so_far + rest))
                .transpose()
        };
        Ok(MonthEnd {
            month,
            currency: kept.forecast.currency.clone(),
            so_far,
            mean: so_far + amount(&kept.forecast.total)?,
            lower: bound(span.and_then(|span| span.lower.as_ref()))?,
            upper: bound(span.and_then(|span| span.upper.as_ref()))?,
            interval_percent: INTERVAL_PERCENT as u8,
            fetched_at: kept.fetched_at,
        })
    }

    async fn rest_of_month(
        &self,
        lens: Lens,
        refresh: Refresh,
        now: Timestamp,
        month: Period,
        paid: impl FnOnce() + Send,
    ) -> Result<Kept, Trouble> {
        if let Some(kept) = self
            .usable_forecast(lens, now)
            .filter(|kept| is_enough(kept, refresh, now))
        {
            return Ok(kept);
        }
        if refresh == Refresh::Never {
            return Err(Trouble::NotKept(month));
        }
        let query = ForecastQuery {
            from: today(now),
            to: month.to,
            daily: false,
            metric: lens.forecast_name(),
            interval_percent: INTERVAL_PERCENT,
        };
        let forecast = self
            .paid(now, self.cloud.fetch_cost_forecast(&self.profile, &query))
            .await?;
        paid();
        let kept = Kept {
            fetched_at: now,
            forecast,
        };
        self.shelf
            .save(&file(lens), &kept)
            .map_err(|error| Trouble::Disk(error.to_string()))?;
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::breakdown::Row;

    #[test]
    fn a_forecast_is_added_to_days_of_its_own_currency_or_to_none() {
        let day = |text: &str| text.parse().unwrap();
        let of = |currency: &str, cost| Breakdown {
            currency: currency.into(),
            period: Period::month_of(day("2026-11-01")),
            complete: true,
            rows: vec![Row {
                key: Vec::new(),
                cost: Amount::whole(cost),
                quantity: None,
            }],
            total: Amount::whole(cost),
            unknown: Vec::new(),
        };
        let both = [of("EUR", 5), of("USD", 7)];
        assert_eq!(in_currency(&both, "USD").unwrap(), Amount::whole(7));
        assert_eq!(in_currency(&[], "USD").unwrap(), Amount::ZERO);
        let why = in_currency(&both[..1], "USD").unwrap_err().to_string();
        assert!(why.contains("USD") && why.contains("EUR"), "{why}");
    }
}
