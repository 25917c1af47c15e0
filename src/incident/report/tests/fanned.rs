//! Commands on many machines of which the log of a colleague alone tells.

use super::*;
use serde_json::json;

const SENT: &str = "01a209c9-2cef-72a1-ad59-e16a942b7530";
const CI: &str = "i-0aaaaaaaaaaaaaaaa";
const WEB: &str = "i-0bbbbbbbbbbbbbbbb";
const COMMAND: &str = "echo go; exit 4";

fn line(phase: &str) -> Event {
    let mut event = Event::new(Kind::Exec, Actor::local());
    event.sid = SENT.parse().ok();
    event.target = Some(audit::Target {
        id: Some("7 instances".into()),
        ..audit::Target::default()
    });
    event.with("command", COMMAND).with("phase", phase)
}

fn begun() -> Event {
    let known = audit::Target {
        id: Some(CI.into()),
        name: Some("ci-runner-0".into()),
        account: Some("111122223333".into()),
        region: Some("us-east-1".into()),
        tags: [("service".to_owned(), "build".into())].into_iter().collect(),
        ..audit::Target::default()
    };
    line("start").with("targets", 7).with("touches", json!([known]))
}

/// As it was written before the lines named machines.
fn counted() -> Event {
    let end = line("end").with("succeeded", 0).with("failed", 2);
    end.with("never_began", 5)
}

fn ended() -> Event {
    counted().with(
        "results",
        json!([
            { "status": "Failed", "exit_code": 4, "account": "111122223333", "region": "us-east-1", "machines": [CI] },
            { "status": "Terminated", "account": "111122223333", "region": "us-east-1", "machines": [WEB] },
        ]),
    )
}

fn exported(events: &[Event]) -> Other {
    let dir = tempfile::tempdir().unwrap();
    events.iter().for_each(|event| say(dir.path(), event.clone()));
    let log = Log::open(dir.path()).unwrap();
    let entries = log.read(audit::Range::default()).unwrap();
    Other {
        name: "col.jsonl".into(),
        entries: entries.collect::<Result<_, _>>().unwrap(),
        unread: Vec::new(),
        is_proven: true,
        standing: "it is signed".into(),
    }
}

fn told(events: &[Event]) -> Report {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    report(dir.path(), &id, &[exported(events)])
}

fn touched(made: &Report) -> Vec<&str> {
    let targets = made.impact.targets.iter();
    targets.map(|target| target.id.as_str()).collect()
}

#[test]
fn every_machine_that_it_names_stands_with_its_exit_code_and_what_it_never_reached_was_not_touched() {
    let made = told(&[begun(), ended()]);
    let rows: Vec<_> = made
        .commands
        .iter()
        .map(|one| {
            let on = one.target.as_ref().map(|on| on.label());
            (
                on,
                one.command.as_str(),
                one.exit,
                one.ended.as_deref(),
                one.from.as_deref(),
            )
        })
        .collect();
    let from = Some("col.jsonl");
    assert_eq!(
        rows,
        [
            (Some("ci-runner-0"), COMMAND, Some(4), None, from),
            (Some(WEB), COMMAND, None, Some("did not begin"), from),
        ]
    );
    assert_eq!(touched(&made), [CI]);
    let hit = &made.impact.targets[0];
    assert_eq!(
        (hit.from.as_deref(), hit.service.as_deref()),
        (from, Some("build"))
    );
    let failed = made.timeline.iter().filter(|item| item.failed);
    assert_eq!(failed.map(|item| item.exit).collect::<Vec<_>>(), [Some(4)]);
    let open = made.warnings.iter().filter(|says| says.contains(SENT));
    assert_eq!((open.count(), made.impact.untold), (0, 0));
}

#[test]
fn a_log_that_names_no_machine_says_where_they_are_named() {
    for (lines, many) in [(vec![begun(), counted()], 2), (vec![begun()], 7)] {
        let made = told(&lines);
        let wanted = format!(
            "told of by col.jsonl: on which of 7 machines `{COMMAND}` ran, and how it ended there, is in recording {SENT} on that machine alone"
        );
        let open = made.warnings.iter().filter(|says| **says == wanted);
        assert_eq!(open.count(), 1, "{:?}", made.warnings);
        let md = markdown(&made, &Zone::utc());
        assert!(
            md.contains(&format!(
                "Machines not known: a command was sent to {many} whose names"
            )) && !md.contains("No machine was touched"),
            "{md}"
        );
    }
}

#[test]
fn machines_that_had_no_room_in_a_line_are_counted() {
    let made = told(&[begun(), ended().with("more", 1_200)]);
    let wanted = format!("ended on 1200 more machines than it names is in recording {SENT}");
    assert!(
        made.warnings.iter().any(|says| says.contains(&wanted)),
        "{:?}",
        made.warnings
    );
    assert_eq!((touched(&made), made.impact.untold), (vec![CI], 1_200));
}

#[test]
fn one_machine_where_it_never_began_was_not_touched() {
    let on_one = |event: Event| {
        let mut event = event.with("targets", 1);
        event.target = Some(target());
        event
    };
    let end = line("end").with("succeeded", 0).with("failed", 0);
    let made = told(&[on_one(begun()), on_one(end.with("not_connected", 1))]);
    assert_eq!(touched(&made), [""; 0]);
}

#[test]
fn what_the_recording_tells_here_its_log_does_not_tell_again() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let results: [(&str, &[(&str, &str)]); 1] = [(CI, &[("status", "Failed"), ("exit_code", "4")])];
    let recording = super::touched::sent(dir.path(), &results);
    for event in [begun(), ended()] {
        let event = Event {
            sid: Some(recording),
            ..event
        };
        say(dir.path(), event);
    }
    let made = report(dir.path(), &id, &[]);
    assert_eq!(made.commands.len(), 1, "{:?}", made.commands);
    assert!(!made.warnings.iter().any(|says| says.contains("on which of")));
}

#[test]
fn steps_of_a_colleague_left_their_output_on_their_machine() {
    let step = |id: &str| {
        let event = Event::new(Kind::RunbookStep, Actor::local()).with("run", SENT);
        event.with("runbook", "r.md").with("step", id)
    };
    let md = markdown(&told(&[step("1").failed("no"), step("2")]), &Zone::utc());
    assert!(
        md.contains(
            "No step left an output as evidence here.\n\nWhat 2 steps of col.jsonl left is on that machine."
        ),
        "{md}"
    );
    let md = markdown(&told(&[]), &Zone::utc());
    assert!(md.contains("No step left an output as evidence.\n"), "{md}");
}

#[test]
fn a_mark_behind_a_number_is_none_of_its_code() {
    let mut event = Event::new(Kind::SessionStart, Actor::local());
    event.reason = Some("of 111111111111, 222222222222; and a@b".into());
    let md = markdown(&told(&[event]), &Zone::utc());
    assert!(
        md.contains("of `111111111111`, `222222222222`; and `a@b`"),
        "{md}"
    );
}
