//! Incidents as their users and scripts meet them: written down first, told to AWS after, reported the same every time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::process::{Output, Stdio};

use pty::cloud::{Sim, shop};
use pty::home::Home;
use quarterdeck::aws::{OpsChange, OpsStatus};
use serde_json::Value;

fn out(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn err(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

#[track_caller]
fn qd(home: &Home, args: &[&str]) -> String {
    let ran = home.qd(args).output().unwrap();
    assert!(ran.status.success(), "{args:?}: {}", err(&ran));
    out(&ran)
}

#[track_caller]
fn online(home: &Home, sim: &Sim, args: &[&str]) -> Output {
    home.qd(args).envs(sim.variables()).output().unwrap()
}

fn started(home: &Home) -> String {
    qd(
        home,
        &["incident", "start", "checkout", "is", "down", "--severity", "2"],
    )
    .trim()
    .to_owned()
}

#[test]
fn an_incident_goes_from_its_start_to_a_report_that_is_always_the_same() {
    let home = Home::new();
    let id = started(&home);
    qd(&home, &["incident", "ack"]);
    // What stands behind the command is its own, and `sh` takes no notice of it.
    let dir = home.data_dir().display().to_string();
    qd(
        &home,
        &[
            "--data-dir",
            &dir,
            "rec",
            "--",
            "sh",
            "-c",
            "echo restarting; exit 0",
        ],
    );
    qd(&home, &["incident", "note", "restarted", "the", "workers"]);
    qd(&home, &["incident", "role", "commander", "mara"]);
    qd(&home, &["incident", "recover", "errors are gone"]);
    qd(&home, &["incident", "close"]);
    let listed = home.json(&["incident", "ls"]);
    assert_eq!(listed["current"], Value::Null);
    assert_eq!(listed["incidents"][0]["status"], "closed");

    let recording = home.recordings()[0]["id"].as_str().unwrap().to_owned();
    for format in ["md", "json", "html"] {
        let first = qd(&home, &["report", &id, "--format", format]);
        qd(&home, &["incident", "start", "another one"]);
        let later = home
            .qd(&["report", &id, "--format", format])
            .env("TZ", "Asia/Seoul")
            .env("LANG", "ko_KR.UTF-8")
            .output()
            .unwrap();
        assert_eq!(first, out(&later), "{format}");
        assert!(first.contains(&recording), "{format}: {first}");
        assert!(first.contains("restarted the workers") && first.contains("commander"));
    }
    let report: Value = serde_json::from_str(&qd(&home, &["report", &id, "--format", "json"])).unwrap();
    assert_eq!(report["recordings"][0]["trust"]["ok"], true);
    assert_eq!(report["recordings"][0]["trust"]["state"], "sealed");
    assert_eq!(report["journal"]["ok"], true);
    assert!(report["to_recover"]["seconds"].is_u64());
    assert_eq!(report["cost"]["during"], Value::Null);
    let commands: Vec<&Value> = report["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["kind"] == "command")
        .collect();
    assert_eq!(commands.len(), 1, "{commands:?}");
    assert_eq!(commands[0]["exit"], 0);
    assert!(qd(&home, &["report", &id, "--zone", "Asia/Seoul"]).contains("All times are Asia/Seoul."));
}

#[test]
fn words_have_times_of_their_own_and_tickets_and_alarms_are_linked() {
    let home = Home::new();
    let began = (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(60)).to_string();
    let id = qd(&home, &["incident", "start", "slow", "--since", &began]);
    let id = id.trim();
    qd(&home, &["incident", "ack", "on it", "--at", "-40m"]);
    qd(&home, &["incident", "recover", "--at", "-10m"]);
    for (at, says) in [
        ("-2h", "before the incident began"),
        ("2999-01-01T00:00:00Z", "lies in the future"),
        ("soon", "no time such as"),
    ] {
        let refused = home.qd(&["incident", "recover", "--at", at]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{at}");
        assert!(err(&refused).contains(says), "{at}: {}", err(&refused));
    }
    let row = home.json(&["incident", "ls"])["incidents"][0].clone();
    let seconds = |key: &str| row[key].as_u64().unwrap();
    assert!((1200..1210).contains(&seconds("to_acknowledge_s")), "{row}");
    assert!((3000..3010).contains(&seconds("to_recover_s")), "{row}");
    // Who says it again with a time mends what was said before.
    qd(&home, &["incident", "ack", "--at", "-50m"]);
    let row = home.json(&["incident", "ls"])["incidents"][0].clone();
    let mended = row["to_acknowledge_s"].as_u64().unwrap();
    assert!((600..610).contains(&mended), "{row}");
    qd(&home, &["incident", "link", "ticket=OPS-12"]);
    qd(
        &home,
        &["incident", "link", "alarm=shop 5xx", "--note", "it burnt as well"],
    );
    let report = qd(&home, &["report", id]);
    for wanted in [
        "ticket OPS-12 linked",
        "alarm shop 5xx linked: it burnt as well",
        "(said at ",
    ] {
        assert!(report.contains(wanted), "{wanted}: {report}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_with_a_way_out() {
    let home = Home::new();
    let refused = |args: &[&str], code| {
        let ran = home.qd(args).output().unwrap();
        assert_eq!(ran.status.code(), Some(code), "{args:?}: {}", err(&ran));
        err(&ran)
    };
    assert!(refused(&["incident", "note", "x"], 5).contains("no current incident"));
    refused(&["incident", "start"], 2);
    refused(&["report", "nothing"], 5);
    let id = started(&home);
    refused(&["incident", "note", " "], 2);
    refused(&["incident", "link", "ffffffff"], 5);
    refused(&["incident", "start", "x", "--since", "2999-01-01T00:00:00Z"], 2);
    refused(&["--read-only", "incident", "opsitem"], 3);
    qd(&home, &["--read-only", "incident", "note", "notes are possible"]);
    qd(&home, &["incident", "close"]);
    assert!(refused(&["incident", "ack", "--incident", &id], 1).contains("closed"));
    qd(&home, &["incident", "reopen", "--incident", &id]);
    qd(&home, &["incident", "ack"]);
    assert!(refused(&["incident", "reopen"], 1).contains("is not closed"));
    // Whoever closes one has no current one: what was closed last is meant.
    qd(&home, &["incident", "close"]);
    let ran = home.qd(&["incident", "reopen"]).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", err(&ran));
    assert!(
        err(&ran).contains(&format!("{id} was closed last")),
        "{}",
        err(&ran)
    );
    qd(&home, &["incident", "ack"]);
}

#[test]
fn nothing_is_reopened_where_nothing_is_closed() {
    let home = Home::new();
    let ran = home.qd(&["incident", "reopen"]).output().unwrap();
    assert_eq!(ran.status.code(), Some(5), "{}", err(&ran));
    assert!(err(&ran).contains("no incident is closed"), "{}", err(&ran));
}

#[test]
fn killed_writers_leave_a_journal_that_verifies() {
    let home = Home::new();
    let id = started(&home);
    let mut written = 0;
    for nth in 0..12u32 {
        let mut writers: Vec<_> = (0..3)
            .map(|writer| {
                home.qd(&["incident", "note", &format!("note {nth} {writer}")])
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap()
            })
            .collect();
        // One is killed wherever it is, the others go on.
        let mut victim = writers.remove(nth as usize % 3);
        if nth % 2 == 0 {
            victim.kill().unwrap();
        }
        let mut ended = usize::from(victim.wait().unwrap().success());
        for mut writer in writers {
            ended += usize::from(writer.wait().unwrap().success());
        }
        written += ended;
    }
    let report: Value = serde_json::from_str(&qd(&home, &["report", &id, "--format", "json"])).unwrap();
    assert_eq!(report["journal"]["ok"], true, "{}", report["journal"]);
    let notes = report["timeline"].as_array().unwrap();
    let notes = notes.iter().filter(|item| item["kind"] == "note").count();
    assert!(written >= 24 && notes >= written, "{notes} of {written}");
}

#[test]
fn an_opsitem_follows_the_incident_and_a_refusal_costs_no_line() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let ran = online(
        &home,
        &sim,
        &["incident", "start", "disk full", "--opsitem", "--severity", "1"],
    );
    assert!(ran.status.success(), "{}", err(&ran));
    assert!(err(&ran).contains("created"), "{}", err(&ran));
    let id = out(&ran).trim().to_owned();
    let ran = online(&home, &sim, &["incident", "ack", "--json"]);
    let item: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert!(item["opsitem"].as_str().unwrap().starts_with("oi-"), "{item}");
    assert!(err(&ran).contains("updated"), "{}", err(&ran));
    let ran = online(&home, &sim, &["incident", "recover"]);
    assert!(ran.status.success());
    let ran = online(&home, &sim, &["incident", "close"]);
    assert!(err(&ran).contains("resolved"), "{}", err(&ran));
    drop(sim);

    // Nobody answers any more: the words stand, and what was not told is written down.
    let ran = home
        .qd(&["incident", "reopen", "--incident", &id])
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AWS_ACCESS_KEY_ID", "x")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .env("AWS_REGION", "us-east-1")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", err(&ran));
    assert!(err(&ran).contains("all the same"), "{}", err(&ran));
    let report = qd(&home, &["report", &id]);
    assert!(
        report.contains("reopened") && report.contains("resolved"),
        "{report}"
    );
}

#[test]
fn what_somebody_else_changed_in_an_opsitem_stays() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let ran = online(&home, &sim, &["incident", "start", "disk full", "--opsitem"]);
    assert!(ran.status.success(), "{}", err(&ran));
    let ran = online(&home, &sim, &["incident", "note", "--json", "looking at it"]);
    assert!(!err(&ran).contains("left"), "{}", err(&ran));
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let id = told["opsitem"].as_str().unwrap();
    let (cloud, place) = sim.cloud("us-east-1");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fetch = || runtime.block_on(cloud.fetch_ops_item(&place, id)).unwrap();
    let ours = fetch();
    assert!(ours.description.contains("looking at it"), "{}", ours.description);
    let change = OpsChange {
        title: Some("RENAMED by mara".into()),
        description: Some("Mara root cause: disk".into()),
        severity: Some("1".into()),
        status: Some(OpsStatus::Resolved),
        facts: vec![("mara".into(), "x".into())],
    };
    runtime
        .block_on(cloud.update_ops_item(&place, id, &change))
        .unwrap();
    let ran = online(&home, &sim, &["incident", "note", "after mara"]);
    let says = err(&ran);
    let left = "updated; left as somebody else set it: title, severity 1, status Resolved";
    assert!(says.contains(left), "{says}");
    let there = fetch();
    assert_eq!(
        (there.title.as_str(), there.status.as_str()),
        ("RENAMED by mara", "Resolved")
    );
    assert_eq!(there.severity.as_deref(), Some("1"));
    assert!(
        there.description.starts_with("Mara root cause: disk\n"),
        "{}",
        there.description
    );
    assert!(there.description.contains("after mara"), "{}", there.description);
    assert_eq!(there.facts.get("mara").map(String::as_str), Some("x"));
    let report = qd(&home, &["report", "current"]);
    assert!(report.contains("left as somebody else set it: title"), "{report}");
}

#[test]
fn an_alarm_that_cannot_be_read_stops_no_incident() {
    let home = Home::new();
    let ran = home
        .qd(&["incident", "start", "--alarm", "cpu-high"])
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AWS_ACCESS_KEY_ID", "x")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .env("AWS_REGION", "us-east-1")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", err(&ran));
    let report = qd(&home, &["report", "current"]);
    assert!(report.contains("Alarm **cpu-high**"), "{report}");
}
