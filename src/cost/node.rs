//! What an instance costs a day: by the bill of the resource where an export has it, else by the rate that its type was
//! billed at. What neither knows has no cost here, and no zero.

use std::collections::HashMap;

use jiff::Timestamp;

use super::advice::{Place, Rates};
use super::breakdown::Breakdown;

/// Hours that a running instance is billed a day.
const DAY_HOURS: f64 = 24.0;

/// An instance as far as its price depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    pub id: String,
    pub account: String,
    pub region: String,
    pub kind: Option<String>,
    pub spot: bool,
    pub running: bool,
}

/// A day of an instance, in the currency of its bill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeCost {
    pub a_day: f64,
    /// Billed for this very resource; otherwise the rate of its type, compute alone.
    pub billed: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeCosts {
    pub by_id: HashMap<String, NodeCost>,
    pub currency: String,
    /// What it was taken from, as a person says it.
    pub from: String,
    pub read_at: Option<Timestamp>,
}

impl NodeCosts {
    /// From breakdowns by resource over so many days: the one with the largest total.
    pub fn billed(breakdowns: &[Breakdown], days: u32, from: String, read_at: Timestamp) -> NodeCosts {
        let Some(main) = breakdowns.iter().max_by_key(|breakdown| breakdown.total) else {
            return NodeCosts::default();
        };
        let mut by_id: HashMap<String, NodeCost> = HashMap::new();
        for row in &main.rows {
            let Some(id) = row.key.first().and_then(|name| id_of(name)) else {
                continue;
            };
            let cost = by_id.entry(id.to_owned()).or_insert(NodeCost {
                a_day: 0.0,
                billed: true,
            });
            cost.a_day += row.cost.approximate() / f64::from(days.max(1));
        }
        NodeCosts {
            by_id,
            currency: main.currency.clone(),
            from,
            read_at: Some(read_at),
        }
    }

    /// From rates, for what runs.
    pub fn rated(machines: &[Machine], rates: &Rates, from: String, read_at: Timestamp) -> NodeCosts {
        let cost = |machine: &Machine| {
            let place = Place {
                account: machine.account.clone(),
                region: machine.region.clone(),
            };
            let rate = rates.of_instance(&place, machine.kind.as_deref()?, machine.spot)?;
            let cost = NodeCost {
                a_day: rate.usd * DAY_HOURS,
                billed: false,
            };
            Some((machine.id.clone(), cost))
        };
        NodeCosts {
            by_id: machines
                .iter()
                .filter(|machine| machine.running)
                .filter_map(cost)
                .collect(),
            currency: "USD".into(),
            from,
            read_at: Some(read_at),
        }
    }
}

/// The instance that a resource name is about: an ARN, or the id itself.
fn id_of(name: &str) -> Option<&str> {
    let id = name.rsplit(['/', ':']).next().unwrap_or(name);
    (id.starts_with("i-") || id.starts_with("mi-")).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Amount, Period, Row};

    fn machine(id: &str, kind: &str, running: bool) -> Machine {
        Machine {
            id: id.into(),
            account: "1".into(),
            region: "us-east-1".into(),
            kind: Some(kind.into()),
            spot: false,
            running,
        }
    }

    #[test]
    fn a_billed_resource_costs_its_days_and_others_are_absent() {
        let row = |name: &str, cost: &str| Row {
            key: vec![name.into()],
            cost: Amount::parse(cost).unwrap().amount,
            quantity: None,
        };
        let breakdown = Breakdown {
            currency: "EUR".into(),
            period: Period::month_of("2026-11-01".parse().unwrap()),
            complete: true,
            rows: vec![
                row("arn:aws:ec2:eu-west-1:1:instance/i-0a", "7"),
                row("i-0a", "7"),
                row("vol-1", "3"),
            ],
            total: Amount::whole(17),
            unknown: Vec::new(),
        };
        let costs = NodeCosts::billed(&[breakdown], 7, "a bill".into(), Timestamp::UNIX_EPOCH);
        assert_eq!(costs.by_id.len(), 1);
        assert_eq!(
            costs.by_id["i-0a"],
            NodeCost {
                a_day: 2.0,
                billed: true
            }
        );
        assert_eq!(costs.currency, "EUR");
    }

    #[test]
    fn a_rate_prices_what_runs_and_nothing_that_it_does_not_know() {
        let mut rates = Rates::default();
        rates.learn("", "BoxUsage:m5.large", 96.0, 1000.0);
        let machines = [
            machine("i-1", "m5.large", true),
            machine("i-2", "m5.large", false),
            machine("i-3", "x9.huge", true),
            Machine {
                spot: true,
                ..machine("i-4", "m5.large", true)
            },
        ];
        let costs = NodeCosts::rated(&machines, &rates, "rates".into(), Timestamp::UNIX_EPOCH);
        assert_eq!(costs.by_id.len(), 1);
        assert!((costs.by_id["i-1"].a_day - 2.304).abs() < 1e-9);
        rates.learn("", "SpotUsage:m5.large", 24.0, 1000.0);
        let costs = NodeCosts::rated(&machines, &rates, "rates".into(), Timestamp::UNIX_EPOCH);
        assert!((costs.by_id["i-4"].a_day - 0.576).abs() < 1e-9);
    }
}
