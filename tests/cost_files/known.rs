//! Months, days, currencies and rows of which imported files know nothing, as the command line tells them.

use quarterdeck::cost::Lens;
use serde_json::Value;

use crate::command::Home;
use crate::{Desk, ask};

/// A unit a day in these months, each its own bill; `from` leaves out the first days of the last one.
pub fn daily(months: &[&str], from: i8) -> String {
    let mut text =
        String::from("ChargePeriodStart,BillingPeriodStart,BilledCost,EffectiveCost,ServiceName\n");
    for (nth, month) in months.iter().enumerate() {
        let first: jiff::civil::Date = format!("{month}-01").parse().unwrap();
        let days = first.series(jiff::Span::new().days(1));
        let days = days.take_while(|day| day.month() == first.month());
        for day in days.filter(|day| nth + 1 < months.len() || day.day() >= from) {
            text += &format!("{day},{first},1,1,Compute\n");
        }
    }
    text
}

#[test]
fn a_month_that_was_never_imported_is_compared_with_nothing_and_is_not_nothing() {
    let home = Home::new();
    let import = |name: &str, text: String| {
        std::fs::write(home.path().join(name), text).unwrap();
        home.json(&["import", name])
    };
    import("bill.csv", daily(&["2026-08", "2026-10"], 1));
    let picture = ["picture", "--view", "waterfall", "--output", "x.svg"];
    for args in [&["drivers"][..], &["drivers", "--json"], &picture] {
        let (code, out, err) = home.qd(args);
        assert_eq!((code, out.as_str()), (1, ""), "{args:?} {err}");
        assert!(
            err.contains("Sep 2026 is not imported") && err.contains("--against"),
            "{err}"
        );
    }
    let august = ["drivers", "--against", "2026-08-01..2026-09-01"];
    let whole = home.json(&august);
    assert_eq!(
        (&whole["complete"], &whole["change"]),
        (&true.into(), &"0".into())
    );
    let digest = home.json(&["digest", "--no-moves", "--by", "service", "--week", "2026-W40"]);
    assert_eq!(digest["known_days"], 4, "its Thursday is the first of October");
    let week = ["digest", "--no-moves", "--by", "service", "--week", "2026-W40"];
    let (code, out, err) = home.qd(&week);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("nothing is known of Sep 21–27") && !out.contains("new"),
        "{out}"
    );
    assert!(
        digest["before"].is_null() && digest["teams"][0]["change"].is_null(),
        "{digest}"
    );
    // The half of it that is there is not taken for the whole.
    import("half.csv", daily(&["2026-09"], 15));
    let half = home.json(&["drivers"]);
    assert_eq!(
        (&half["complete"], &half["previous"]["known_days"]),
        (&false.into(), &16.into())
    );
    for part in ["change", "usage", "rate", "other"] {
        assert!(
            half[part].is_null() && half["rows"][0][part].is_null(),
            "{part}: {half}"
        );
    }
    let summary = home.json(&["summary"]);
    assert!(
        summary["change"].is_null() && summary["previous"]["known_days"] == 16,
        "{summary}"
    );
    let (_, out, err) = home.qd(&["drivers"]);
    assert!(out.contains("not known") && !out.contains('+'), "{out}");
    let picture = ["picture", "--view", "waterfall", "--output", "p.svg"];
    let drawn = home.json(&picture);
    assert!(drawn["figures"]["rows"][0]["change"].is_null(), "{drawn}");
    let svg = std::fs::read_to_string(home.path().join("p.svg")).unwrap();
    assert!(svg.contains("no step says what changed"), "{svg}");
    assert!(err.contains("only 16 of 30 days of Sep 2026 are known"), "{err}");
    assert!(!err.contains("estimates"), "{err}");
}

#[test]
fn a_month_that_one_of_two_exports_lacks_is_not_whole() {
    let home = Home::new();
    let bill = |account: &str, months: &[&str]| {
        let text = daily(months, 1).replace(",Compute", &format!(",Compute,{account}"));
        let text = text.replace("ServiceName", "ServiceName,SubAccountId");
        std::fs::write(home.path().join(format!("{account}.csv")), text).unwrap();
    };
    bill("one", &["2026-09", "2026-10"]);
    bill("two", &["2026-09"]);
    let imported = home.json(&["import", "one.csv", "two.csv"]);
    let gaps = serde_json::json!([
        { "export": "two", "from": "2026-10-01", "to": "2026-11-01", "currencies": null }
    ]);
    assert_eq!(imported["gaps"], gaps);
    let says = "two ends Sep 30: Oct 2026 is known of one alone";
    let october = ["breakdown", "--by", "account", "--from", "2026-10-01"];
    let answer = home.json(&october);
    assert_eq!(
        (&answer["complete"], &answer["total"], &answer["gaps"]),
        (&false.into(), &"31".into(), &gaps)
    );
    let (_, _, err) = home.qd(&october);
    assert!(err.contains(says) && err.contains("--source one"), "{err}");
    let summary = home.json(&["summary"]);
    assert_eq!(
        (&summary["complete"], &summary["current"]["known_days"]),
        (&false.into(), &0.into())
    );
    assert!(
        summary["change"].is_null() && summary["change_percent"].is_null(),
        "{summary}"
    );
    let (_, out, _) = home.qd(&["summary"]);
    assert!(
        out.contains("31.00 XXX  not compared with Sep 2026") && !out.contains('%'),
        "{out}"
    );
    let (code, out, err) = home.qd(&["drivers"]);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains(says), "{err}");
    // What is whole is named, and one export or several are as whole as they are.
    let alone = home.json(&["summary", "--source", "one"]);
    assert_eq!(
        (&alone["complete"], &alone["change"]),
        (&true.into(), &"1".into())
    );
    bill("three", &["2026-09", "2026-10"]);
    home.json(&["import", "three.csv"]);
    let both = home.json(&["summary", "--source", "one,three"]);
    assert_eq!(
        (&both["complete"], &both["current"]["cost"]),
        (&true.into(), &"62".into())
    );
    let (code, _, err) = home.qd(&["summary", "--source", "one,four"]);
    assert!(code == 2 && err.contains("\"four\""), "{err}");
}

#[test]
fn a_currency_whose_only_export_ended_is_not_known_and_the_others_are() {
    let home = Home::new();
    let import = |name: &str, text: String| {
        std::fs::write(home.path().join(name), text).unwrap();
        home.json(&["import", name])
    };
    let bill = |currency: &str, months: &[&str]| {
        let text = daily(months, 1).replace(",Compute", &format!(",Compute,one,{currency}"));
        text.replace("ServiceName", "ServiceName,SubAccountId,BillingCurrency")
    };
    import("base.csv", bill("USD", &["2026-09", "2026-10"]));
    let until = |text: String| {
        text.lines()
            .take(15)
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let dollars = until(bill("USD", &["2026-09"]));
    let euros = until(bill("EUR", &["2026-09"]));
    let rows = euros.split_once('\n').unwrap().1;
    import("mixed.csv", format!("{dollars}{rows}"));
    let says = "mixed ends Sep 14: nothing is known of Sep 15 – Oct 31, 2026 in EUR";
    let summary = home.json(&["summary"]);
    let of = |document: &Value, currency: &str| {
        let mut all = document["currencies"].as_array().unwrap().iter();
        all.find(|one| one["currency"] == currency).cloned()
    };
    let (dollars, euros) = (of(&summary, "USD").unwrap(), of(&summary, "EUR").unwrap());
    assert_eq!(
        (
            &dollars["complete"],
            &dollars["current"]["cost"],
            &dollars["current"]["known_days"]
        ),
        (&true.into(), &"31".into(), &31.into())
    );
    assert_eq!(
        (
            &euros["complete"],
            &euros["current"]["cost"],
            &euros["change_percent"]
        ),
        (&false.into(), &Value::Null, &Value::Null)
    );
    assert_eq!(euros["previous"]["known_days"], 14);
    let (code, out, err) = home.qd(&["summary"]);
    assert!(code == 0 && err.contains(says), "{err}");
    assert!(
        out.contains("Oct 2026: nothing is known in EUR; Sep 2026 14.00; only 14 of 30 days")
            && !out.contains("-100"),
        "{out}"
    );
    let october = ["breakdown", "--from", "2026-10-01"];
    let (code, out, err) = home.qd(&october);
    assert!(
        code == 0 && !out.contains("EUR") && !err.contains("of 31 days"),
        "{out}{err}"
    );
    assert!(err.contains("nothing is known of Oct 2026 in EUR"), "{err}");
    let answer = home.json(&october);
    assert_eq!(
        (&answer["currency"], &answer["complete"]),
        (&"USD".into(), &true.into())
    );
    assert_eq!(answer["gaps"][0]["currencies"], serde_json::json!(["EUR"]));
    let (code, out, err) = home.qd(&[&october[..], &["--to", "2026-11-01", "--source", "mixed"]].concat());
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    let (code, out, err) = home.qd(&["drivers"]);
    assert!(code == 0 && !out.contains("EUR"), "{out}");
    assert!(err.contains("EUR is left out: mixed ends Sep 14"), "{err}");
    let (code, _, err) = home.qd(&["picture", "--view", "treemap", "--output", "x.svg"]);
    assert!(code == 0 && !err.contains("0.00 EUR"), "{err}");
    assert!(err.contains("EUR is left out: mixed ends Sep 14"), "{err}");
    let forecast = home.json(&["forecast"]);
    assert!(of(&forecast, "EUR").unwrap()["mean"].is_null(), "{forecast}");
    assert!(of(&forecast, "USD").unwrap()["mean"].is_string(), "{forecast}");
    let (_, out, err) = home.qd(&["digest", "--no-moves", "--by", "service", "--week", "2026-W42"]);
    assert!(
        !out.contains("EUR") && err.contains("EUR is left out"),
        "{out}{err}"
    );
}

#[test]
fn a_month_without_a_known_day_has_no_costs_so_far() {
    let home = Home::new();
    std::fs::write(home.path().join("bill.csv"), daily(&["2026-09", "2026-10"], 1)).unwrap();
    home.json(&["import", "bill.csv"]);
    let forecast = home.json(&["forecast"]);
    assert_eq!(
        (&forecast["from"], &forecast["so_far"]),
        (&"2026-11-01".into(), &Value::Null)
    );
    let (_, out, _) = home.qd(&["forecast"]);
    assert!(!out.contains(" 0.00 "), "{out}");
}

#[test]
fn rows_without_a_cost_are_told_with_every_answer() {
    let home = Home::new();
    let text =
        daily(&["2026-09", "2026-10"], 1).replacen("2026-10-07,2026-10-01,1,", "2026-10-07,2026-10-01,,", 1);
    std::fs::write(home.path().join("blank.csv"), text).unwrap();
    home.json(&["import", "blank.csv"]);
    for args in [&["breakdown"][..], &["summary"], &["drivers"], &["forecast"]] {
        let (code, _, err) = home.qd(args);
        assert!(
            code == 0 && err.contains("1 row has no billed cost"),
            "{args:?} {err}"
        );
        let (_, _, err) = home.qd(&[args, &["--metric", "amortized"]].concat());
        assert!(!err.contains("no billed cost"), "{args:?} {err}");
    }
    for args in ["breakdown", "summary", "drivers"] {
        assert_eq!(home.json(&[args])["blank"], 1, "{args}");
        assert_eq!(home.json(&[args, "--metric", "amortized"])["blank"], 0, "{args}");
    }
}

#[test]
fn a_day_that_nobody_knows_stands_among_the_days_without_a_cost() {
    let home = Home::new();
    let text = daily(&["2026-09", "2026-10"], 1);
    let text: String = text
        .lines()
        .filter(|line| !line.starts_with("2026-10-13"))
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(home.path().join("bill.csv"), text).unwrap();
    home.json(&["import", "bill.csv"]);
    let by_day = |from, to| ["breakdown", "--by", "day", "--from", from, "--to", to];
    let days = by_day("2026-10-12", "2026-10-15");
    let rows = &home.json(&days)["rows"];
    let costs: Vec<&Value> = (0..3).map(|nth| &rows[nth]["cost"]).collect();
    assert_eq!(costs, [&"1".into(), &Value::Null, &Value::from("1")]);
    assert_eq!(rows[1]["key"][0], "2026-10-13");
    let (_, out, _) = home.qd(&[&days[..], &["--csv"]].concat());
    assert!(out.contains("\n2026-10-13,,XXX,\n"), "{out}");
    let (_, out, _) = home.qd(&days);
    let row = out.lines().find(|line| line.starts_with("2026-10-13")).unwrap();
    assert!(row.ends_with("not known"), "{out}");
    // After the last that was imported, too, and never of days to come.
    assert!(home.json(&by_day("2026-10-31", "2026-11-02"))["rows"][1]["cost"].is_null());
    assert!(
        home.json(&by_day("2026-10-31", "2999-01-01"))["rows"]
            .as_array()
            .unwrap()
            .len()
            < 20_000
    );
}

#[test]
fn what_is_known_in_part_is_no_percentage_and_makes_nothing_new() {
    let home = Home::new();
    let text =
        "ChargePeriodStart,BilledCost,EffectiveCost,ServiceName,ConsumedQuantity,x_UsageType\n".to_owned();
    let first: jiff::civil::Date = "2026-10-01".parse().unwrap();
    let days = first.series(jiff::Span::new().days(1)).take(31);
    let row = |day: jiff::civil::Date| match day.day() < 10 {
        true => format!("{day},1,1,Compute,1,use\n"),
        false => format!("{day},1,1,Compute,1,use\n{day},5,5,Storage,1,space\n"),
    };
    std::fs::write(
        home.path().join("bill.csv"),
        text + &days.map(row).collect::<String>(),
    )
    .unwrap();
    home.json(&["import", "bill.csv"]);
    let args = ["drivers", "--from", "2026-10-08", "--to", "2026-10-21"];
    let (code, out, err) = home.qd(&args);
    assert!(
        code == 0 && !out.contains("new") && !err.contains('%'),
        "{out}{err}"
    );
    assert!(
        out.contains("not known") && err.contains("only 7 of 13 days"),
        "{out}{err}"
    );
    assert_eq!(home.json(&args)["rows"][0]["kind"], "not known");
    let (_, out, err) = home.qd(&["drivers", "--from", "2026-10-08", "--to", "2026-10-15"]);
    assert!(out.contains("new") && err.contains('%'), "{out}{err}");
}

#[test]
fn an_export_that_begins_later_is_told_beside_what_it_changes() {
    let home = Home::new();
    let bill = |account: &str, months: &[&str]| {
        let text = daily(months, 1).replace(",Compute", &format!(",Compute,{account},1,use"));
        let text = text.replace(
            "ServiceName",
            "ServiceName,SubAccountId,ConsumedQuantity,x_UsageType",
        );
        std::fs::write(home.path().join(format!("{account}.csv")), text).unwrap();
    };
    bill("one", &["2026-09", "2026-10"]);
    bill("two", &["2026-10"]);
    home.json(&["import", "one.csv", "two.csv"]);
    let says = "two begins Oct 1, 2026: nobody knows what it bills before that day";
    let args = ["drivers", "--by", "account,usage_type"];
    let (code, out, err) = home.qd(&args);
    assert!(code == 0 && out.contains("new"), "{out}");
    assert!(err.contains(says) && err.contains('%'), "{err}");
    let (_, out, _) = home.qd(&["summary"]);
    assert!(out.contains(says) && out.contains('%'), "{out}");
    assert_eq!(home.json(&["summary"])["begun"], serde_json::json!([says]));
    let (_, out, _) = home.qd(&["summary", "--source", "one"]);
    assert!(out.contains('%'), "{out}");
    let alone = home.json(&["summary", "--source", "one"]);
    assert_eq!(alone["begun"], serde_json::json!([]), "null or absent is neither");
}

#[test]
fn days_after_the_last_that_is_there_are_told_by_that_day() {
    let home = Home::new();
    std::fs::write(home.path().join("bill.csv"), daily(&["2026-10"], 1)).unwrap();
    home.json(&["import", "bill.csv"]);
    let late = ["--from", "2026-11-05"];
    for (verb, source, name) in [
        ("breakdown", "bill", "bill"),
        ("drivers", "bill", "bill"),
        ("breakdown", "files", "what was imported"),
    ] {
        let (code, _, err) = home.qd(&[&[verb, "--source", source][..], &late].concat());
        let says = format!("{name} ends on 2026-10-31");
        assert!(code == 2 && err.contains(&says) && !err.contains("--to"), "{err}");
        assert!(err.contains("a --from up to 2026-10-31"), "{err}");
    }
    let (code, _, err) = home.qd(&["breakdown", "--to", "2026-09-05"]);
    assert!(code == 2 && err.contains("give --from as well"), "{err}");
}

/// Imports a bill of a unit a day and of these days, as it was written at a time.
fn written(desk: &Desk, name: &str, days: &[&str], at: &str) {
    let mut text = String::from("ChargePeriodStart,BillingPeriodStart,BilledCost,ServiceName,SubAccountId\n");
    let first: jiff::civil::Date = days[0].parse().unwrap();
    let last: jiff::civil::Date = days[1].parse().unwrap();
    let daily = first.series(jiff::Span::new().days(1));
    let daily = daily.take_while(|day| *day <= last).map(|day| day.to_string());
    for day in daily.chain(days[2..].iter().map(|day| (*day).to_owned())) {
        text += &format!("{day},{}-01,1,Compute,{name}\n", &day[..7]);
    }
    let path = desk.dir.path().join(format!("{name}.csv"));
    std::fs::write(&path, text).unwrap();
    let at: jiff::Timestamp = at.parse().unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(at.into()).unwrap();
    desk.import_path(&path).unwrap();
}

fn open_day(desk: &Desk) -> String {
    let now = "2026-12-24T10:00:00Z".parse().unwrap();
    desk.files().today(now).unwrap().to_string()
}

#[test]
fn the_day_on_which_a_bill_was_written_is_not_whole_however_late_its_last_charge_is_dated() {
    let desk = Desk::new();
    let days = ["2026-10-01", "2026-11-22", "2026-11-30"];
    written(&desk, "fee", &days, "2026-11-22T18:00:00Z");
    assert_eq!(open_day(&desk), "2026-11-22");
    let desk = Desk::new();
    written(&desk, "later", &days, "2026-12-02T18:00:00Z");
    assert_eq!(open_day(&desk), "2026-12-01", "it was over");
}

#[test]
fn of_several_exports_the_first_day_that_one_of_them_lacks_a_part_of_is_open() {
    let desk = Desk::new();
    written(&desk, "b", &["2026-10-01", "2026-11-22"], "2026-11-22T18:00:00Z");
    assert_eq!(open_day(&desk), "2026-11-22");
    // One that stopped in September leaves a gap, and ends nothing.
    written(
        &desk,
        "old",
        &["2026-08-01", "2026-09-10"],
        "2026-09-10T18:00:00Z",
    );
    assert_eq!(open_day(&desk), "2026-11-22");
    written(&desk, "a", &["2026-10-01", "2026-11-21"], "2026-11-21T18:00:00Z");
    assert_eq!(open_day(&desk), "2026-11-21");
}

#[test]
fn files_of_months_before_do_not_make_the_last_days_of_a_bill_older() {
    let desk = Desk::new();
    let root = desk.dir.path().join("export");
    std::fs::create_dir(&root).unwrap();
    for (month, at) in [
        ("2026-09", "2026-10-15T02:00:00Z"),
        ("2026-10", "2026-11-16T02:00:00Z"),
    ] {
        let path = root.join(format!("{month}.csv"));
        std::fs::write(&path, daily(&[month], 1)).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        let at: jiff::Timestamp = at.parse().unwrap();
        file.set_modified(at.into()).unwrap();
    }
    desk.import_path(&root).unwrap();
    let october = Some(("2026-10-01", "2026-11-01"));
    let answer = ask(&desk.files(), "service", Lens::Unblended, "", october).unwrap();
    assert!(answer[0].complete, "the file of September is older");
}
