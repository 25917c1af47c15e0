//! Hourly prices of machines by the rates of their types, as Cost Explorer was paid for them before: out of its answers for
//! the month of the incident, else for the month nearest to it, and the list of the fleet, all as they lie on this machine.
//! Nobody is asked.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::audit::Target;
use crate::cost::advice::{Place, Rates};
use crate::cost::{Dataset, Dimension, Period, Shelf, Slice};
use crate::fleet::{self, Node};

/// Months before and after that of an incident whose rates are taken for its own: prices stay for years, discounts change.
const NEAR: i32 = 3;

/// US dollars an hour by id, of the machines whose rate is known, and the month whose rates these are.
#[derive(Debug, Default)]
pub struct Hourly {
    pub usd: BTreeMap<String, f64>,
    pub of: Option<Period>,
    /// Whether the type of any machine is known.
    pub is_listed: bool,
}

pub fn hourly(cache_dir: &Path, on: Date, touched: &[Target]) -> Hourly {
    let saved = fleet::load(cache_dir).ok().flatten();
    let nodes = saved.map_or(Vec::new(), |saved| saved.nodes);
    let ids = touched.iter().filter_map(|target| target.id.as_deref());
    let machines: Vec<&Node> = ids
        .filter_map(|id| nodes.iter().find(|node| node.id.0 == id))
        .filter(|node| node.instance_type.is_some())
        .collect();
    let none = Hourly {
        is_listed: !machines.is_empty(),
        ..Hourly::default()
    };
    let first = on.first_of_month();
    // The nearest first, and of two as near the earlier.
    let near = (0..=NEAR).flat_map(|by| [-by, by].into_iter().take(if by == 0 { 1 } else { 2 }));
    let months = near.map(|by| Period::month_of(first.saturating_add(by.months())));
    let found = months.map(|month| (month, known(&machines, &rates(cache_dir, month))));
    let found = found.into_iter().find(|(_, usd)| !usd.is_empty());
    found.map_or(none, |(month, usd)| Hourly {
        usd,
        of: Some(month),
        is_listed: true,
    })
}

fn known(machines: &[&Node], rates: &Rates) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    for node in machines {
        let place = Place {
            account: node.account.clone(),
            region: node.region.clone(),
        };
        let kind = node.instance_type.as_deref();
        if let Some(rate) = kind.and_then(|kind| rates.of_instance(&place, kind, node.spot)) {
            found.insert(node.id.0.clone(), rate.usd);
        }
    }
    found
}

/// What each usage type cost an hour in a month, by every payer whose answers are kept.
fn rates(cache_dir: &Path, month: Period) -> Rates {
    let mut rates = Rates::default();
    let mut payers: Vec<String> = std::fs::read_dir(cache_dir.join("costs"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    payers.sort();
    for payer in payers {
        for first in [Dimension::Service, Dimension::Account] {
            let Ok(dataset) = Dataset::for_dimensions(&[first.clone(), Dimension::UsageType]) else {
                continue;
            };
            let Some(kept) = Shelf::new(cache_dir, &payer).month(&Slice::from(dataset), month) else {
                continue;
            };
            let mut sums: BTreeMap<(String, String), (f64, f64)> = BTreeMap::new();
            for row in &kept.rows {
                let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
                let (Some(cost), Some(quantity)) = (number(&row.amortized), number(&row.quantity)) else {
                    continue;
                };
                // Which of the two keys is the account depends on how the pair is sorted.
                let usage = row
                    .keys
                    .iter()
                    .find(|key| key.contains("BoxUsage:") || key.contains("SpotUsage:"));
                let Some(usage) = usage else { continue };
                let account = match first {
                    Dimension::Account => row.keys.iter().find(|key| *key != usage).cloned(),
                    _ => None,
                };
                let sum = sums
                    .entry((account.unwrap_or_default(), usage.clone()))
                    .or_default();
                sum.0 += cost;
                sum.1 += quantity;
            }
            for ((account, usage), (cost, quantity)) in sums {
                rates.learn(&account, &usage, cost, quantity);
            }
        }
    }
    rates
}
