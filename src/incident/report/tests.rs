//! A report is the same bytes for the same journals, lets nothing hostile act, and says what it does not know.

mod colleague;
mod fanned;
mod order;
mod places;
mod touched;
mod unseen;

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::audit::{self, Actor, Event, Kind, Log};
use crate::incident::timeline::Other;
use crate::incident::{Link, Opened, Record, Who, append, start};
use crate::recording::redaction::Rules;
use crate::recording::{DeviceKey, End, Header, Keyring, Marker, Writer};

const SECRET: &str = "AKIAIOSFODNN7EXAMPLE";

fn begin(dir: &Path, title: &str) -> String {
    let opened = |id: &str| Opened {
        incident: id.into(),
        title: title.into(),
        severity: Severity::Sev1,
        started_at: jiff::Timestamp::now(),
        alarm: Some(Alarm {
            name: "<script>alert(1)</script>".into(),
            ..Alarm::default()
        }),
        tool: "qd".into(),
    };
    start(dir, opened, Who::here()).unwrap()
}

fn report(dir: &Path, id: &str, others: &[Other]) -> Report {
    let ground = Ground {
        data_dir: dir,
        cache_dir: dir,
        keyring: Keyring::new(Vec::new()),
        others,
        checks: true,
    };
    let mut cover = Cover::new(Arc::new(Rules::new(&[]).unwrap()));
    of(&ground, id, &mut cover).unwrap()
}

fn say(dir: &Path, event: Event) {
    Log::open(dir).unwrap().append(event).unwrap();
}

fn target() -> audit::Target {
    let tags = [("service", "checkout"), ("team", "payments")];
    audit::Target {
        id: Some("i-0123456789abcdef0".into()),
        name: Some("web|01 `x`".into()),
        account: Some("111122223333".into()),
        tags: tags
            .map(|(key, value)| (key.to_owned(), value.into()))
            .into_iter()
            .collect(),
        ..audit::Target::default()
    }
}

/// A recording of one command with its exit code; its id.
fn tape(dir: &Path, command: &str) -> String {
    let device = DeviceKey::load_or_create(dir).unwrap();
    let header = Header {
        target: Some("i-0123456789abcdef0".into()),
        local_user: Some("mara".into()),
        ..Header::new("command", (80, 24))
    };
    let id = header.id.to_string();
    let mut writer = Writer::create(dir, header, &device).unwrap();
    let marker = Marker {
        kind: "command".into(),
        label: command.into(),
        ..Marker::default()
    };
    writer.marker(1_000, marker).unwrap();
    let end = End {
        why: "it ended".into(),
        exit_code: Some(3),
        ..End::default()
    };
    writer.end(2_000_000, end).unwrap();
    id
}

fn texts(report: &Report) -> [String; 3] {
    [
        markdown(report, &Zone::utc()),
        html(report, &Zone::utc()),
        serde_json::to_string_pretty(report).unwrap(),
    ]
}

#[test]
fn the_same_journals_give_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "checkout is down");
    let recording = tape(dir.path(), "systemctl restart checkout");
    let mut event = Event::new(Kind::SessionStart, Actor::local());
    event.target = Some(target());
    event.sid = recording.parse().ok();
    say(dir.path(), event);
    for record in [
        Record::Acknowledged {
            note: "on it".into(),
            when: None,
        },
        Record::Recovered {
            note: String::new(),
            when: None,
        },
        Record::Closed { note: String::new() },
    ] {
        append(dir.path(), &id, record, Who::here()).unwrap();
    }
    let first = texts(&report(dir.path(), &id, &[]));
    // Looking at it, and whatever comes after it was closed, changes nothing.
    crate::incident::timeline::log_access(dir.path(), &id).unwrap();
    say(dir.path(), Event::new(Kind::SessionStart, Actor::local()));
    let second = texts(&report(dir.path(), &id, &[]));
    assert_eq!(first, second);
    let made = report(dir.path(), &id, &[]);
    assert_eq!(made.impact.services, ["checkout"]);
    let ran: Vec<_> = made
        .commands
        .iter()
        .map(|one| (one.command.as_str(), one.exit, one.known))
        .collect();
    assert_eq!(ran, [("systemctl restart checkout", Some(3), Some("marked"))]);
    assert_eq!(made.impact.teams, ["payments"]);
    let trust = made.recordings[0].trust.as_ref().unwrap();
    assert!(trust.ok && trust.state == "sealed", "{trust:?}");
    assert!(
        first[0].contains("`systemctl restart checkout` | 3 | marked"),
        "{}",
        first[0]
    );
    assert!(first[0].contains(&format!("qd recordings play {recording} --at 00:00")));
    assert!(made.to_recover.seconds.is_some() && made.cost.during.is_none());
    // Whoever is given the page is told no less than whoever is given the text.
    let headings = |page: &str, mark: &str| -> Vec<String> {
        let titles = page.lines().filter_map(|line| line.strip_prefix(mark));
        titles
            .map(|title| title.trim_end_matches("</h2>").to_owned())
            .collect()
    };
    assert_eq!(headings(&first[0], "## "), headings(&first[1], "<h2>"));
    for told in [
        "systemctl restart checkout",
        "is a guess from what stood",
        "joins it with",
        "Opened by",
    ] {
        assert!(first[0].contains(told) && first[1].contains(told), "{told}");
    }
}

#[test]
fn hostile_text_stays_text() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "</title><script>alert(2)</script> \u{202e}gnp.exe");
    let hostile = "</td></pre><script>x</script> | [a](javascript:b) ``` \u{1b}]0;t\u{7} \u{2066}\n# h\r\n<img src=x onerror=y>";
    append(
        dir.path(),
        &id,
        Record::Note { text: hostile.into() },
        Who::here(),
    )
    .unwrap();
    let [md, page, json] = texts(&report(dir.path(), &id, &[]));
    for text in [&md, &page] {
        assert!(!text.contains("<script>") && !text.contains("<img"), "{text}");
        assert!(!text.contains('\u{202e}') && !text.contains('\u{2066}') && !text.contains('\u{1b}'));
    }
    assert!(!md.contains("\n# h"), "{md}");
    assert!(!md.contains("[a](javascript"), "{md}");
    let note = md.lines().find(|line| line.contains("| note |")).unwrap();
    let bars = note.replace("\\|", "").matches('|').count();
    assert_eq!(bars, 7, "{note}");
    assert!(page.contains("Content-Security-Policy") && !page.contains("<script"));
    serde_json::from_str::<serde_json::Value>(&json).unwrap();
}

#[test]
fn nobody_is_mentioned_and_nothing_linked_or_set_as_mathematics() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "@everyone: checkout is down");
    let text = "see https://evil.example/a_b and www.evil.example, GH-1 shop#2 $x^2 + y$ mail@evil.example abadcafe (plain)";
    append(dir.path(), &id, Record::Note { text: text.into() }, Who::here()).unwrap();
    let md = markdown(&report(dir.path(), &id, &[]), &Zone::utc());
    assert!(md.starts_with("# `@everyone:` checkout is down\n"), "{md}");
    let wanted = "see `https://evil.example/a_b` and `www.evil.example`, `GH-1` `shop#2` `$x^2` + `y$` `mail@evil.example` `abadcafe` (plain)";
    assert!(md.contains(wanted), "{md}");
}

#[test]
fn an_address_with_a_covered_password_is_no_link_of_two_halves() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "checkout is down");
    let text = "see https://me:n1ghtWatch@db.example/x [redacted at will";
    append(dir.path(), &id, Record::Note { text: text.into() }, Who::here()).unwrap();
    let md = markdown(&report(dir.path(), &id, &[]), &Zone::utc());
    let wanted = "see `https://me:[redacted: url-password]@db.example/x` \\[redacted at will";
    assert!(md.contains(wanted), "{md}");
}

#[test]
fn nothing_is_escaped_in_code_and_commands_of_ours_stand_as_code() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "a_b of $x|y _z_");
    let text = "see $x|y and `c_d` __e__";
    append(dir.path(), &id, Record::Note { text: text.into() }, Who::here()).unwrap();
    let mut made = report(dir.path(), &id, &[]);
    made.cost.says = "no rate (`qd costs breakdown --by service,usage_type`)".into();
    made.warnings = vec!["`qd audit verify` tells which".into(), "an odd ` one_".into()];
    let md = markdown(&made, &Zone::utc());
    for wanted in [
        "# a_b of `$x|y` \\_z\\_\n",
        "| see `$x\\|y` and \\`c_d\\` \\_\\_e\\_\\_ |",
        "\nno rate (`qd costs breakdown --by service,usage_type`).\n",
        "\n- `qd audit verify` tells which.\n- an odd \\` one\\_.\n",
    ] {
        assert!(md.contains(wanted), "{wanted} in\n{md}");
    }
}

#[test]
fn secrets_are_covered_wherever_they_stand() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), &format!("key {SECRET}"));
    tape(dir.path(), &format!("export AWS_ACCESS_KEY_ID={SECRET}"));
    let mut event = Event::new(Kind::SessionRejected, Actor::local()).failed(format!("no {SECRET}"));
    event.target = Some(target());
    say(dir.path(), event);
    append(
        dir.path(),
        &id,
        Record::Note {
            text: format!("x\n{SECRET}"),
        },
        Who::here(),
    )
    .unwrap();
    append(
        dir.path(),
        &id,
        Record::Role {
            role: SECRET.into(),
            person: SECRET.into(),
        },
        Who::here(),
    )
    .unwrap();
    let key = ["PRIVATE", "KEY-----"].join(" ");
    let typed = format!(
        "mysql -u root -pS3cretPw shop; echo \"-----BEGIN RSA {key}\"; echo MIIEpAIBAAKCAQEA7x; echo \"-----END RSA {key}\""
    );
    tape(dir.path(), &typed);
    for text in texts(&report(dir.path(), &id, &[])) {
        for secret in [SECRET, "S3cretPw", "MIIEpAIBAAKCAQEA7x"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("redacted") && text.contains("mysql -u root -p"));
    }
}

#[test]
fn what_is_gone_or_broken_is_said_and_costs_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let gone = "01990000-0000-7000-8000-000000000001";
    append(
        dir.path(),
        &id,
        Record::Linked {
            link: Link::Recording(gone.into()),
            note: String::new(),
        },
        Who::here(),
    )
    .unwrap();
    let broken = tape(dir.path(), "true");
    let file = crate::recording::Library::open(dir.path()).find(&broken).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&file, bytes).unwrap();
    let journal = crate::incident::journal::folder(dir.path())
        .join(&id)
        .join("journal.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, format!("{text}\u{0}nonsense\n")).unwrap();
    let made = report(dir.path(), &id, &[]);
    let state = |id: &str| {
        let tape = made.recordings.iter().find(|tape| tape.id == id);
        tape.and_then(|tape| tape.trust.clone())
    };
    assert_eq!(
        state(gone).map(|trust| (trust.ok, trust.state)),
        Some((false, "gone"))
    );
    assert!(state(&broken).is_none_or(|trust| !trust.ok));
    assert!(!made.journal.ok && !made.journal.faults.is_empty());
    assert!(markdown(&made, &Zone::utc()).contains("NOT whole"));
}

#[test]
fn an_incident_without_any_event_has_a_report() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let made = report(dir.path(), &id, &[]);
    assert_eq!((made.timeline.len(), made.recordings.len()), (1, 0));
    assert!(made.to_acknowledge.says.starts_with("not known"));
    assert!(made.cost.says.starts_with("not known"));
    texts(&made);
}

#[test]
fn a_clock_that_went_back_is_told_and_no_span_is_negative() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    append(
        dir.path(),
        &id,
        Record::Acknowledged {
            note: String::new(),
            when: None,
        },
        Who::here(),
    )
    .unwrap();
    let journal = crate::incident::journal::folder(dir.path())
        .join(&id)
        .join("journal.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    let (one, two) = text.split_once('\n').unwrap();
    let mut line: serde_json::Value = serde_json::from_str(two).unwrap();
    line["at"] = "2001-01-01T00:00:00Z".into();
    std::fs::write(&journal, format!("{one}\n{line}\n")).unwrap();
    let made = report(dir.path(), &id, &[]);
    assert_eq!(made.to_acknowledge.seconds, None);
    assert!(made.to_acknowledge.says.contains("before it began"));
    assert!(made.warnings.iter().any(|says| says.contains("went back")));
    assert!(made.timeline.iter().any(|item| item.clock_went_back));
}

#[test]
fn an_alarm_that_was_in_order_before_it_began_is_no_part_of_it() {
    let dir = tempfile::tempdir().unwrap();
    for (state, told) in [("OK", false), ("ALARM", true)] {
        let opened = |id: &str| Opened {
            incident: id.into(),
            title: "t".into(),
            severity: Severity::Sev1,
            started_at: jiff::Timestamp::now(),
            alarm: Some(Alarm {
                name: "cpu".into(),
                state: Some(state.into()),
                since: Some("2026-01-01T00:00:00Z".parse().unwrap()),
                dimensions: [("InstanceId".to_owned(), "i-0aaaaaaaaaaaaaaaa".to_owned())].into(),
                ..Alarm::default()
            }),
            tool: "qd".into(),
        };
        let id = start(dir.path(), opened, Who::here()).unwrap();
        let made = report(dir.path(), &id, &[]);
        let is_told = made.timeline.iter().any(|item| item.says.contains("went to"));
        assert_eq!(is_told, told, "{state}");
        // Nobody has touched it, and it is what the alarm is about all the same.
        let md = markdown(&made, &Zone::utc());
        assert!(md.contains("It watches InstanceId i-0aaaaaaaaaaaaaaaa"), "{md}");
    }
}

#[test]
fn ten_thousand_events_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    say(dir.path(), Event::new(Kind::SessionRejected, Actor::local()));
    let log = Log::open(dir.path()).unwrap();
    let template = log
        .read(audit::Range::default())
        .unwrap()
        .last()
        .unwrap()
        .unwrap();
    let entries = (0..10_000).map(|nth| audit::Entry {
        uid: nth.to_string(),
        seq: nth,
        ..template.clone()
    });
    let others = [Other {
        unread: Vec::new(),
        name: "many".into(),
        is_proven: false,
        standing: String::new(),
        entries: entries.collect(),
    }];
    let made = report(dir.path(), &id, &others);
    assert_eq!(made.timeline.len(), 10_002);
    assert!(markdown(&made, &Zone::utc()).lines().count() > 10_000);
}
