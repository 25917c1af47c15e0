//! `qd documents` as scripts meet it: found by content, shown, previewed, started, answered from elsewhere, stopped, and
//! what the audit log has of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

#[path = "documents/long.rs"]
mod long;
#[path = "documents/nested.rs"]
mod nested;
#[path = "documents/places.rs"]
mod places;
#[path = "documents/sent.rs"]
mod sent;
#[path = "documents/stop.rs"]
mod stop;
#[path = "documents/throttled.rs"]
mod throttled;

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use pty::cloud::{Sim, shop};
use pty::home::Home;
use serde_json::Value;

const UNDONE: &str = r#"
schemaVersion: '0.3'
description: Fails, and tidies up
mainSteps:
- name: nap
  action: aws:sleep
  inputs: {Duration: PT1S}
- name: check
  action: aws:assertAwsResourceProperty
  onFailure: step:tidy
  inputs: {Service: ec2, Api: DescribeInstances, PropertySelector: '$.Reservations[0].OwnerId', DesiredValues: [nobody]}
  isEnd: true
- name: tidy
  action: aws:sleep
  inputs: {Duration: PT1S}
  isEnd: true
"#;

const PAUSED: &str = r#"
schemaVersion: '0.3'
description: Waits for a zebra
parameters:
  Size: {type: String, allowedValues: [small, large], default: small}
mainSteps:
- {name: wait, action: 'aws:pause', inputs: {}}
- {name: nap, action: 'aws:sleep', inputs: {Duration: PT1S}}
"#;

struct Shop {
    home: Home,
    sim: Sim,
}

impl Shop {
    fn open(faults: &[&str]) -> Shop {
        Shop::with(&[], faults)
    }

    /// With more documents, of these names and texts.
    fn with(documents: &[(&str, String)], faults: &[&str]) -> Shop {
        Shop::of(&shop(), documents, faults)
    }

    /// The same of another fleet.
    fn of(fleet: &str, documents: &[(&str, String)], faults: &[&str]) -> Shop {
        let home = Home::new();
        let folder = home.path().join("documents");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("Shop-Undone.yaml"), UNDONE).unwrap();
        std::fs::write(folder.join("Shop-Paused.yaml"), PAUSED).unwrap();
        for (name, text) in documents {
            std::fs::write(folder.join(format!("{name}.yaml")), text).unwrap();
        }
        let folder = folder.to_str().unwrap().to_owned();
        let mut args = vec!["--documents", folder.as_str()];
        args.extend(faults);
        let sim = Sim::start(&home, fleet, &args);
        Shop { home, sim }
    }

    fn qd(&self, args: &[&str]) -> Command {
        let mut command = self.sim.qd(&self.home, &["documents"]);
        command.args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.qd(args).output().unwrap()
    }

    fn start(&self, args: &[&str]) -> Following {
        let mut child = self
            .qd(&["start", "--json"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Following { child, lines }
    }
}

/// A start that is followed, by its lines.
struct Following {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Following {
    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).unwrap();
        (read > 0).then(|| serde_json::from_str(&line).unwrap_or_else(|bad| panic!("{bad}: {line}")))
    }

    /// The automation's id, once a step stands so.
    fn until(&mut self, step: &str, status: &str) -> String {
        let mut id = None;
        let mut is_there = false;
        loop {
            let line = self
                .next()
                .unwrap_or_else(|| panic!("it ended before {step} was {status}"));
            is_there |= line["event"] == "step" && line["name"] == step && line["status"] == status;
            // Lines about those that it has begun have ids of their own.
            let own = line["execution_id"].as_str().filter(|_| line["event"] != "child");
            id = own.map(str::to_owned).or(id);
            if let (true, Some(id)) = (is_there, &id) {
                return id.clone();
            }
        }
    }

    /// Its last line and its exit code.
    fn end(mut self) -> (Value, i32) {
        let mut last = Value::Null;
        while let Some(line) = self.next() {
            last = line;
        }
        (last, self.child.wait().unwrap().code().unwrap())
    }
}

/// Asks until it is so; with what was said last where it never is.
fn soon<T>(mut ask: impl FnMut() -> Result<T, String>) -> T {
    let until = Instant::now() + pty::PATIENCE;
    loop {
        match ask() {
            Ok(found) => return found,
            Err(said) => assert!(Instant::now() < until, "it never came to it: {said}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn documents_are_found_by_what_is_in_them_and_shown() {
    let shop = Shop::open(&[]);
    let found = shop.run(&["search", "zebra"]);
    assert!(out(&found).contains("Shop-Paused"), "{}", err(&found));
    let again = shop.run(&["search", "zebra"]);
    assert!(!err(&again).contains("fetched"), "texts are kept by version");
    let shown = out(&shop.run(&["show", "Shop-Undone"]));
    assert!(
        shown.contains("when check fails:") && shown.contains("assertAwsResourceProperty"),
        "{shown}"
    );
    let absent = shop.run(&["show", "Shop-Nothing"]);
    assert_eq!(code(&absent), 5, "{}", err(&absent));
}

#[test]
fn an_instance_may_be_called_by_its_name() {
    let shop = Shop::open(&[]);
    let preview = |value: &str| {
        let parameter = format!("InstanceId={value}");
        shop.run(&["preview", "Larkfield-RestartInstance", "--param", &parameter])
    };
    let by_name = preview("checkout");
    assert_eq!(code(&by_name), 0, "{}", err(&by_name));
    assert_eq!(out(&by_name), out(&preview(&checkout(&shop))));
    assert_eq!(code(&preview("nobody-here")), 5);
}

#[test]
fn a_wrong_value_and_a_missing_confirmation_start_nothing() {
    let shop = Shop::open(&[]);
    let wrong = shop.run(&["start", "Shop-Paused", "--yes", "--param", "Size=huge"]);
    assert_eq!(code(&wrong), 2);
    assert!(
        err(&wrong).contains("huge is none of small, large"),
        "{}",
        err(&wrong)
    );
    let unasked = shop.run(&[
        "start",
        "Larkfield-RestartInstance",
        "--param",
        &format!("InstanceId={}", checkout(&shop)),
    ]);
    assert_eq!(code(&unasked), 3, "{}", err(&unasked));
    let read_only = shop.run(&["--read-only", "start", "Shop-Paused", "--yes"]);
    assert_eq!(code(&read_only), 3);
    let none: Value = serde_json::from_str(&out(&shop.run(&["executions", "--json"]))).unwrap();
    assert_eq!(none["executions"].as_array().unwrap().len(), 0);
}

fn checkout(shop: &Shop) -> String {
    shop.sim.line["instances"][0].as_str().unwrap().to_owned()
}

#[test]
fn an_approval_from_elsewhere_lets_it_go_on_and_the_log_has_it_all() {
    let shop = Shop::open(&[]);
    let instance = format!("InstanceId={}", checkout(&shop));
    let mut started = shop.start(&["Larkfield-RestartInstance", "--yes", "--param", &instance]);
    let id = started.until("agree", "Waiting");
    let resumed = shop.run(&["resume", &id]);
    assert_eq!(code(&resumed), 1, "an approval is no pause: {}", err(&resumed));
    let approved = shop.run(&["approve", &id, "--comment", "agreed"]);
    assert_eq!(code(&approved), 0, "{}", err(&approved));
    let says = format!("AWS took your approval of Larkfield-RestartInstance ({id})");
    assert!(err(&approved).contains(&says), "{}", err(&approved));
    let (last, exit) = started.end();
    assert_eq!((last["status"].as_str(), exit), (Some("Success"), 0), "{last}");
    let audit = shop
        .sim
        .qd(&shop.home, &["audit", "ls", "--json"])
        .output()
        .unwrap();
    let audit = out(&audit);
    for wanted in ["runbook.start", "\"signal\":\"Approve\"", "runbook.end"] {
        assert!(audit.contains(wanted), "{wanted}: {audit}");
    }
}

#[test]
fn a_pause_is_resumed_and_an_interactive_run_waits_before_each_step() {
    let shop = Shop::open(&[]);
    let mut started = shop.start(&["Shop-Paused"]);
    let id = started.until("wait", "Waiting");
    assert_eq!(code(&shop.run(&["resume", &id])), 0);
    assert_eq!(started.end().1, 0);
    let begun = shop.run(&["start", "Shop-Undone", "--interactive", "--no-wait"]);
    let id = out(&begun).trim().to_owned();
    let begun = shop.run(&["start-step", &id]);
    assert_eq!(code(&begun), 0, "{}", err(&begun));
    assert_eq!(code(&shop.run(&["stop", &id])), 0);
}

#[test]
fn a_step_is_stopped_and_the_rest_waits_for_a_word() {
    let shop = Shop::open(&[]);
    let begun = shop.run(&["start", "Shop-Paused", "--interactive", "--no-wait"]);
    let id = out(&begun).trim().to_owned();
    let unbegun = shop.run(&["stop-step", &id]);
    assert_eq!(code(&unbegun), 1, "{}", err(&unbegun));
    assert!(err(&unbegun).contains("wait is next"), "{}", err(&unbegun));
    assert_eq!(code(&shop.run(&["start-step", &id])), 0);
    let other = shop.run(&["stop-step", &id, "--step", "nap"]);
    assert_eq!(code(&other), 1, "{}", err(&other));
    let stopped = shop.run(&["stop-step", &id, "--step", "wait", "--comment", "too long"]);
    assert_eq!(code(&stopped), 0, "{}", err(&stopped));
    let audit = shop
        .sim
        .qd(&shop.home, &["audit", "ls", "--json"])
        .output()
        .unwrap();
    let audit = out(&audit);
    for wanted in ["\"signal\":\"StopStep\"", "\"step\":\"wait\"", "too long"] {
        assert!(audit.contains(wanted), "{wanted}: {audit}");
    }
}

/// Begins what two people have to approve, without waiting for it; its id.
fn quarantine(shop: &Shop) -> String {
    let instance = format!("InstanceIds={}", checkout(shop));
    let begun = shop.run(&[
        "start",
        "Larkfield-QuarantineInstance",
        "--yes",
        "--no-wait",
        "--param",
        &instance,
        "--param",
        "Reason=odd traffic",
    ]);
    assert_eq!(code(&begun), 0, "{}", err(&begun));
    out(&begun).trim().to_owned()
}

#[test]
fn an_approval_is_taken_back_before_the_second_one() {
    let shop = Shop::open(&[]);
    let id = quarantine(&shop);
    let approved = shop.run(&["approve", &id]);
    assert_eq!(code(&approved), 0, "{}", err(&approved));
    let back = shop.run(&["revoke", &id, "--comment", "not that one"]);
    assert_eq!(code(&back), 0, "{}", err(&back));
    let twice = shop.run(&["revoke", &id]);
    assert_eq!(code(&twice), 1);
    assert!(err(&twice).contains("has approved nothing"), "{}", err(&twice));
    assert_eq!(code(&shop.run(&["stop", &id])), 0);
}

#[test]
fn maps_are_children_and_an_alarm_that_nobody_knows_stops_it() {
    let shop = Shop::open(&[]);
    let maps = [
        "--target-map",
        "Size=small",
        "--target-map",
        "{\"Size\": \"large\"}",
    ];
    let wrong = shop.run(&[
        "start",
        "Shop-Paused",
        "--yes",
        "--target-map",
        "Size=small",
        "--target-map",
        "Size=huge",
    ]);
    assert_eq!(code(&wrong), 2);
    assert!(
        err(&wrong).contains("map 2: Size: huge is none of"),
        "{}",
        err(&wrong)
    );
    let mut start = vec!["start", "Shop-Paused", "--yes", "--no-wait"];
    start.extend(maps);
    let begun = shop.run(&[&start[..], &["--max-concurrency", "2"]].concat());
    let id = out(&begun).trim().to_owned();
    assert_eq!(code(&begun), 0, "{}", err(&begun));
    let status =
        |id: &str| -> Value { serde_json::from_str(&out(&shop.run(&["status", id, "--json"]))).unwrap() };
    let children = soon(|| match status(&id)["children"].as_array() {
        Some(children) if children.len() == 2 => Ok(children.clone()),
        children => Err(format!("{children:?}")),
    });
    assert!(
        children.iter().any(|child| child["target"] == "large"),
        "{children:?}"
    );
    assert_eq!(code(&shop.run(&["stop", &id])), 0);
    let begun = shop.run(&[
        "start",
        "Shop-Undone",
        "--yes",
        "--json",
        "--stop-on-alarm",
        "no-such-alarm",
    ]);
    assert_eq!(code(&begun), 1);
    assert!(out(&begun).contains("Cancelled"), "{}", out(&begun));
    let misplaced = shop.run(&["start", "Shop-Undone", "--yes", "--place-errors", "1"]);
    assert_eq!(code(&misplaced), 2, "{}", err(&misplaced));
    // A misspelt account is answered with those that there are; a unit and an unknown one are AWS's to know.
    let own = shop.sim.line["accounts"][0]["id"].as_str().unwrap();
    for flags in [
        &["--account", "99"][..],
        &["--account", own, "--exclude-account", "99"],
    ] {
        let misspelt = shop.run(&[&["preview", "Shop-Undone"], flags].concat());
        assert_eq!(code(&misspelt), 2, "{}", err(&misspelt));
        let says = err(&misspelt);
        assert!(
            says.contains(" 99 is neither an account's twelve digits") && says.contains(own),
            "{says}"
        );
    }
    // The own account is judged as it is without being named; of another nothing is known.
    for (account, is_production) in [(own, false), ("111122223333", true)] {
        let told = shop.run(&["preview", "Shop-Undone", "--account", account, "--json"]);
        let told: Value = serde_json::from_str(&out(&told)).unwrap();
        assert_eq!(told["production"], is_production, "{account}: {told}");
    }
    let unknown = shop.run(&["preview", "Shop-Undone", "--account", "111122223333"]);
    let says = err(&unknown);
    assert!(
        says.contains("111122223333 is the account of no profile here") && says.contains(own),
        "{says}"
    );
}

#[test]
fn what_fails_goes_its_way_back_and_a_stop_cancels() {
    let shop = Shop::open(&[]);
    let (last, exit) = shop.start(&["Shop-Undone"]).end();
    assert_eq!(exit, 1, "{last}");
    let id = last["execution_id"].as_str().unwrap();
    let status: Value = serde_json::from_str(&out(&shop.run(&["status", id, "--json"]))).unwrap();
    let steps = status["steps"].as_array().unwrap();
    let stands = |name: &str| {
        steps
            .iter()
            .find(|step| step["name"] == name)
            .map(|step| step["status"].clone())
    };
    assert_eq!(
        (stands("check"), stands("tidy")),
        (Some("Failed".into()), Some("Success".into()))
    );
    let mut started = shop.start(&["Shop-Paused"]);
    let id = started.until("wait", "Waiting");
    assert_eq!(code(&shop.run(&["stop", &id])), 0);
    let (last, exit) = started.end();
    assert_eq!((last["status"].as_str(), exit), (Some("Cancelled"), 1));
}

#[test]
fn throttled_status_calls_lose_nothing() {
    let shop = Shop::open(&["--faults", "throttle.ssm=2"]);
    let (last, exit) = shop.start(&["Shop-Undone"]).end();
    assert_eq!((last["status"].as_str(), exit), (Some("Failed"), 1), "{last}");
}
