//! What a line names together is together on the bill, from files and from the lists of Cost Explorer alike.

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::super::judge::found;
use super::super::{Anomaly, Survey};
use super::*;
use crate::aws::CostRow;
use crate::cost::band::Setting;
use crate::cost::{Amount, Breakdown, Dataset, Filter, Lens, Period, Question, Row};

const FIRST: Date = date(2026, 1, 5);
const DAYS: i64 = 100;
/// The day on which something begins to cost more.
const LEAP: i64 = 80;

/// Service, account, region, usage type.
type Charge = ([&'static str; 4], f64);

const EC2: [&str; 4] = ["EC2", "111", "us", "BoxUsage"];
const TOKENS: [&str; 4] = ["Bedrock", "444", "us", "tokens"];

fn axes() -> Vec<Dimension> {
    use Dimension::{Account, Category, Region, Service, UsageType};
    vec![Service, Account, Region, UsageType, Category]
}

/// Everything together, as files have it.
fn files(charges: &impl Fn(i64) -> Vec<Charge>) -> Cube {
    let row = |nth: i64, ([service, account, region, usage_type], cost): Charge| Row {
        key: [
            service,
            account,
            region,
            usage_type,
            "Usage",
            &(FIRST + nth.days()).to_string(),
        ]
        .map(str::to_owned)
        .to_vec(),
        cost: Amount::whole(cost as i64),
        quantity: None,
    };
    let rows = (0..DAYS).flat_map(|nth| charges(nth).into_iter().map(move |charge| row(nth, charge)));
    let question = Question {
        period: Period::new(FIRST, FIRST + DAYS.days()).unwrap(),
        by: axes().into_iter().chain([Dimension::Day]).collect(),
        lens: Lens::Amortized,
        filter: Filter::default(),
    };
    let breakdown = Breakdown::of("USD".into(), &question, true, rows.collect());
    let known = (0..DAYS).map(|nth| (FIRST + nth.days(), false)).collect();
    Cube::of_rows(&axes(), Lens::Amortized, &[breakdown], known).unwrap()
}

/// Services by a second dimension, as Cost Explorer has it.
fn list(second: Dimension, at: Option<usize>, charges: &impl Fn(i64) -> Vec<Charge>) -> Cube {
    let mut cube = Cube::new(Dataset::for_dimensions(&[Dimension::Service, second]).unwrap());
    let swap = cube.dataset.first != Dimension::Service;
    let mut rows = Vec::new();
    for nth in 0..DAYS {
        for (place, cost) in charges(nth) {
            let mut keys = vec![place[0].to_owned(), at.map_or("Usage", |at| place[at]).to_owned()];
            if swap {
                keys.reverse();
            }
            rows.push(CostRow {
                from: FIRST + nth.days(),
                estimated: false,
                keys,
                unblended: None,
                amortized: Some(cost.to_string()),
                net_amortized: None,
                quantity: None,
                currency: Some("USD".into()),
            });
        }
    }
    cube.extend(&rows).unwrap();
    cube
}

/// What the anomaly of a key that begins on the leap is made of: by files, and by Cost Explorer.
fn explained(key: &[&str], charges: impl Fn(i64) -> Vec<Charge>) -> [Vec<String>; 2] {
    let cube = files(&charges);
    let [services, accounts, regions, types] = [
        (Dimension::Category, None),
        (Dimension::Account, Some(1)),
        (Dimension::Region, Some(2)),
        (Dimension::UsageType, Some(3)),
    ]
    .map(|(second, at)| list(second, at, &charges));
    let whole = [&cube; 4];
    let lists = [&services, &accounts, &regions, &types];
    [whole, lists].map(|[services, accounts, regions, usage_types]| {
        let causes = Causes {
            services,
            accounts,
            regions,
            usage_types,
            account_types: None,
        };
        let period = Period::new(FIRST, FIRST + DAYS.days()).unwrap();
        let survey = Survey::new(period, "").unwrap();
        let wanted = |anomaly: &Anomaly| anomaly.since == FIRST + LEAP.days() && anomaly.key == key;
        let mut judged = found(&survey, services, accounts, &Setting::default(), wanted).unwrap();
        judged.explain(&survey, causes).unwrap();
        let [told] = &judged.told[..] else {
            panic!("{judged:?}")
        };
        let says = |cause: &Cause| format!("{} {} {}", cause.dimension, cause.value, cause.says_share());
        told.causes.iter().map(says).collect()
    })
}

/// A database that goes to another account on a day, and tokens from the leap on.
fn moved(on: i64) -> impl Fn(i64) -> Vec<Charge> {
    move |nth| {
        let account = if nth < on { "444" } else { "777" };
        let mut charges = vec![(EC2, 100.0), (["RDS", account, "us", "InstanceUsage"], 50.0)];
        if nth >= LEAP {
            charges.push((TOKENS, 40.0));
        }
        charges
    }
}

#[test]
fn a_service_that_went_to_another_account_before_is_no_part_of_a_rise() {
    let wanted = ["usage type tokens 100 %", "region us 100 %", "account 444 100 %"];
    for on in [LEAP - 14, LEAP - 7, LEAP - 4, LEAP - 3, LEAP - 1] {
        for causes in explained(&[], moved(on)) {
            assert_eq!(causes, wanted, "{on}");
        }
    }
}

#[test]
fn a_monthly_charge_of_the_week_before_is_no_part_of_a_rise() {
    for due in [LEAP - 6, LEAP - 2] {
        let charges = |nth| {
            let mut charges = moved(LEAP - 7)(nth);
            if nth == due {
                charges.push((["Datadog", "444", "", "MP:usage"], 300.0));
            }
            charges
        };
        for causes in explained(&["Bedrock"], charges)
            .into_iter()
            .chain(explained(&[], charges))
        {
            assert_eq!(
                causes,
                ["usage type tokens 100 %", "region us 100 %", "account 444 100 %"],
                "{due}"
            );
        }
    }
}

#[test]
fn an_account_is_named_that_has_the_usage_type_and_not_the_one_that_moved_most() {
    // Of many small usage types one account has most, of the largest one another.
    let small = ["a", "b", "c", "d", "e", "f"].map(|usage_type| ["EC2", "222", "us", usage_type]);
    let charges = |nth| {
        let risen = |by: f64| 100.0 + if nth >= LEAP { by } else { 0.0 };
        let small = small.map(|place| (place, risen(11.0))).into_iter();
        small.chain([(EC2, risen(34.0))]).collect()
    };
    let [by_files, by_lists] = explained(&["EC2"], charges);
    assert_eq!(
        by_files,
        ["usage type BoxUsage 34 %", "region us 100 %", "account 111 34 %"]
    );
    assert_eq!(by_lists, ["usage type BoxUsage 34 %", "region us 100 %"]);
}
