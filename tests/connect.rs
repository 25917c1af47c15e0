//! `qd connect` as a user and a script meet it: a shell of the simulator under a pseudo-terminal, exit codes,
//! recordings, and what a crash leaves behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use pty::cloud::Sim;
use pty::home::Home;
use pty::{Terminal, contains};
use quarterdeck::recording::Reader;
use serde_json::Value;

const FLEET: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1", "eu-west-1"]
payer = true

[[instances]]
name = "checkout"
regions = ["us-east-1"]
agent = "online"
tags = { env = "test" }

[[instances]]
name = "twin"
regions = ["us-east-1", "eu-west-1"]
count = 2
agent = "online"
tags = { env = "test", role = "twin" }
"#;

const BOTH: [&str; 4] = ["--region", "us-east-1", "--region", "eu-west-1"];

fn connect(sim: &Sim, home: &Home, args: &[&str]) -> Terminal {
    let args: Vec<&str> = ["connect"].iter().chain(args).chain(&BOTH).copied().collect();
    Terminal::start(sim.console(home, &args), 100, 30)
}

/// Exit code and standard error of a `qd connect` that opens nothing.
fn refused(sim: &Sim, home: &Home, args: &[&str]) -> (i32, String) {
    let out = sim.qd(home, &["connect"]).args(args).args(BOTH).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), "");
    (
        out.status.code().unwrap(),
        String::from_utf8_lossy(&out.stderr).into_owned(),
    )
}

/// Marks the beginning of a prompt that is there.
fn ready(terminal: &mut Terminal) {
    terminal.wait_for("connected to checkout");
    terminal.type_keys("echo ready-$((6*7))<enter>");
    terminal.wait_for("ready-42");
}

#[test]
fn a_shell_is_opened_resized_left_and_proved() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let mut terminal = connect(&sim, &home, &["checkout", "--reason", "INC-7 disk"]);
    ready(&mut terminal);
    terminal
        .type_keys("until [ \"$(stty size)\" = '30 100' ]; do sleep 0.1; done; echo first-$((3*3))<enter>");
    terminal.wait_for("first-9");
    terminal.resize(72, 20);
    terminal.type_keys("until [ \"$(stty size)\" = '20 72' ]; do sleep 0.1; done; echo fits-$((3*3))<enter>");
    terminal.wait_for("fits-9");
    terminal.type_keys("exit<enter>");
    assert_eq!(terminal.wait_code(), 0);
    let rows = home.recordings();
    let row = &rows[0];
    assert_eq!(
        (rows.len(), &row["state"], &row["reason"]),
        (1, &"sealed".into(), &"INC-7 disk".into())
    );
    let id = row["id"].as_str().unwrap();
    assert_eq!(home.json(&["recordings", "verify", id])["ok"], true);
    let hash = Reader::open(row["path"].as_str().unwrap().as_ref())
        .unwrap()
        .header_hash();
    let known = sim.sessions("us-east-1", true);
    assert_eq!(
        known[0].reason.as_deref(),
        Some(format!("INC-7 disk qd:{}", hex::encode(&hash[..8])).as_str()),
        "AWS's own history names the recording"
    );
    let text = home
        .qd(&["recordings", "export", id, "--format", "text", "--output", "-"])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&text.stdout).contains("fits-9"));
    let kinds: Vec<Value> = home
        .audit()
        .into_iter()
        .map(|event| event["event"].clone())
        .collect();
    assert!(
        kinds.contains(&"session.start".into()) && kinds.contains(&"session.end".into()),
        "{kinds:?}"
    );
    assert_eq!(
        home.qd(&["audit", "verify"]).output().unwrap().status.code(),
        Some(0)
    );
}

#[test]
fn what_cannot_be_told_apart_or_found_is_refused_before_anything_starts() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let (code, says) = refused(&sim, &home, &["nobody"]);
    assert!(
        code == 5 && says.contains("nobody") && says.contains("--region NAME adds another"),
        "{code} {says}"
    );
    let (code, says) = refused(&sim, &home, &["role=twin"]);
    assert!(
        code == 2 && says.contains("2 instances") && says.matches(" twin-").count() == 2,
        "{code} {says}"
    );
    let (code, says) = refused(&sim, &home, &["checkout", "--read-only"]);
    assert!(code == 3 && says.contains("read-only"), "{code} {says}");
    assert!(home.recordings().is_empty());
}

#[test]
fn a_name_is_unproven_while_a_region_does_not_answer_but_an_id_is_enough() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &["--faults", "fail.eu-west-1=denied"]);
    let (code, says) = refused(&sim, &home, &["checkout"]);
    assert!(code == 5 && says.contains("eu-west-1"), "{code} {says}");
    let rows = sim
        .qd(&home, &["fleet", "ls", "--json"])
        .args(BOTH)
        .output()
        .unwrap();
    let rows: Value = serde_json::from_slice(&rows.stdout).unwrap();
    let row = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == "checkout")
        .unwrap();
    let mut terminal = connect(&sim, &home, &[row["id"].as_str().unwrap()]);
    ready(&mut terminal);
    terminal.type_keys("exit<enter>");
    assert_eq!(terminal.wait_code(), 0);
}

#[test]
fn tilde_dot_ends_a_session_whose_remote_hangs() {
    let home = Home::new();
    let sim = Sim::start(
        &home,
        FLEET,
        &["--faults", "channel.stall=1500ms,channel.no_resume=1"],
    );
    let mut terminal = connect(&sim, &home, &["checkout"]);
    terminal.wait_for("connected to checkout");
    // The remote takes nothing any more; the escape is ours alone.
    terminal.type_keys("sleep 1000<enter>");
    terminal.wait_for("sleep 1000");
    terminal.type_keys("<enter>~.");
    let code = terminal.wait_code();
    assert!(code == 0 || code == 255, "{code}");
    assert_eq!(home.recordings()[0]["state"], "sealed");
}

#[test]
fn a_session_that_its_agent_closes_with_an_error_has_not_ended_well() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &["--faults", "channel.close=500ms"]);
    let mut terminal = connect(&sim, &home, &["checkout"]);
    terminal.wait_for("closed by a fault");
    assert_eq!(terminal.wait_code(), 255);
}

#[test]
fn a_pipe_gets_the_bytes_exactly_as_they_came() {
    let home = Home::new();
    let bytes = r"printf 'a\033]0;title\007b\033[31mc\033]52;c;eA==\007d\n'";
    let sim = Sim::start(&home, FLEET, &["--shell", bytes]);
    let out = sim
        .qd(&home, &["connect", "checkout"])
        .args(BOTH)
        .output()
        .unwrap();
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let wanted = b"a\x1b]0;title\x07b\x1b[31mc\x1b]52;c;eA==\x07d\r\n";
    assert_eq!(out.stdout, wanted, "{:?}", String::from_utf8_lossy(&out.stdout));
    // The same through a terminal: colour passes, what could fool the user does not.
    let mut terminal = connect(&sim, &home, &["checkout"]);
    assert_eq!(terminal.wait_code(), 0);
    assert!(
        contains(&terminal.raw, b"\x1b[31m"),
        "{:?}",
        String::from_utf8_lossy(&terminal.raw)
    );
    for bytes in [&b"\x1b]52;"[..], b"\x1b]0;title"] {
        assert!(
            !contains(&terminal.raw, bytes),
            "{:?}",
            String::from_utf8_lossy(&terminal.raw)
        );
    }
}

#[test]
fn keys_may_come_from_a_pipe() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let mut command = sim.qd(&home, &["connect", "checkout"]);
    let mut child = command
        .args(BOTH)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"echo piped-$((4*4))\nexit\n")
        .unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0));
    assert!(
        contains(&out.stdout, b"piped-16"),
        "{}",
        String::from_utf8_lossy(&out.stdout)
    );
}

#[test]
fn a_killed_connect_leaves_a_recording_that_the_next_start_seals_and_a_session_that_it_ends() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let mut terminal = connect(&sim, &home, &["checkout"]);
    ready(&mut terminal);
    terminal.signal(Signal::SIGKILL);
    terminal.wait_end();
    let left = || std::fs::read_dir(home.data_dir().join("sessions")).map_or(0, Iterator::count);
    assert_eq!((&home.recordings()[0]["state"], left()), (&"torn".into(), 1));
    assert_eq!(sim.sessions("us-east-1", false).len(), 1, "AWS believes it open");
    let mut console = Terminal::start(sim.console(&home, &BOTH), 140, 40);
    console.wait_for("Needs an eye");
    console.expect("4", "recovered");
    // A notice passes at the foot too: escape is for the list of them, and must not meet the next key on its way.
    console.expect("!", "esc close");
    console.wait_for("that a crash had left open is ended");
    console.type_keys("<esc>");
    console.wait_gone("esc close");
    console.type_keys("q");
    assert_eq!(console.wait_code(), 0);
    assert_eq!((&home.recordings()[0]["state"], left()), (&"recovered".into(), 0));
    // The end was told; the agent takes a moment to act on it.
    let until = Instant::now() + Duration::from_secs(20);
    while !sim.sessions("us-east-1", false).is_empty() {
        assert!(Instant::now() < until, "AWS believes it open");
    }
    let id = home.recordings()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(home.json(&["recordings", "verify", &id])["ok"], true);
    let text = home
        .qd(&["recordings", "export", &id, "--format", "text", "--output", "-"])
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&text.stdout).contains("ready-42"),
        "what was shown is recorded"
    );
}

#[test]
fn termination_and_hangup_end_the_session_and_give_the_terminal_back() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    for (nth, signal) in [Signal::SIGTERM, Signal::SIGHUP].into_iter().enumerate() {
        let mut terminal = connect(&sim, &home, &["checkout"]);
        ready(&mut terminal);
        terminal.signal(signal);
        terminal.wait_end();
        let rows = home.recordings();
        assert_eq!(rows.len(), nth + 1);
        assert!(
            rows.iter().all(|row| row["state"] == "sealed"),
            "{signal}: {rows:?}"
        );
    }
}

#[test]
fn policy_wants_a_reason_on_production() {
    let home = Home::new();
    let sim = Sim::start(&home, &FLEET.replace("env = \"test\" }", "env = \"prod\" }"), &[]);
    let (code, says) = refused(&sim, &home, &["checkout"]);
    assert!(code == 3 && says.contains("reason"), "{code} {says}");
    let mut terminal = connect(&sim, &home, &["checkout"]);
    terminal.wait_for("why a session on checkout?");
    terminal.type_keys("INC-9<enter>");
    ready(&mut terminal);
    terminal.type_keys("exit<enter>");
    assert_eq!(terminal.wait_code(), 0);
    assert_eq!(home.recordings()[0]["reason"], "INC-9");
}
