//! What the bill tells the rules: unit rates after discounts, what commitments cover, what was used, and, from files, what
//! each resource cost. Read from cells that Cost Explorer or imported files filled; nothing here asks anybody.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::TEAM;
use super::billed::Billed;
use super::inventory::{Place, Steady, Usage};
use super::rate::{Rate, Rates, region_of};
use super::window::Window;
use crate::cost::{BadDimension, Breakdown, Cube, Dimension, Filter, Lens, Period, Question, Row};

/// Finished days that findings are about, and those of them that rates are taken from.
pub const DAYS: i64 = 30;
const RATE_DAYS: i64 = 7;
/// Charge categories of what a commitment pays for: of Cost Explorer and of usage reports.
const COVERED: [&str; 2] = ["SavingsPlanCoveredUsage", "DiscountedUsage"];
/// FOCUS says it by how the usage is priced.
const COMMITTED: &str = "Committed";
const MACHINE: &str = "BoxUsage:";

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bill {
    pub rates: Rates,
    pub usage: Vec<Usage>,
    pub steady: Option<Steady>,
    /// Share of its hours that commitments pay for, by usage type.
    covered: BTreeMap<String, f64>,
    /// What each resource cost; only files tell.
    pub resources: Vec<Billed>,
    /// Currencies of charges that are no dollars: findings and rates leave them out.
    pub foreign: Vec<String>,
    /// Which of the days are known.
    pub window: Window,
    /// What accounts are called, as far as the bill tells.
    pub account_names: BTreeMap<String, String>,
    /// The last of the days.
    last: Option<Date>,
}

/// What is asked of the costs.
pub struct Questions {
    pub usage: Question,
    pub commitment: Question,
    /// Of exports only.
    pub resources: Question,
}

impl Questions {
    /// About the last finished days; yesterday's bill is still being written. `of_export`: it is split by more.
    pub fn new(today: Date, of_export: bool) -> Questions {
        let period = last(today, DAYS);
        let question = |by: Vec<Dimension>| Question {
            period,
            by,
            lens: Lens::Amortized,
            filter: Filter::default(),
        };
        let mut commitment = vec![Dimension::UsageType, Dimension::Category];
        if of_export {
            commitment.push(Dimension::Pricing);
        }
        Questions {
            usage: question(vec![Dimension::Account, Dimension::UsageType]),
            commitment: question(commitment),
            resources: question(vec![
                Dimension::Account,
                Dimension::Region,
                Dimension::UsageType,
                Dimension::Resource,
                Dimension::Tag(TEAM.into()),
            ]),
        }
    }

    /// The resources of a bill that may know no teams: whose they are is not known then.
    pub fn resources_of(&self, bill: &Cube) -> Question {
        let mut question = self.resources.clone();
        question
            .by
            .retain(|dimension| !matches!(dimension, Dimension::Tag(_)) || bill.has(dimension));
        question
    }
}

fn last(today: Date, days: i64) -> Period {
    let to = today.saturating_sub(1.day());
    Period {
        from: to.saturating_sub(days.days()),
        to,
    }
}

impl Bill {
    /// From the cells that answer the questions about usage and commitment.
    pub fn read(
        usage: &Cube,
        commitment: &Cube,
        questions: &Questions,
        today: Date,
    ) -> Result<Bill, BadDimension> {
        let period = questions.usage.period;
        let mut bill = Bill {
            window: Window::of(period, &usage.days_in("USD")),
            last: Some(period.last_day()),
            account_names: usage.account_names.clone(),
            ..Bill::default()
        };
        let mut sums: BTreeMap<Vec<String>, (f64, f64)> = BTreeMap::new();
        for question in bill.window.each(&questions.usage) {
            let all = usage.answer(&question)?;
            let more = foreign(&all).into_iter().filter(|of| !bill.foreign.contains(of));
            let more: Vec<String> = more.collect();
            bill.foreign.extend(more);
            for row in dollars(all) {
                if let Some(used) = row.quantity {
                    let (cost, quantity) = sums.entry(row.key).or_default();
                    *cost += row.cost.approximate();
                    *quantity += used.approximate();
                }
            }
        }
        for (key, (cost, quantity)) in sums {
            let [account, usage_type] = &key[..] else {
                continue;
            };
            bill.rates.learn(account, usage_type, cost, quantity);
            bill.usage.push(Usage {
                account: account.clone(),
                usage_type: usage_type.clone(),
                cost,
                quantity,
            });
        }
        // The last week goes before the month: a price that changed has changed.
        let recent = Question {
            period: last(today, RATE_DAYS),
            ..questions.usage.clone()
        };
        for row in dollars(usage.answer(&recent)?) {
            if let ([account, usage_type], Some(quantity)) = (&row.key[..], row.quantity) {
                bill.rates.learn(
                    account,
                    usage_type,
                    row.cost.approximate(),
                    quantity.approximate(),
                );
            }
        }
        let mut by_day = questions.commitment.clone();
        by_day.by.push(Dimension::Day);
        bill.read_commitment(&dollars(commitment.answer(&by_day)?), questions.commitment.period);
        Ok(bill)
    }

    fn read_commitment(&mut self, rows: &[Row], period: Period) {
        let mut hours: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        let mut open: BTreeMap<&str, f64> = BTreeMap::new();
        for row in rows {
            let (Some(usage_type), Some(category)) = (row.key.first(), row.key.get(1)) else {
                continue;
            };
            if !usage_type.contains(MACHINE) {
                continue;
            }
            let (cost, quantity) = (
                row.cost.approximate(),
                row.quantity.map_or(0.0, |quantity| quantity.approximate()),
            );
            let committed = row.key.iter().skip(2).any(|pricing| pricing == COMMITTED);
            let (covered, whole) = hours.entry(usage_type).or_default();
            if COVERED.contains(&category.as_str()) || (category == "Usage" && committed) {
                *covered += quantity;
                *whole += quantity;
            } else if category == "Usage" {
                *whole += quantity;
                let day = row.key.last().map(String::as_str).unwrap_or_default();
                *open.entry(day).or_default() += cost;
            }
        }
        self.covered = hours
            .into_iter()
            .filter(|(_, (_, whole))| *whole > 0.0)
            .map(|(usage_type, (covered, whole))| (usage_type.to_owned(), (covered / whole).clamp(0.0, 1.0)))
            .collect();
        // A day without any is a day on which a commitment would have bought nothing.
        if open.len() == period.days() as usize {
            self.steady = Some(Steady {
                account: String::new(),
                least_a_day: open.into_values().fold(f64::INFINITY, f64::min),
            });
        }
    }

    /// Days from its last one to today.
    pub fn behind(&self, today: Date) -> i64 {
        let last = self.last.and_then(|last| Period::new(last, today));
        last.map_or(1, |behind| i64::from(behind.days()) - 1)
    }

    /// Takes what each resource cost over the same days, or over some of them.
    pub fn take_resources(&mut self, answer: Vec<Breakdown>) {
        for row in dollars(answer) {
            let [account, region, usage_type, resource, team @ ..] = &row.key[..] else {
                continue;
            };
            let (Some(quantity), false) = (row.quantity, resource.is_empty()) else {
                continue;
            };
            let region = if region.is_empty() {
                region_of(usage_type).unwrap_or_default().to_owned()
            } else {
                region.clone()
            };
            self.resources.push(Billed {
                place: Place {
                    account: account.clone(),
                    region,
                },
                usage_type: usage_type.clone(),
                resource: short(resource).to_owned(),
                team: team.first().filter(|team| !team.is_empty()).cloned(),
                cost: row.cost.approximate(),
                quantity: quantity.approximate(),
            });
        }
        self.resources.sort_by(|a, b| a.charge().cmp(&b.charge()));
        self.resources.dedup_by(|more, known| {
            let is_same = more.charge() == known.charge();
            if is_same {
                known.cost += more.cost;
                known.quantity += more.quantity;
            }
            is_same
        });
    }

    /// Share of the hours of an instance type that commitments pay for, over all accounts of the bill.
    pub fn covered(&self, place: &Place, instance_type: &str) -> f64 {
        let name = super::rate::usage_type(place, &format!("{MACHINE}{instance_type}"));
        name.and_then(|name| self.covered.get(&name))
            .copied()
            .unwrap_or(0.0)
    }

    /// An hour of an instance: the account's own rate, else the bill of this very one, else the list.
    /// Spot has no list.
    pub fn hourly(&self, place: &Place, id: &str, instance_type: &str, spot: bool) -> Option<Rate> {
        let listed = || super::family::listed(instance_type).filter(|_| !spot);
        self.rates
            .of_instance(place, instance_type, spot)
            .or_else(|| self.billed_hourly(id, spot))
            .or_else(listed)
    }

    fn billed_hourly(&self, id: &str, spot: bool) -> Option<Rate> {
        let of = self.resources.iter();
        let kind = super::rate::machine(spot);
        let rows = of.filter(|row| row.resource == id && row.usage_type.contains(kind));
        let (cost, hours) = rows.fold((0.0, 0.0), |(cost, hours), row| {
            (cost + row.cost, hours + row.quantity)
        });
        (cost > 0.0 && hours > 0.0).then(|| Rate {
            usd: cost / hours,
            source: super::PriceSource::Billed,
        })
    }

    /// What a resource cost in a month, as far as the bill names it.
    pub fn monthly(&self, resource: &str) -> Option<f64> {
        let rows = self.resources.iter().filter(|row| row.resource == resource);
        let cost: f64 = rows.map(|row| row.cost).sum();
        (cost > 0.0).then_some(self.window.month(cost))
    }
}

/// The currencies beside dollars.
pub fn foreign(answer: &[Breakdown]) -> Vec<String> {
    let charged = answer
        .iter()
        .filter(|of| of.currency != "USD" && !of.rows.is_empty());
    charged.map(|of| of.currency.clone()).collect()
}

fn dollars(answer: Vec<Breakdown>) -> Vec<Row> {
    let found = answer.into_iter().find(|breakdown| breakdown.currency == "USD");
    found.map(|breakdown| breakdown.rows).unwrap_or_default()
}

/// The id that EC2 and CloudWatch Logs use, out of the ARN that bills use; a load balancer is known by its ARN.
fn short(resource: &str) -> &str {
    if let Some((_, name)) = resource.split_once(":log-group:") {
        return name.trim_end_matches(":*");
    }
    match resource.strip_prefix("arn:aws:ec2:") {
        Some(rest) => rest.rsplit('/').next().unwrap_or(rest),
        None => resource,
    }
}
