//! Accounts whose bill comes another way from some month on: from reports to FOCUS, and in a file that each month is written
//! over.

use std::fmt::Write;

use serde_json::Value;

use crate::command::Home;

/// Days of a month.
fn days(month: &str) -> impl Iterator<Item = jiff::civil::Date> {
    let first: jiff::civil::Date = format!("{month}-01").parse().unwrap();
    let days = first.series(jiff::Span::new().days(1));
    days.take_while(move |day| day.month() == first.month())
}

/// Machines for 200 and storage for 20 a day, as a report tells them: one service by its code alone.
fn report(months: &[&str]) -> String {
    let mut text = String::from(
        "line_item_usage_start_date,line_item_unblended_cost,line_item_line_item_type,line_item_product_code,\
         product_product_name,line_item_usage_account_id,line_item_usage_type,line_item_usage_amount,line_item_resource_id\n",
    );
    for day in months.iter().flat_map(|month| days(month)) {
        writeln!(text, "{day},200,Usage,AmazonEC2,,1111,BoxUsage,10,i-1").unwrap();
        let storage = "AmazonS3,Amazon Simple Storage Service,1111,TimedStorage,5,bucket";
        writeln!(text, "{day},20,Usage,{storage}").unwrap();
    }
    text
}

/// The same as FOCUS tells it.
fn focus(month: &str) -> String {
    let mut text = String::from(
        "ChargePeriodStart,BillingPeriodStart,BilledCost,EffectiveCost,ChargeCategory,ServiceName,SubAccountId,x_UsageType,\
         ConsumedQuantity,ResourceId\n",
    );
    for day in days(month) {
        let machines = "Amazon Elastic Compute Cloud,1111,BoxUsage,10,i-1";
        writeln!(text, "{day},{month}-01,200,200,Usage,{machines}").unwrap();
        let storage = "Amazon Simple Storage Service,1111,TimedStorage,5,bucket";
        writeln!(text, "{day},{month}-01,20,20,Usage,{storage}").unwrap();
    }
    text
}

#[test]
fn a_service_is_the_same_when_its_account_goes_from_reports_to_focus() {
    let home = Home::new();
    let import = |name: &str, text: String| {
        std::fs::write(home.path().join(name), text).unwrap();
        home.json(&["import", name])
    };
    import("report.csv", report(&["2026-08", "2026-09"]));
    let alone = home.json(&["breakdown"]);
    assert_eq!(alone["rows"][0]["key"][0], "AmazonEC2", "nothing else names it");
    import("focus.csv", focus("2026-10"));
    let rows = |args: &[&str]| -> Vec<(String, String)> {
        let rows = home.json(args)["rows"].as_array().unwrap().clone();
        let text = |of: &Value| of.as_str().unwrap().to_owned();
        rows.iter()
            .map(|row| (text(&row["key"][0]), text(&row["cost"])))
            .collect()
    };
    let both = [
        ("Amazon Elastic Compute Cloud".to_owned(), "18400".to_owned()),
        ("Amazon Simple Storage Service".to_owned(), "1840".to_owned()),
    ];
    assert_eq!(rows(&["breakdown"]), both);
    // Whoever knows it by its code still finds it, in cells and in the files.
    for name in ["AmazonEC2", "Amazon Elastic Compute Cloud", "*EC2"] {
        let filter = format!("service:\"{name}\"");
        assert_eq!(rows(&["breakdown", "--filter", &filter]), both[..1], "{name}");
        let of = rows(&["breakdown", "--by", "resource", "--filter", &filter]);
        assert_eq!(of, [("i-1".to_owned(), "18400".to_owned())], "{name}");
        let left_out = format!("-service:\"{name}\"");
        assert_eq!(rows(&["breakdown", "--filter", &left_out]), both[1..], "{name}");
    }
    assert_eq!(rows(&["breakdown", "--by", "service,resource"]), both);
    let (code, out, err) = home.qd(&["drivers", "--from", "2026-10-01", "--to", "2026-11-01"]);
    assert!(
        code == 0 && !out.contains("new") && !out.contains("gone"),
        "{out}"
    );
    assert!(err.contains("each is under one name here"), "{err}");
    let changes = home.json(&["drivers", "--from", "2026-10-01", "--to", "2026-11-01"]);
    let rows = changes["rows"].as_array().unwrap().len();
    assert_eq!(rows, 2, "a day more of each: {changes}");
    let (code, out, err) = home.qd(&["anomalies", "--from", "2026-09-15"]);
    assert!(
        code == 0 && !out.contains("Compute") && !out.contains("EC2"),
        "{out}{err}"
    );
    let end = home.json(&["forecast", "--filter", "service:AmazonEC2"]);
    assert!(end["mean"].as_str().unwrap().starts_with("6"), "{end}");
}

#[test]
fn resources_of_a_file_that_is_written_over_each_month_are_those_of_the_days_it_still_has() {
    let home = Home::new();
    for month in ["2026-09", "2026-10"] {
        std::fs::write(home.path().join("focus.csv"), focus(month)).unwrap();
        home.json(&["import", "focus.csv"]);
    }
    let by = ["breakdown", "--by", "resource"];
    let (code, out, err) = home.qd(&by);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    for says in [
        "focus.csv: the file has changed since it was imported: it was of the bill of Sep 2026, and is of that of Oct 2026 now",
        "choose days from 2026-10-01 to 2026-10-31",
    ] {
        assert!(err.contains(says), "{err}");
    }
    assert!(!err.contains("import it"), "that never helps: {err}");
    let told = home.json(&[&by[..], &["--from", "2026-10-01"]].concat());
    assert_eq!(told["total"], "6820");
    let treemap = [
        "picture", "--view", "treemap", "--output", "p.svg", "--by", "resource",
    ];
    let (code, _, err) = home.qd(&treemap);
    assert!(code == 0 && err.contains("no colour says a change"), "{err}");
    assert!(
        err.contains("of the bill of Sep 2026") && !err.contains("not known whole"),
        "{err}"
    );
    let svg = std::fs::read_to_string(home.path().join("p.svg")).unwrap();
    assert!(
        svg.contains("no colour says a change") && !svg.contains("not known whole"),
        "{svg}"
    );
    // Until the file is taken in again, importing it is what helps.
    std::fs::write(home.path().join("focus.csv"), focus("2026-11")).unwrap();
    let (_, _, err) = home.qd(&[&by[..], &["--from", "2026-10-01"]].concat());
    assert!(
        err.contains("has changed since") && err.contains("import it again"),
        "{err}"
    );
}
