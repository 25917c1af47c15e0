//! Automations that were sent to several targets, and those that wait for several people: what a script is told of each.

use super::*;

/// Looks, and then fails whatever it was given.
const SIZED: &str = r#"
schemaVersion: '0.3'
parameters:
  Size: {type: String}
mainSteps:
- name: look
  action: aws:executeAwsApi
  onFailure: Abort
  inputs: {Service: ec2, Api: DescribeInstances}
  outputs: [{Name: Owner, Selector: '$.Reservations[0].OwnerId', Type: String}]
- name: check
  action: aws:assertAwsResourceProperty
  inputs: {Service: ec2, Api: DescribeInstances, PropertySelector: '$.Reservations[0].OwnerId', DesiredValues: ['{{ Size }}']}
"#;

#[test]
fn what_was_never_begun_is_told_at_the_end_and_outputs_of_children_under_their_names() {
    let shop = Shop::with(&[("Shop-Sized", SIZED.to_owned())], &[]);
    let maps = ["Size=one", "Size=two", "Size=three", "Size=four"].map(|map| ["--target-map", map]);
    let mut args = vec![
        "start",
        "Shop-Sized",
        "--yes",
        "--max-errors",
        "0",
        "--max-concurrency",
        "1",
    ];
    args.extend(maps.as_flattened());
    let followed = shop.run(&args);
    let says = err(&followed);
    assert_eq!(code(&followed), 1, "{says}");
    assert!(says.contains("3 of 4 targets were never begun"), "{says}");
    let all = out(&shop.run(&["executions", "--json"]));
    let all: Value = serde_json::from_str(&all).unwrap();
    let rows = all["executions"].as_array().unwrap();
    let is_parent = |row: &&Value| row["parent"].is_null();
    let parent = rows.iter().find(is_parent).unwrap()["execution_id"]
        .as_str()
        .unwrap();
    let told = out(&shop.run(&["output", parent]));
    let heading = told
        .lines()
        .find(|line| line.starts_with("=== one "))
        .unwrap_or_default();
    assert!(!heading.is_empty() && !heading.contains(parent), "{told}");
    assert!(told.contains("--- look "), "{told}");
    assert!(!told.contains("ExecutionId"), "{told}");
}

#[test]
fn a_limit_for_one_run_is_refused() {
    let shop = Shop::open(&[]);
    for flag in ["--max-errors", "--max-concurrency"] {
        let refused = shop.run(&["start", "Shop-Paused", "--yes", "--no-wait", flag, "2"]);
        assert_eq!(code(&refused), 2, "{}", err(&refused));
        let says = err(&refused);
        assert!(says.contains(flag) && says.contains("--targets"), "{says}");
    }
}

#[test]
fn who_has_to_approve_and_who_has_is_told() {
    let shop = Shop::open(&[]);
    let id = quarantine(&shop);
    let said = |wanted: &str| {
        soon(|| {
            let says = err(&shop.run(&["status", &id]));
            match says.contains(wanted) {
                true => Ok(says),
                false => Err(says),
            }
        })
    };
    let says = said("0 of 2 approvals, which ");
    assert!(says.contains("message: "), "{says}");
    assert_eq!(code(&shop.run(&["approve", &id, "--comment", "I agree"])), 0);
    let says = said("1 of 2 approvals");
    assert!(
        says.contains("approved by ") && says.contains(": I agree"),
        "{says}"
    );
    assert_eq!(code(&shop.run(&["revoke", &id])), 0);
    said("0 of 2 approvals");
    assert_eq!(code(&shop.run(&["stop", &id])), 0);
}
