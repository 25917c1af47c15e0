//! The shared samples against totals that DuckDB computed from the same files.

use std::collections::BTreeMap;
use std::path::Path;

use quarterdeck::cost::{Files, Lens};
use serde_json::Value;

use crate::{Desk, FOCUS, ask};

/// Groupings of the oracle, the column of their key and ours.
const GROUPINGS: [(&str, &str, &str); 9] = [
    ("by_service", "ServiceName", "service"),
    ("by_charge_category", "ChargeCategory", "category"),
    ("by_month", "month", "month"),
    ("by_sub_account", "SubAccountId", "account"),
    ("by_region", "RegionId", "region"),
    ("by_team_tag", "team", "tag:team"),
    ("by_env_tag", "env", "tag:env"),
    ("by_product", "product", "service"),
    ("by_line_item_type", "type", "category"),
];

const MEASURES: [(&str, Lens); 4] = [
    ("BilledCost", Lens::Unblended),
    ("EffectiveCost", Lens::Amortized),
    ("ListCost", Lens::List),
    ("unblended", Lens::Unblended),
];

fn oracle() -> Option<Vec<Value>> {
    let Ok(text) = std::fs::read_to_string(Path::new(FOCUS).join("oracle_totals.json")) else {
        eprintln!("skipped: no {FOCUS}/oracle_totals.json");
        return None;
    };
    let oracle: Value = serde_json::from_str(&text).unwrap();
    Some(oracle["files"].as_array().unwrap().clone())
}

fn number(value: &Value) -> f64 {
    value.as_str().map_or(0.0, |text| text.parse().unwrap())
}

fn close(ours: f64, theirs: f64, what: &str) {
    let bound = (theirs.abs() * 1e-6).max(1e-9);
    assert!((ours - theirs).abs() <= bound, "{what}: {ours} is not {theirs}");
}

/// Costs by key, as the oracle has them and as we have.
fn compare(
    files: &Files,
    by: &str,
    lens: Lens,
    filter: &str,
    period: Option<(&str, &str)>,
    wanted: &BTreeMap<String, f64>,
    what: &str,
) {
    let answer = ask(files, by, lens, filter, period).unwrap();
    assert_eq!(answer.len(), 1, "{what}");
    let ours: BTreeMap<String, f64> = answer[0]
        .rows
        .iter()
        .map(|row| (row.key.join("/"), row.cost.approximate()))
        .collect();
    assert_eq!(
        ours.keys().collect::<Vec<_>>(),
        wanted.keys().collect::<Vec<_>>(),
        "{what}"
    );
    for (key, cost) in wanted {
        close(ours[key], *cost, &format!("{what} {key:?}"));
    }
    close(answer[0].total.approximate(), wanted.values().sum(), what);
}

fn wanted(rows: &Value, key: &str, measure: &str) -> BTreeMap<String, f64> {
    let text = |row: &Value| match &row[key] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let rows = rows.as_array().unwrap();
    rows.iter()
        .map(|row| (text(row), number(&row[measure])))
        .collect()
}

fn imported(file: &Value) -> (Desk, Files) {
    let desk = Desk::new();
    let path = Path::new(FOCUS).join(file["file"].as_str().unwrap());
    let imported = desk.import_path(&path).unwrap();
    let total = &file["total"][0];
    assert_eq!(imported.rows, total["rows"].as_u64().unwrap());
    let files = desk.files();
    (desk, files)
}

#[test]
fn every_file_and_grouping_equals_the_oracle() {
    let Some(oracle) = oracle() else { return };
    let mut compared = 0;
    for file in &oracle {
        let (_desk, files) = imported(file);
        for (measure, lens) in MEASURES {
            if file["total"][0].get(measure).is_none() {
                continue;
            }
            let what = format!("{} {measure}", file["file"]);
            let total: BTreeMap<String, f64> = [(String::new(), number(&file["total"][0][measure]))].into();
            compare(&files, "", lens, "", None, &total, &what);
            for (grouping, key, by) in GROUPINGS {
                let rows = &file[grouping];
                if rows.is_array() && rows[0].get(measure).is_some() {
                    compare(
                        &files,
                        by,
                        lens,
                        "",
                        None,
                        &wanted(rows, key, measure),
                        &format!("{what} {grouping}"),
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(compared >= 60, "only {compared} groupings were compared");
}

#[test]
fn days_resources_filters_and_parts_of_months_equal_the_oracle() {
    let Some(oracle) = oracle() else { return };
    let synthetic = oracle
        .iter()
        .find(|file| file["top20_resources_2026_10"].is_array())
        .unwrap();
    let (_desk, files) = imported(synthetic);
    let costs = |grouping: &str, key: &str, measure: &str| wanted(&synthetic[grouping], key, measure);
    let (effective, ec2) = (Lens::Amortized, r#"service:"Amazon Elastic Compute Cloud""#);
    let days = costs("daily_effective_ec2_last_60", "day", "EffectiveCost");
    compare(
        &files,
        "day",
        effective,
        ec2,
        Some(("2026-09-02", "2026-11-01")),
        &days,
        "days",
    );
    let unused = costs("sp_unused", "month", "unused");
    compare(
        &files,
        "month",
        effective,
        "commitment:Unused",
        None,
        &unused,
        "unused",
    );
    for (grouping, measure, from, to) in [
        ("mom_2026_09_vs_10_by_service", "sep", "2026-09-01", "2026-10-01"),
        ("mom_2026_09_vs_10_by_service", "oct", "2026-10-01", "2026-11-01"),
        (
            "mtd_same_days_1_12_by_service",
            "sep_1_12",
            "2026-09-01",
            "2026-09-13",
        ),
        (
            "mtd_same_days_1_12_by_service",
            "oct_1_12",
            "2026-10-01",
            "2026-10-13",
        ),
    ] {
        // The oracle has a row of nothing for a service that was charged in the other month only.
        let wanted: BTreeMap<_, _> = costs(grouping, "ServiceName", measure)
            .into_iter()
            .filter(|(_, cost)| *cost != 0.0)
            .collect();
        compare(
            &files,
            "service",
            effective,
            "",
            Some((from, to)),
            &wanted,
            measure,
        );
    }
    let top = costs("top20_resources_2026_10", "ResourceId", "EffectiveCost");
    let answer = ask(
        &files,
        "resource",
        effective,
        r#"-resource:"""#,
        Some(("2026-10-01", "2026-11-01")),
    )
    .unwrap();
    assert_eq!(answer[0].rows.len(), 300);
    let largest: BTreeMap<String, f64> = answer[0].rows[..20]
        .iter()
        .map(|row| (row.key[0].clone(), row.cost.approximate()))
        .collect();
    assert_eq!(largest.keys().collect::<Vec<_>>(), top.keys().collect::<Vec<_>>());
    top.iter().for_each(|(key, cost)| close(largest[key], *cost, key));
}

#[test]
fn however_deep_the_grouping_the_total_stays_to_the_last_unit() {
    let Some(oracle) = oracle() else { return };
    let synthetic = oracle.iter().find(|file| file["by_team_tag"].is_array()).unwrap();
    let (_desk, files) = imported(synthetic);
    let total = |by: &str, lens| ask(&files, by, lens, "", None).unwrap()[0].total;
    let all =
        "day,service,account,region,category,usage_type,pricing,commitment,class,tag:team,tag:env,month";
    for lens in [Lens::Unblended, Lens::Amortized, Lens::Net, Lens::List] {
        assert_eq!(total(all, lens), total("", lens));
        assert_eq!(total("account,service,usage_type", lens), total("", lens));
    }
    // What was bought is used or goes unused: billed and effective costs are the same in the end.
    let apart = total("", Lens::Unblended) - total("", Lens::Amortized);
    assert!(apart.approximate().abs() < 1e-6, "{apart}");
    // From the file itself and from cells.
    let by_resource = ask(&files, "resource,service", Lens::Amortized, "", None).unwrap();
    assert_eq!(by_resource[0].total, total("", Lens::Amortized));
}

#[test]
fn worked_examples_of_the_specification_come_out_as_billed_and_as_used() {
    let folder = Path::new(FOCUS).join("focus_spec_examples");
    let Ok(examples) = std::fs::read_dir(&folder) else {
        return eprintln!("skipped: no {}", folder.display());
    };
    let mut seen = 0;
    for example in examples {
        let path = example.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let desk = Desk::new();
        desk.import_path(&path).unwrap();
        let total = |lens| ask(&desk.files(), "", lens, "", None).unwrap()[0].total;
        let (billed, effective) = (total(Lens::Unblended), total(Lens::Amortized));
        if name.contains("utilization") {
            // A whole hour of a commitment: bought, then used or not.
            assert_eq!(billed, effective, "{name}");
        } else if name.contains("usage") {
            assert!(billed < effective, "{name}: {billed} {effective}");
        } else {
            assert!(billed > effective, "{name}: {billed} {effective}");
        }
        seen += 1;
    }
    assert_eq!(seen, 11);
}
