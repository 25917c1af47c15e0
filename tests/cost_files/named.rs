//! What documents and pictures of imported files name: the days that are not known, the money, the form of a day.

use crate::command::Home;
use crate::known::daily;

/// Days of which it is known what they are charged for.
fn used(text: &str) -> String {
    text.replace("ServiceName\n", "ServiceName,ChargeCategory\n")
        .replace(",Compute\n", ",Compute,Usage\n")
}

#[test]
fn a_picture_of_a_part_of_its_days_says_how_many_are_known() {
    let home = Home::new();
    std::fs::write(home.path().join("bill.csv"), daily(&["2026-10"], 15)).unwrap();
    home.json(&["import", "bill.csv"]);
    let october = ["--from", "2026-10-01", "--to", "2026-11-01"];
    let of = |view: &str, days: &[&str]| {
        let args = [&["picture", "--view", view, "--output", "p.svg"][..], days].concat();
        let (code, _, err) = home.qd(&args);
        assert_eq!(code, 0, "{view} {err}");
        std::fs::read_to_string(home.path().join("p.svg")).unwrap()
    };
    let says = "only 17 of 31 days of Oct 2026 are known in full";
    for view in ["bars", "treemap", "calendar", "table"] {
        let svg = of(view, &october);
        assert!(svg.contains(says), "{view}: {svg}");
    }
    assert!(of("treemap", &[]).contains(says));
    assert!(
        !of("bars", &[]).contains("known in full"),
        "it is of the days imported"
    );
}

#[test]
fn days_that_a_breakdown_does_not_have_are_named_in_its_document() {
    let home = Home::new();
    let text = daily(&["2026-09", "2026-10"], 1);
    let holed = text.lines().filter(|line| !line.starts_with("2026-10-14,"));
    let holed: String = holed.map(|line| format!("{line}\n")).collect();
    std::fs::write(home.path().join("bill.csv"), used(&holed)).unwrap();
    home.json(&["import", "bill.csv"]);
    let answer = home.json(&["breakdown", "--from", "2026-10-01"]);
    assert_eq!(
        (&answer["complete"], &answer["known_days"], &answer["unknown"]),
        (
            &false.into(),
            &30.into(),
            &serde_json::json!([{ "from": "2026-10-14", "to": "2026-10-15" }])
        )
    );
    let whole = home.json(&["breakdown", "--from", "2026-09-01", "--to", "2026-10-01"]);
    assert_eq!(
        (&whole["complete"], &whole["known_days"], &whole["unknown"]),
        (&true.into(), &30.into(), &serde_json::json!([]))
    );
    // A day that nobody looked at is no quiet one.
    let week = ["digest", "--no-moves", "--by", "service", "--week", "2026-W42"];
    let lacks = home.json(&week)["lacks"].to_string();
    assert!(
        lacks.contains("anomalies: Oct 14, 2026 is not judged: nothing is known of it"),
        "{lacks}"
    );
}

#[test]
fn a_digest_says_that_too_few_days_are_known_to_judge_any() {
    let home = Home::new();
    let lacks = |text: &str| {
        std::fs::write(home.path().join("bill.csv"), text).unwrap();
        home.json(&["import", "bill.csv"]);
        let week = ["digest", "--no-moves", "--by", "service", "--week", "2026-W43"];
        home.json(&week)["lacks"].to_string()
    };
    let young = lacks(&used(&daily(&["2026-10"], 15)));
    assert!(young.contains("anomalies: learning 11/14 days"), "{young}");
    let unused = lacks(&daily(&["2026-10"], 15));
    assert!(unused.contains("anomalies: no charge is one of use"), "{unused}");
}

#[test]
fn the_money_of_files_has_one_name_in_every_document() {
    let home = Home::new();
    std::fs::write(home.path().join("bill.csv"), daily(&["2026-09", "2026-10"], 1)).unwrap();
    home.json(&["import", "bill.csv"]);
    for (asked, name) in [("unblended", "billed"), ("amortized", "effective")] {
        for verb in ["breakdown", "summary", "drivers", "forecast"] {
            let document = home.json(&[verb, "--metric", asked]);
            assert_eq!(document["metric"], name, "{verb}");
        }
    }
}

#[test]
fn a_day_that_is_none_is_refused_with_the_form_that_is_wanted() {
    let home = Home::new();
    for verb in ["breakdown", "drivers", "anomalies", "units"] {
        let (code, _, err) = home.qd(&[verb, "--from", "2026-13-01"]);
        assert!(code == 2 && err.contains("such as 2026-11-01"), "{verb}: {err}");
    }
}
