use super::*;
use crate::alarm::tests::alarm;
use crate::incident;
use crate::runbook::run::record::{Line, Outcome, Record, Who};
use serde_json::json;

fn line(at: &str, record: Record) -> Line {
    Line {
        v: 1,
        seq: 1,
        at: format!("2026-11-01T03:{at}Z"),
        prev: String::new(),
        record,
    }
}

fn opened(title: &str, name: &str) -> Record {
    let opened = json!({
        "event": "opened", "run": "r", "runbook": "/b/x.md", "name": "x.md", "title": title, "sha256": "", "git_blob": "",
        "who": Who { user: Some("mara".into()), ..Who::default() }, "reason": "", "tool": "",
        "machines": [{"id": "i-0a", "name": "web-01", "account": null, "region": null, "production": true}],
        "targets": ["i-0a"], "steps": [], "alarm": {"name": name, "arn": "arn:x"},
    });
    serde_json::from_value(opened).unwrap()
}

fn step(at: &str, step: &str, command: &str, outcome: Outcome) -> [Line; 2] {
    let started = Record::Started {
        step: step.into(),
        target: "i-0a".into(),
        attempt: 1,
        sha256: String::new(),
        commands: vec![command.into()],
        spot: None,
    };
    let ended = Record::Ended {
        step: step.into(),
        target: "i-0a".into(),
        attempt: 1,
        outcome,
        exit: Some(0),
        lasted_us: 1,
        output: None,
        spot: None,
        says: String::new(),
    };
    [line(at, started), line(at, ended)]
}

/// Looks, restarts, fails at something else, cleans up.
fn journal_of(name: &str) -> Vec<Line> {
    let mut lines = vec![line("00:00", opened("Payments answer with errors", name))];
    lines.extend(step("01:00", "1", "df -h", Outcome::Success));
    lines.extend(step("02:00", "2", "systemctl restart payments", Outcome::Success));
    lines.extend(step("03:00", "3", "rm /var/lock/payments", Outcome::Failed));
    lines.extend(step("09:00", "4", "rm -r /tmp/dump", Outcome::Success));
    let closed = Record::Closed {
        outcome: Outcome::Success,
        says: String::new(),
        lasted_us: 1,
        phases: Default::default(),
        recordings: [("i-0a".to_owned(), "rec-1".to_owned())].into(),
    };
    lines.push(line("12:00", closed));
    lines
}

fn written(id: &str, started_at: i64, targets: &[&str], text: &str) -> Episode {
    Episode {
        kind: Kind::Session,
        id: id.into(),
        title: text.into(),
        who: "jun".into(),
        started_at: Timestamp::from_second(started_at).unwrap(),
        lasted_for: None,
        outcome: "sealed".into(),
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        alarms: Vec::new(),
        text: text.into(),
        deeds: Vec::new(),
        path: None,
    }
}

#[test]
fn a_run_tells_who_how_long_and_what_it_changed_and_not_what_it_looked_at() {
    let lines = journal_of("payments-5xx");
    let episode = run::episode("r", &lines).unwrap();
    assert_eq!((episode.who.as_str(), episode.outcome.as_str()), ("mara", "done"));
    assert_eq!(episode.lasted_for, Some(Duration::from_secs(720)));
    let deeds: Vec<&str> = episode.deeds.iter().map(|deed| deed.text.as_str()).collect();
    assert_eq!(deeds, ["systemctl restart payments", "rm -r /tmp/dump"]);
    assert_eq!(run::recordings(&lines), ["rec-1"]);
}

#[test]
fn what_fixed_it_is_the_last_change_before_the_alarm_went_quiet() {
    let past = Past::of(
        run::episode("r", &journal_of("payments-5xx"))
            .into_iter()
            .collect(),
    );
    let mut recalled = past.recall(&alarm("payments-5xx"), None, 5);
    let fix = |recalled: &[Recalled]| recalled[0].fix.clone().map(|fix| (fix.text, fix.before_ok));
    assert_eq!(fix(&recalled), Some(("rm -r /tmp/dump".into(), false)));
    let dir = tempfile::tempdir().unwrap();
    let catalogue = Catalogue::open(dir.path(), Default::default());
    let at = |text: &str| [text.parse::<Timestamp>().unwrap()];
    look_closer(&mut recalled, &catalogue, Some(&at("2026-11-01T03:04:00Z")));
    assert_eq!(fix(&recalled), Some(("systemctl restart payments".into(), true)));
    // It went quiet before anything was changed: nothing that was run can have done it.
    look_closer(&mut recalled, &catalogue, Some(&at("2026-11-01T03:00:30Z")));
    assert_eq!(fix(&recalled), None);
}

#[test]
fn the_same_alarm_comes_before_the_same_target_and_that_before_what_reads_alike() {
    let burning = Alarm {
        dimensions: [("InstanceId".to_owned(), "i-0123456789abcdef0".to_owned())].into(),
        metric: Some("HTTPCode_Target_5XX_Count".into()),
        since: Timestamp::from_second(1_000).ok(),
        ..alarm("payments-api-5xx")
    };
    let past = Past::of(vec![
        written(
            "alike",
            500,
            &["i-09"],
            "payments api answers 5xx to target since the deploy",
        ),
        written("target-old", 100, &["i-0123456789abcdef0"], "patching"),
        written("target-new", 200, &["i-0123456789abcdef0"], "a look"),
        written("alarm", 50, &["i-07"], "pager: payments-api-5xx"),
        written("other", 600, &["i-08"], "payments-api-5xx-canary is too loud"),
        written("now", 1_500, &["i-0123456789abcdef0"], "payments-api-5xx"),
    ]);
    let recalled = past.recall(&burning, None, 9);
    let ids: Vec<(&str, Why)> = recalled
        .iter()
        .map(|one| (one.episode.id.as_str(), one.why))
        .collect();
    assert_eq!(
        &ids[..3],
        [
            ("alarm", Why::Alarm),
            ("target-new", Why::Target),
            ("target-old", Why::Target)
        ]
    );
    assert!(
        ids[3..]
            .iter()
            .any(|(id, why)| *id == "alike" && *why == Why::Similar),
        "{ids:?}"
    );
    assert!(ids.iter().all(|(id, _)| *id != "now"));
}

#[test]
fn what_was_done_since_an_alarm_went_off_is_told_apart_and_without_a_guess() {
    let burning = Alarm {
        since: "2026-11-01T02:00:00Z".parse().ok(),
        ..alarm("payments-5xx")
    };
    let run = run::episode("r", &journal_of("payments-5xx")).unwrap();
    let before = written("before", 50, &["i-07"], "pager: payments-5xx");
    let later = run.started_at.as_second() + 60;
    let past = Past::of(vec![
        run,
        before,
        written("elsewhere", later, &["i-08"], "something else"),
    ]);
    let ids = |recalled: &[Recalled]| {
        let ids = recalled.iter().map(|one| one.episode.id.clone());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids(&past.recall(&burning, None, 5)), ["before"]);
    let mut since = past.since(&burning, None, 5);
    assert_eq!(ids(&since), ["r"]);
    assert!(since[0].is_since && since[0].fix.is_none());
    let dir = tempfile::tempdir().unwrap();
    let catalogue = Catalogue::open(dir.path(), Default::default());
    let quiet_at = ["2026-11-01T03:04:00Z".parse().unwrap()];
    look_closer(&mut since, &catalogue, Some(&quiet_at));
    assert_eq!(since[0].fix, None);
    // An alarm that is quiet again has all of it behind it.
    let quiet = Alarm {
        state: crate::alarm::State::Ok,
        ..burning
    };
    assert!(past.since(&quiet, None, 5).is_empty());
    assert_eq!(past.recall(&quiet, None, 5).len(), 2);
}

#[test]
fn an_incident_is_recalled_with_what_people_wrote_when_it_was_better() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("incidents/inc-7");
    std::fs::create_dir_all(&folder).unwrap();
    let lines = [
        r#"{"v":1,"seq":1,"at":"2026-11-01T03:00:00Z","prev":"","by":{"user":"mara"},"event":"opened","incident":"inc-7","title":"Payments down","severity":"sev1","started_at":"2026-11-01T02:50:00Z","alarm":{"name":"payments-5xx","dimensions":{"LoadBalancer":"app/pay/1"}},"tool":""}"#,
        r#"{"v":1,"seq":2,"at":"2026-11-01T03:20:00Z","prev":"","by":{"user":"jun"},"event":"mitigated","note":"rolled back release 214"}"#,
        "no line at all",
        r#"{"v":1,"seq":3,"at":"2026-11-01T03:30:00Z","prev":"","by":{"user":"jun"},"event":"recovered","note":""}"#,
    ];
    std::fs::write(folder.join("journal.jsonl"), lines.join("\n") + "\n").unwrap();
    let (past, failures) = Past::load(dir.path(), &[]);
    assert!(failures.is_empty(), "{failures:?}");
    let recalled = past.recall(&alarm("payments-5xx"), None, 3);
    let one = &recalled[0];
    assert_eq!(
        (one.episode.outcome.as_str(), one.episode.who.as_str()),
        ("recovered", "mara")
    );
    assert_eq!(one.episode.lasted_for, Some(Duration::from_secs(2_400)));
    assert_eq!(one.fix.as_ref().unwrap().text, "rolled back release 214");
    // It was written after the alarm had gone quiet, and is no less told for that.
    let mut closer = recalled.clone();
    judge_fixes(&mut closer, Some(&["2026-11-01T03:10:00Z".parse().unwrap()]));
    let fix = closer[0].fix.as_ref().unwrap();
    assert_eq!(
        (fix.text.as_str(), fix.before_ok),
        ("rolled back release 214", false)
    );
}

#[test]
fn what_was_said_with_the_close_of_an_incident_is_told_next_time() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("incidents/inc-7");
    std::fs::create_dir_all(&folder).unwrap();
    let lines = [
        r#"{"v":1,"seq":1,"at":"2026-11-01T03:00:00Z","prev":"","by":{"user":"mara"},"event":"opened","incident":"inc-7","title":"Payments down","severity":"sev1","started_at":"2026-11-01T02:50:00Z","alarm":{"name":"payments-5xx","dimensions":{"LoadBalancer":"app/pay/1"}},"tool":""}"#,
        r#"{"v":1,"seq":2,"at":"2026-11-01T03:20:00Z","prev":"","by":{"user":"jun"},"event":"closed","note":"the disk was full"}"#,
    ];
    std::fs::write(folder.join("journal.jsonl"), lines.join("\n") + "\n").unwrap();
    let (past, _) = Past::load(dir.path(), &[]);
    let recalled = past.recall(&alarm("payments-5xx"), None, 3);
    assert_eq!(recalled[0].fix.as_ref().unwrap().text, "the disk was full");
}

#[test]
fn the_last_note_of_an_incident_is_told_next_time_where_nothing_was_said_with_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("incidents/inc-7");
    std::fs::create_dir_all(&folder).unwrap();
    let line = |seq: u32, rest: &str| {
        format!(
            r#"{{"v":1,"seq":{seq},"at":"2026-11-01T03:0{seq}:00Z","prev":"","by":{{"user":"mara"}},{rest}}}"#
        )
    };
    let opened = r#""event":"opened","incident":"inc-7","title":"Payments down","severity":"sev1","started_at":"2026-11-01T02:50:00Z","alarm":{"name":"payments-5xx","dimensions":{}},"tool":"""#;
    let mut lines = vec![
        line(1, opened),
        line(2, r#""event":"note","text":"the pool is full""#),
        line(3, r#""event":"note","text":"raised the pool to 200""#),
    ];
    let fix = |lines: &[String]| {
        std::fs::write(folder.join("journal.jsonl"), lines.join("\n") + "\n").unwrap();
        let (past, _) = Past::load(dir.path(), &[]);
        let fix = past.recall(&alarm("payments-5xx"), None, 3)[0].fix.clone();
        fix.map(|fix| fix.text)
    };
    assert_eq!(fix(&lines), None, "it goes on, and nothing has helped yet");
    lines.push(line(4, r#""event":"closed","note":"""#));
    assert_eq!(fix(&lines).as_deref(), Some("raised the pool to 200"));
    lines[3] = line(4, r#""event":"closed","note":"the deploy was rolled back""#);
    assert_eq!(fix(&lines).as_deref(), Some("the deploy was rolled back"));
}

#[test]
fn an_incident_is_over_with_its_last_word_of_recovery_and_the_current_one_hides_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let opened = |id: &str| incident::Opened {
        incident: id.into(),
        title: "Payments down".into(),
        severity: Default::default(),
        started_at: "2026-11-01T03:00:00Z".parse().unwrap(),
        alarm: Some(incident::Alarm {
            name: "payments-5xx".into(),
            ..Default::default()
        }),
        tool: String::new(),
    };
    let id = incident::start(dir.path(), opened, incident::Who::here()).unwrap();
    incident::switch(dir.path(), &id).unwrap();
    let at = |minute: &str| format!("2026-11-01T03:{minute}:00Z").parse().ok();
    let note = String::new;
    for record in [
        incident::Record::Recovered {
            note: note(),
            when: at("10"),
        },
        incident::Record::Mitigated {
            note: "relapsed".into(),
            when: at("20"),
        },
        incident::Record::Recovered {
            note: note(),
            when: at("40"),
        },
    ] {
        incident::append(dir.path(), &id, record, incident::Who::here()).unwrap();
    }
    let (past, failures) = Past::load(dir.path(), &[]);
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(past.episodes[0].lasted_for, Some(Duration::from_secs(2_400)));
}

#[test]
fn a_secret_that_stands_in_an_old_note_is_covered() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("incidents/inc-7");
    std::fs::create_dir_all(&folder).unwrap();
    let secret = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
    let line = |rest: &str| {
        format!(r#"{{"v":1,"seq":1,"at":"2026-11-01T03:00:00Z","prev":"","by":{{"user":"mara"}},{rest}}}"#)
    };
    let lines = [
        line(&format!(
            r#""event":"opened","incident":"inc-7","title":"key {secret}","severity":"sev1","started_at":"2026-11-01T02:50:00Z","tool":"""#
        )),
        line(&format!(r#""event":"note","text":"it is {secret}""#)),
        line(&format!(r#""event":"mitigated","note":"with {secret}""#)),
    ];
    std::fs::write(folder.join("journal.jsonl"), lines.join("\n") + "\n").unwrap();
    let (past, _) = Past::load(dir.path(), &[]);
    let told = format!("{:?}", past.episodes);
    assert!(told.contains("redacted") && !told.contains(&secret), "{told}");
}

#[test]
fn texts_without_spaces_between_words_are_found_too() {
    let past = Past::of(vec![
        written("a", 1, &[], "결제정산배치 지연"),
        written("b", 2, &[], "로그인 오류"),
    ]);
    let recalled = past.recall(&alarm("결제정산배치"), None, 3);
    assert_eq!(recalled[0].episode.id, "a");
}

#[test]
fn what_was_done_for_an_alarm_is_recalled_by_what_a_person_wrote_about_it() {
    let Some(folder) = corpora() else { return };
    let library = crate::runbook::Library::scan(&[folder.join("openshift-runbooks")]);
    let mut episodes = Vec::new();
    let mut names = Vec::new();
    for page in &library.pages {
        let prose = page
            .text
            .split("## Meaning")
            .nth(1)
            .and_then(|text| text.split("\n## ").next());
        let Some(prose) = prose else { continue };
        // What people type as a reason: the first sentence, and never the alarm's name.
        let prose: String = prose
            .split(". ")
            .next()
            .unwrap_or_default()
            .replace(&page.title, "it");
        episodes.push(written(&page.title, names.len() as i64, &[], prose.trim()));
        names.push(page.title.clone());
    }
    let texts = episodes.len();
    let past = Past::of(episodes.clone());
    let place = |name: &String| {
        let recalled = past.recall(&alarm(name), None, 3);
        recalled.iter().position(|one| one.episode.id == *name)
    };
    let found = names.iter().filter_map(place).count();
    let first = names.iter().filter(|name| place(name) == Some(0)).count();
    let many: Vec<Episode> = episodes.iter().cycle().take(10_000).cloned().collect();
    let began = std::time::Instant::now();
    let past = Past::of(many);
    let built = began.elapsed();
    let began = std::time::Instant::now();
    names
        .iter()
        .take(100)
        .for_each(|name| drop(past.recall(&alarm(name), None, 3)));
    let asked = began.elapsed() / 100;
    eprintln!(
        "{texts} texts: {found} recalled, {first} first; 10,000 indexed in {built:?}, asked in {asked:?}"
    );
    assert!(found * 2 > texts, "{found} of {texts}");
}

fn corpora() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/runbooks"));
    if !folder.is_dir() {
        eprintln!("skipped: {} is absent", folder.display());
    }
    folder.is_dir().then_some(folder)
}

#[test]
fn a_command_at_a_time_that_no_calendar_has_is_passed_over() {
    let command = |at_us: u64| crate::recording::Command {
        at_us,
        text: "systemctl restart web".into(),
        cwd: None,
        exit_code: Some(0),
        duration_us: None,
        source: crate::recording::Source::Marked,
    };
    let deeds = session::deeds(jiff::Timestamp::UNIX_EPOCH, &[command(u64::MAX), command(7)]);
    assert_eq!(deeds.len(), 1);
}
