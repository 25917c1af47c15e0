//! Outputs that AWS is too busy to tell: said where they would stand, and asked for again where somebody waits for them.

use super::*;

/// A command of two steps, and an automation that sends it.
const COMMAND: &str = r#"
schemaVersion: '2.2'
description: Looks twice
mainSteps:
- {name: one, action: 'aws:runShellScript', inputs: {runCommand: ['echo first; echo odd >&2']}}
- {name: two, action: 'aws:runShellScript', inputs: {runCommand: ['echo second']}}
"#;
const SENDS: &str = r#"
schemaVersion: '0.3'
mainSteps:
- name: look
  action: aws:runCommand
  inputs: {DocumentName: Shop-Twice, Targets: [{Key: 'tag:env', Values: [test]}]}
"#;

fn twice(faults: &str) -> Shop {
    let documents = [
        ("Shop-Twice", COMMAND.to_owned()),
        ("Shop-Sends", SENDS.to_owned()),
    ];
    Shop::with(&documents, &["--faults", faults])
}

/// What the automation's step left, by the names of its outputs.
fn left(shop: &Shop) -> (Vec<Value>, String) {
    let (last, exit) = shop.start(&["Shop-Sends", "--yes"]).end();
    assert_eq!(exit, 0, "{last}");
    let id = last["execution_id"].as_str().unwrap();
    let told = shop.run(&["output", id, "--json"]);
    let rows = out(&told)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    (rows, err(&shop.run(&["output", id])))
}

#[test]
fn output_that_could_not_be_had_is_told_and_never_left_out() {
    // The list of machines, and of the steps on one of them.
    for faults in [
        "refuse.ListCommandInvocations=throttled",
        "refuse.ListCommandInvocations.Details=throttled",
    ] {
        let (rows, says) = left(&twice(faults));
        let cut: Vec<&Value> = rows.iter().filter(|row| row["cut"] == true).collect();
        assert_eq!(cut.len(), 1, "{rows:?}");
        let why = cut[0]["says"].as_str().unwrap();
        assert!(why.contains("output") && why.contains("too often"), "{why}");
        let kept = rows.iter().find(|row| row["name"] == "Output").unwrap();
        assert!(kept["text"].as_str().unwrap().contains("first"), "{rows:?}");
        assert!(says.contains("is not whole: ") && says.contains(why), "{says}");
    }
    let (rows, _) = left(&twice(""));
    let named = |part: &str| {
        rows.iter()
            .any(|row| row["name"].as_str().unwrap().contains(part))
    };
    assert!(
        named(" one (Success) stderr") && named(" two (Success) stdout"),
        "{rows:?}"
    );
}

#[test]
fn the_output_of_a_command_is_asked_for_until_aws_is_less_busy() {
    let shop = twice("refuse.ListCommandInvocations.Details=throttled@1-8");
    let ran = shop.run(&["start", "Shop-Twice", "--targets", "checkout", "--yes"]);
    assert_eq!(code(&ran), 0, "{}", err(&ran));
    for wanted in ["first", "second"] {
        assert!(out(&ran).contains(wanted), "{}", out(&ran));
    }
}
