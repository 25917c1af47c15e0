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

#[test]
fn an_automation_is_stopped_though_nobody_tells_how_it_stands() {
    let shop = Shop::open(&["--faults", "refuse.GetAutomationExecution=throttled"]);
    let begun = shop.run(&["start", "Shop-Paused", "--yes", "--no-wait"]);
    let id = out(&begun).trim().to_owned();
    let stopped = shop.run(&["stop", &id, "--comment", "the wrong one"]);
    assert_eq!(code(&stopped), 0, "{}", err(&stopped));
    soon(|| {
        let told = shop.run(&["executions", "--json"]);
        let told: Value = serde_json::from_str(&out(&told)).unwrap();
        match told["executions"][0]["status"].as_str() {
            Some("Cancelled") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    let unknown = shop.run(&["stop", "11111111-2222-3333-4444-555555555555"]);
    assert_eq!(code(&unknown), 5, "{}", err(&unknown));
    // The log has what was stopped and why, and nothing of what nobody knows.
    let told = shop.home.qd(&["audit", "ls", "--json"]).output().unwrap();
    let told = out(&told);
    let lines: Vec<&str> = told.lines().filter(|line| line.contains("Stop Cancel")).collect();
    assert!(
        lines.len() == 1 && lines[0].contains("Shop-Paused") && lines[0].contains("the wrong one"),
        "{told}"
    );
}

#[test]
fn a_part_of_an_id_that_cannot_be_looked_up_is_answered_with_the_way_out() {
    let shop = Shop::open(&["--faults", "refuse.DescribeAutomationExecutions=throttled"]);
    let begun = shop.run(&["start", "Shop-Paused", "--yes", "--no-wait"]);
    let id = out(&begun).trim().to_owned();
    let refused = shop.run(&["stop", &id[..8]]);
    assert!(
        err(&refused).contains("hint: give the whole id"),
        "{}",
        err(&refused)
    );
    assert_eq!(code(&shop.run(&["stop", &id])), 0);
}
