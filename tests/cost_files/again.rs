//! What cells do not have is read from the files again: in any days it is the same services, labels and money that the
//! cells tell.

use quarterdeck::cost::Lens;

use crate::{Desk, ask, pairs, rows};

const REPORT: &str = "line_item_usage_start_date,line_item_unblended_cost,line_item_product_code,product,line_item_resource_id\n";
const LONG: &str = r#""{""product_name"":""Elastic Compute""}""#;

/// Ten days of a machine, whose service has its long name in the row of the first.
fn report(month: &str) -> String {
    let day = |nth: usize| {
        let product = if nth == 1 { LONG } else { "" };
        format!("2026-{month}-{nth:02},5,AmazonEC2,{product},i-1\n")
    };
    REPORT.to_owned() + &(1..=10).map(day).collect::<String>()
}

/// Takes out of every import what older ones had not.
fn make_old(desk: &Desk) {
    for entry in std::fs::read_dir(desk.data().join("costs/imports")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let (start, rest) = bytes.split_at(8);
        let (length, rest) = rest.split_first_chunk::<8>().unwrap();
        let (header, columns) = rest.split_at(u64::from_le_bytes(*length) as usize);
        let mut header: serde_json::Value = serde_json::from_slice(header).unwrap();
        let facts = header["facts"].as_object_mut().unwrap();
        assert!(facts.remove("services").is_some() && facts.remove("blank_net").is_some());
        let header = header.to_string().into_bytes();
        let length = (header.len() as u64).to_le_bytes();
        std::fs::write(path, [start, &length, &header, columns].concat()).unwrap();
    }
}

#[test]
fn a_service_has_its_long_name_in_days_whose_rows_have_the_short_one_alone() {
    let desk = Desk::new();
    desk.import("09.csv", report("09")).unwrap();
    // An import of its own, whose rows never tell the long name.
    let short = report("10").replace(LONG, "");
    desk.import("10.csv", short).unwrap();
    for is_old in [false, true] {
        if is_old {
            make_old(&desk);
        }
        let files = desk.files();
        let told = |by: &str, filter: &str, period| {
            rows(&ask(&files, by, Lens::Unblended, filter, Some(period)).unwrap()[0])
        };
        let late = ("2026-09-05", "2026-09-09");
        assert_eq!(told("service", "", late), pairs(&[("Elastic Compute", "20")]));
        assert_eq!(
            told("resource,service", "", late),
            pairs(&[("i-1/Elastic Compute", "20")])
        );
        let filter = "service:*Elastic*";
        assert_eq!(told("resource", filter, late), pairs(&[("i-1", "20")]));
        let both = ("2026-09-05", "2026-10-03");
        assert_eq!(
            told("service", "", both),
            pairs(&[("Elastic Compute", "30"), ("AmazonEC2", "10")])
        );
        assert_eq!(told("resource", filter, both), pairs(&[("i-1", "30")]));
    }
}

#[test]
fn a_label_that_only_another_month_has_is_one_that_these_days_lack() {
    let desk = Desk::new();
    let old = "ChargePeriodStart,BilledCost,ServiceName,ResourceId\n2026-09-01,3,EC2,i-1\n";
    let new = "ChargePeriodStart,BilledCost,ServiceName,ResourceId,Tags\n\
        2026-10-01,4,EC2,i-1,\"{\"\"team\"\":\"\"pay\"\"}\"\n";
    desk.import("old.csv", old).unwrap();
    desk.import("new.csv", new).unwrap();
    let files = desk.files();
    let september = Some(("2026-09-01", "2026-10-01"));
    let told =
        |by: &str, filter: &str| rows(&ask(&files, by, Lens::Unblended, filter, september).unwrap()[0]);
    assert_eq!(told("service,tag:team", ""), pairs(&[("EC2/", "3")]));
    assert_eq!(told("resource,tag:team", ""), pairs(&[("i-1/", "3")]));
    assert_eq!(told("resource", "-tag.team:pay"), pairs(&[("i-1", "3")]));
    assert_eq!(told("resource", r#"tag.team:"""#), pairs(&[("i-1", "3")]));
    assert_eq!(told("resource", "tag.team:pay"), pairs(&[]));
    let why = ask(&files, "resource", Lens::Unblended, "tag.owner:x", september).unwrap_err();
    assert!(why.to_string().contains("tag:owner"), "{why}");
    assert!(!why.hint().contains("owner"), "{}", why.hint());
}

#[test]
fn of_several_files_one_that_was_written_over_is_not_left_out() {
    let desk = Desk::new();
    let bill = |day: &str| format!("ChargePeriodStart,BilledCost,ResourceId\n{day},3,i-1\n");
    let folder = desk.dir.path().join("e");
    let [a, b] = ["a.csv", "b.csv"].map(|name| folder.join(name));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(&a, bill("2026-08-01")).unwrap();
    std::fs::write(&b, bill("2026-09-01")).unwrap();
    desk.import_path(&folder).unwrap();
    let away = desk.dir.path().join("away.csv");
    std::fs::rename(&b, &away).unwrap();
    std::fs::write(&a, bill("2026-10-01") + "2026-10-02,1,i-1\n").unwrap();
    desk.import_path(&folder).unwrap();
    std::fs::rename(&away, &b).unwrap();
    assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "10")]));
    let why = ask(&desk.files(), "resource", Lens::Unblended, "", None).unwrap_err();
    let says = why.to_string();
    assert!(
        says.contains("a.csv") && says.contains("has changed since"),
        "{says}"
    );
}

#[test]
fn a_bill_that_another_was_written_over_is_refused_and_not_left_out() {
    let desk = Desk::new();
    let bill = |day: &str| format!("ChargePeriodStart,BilledCost,ResourceId\n{day},3,i-1\n");
    desk.import("bill.csv", bill("2026-09-01")).unwrap();
    desk.import("bill.csv", bill("2026-10-01") + "2026-10-02,1,i-1\n")
        .unwrap();
    assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "7")]));
    let why = ask(&desk.files(), "resource", Lens::Unblended, "", None).unwrap_err();
    assert!(
        why.to_string().contains("has changed since it was imported"),
        "{why}"
    );
    let october = Some(("2026-10-01", "2026-10-03"));
    let told = ask(&desk.files(), "resource", Lens::Unblended, "", october).unwrap();
    assert_eq!(rows(&told[0]), pairs(&[("i-1", "4")]));
}
