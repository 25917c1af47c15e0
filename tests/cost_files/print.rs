//! What is made of costs to be shown to others: pictures, the digest of a week, and what one unit costs. Their figures are
//! those of `breakdown`.

use std::fmt::Write;

use serde_json::Value;

use crate::command::Home;

/// Twelve weeks from Monday, 2 March: two teams and what has none, with a spike of `search` in the eleventh week.
fn home() -> Home {
    let home = Home::new();
    let mut csv = String::from(
        "ChargePeriodStart,BillingPeriodStart,BillingCurrency,BilledCost,EffectiveCost,ListCost,ConsumedQuantity,ServiceName,\
         SubAccountId,RegionId,ChargeCategory,x_UsageType,Tags\n",
    );
    let first: jiff::civil::Date = "2026-03-02".parse().unwrap();
    for nth in 0..84_i32 {
        let day = first.saturating_add(jiff::Span::new().days(nth));
        let month = day.first_of_month();
        let spike = if (72..74).contains(&nth) { 6.0 } else { 1.0 };
        let noise = f64::from(nth * 37 % 11) / 10.0;
        for (team, service, usage_type, cost) in [
            ("pay", "Compute", "Box", 40.0 + noise),
            ("search", "Gateway", "Bytes", (25.0 + noise) * spike),
            ("", "Storage", "Disk", 10.25),
        ] {
            let tags = if team.is_empty() {
                "{}".to_owned()
            } else {
                format!(r#""{{""team"":""{team}""}}""#)
            };
            let hours = cost * 2.0;
            writeln!(csv, "{day},{month},USD,{cost},{cost},{cost},{hours},{service},1111,eu-west-1,Usage,{usage_type},{tags}")
                .unwrap();
        }
    }
    std::fs::write(home.path().join("weeks.csv"), csv).unwrap();
    home.json(&["import", "weeks.csv"]);
    home
}

/// Amounts with two digits behind the point, thousands apart, as pictures and pages have them.
fn grouped(amount: &str) -> String {
    quarterdeck::cost::Amount::parse(amount)
        .unwrap()
        .amount
        .grouped(2)
}

const SPAN: [&str; 4] = ["--from", "2026-04-01", "--to", "2026-05-01"];

#[test]
fn the_figures_of_every_picture_are_those_of_the_breakdown() {
    let home = home();
    let truth = home.json(&[&["breakdown"][..], &SPAN].concat());
    let total = truth["total"].as_str().unwrap();
    for view in ["bars", "treemap", "calendar", "waterfall", "table"] {
        let args = [&["picture", "--view", view, "--output", "p.svg"][..], &SPAN].concat();
        let told = home.json(&args);
        assert_eq!(told["total"], truth["total"], "{view}");
        let svg = std::fs::read_to_string(home.path().join("p.svg")).unwrap();
        assert!(
            svg.contains(&format!("{} USD from 2026-04-01 to 2026-04-30", grouped(total))),
            "{view}: {svg}"
        );
        if ["treemap", "table"].contains(&view) {
            for row in truth["rows"].as_array().unwrap() {
                assert!(
                    svg.contains(&grouped(row["cost"].as_str().unwrap())),
                    "{view} {row}"
                );
            }
        }
    }
    let bars = home.json(&[&["picture", "--view", "bars", "--output", "p.png"][..], &SPAN].concat());
    let days = bars["figures"]["days"].as_array().unwrap();
    let sum: f64 = days
        .iter()
        .flat_map(|day| day["costs"].as_array().unwrap())
        .map(|cost| cost.as_str().unwrap().parse::<f64>().unwrap())
        .sum();
    assert!((sum - total.parse::<f64>().unwrap()).abs() < 1e-6 && days.len() == 30);
    assert!(
        std::fs::read(home.path().join("p.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
}

#[test]
fn the_changes_of_a_waterfall_are_the_drivers() {
    let home = home();
    let by = ["--by", "service", "--from", "2026-05-11", "--to", "2026-05-18"];
    let drivers = home.json(&[&["drivers"][..], &by].concat());
    let picture = home.json(&[&["picture", "--view", "waterfall", "--output", "w.svg"][..], &by].concat());
    assert_eq!(picture["figures"]["before"], drivers["previous"]["cost"]);
    let changes = |of: &Value| -> Vec<(Value, Value)> {
        let rows = of.as_array().unwrap().iter();
        rows.map(|row| (row["key"].clone(), row["change"].clone()))
            .collect()
    };
    assert_eq!(changes(&picture["figures"]["rows"]), changes(&drivers["rows"]));
    assert!(!changes(&drivers["rows"]).is_empty());
}

#[test]
fn pictures_that_compare_hold_the_days_of_the_headline_against_the_same() {
    let home = home();
    let summary = home.json(&["summary"]);
    let ends = |of: &Value| [of["from"].clone(), of["to"].clone()];
    for view in ["treemap", "waterfall"] {
        let told = home.json(&["picture", "--view", view, "--output", "p.svg", "--size", "60x24"]);
        assert_eq!(ends(&told), ends(&summary["current"]), "{view}");
        assert_eq!(ends(&told["against"]), ends(&summary["previous"]), "{view}");
        assert_eq!(told["total"], summary["current"]["cost"], "{view}");
        let svg = std::fs::read_to_string(home.path().join("p.svg")).unwrap();
        for day in ["2026-05-01", "2026-05-24", "2026-04-01", "2026-04-24"] {
            assert!(svg.contains(day), "{view} {day}: {svg}");
        }
    }
    let april = [
        &["picture", "--view", "treemap", "--output", "p.svg"][..],
        &SPAN,
        &["--against", "2026-03-02..2026-04-01"],
    ];
    let told = home.json(&april.concat());
    assert_eq!(ends(&told["against"]), ["2026-03-02", "2026-04-01"]);
    // March has no first day: nothing is known whole that a colour could compare with.
    let told = home.json(&april[..2].concat());
    assert!(told["against"].is_null(), "{told}");
    let svg = std::fs::read_to_string(home.path().join("p.svg")).unwrap();
    assert!(svg.contains("Mar 2026 is not known whole"), "{svg}");
}

/// A service from the first day of September to a last one.
fn daily(service: &str, last: &str) -> String {
    let first: jiff::civil::Date = "2026-09-01".parse().unwrap();
    let days = first.series(jiff::Span::new().days(1));
    let days = days.take_while(|day| *day <= last.parse().unwrap());
    let mut csv = String::from("ChargePeriodStart,BilledCost,ServiceName,SubAccountId,ResourceId\n");
    days.for_each(|day| writeln!(csv, "{day},1,{service},1,of-{service}").unwrap());
    csv
}

#[test]
fn a_treemap_is_coloured_where_both_its_periods_are_known_and_no_other() {
    let treemap = [
        "picture", "--view", "treemap", "--output", "p.svg", "--by", "resource",
    ];
    let home = Home::new();
    std::fs::write(home.path().join("rest.csv"), daily("S3", "2026-10-31")).unwrap();
    home.json(&["import", "rest.csv"]);
    let told = home.json(&treemap);
    assert_eq!(told["figures"][0]["before"], "30", "{told}");
    std::fs::write(home.path().join("machines.csv"), daily("EC2", "2026-09-30")).unwrap();
    home.json(&["import", "machines.csv"]);
    let told = home.json(&treemap);
    assert!(told["against"].is_null(), "{told}");
    let svg = std::fs::read_to_string(home.path().join("p.svg")).unwrap();
    assert!(svg.contains("Oct 2026 is not known whole"), "{svg}");
}

#[test]
fn a_picture_of_refunds_alone_draws_them_and_says_so() {
    let home = Home::new();
    let mut csv = String::from("ChargePeriodStart,BillingCurrency,BilledCost,ServiceName\n");
    for nth in 1..=30 {
        writeln!(csv, "2026-04-{nth:02},USD,-{},Compute", nth * 10).unwrap();
        writeln!(csv, "2026-04-{nth:02},USD,-100,Storage").unwrap();
    }
    std::fs::write(home.path().join("refunds.csv"), csv).unwrap();
    home.json(&["import", "refunds.csv"]);
    for (view, wanted) in [
        ("bars", &["credits, below zero", "-400"][..]),
        ("calendar", &["more credits", "to -"]),
        ("treemap", &["all of it is credits", "-4,650.00", "-3,000.00"]),
        ("waterfall", &["-7,650.00"]),
        ("table", &["-7,650.00"]),
    ] {
        let against = ["--against", "2026-04-01..2026-04-16"];
        let args = [&["picture", "--view", view, "--output", "p.svg"][..], &against].concat();
        let told = home.json(&args);
        assert_eq!(told["total"], "-7650", "{view}");
        let svg = std::fs::read_to_string(home.path().join("p.svg")).unwrap();
        for text in wanted {
            assert!(svg.contains(text), "{view} {text}: {svg}");
        }
    }
}

#[test]
fn a_picture_that_cannot_be_written_says_why() {
    let home = home();
    for (args, code, says) in [
        (&["picture", "--output", "a.gif"][..], 2, "neither .svg nor .png"),
        (
            &["picture", "--output", "no/such/a.svg"],
            1,
            "cannot write no/such/a.svg",
        ),
        (
            &["picture", "--output", "a.svg", "--theme", "plaid"],
            2,
            "no theme is called",
        ),
        (&["picture", "--output", "a.svg", "--size", "4x4"], 2, "from 40x8"),
        (
            &[
                "picture",
                "--output",
                "a.svg",
                "--from",
                "2020-01-01",
                "--to",
                "2020-02-01",
            ],
            1,
            "nothing imported",
        ),
    ] {
        let (got, out, err) = home.qd(args);
        assert!(
            got == code && out.is_empty() && err.contains(says),
            "{args:?}: {got} {err}"
        );
    }
}

#[test]
fn the_digest_of_a_week_adds_up_and_explains_what_was_unusual() {
    let home = home();
    let digest = home.json(&["digest", "--week", "2026-W20"]);
    let week = ["--from", "2026-05-11", "--to", "2026-05-18"];
    let truth = home.json(&[&["breakdown", "--by", "tag:team"][..], &week].concat());
    assert_eq!(
        (&digest["cost"], &digest["complete"]),
        (&truth["total"], &Value::Bool(true))
    );
    for row in truth["rows"].as_array().unwrap() {
        let teams = digest["teams"].as_array().unwrap();
        let team = teams.iter().find(|team| team["name"] == row["key"][0]).unwrap();
        assert_eq!(team["cost"], row["cost"]);
        let unusual = team["anomalies"].as_array().unwrap();
        assert_eq!(!unusual.is_empty(), team["name"] == "search", "{team}");
    }
    let (code, out, err) = home.qd(&["digest", "--week", "2026-W20"]);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.starts_with("# Costs of week 2026-W20 (May 11–17), by tag:team\n"),
        "{out}"
    );
    assert!(
        out.contains("- Unusual: ") && out.contains("usage type Bytes"),
        "{out}"
    );
    assert!(out.contains("- Not in this digest: what could be saved"), "{out}");
    let (code, out, _) = home.qd(&["digest", "--output", "week.md"]);
    assert!(code == 0 && out.is_empty());
    let page = std::fs::read_to_string(home.path().join("week.md")).unwrap();
    assert!(
        page.starts_with("# Costs of week 2026-W21 (May 18–24)"),
        "the last one imported: {page}"
    );
    let (code, out, err) = home.qd(&["digest", "--week", "2026-W08"]);
    assert_eq!(
        (code, out.as_str()),
        (1, ""),
        "a week that nobody knows is no week of nothing: {err}"
    );
    assert!(
        err.contains("is not imported") && err.contains("from 2026-03-02 to 2026-05-24, both included"),
        "{err}"
    );
    for (args, says) in [
        (&["digest", "--week", "2026-W99"][..], "is no week"),
        (&["digest", "--by", "day"], "not days"),
    ] {
        let (code, _, err) = home.qd(args);
        assert!(code == 2 && err.contains(says), "{err}");
    }
}

#[test]
fn one_unit_costs_what_its_days_cost() {
    let home = home();
    let mut counts = String::from("day,orders\n");
    let first: jiff::civil::Date = "2026-04-01".parse().unwrap();
    for nth in (0..30).filter(|nth| *nth != 4) {
        let day = first.saturating_add(jiff::Span::new().days(nth));
        writeln!(counts, "{day},100").unwrap();
    }
    let dir = home.path().join(".config/quarterdeck");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("orders.csv"), counts).unwrap();
    let config = "[costs.units.orders]\ncsv = \"orders.csv\"\nfilter = \"tag.team:pay\"\n[costs.units.sessions]\ncount = \"sessions\"\n";
    std::fs::write(dir.join("config.toml"), config).unwrap();
    let args = ["units", "orders", "--granularity", "month"];
    let told = home.json(&[&args[..], &SPAN].concat());
    let row = &told["rows"][0];
    let truth = home.json(
        &[
            &["breakdown", "--by", "day", "--filter", "tag.team:pay"][..],
            &SPAN,
        ]
        .concat(),
    );
    let days = truth["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["key"][0] != "2026-04-05");
    let cost: f64 = days
        .map(|row| row["cost"].as_str().unwrap().parse::<f64>().unwrap())
        .sum();
    assert_eq!(
        (&row["days"], &row["known_days"], &row["count"]),
        (&30.into(), &29.into(), &"2900".into())
    );
    assert!((row["cost"].as_str().unwrap().parse::<f64>().unwrap() - cost).abs() < 1e-9);
    assert!((row["each"].as_str().unwrap().parse::<f64>().unwrap() - cost / 2900.0).abs() < 1e-9);
    assert!(told["says"].as_str().unwrap().contains("as before"), "{told}");
    let (code, out, err) = home.qd(&[&["units", "orders"][..], &SPAN].concat());
    assert!(
        code == 0 && out.contains("0 of 1 days") && err.contains("orders: "),
        "{out}{err}"
    );
    let (code, _, err) = home.qd(&["units", "sessions"]);
    assert!(code == 0 && err.contains("no day of"), "{err}");
    let (code, _, err) = home.qd(&["units", "users"]);
    assert!(code == 2 && err.contains("there is orders, sessions"), "{err}");
    std::fs::write(dir.join("orders.csv"), "2026-04-01,12\nnever,1\n").unwrap();
    let (code, out, err) = home.qd(&["units", "orders"]);
    assert!(
        code == 1 && out.is_empty() && err.contains("orders.csv: row 2: \"never\" is no day"),
        "{err}"
    );
}

#[test]
fn no_charge_is_said_and_is_not_a_bill_of_nothing() {
    let home = home();
    let (code, out, err) = home.qd(&["breakdown", "--filter", "service:Nonesuch"]);
    assert!(
        code == 1 && out.is_empty() && err.contains("matches the filter"),
        "{out}{err}"
    );
}
