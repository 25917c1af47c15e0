//! A run against the simulator in this process: what the command line cannot bring about.

use std::collections::BTreeMap;

use futures_util::StreamExt;

use super::*;
use crate::audit::unwritable;
use crate::fleet::{self, Id, Roster};
use crate::sim::{DocumentFormat, Faults, FleetSpec, Options, Sim};

const FLEET: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1"]

[[instances]]
name = "web"
count = 3
agent = "online"
"#;

/// Three steps for Linux, of which the second says more than AWS shows and the third fails; one for Windows.
const SEVERAL: &str = "
schemaVersion: '2.2'
mainSteps:
- {name: get, action: 'aws:downloadContent', inputs: {}}
- {name: long, action: 'aws:runShellScript', inputs: {runCommand: ['seq 1 9000']}}
- {name: win, action: 'aws:runPowerShellScript', precondition: {StringEquals: [platformType, Windows]}, inputs: {runCommand: [x]}}
- {name: bad, action: 'aws:runShellScript', inputs: {runCommand: ['echo no >&2; exit 7']}}
";

/// One step, of which AWS tells the output without its name.
const SINGLE: &str = "
schemaVersion: '2.2'
mainSteps:
- {name: say, action: 'aws:runShellScript', inputs: {runCommand: ['echo said']}}
";

struct House {
    _sim: Sim,
    cloud: Cloud,
    nodes: Vec<Node>,
    data: tempfile::TempDir,
}

impl House {
    async fn build(faults: &str) -> House {
        let mut options = Options {
            fleet: FleetSpec::parse(FLEET, "test").unwrap(),
            faults: Faults::parse(faults).unwrap(),
            documents: vec![
                ("Several".into(), DocumentFormat::Yaml, SEVERAL.into()),
                ("Single".into(), DocumentFormat::Yaml, SINGLE.into()),
            ],
            ..Options::default()
        };
        options.agent.pace = false;
        let sim = Sim::start(options).unwrap();
        let (cloud, _) = sim.cloud();
        let mut roster = Roster::default();
        let mut batches = fleet::fetch(&cloud);
        while let Some(batch) = batches.next().await {
            roster.apply(batch);
        }
        House {
            _sim: sim,
            cloud,
            nodes: roster.nodes,
            data: tempfile::tempdir().unwrap(),
        }
    }

    fn request(&self, text: &str) -> Request {
        Request {
            cloud: self.cloud.clone(),
            nodes: self.nodes.clone(),
            tags: None,
            text: text.into(),
            reason: String::new(),
            limits: Limits::default(),
            output: None,
            mode: Mode::Strict,
            recipients: Default::default(),
            data_dir: self.data.path().into(),
        }
    }
}

/// The status of every node, by its id.
async fn statuses(request: Request) -> BTreeMap<String, String> {
    let (_run, mut events) = start(request).await.unwrap();
    let mut statuses = BTreeMap::new();
    while let Some(event) = events.recv().await {
        if let Event::Over(outcome) = event {
            statuses.insert(outcome.id, outcome.status);
        }
    }
    statuses
}

#[tokio::test]
async fn one_machine_that_has_gone_does_not_keep_the_others_from_running() {
    let house = House::build("").await;
    let mut request = house.request("true");
    let mut gone = request.nodes[0].clone();
    gone.id = Id("i-0123456789abcdef0".into());
    request.nodes.insert(1, gone);
    let mut statuses = statuses(request).await;
    assert_eq!(statuses.remove("i-0123456789abcdef0").as_deref(), Some("NotSent"));
    assert_eq!(statuses.len(), 3);
    assert!(
        statuses.values().all(|status| status == "Success"),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn throttling_delays_a_run_and_does_not_fail_it() {
    let house = House::build("throttle.ssm=4").await;
    let statuses = statuses(house.request("true")).await;
    assert!(
        statuses.len() == 3 && statuses.values().all(|status| status == "Success"),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn a_run_that_cannot_be_recorded_does_not_begin() {
    let house = House::build("").await;
    let file = house.data.path().join("file");
    std::fs::write(&file, "").unwrap();
    let request = Request {
        data_dir: file,
        ..house.request("true")
    };
    assert!(start(request).await.is_err());
}

#[tokio::test]
async fn what_a_killed_process_left_running_is_cancelled_and_what_a_living_one_runs_is_not() {
    let house = House::build("").await;
    let (_run, mut events) = start(house.request("sleep 600")).await.unwrap();
    let sent = loop {
        if let Event::Sent { command_id, .. } = events.recv().await.unwrap() {
            break command_id;
        }
    };
    assert_eq!(cancel_left(&house.cloud, house.data.path()).await, []);
    let entry = std::fs::read_dir(house.data.path().join("commands")).unwrap();
    let entry = entry.last().unwrap().unwrap().path();
    let mut line: serde_json::Value = serde_json::from_slice(&std::fs::read(&entry).unwrap()).unwrap();
    line["data"]["pid"] = i32::MAX.into();
    std::fs::write(&entry, line.to_string()).unwrap();
    let left = Left {
        command_id: sent,
        nodes: 3,
        cancelled: Ok(()),
    };
    assert_eq!(cancel_left(&house.cloud, house.data.path()).await, [left]);
    assert!(!entry.exists());
    let mut over = Vec::new();
    while let Some(event) = events.recv().await {
        if let Event::Over(outcome) = event {
            over.push(outcome.status);
        }
    }
    assert_eq!(over, ["Cancelled"; 3]);
}

#[tokio::test]
async fn a_command_that_was_followed_to_its_end_leaves_the_ledger_empty() {
    let house = House::build("").await;
    statuses(house.request("true")).await;
    let ledger = std::fs::read_dir(house.data.path().join("commands")).unwrap();
    assert_eq!(ledger.count(), 0);
}

/// How a document ends on one node.
async fn outcome_of(house: &House, document: &str) -> Box<Outcome> {
    let mut request = house.request(document);
    request.nodes.truncate(1);
    let given = Given {
        document: document.into(),
        ..Given::default()
    };
    let (_run, mut events) = start_document(request, given).await.unwrap();
    loop {
        if let Event::Over(outcome) = events.recv().await.unwrap() {
            return outcome;
        }
    }
}

#[tokio::test]
async fn each_step_of_a_document_tells_what_it_left() {
    let house = House::build("").await;
    let outcome = outcome_of(&house, "Several").await;
    let steps: Vec<_> = outcome
        .steps
        .iter()
        .map(|step| (step.name.as_str(), step.exit_code))
        .collect();
    let wanted = [
        ("get", Some(0)),
        ("long", Some(0)),
        ("win", Some(0)),
        ("bad", Some(7)),
    ];
    assert_eq!(steps, wanted);
    assert_eq!((outcome.status.as_str(), outcome.exit_code), ("Failed", Some(7)));
    let text = String::from_utf8(outcome.stdout).unwrap();
    assert!(
        text.contains("--- long: Success\n1\n2\n") && text.contains("skipped"),
        "{text}"
    );
    assert!(outcome.is_cut && outcome.stderr == b"--- bad: Failed\nno\n");
}

#[tokio::test]
async fn what_is_strict_does_not_run_without_its_line_in_the_audit_log() {
    let mut house = House::build("").await;
    house.data = unwritable();
    let refused = start(house.request("true")).await.err().unwrap();
    assert!(refused.says.contains("audit log cannot be written"), "{refused}");
    let request = Request {
        mode: Mode::BestEffort,
        ..house.request("true")
    };
    let (_run, mut events) = start(request).await.unwrap();
    let (mut told, mut over) = (false, 0);
    while let Some(event) = events.recv().await {
        told |= matches!(&event, Event::Failed(failure) if failure.cause.contains("not in the audit log"));
        over += usize::from(matches!(event, Event::Over(_)));
    }
    assert!(told && over == 3);
}

#[tokio::test]
async fn what_aws_is_too_busy_to_tell_of_a_node_is_asked_for_again() {
    // Each question is tried four times.
    let house = House::build("refuse.ListCommandInvocations.Details=throttled@1-10").await;
    let outcome = outcome_of(&house, "Several").await;
    assert_eq!((outcome.status.as_str(), outcome.steps.len()), ("Failed", 4));
    assert_eq!(outcome.stderr, b"--- bad: Failed\nno\n");
    let house = House::build("refuse.GetCommandInvocation=throttled@1-6").await;
    let outcome = outcome_of(&house, "Single").await;
    assert_eq!(
        (outcome.status.as_str(), outcome.stdout.as_slice()),
        ("Success", &b"said\n"[..])
    );
}

#[tokio::test]
async fn that_output_is_waited_for_is_told_once_with_the_wait() {
    let house = House::build("refuse.GetCommandInvocation=throttled@1-20").await;
    let (_run, mut events) = start(house.request("echo said")).await.unwrap();
    let mut told = Vec::new();
    while let Some(event) = events.recv().await {
        if let Event::Busy {
            node,
            at_least_seconds,
        } = event
        {
            told.push(busy(&node, at_least_seconds));
        }
    }
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("too busy to tell the output of") && told[0].ends_with(" s"),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_node_whose_steps_nobody_may_list_tells_its_only_step_and_none_is_told_to_be_silent() {
    let house = House::build("refuse.ListCommandInvocations.Details=denied").await;
    let outcome = outcome_of(&house, "Single").await;
    assert_eq!(
        (outcome.status.as_str(), outcome.stdout.as_slice()),
        ("Success", &b"said\n"[..])
    );
    let outcome = outcome_of(&house, "Several").await;
    assert!(outcome.says.unwrap().contains("its output is unknown"));
}

#[tokio::test]
async fn its_last_line_in_the_audit_log_names_each_machine_with_how_it_ended() {
    let house = House::build("").await;
    let mut request = house.request("exit 4");
    let mut away = request.nodes[0].clone();
    (away.id, away.ping) = (Id("i-0123456789abcdef0".into()), None);
    request.nodes.push(away);
    let asked: Vec<String> = house.nodes.iter().map(|node| node.id.to_string()).collect();
    statuses(request).await;
    let log = crate::audit::Log::open(house.data.path()).unwrap();
    let of = |phase: &str| {
        let mut lines = log.read(Default::default()).unwrap().map(Result::unwrap);
        lines.find(|entry| entry.body.get("phase") == Some(&phase.into()))
    };
    assert_eq!(
        of("start").unwrap().body["touches"].as_array().map(Vec::len),
        Some(4)
    );
    let end = of("end").unwrap();
    let mut results: Vec<Ending> = serde_json::from_value(end.body["results"].clone()).unwrap();
    assert_eq!(results.len(), 2, "{results:?}");
    results[0].machines.sort();
    let mut asked = asked;
    asked.sort();
    assert_eq!((results[0].exit_code, &results[0].machines), (Some(4), &asked));
    assert_eq!(results[1].status, "NotConnected");
    assert_eq!(results[1].machines, ["i-0123456789abcdef0"]);
}
