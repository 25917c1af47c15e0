//! `qd rec` and `qd audit reconcile` as their users meet them: nothing shown that is not recorded, the program's own exit
//! code, and every session that nobody recorded found in AWS's memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use pty::Terminal;
use pty::cloud::{Sim, fleet};
use pty::home::Home;
use quarterdeck::recording::{Reader, What};
use serde_json::Value;

/// What follows `--` is the program's, so the home's own flags stand before it.
fn with(command: pty_process::blocking::Command, args: &[&str]) -> pty_process::blocking::Command {
    command.args(args)
}

fn output_of(path: &str) -> String {
    let mut bytes = Vec::new();
    for event in Reader::open(path.as_ref()).unwrap().events().unwrap() {
        if let What::Output(output) = event.unwrap().what {
            bytes.extend(output);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What `qd audit reconcile` says once every region has answered but those of `without`.
fn reconciled(sim: &Sim, home: &Home, args: &[&str], without: &[&str]) -> (Option<i32>, Value) {
    let mut words = vec!["audit", "reconcile", "--json"];
    words.extend(args);
    // CloudTrail answers two questions a second: one that asks more often is sent away, and told so.
    for _ in 0..30 {
        let out = sim.qd(home, &words).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        let document: Value =
            serde_json::from_slice(&out.stdout).unwrap_or_else(|bad| panic!("{bad}: {said}"));
        let failures = document["failures"].as_array().unwrap();
        if failures
            .iter()
            .all(|failure| without.iter().any(|region| failure["region"] == *region))
        {
            return (out.status.code(), document);
        }
    }
    panic!("CloudTrail never answered");
}

#[test]
fn a_session_that_lost_its_recording_is_found_and_the_rest_are_borne_out() {
    let home = Home::new();
    let sim = Sim::start(
        &home,
        &fleet(&["us-east-1", "eu-west-1"], &[("web", "us-east-1", "online")]),
        &["--faults", "cloudtrail.delay=0s"],
    );
    for word in ["one", "two", "three"] {
        let out = sim
            .qd(&home, &[])
            .args(["connect", "web", "--", "echo", word])
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    let (code, clean) = reconciled(&sim, &home, &[], &[]);
    assert_eq!(
        (code, &clean["sessions"], &clean["recorded"]),
        (Some(0), &3.into(), &3.into())
    );
    assert_eq!(clean["correlated"], 3);
    assert!(
        home.recordings()
            .iter()
            .all(|row| row["evidence"] == "correlated")
    );

    let gone = home.recordings().remove(0);
    std::fs::remove_file(gone["path"].as_str().unwrap()).unwrap();
    for _ in 0..2 {
        let (code, found) = reconciled(&sim, &home, &[], &[]);
        assert_eq!(code, Some(4));
        assert_eq!(found["missing"].as_array().unwrap().len(), 1);
        assert_eq!(found["missing"][0]["session_id"], gone["session_id"]);
        assert!(
            found["missing"][0]["event_id"].is_string(),
            "CloudTrail has it as well"
        );
        assert_eq!(found["correlated"], 0);
    }
    let audit = home.audit();
    let alarms = audit
        .iter()
        .filter(|event| event["event"] == "session.recording.missing");
    assert_eq!(
        alarms.count(),
        1,
        "once for a session, however often it is looked for"
    );
}

#[test]
fn a_region_that_does_not_answer_is_said_and_proves_nothing() {
    let home = Home::new();
    let sim = Sim::start(
        &home,
        &fleet(&["us-east-1", "eu-west-1"], &[("web", "us-east-1", "online")]),
        &["--faults", "fail.eu-west-1=denied"],
    );
    assert!(
        sim.qd(&home, &[])
            .args(["connect", "web", "--", "true"])
            .output()
            .unwrap()
            .status
            .success()
    );
    let (code, found) = reconciled(
        &sim,
        &home,
        &["--region", "us-east-1", "--region", "eu-west-1"],
        &["eu-west-1"],
    );
    assert_eq!((code, &found["recorded"]), (Some(0), &1.into()));
    assert!(!found["failures"].as_array().unwrap().is_empty());
    assert!(found["unmatched"].as_array().unwrap().is_empty());
}

#[test]
fn rec_passes_exit_code_input_and_signals_on_and_seals_what_was_shown() {
    let home = Home::new();
    let out = home
        .qd(&[])
        .args(["rec", "--", "sh", "-c", "echo out; echo err >&2; exit 7"])
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(7));
    assert_eq!((&out.stdout[..], &out.stderr[..]), (&b"out\n"[..], &b"err\n"[..]));
    let id = home.recordings()[0]["id"].as_str().unwrap().to_owned();
    let text = |format: &str| {
        let out = home
            .qd(&["recordings", "export", &id, "--format", format])
            .output();
        String::from_utf8(out.unwrap().stdout).unwrap()
    };
    let shown = text("text");
    let lines: BTreeSet<&str> = shown.lines().collect();
    assert_eq!(
        lines,
        BTreeSet::from(["out", "err"]),
        "no terminal, and no stairs"
    );
    assert!(text("asciicast-v3").contains("out\\r\\n"));
    let killed = home
        .qd(&[])
        .args(["rec", "--", "sh", "-c", "kill -TERM $$"])
        .output()
        .unwrap();
    assert_eq!(killed.status.code(), Some(143));
    assert_eq!(
        home.qd(&[])
            .args(["rec", "--", "no-such-program"])
            .output()
            .unwrap()
            .status
            .code(),
        Some(127)
    );
    assert_eq!(
        home.qd(&[])
            .args(["--read-only", "rec", "--", "true"])
            .output()
            .unwrap()
            .status
            .code(),
        Some(3)
    );

    let mut terminal = Terminal::start(
        with(home.console(&[]), &["rec", "--reason", "INC-9", "--", "sh"]),
        80,
        24,
    );
    terminal.type_keys("stty size; echo a${NONE}b<enter>");
    terminal.wait_for("24 80");
    terminal.resize(100, 30);
    terminal.type_keys("until [ \"$(stty size)\" = \"30 100\" ]; do :; done; echo se${NONE}en<enter>");
    terminal.wait_for("seen");
    terminal.type_keys("exit 5<enter>");
    assert_eq!(terminal.wait_code(), 5);
    assert!(terminal.is_cooked());
    let rows = home.recordings();
    assert!(
        rows.iter()
            .all(|row| row["state"] == "sealed" && row["name"] != Value::Null)
    );
    assert_eq!(rows[0]["reason"], "INC-9");
    assert!(output_of(rows[0]["path"].as_str().unwrap()).contains("seen"));
    let ends: Vec<Value> = home
        .audit()
        .into_iter()
        .filter(|event| event["event"] == "session.end")
        .map(|event| event["body"]["exit_code"].clone())
        .collect();
    assert_eq!(ends, [7.into(), 143.into(), Value::from(5)]);
}

#[test]
fn rec_says_when_the_disk_is_full_and_strict_ends_the_program() {
    let small = |mode: &str| {
        let dir = tempfile::tempdir().unwrap();
        let script = format!(
            "mount -t tmpfs -o size=256k,mode=700 tmpfs '{0}' || exit 77; \"$0\" --data-dir '{0}' rec {mode} -- \
             sh -c 'head -c 600000 /dev/urandom | base64; echo to the end'; code=$?; cat '{0}'/audit/*.jsonl >&2; exit $code",
            dir.path().display()
        );
        let mut program = Command::new("unshare");
        program.args(["-rm", "sh", "-c", &script, env!("CARGO_BIN_EXE_qd")]);
        program
            .env("HOME", dir.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let lax = small("--best-effort");
    if lax.status.code() == Some(77) || String::from_utf8_lossy(&lax.stderr).contains("unshare failed") {
        eprintln!("skipped: no user namespace to mount a small disk in");
        return;
    }
    let says = String::from_utf8_lossy(&lax.stderr).into_owned();
    assert!(
        lax.status.success() && lax.stdout.ends_with(b"to the end\n"),
        "{says}"
    );
    assert!(says.contains("NOT RECORDED: no space left"), "{says}");
    assert_eq!(says.matches("session.recording.failed").count(), 1, "{says}");
    let strict = small("--strict");
    let says = String::from_utf8_lossy(&strict.stderr).into_owned();
    assert!(
        !strict.status.success() && !strict.stdout.ends_with(b"to the end\n"),
        "{says}"
    );
    assert!(
        says.contains("was ended, as it can no longer be recorded: no space left"),
        "{says}"
    );
    assert_eq!(says.matches("session.recording.failed").count(), 1, "{says}");
}

#[test]
fn whatever_rec_showed_before_it_was_killed_is_in_its_recording() {
    let home = Home::new();
    let script = "i=0; while :; do i=$((i+1)); echo tick $i; done";
    for _ in 0..3 {
        let mut terminal = Terminal::start(
            with(home.console(&[]), &["rec", "--", "sh", "-c", script]),
            80,
            24,
        );
        terminal.wait_raw(b"tick 50\r");
        terminal.signal(Signal::SIGKILL);
        terminal.wait_end();
        let raw = String::from_utf8_lossy(&terminal.raw).into_owned();
        let shown = raw
            .lines()
            .rev()
            .find_map(|line| line.trim().strip_prefix("tick ")?.parse().ok());
        let shown: u64 = shown.unwrap();
        assert!(
            home.qd(&["recordings", "recover"])
                .output()
                .unwrap()
                .status
                .success()
        );
        let row = home.recordings().remove(0);
        assert_eq!(row["state"], "recovered");
        let kept = output_of(row["path"].as_str().unwrap());
        // The last number that was seen may be cut in the middle on the way to the screen.
        assert!(
            kept.contains(&format!("tick {shown}")),
            "tick {shown} was shown and is not kept"
        );
    }
}
