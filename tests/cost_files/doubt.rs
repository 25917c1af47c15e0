//! What totals may have twice or lack, and what they are told by, is said wherever they stand: in documents, in the digest
//! and in the picture.

use std::ops::Range;

use crate::command::Home;

/// Two charges a day, of which the second of the last day has no cost where that is wanted; `columns` beside those that
/// every export has.
fn bill(home: &Home, name: &str, days: Range<u32>, columns: &[(&str, &str)], is_blank: bool) {
    let row = |on: &str, cost: &str, team: &str| {
        let more: String = columns
            .iter()
            .map(|(_, value)| format!(",{}", value.replace("COST", cost).replace("TEAM", team)))
            .collect();
        format!("{on}T00:00:00Z,{on}T23:59:59Z,{cost},USD,EC2,1,Usage{more}\n")
    };
    let end = days.end;
    let rows = days.map(|nth| {
        let (month, day) = (10 + nth / 31, 1 + nth % 31);
        let on = format!("2025-{month:02}-{day:02}");
        let second = if is_blank && nth + 1 == end { "" } else { "20" };
        row(&on, "10", "pay") + &row(&on, second, "web")
    });
    let names: String = columns.iter().map(|(name, _)| format!(",{name}")).collect();
    let text = format!(
        "ChargePeriodStart,ChargePeriodEnd,BilledCost,BillingCurrency,ServiceName,SubAccountId,ChargeCategory{names}\n{}",
        rows.collect::<String>()
    );
    let file = format!("{name}.csv");
    std::fs::write(home.path().join(&file), text).unwrap();
    home.json(&["import", &file]);
}

const EFFECTIVE: (&str, &str) = ("EffectiveCost", "COST");
const TAGS: (&str, &str) = ("Tags", "\"{\"\"team\"\":\"\"TEAM\"\"}\"");
const DIGEST: [&str; 4] = ["digest", "--no-moves", "--week", "2025-W45"];

#[test]
fn a_bill_without_effective_costs_has_a_digest_and_says_what_it_is_told_by() {
    let home = Home::new();
    bill(&home, "bill", 0..40, &[TAGS], false);
    let (code, out, err) = home.qd(&DIGEST);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("no effective costs: what is unusual is told by its billed ones"),
        "{out}"
    );
    let (code, _, err) = home.qd(&["anomalies"]);
    assert!(
        code == 0 && err.contains("is told by its billed ones") && !err.contains("--metric"),
        "{err}"
    );
    let whole = Home::new();
    bill(&whole, "bill", 0..40, &[EFFECTIVE, TAGS], false);
    let (_, out, err) = whole.qd(&DIGEST);
    assert!(
        !out.contains("effective") && !err.contains("effective"),
        "{out}{err}"
    );
}

#[test]
fn rows_without_a_cost_and_months_that_two_exports_have_stand_beside_every_total() {
    let home = Home::new();
    bill(&home, "bill", 0..40, &[EFFECTIVE, TAGS], true);
    let picture = ["picture", "--view", "table", "--output", "x.svg"];
    let days = ["--from", "2025-11-01", "--to", "2025-11-10"];
    let drivers = [&["drivers"][..], &days].concat();
    let verbs = [&["summary"][..], &drivers, &DIGEST, &picture];
    for verb in verbs {
        let document = home.json(verb);
        assert_eq!(document["blank"], 1, "{verb:?}: {document}");
        assert_eq!(document["overlaps"], serde_json::json!([]), "{verb:?}");
    }
    let blank = "1 row has no billed cost and counts as nothing";
    let (_, out, _) = home.qd(&DIGEST);
    assert!(out.contains(&format!("- Take care: {blank}")), "{out}");
    home.qd(&picture);
    let drawn = std::fs::read_to_string(home.path().join("x.svg")).unwrap();
    assert!(drawn.contains("no billed cost"), "{drawn}");
    bill(&home, "again", 0..40, &[EFFECTIVE, TAGS], false);
    for verb in verbs {
        let document = home.json(verb);
        let first = &document["overlaps"][0];
        assert_eq!(first["exports"], serde_json::json!(["again", "bill"]), "{verb:?}");
    }
    let (_, out, _) = home.qd(&DIGEST);
    assert!(
        out.contains("- Take care: 2 exports have 2025-10, 2025-11: again, bill; if they are of one bill"),
        "{out}"
    );
}

#[test]
fn days_that_are_not_told_apart_by_team_are_in_the_totals() {
    let home = Home::new();
    bill(&home, "tagged", 0..36, &[EFFECTIVE, TAGS], false);
    bill(&home, "plain", 36..40, &[EFFECTIVE], false);
    let digest = home.json(&DIGEST);
    assert_eq!(
        (&digest["cost"], &digest["before"]),
        (&"210".into(), &"210".into()),
        "{digest}"
    );
    let doubts = digest["not_final"].to_string();
    assert!(
        doubts.contains("not told apart by tag:team: the totals have it") && !doubts.contains("no answer"),
        "{doubts}"
    );
}

#[test]
fn a_quantity_that_no_row_has_is_null_and_not_nothing() {
    let home = Home::new();
    let columns = [EFFECTIVE, ("x_UsageType", "Use-TEAM"), ("ConsumedQuantity", "")];
    bill(&home, "bill", 0..31, &columns, false);
    let by = ["breakdown", "--by", "usage_type"];
    let document = home.json(&by);
    assert_eq!(document["rows"][0]["key"][0], "Use-web", "{document}");
    assert_eq!(document["rows"][0]["quantity"], serde_json::Value::Null);
    let (_, out, _) = home.qd(&[&by[..], &["--csv"]].concat());
    assert!(out.contains("Use-web,620,USD,\n"), "{out}");
    let known = Home::new();
    let columns = [EFFECTIVE, ("x_UsageType", "Use-TEAM"), ("ConsumedQuantity", "3")];
    bill(&known, "bill", 0..31, &columns, false);
    assert_eq!(known.json(&by)["rows"][0]["quantity"], "93");
}

#[test]
fn what_an_import_took_in_is_a_row_of_csv() {
    let home = Home::new();
    bill(&home, "bill", 0..40, &[], false);
    let (code, out, err) = home.qd(&["import", "--csv", "bill.csv"]);
    assert_eq!(code, 0, "{err}");
    let rows: Vec<&str> = out.lines().collect();
    assert_eq!(
        rows[..2],
        [
            "name,format,billed,rows,first_day,last_day",
            "bill,FOCUS 1.0,2025-10,62,2025-10-01,2025-10-31"
        ],
        "{out}"
    );
}
