//! What the touched machines cost while the incident lasted: by the bill of each resource on those days where an import has
//! it, else by the mean of the last imported days, else by the rates of their types; where none knows, it is not known, and
//! never zero.

use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::rate;
use crate::audit::Target;
use crate::cost::{self, Dimension, Files, Filter, Lens, NodeCosts, Period, Question};
use crate::incident::timeline::Ground;
use crate::incident::{Line, Record};

/// Finished days that a mean is taken of.
const DAYS: i64 = 7;
const DAY_US: f64 = 86_400e6;

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    pub id: String,
    /// Decimal; null where nothing is known of it.
    pub a_day: Option<String>,
    pub during: Option<String>,
}

/// All that an account was billed on the days that the incident touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    pub account: String,
    pub cost: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

    /// Where an automation goes on whose machines nobody knows.
    pub(super) fn unsettled() -> Cost {
        Cost::unknown("which machines are touched is not known yet")
    }
}

fn ids(touched: &[Target]) -> Vec<String> {
    touched.iter().filter_map(|target| target.id.clone()).collect()
}

/// What the journal has kept of that time and those machines; the last word counts.
pub fn kept(
    lines: &[Line],
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    touched: &[Target],
) -> Option<Cost> {
    let machines = ids(touched);
    lines.iter().rev().find_map(|line| match &line.record {
        Record::Priced {
            from: began,
            to: ended,
            machines: known,
            cost,
        } if (Some(*began), Some(*ended), known) == (from, to, &machines) => Some((**cost).clone()),
        _ => None,
    })
}

/// The same as it is reckoned now, for the journal; `None` where nothing but the journal decides it.
pub fn to_keep(
    ground: &Ground,
    id: &str,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    touched: &[Target],
) -> Option<Record> {
    let (from, to) = (from?, to?);
    let depends = from <= to && !touched.is_empty();
    depends.then(|| Record::Priced {
        from,
        to,
        machines: ids(touched),
        cost: Box::new(of(ground, id, Some(from), Some(to), touched)),
    })
}

/// Asks nobody: what is on this machine alone.
pub fn of(
    ground: &Ground,
    id: &str,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    touched: &[Target],
) -> Cost {
    let (Some(from), Some(to)) = (from, to) else {
        return Cost::unknown("it has no end yet");
    };
    if to < from {
        return Cost::unknown("it ends before it began, so the clock was set");
    }
    if touched.is_empty() {
        return Cost::unknown("no machine was touched");
    }
    let mut cost = match cost::is_imported(ground.data_dir) {
        true => {
            reckon(ground.data_dir, from, to, touched).unwrap_or_else(|why| Cost::unknown(why.to_string()))
        }
        false => rated(ground, from, to, touched),
    };
    // What is learned later changes no report by itself, so the way to it is told.
    if cost.during.is_none() || cost.days.is_none() {
        cost.says += &format!(
            "; a report of the same time and machines says the same until `qd report {id} --reckon` reckons it anew"
        );
    }
    cost
}

/// By the rates of the machines' types, where Cost Explorer told them before.
fn rated(ground: &Ground, from: Timestamp, to: Timestamp, touched: &[Target]) -> Cost {
    let day = from.to_zoned(TimeZone::UTC).date();
    let hourly = rate::hourly(ground.cache_dir, day, touched);
    let (Some(month), false) = (hourly.of, hourly.usd.is_empty()) else {
        let lacks = match hourly.is_listed {
            true => {
                "no rate of their types is kept (`qd costs breakdown --by service,usage_type` asks Cost Explorer for them)"
            }
            false => "the types of the touched machines are not kept (the fleet of the console keeps them)",
        };
        return Cost::unknown(format!(
            "no bill is imported (`qd costs import` takes one in), and {lacks}"
        ));
    };
    let a_day = |id: &str| hourly.usd.get(id).map(|usd| usd * 24.0);
    let (targets, sum) = prices(touched, a_day, days_of(from, to));
    let says = format!(
        "an estimate, {} of {} touched machines at the hourly rate that Cost Explorer billed for their types in {month}, \
         compute alone",
        hourly.usd.len(),
        targets.len()
    );
    Cost {
        during: sum.map(decimal),
        currency: Some("USD".into()),
        says,
        targets,
        ..Cost::default()
    }
}

fn days_of(from: Timestamp, to: Timestamp) -> f64 {
    (to.as_microsecond() - from.as_microsecond()) as f64 / DAY_US
}

/// Each machine's price for so many days, and their sum; `None` where no price is known.
fn prices(touched: &[Target], a_day: impl Fn(&str) -> Option<f64>, days: f64) -> (Vec<Price>, Option<f64>) {
    let mut sum = None;
    let price = |id: &String| {
        let known = a_day(id);
        if let Some(known) = known {
            *sum.get_or_insert(0.0) += known * days;
        }
        Price {
            id: id.clone(),
            a_day: known.map(decimal),
            during: known.map(|known| decimal(known * days)),
        }
    };
    let ids = touched.iter().filter_map(|target| target.id.as_ref());
    (ids.map(price).collect(), sum)
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
    // Within it some may be lacking, of all exports or of one.
    let is_covered = files.is_whole(days);
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
    let a_day = |id: &str| known.by_id.get(id).map(|cost| cost.a_day);
    let (targets, sum) = prices(touched, a_day, days_of(from, to));
    let of = format!(
        "{} of {} touched machines",
        targets.iter().filter(|price| price.a_day.is_some()).count(),
        targets.len()
    );
    let says = match (sum, is_covered) {
        (None, _) => format!(
            "not known: no imported bill has any of the touched machines from {}",
            dated(period)
        ),
        (_, true) => format!("by the bill of {of} on those days, in proportion to how long it lasted"),
        (_, false) => {
            let days = dated(period);
            format!("by what {of} cost a day from {days}: not all days of the incident are imported")
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
        days: is_covered.then(|| dated(days)),
        accounts,
    })
}

/// The days with their years: a report is read long afterwards.
fn dated(days: Period) -> String {
    match (days.from, days.last_day()) {
        (from, last) if from == last => from.to_string(),
        (from, last) => format!("{from} to {last}"),
    }
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
    use crate::aws::CostRow;
    use crate::cost::{Dataset, Month, Shelf, Slice};
    use crate::fleet;

    /// A bill of September and October, of which `two` has September alone.
    fn imported(dir: &Path) {
        for (account, last) in [("one", 10), ("two", 9)] {
            let mut text = String::from(
                "ChargePeriodStart,BillingPeriodStart,BilledCost,EffectiveCost,SubAccountId,ResourceId\n",
            );
            let mut day = jiff::civil::date(2026, 9, 1);
            while day.month() <= last {
                let month = day.first_of_month();
                text += &format!("{day},{month},24,24,{account},i-{account}\n");
                day = day.saturating_add(1.day());
            }
            let path = dir.join(format!("{account}.csv"));
            std::fs::write(&path, text).unwrap();
            let exports = cost::import::find(&path).unwrap();
            cost::import::import(&exports, dir, Timestamp::UNIX_EPOCH, &mut |_| ()).unwrap();
        }
    }

    fn ground(dir: &Path) -> Ground<'_> {
        Ground {
            data_dir: dir,
            cache_dir: dir,
            keyring: crate::recording::Keyring::new(Vec::new()),
            others: &[],
            checks: false,
        }
    }

    #[test]
    fn days_that_one_of_two_bills_lacks_are_no_bill_of_the_accounts() {
        let dir = tempfile::tempdir().unwrap();
        imported(dir.path());
        let touched = ["one", "two"].map(|account| Target {
            id: Some(format!("i-{account}")),
            account: Some(account.into()),
            ..Target::default()
        });
        let of = |day: &str| {
            let at = |hour: u8| format!("2026-{day}T{hour:02}:00:00Z").parse().unwrap();
            reckon(dir.path(), at(10), at(11), &touched).unwrap()
        };
        let whole = of("09-20");
        assert_eq!(whole.accounts.len(), 2, "{whole:?}");
        assert_eq!(whole.during.as_deref(), Some("2.0000"));
        assert_eq!(whole.days.as_deref(), Some("2026-09-20"));
        let partly = of("10-20");
        assert!(partly.accounts.is_empty() && partly.days.is_none(), "{partly:?}");
        assert!(partly.says.contains("not all days"), "{}", partly.says);
    }

    /// An hour of an m5.large costs ten cents in October.
    fn kept(cache_dir: &Path) {
        let row = CostRow {
            from: jiff::civil::date(2026, 10, 5),
            estimated: false,
            keys: vec![
                "Amazon Elastic Compute Cloud - Compute".into(),
                "BoxUsage:m5.large".into(),
            ],
            unblended: Some("2.4".into()),
            amortized: Some("2.4".into()),
            net_amortized: None,
            quantity: Some("24".into()),
            currency: Some("USD".into()),
        };
        let month = Month {
            list_rows: 0,
            fetched_at: Timestamp::UNIX_EPOCH,
            page_rows: None,
            rows: vec![row],
            account_names: Vec::new(),
        };
        let by = [Dimension::Service, Dimension::UsageType];
        let slice = Slice::from(Dataset::for_dimensions(&by).unwrap());
        let october = Period::month_of(jiff::civil::date(2026, 10, 1));
        Shelf::new(cache_dir, "111122223333")
            .keep_month(&slice, october, &month)
            .unwrap();
    }

    #[test]
    fn without_a_bill_it_is_an_estimate_by_the_rates_of_the_nearest_month() {
        let dir = tempfile::tempdir().unwrap();
        let ground = ground(dir.path());
        let at = |text: &str| Some(text.parse().unwrap());
        let (from, to) = (at("2026-11-21T20:00:00Z"), at("2026-11-21T22:00:00Z"));
        let touched = [Target {
            id: Some("i-1".into()),
            ..Target::default()
        }];
        let says = || of(&ground, "inc-1", from, to, &touched).says;
        kept(dir.path());
        assert!(
            says().contains("types of the touched machines are not kept")
                && says().contains("`qd report inc-1 --reckon`"),
            "{}",
            says()
        );
        let mut node = fleet::Node::default();
        node.id = fleet::Id("i-1".into());
        node.region = "us-east-1".into();
        node.instance_type = Some("m5.large".into());
        let saved = fleet::Saved {
            saved_at: Timestamp::UNIX_EPOCH,
            nodes: vec![node.indexed()],
        };
        fleet::save(dir.path(), &saved).unwrap();
        let cost = of(&ground, "inc-1", from, to, &touched);
        assert_eq!(cost.during.as_deref(), Some("0.2000"), "{cost:?}");
        assert!(
            cost.says.starts_with("an estimate, 1 of 1") && cost.says.contains("in Oct 2026"),
            "{}",
            cost.says
        );
        let late = at("2027-11-21T22:00:00Z");
        let old = of(&ground, "inc-1", at("2027-11-21T20:00:00Z"), late, &touched);
        assert!(
            old.says.contains("no rate of their types is kept"),
            "{}",
            old.says
        );
    }

    #[test]
    fn what_is_not_known_is_no_zero() {
        let dir = tempfile::tempdir().unwrap();
        let ground = ground(dir.path());
        let at = |text: &str| Some(text.parse().unwrap());
        let touched = [Target {
            id: Some("i-1".into()),
            ..Target::default()
        }];
        let (from, to) = (at("2026-11-21T20:00:00Z"), at("2026-11-21T21:00:00Z"));
        for cost in [
            of(&ground, "inc-1", from, to, &touched),
            of(&ground, "inc-1", to, from, &touched),
            of(&ground, "inc-1", from, None, &touched),
            of(&ground, "inc-1", from, to, &[]),
        ] {
            assert!(
                cost.during.is_none() && cost.says.starts_with("not known"),
                "{cost:?}"
            );
        }
    }
}
