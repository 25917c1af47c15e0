//! Two exports of which one ends weeks before the other: what is judged then, and what is said of the rest.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::Value;

use crate::command::Home;

const FIRST: Date = date(2026, 6, 1);

/// A hundred a day of one account; what it is from a day on, five times as much.
fn export(home: &Home, name: &str, account: &str, days: i64, spike: i64) {
    let mut text =
        "ChargePeriodStart,BilledCost,EffectiveCost,BillingCurrency,SubAccountId,ServiceName,ChargeCategory\n".to_owned();
    for nth in 0..days {
        let day = FIRST.saturating_add(nth.days());
        let usual = 100.0 + (nth * 37 % 11) as f64 / 5.0;
        let cost = if nth >= spike { usual * 5.0 } else { usual };
        text += &format!("{day},{cost},{cost},USD,{account},Amazon Elastic Compute Cloud,Usage\n");
    }
    let file = format!("{name}.csv");
    std::fs::write(home.path().join(&file), text).unwrap();
    home.json(&["import", &file]);
}

#[test]
fn an_export_that_ends_early_leaves_what_it_never_billed_to_be_judged_and_is_named() {
    let home = Home::new();
    // To October 8 and to September 8.
    export(&home, "long", "1111", 130, 126);
    export(&home, "short", "2222", 100, 1000);
    let (code, out, err) = home.qd(&["anomalies"]);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("2026-10-05") && out.contains("Amazon Elastic Compute Cloud / 1111"),
        "{out}{err}"
    );
    assert!(!out.contains("total"), "nobody knows what everything cost\n{out}");
    assert!(
        err.contains("short ends Sep 8") && err.contains("only what short never billed is judged"),
        "{err}"
    );
    assert!(err.contains("is not judged: long ends Oct 8, 2026"), "{err}");
    let (_, out, _) = home.qd(&["anomalies", "--json"]);
    let lines: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let unjudged = lines.iter().filter(|line| line["judged"] == false);
    assert!(unjudged.count() == 2 && lines.len() > 2, "{out}");
}

#[test]
fn a_bill_of_fees_alone_is_not_judged_and_that_is_said() {
    let home = Home::new();
    let fees = (1..=30).map(|day| format!("2026-09-{day:02},5,5,USD,1111,Support,Fee\n"));
    let text =
        "ChargePeriodStart,BilledCost,EffectiveCost,BillingCurrency,SubAccountId,ServiceName,ChargeCategory\n".to_owned();
    std::fs::write(home.path().join("fees.csv"), text + &fees.collect::<String>()).unwrap();
    home.json(&["import", "fees.csv"]);
    let (code, out, err) = home.qd(&["anomalies"]);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(
        err.contains("nothing was judged") && err.contains("--by category"),
        "{err}"
    );
}

#[test]
fn a_dimension_is_named_once() {
    let home = Home::new();
    home.json(&["import", "bill.csv"]);
    for verb in ["breakdown", "drivers"] {
        let (code, out, err) = home.qd(&[verb, "--by", "service,service"]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains("service stands twice in --by"), "{err}");
    }
}
