//! The team store as sessions, auditors and disasters meet it: what a killed client and a wiped disk leave is rebuilt
//! from the bucket alone, and what the bucket refuses is named while the session goes on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "store/forged.rs"]
mod forged;
mod pty;

use std::path::PathBuf;
use std::time::Instant;

use nix::sys::signal::Signal;
use pty::cloud::{Sim, shop};
use pty::home::Home;
use pty::{PATIENCE, Terminal};
use serde_json::Value;

const LOCKED: &str = "recordings-613489207754";
const PLAIN: &str = "run-output-613489207754";

fn configure(home: &Home, bucket: &str, rest: &str) {
    let dir = home.path().join("config/quarterdeck");
    std::fs::create_dir_all(&dir).unwrap();
    let text = format!("[store]\nbucket = \"{bucket}\"\nprefix = \"team\"\n{rest}\n");
    std::fs::write(dir.join("config.toml"), text).unwrap();
}

fn connect(sim: &Sim, home: &Home) -> Terminal {
    let mut terminal = Terminal::start(sim.console(home, &["connect", "checkout"]), 100, 30);
    terminal.wait_for("connected to checkout");
    terminal.expect("echo ready-$((6*7))<enter>", "ready-42");
    terminal
}

fn leave(mut terminal: Terminal) -> String {
    terminal.type_keys("exit<enter>");
    assert_eq!(terminal.wait_code(), 0, "{}", terminal.text());
    terminal.text()
}

#[track_caller]
fn lines(sim: &Sim, home: &Home, args: &[&str]) -> Vec<Value> {
    let out = sim.qd(home, args).arg("--json").output().unwrap();
    let says = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{args:?}: {} {says}", out.status);
    let text = String::from_utf8(out.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn recording(home: &Home) -> PathBuf {
    PathBuf::from(home.recordings()[0]["path"].as_str().unwrap())
}

fn journal(home: &Home) -> String {
    std::fs::read_to_string(recording(home).with_extension("upload")).unwrap_or_default()
}

fn recorded(home: &Home) -> String {
    home.recordings()[0]["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn wait_until(what: &str, there: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !there() {
        assert!(Instant::now() < deadline, "{what} did not come in time");
        std::thread::yield_now();
    }
}

#[test]
fn a_session_is_stored_under_a_lock_and_pulled_elsewhere_byte_for_byte() {
    let (home, other) = (Home::new(), Home::new());
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "lock = \"compliance\"\nlock_days = 7");
    configure(&other, LOCKED, "");
    leave(connect(&sim, &home));
    let row = &home.recordings()[0];
    assert_eq!(
        (&row["state"], &row["evidence"]),
        (&"sealed".into(), &"locked".into())
    );
    let id = row["id"].as_str().unwrap();

    let listed = lines(&sim, &other, &["recordings", "ls", "--store"]).remove(0);
    assert_eq!(listed["recordings"][0]["id"], id);
    let pulled = lines(&sim, &other, &["recordings", "pull", &id[..30]]).remove(0);
    assert_eq!(
        (&pulled["state"], &pulled["ok"]),
        (&"pulled".into(), &true.into())
    );
    assert_eq!(
        std::fs::read(recording(&home)).unwrap(),
        std::fs::read(pulled["path"].as_str().unwrap()).unwrap()
    );
    let again = lines(&sim, &other, &["recordings", "pull", "--all"]).remove(0);
    assert_eq!(again["state"], "here");
    assert_eq!(other.recordings()[0]["evidence"], "locked");
}

#[test]
fn a_killed_client_and_a_wiped_disk_leave_a_session_in_the_bucket() {
    let (home, other) = (Home::new(), Home::new());
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "lock = \"governance\"");
    configure(&other, LOCKED, "lock = \"governance\"");
    let mut terminal = connect(&sim, &home);
    terminal.type_keys("head -c 3000000 /dev/urandom | base64 -w 90; echo all-$((2+2))<enter>");
    terminal.wait_for("all-4");
    wait_until("the third segment", || {
        journal(&home).matches("\"stored\"").count() >= 3
    });
    terminal.signal(Signal::SIGKILL);
    terminal.wait_end();
    let original = std::fs::read(recording(&home)).unwrap();
    let id = home.recordings()[0]["id"].as_str().unwrap().to_owned();
    std::fs::remove_dir_all(home.data_dir()).unwrap();

    let pulled = lines(&sim, &other, &["recordings", "pull", &id]).remove(0);
    assert_eq!(
        (&pulled["state"], &pulled["ok"]),
        (&"recovered".into(), &true.into())
    );
    let says = pulled["says"].as_str().unwrap();
    assert!(says.contains("by another device"), "{says}");
    let rebuilt = std::fs::read(pulled["path"].as_str().unwrap()).unwrap();
    let same = rebuilt.iter().zip(&original).take_while(|(a, b)| a == b).count();
    assert!(same > 2 << 20, "only {same} bytes were in the store");
}

#[test]
fn what_a_crash_interrupted_is_completed_by_push() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "lock = \"governance\"");
    let mut terminal = connect(&sim, &home);
    wait_until("the first segment", || journal(&home).contains("\"stored\""));
    terminal.signal(Signal::SIGKILL);
    terminal.wait_end();
    // Even without the journal: the bucket is compared.
    std::fs::remove_file(recording(&home).with_extension("upload")).unwrap();
    let pushed = lines(&sim, &home, &["recordings", "push", "--all"]).remove(0);
    assert_eq!(
        (&pushed["state"], &pushed["evidence"]),
        (&"stored".into(), &"locked".into())
    );
    assert_eq!(home.recordings()[0]["state"], "recovered");
    let kinds: Vec<String> = home
        .audit()
        .iter()
        .map(|event| event["event"].as_str().unwrap().to_owned())
        .collect();
    for kind in ["session.recording.recovered", "session.upload"] {
        assert!(kinds.iter().any(|found| found == kind), "{kinds:?}");
    }
}

#[test]
fn a_writer_needs_no_more_than_to_put() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &["--faults", "s3.may=put"]);
    configure(&home, LOCKED, "lock = \"governance\"");
    leave(connect(&sim, &home));
    assert_eq!(home.recordings()[0]["evidence"], "locked");
    let evidence = std::fs::read_to_string(recording(&home).with_extension("evidence")).unwrap();
    assert!(evidence.contains("\"read_back\":false"), "{evidence}");
}

#[test]
fn a_bucket_that_refuses_is_named_and_the_session_goes_on_unless_it_is_required() {
    let cases = [
        (PLAIN, "lock = \"governance\"", "", "without Object Lock"),
        ("nowhere", "", "", "create bucket nowhere"),
        (LOCKED, "", "s3.may=get", "s3:PutObject"),
        (LOCKED, "", "fail.s3=expired", "have expired"),
    ];
    for (bucket, rest, faults, says) in cases {
        let home = Home::new();
        let sim = Sim::start(&home, &shop(), &["--faults", faults]);
        configure(&home, bucket, rest);
        let shown = leave(connect(&sim, &home));
        assert!(
            shown.replace('\n', "").contains(says),
            "{bucket} {faults}: {shown}"
        );
        assert_eq!(home.recordings()[0]["state"], "sealed");

        configure(&home, bucket, &format!("{rest}\nrequired = true"));
        let out = sim.qd(&home, &["connect", "checkout"]).output().unwrap();
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(3), "{told}");
        assert!(told.contains(says), "{told}");
        assert_eq!(home.recordings().len(), 1);
    }
}

#[test]
fn the_stores_trouble_is_told_once() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &["--faults", "s3.may=get"]);
    configure(&home, LOCKED, "");
    let mut terminal = connect(&sim, &home);
    terminal.wait_for("the team store is behind");
    let shown = leave(terminal).replace('\n', "");
    assert_eq!(shown.matches("the team store is behind").count(), 1, "{shown}");
    assert!(
        shown.contains("not everything is in the team store yet; `qd recordings push` goes on"),
        "{shown}"
    );
}

#[test]
fn an_old_recording_is_held_then_pruned_and_still_played_from_the_store() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "lock = \"governance\"\nlocal_days = 1");
    let cast = home.path().join("old.cast");
    let text = "{\"version\":2,\"width\":80,\"height\":24,\"timestamp\":1577836800}\n[0.1,\"o\",\"hello far\\r\\n\"]\n";
    std::fs::write(&cast, text).unwrap();
    let imported = lines(
        &sim,
        &home,
        &["recordings", "import", &cast.display().to_string()],
    )
    .remove(0);
    let (id, path) = (
        imported["id"].as_str().unwrap(),
        PathBuf::from(imported["path"].as_str().unwrap()),
    );
    let fate = |args: &[&str]| {
        let all: Vec<&str> = ["recordings", "prune"].iter().chain(args).copied().collect();
        lines(&sim, &home, &all).remove(0)
    };
    assert_eq!(fate(&[])["why"], "the store does not have all of it");
    assert_eq!(
        lines(&sim, &home, &["recordings", "push", id]).remove(0)["state"],
        "stored"
    );
    let hold = |state: &str| {
        let out = sim
            .qd(&home, &["recordings", "hold", id, state, "--reason", "case 7"])
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stderr).into_owned()
    };
    assert!(hold("on").contains("2 objects in the store"));
    assert_eq!(fate(&[])["why"], "it is held: case 7");
    hold("off");
    assert_eq!(fate(&["--dry-run"])["fate"], "expires");
    assert!(path.exists());
    assert_eq!(fate(&[])["fate"], "expired");
    assert!(!path.exists());

    let address = format!("s3://{LOCKED}/team/rec/2020-01-01/{id}");
    for played in [vec!["--store", id], vec![address.as_str()]] {
        let args: Vec<&str> = ["recordings", "play"].into_iter().chain(played).collect();
        let out = sim.qd(&home, &args).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert!(String::from_utf8_lossy(&out.stdout).contains("hello far"));
    }
    let kinds: Vec<Value> = home
        .audit()
        .into_iter()
        .map(|event| event["event"].clone())
        .collect();
    for kind in [
        "session.recording.hold",
        "session.recording.expired",
        "session.recording.access",
    ] {
        assert!(kinds.iter().any(|found| found == kind), "{kinds:?}");
    }
}

#[test]
fn a_session_of_another_machine_is_watched_through_its_segments() {
    let (home, other) = (Home::new(), Home::new());
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "");
    configure(&other, LOCKED, "");
    let mut owner = connect(&sim, &home);
    owner.type_keys("head -c 1500000 /dev/urandom | base64 -w 90; echo first-$((2+2))<enter>");
    owner.wait_for("first-4");
    wait_until("the second segment", || {
        journal(&home).matches("\"stored\"").count() >= 2
    });
    let id = home.recordings()[0]["id"].as_str().unwrap().to_owned();
    let mut watcher = Terminal::start(sim.console(&other, &["watch", &id]), 120, 40);
    watcher.wait_for("live by the store");
    owner.type_keys("echo the-$((3*3))-end; exit<enter>");
    assert_eq!(owner.wait_code(), 0);
    watcher.wait_for("the session has ended");
    assert_eq!(watcher.wait_code(), 0);
}
