//! A step whose end nobody saw is no failure, whoever's log tells of it, and what was said of it later is no command.

use super::*;
use crate::runbook::run::Outcome;
use crate::runbook::run::journal::Journal;
use crate::runbook::run::record::{Machine, Record as Line, Who as By};

const RUN: &str = "01a209c9-2cef-72a1-ad59-e16a942b752e";
const WEB: &str = "i-0123456789abcdef0";
const WHY: &str = "the connection was lost, and how it ended is not known: closed by the service";

fn machine() -> Machine {
    Machine {
        id: WEB.into(),
        name: "web-1".into(),
        account: None,
        region: None,
        production: false,
        tags: Default::default(),
    }
}

/// A run whose connection was lost in its second step; a person said that it was done.
fn lost(dir: &Path) {
    let mut journal = Journal::create(
        dir,
        RUN,
        "```sh {name=bad}\nfalse\n```\n\n```sh {name=slow}\nsleep 60\n```\n",
    )
    .unwrap();
    let resumed = Line::Resumed {
        who: By {
            user: Some("mara".into()),
            ..By::default()
        },
        machines: vec![machine()],
        targets: vec![WEB.into()],
    };
    journal.append(resumed).unwrap();
    for (step, command, outcome, says) in [
        ("bad", "false", Outcome::Failed, "exit code 1, expected 0"),
        ("slow", "sleep 60", Outcome::Unknown, WHY),
    ] {
        let output = journal.keep(step, b"half of it\n", None).unwrap();
        let (step, target) = (step.to_owned(), WEB.to_owned());
        let started = Line::Started {
            step: step.clone(),
            target: target.clone(),
            attempt: 1,
            sha256: String::new(),
            commands: vec![command.into()],
            spot: None,
        };
        let ended = Line::Ended {
            step,
            target,
            attempt: 1,
            outcome,
            exit: None,
            lasted_us: 1,
            output: Some(output),
            spot: None,
            says: says.into(),
        };
        journal.append(started).unwrap();
        journal.append(ended).unwrap();
    }
    let skipped = Line::Skipped {
        step: "rest".into(),
        why: "a person left it out".into(),
    };
    let decided = Line::Decided {
        step: "slow".into(),
        target: WEB.into(),
        done: true,
        by: "mara".into(),
    };
    journal.append(skipped).unwrap();
    journal.append(decided).unwrap();
}

fn told() -> Report {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    lost(dir.path());
    let linked = Record::Linked {
        link: Link::Run(RUN.into()),
        note: String::new(),
    };
    append(dir.path(), &id, linked, Who::here()).unwrap();
    report(dir.path(), &id, &[])
}

#[test]
fn its_evidence_says_that_the_end_is_not_known_and_nowhere_that_it_failed() {
    let made = told();
    let [md, _, json] = texts(&made);
    let evidence = md.split("## Evidence").nth(1).unwrap();
    let evidence = evidence.split("\n## ").next().unwrap();
    let of = |step: &str| -> String {
        let own = evidence
            .split("### ")
            .find(|part| part.starts_with(&format!("Step {step} ")));
        own.unwrap_or_default().to_owned()
    };
    assert!(of("bad").contains("failed; its end"), "{evidence}");
    assert!(
        of("slow").contains("how it ended is not known; what was seen last")
            && !of("slow").contains("failed"),
        "{evidence}"
    );
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let told: Vec<(&str, bool)> = json["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["outcome"].as_str().unwrap(), one["failed"].as_bool().unwrap()))
        .collect();
    assert_eq!(told, [("failed", true), ("unknown", false)]);
}

#[test]
fn what_a_person_said_of_it_stands_in_the_timeline_and_with_its_command() {
    let made = told();
    let commands: Vec<(&str, Option<i32>)> = made
        .commands
        .iter()
        .map(|command| (command.command.as_str(), command.exit))
        .collect();
    let slow = format!("step slow: sleep 60 ({WHY}; mara says: done)");
    assert_eq!(
        commands,
        [
            ("step bad: false (exit code 1, expected 0)", None),
            (slow.as_str(), None)
        ]
    );
    let on = made.commands[1].target.as_ref().map(|on| on.label());
    assert_eq!(on, Some("web-1"));
    let said = "step slow was under way on web-1, and nobody saw its end; mara says: done";
    let said = made.timeline.iter().find(|item| item.says == said).unwrap();
    assert_eq!(said.target.as_ref().map(|on| on.label()), Some("web-1"));
    let mara = made.people.iter().find(|person| person.name == "mara").unwrap();
    assert_eq!(mara.commands, 2);
}

#[test]
fn a_colleague_s_log_that_tells_of_such_a_step_tells_of_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let of_run = |kind: Kind| {
        Event::new(kind, Actor::local())
            .with("run", RUN)
            .with("runbook", "r.md")
    };
    let ended = of_run(Kind::RunbookStep).with("step", "slow").with("on", WEB);
    say(dir.path(), of_run(Kind::RunbookStart));
    say(dir.path(), ended.clone().with("ended", "unknown").failed(WHY));
    say(dir.path(), ended.failed("exit code 1, expected 0"));
    let lines = Log::open(dir.path()).unwrap();
    let other = Other {
        name: "col.jsonl".into(),
        entries: lines
            .read(audit::Range::default())
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap(),
        unread: Vec::new(),
        is_proven: false,
        standing: "nobody knows its key".into(),
    };
    let there = tempfile::tempdir().unwrap();
    let opened = |id: &str| Opened {
        incident: id.into(),
        title: "t".into(),
        severity: Severity::Sev3,
        started_at: "2020-01-01T00:00:00Z".parse().unwrap(),
        alarm: None,
        tool: "qd".into(),
    };
    let id = start(there.path(), opened, Who::here()).unwrap();
    let made = report(there.path(), &id, &[other]);
    let steps = made.timeline.iter().filter(|item| item.kind.as_str() == "step");
    let failed: Vec<bool> = steps.map(|item| item.failed).collect();
    assert_eq!(failed, [false, true]);
}
