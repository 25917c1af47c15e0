//! Four reserved cache nodes: their hours cost nothing when they are used, a fee comes on the first of each month,
//! and amortized both are the same money. There are fewer nodes on Sundays, so a part is never used.

use std::collections::BTreeMap;

use super::{Amount, Draft, Line, Record, usage_type};

/// Nodes that are reserved, and the price of an hour of one.
pub const NODES: i32 = 4;
pub const HOURLY: f64 = 0.13;
/// The same hour on demand.
pub const ON_DEMAND: f64 = 0.206;
pub const SERVICE: &str = "Amazon ElastiCache";
/// Nodes that run on a Sunday.
const ON_SUNDAYS: i32 = 3;

pub(super) fn write(draft: &mut Draft, regions: &[String]) {
    let Some(region) = regions.first() else { return };
    let used = draft.add(line(region, "NodeUsage:cache.r6g.xlarge", Record::Discounted));
    let fee = draft.add(line(
        region,
        "HeavyUsage:cache.r6g.xlarge",
        Record::ReservationFee,
    ));
    for day in draft.days().collect::<Vec<_>>() {
        let sunday = day.date.weekday() == jiff::civil::Weekday::Sunday;
        let nodes = if sunday { ON_SUNDAYS } else { NODES };
        let hours = |nodes: i32| f64::from(nodes) * 24.0 * day.share;
        let money = |nodes: i32| Amount::from_dollars(hours(nodes) * HOURLY);
        draft.cell(
            used,
            day,
            Amount::ZERO,
            money(nodes),
            Amount::from_dollars(hours(nodes)),
        );
        let unused = money(NODES) - money(nodes);
        let billed = match day.date.day() {
            1 => Amount::from_dollars(f64::from(NODES) * 24.0 * HOURLY)
                .times(i64::from(day.date.days_in_month())),
            _ => Amount::ZERO,
        };
        draft.cell(fee, day, billed, unused, Amount::ZERO);
    }
}

fn line(region: &str, usage: &str, record: Record) -> Line {
    Line {
        account: 0,
        service: SERVICE,
        usage_type: usage_type(region, usage),
        operation: "CreateCacheCluster:0002",
        region: Some(region.to_owned()),
        record,
        instance_type: Some("cache.r6g.xlarge".to_owned()),
        platform: None,
        tags: BTreeMap::from([("team".to_owned(), "platform".to_owned())]),
        resources: Vec::new(),
        unit: "Hrs",
        net_per_mille: 1000,
        normalized: 8,
    }
}
