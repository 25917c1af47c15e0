//! What must be refused, with the file and the row, and what must be read right although it looks odd. Nothing here may
//! panic, and nothing that was imported before may be lost.

use proptest::prelude::*;
use quarterdeck::cost::advice::{Bill, Questions};
use quarterdeck::cost::{Files, Lens, is_imported};

use crate::own::{HEADER, ROWS, csv, gzip, parquet};
use crate::table::{Cells, Column, column, money, text, write};
use crate::{Desk, pairs};

#[track_caller]
fn refused(name: &str, bytes: impl AsRef<[u8]>, says: &[&str]) {
    let desk = Desk::new();
    desk.import("before.csv", csv()).unwrap();
    let error = desk.import(name, bytes).unwrap_err();
    let told = error.to_string();
    assert!(told.contains(name), "{told}");
    assert!(says.iter().all(|part| told.contains(part)), "{told}");
    assert!(!error.hint.is_empty());
    // The import of before is as whole as ever.
    assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "8.5000006123")]));
}

fn with(row: usize, from: &str, to: &str) -> String {
    let mut rows = ROWS.map(str::to_owned);
    assert!(rows[row].contains(from));
    rows[row] = rows[row].replacen(from, to, 1);
    format!("{HEADER}{}\n", rows.join("\n"))
}

#[test]
fn numbers_that_are_none_name_their_row_and_column() {
    for number in [
        "NaN",
        "inf",
        "-Infinity",
        "1,5",
        "0x10",
        "ten",
        "1e999",
        "1e-2147483648",
        "--1",
    ] {
        let number = if number.contains(',') {
            format!("\"{number}\"")
        } else {
            number.to_owned()
        };
        refused("bad.csv", with(1, "6.123E-7", &number), &["row 2", "BilledCost"]);
    }
    refused(
        "bad.csv.gz",
        gzip(with(3, "USD,1,1", "USD,1,x").as_bytes()),
        &["row 4", "EffectiveCost"],
    );
    refused(
        "bad.csv",
        with(2, "2026-09-02", "2026-09-31"),
        &["row 3", "ChargePeriodStart"],
    );
    refused(
        "bad.csv",
        with(2, "2026-09-02", ""),
        &["row 3", "ChargePeriodStart"],
    );
    refused("bad.csv", with(0, "{", "["), &["row 1", "Tags"]);
}

#[test]
fn what_is_smaller_than_a_unit_is_counted_and_costs_nothing() {
    let desk = Desk::new();
    let imported = desk.import("a.csv", with(1, "6.123E-7", "1e-300")).unwrap();
    assert_eq!(imported.months[0].rounded, 1);
    assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "8.5")]));
}

#[test]
fn rows_without_a_billed_cost_are_counted_and_never_pass_in_silence() {
    let desk = Desk::new();
    let imported = desk.import("a.csv", with(0, "USD,10.5", "USD,")).unwrap();
    assert_eq!(imported.months[0].blank, 1);
    let facts = &desk
        .import("d.csv", with(0, "10.5,8,12", "10.5,,"))
        .unwrap()
        .months[0];
    assert_eq!(
        (facts.blank, facts.blank_effective, facts.blank_list),
        (0, 1, 1),
        "an empty cost is none of the others"
    );
    assert_eq!(desk.import("b.csv", csv()).unwrap().months[0].blank, 0);
    let cost = money("BilledCost", [Some(1.5), None, Some(0.0)]);
    let imported = desk.import("c.parquet", write(&[days("2026-09-01"), cost]));
    assert_eq!(imported.unwrap().months[0].blank, 1);
}

#[test]
fn what_is_blank_is_called_by_the_column_that_each_cost_is_made_of() {
    let header = "line_item_usage_start_date,line_item_unblended_cost,line_item_net_unblended_cost\n";
    let rows = "2026-09-01,5,5\n2026-09-02,,5\n2026-09-03,5,\n2026-09-04,5,\n";
    let desk = Desk::new();
    let facts = &desk.import("a.csv", format!("{header}{rows}")).unwrap().months[0];
    assert_eq!((facts.blank, facts.blank_net), (1, Some(2)));
    let cube = desk.files().cube;
    let says = |lens: Lens| cube.blank_says(lens).unwrap();
    assert_eq!(cube.blank(Lens::Net), Some(2));
    assert!(says(Lens::Net).starts_with("2 rows have no net cost"));
    assert!(says(Lens::Amortized).starts_with("1 row has no billed cost"));
    // Without a column of them net costs are what was billed.
    let bare: String = rows
        .lines()
        .map(|row| format!("{}\n", row.rsplit_once(',').unwrap().0))
        .collect();
    let desk = Desk::new();
    desk.import(
        "a.csv",
        format!("{}{bare}", header.replace(",line_item_net_unblended_cost", "")),
    )
    .unwrap();
    let says = desk.files().cube.blank_says(Lens::Net).unwrap();
    assert!(says.starts_with("1 row has no billed cost"), "{says}");
    // A bill of another kind beside it.
    desk.import("b.csv", with(0, "10.5,8,12", "10.5,,12")).unwrap();
    let says = desk.files().cube.blank_says(Lens::Amortized).unwrap();
    assert!(
        says.contains("1 row has no billed cost") && says.contains("1 row has no effective cost"),
        "{says}"
    );
}

/// A report without the columns that tell what a commitment costs per use.
#[test]
fn what_a_report_does_not_know_of_commitments_it_does_not_know_after_discounts() {
    let covered = "2026-09-01,SavingsPlanCoveredUsage,USD,7,,0.5";
    let unused = "2026-09-01,RIFee,USD,9,,0.5";
    let usage = "2026-09-01,Usage,USD,1,1,";
    let header = "line_item_usage_start_date,line_item_line_item_type,line_item_currency_code,line_item_unblended_cost,\
        line_item_net_unblended_cost,reservation_unused_recurring_fee\n";
    for (line, column) in [
        (covered, "savings_plan_savings_plan_effective_cost"),
        (
            unused,
            "reservation_unused_amortized_upfront_fee_for_billing_period",
        ),
    ] {
        let desk = Desk::new();
        desk.import("a.csv", format!("{header}{usage}\n{line}\n"))
            .unwrap();
        for lens in [Lens::Amortized, Lens::Net] {
            let why = crate::ask(&desk.files(), "", lens, "", None).unwrap_err();
            assert!(why.to_string().contains(column), "{lens}: {why}");
        }
    }
    let desk = Desk::new();
    desk.import("a.csv", format!("{header}{usage}\n")).unwrap();
    assert_eq!(desk.ask("", Lens::Net, ""), pairs(&[("", "1")]));
}

#[test]
fn a_bill_without_teams_still_tells_its_resources() {
    let desk = Desk::new();
    let text = "ChargePeriodStart,BilledCost,EffectiveCost,BillingCurrency,ServiceName,x_UsageType,ResourceId,SubAccountId,ConsumedQuantity\n\
        2026-09-01,3,3,USD,EC2,EBS:VolumeUsage.gp2,vol-1,1111,30\n";
    desk.import("a.csv", text).unwrap();
    let files = desk.files();
    let questions = Questions::new("2026-09-03".parse().unwrap(), true);
    assert!(files.answer(&questions.resources, &mut |_| ()).is_err());
    let mut bill = Bill::default();
    bill.take_resources(
        files
            .answer(&questions.resources_of(&files.cube), &mut |_| ())
            .unwrap(),
    );
    let of = &bill.resources[0];
    assert_eq!((of.resource.as_str(), &of.team), ("vol-1", &None));
}

#[test]
fn rows_that_break_off_or_have_too_much_name_their_row() {
    refused(
        "bad.csv",
        with(3, ",\"{\"\"team\"\":\"\"search\"\"}\"", ""),
        &["row 4", "13 fields"],
    );
    refused("bad.csv", with(0, "USD,", "USD,,"), &["row 1", "15 fields"]);
    let whole = gzip(csv().as_bytes());
    refused("bad.csv.gz", &whole[..whole.len() - 9], &["not whole"]);
    let mut latin = csv().into_bytes();
    let at = csv().find("Storage").unwrap();
    latin[at] = 0xe9;
    refused("bad.csv", latin, &["row 2", "UTF-8"]);
}

#[test]
fn files_that_are_no_exports_say_what_they_lack() {
    refused("bad.csv", "", &["empty"]);
    refused("bad.csv", HEADER, &["only a header"]);
    refused(
        "bad.csv",
        "a,b\n1,2\n",
        &["neither a FOCUS export nor a Cost and Usage Report", "BilledCost"],
    );
    refused("bad.csv", "BilledCost,ServiceName\n1,a\n", &["ChargePeriodStart"]);
    refused(
        "bad.csv",
        "BilledCost,ChargePeriodStart,billedcost\n1,2026-09-01,2\n",
        &["BilledCost", "twice"],
    );
    refused("bad.zip", b"PK\x03\x04rest", &["ZIP"]);
    refused("bad.csv.zst", b"\x28\xb5\x2f\xfdrest", &["zstd"]);
    let wide: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused("bad.csv", [&b"\xff\xfe"[..], &wide].concat(), &["UTF-16"]);
    for (sign, name) in [(";", "semicolons"), ("\t", "tabs")] {
        refused("bad.csv", csv().replace(',', sign), &["separated by", name]);
    }
    refused("bad.parquet", b"PAR1", &["damaged"]);
}

#[test]
fn a_header_after_a_byte_order_mark_and_newlines_in_quotes_are_read() {
    let desk = Desk::new();
    let text = "\u{feff}ChargePeriodStart,BilledCost,ServiceName\r\n2026-09-01,1,\"two\nlines\"\r\n2026-09-01,2,\"a \"\"b\"\"\"\r\n";
    assert_eq!(desk.import("a.csv", text).unwrap().rows, 2);
    assert_eq!(
        desk.ask("service", Lens::Unblended, ""),
        pairs(&[("a \"b\"", "2"), ("two\nlines", "1")])
    );
}

fn days(last: &str) -> Column {
    text(
        "ChargePeriodStart",
        [Some("2026-09-01"), Some("2026-09-01"), Some(last)],
    )
}

#[test]
fn parquet_of_wrong_types_or_values_names_column_and_row() {
    let doubles = |last: f64| money("BilledCost", [1.0, 2.0, last].map(Some));
    for number in [f64::NAN, f64::INFINITY, 1e300] {
        refused(
            "bad.parquet",
            write(&[days("2026-09-02"), doubles(number)]),
            &["row 3", "BilledCost"],
        );
    }
    refused(
        "bad.parquet",
        write(&[days("soon"), doubles(1.0)]),
        &["row 3", "ChargePeriodStart"],
    );
    let booleans = column("boolean BilledCost", Cells::Bools(vec![Some(true); 3]));
    refused(
        "bad.parquet",
        write(&[days("2026-09-02"), booleans]),
        &["BilledCost", "Boolean"],
    );
    let bytes = column("binary ServiceName", Cells::Bytes(vec![Some("EC2".into()); 3]));
    let unmarked = Desk::new()
        .import("a.parquet", write(&[days("2026-09-02"), doubles(1.0), bytes]))
        .unwrap_err();
    assert!(
        unmarked.to_string().contains("ServiceName") && unmarked.hint.contains("VARCHAR"),
        "{unmarked:?}"
    );
    let group = "optional group Tags { optional binary team (STRING); }".to_owned();
    let tags = text("team", [None; 3]);
    let flat = Desk::new()
        .import(
            "a.parquet",
            write(&[days("2026-09-02"), doubles(1.0), (group, tags.1)]),
        )
        .unwrap_err();
    assert!(
        flat.to_string().contains("Tags: ") && flat.hint.contains("map of texts"),
        "{flat:?}"
    );
    let texts = text("BilledCost", ["1", "2.5", "1e-1"].map(Some));
    let desk = Desk::new();
    desk.import("a.parquet", write(&[days("2026-09-02"), texts]))
        .unwrap();
    assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "3.6")]));
}

#[test]
fn parquet_torn_anywhere_is_refused() {
    let whole = parquet();
    for part in 0..97 {
        let desk = Desk::new();
        let torn = &whole[..whole.len() * part / 97];
        assert!(desk.import("a.parquet", torn).is_err(), "{part} of 97");
        assert!(!is_imported(&desk.data()), "{part} of 97");
        assert!(Files::load(&desk.data(), None).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_csv_can_make_it_panic(body in "[-0-9a-zA-Z.,\"{}:\n\r ]{0,200}") {
        let _ = Desk::new().import("a.csv", format!("ChargePeriodStart,BilledCost,Tags\n{body}"));
    }

    #[test]
    fn amounts_add_up_as_integers_do(units in proptest::collection::vec(-1_000_000_000_000_i64..1_000_000_000_000, 1..40)) {
        let desk = Desk::new();
        let mut text = "ChargePeriodStart,BilledCost,ServiceName\n".to_owned();
        for (nth, unit) in units.iter().enumerate() {
            text += &format!("2026-09-0{},{unit}e-12,s{}\n", nth % 9 + 1, nth % 3);
        }
        desk.import("a.csv", text).unwrap();
        let total: i64 = units.iter().sum();
        let shown = &desk.ask("", Lens::Unblended, "")[0].1;
        let parsed = quarterdeck::cost::Amount::parse(&format!("{total}e-12")).unwrap().amount;
        prop_assert_eq!(shown, &parsed.to_string());
    }
}
