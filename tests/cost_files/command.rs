//! `qd costs import`, `breakdown` and `summary` as scripts and people type them.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::own::csv;

pub struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Home {
        let home = Home {
            dir: tempfile::tempdir().unwrap(),
        };
        std::fs::write(home.path().join("bill.csv"), csv()).unwrap();
        home
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn qd(&self, args: &[&str]) -> (i32, String, String) {
        let out = Command::new(env!("CARGO_BIN_EXE_qd"))
            .arg("costs")
            .args(args)
            .env_clear()
            .env("HOME", self.path())
            .current_dir(self.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
    }

    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let (code, out, err) = self.qd(&[args, &["--json"]].concat());
        assert_eq!(code, 0, "{args:?}: {err}");
        serde_json::from_str(&out).unwrap()
    }
}

#[test]
fn an_import_is_told_and_then_asked_without_naming_a_source() {
    let home = Home::new();
    let imported = home.json(&["import", "bill.csv"]);
    assert_eq!(imported["rows"], 4);
    assert_eq!(imported["files"], 1);
    assert_eq!(imported["currency"], "USD");
    assert_eq!(
        (&imported["from"], &imported["to"]),
        (&"2026-09-01".into(), &"2026-10-07".into())
    );
    let answer = home.json(&["breakdown", "--by", "service,account", "--metric", "effective"]);
    assert_eq!(
        (&answer["source"], &answer["metric"]),
        (&"files".into(), &"effective".into())
    );
    assert_eq!(answer["rows"][0]["key"], serde_json::json!(["Compute", "1111"]));
    assert_eq!(answer["total"], "6.2");
    let named = home.json(&[
        "breakdown",
        "--by",
        "month",
        "--source",
        "bill",
        "--filter",
        "-category:Credit",
    ]);
    assert_eq!(
        (&named["source"], &named["total"]),
        (&"bill".into(), &"11.5000006123".into())
    );
    let (code, out, _) = home.qd(&[
        "breakdown",
        "--by",
        "service,tag:team",
        "--metric",
        "list",
        "--csv",
    ]);
    assert_eq!(code, 0);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[..2],
        ["service,tag:team,cost,currency,quantity", "Compute,pay,12,USD,"]
    );
    let summary = home.json(&["summary"]);
    assert_eq!(summary["current"]["to"], "2026-10-07");
    assert_eq!(summary["previous"]["cost"], "7.5000006123");
}

#[test]
fn no_charge_at_all_is_said_and_is_no_bill_of_nothing() {
    let home = Home::new();
    home.json(&["import", "bill.csv"]);
    let empty = ["--from", "2026-09-20", "--to", "2026-09-25"];
    for verb in ["summary", "drivers", "breakdown", "anomalies"] {
        for form in [&[][..], &["--json"]] {
            let asked = [&[verb, "--filter", "service:nothing"], form].concat();
            let (code, out, err) = home.qd(&asked);
            assert_eq!((code, out.as_str()), (1, ""), "{verb}: {err}");
            assert!(err.contains("matches the filter"), "{verb}: {err}");
        }
    }
    let (code, out, err) = home.qd(&[&["drivers"][..], &empty].concat());
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("there is no charge at all"), "{err}");
}

#[test]
fn cost_explorer_and_imports_are_not_added_up() {
    let home = Home::new();
    for source in ["ce,bill", "bill,ce"] {
        let (code, out, err) = home.qd(&["summary", "--source", source]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains("ce and bill are not added up"), "{err}");
        assert!(err.contains("--source ce and with --source bill"), "{err}");
        home.json(&["import", "bill.csv"]);
    }
}

#[test]
fn a_file_that_is_gone_is_not_one_that_has_changed() {
    let home = Home::new();
    home.json(&["import", "bill.csv"]);
    std::fs::remove_file(home.path().join("bill.csv")).unwrap();
    let (code, out, err) = home.qd(&["breakdown", "--by", "resource"]);
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(
        err.contains("bill.csv: the file is gone since it was imported") && err.contains("put it back"),
        "{err}"
    );
}

#[test]
fn exports_of_one_name_get_two_and_what_both_have_is_told() {
    let home = Home::new();
    for dir in ["a", "b"] {
        std::fs::create_dir(home.path().join(dir)).unwrap();
        std::fs::copy(
            home.path().join("bill.csv"),
            home.path().join(dir).join("bill.csv"),
        )
        .unwrap();
    }
    let imported = home.json(&["import", "a/bill.csv", "b/bill.csv"]);
    let both = serde_json::json!(["bill", "bill-2"]);
    let overlaps = serde_json::json!([
        { "month": "2026-09", "exports": both },
        { "month": "2026-10", "exports": both },
    ]);
    assert_eq!(imported["overlaps"], overlaps);
    assert_eq!(
        imported["blank"],
        serde_json::json!({ "billed": 0, "effective": 0, "list": 0, "net": 0 })
    );
    let answer = home.json(&["breakdown"]);
    assert_eq!(
        (&answer["overlaps"], &answer["total"]),
        (&overlaps, &"17.0000012246".into())
    );
    let one = home.json(&["breakdown", "--source", "bill-2"]);
    assert_eq!(
        (&one["overlaps"], &one["total"]),
        (&serde_json::json!([]), &"8.5000006123".into())
    );
}

#[test]
fn mistakes_say_what_there_is_and_what_to_do() {
    let home = Home::new();
    for (args, code, says) in [
        (&["breakdown", "--source", "files"][..], 1, "nothing is imported"),
        (&["import", "no-such-file"], 1, "no-such-file"),
        (&["import"], 2, "PATH"),
    ] {
        let (got, out, err) = home.qd(args);
        assert_eq!(got, code, "{args:?} {err}");
        assert!(out.is_empty() && err.contains(says), "{args:?}: {err}");
    }
    home.json(&["import", "bill.csv"]);
    for (args, code, says) in [
        (
            &["breakdown", "--by", "tag:nobody"][..],
            2,
            "not split by tag:nobody\nhint: they are split by service",
        ),
        (&["breakdown", "--source", "elsewhere"], 2, "there is bill"),
        (
            &["breakdown", "--from", "2020-01-01", "--to", "2020-02-01"],
            1,
            "2026-09-01",
        ),
        (
            &["breakdown", "--source", "ce", "--metric", "list"],
            2,
            "list prices",
        ),
        (
            &["breakdown", "--by", "service,region,account", "--source", "ce"],
            2,
            "two dimensions",
        ),
    ] {
        let (got, out, err) = home.qd(args);
        assert_eq!(got, code, "{args:?} {err}");
        assert!(out.is_empty() && err.contains(says), "{args:?}: {err}");
    }
}

#[test]
fn what_json_tells_is_told_as_csv_as_well() {
    let home = Home::new();
    home.json(&["import", "bill.csv"]);
    let rows = |args: &[&str]| -> Vec<Vec<String>> {
        let (code, out, err) = home.qd(&[args, &["--csv"]].concat());
        assert_eq!(code, 0, "{args:?} {err}");
        let mut csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(out.as_bytes());
        let rows = csv
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect());
        rows.collect()
    };
    let summary = home.json(&["summary"]);
    let told = rows(&["summary"]);
    assert_eq!(
        told[0][..4],
        ["currency", "current_from", "current_to", "current_cost"]
    );
    assert_eq!(told.len(), 2, "one currency");
    assert_eq!(told[1][3], summary["current"]["cost"].as_str().unwrap());
    let drivers = home.json(&["drivers", "--by", "service"]);
    let told = rows(&["drivers", "--by", "service"]);
    assert_eq!(told[0][..4], ["service", "before", "after", "change"]);
    let cells = drivers["rows"].as_array().unwrap();
    assert_eq!(told.len(), 1 + cells.len());
    for (row, cell) in told[1..].iter().zip(cells) {
        let wanted = [&cell["key"][0], &cell["before"], &cell["after"]].map(|of| of.as_str().unwrap());
        assert_eq!(row[..3], wanted);
        assert_eq!(row[3], cell["change"].as_str().unwrap_or_default());
    }
    for verb in ["forecast", "anomalies"] {
        let told = rows(&[verb]);
        assert!(told[0].contains(&"currency".to_owned()), "{verb}: {told:?}");
        let (code, _, err) = home.qd(&[verb, "--csv", "--json"]);
        assert_eq!(code, 2, "{verb} is one or the other: {err}");
    }
}

#[test]
fn files_are_compared_judged_and_foretold_like_any_bill() {
    let sample = Path::new(crate::FOCUS).join("synthetic_focus_1_2_aws_14mo.parquet");
    if !sample.is_file() {
        eprintln!("skipped: no {}", sample.display());
        return;
    }
    let home = Home::new();
    home.json(&["import", sample.to_str().unwrap()]);
    let summary = home.json(&["summary"]);
    let drivers = home.json(&["drivers"]);
    assert_eq!(
        drivers["current"], summary["current"],
        "the last month that was imported"
    );
    assert_eq!(drivers["change"], summary["change"]);
    let forecast = home.json(&["forecast", "--metric", "effective"]);
    assert_eq!(
        (&forecast["from"], &forecast["until"]),
        (&"2026-11-01".into(), &"2026-11-01".into()),
        "the month after it"
    );
    assert!(forecast["mean"].as_str().unwrap().parse::<f64>().unwrap() > 30_000.0);
    let (code, _, err) = home.qd(&["forecast", "--aws"]);
    assert_eq!(code, 2, "{err}");
    let (code, out, err) = home.qd(&[
        "anomalies",
        "--from",
        "2026-03-01",
        "--to",
        "2026-04-01",
        "--json",
    ]);
    assert_eq!(code, 0, "{err}");
    let lines: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let flood = |line: &&Value| line["key"] == serde_json::json!(["Amazon CloudWatch"]);
    let flood = lines.iter().find(flood).unwrap();
    assert_eq!(
        (&flood["day"], &flood["side"]),
        (&"2026-03-11".into(), &"high".into())
    );
    assert!(
        flood["explains"]
            .as_str()
            .unwrap()
            .contains("DataProcessing-Bytes"),
        "{flood}"
    );
}

/// Ten hours a day at a dollar in September, fifteen in October; and a tax of one dollar a day.
fn hours() -> String {
    let mut text = String::from(
        "ChargePeriodStart,BillingPeriodStart,BilledCost,EffectiveCost,ServiceName,ChargeCategory,x_UsageType,ConsumedQuantity\n",
    );
    for (month, days, used) in [("09", 30, 10), ("10", 31, 15)] {
        for day in 1..=days {
            let at = format!("2026-{month}-{day:02},2026-{month}-01");
            text += &format!("{at},{used},{used},Compute,Usage,BoxUsage,{used}\n{at},1,1,Tax,Tax,,\n");
        }
    }
    text
}

#[test]
fn a_service_has_the_usage_and_the_rate_of_its_kinds_of_use() {
    let home = Home::new();
    std::fs::write(home.path().join("hours.csv"), hours()).unwrap();
    home.json(&["import", "hours.csv"]);
    let days = ["--from", "2026-10-01", "--to", "2026-11-01"];
    let of = |by: &str| {
        let found = home.json(&[&["drivers", "--by", by][..], &days].concat());
        let rows = found["rows"].as_array().unwrap().clone();
        let row = |name: &str| rows.iter().find(|row| row["key"][0] == name).unwrap().clone();
        assert_eq!(
            rows.iter().map(|row| row["key"].as_array().unwrap().len()).max(),
            Some(by.split(',').count())
        );
        (
            found["usage"].clone(),
            row("Compute")["usage"].clone(),
            row("Compute")["kind"].clone(),
            row("Tax")["kind"].clone(),
        )
    };
    // 465 hours for 300, at the same dollar.
    let wanted = |kind: &str| ("165".into(), "165".into(), kind.into(), "no quantity".into());
    assert_eq!(of("service"), wanted("changed"));
    assert_eq!(of("service,usage_type"), wanted("changed"));
}
