//! A column that one export lacks and another has: its days are not known by that dimension, and are not nothing.

use crate::command::Home;

const COLUMNS: &str =
    "ChargePeriodStart,ChargePeriodEnd,BilledCost,EffectiveCost,BillingCurrency,ServiceName,SubAccountId";

/// October without the last columns, November up to the 20th with them, 100 a day.
fn home(columns: &str, values: &str) -> Home {
    let home = Home::new();
    let write = |month: u32, days: u32, columns: &str, values: &str| {
        let rows = (1..=days).map(|day| {
            let on = format!("2025-{month:02}-{day:02}");
            format!("{on}T00:00:00Z,{on}T23:59:59Z,100,100,USD,EC2,1{values}\n")
        });
        let text = format!("{COLUMNS}{columns}\n{}", rows.collect::<String>());
        let file = format!("bill-{month}.csv");
        std::fs::write(home.path().join(&file), text).unwrap();
        home.json(&["import", &file]);
    };
    write(10, 31, "", "");
    write(11, 20, columns, values);
    home
}

const NOVEMBER: [&str; 4] = ["--from", "2025-11-01", "--to", "2025-11-21"];

#[test]
fn days_without_a_column_are_no_base_for_a_filter() {
    for (columns, values, filter) in [
        (",RegionId", ",us-east-1", "region:us-east-1"),
        (",x_UsageType", ",BoxUsage", "usage_type:BoxUsage"),
        (",Tags", ",\"{\"\"team\"\":\"\"pay\"\"}\"", "tag.team:pay"),
        (
            ",x_CostCategories",
            ",\"{\"\"Product\"\":\"\"Shop\"\"}\"",
            "costcat.Product:Shop",
        ),
    ] {
        let home = home(columns, values);
        let says = format!("has no column {}", &columns[1..]);
        let summary = home.json(&["summary", "--filter", filter]);
        assert_eq!(summary["current"]["cost"], "2000", "{filter}: {summary}");
        assert_eq!(summary["previous"]["cost"], serde_json::Value::Null, "{filter}");
        for verb in ["summary", "forecast", "breakdown"] {
            let (code, out, err) = home.qd(&[verb, "--filter", filter]);
            assert!(code == 0 && err.contains(&says), "{verb} {filter}: {out}{err}");
            assert!(!out.contains("no base"), "{verb} {filter}: {out}");
        }
        let drivers = [&["drivers", "--filter", filter][..], &NOVEMBER].concat();
        let (code, out, err) = home.qd(&drivers);
        assert!(code == 1 && err.contains(&says), "{filter}: {out}{err}");
        // What is not asked by that dimension is known as before.
        let whole = home.json(&["summary"]);
        assert_eq!(whole["previous"]["cost"], "2000", "{filter}");
    }
}

#[test]
fn nothing_is_new_in_a_region_since_an_older_export_told_none() {
    let home = home(",RegionId", ",us-east-1");
    let (code, out, err) = home.qd(&[&["drivers", "--by", "region"][..], &NOVEMBER].concat());
    assert!(
        code == 1 && err.contains("has no column RegionId") && !out.contains("new"),
        "{out}{err}"
    );
    let (code, out, err) = home.qd(&[&["drivers", "--by", "service"][..], &NOVEMBER].concat());
    assert!(code == 0 && out.contains("2000.00"), "{out}{err}");
}

#[test]
fn a_filter_that_lets_nothing_through_has_no_forecast_no_digest_and_no_picture() {
    let home = home(",RegionId", ",us-east-1");
    for verb in [
        &["forecast"][..],
        &["digest", "--by", "service", "--no-moves", "--week", "2025-W46"],
        &["picture", "--by", "service", "--output", "out.svg"],
    ] {
        let (code, out, err) = home.qd(&[verb, &["--filter", "service:nothing"]].concat());
        assert!(
            code == 1 && err.contains("matches the filter") && !out.contains("0.00"),
            "{verb:?} {code}: {out}{err}"
        );
    }
}

#[test]
fn a_digest_of_older_files_says_which_days_are_not_imported() {
    let home = home(",RegionId", ",us-east-1");
    let digest = ["digest", "--by", "service", "--no-moves", "--week", "2025-W47"];
    let (code, out, err) = home.qd(&digest);
    assert!(
        code == 0 && out.contains("not imported, and left out of both weeks") && !out.contains("not over"),
        "{out}{err}"
    );
    let (code, out, err) = home.qd(&["summary", "--filter", "resource:i-1"]);
    assert!(
        code == 2 && err.contains("qd costs drivers") && !err.contains("split by"),
        "{out}{err}"
    );
}
