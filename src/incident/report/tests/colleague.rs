//! What the exported log of a colleague tells, whose runs and recordings are on another machine.

use super::*;

const RUN: &str = "01a209c9-2cef-72a1-ad59-e16a942b752e";
const SESSION: &str = "01a209c9-2be7-75b2-91a2-b39cd2082d8a";
const SHELL: &str = "01a209c9-2d13-76d9-b81a-22512fd8588e";

fn on_target(kind: Kind, sid: &str) -> Event {
    let mut event = Event::new(kind, Actor::local());
    (event.target, event.sid) = (Some(target()), sid.parse().ok());
    event
}

fn of_run(kind: Kind) -> Event {
    let event = Event::new(kind, Actor::local());
    event.with("run", RUN).with("runbook", "r.md")
}

fn ended(step: &str) -> Event {
    let event = of_run(Kind::RunbookStep).with("step", step);
    event.with("on", "i-0123456789abcdef0")
}

/// As `qd connect`, `qd runbooks run` and `qd audit export` write it.
fn exported() -> Other {
    let dir = tempfile::tempdir().unwrap();
    let mark = |label: &str, text: &str| {
        let event = on_target(Kind::RunbookStep, SHELL);
        event.with("runbook", label).with("text", text)
    };
    for event in [
        on_target(Kind::SessionStart, SESSION),
        on_target(Kind::SessionCommand, SESSION).with("command", "echo fixed; exit 3"),
        on_target(Kind::SessionEnd, SESSION)
            .with("why", "the command ended")
            .with("exit_code", 3),
        of_run(Kind::RunbookStart).with("sha256", "00"),
        on_target(Kind::SessionStart, SHELL),
        mark("r.md 1: restart", "systemctl restart web"),
        ended("1").with("exit_code", 0),
        mark("r.md 2: look", "curl web\ncurl db"),
        ended("2").with("exit_code", 7).failed("curl db ended with 7"),
        ended("3").failed("no shell"),
        of_run(Kind::RunbookStep).with("step", "4").with("by_hand", true),
        on_target(Kind::SessionEnd, SHELL).with("why", "closed here"),
        of_run(Kind::RunbookEnd).failed("step 3 failed"),
    ] {
        say(dir.path(), event);
    }
    let log = Log::open(dir.path()).unwrap();
    let entries = log.read(audit::Range::default()).unwrap();
    Other {
        name: "col.jsonl".into(),
        entries: entries.collect::<Result<_, _>>().unwrap(),
        unread: Vec::new(),
        is_proven: false,
        standing: "nobody knows its key".into(),
    }
}

fn told(others: &[Other]) -> Report {
    let dir = tempfile::tempdir().unwrap();
    let opened = |id: &str| Opened {
        incident: id.into(),
        title: "t".into(),
        severity: Severity::Sev3,
        started_at: "2020-01-01T00:00:00Z".parse().unwrap(),
        alarm: None,
        tool: "qd".into(),
    };
    let id = start(dir.path(), opened, Who::here()).unwrap();
    report(dir.path(), &id, others)
}

#[test]
fn their_steps_and_commands_stand_with_what_was_run_and_its_exit_code() {
    let made = told(&[exported()]);
    let commands: Vec<(&str, Option<i32>)> = made
        .commands
        .iter()
        .map(|command| (command.command.as_str(), command.exit))
        .collect();
    assert_eq!(
        commands,
        [
            ("echo fixed; exit 3", Some(3)),
            ("step 1: systemctl restart web", Some(0)),
            ("step 2: curl web; curl db (curl db ended with 7)", Some(7)),
            (
                "step 3 of r.md (what it ran stands in the journal of its run): no shell",
                None
            ),
            ("step 4 of r.md was done by hand", None),
        ]
    );
    let on = |nth: usize| made.commands[nth].target.as_ref().map(|on| on.label().to_owned());
    assert_eq!(
        (on(1), on(3)),
        (Some("web|01 `x`".into()), Some("web|01 `x`".into()))
    );
    assert!(made.commands.iter().all(|command| command.from.is_some()));
    let steps = made.timeline.iter().filter(|item| item.kind.as_str() == "step");
    assert_eq!(steps.filter(|item| item.failed).count(), 2);
}

#[test]
fn their_run_is_told_in_words() {
    let made = told(&[exported()]);
    let says: Vec<&str> = made.timeline.iter().map(|item| item.says.as_str()).collect();
    assert!(says.contains(&"runbook r.md began"), "{says:?}");
    assert!(
        says.contains(&"runbook r.md ended without success: step 3 failed"),
        "{says:?}"
    );
    for raw in ["runbook.", "sha256", "exit_code"] {
        assert!(!says.iter().any(|says| says.contains(raw)), "{raw}: {says:?}");
    }
    let run: Vec<&String> = made.warnings.iter().filter(|says| says.contains(RUN)).collect();
    assert_eq!(run.len(), 1, "{run:?}");
    assert!(run[0].contains("on that machine") && !run[0].contains("cannot be read"));
}

#[test]
fn their_recordings_are_no_fault_of_this_machine() {
    let made = told(&[exported()]);
    let states: Vec<&str> = made
        .recordings
        .iter()
        .filter_map(|tape| Some(tape.trust.as_ref()?.state))
        .collect();
    assert_eq!(states, ["elsewhere"; 2]);
    let md = markdown(&made, &Zone::utc());
    assert!(!md.contains("NOT OK"), "{md}");
    assert!(
        md.contains(&format!("`qd recordings verify {SESSION}` there")),
        "{md}"
    );
}

#[test]
fn a_log_that_is_given_twice_is_told_of_once() {
    let one = exported();
    let made = told(&[one.clone(), one]);
    let doubts = made
        .warnings
        .iter()
        .filter(|says| says.starts_with("what col.jsonl tells"));
    assert_eq!(doubts.count(), 1, "{:?}", made.warnings);
    assert_eq!(made.commands.len(), 5);
}
