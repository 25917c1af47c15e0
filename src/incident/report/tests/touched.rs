//! What was touched, by whom, by whose word, and what that cost.

use super::*;

#[test]
fn a_colleagues_log_joins_once_and_is_named() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let id = begin(dir.path(), "t");
    let mut event = Event::new(Kind::SessionStart, Actor::local());
    (event.target, event.reason) = (Some(target()), Some("a way in".into()));
    event.actor.user = Some("mallory".into());
    say(other.path(), event);
    let mut event = Event::new(Kind::SessionCommand, Actor::local()).with("command", "reboot");
    event.actor.user = Some("mallory".into());
    say(other.path(), event);
    let entries: Vec<audit::Entry> = Log::open(other.path())
        .unwrap()
        .read(audit::Range::default())
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let others = [0, 1].map(|_| Other {
        unread: Vec::new(),
        name: "mara.jsonl".into(),
        is_proven: false,
        entries: entries.clone(),
        standing: "its 1 lines are one chain".into(),
    });
    let made = report(dir.path(), &id, &others);
    let told: Vec<&Item> = made
        .timeline
        .iter()
        .filter(|item| item.from.as_deref() == Some("mara.jsonl, not verified"))
        .collect();
    assert_eq!(told.len(), 2);
    assert!(told[0].says.contains("a way in"));
    assert_eq!(made.impact.targets.len(), 1);
    // Wherever it stands, it is no fact of this machine.
    let md = markdown(&made, &Zone::utc());
    let doubt = "_told by mara.jsonl, not verified_";
    let row = |begins: &str| {
        md.lines()
            .find(|line| line.starts_with(begins))
            .unwrap()
            .contains(doubt)
    };
    assert!(row("| i-0123456789abcdef0 "), "{md}");
    assert!(row("| mallory "), "{md}");
    let commands = md.lines().filter(|line| line.contains("`reboot`"));
    assert_eq!(commands.filter(|line| line.contains(doubt)).count(), 2, "{md}");
    assert!(
        md.contains("what mara.jsonl tells is not verified: its 1 lines are one chain"),
        "{md}"
    );
}

#[test]
fn who_was_refused_touched_nothing_and_costs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let mut event = Event::new(Kind::SessionRejected, Actor::local()).failed("no way in");
    event.target = Some(target());
    say(dir.path(), event);
    let made = report(dir.path(), &id, &[]);
    assert!(made.timeline.iter().any(|item| item.says.contains("no way in")));
    assert!(made.impact.targets.is_empty() && made.cost.targets.is_empty());
}

#[test]
fn what_a_document_was_given_and_went_to_is_touched_and_how_it_ended_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let event = |kind, execution: &str| {
        let mut event = Event::new(kind, Actor::local());
        event.target = Some(audit::Target {
            account: Some("111122223333".into()),
            region: Some("us-east-1".into()),
            ..audit::Target::default()
        });
        event
            .with("document", "AWS-RestartEC2Instance")
            .with("execution_id", execution)
    };
    let given = serde_json::json!({ "InstanceId": ["i-0aaaaaaaaaaaaaaaa"] });
    say(
        dir.path(),
        event(Kind::RunbookStart, "e-1").with("parameters", given),
    );
    say(
        dir.path(),
        event(Kind::RunbookStart, "e-2").with(
            "targets",
            "ParameterValues=i-0bbbbbbbbbbbbbbbb,i-0cccccccccccccccc",
        ),
    );
    let ran = serde_json::json!([{ "step": "stop", "status": "Success", "ms": 3000 }]);
    let ended = event(Kind::RunbookEnd, "e-1")
        .with("status", "Success")
        .with("ran", ran);
    say(
        dir.path(),
        ended.with("machines", serde_json::json!(["i-0dddddddddddddddd"])),
    );
    let made = report(dir.path(), &id, &[]);
    let touched: Vec<&str> = made.impact.targets.iter().map(|target| &target.id[..4]).collect();
    assert_eq!(touched, ["i-0a", "i-0b", "i-0c", "i-0d"]);
    assert_eq!(made.impact.targets[0].region.as_deref(), Some("us-east-1"));
    let says: Vec<&str> = made.timeline.iter().map(|item| item.says.as_str()).collect();
    let told = |text: &str| says.iter().any(|says| says.contains(text));
    assert!(
        told("was started with InstanceId=i-0aaaaaaaaaaaaaaaa, execution e-1"),
        "{says:?}"
    );
    assert!(
        told("ended: Success (stop Success 3 s), execution e-1"),
        "{says:?}"
    );
    assert!(
        says.iter()
            .any(|says| says.contains("e-2") && says.ends_with("(how it ended is not known here)")),
        "{says:?}"
    );
    assert!(
        !says
            .iter()
            .any(|says| says.contains("e-1") && says.contains("not known here")),
        "{says:?}"
    );
}

#[test]
fn a_document_that_was_refused_is_told_as_a_document_and_what_has_no_target_as_no_session() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let refusal = |why: &str| Event::new(Kind::SessionRejected, Actor::local()).failed(why);
    let mut event = refusal("nobody is here").with("document", "Shop-Restart");
    event.target = Some(target());
    say(dir.path(), event);
    say(dir.path(), refusal("cannot run a runbook"));
    let mut event = refusal("no way in");
    event.target = Some(target());
    say(dir.path(), event);
    let made = report(dir.path(), &id, &[]);
    let told = |says: &str| {
        let item = made.timeline.iter().find(|item| item.says == says);
        item.map(|item| item.kind.as_str())
    };
    let document = "the document Shop-Restart was refused: nobody is here";
    assert_eq!(told(document), Some("document"));
    assert_eq!(told("refused: cannot run a runbook"), Some("other"));
    assert_eq!(told("a session was refused: no way in"), Some("session"));
    assert!(made.impact.targets.is_empty());
}

#[test]
fn what_a_document_touched_is_told_with_the_tags_of_then_and_of_other_lines() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let known = audit::Target {
        id: Some("i-0aaaaaaaaaaaaaaaa".into()),
        name: Some("web-01".into()),
        tags: [("env", "stage"), ("team", "front")]
            .map(|(key, value)| (key.to_owned(), value.into()))
            .into_iter()
            .collect(),
        ..audit::Target::default()
    };
    let started = Event::new(Kind::RunbookStart, Actor::local())
        .with("document", "Shop-Restart")
        .with("execution_id", "e-1")
        .with("touches", serde_json::json!([known]));
    say(dir.path(), started);
    // Of this one a session tells what it is.
    let given = serde_json::json!({ "InstanceId": ["i-0123456789abcdef0"] });
    let other = Event::new(Kind::RunbookStart, Actor::local()).with("document", "Shop-Stop");
    say(dir.path(), other.with("parameters", given));
    let mut session = Event::new(Kind::SessionStart, Actor::local());
    session.target = Some(target());
    say(dir.path(), session);
    let made = report(dir.path(), &id, &[]);
    let told: Vec<(&str, Option<&str>, Option<&str>)> = made
        .impact
        .targets
        .iter()
        .map(|target| {
            (
                &target.id[..4],
                target.environment.as_deref(),
                target.team.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("i-01", None, Some("payments")),
            ("i-0a", Some("stage"), Some("front"))
        ]
    );
}

/// The recording of `uptime` on machines, each with its result; its id.
pub(super) fn sent(dir: &Path, results: &[(&str, &[(&str, &str)])]) -> uuid::Uuid {
    let device = DeviceKey::load_or_create(dir).unwrap();
    let header = Header {
        target: Some(format!("{} instances", results.len())),
        local_user: Some("mara".into()),
        ..Header::new("fanout", (80, 24))
    };
    let recording = header.id;
    let mut writer = Writer::create(dir, header, &device).unwrap();
    let marker = |kind: &str, label: &str, fields: &[(&str, &str)]| Marker {
        kind: kind.into(),
        label: label.into(),
        fields: fields
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
    };
    writer.marker(1_000, marker("command", "uptime", &[])).unwrap();
    for ((id, fields), at_us) in results.iter().zip((2_000..).step_by(1_000)) {
        writer.marker(at_us, marker("result", id, fields)).unwrap();
    }
    let end = End {
        why: "every node is over".into(),
        ..End::default()
    };
    writer.end(60_000, end).unwrap();
    recording
}

#[test]
fn where_a_command_never_began_nothing_was_touched_and_nothing_has_failed() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let results: [(&str, &[(&str, &str)]); 3] = [
        ("i-0aaaaaaaaaaaaaaaa", &[("status", "Failed"), ("exit_code", "3")]),
        ("i-0bbbbbbbbbbbbbbbb", &[("status", "Terminated")]),
        ("i-0cccccccccccccccc", &[("status", "NotConnected")]),
    ];
    let event = Event {
        sid: Some(sent(dir.path(), &results)),
        ..Event::new(Kind::Exec, Actor::local())
    };
    let event = event.with("command", "uptime").with("phase", "end");
    let event = event.with("succeeded", 0).with("failed", 1);
    say(dir.path(), event.with("not_connected", 1).with("never_began", 1));
    let made = report(dir.path(), &id, &[]);
    let touched: Vec<&str> = made
        .impact
        .targets
        .iter()
        .map(|target| target.id.as_str())
        .collect();
    assert_eq!(touched, ["i-0aaaaaaaaaaaaaaaa"]);
    let md = markdown(&made, &Zone::utc());
    assert!(
        md.contains("over: 0 succeeded, 1 failed, 1 not connected, 1 did not begin"),
        "{md}"
    );
    let has_failed = |status: &str| {
        let mut results = made.timeline.iter().filter(|item| item.says == status);
        results.any(|item| item.failed)
    };
    assert!(
        md.contains("`uptime` (did not begin)") && !md.contains("Terminated"),
        "{md}"
    );
    assert!(has_failed("Failed") && !has_failed("did not begin") && !has_failed("NotConnected"));
}

#[test]
fn of_a_machine_that_nobody_heard_of_it_is_not_known_whether_it_failed() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let silent = [("name", "web-01"), ("status", "Unknown")];
    let recording = sent(dir.path(), &[("i-0aaaaaaaaaaaaaaaa", &silent)]);
    let event = Event {
        sid: Some(recording),
        ..Event::new(Kind::Exec, Actor::local())
    };
    let event = event.with("command", "uptime").with("phase", "end");
    say(
        dir.path(),
        event.with("succeeded", 0).with("failed", 0).with("unknown", 1),
    );
    let md = markdown(&report(dir.path(), &id, &[]), &Zone::utc());
    assert!(
        md.contains("over: 0 succeeded, 0 failed, of 1 it is not known"),
        "{md}"
    );
    assert!(md.contains("Unknown") && !md.contains("**failed**"), "{md}");
}

#[test]
fn a_command_on_many_machines_is_told_once_for_each_with_its_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let tags = r#"{"env":"stage","service":"web","team":"front"}"#;
    let web = [
        ("name", "web-01"),
        ("status", "Success"),
        ("exit_code", "0"),
        ("tags", tags),
    ];
    let away = [("name", "web-02"), ("status", "NotConnected")];
    let results: [(&str, &[(&str, &str)]); 2] =
        [("i-0aaaaaaaaaaaaaaaa", &web), ("i-0bbbbbbbbbbbbbbbb", &away)];
    let recording = sent(dir.path(), &results);
    for (phase, key) in [("start", "targets"), ("end", "succeeded")] {
        let event = Event {
            sid: Some(recording),
            ..Event::new(Kind::Exec, Actor::local())
        };
        say(
            dir.path(),
            event.with("command", "uptime").with("phase", phase).with(key, 2),
        );
    }
    let made = report(dir.path(), &id, &[]);
    let md = markdown(&made, &Zone::utc());
    let commands = md
        .split("## Commands")
        .nth(1)
        .unwrap()
        .split("##")
        .next()
        .unwrap();
    assert!(commands.contains("| web-01 | `uptime` | 0 |"), "{commands}");
    assert!(
        commands.contains("| web-02 | `uptime` (NotConnected) | — |"),
        "{commands}"
    );
    assert!(
        !commands.contains("Success") && !commands.contains("instance"),
        "{commands}"
    );
    let json = serde_json::to_value(&made).unwrap();
    let told: Vec<[&serde_json::Value; 4]> = json["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            [
                &one["target"]["name"],
                &one["command"],
                &one["exit"],
                &one["ended"],
            ]
        })
        .collect();
    let wanted = serde_json::json!([
        ["web-01", "uptime", 0, null],
        ["web-02", "uptime", null, "NotConnected"]
    ]);
    assert_eq!(serde_json::to_value(&told).unwrap(), wanted);
    assert!(
        md.contains("`uptime` (on 2 instances)") && md.contains("over: 2 succeeded, 0 failed"),
        "{md}"
    );
    assert_eq!(
        (&made.impact.services[..], &made.impact.teams[..]),
        (&["web".to_owned()][..], &["front".to_owned()][..])
    );
    assert_eq!(made.people.iter().map(|person| person.commands).sum::<u64>(), 1);
}

#[test]
fn a_note_of_several_lines_and_the_word_with_an_approval_are_told_as_they_were_said() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let text = "first\nsecond <b>".to_owned();
    append(dir.path(), &id, Record::Note { text }, Who::here()).unwrap();
    let mut event = Event::new(Kind::RunbookStep, Actor::local())
        .with("document", "Shop-Restart")
        .with("execution_id", "e-1")
        .with("signal", "Approve")
        .with("comment", "looks good");
    event.reason = Some("looks good".into());
    say(dir.path(), event);
    let refused = audit::Refusal {
        target: Some(target()),
        what: Some("command"),
        says: "no reason was given",
        ..audit::Refusal::default()
    };
    audit::log_refusal(dir.path(), refused);
    let made = report(dir.path(), &id, &[]);
    let [md, html, _] = texts(&made);
    assert!(md.contains("first<br>second &lt;b&gt;"), "{md}");
    assert!(html.contains("first</bdi><br><bdi>second"), "{html}");
    assert_eq!(md.matches("looks good").count(), 1, "{md}");
    let refused = made
        .timeline
        .iter()
        .find(|item| item.says.contains("refused"))
        .unwrap();
    assert_eq!(
        (refused.kind.as_str(), refused.says.as_str()),
        ("fan-out", "a command was refused: no reason was given")
    );
}

#[test]
fn colleagues_on_one_user_of_a_machine_are_several_people() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let begins = |arn: Option<&str>| {
        let mut event = Event::new(Kind::SessionStart, Actor::local());
        (event.actor.user, event.actor.arn) = (Some("root".into()), arn.map(str::to_owned));
        say(dir.path(), event);
    };
    begins(Some("arn:aws:iam::111122223333:user/oncall"));
    begins(None);
    let names = || -> Vec<String> {
        let people = report(dir.path(), &id, &[]).people;
        let of_root = people
            .iter()
            .filter(|person| person.name == "root" && person.did > 0);
        of_root
            .map(|person| crate::incident::timeline::person(&person.name, person.arn.as_deref()))
            .collect()
    };
    assert!(names().contains(&"root (user/oncall)".to_owned()));
    let before = names().len();
    begins(Some("arn:aws:iam::111122223333:user/mara"));
    assert!(names().contains(&"root (user/mara)".to_owned()));
    assert!(names().len() > before);
}

#[test]
fn what_it_cost_is_kept_and_told_again_until_it_is_reckoned_anew() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let mut event = Event::new(Kind::SessionStart, Actor::local());
    event.target = Some(target());
    say(dir.path(), event);
    let ground = Ground {
        data_dir: dir.path(),
        cache_dir: dir.path(),
        keyring: Keyring::new(Vec::new()),
        others: &[],
        checks: true,
    };
    let lines = || {
        let journal = crate::incident::journal::Journal::load(dir.path(), &id);
        journal.unwrap().lines
    };
    price(&ground, &id, false).unwrap();
    let last = lines().pop().unwrap();
    let Record::Priced {
        from,
        to,
        machines,
        cost,
    } = last.record
    else {
        panic!("{last:?}")
    };
    assert!(cost.during.is_none() && machines == ["i-0123456789abcdef0"]);
    let first = texts(&report(dir.path(), &id, &[]));
    price(&ground, &id, false).unwrap();
    assert_eq!(lines().len(), 2);
    assert_eq!(texts(&report(dir.path(), &id, &[])), first);
    // As if another price had been known then: what this machine knows now is another thing.
    let cost = Box::new(Cost {
        during: Some("1.5000".into()),
        currency: Some("USD".into()),
        says: "by its rate".into(),
        ..Cost::default()
    });
    let priced = Record::Priced {
        from,
        to,
        machines,
        cost,
    };
    append(dir.path(), &id, priced, Who::here()).unwrap();
    price(&ground, &id, false).unwrap();
    assert!(markdown(&report(dir.path(), &id, &[]), &Zone::utc()).contains("**1.5000 USD**"));
    price(&ground, &id, true).unwrap();
    assert_eq!(
        (lines().len(), report(dir.path(), &id, &[]).cost.during),
        (4, None)
    );
}
