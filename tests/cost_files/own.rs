//! Small exports made here: the same charges as CSV, gzipped CSV and Parquet, columns in any order, two currencies, many
//! tags, and imports that replace each other.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use quarterdeck::cost::{self, Filter, Lens};

use crate::table::{Column, map, millis as stamps, money, text, write};
use crate::{Desk, ask, pairs, read_rows};

pub const HEADER: &str = "ChargePeriodStart,BillingPeriodStart,BillingCurrency,BilledCost,EffectiveCost,ListCost,ConsumedQuantity,ServiceName,\
     SubAccountId,RegionId,ChargeCategory,x_UsageType,ResourceId,Tags\n";

pub const ROWS: [&str; 4] = [
    r#"2026-09-01T00:00:00Z,2026-09-01,USD,10.5,8,12,24,Compute,1111,eu-west-1,Usage,Box,i-1,"{""team"":""pay"",""env"":""prod""}""#,
    r#"2026-09-02 05:00:00,2026-09-01,USD,6.123E-7,0.2,0.3,1,Storage,1111,,Usage,Disk,vol-1,{}"#,
    r#"2026-09-02,2026-09-01,USD,-3,-3,0,NULL,Compute,2222,,Credit,,,"#,
    r#"2026-10-05T23:00:00-02:00,2026-10-01,USD,1,1,1,2,Compute,2222,us-east-1,Usage,Box,i-2,"{""team"":""search""}""#,
];

pub fn csv() -> String {
    format!("{HEADER}{}\n", ROWS.join("\n"))
}

fn millis(text: &str) -> i64 {
    let at: jiff::Timestamp = text.parse().unwrap();
    at.as_millisecond()
}

/// The same rows; a map of tags and doubles as AWS writes them.
pub fn parquet() -> Vec<u8> {
    write(&columns())
}

pub fn columns() -> Vec<Column> {
    let starts = [
        "2026-09-01T00:00:00Z",
        "2026-09-02T05:00:00Z",
        "2026-09-02T00:00:00Z",
        "2026-10-06T01:00:00Z",
    ];
    let months = ["2026-09-01T00:00:00Z"; 3]
        .into_iter()
        .chain(["2026-10-01T00:00:00Z"]);
    let tags = [
        &[("team", "pay"), ("env", "prod")][..],
        &[],
        &[],
        &[("team", "search")],
    ];
    vec![
        map("Tags", "key_value", tags),
        text("ResourceId", [Some("i-1"), Some("vol-1"), None, Some("i-2")]),
        text("x_UsageType", [Some("Box"), Some("Disk"), None, Some("Box")]),
        text(
            "ChargeCategory",
            [Some("Usage"), Some("Usage"), Some("Credit"), Some("Usage")],
        ),
        text("RegionId", [Some("eu-west-1"), None, None, Some("us-east-1")]),
        text("SubAccountId", ["1111", "1111", "2222", "2222"].map(Some)),
        text(
            "ServiceName",
            ["Compute", "Storage", "Compute", "Compute"].map(Some),
        ),
        text("AnotherColumn", [Some("x"), None, None, None]),
        money("ConsumedQuantity", [Some(24.0), Some(1.0), None, Some(2.0)]),
        money("ListCost", [12.0, 0.3, 0.0, 1.0].map(Some)),
        money("EffectiveCost", [8.0, 0.2, -3.0, 1.0].map(Some)),
        money("BilledCost", [10.5, 6.123e-7, -3.0, 1.0].map(Some)),
        text("BillingCurrency", [Some("USD"); 4]),
        stamps("BillingPeriodStart", months.map(millis)),
        stamps("ChargePeriodStart", starts.map(millis)),
    ]
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn csv_gzip_and_parquet_of_the_same_charges_give_the_same_answers() {
    for (name, bytes) in [
        ("a.csv", csv().into_bytes()),
        ("a.csv.gz", gzip(csv().as_bytes())),
        ("a.parquet", parquet()),
    ] {
        let desk = Desk::new();
        let imported = desk.import(name, bytes).unwrap();
        assert_eq!((imported.rows, imported.files), (4, 1), "{name}");
        assert_eq!(imported.to.unwrap().to_string(), "2026-10-07", "{name}");
        let billed = |by: &str, filter: &str| desk.ask(by, Lens::Unblended, filter);
        assert_eq!(
            billed("service", ""),
            pairs(&[("Compute", "8.5"), ("Storage", "0.0000006123")]),
            "{name}"
        );
        assert_eq!(
            billed("account,service,region", ""),
            pairs(&[
                ("1111/Compute/eu-west-1", "10.5"),
                ("2222/Compute/us-east-1", "1"),
                ("1111/Storage/", "0.0000006123"),
                ("2222/Compute/", "-3")
            ]),
            "{name}"
        );
        assert_eq!(
            billed("month", "-category:Credit"),
            pairs(&[("2026-09", "10.5000006123"), ("2026-10", "1")])
        );
        assert_eq!(
            billed("day", "service:storage"),
            pairs(&[("2026-09-02", "0.0000006123")])
        );
        let team = pairs(&[("pay", "8"), ("search", "1"), ("", "-2.8")]);
        assert_eq!(desk.ask("tag:team", Lens::Amortized, ""), team, "{name}");
        assert_eq!(
            desk.ask("tag:team", Lens::Net, "tag.env:prod"),
            pairs(&[("pay", "8")])
        );
        assert_eq!(
            desk.ask("resource", Lens::List, "region:us-*"),
            pairs(&[("i-2", "1")]),
            "{name}"
        );
        let quantity = ask(&desk.files(), "usage_type", Lens::List, "", None).unwrap()[0].rows[0].quantity;
        assert_eq!(quantity.unwrap().to_string(), "26", "{name}");
    }
}

#[test]
fn columns_are_found_by_name_and_absent_ones_are_named_with_what_is_lost() {
    let desk = Desk::new();
    let imported = desk
        .import("a.csv", "Extra,BilledCost,ChargePeriodStart\nx,1.5,2026-09-01\n")
        .unwrap();
    let missing = imported.months[0].missing.join("\n");
    for column in [
        "ServiceName",
        "EffectiveCost",
        "ListCost",
        "Tags",
        "BillingCurrency",
    ] {
        assert!(missing.contains(column), "{column} in {missing}");
    }
    assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "1.5")]));
    let files = desk.files();
    let refused = ask(&files, "", Lens::Amortized, "", None).unwrap_err();
    assert!(refused.to_string().contains("EffectiveCost"), "{refused}");
    assert_eq!(
        ask(&files, "", Lens::Unblended, "", None).unwrap()[0].currency,
        "XXX"
    );
}

#[test]
fn two_currencies_are_never_added_up() {
    let desk = Desk::new();
    let rows = "2026-09-01,USD,1,a\n2026-09-01,EUR,2,a\n2026-09-02,EUR,3,b\n";
    desk.import(
        "a.csv",
        format!("ChargePeriodStart,BillingCurrency,BilledCost,ServiceName\n{rows}"),
    )
    .unwrap();
    let answer = ask(&desk.files(), "service", Lens::Unblended, "", None).unwrap();
    let shown: Vec<(String, String)> = answer
        .iter()
        .map(|one| (one.currency.clone(), one.total.to_string()))
        .collect();
    assert_eq!(shown, pairs(&[("USD", "1"), ("EUR", "5")]));
}

#[test]
fn a_second_import_replaces_months_and_two_exports_stand_side_by_side() {
    let desk = Desk::new();
    desk.import("a.csv", csv()).unwrap();
    desk.import("a.csv", csv().replace("10.5", "20.5")).unwrap();
    assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "18.5000006123")]));
    // The bill of another month under the same name replaces that month alone.
    let again = desk.import("a.csv", format!("{HEADER}{}\n", ROWS[0])).unwrap();
    assert_eq!(
        desk.ask("month", Lens::Unblended, ""),
        pairs(&[("2026-09", "10.5"), ("2026-10", "1")])
    );
    let stayed: Vec<String> = again.stayed.iter().map(|facts| facts.month_name()).collect();
    assert_eq!(stayed, ["2026-10"]);
    desk.import("b.csv", format!("{HEADER}{}\n", ROWS[0])).unwrap();
    assert_eq!(
        desk.ask("month", Lens::Unblended, ""),
        pairs(&[("2026-09", "21"), ("2026-10", "1")])
    );
    let files = desk.files();
    assert_eq!(
        files.overlaps(),
        [("2026-09".to_owned(), vec!["a".to_owned(), "b".to_owned()])]
    );
    let one = quarterdeck::cost::Files::load(&desk.data(), Some("b")).unwrap();
    assert_eq!(
        ask(&one, "", Lens::Unblended, "", None).unwrap()[0]
            .total
            .to_string(),
        "10.5"
    );
    let splits = ask(&files, "tag:nobody", Lens::Unblended, "", None)
        .unwrap_err()
        .hint();
    assert!(splits.contains("day, resource"), "{splits}");
    let none = quarterdeck::cost::Files::load(&desk.data(), Some("c")).unwrap_err();
    assert!(none.hint().contains("a, b"), "{}", none.hint());
    desk.import("b.csv", csv()).unwrap();
    let (says, _) = desk.files().overlap().unwrap();
    assert_eq!(says, "2 exports have 2026-09, 2026-10: a, b", "each month");
}

#[test]
fn a_tag_with_a_value_for_every_machine_is_read_from_the_file_when_asked_for() {
    let desk = Desk::new();
    let mut text = "ChargePeriodStart,BilledCost,Tags\n".to_owned();
    for machine in 0..2_500 {
        let team = ["pay", "search"][machine % 2];
        text +=
            &format!("2026-09-01,1,\"{{\"\"Name\"\":\"\"m{machine}\"\",\"\"team\"\":\"\"{team}\"\"}}\"\n");
    }
    let imported = desk.import("a.csv", text).unwrap();
    assert_eq!(imported.months[0].left_out, ["tag:Name"]);
    assert!(imported.cells < 10, "{} cells", imported.cells);
    assert_eq!(
        desk.ask("tag:team", Lens::Unblended, ""),
        pairs(&[("pay", "1250"), ("search", "1250")])
    );
    assert_eq!(
        desk.ask("tag:Name", Lens::Unblended, "tag.Name:m7,m2499").len(),
        2
    );
    // Whoever asks after the file has changed is told, instead of being shown something else.
    std::fs::write(
        desk.dir.path().join("a.csv"),
        "ChargePeriodStart,BilledCost\n2026-09-01,1\n",
    )
    .unwrap();
    let refused = ask(&desk.files(), "tag:Name", Lens::Unblended, "", None).unwrap_err();
    assert!(refused.to_string().contains("has changed"), "{refused}");
}

#[test]
fn kept_imports_are_private_and_a_damaged_one_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.import("a.csv", csv()).unwrap();
    let dir = desk.data().join("costs/imports");
    let kept: Vec<_> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(kept.len(), 2);
    for path in &kept {
        assert_eq!(
            std::fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let bytes = std::fs::read(&kept[0]).unwrap();
    for bad in [&bytes[..bytes.len() - 1], &bytes[..20], &[]] {
        std::fs::write(&kept[0], bad).unwrap();
        let error = quarterdeck::cost::Files::load(&desk.data(), None).unwrap_err();
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }
}

#[test]
fn days_are_complete_between_the_first_and_the_last_charge_and_open_where_the_file_was_young() {
    let desk = Desk::new();
    desk.import("a.csv", csv()).unwrap();
    let files = desk.files();
    let complete = |from, to| ask(&files, "", Lens::Unblended, "", Some((from, to))).unwrap()[0].complete;
    assert!(complete("2026-09-01", "2026-09-03"));
    // Few charges: what is between them cost nothing, also where one month ends and the next begins.
    assert!(complete("2026-09-01", "2026-10-07"));
    assert!(!complete("2026-09-01", "2026-10-08") && !complete("2026-08-31", "2026-09-03"));
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let young = Desk::new();
    young
        .import("a.csv", format!("ChargePeriodStart,BilledCost\n{today},1\n"))
        .unwrap();
    assert!(!ask(&young.files(), "", Lens::Unblended, "", None).unwrap()[0].complete);
}

#[test]
fn a_week_that_a_daily_bill_lacks_is_said_and_is_no_week_that_cost_nothing() {
    let desk = Desk::new();
    let first: jiff::civil::Date = "2026-08-01".parse().unwrap();
    let days = first.series(jiff::Span::new().days(1)).take(61);
    let there = days.filter(|day| day.month() != 9 || !(8..15).contains(&day.day()));
    let rows: String = there.map(|day| format!("{day},{day},1\n")).collect();
    let bill = format!("ChargePeriodStart,BillingPeriodStart,BilledCost\n{rows}");
    let imported = desk.import("a.csv", bill).unwrap();
    assert_eq!(imported.holes.len(), 1);
    assert_eq!(imported.holes[0].1.to_string(), "Sep 8–14");
    let files = desk.files();
    let complete = |from, to| ask(&files, "", Lens::Unblended, "", Some((from, to))).unwrap()[0].complete;
    assert!(complete("2026-08-01", "2026-09-08") && !complete("2026-09-01", "2026-10-01"));
    let of = Filter::default();
    let today = "2026-10-01".parse().unwrap();
    let summary = &cost::summary(&files.cube, today, 1, Lens::Unblended, &of).unwrap()[0];
    assert_eq!(
        (summary.known, summary.known_before, summary.complete),
        (23, 31, false)
    );
    assert!(
        summary
            .says(today)
            .contains("only 23 of 30 days of Sep 2026 are known"),
        "{}",
        summary.says(today)
    );
}

#[test]
fn row_groups_that_cannot_hold_what_is_asked_for_are_not_read() {
    let desk = Desk::new();
    desk.import("bill.parquet", parquet()).unwrap();
    for (filter, period, rows) in [
        ("", None, 4),
        ("", Some(("2026-10-01", "2026-11-01")), 2),
        ("account:2222", None, 2),
        ("account:1111", None, 2),
        ("account:3333", None, 0),
        ("region:EU-*", None, 2),
        ("-account:1111", None, 4),
        ("region:*west*", None, 4),
        ("region:\"\"", None, 4),
    ] {
        assert_eq!(
            read_rows(&desk, "resource", filter, period),
            rows,
            "{filter} {period:?}"
        );
    }
}
