//! What became of a document stands behind what brought it about, and what somebody asked for is no failure.

use super::*;

fn event(kind: Kind) -> Event {
    Event::new(kind, Actor::local())
        .with("document", "Shop-Restart")
        .with("execution_id", "e-1")
}

fn ended(status: &str) -> Event {
    // As AWS tells it: before the line that its start was taken could be written.
    let ended_at = jiff::Timestamp::now();
    let event = event(Kind::RunbookEnd).with("status", status);
    event.with("ended_at", ended_at.to_string()).failed("it says")
}

fn told(dir: &Path, id: &str) -> Vec<(String, bool)> {
    let made = report(dir, id, &[]);
    let of_it = made
        .timeline
        .iter()
        .filter(|item| item.says.contains("Shop-Restart"));
    of_it.map(|item| (item.says.clone(), item.failed)).collect()
}

#[test]
fn it_ends_behind_its_start_and_behind_the_word_that_ended_it() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let late = ended("Failed");
    say(dir.path(), event(Kind::RunbookStart));
    say(dir.path(), event(Kind::RunbookStep).with("signal", "Reject"));
    say(dir.path(), late);
    let told = told(dir.path(), &id);
    let of = |word: &str| told.iter().position(|(says, _)| says.contains(word)).unwrap();
    assert!(of("was started") < of("was told Reject"), "{told:?}");
    assert!(of("was told Reject") < of("ended: Failed"), "{told:?}");
    assert!(told[of("ended: Failed")].1);
}

#[test]
fn a_stop_of_ours_is_no_failure_and_a_cancel_that_nobody_here_asked_for_is_one() {
    for (signal, failed) in [("Stop Cancel", false), ("Approve", true)] {
        let dir = tempfile::tempdir().unwrap();
        let id = begin(dir.path(), "t");
        say(dir.path(), event(Kind::RunbookStart));
        say(dir.path(), event(Kind::RunbookStep).with("signal", signal));
        say(dir.path(), ended("Cancelled"));
        let told = told(dir.path(), &id);
        let end = told
            .iter()
            .find(|(says, _)| says.contains("ended: Cancelled"))
            .unwrap();
        assert_eq!(end.1, failed, "{signal}");
    }
}

#[test]
fn machines_are_told_by_their_names_and_a_command_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let named = |id: &str, name: &str| audit::Target {
        id: Some(id.into()),
        name: Some(name.into()),
        ..audit::Target::default()
    };
    let touches = [
        named("i-0aaaaaaaaaaaaaaaa", "web-1"),
        named("i-0bbbbbbbbbbbbbbbb", "web-2"),
    ];
    let start =
        |touches: &[audit::Target]| event(Kind::RunbookStart).with("touches", serde_json::json!(touches));
    say(dir.path(), start(&touches));
    say(dir.path(), start(&touches[..1]));
    let mut run = Event::new(Kind::Exec, Actor::local())
        .with("command", "uptime")
        .with("phase", "start")
        .with("targets", 2);
    run.reason = Some("INC-7 looks slow".into());
    say(dir.path(), run);
    let made = report(dir.path(), &id, &[]);
    let says: Vec<&str> = made.timeline.iter().map(|item| item.says.as_str()).collect();
    let both = "on web-1 (i-0aaaaaaaaaaaaaaaa), web-2 (i-0bbbbbbbbbbbbbbbb)";
    assert!(says.iter().any(|says| says.contains(both)), "{says:?}");
    let targets: Vec<&str> = made
        .timeline
        .iter()
        .filter_map(|item| Some(item.target.as_ref()?.label()))
        .collect();
    assert!(targets.contains(&"web-1"), "{targets:?}");
    assert!(
        says.contains(&"uptime (on 2 instances): INC-7 looks slow"),
        "{says:?}"
    );
}

#[test]
fn a_line_that_a_log_of_others_lost_is_told_in_the_report() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let others = [Other {
        name: "jun.jsonl".into(),
        entries: Vec::new(),
        unread: vec![7],
        is_proven: true,
        standing: String::new(),
    }];
    let made = report(dir.path(), &id, &others);
    let says = "line 7 of jun.jsonl cannot be read: what it told is lost here";
    assert!(
        made.warnings.iter().any(|warning| warning == says),
        "{:?}",
        made.warnings
    );
}
