//! `qd connect TARGET -- CMD` and documents of one's own as scripts and users meet them: streams apart and exact, exit
//! codes, what is refused, and the evidence that is left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pty::Terminal;
use pty::cloud::Sim;
use pty::home::Home;
use quarterdeck::recording::{Reader, What};

const FLEET: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1"]

[[instances]]
name = "checkout"
agent = "online"
tags = { env = "test" }

[[instances]]
name = "old"
count = 12
agent = "old"
tags = { env = "test" }
"#;

fn command(sim: &Sim, home: &Home, args: &[&str]) -> Command {
    let mut command = sim.qd(home, &["connect"]);
    command.args(args);
    command
}

fn run(sim: &Sim, home: &Home, args: &[&str]) -> Output {
    command(sim, home, args).output().unwrap()
}

fn says(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

#[test]
fn streams_come_apart_and_exact_with_the_remote_code() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let script = r"printf 'a\033[1mb\n\n\tc'; printf 'oops\r\n' >&2; exit 7";
    let out = run(&sim, &home, &["checkout", "--", script]);
    assert_eq!(out.status.code(), Some(7), "{}", says(&out));
    assert_eq!(out.stdout, b"a\x1b[1mb\n\n\tc");
    assert_eq!(out.stderr, b"oops\r\n", "nothing of our own is among it");
    let row = &home.recordings()[0];
    assert_eq!(row["state"], "sealed");
    let reader = Reader::open(row["path"].as_str().unwrap().as_ref()).unwrap();
    assert_eq!(reader.header().kind, "command");
    let (mut output, mut stderr, mut commands, mut code) = (Vec::new(), Vec::new(), Vec::new(), None);
    for event in reader.events().unwrap() {
        match event.unwrap().what {
            What::Output(bytes) => output.extend(bytes),
            What::Stderr(bytes) => stderr.extend(bytes),
            What::Marker(marker) if marker.kind == "command" => commands.push(marker.label),
            What::End(end) => code = end.exit_code,
            _ => {}
        }
    }
    assert_eq!(
        (output, stderr),
        (out.stdout, out.stderr),
        "what was shown is what was recorded"
    );
    assert_eq!((commands, code), (vec![script.to_owned()], Some(7)));
    let id = row["id"].as_str().unwrap();
    let export = ["recordings", "export", id, "--format", "text", "--output", "-"];
    let text = home.qd(&export).output().unwrap().stdout;
    // Which of the two streams came first is chance.
    let text = String::from_utf8_lossy(&text);
    assert!(
        text.lines().any(|line| line == "ab"),
        "stairs in the replay: {text}"
    );
    let audited = home.audit();
    let said = audited
        .iter()
        .find(|event| event["event"] == "session.command")
        .unwrap();
    assert_eq!(said["body"]["command"], script);
}

#[test]
fn words_reach_the_remote_shell_as_ssh_would_send_them() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let out = run(
        &sim,
        &home,
        &[
            "checkout",
            "--",
            "for i in 1 2; do echo \"it's $i\"; done",
            "|",
            "tac",
        ],
    );
    assert_eq!(
        String::from_utf8_lossy(&out.stdout),
        "it's 2\nit's 1\n",
        "{}",
        says(&out)
    );
    let out = run(&sim, &home, &["checkout", "--", "echo '{{.Names}}' {{ssm:x}}"]);
    assert_eq!(String::from_utf8_lossy(&out.stdout), "{{.Names}} {{ssm:x}}\n");
}

#[test]
fn signals_and_missing_codes_are_told_apart_from_a_lost_connection() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let out = run(
        &sim,
        &home,
        &["checkout", "--", "(kill -9 $(exec sh -c 'echo $PPID')); exit $?"],
    );
    assert_eq!(out.status.code(), Some(137), "{}", says(&out));
    let out = run(&sim, &home, &["checkout", "--", "kill -TERM $$; sleep 5"]);
    assert_eq!(out.status.code(), Some(128), "{}", says(&out));
    assert!(
        says(&out).contains("a signal ended the command"),
        "{}",
        says(&out)
    );
    let rows = sim.qd(
        &home,
        &["fleet", "ls", "--json", "--filter", "agent:<3.1.1511 ping:online"],
    );
    let rows = { rows }.output().unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&rows.stdout).unwrap();
    let id = rows["rows"][0]["id"].as_str().expect("an old agent").to_owned();
    let out = run(&sim, &home, &[&id, "--", "echo merged; echo both >&2; exit 3"]);
    assert_eq!(out.status.code(), Some(0), "{}", says(&out));
    assert_eq!(out.stdout, b"merged\nboth\n");
    assert!(says(&out).contains("tells no exit code"), "{}", says(&out));
}

#[test]
fn a_session_that_goes_before_the_command_ends_is_255() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let mut child = command(&sim, &home, &["checkout", "--", "echo here; sleep 600"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut here = [0; 5];
    child.stdout.as_mut().unwrap().read_exact(&mut here).unwrap();
    sim.end_sessions("us-east-1");
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(255));
    assert!(says(&out).contains("before the command ended"), "{}", says(&out));
}

#[test]
fn interrupts_go_to_the_command_and_its_code_is_130() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let mut child = command(&sim, &home, &["checkout", "--", "echo here; exec sleep 600"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut here = [0; 5];
    child.stdout.as_mut().unwrap().read_exact(&mut here).unwrap();
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(sim.sessions("us-east-1", false), [], "nothing is left open");
    assert_eq!(home.recordings()[0]["state"], "sealed");
}

#[test]
fn a_reader_that_has_had_enough_ends_the_session_quietly() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let mut child = command(&sim, &home, &["checkout", "--", "yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut some = [0; 4096];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut some).unwrap();
    drop(stdout);
    let out = child.wait_with_output().unwrap();
    assert_eq!((out.status.code(), says(&out).as_str()), (Some(0), ""));
    let left = sim.sessions("us-east-1", false);
    assert!(
        left.iter().all(|session| session.status == "Terminating"),
        "{left:?}"
    );
}

#[test]
fn piped_input_and_read_only_are_refused_before_anything_starts() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let mut child = command(&sim, &home, &["checkout", "--", "cat"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may be refused before it is written.
    let _ = child.stdin.take().unwrap().write_all(b"data");
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(
        says(&out).contains("standard input") && says(&out).contains("hint: "),
        "{}",
        says(&out)
    );
    assert_eq!(
        run(&sim, &home, &["checkout", "--read-only", "--", "true"])
            .status
            .code(),
        Some(3)
    );
    assert_eq!(run(&sim, &home, &["nobody", "--", "true"]).status.code(), Some(5));
    assert!(home.recordings().is_empty());
}

#[test]
fn a_command_on_a_terminal_has_one_and_says_that_it_tells_no_code() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let args = ["checkout", "-t", "--", "stty size; tty; exit 9"];
    let mut terminal = Terminal::start(sim.console(&home, &["connect"]).args(args), 90, 20);
    terminal.wait_for("/dev/pts/");
    terminal.wait_for("tells no exit code");
    assert_eq!(terminal.wait_code(), 0);
    assert_eq!(home.recordings()[0]["state"], "sealed");
}

#[test]
fn documents_of_ones_own_start_with_their_parameters_or_say_what_is_wrong() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let mut terminal = Terminal::start(
        sim.console(&home, &["connect", "checkout", "--document", "Ops-BashLogin"]),
        100,
        30,
    );
    terminal.wait_for("connected to checkout");
    terminal.type_keys("shopt -q login_shell && echo login-$((6*7)); exit<enter>");
    terminal.wait_for("login-42");
    assert_eq!(terminal.wait_code(), 0);
    let out = run(
        &sim,
        &home,
        &[
            "checkout",
            "--document",
            "Ops-DiskUsage",
            "--param",
            "path=/nowhere",
        ],
    );
    assert_eq!(out.status.code(), Some(1), "the code of df: {}", says(&out));
    assert!(says(&out).contains("/nowhere"), "{}", says(&out));
    for (document, parameter, expected) in [
        ("Ops-Nothing", "a=b", "Ops-Nothing does not exist"),
        ("Ops-TailLog", "lines=5", "parameter file"),
        ("Ops-TailLog", "file=/etc/shadow", "does not match"),
        ("Ops-Database", "localPortNumber=0", "opens a port"),
    ] {
        let out = run(
            &sim,
            &home,
            &["checkout", "--document", document, "--param", parameter],
        );
        assert_eq!(out.status.code(), Some(255), "{document}: {}", says(&out));
        assert!(
            says(&out).contains(expected) && says(&out).contains("hint: "),
            "{document}: {}",
            says(&out)
        );
    }
    assert_eq!(sim.sessions("us-east-1", false), []);
}

#[test]
fn the_configured_document_opens_shells() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let file = home.path().join("own.toml");
    std::fs::write(&file, "[session]\ndocument = \"Ops-DiskUsage\"\n").unwrap();
    let out = run(
        &sim,
        &home,
        &["checkout", "--config", &file.display().to_string()],
    );
    assert_eq!(out.status.code(), Some(0), "{}", says(&out));
    assert!(String::from_utf8_lossy(&out.stdout).contains("Mounted on"));
}

/// Writes `[recording]` of the configuration.
fn configure(home: &Home, recording: &str) {
    let dir = home.path().join("config/quarterdeck");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("config.toml"), format!("[recording]\n{recording}\n")).unwrap();
}

#[test]
fn a_session_is_encrypted_to_its_recipients_and_read_with_a_key_alone() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let made = home.qd(&["recordings", "keygen", "me.txt"]).output().unwrap();
    let recipient = String::from_utf8(made.stdout).unwrap();
    configure(&home, &format!("recipients = [{:?}]", recipient.trim()));
    let out = run(&sim, &home, &["checkout", "--", "echo hunter2"]);
    assert_eq!(
        (out.status.code(), &out.stdout[..]),
        (Some(0), &b"hunter2\n"[..]),
        "{}",
        says(&out)
    );
    let row = &home.recordings()[0];
    let (id, path) = (row["id"].as_str().unwrap(), row["path"].as_str().unwrap());
    assert!(
        !std::fs::read(path)
            .unwrap()
            .windows(7)
            .any(|part| part == b"hunter2")
    );

    let ask = |args: &[&str]| home.qd(&[&["recordings"], args].concat()).output().unwrap();
    assert_eq!(
        ask(&["verify", id]).status.code(),
        Some(0),
        "verification needs no key"
    );
    let locked = ask(&["play", id]);
    assert_eq!(locked.status.code(), Some(1));
    assert!(
        says(&locked).contains("--identity") && says(&locked).contains(recipient.trim()),
        "{}",
        says(&locked)
    );
    assert!(locked.stdout.is_empty());
    let shown: serde_json::Value = serde_json::from_slice(&ask(&["show", id, "--json"]).stdout).unwrap();
    assert_eq!(
        (&shown["encrypted"], &shown["markers"]),
        (&true.into(), &serde_json::Value::Null)
    );
    for named in [vec!["play", id], vec!["export", id, "--format", "raw"]] {
        let read = ask(&[&named[..], &["--identity", "me.txt"]].concat());
        assert_eq!(read.status.code(), Some(0), "{}", says(&read));
        assert!(String::from_utf8_lossy(&read.stdout).contains("hunter2"));
    }
    let mut by_variable = home.qd(&["recordings", "play", id]);
    let read = by_variable.env("QD_IDENTITY", "me.txt").output().unwrap();
    assert!(String::from_utf8_lossy(&read.stdout).contains("hunter2"));
}

#[test]
fn policy_opens_no_session_that_it_wants_encrypted_and_cannot_have() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    for policy in [
        "encrypt = \"always\"",
        "recipients = [\"gone.txt\"]",
        "encrypt = \"always\"\nrecipients = [\"gone.txt\"]",
    ] {
        configure(&home, policy);
        let out = run(&sim, &home, &["checkout", "--", "true"]);
        assert_eq!(out.status.code(), Some(3), "{policy}: {}", says(&out));
        assert!(says(&out).contains("recipients"), "{}", says(&out));
    }
    assert!(sim.sessions("us-east-1", true).is_empty() && sim.sessions("us-east-1", false).is_empty());
    configure(&home, "encrypt = \"production\"");
    let out = run(&sim, &home, &["checkout", "--", "true"]);
    assert_eq!(out.status.code(), Some(0), "it is no production: {}", says(&out));
}
