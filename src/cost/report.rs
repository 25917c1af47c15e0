//! What the costs panel shows at once: the headline, the rows of one dimension against the same days of the month
//! before, the days, the month's end, and what looking cost.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::{
    Amount, BadDimension, Comparison, Desk, Dimension, Filter, Lens, MonthEnd, Period, Question, Refresh,
    Spent, Summary, Trouble, summary, today,
};

/// Days of the bar chart.
const DAYS: i64 = 62;
/// Services and the like that get a colour of their own; the others share one.
pub const SERIES: usize = 5;
/// Days at the end that are not final: today and yesterday.
const LAG_DAYS: u8 = 1;

/// What is asked: one dimension, inside the values of others.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub by: Dimension,
    pub inside: Vec<(Dimension, String)>,
    pub lens: Lens,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            by: Dimension::Service,
            inside: Vec::new(),
            lens: Lens::Unblended,
        }
    }
}

impl Query {
    fn filter(&self) -> Filter {
        self.inside
            .iter()
            .fold(Filter::default(), |filter, (dimension, value)| {
                filter.and(dimension.clone(), value)
            })
    }

    fn question(&self, period: Period, by: Vec<Dimension>) -> Question {
        Question {
            period,
            by,
            lens: self.lens,
            filter: self.filter(),
        }
    }
}

/// A row against the same days before.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub name: String,
    pub cost: Amount,
    pub before: Amount,
    /// Cost of each day shown, oldest first; `None` where there was no answer.
    pub days: Vec<Option<f64>>,
}

#[derive(Debug, Clone)]
pub struct Report {
    pub account: String,
    pub profile: String,
    pub query: Query,
    pub currency: String,
    pub summary: Summary,
    /// The headlines of the other currencies: amounts of two are never added.
    pub others: Vec<Summary>,
    pub total: Amount,
    pub rows: Vec<Line>,
    /// Each day with its cost by series (the largest rows, then the rest), and whether it is an estimate.
    pub days: Vec<(Date, Option<Vec<f64>>, bool)>,
    pub month_end: Result<MonthEnd, Trouble>,
    pub spent: Spent,
    pub fetched_at: Timestamp,
    /// Paid requests that this report took.
    pub requests: u32,
    /// What asking again now would cost, in words.
    pub price: String,
    pub stale_because: Option<Trouble>,
}

impl Desk {
    /// Answers a query; `on_page` hears the number of paid pages after each.
    pub async fn report(
        &self,
        query: Query,
        refresh: Refresh,
        now: Timestamp,
        on_page: impl FnMut(u32) + Send,
    ) -> Result<Report, Trouble> {
        let day = today(now);
        let comparison = Comparison::same_days(day, LAG_DAYS);
        let first = comparison.previous.from.min(day.saturating_sub(DAYS.days()));
        let period = Period {
            from: first,
            to: day.saturating_add(1.day()),
        };
        let by = query.by.clone();
        let answer = self
            .answer(&query.question(period, vec![by.clone()]), refresh, now, on_page)
            .await?;
        let cube = &answer.cube;
        let ask = |period, by| {
            cube.answer(&query.question(period, by))
                .map_err(Trouble::Dimension)
        };

        let current = ask(comparison.current, vec![by.clone()])?;
        // Every answer has the currencies in the same order.
        let main = largest(&current);
        let current = nth_of(current, main)?;
        let previous = nth_of(ask(comparison.previous, vec![by.clone()])?, main)?;
        let daily = nth_of(ask(period, vec![by, Dimension::Day])?, main)?;
        let series = cube
            .series(&query.question(period, Vec::new()))
            .map_err(Trouble::Dimension)?;
        let known: BTreeMap<Date, bool> = series
            .into_iter()
            .map(|(day, _, estimated)| (day, estimated))
            .collect();

        let mut costs: BTreeMap<(String, Date), f64> = BTreeMap::new();
        for row in daily.rows {
            if let [name, day] = &row.key[..]
                && let Ok(day) = day.parse::<Date>()
            {
                *costs.entry((name.clone(), day)).or_default() += row.cost.approximate();
            }
        }
        let shown: Vec<Date> = (0..DAYS)
            .map(|ago| day.saturating_sub((DAYS - 1 - ago).days()))
            .collect();
        let on = |name: &str, day: Date| {
            known
                .get(&day)
                .map(|_| costs.get(&(name.to_owned(), day)).copied().unwrap_or_default())
        };
        let rows = lines(current.rows, previous.rows, |name| {
            shown.iter().map(|day| on(name, *day)).collect()
        });
        let days = shown.iter().enumerate().map(|(at, day)| {
            let estimated = known.get(day).copied();
            let parts = estimated.map(|_| stack(&rows, at));
            (
                *day,
                parts,
                estimated.unwrap_or(false) || *day >= comparison.current.to,
            )
        });
        let days = days.collect();
        let mut others =
            summary(cube, day, LAG_DAYS, query.lens, &query.filter()).map_err(Trouble::Dimension)?;
        if others.len() <= main {
            return Err(nothing());
        }
        let headline = others.remove(main);
        let month_end = self.month_end(query.lens, refresh, now).await;
        Ok(Report {
            account: self.account.clone(),
            profile: self.profile.clone(),
            currency: current.currency,
            summary: headline,
            others,
            total: current.total,
            rows,
            days,
            month_end,
            spent: self.spent(now)?,
            fetched_at: answer.fetched_at,
            requests: answer.requests,
            price: {
                let dataset = query.question(period, vec![query.by.clone()]).dataset();
                let mut plan = self.plan(&dataset.map_err(Trouble::Dimension)?, period, Refresh::Force, now);
                // The forecast is asked for with it.
                plan.requests += 1;
                plan.price()
            },
            stale_because: answer.stale_because,
            query,
        })
    }
}

/// The currency in which most is spent.
fn largest(breakdowns: &[super::Breakdown]) -> usize {
    let totals = breakdowns.iter().map(|breakdown| breakdown.total).enumerate();
    totals.max_by_key(|(_, total)| *total).map_or(0, |(nth, _)| nth)
}

fn nth_of(breakdowns: Vec<super::Breakdown>, nth: usize) -> Result<super::Breakdown, Trouble> {
    breakdowns.into_iter().nth(nth).ok_or_else(nothing)
}

fn nothing() -> Trouble {
    Trouble::Dimension(BadDimension {
        says: "there is no answer to show".into(),
        hint: "ask for another period".into(),
    })
}

/// Rows of now and of before, joined by name; a row that is gone still counts.
fn lines(
    now: Vec<super::Row>,
    before: Vec<super::Row>,
    days: impl Fn(&str) -> Vec<Option<f64>>,
) -> Vec<Line> {
    let name = |row: &super::Row| row.key.first().cloned().unwrap_or_default();
    let mut older: BTreeMap<String, Amount> = before.iter().map(|row| (name(row), row.cost)).collect();
    let mut lines: Vec<Line> = now
        .iter()
        .map(|row| {
            let name = name(row);
            let before = older.remove(&name).unwrap_or(Amount::ZERO);
            Line {
                cost: row.cost,
                before,
                days: days(&name),
                name,
            }
        })
        .collect();
    lines.extend(older.into_iter().map(|(name, before)| Line {
        cost: Amount::ZERO,
        before,
        days: days(&name),
        name,
    }));
    lines
}

/// A day's cost of each coloured row, then of all the others together.
fn stack(rows: &[Line], day: usize) -> Vec<f64> {
    let of = |line: &Line| line.days.get(day).copied().flatten().unwrap_or_default();
    let mut parts: Vec<f64> = rows.iter().take(SERIES).map(of).collect();
    parts.push(rows.iter().skip(SERIES).map(of).sum());
    parts
}
