//! What the touched machines cost while the incident lasted: by the bill of each resource on those days where an import has
//! it, else by the mean of the last imported days; where neither knows, it is not known, and never zero.

use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use crate::audit::Target;
use crate::cost::{self, Dimension, Files, Filter, Lens, NodeCosts, Period, Question};

/// Finished days that a mean is taken of.
const DAYS: i64 = 7;
const DAY_US: f64 = 86_400e6;

/// A machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Price {
    pub id: String,
    /// Decimal; null where nothing is known of it.
    pub a_day: Option<String>,
    pub during: Option<String>,
}

/// All that an account was billed on the days that the incident touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bill {
    pub account: String,
    pub cost: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Of the machines whose price is known, for as long as it lasted; null where none is.
    pub during: Option<String>,
    pub currency: Option<String>,
    /// How it was reckoned, or why it is not known.
    pub says: String,
    pub targets: Vec<Price>,
    pub days: Option<String>,
    pub accounts: Vec<Bill>,
}

impl Cost {
    fn unknown(why: impl Into<String>) -> Cost {
        Cost {
            says: format!("not known: {}", why.into()),
            ..Cost::default()
        }
    }
}

/// Asks nobody: what is on this machine alone.
pub fn of(data_dir: &Path, from: Option<Timestamp>, to: Option<Timestamp>, touched: &[Target]) -> Cost {
    let (Some(from), Some(to)) = (from, to) else {
        return Cost::unknown("it has no end yet");
    };
    if to < from {
        return Cost::unknown("it ends before it began, so the clock was set");
    }
    if touched.is_empty() {
        return Cost::unknown("no machine was touched");
    }
    if !cost::is_imported(data_dir) {
        return Cost::unknown("no bill is imported (`qd costs import` takes one in)");
    }
    reckon(data_dir, from, to, touched).unwrap_or_else(|why| Cost::unknown(why.to_string()))
}

fn reckon(
    data_dir: &Path,
    from: Timestamp,
    to: Timestamp,
    touched: &[Target],
) -> Result<Cost, cost::NoAnswer> {
    let files = Files::load(data_dir, None)?;
    let whole = files.span().ok_or(cost::NoAnswer::Nothing)?;
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let days = Period {
        from: day(from),
        to: day(to).saturating_add(1.day()),
    };
    let is_covered = whole.from <= days.from && days.to <= whole.to;
    let period = match is_covered {
        true => days,
        false => Period {
            from: whole.last_day().saturating_sub(DAYS.days()).max(whole.from),
            to: whole.last_day().max(whole.from.saturating_add(1.day())),
        },
    };
    let ask = |period, by| {
        let question = Question {
            period,
            by: vec![by],
            lens: Lens::Amortized,
            filter: Filter::default(),
        };
        files.answer(&question, &mut |_| ())
    };
    let known = NodeCosts::billed(
        &ask(period, Dimension::Resource)?,
        period.days(),
        String::new(),
        Timestamp::UNIX_EPOCH,
    );
    let lasted = (to.as_microsecond() - from.as_microsecond()) as f64 / DAY_US;
    let mut sum = None;
    let targets: Vec<Price> = touched
        .iter()
        .filter_map(|target| target.id.clone())
        .map(|id| {
            let a_day = known.by_id.get(&id).map(|cost| cost.a_day);
            if let Some(a_day) = a_day {
                *sum.get_or_insert(0.0) += a_day * lasted;
            }
            Price {
                id,
                a_day: a_day.map(decimal),
                during: a_day.map(|a_day| decimal(a_day * lasted)),
            }
        })
        .collect();
    let of = format!(
        "{} of {} touched machines",
        targets.iter().filter(|price| price.a_day.is_some()).count(),
        targets.len()
    );
    let says = match (sum, is_covered) {
        (None, _) => format!("not known: no imported bill has any of the touched machines from {period}"),
        (_, true) => format!("by the bill of {of} on those days, in proportion to how long it lasted"),
        (_, false) => {
            format!("by what {of} cost a day from {period}: the days of the incident are not imported")
        }
    };
    let accounts = match is_covered {
        true => bills(&ask(days, Dimension::Account)?, touched),
        false => Vec::new(),
    };
    Ok(Cost {
        during: sum.map(decimal),
        currency: sum.map(|_| known.currency.clone()),
        says,
        targets,
        days: is_covered.then(|| days.to_string()),
        accounts,
    })
}

fn bills(answers: &[cost::Breakdown], touched: &[Target]) -> Vec<Bill> {
    let is_ours = |account: &str| {
        touched
            .iter()
            .any(|target| target.account.as_deref() == Some(account))
    };
    let mut bills: Vec<Bill> = answers
        .iter()
        .max_by_key(|answer| answer.total)
        .into_iter()
        .flat_map(|answer| &answer.rows)
        .filter_map(|row| {
            let account = row.key.first().filter(|account| is_ours(account))?;
            Some(Bill {
                account: account.clone(),
                cost: row.cost.to_string(),
            })
        })
        .collect();
    bills.sort_by(|a, b| a.account.cmp(&b.account));
    bills
}

/// To a hundredth of a cent.
fn decimal(amount: f64) -> String {
    format!("{amount:.4}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_no_zero() {
        let dir = tempfile::tempdir().unwrap();
        let at = |text: &str| Some(text.parse().unwrap());
        let touched = [Target {
            id: Some("i-1".into()),
            ..Target::default()
        }];
        let (from, to) = (at("2026-11-21T20:00:00Z"), at("2026-11-21T21:00:00Z"));
        for cost in [
            of(dir.path(), from, to, &touched),
            of(dir.path(), to, from, &touched),
            of(dir.path(), from, None, &touched),
            of(dir.path(), from, to, &[]),
        ] {
            assert!(
                cost.during.is_none() && cost.says.starts_with("not known"),
                "{cost:?}"
            );
        }
    }
}
