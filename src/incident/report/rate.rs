//! Hourly prices of machines by the rates of their types, as Cost Explorer was paid for them before: out of its answers for
//! the month of the incident and the list of the fleet, both as they lie on this machine. Nobody is asked.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use crate::audit::Target;
use crate::cost::advice::{Place, Rates};
use crate::cost::{Dataset, Dimension, Period, Shelf, Slice};
use crate::fleet;

/// US dollars an hour by id, of the machines whose rate is known.
pub fn hourly(cache_dir: &Path, month_of: Date, touched: &[Target]) -> BTreeMap<String, f64> {
    let Ok(Some(saved)) = fleet::load(cache_dir) else {
        return BTreeMap::new();
    };
    let rates = rates(cache_dir, Period::month_of(month_of));
    let mut found = BTreeMap::new();
    for id in touched.iter().filter_map(|target| target.id.as_deref()) {
        let Some(node) = saved.nodes.iter().find(|node| node.id.0 == id) else {
            continue;
        };
        let place = Place {
            account: node.account.clone(),
            region: node.region.clone(),
        };
        let kind = node.instance_type.as_deref();
        if let Some(rate) = kind.and_then(|kind| rates.of_instance(&place, kind, node.spot)) {
            found.insert(id.to_owned(), rate.usd);
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
