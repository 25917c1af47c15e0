//! `qd watch` beside a running session: a late joiner has the owner's screen, fifty of them and a stuck one hold nothing
//! up, who came and went is on record, and the end is theirs only where policy says so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use pty::cloud::{Sim, shop};
use pty::home::Home;
use pty::{Terminal, contains};
use quarterdeck::recording::Keyring;
use quarterdeck::recording::live::{Follower, Visit};

fn configure(home: &Home, text: &str) {
    let dir = home.path().join("config/quarterdeck");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("config.toml"), text).unwrap();
}

fn connect(sim: &Sim, home: &Home) -> Terminal {
    let mut terminal = Terminal::start(sim.console(home, &["connect", "checkout"]), 100, 30);
    terminal.wait_for("connected to checkout");
    terminal.expect("echo ready-$((6*7))<enter>", "ready-42");
    terminal
}

fn id(home: &Home) -> String {
    home.recordings()[0]["id"].as_str().unwrap().to_owned()
}

fn events(home: &Home, kind: &str) -> usize {
    home.audit().iter().filter(|event| event["event"] == kind).count()
}

#[test]
fn a_watcher_sees_the_screen_at_once_and_its_coming_and_going_is_on_record() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let mut owner = connect(&sim, &home);
    owner.expect("seq 1000 1400; echo then-$((1+1))<enter>", "then-2");
    let id = id(&home);
    let mut watcher = Terminal::start(home.console(&["watch", &id[..30]]), 120, 40);
    watcher.wait_for("then-2");
    watcher.wait_for("watching checkout");
    owner.expect("echo later-$((3*3))<enter>", "later-9");
    watcher.wait_for("later-9");
    // Not allowed, so the key does nothing.
    watcher.type_keys("eyq");
    assert_eq!(watcher.wait_code(), 0);
    assert!(watcher.is_cooked());
    owner.expect("echo on-$((2*4))<enter>", "on-8");
    let refused = home.qd(&["watch", &id, "--end"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(3));
    owner.type_keys("exit<enter>");
    assert_eq!(owner.wait_code(), 0);
    assert_eq!(
        (events(&home, "session.join"), events(&home, "session.leave")),
        (1, 1)
    );
    let shown = home.json(&["recordings", "show", &id]);
    let kinds: Vec<&str> = shown["markers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mark| mark["kind"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"join") && kinds.contains(&"leave"), "{kinds:?}");
    assert_eq!(home.json(&["recordings", "verify", &id])["ok"], true);
}

#[test]
fn a_pipe_gets_the_bytes_and_policy_lets_a_watcher_end_it() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, "[watch]\nmay_end = true\n");
    let mut owner = connect(&sim, &home);
    let id = id(&home);
    let mut piped = home
        .qd(&["watch", &id])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while events(&home, "session.join") == 0 {
        std::thread::yield_now();
    }
    owner.expect("printf '\\033]0;raw\\007bytes-%s\\n' $((5*5))<enter>", "bytes-25");
    let mut out = BufReader::new(piped.stdout.take().unwrap());
    let mut bytes = Vec::new();
    while !contains(&bytes, b"\x1b]0;raw\x07bytes-25") {
        assert!(out.read_until(b'\n', &mut bytes).unwrap() > 0, "{bytes:?}");
    }
    let ended = home.qd(&["watch", &id, "--end"]).output().unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    owner.wait_end();
    let says = owner.text();
    assert!(
        says.contains("ended by") && says.contains("who watched it"),
        "{says}"
    );
    assert!(piped.wait().unwrap().success());
    assert_eq!(events(&home, "session.terminate"), 1);
}

#[test]
fn a_local_program_and_a_command_on_machines_are_watched_too() {
    let home = Home::new();
    // What the helper adds to the end are arguments that this shell passes over.
    let dir = home.data_dir().display().to_string();
    let rec = ["--data-dir", &dir, "rec", "--", "sh", "-c", "exec sh"];
    let mut owner = Terminal::start(home.console(&rec), 100, 30);
    owner.expect("echo ready-$((6*7))<enter>", "ready-42");
    let mut watcher = Terminal::start(home.console(&["watch", &id(&home)]), 120, 40);
    watcher.wait_for("ready-42");
    owner.expect("echo later-$((3*3))<enter>", "later-9");
    watcher.wait_for("later-9");
    owner.type_keys("exit<enter>");
    assert_eq!(owner.wait_code(), 0);
    watcher.wait_for("ended");
    watcher.type_keys("q");
    assert_eq!(watcher.wait_code(), 0);

    configure(&home, "[watch]\nmay_end = true\n");
    let sim = Sim::start(&home, &shop(), &[]);
    let endless = "echo begun-$((6*7)); sleep 600";
    let mut run = sim.qd(&home, &["run"]);
    run.args([
        "--targets",
        "checkout",
        "--reason",
        "INC-7",
        "--yes",
        "--",
        endless,
    ]);
    let mut run = run.stderr(Stdio::piped()).spawn().unwrap();
    let mut says = BufReader::new(run.stderr.take().unwrap());
    let mut line = String::new();
    says.read_line(&mut line).unwrap();
    assert!(line.contains("is sent to 1 instance"), "{line}");
    let mut watcher = Terminal::start(home.console(&["watch", &id(&home)]), 120, 40);
    watcher.wait_for("watching");
    let ended = home.qd(&["watch", &id(&home), "--end"]).output().unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert_eq!(run.wait().unwrap().code(), Some(1));
    watcher.wait_for("ended");
    watcher.type_keys("q");
    assert_eq!(watcher.wait_code(), 0);
    assert!(events(&home, "session.join") >= 2);
    assert_eq!(home.json(&["recordings", "verify", &id(&home)])["ok"], true);
}

#[test]
fn fifty_watchers_and_a_stuck_one_hold_nothing_up() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let mut owner = connect(&sim, &home);
    let row = home.recordings().remove(0);
    let (id, path) = (
        row["id"].as_str().unwrap().parse().unwrap(),
        row["path"].as_str().unwrap().to_owned(),
    );
    let join = |n: usize| {
        let (visit, start) = Visit::join(&home.data_dir(), id, &format!("watcher {n}")).unwrap();
        (
            visit,
            Follower::open(path.as_ref(), Some(start), &Keyring::default()).unwrap(),
        )
    };
    // One that says nothing at all.
    let socket = home.data_dir().join(format!("live/{id}.sock"));
    assert_eq!(
        std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let _stuck = std::os::unix::net::UnixStream::connect(&socket).unwrap();
    let mut watchers: Vec<_> = (0..50).map(join).collect();
    owner.expect("seq 1 20000 | tail -n 9000; echo all-$((4*4))<enter>", "all-16");
    owner.type_keys("exit<enter>");
    assert_eq!(owner.wait_code(), 0);
    let mut screens: Vec<String> = watchers
        .iter_mut()
        .map(|(_, follower)| {
            while follower.end().is_none() {
                follower.advance(|_| {}).unwrap();
            }
            follower.screen().text()
        })
        .collect();
    screens.dedup();
    assert_eq!(screens.len(), 1);
    assert!(screens[0].contains("all-16"));
    assert!(!socket.exists(), "the door is shut behind the session");
    assert_eq!(events(&home, "session.join"), 50);
}
