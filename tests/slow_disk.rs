//! A disk that stops answering while a session or a local program is recorded on it: a strict one is over while its
//! recorder is still stuck, another says so and marks the time. The disk is slowed by a small library loaded before `qd`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;
#[path = "slow_disk/run.rs"]
mod run;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use pty::cloud::Sim;
use pty::home::Home;
use pty::{Terminal, contains};
use quarterdeck::recording::{Reader, What};

const FLEET: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1"]
payer = true

[[instances]]
name = "checkout"
regions = ["us-east-1"]
agent = "online"
tags = { env = "prod" }

[[instances]]
name = "sandbox"
regions = ["us-east-1"]
agent = "online"
tags = { env = "test" }
"#;

struct Disk {
    write: PathBuf,
    flush: PathBuf,
    library: PathBuf,
}

impl Disk {
    fn new(home: &Path) -> Disk {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pty/stuck_disk.c");
        let library = home.join("stuck_disk.so");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(source)
            .arg("-ldl")
            .status();
        assert!(built.unwrap().success(), "the C compiler refused it");
        Disk {
            write: home.join("stuck-write"),
            flush: home.join("stuck-flush"),
            library,
        }
    }

    fn start(&self, sim: &Sim, home: &Home, args: &[&str]) -> Terminal {
        // A program of the user's takes all that follows it.
        let command = sim
            .console(home, &[])
            .args(args)
            .env("LD_PRELOAD", &self.library)
            .env("QD_STUCK_WRITE", &self.write)
            .env("QD_STUCK_FLUSH", &self.flush);
        Terminal::start(command, 100, 30)
    }

    fn connect(&self, sim: &Sim, home: &Home, target: &str) -> Terminal {
        let args = ["connect", target, "--reason", "INC-7", "--region", "us-east-1"];
        let mut terminal = self.start(sim, home, &args);
        terminal.wait_for(&format!("connected to {target}"));
        terminal.type_keys("echo ready-$((6*7))<enter>");
        terminal.wait_for("ready-42");
        terminal
    }
}

fn stop(file: &Path) {
    std::fs::write(file, "").unwrap();
}

fn release(file: &Path) {
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_strict_session_is_over_at_aws_while_the_disk_is_still_stuck() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let disk = Disk::new(home.path());
    let mut terminal = disk.connect(&sim, &home, "checkout");
    stop(&disk.write);
    terminal.type_keys("echo hidden-$((6*7))<enter>");
    let until = Instant::now() + Duration::from_secs(30);
    while !sim.sessions("us-east-1", false).is_empty() {
        assert!(Instant::now() < until, "the session is still open at AWS");
    }
    terminal.wait_for("NOT RECORDED: the disk does not take the recording");
    assert!(
        !contains(&terminal.raw, b"hidden-42"),
        "shown before it was recorded"
    );
    release(&disk.write);
    assert_ne!(terminal.wait_code(), 0);
    assert_eq!(
        signed_end(&home),
        "it can no longer be recorded: the disk does not take the recording"
    );
}

/// Why the newest recording ended, once it was found whole and signed.
#[track_caller]
fn signed_end(home: &Home) -> String {
    let row = &home.recordings()[0];
    let verdict = home.json(&["recordings", "verify", row["id"].as_str().unwrap()]);
    assert_eq!(verdict["ok"], true, "{verdict}");
    let reader = Reader::open(row["path"].as_str().unwrap().as_ref()).unwrap();
    reader.summary().why.clone().unwrap()
}

/// How often the audit log has such an event.
fn logged(home: &Home, event: &str) -> usize {
    home.audit().iter().filter(|line| line["event"] == event).count()
}

/// What the newest recording says of the times that it has not.
fn gaps(home: &Home) -> Vec<String> {
    let path = home.recordings()[0]["path"].as_str().unwrap().to_owned();
    let reader = Reader::open(path.as_ref()).unwrap();
    let events = reader.events().unwrap();
    events
        .filter_map(|event| match event.unwrap().what {
            What::Gap(gap) => Some(format!("{}: {}", gap.cause, gap.note)),
            _ => None,
        })
        .collect()
}

fn goes_on_with_a_gap(stuck: impl Fn(&Disk) -> &Path, says: &str) {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let disk = Disk::new(home.path());
    let mut terminal = disk.connect(&sim, &home, "sandbox");
    stop(stuck(&disk));
    terminal.type_keys("echo late-$((6*7))<enter>");
    terminal.wait_for(&format!("NOT RECORDED: {says}"));
    release(stuck(&disk));
    terminal.wait_for("recorded again");
    terminal.wait_for("late-42");
    terminal.type_keys("exit<enter>");
    assert_eq!(terminal.wait_code(), 0);
    marked(&home, says);
}

/// One gap, in the recording and in the log.
#[track_caller]
fn marked(home: &Home, says: &str) {
    let gaps = gaps(home);
    assert!(
        gaps.len() == 1 && gaps[0].starts_with(&format!("slow-disk: {says}")),
        "{gaps:?}"
    );
    assert_eq!(logged(home, "session.recording.gap"), 1);
}

#[test]
fn another_session_goes_on_with_a_banner_and_a_gap_when_writes_are_stuck() {
    goes_on_with_a_gap(|disk| &disk.write, "the disk does not take the recording");
}

#[test]
fn another_session_goes_on_with_a_banner_and_a_gap_when_flushes_are_stuck() {
    goes_on_with_a_gap(|disk| &disk.flush, "the disk does not flush the recording");
}

#[test]
fn the_console_goes_on_beside_a_session_whose_disk_is_stuck() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let disk = Disk::new(home.path());
    let mut terminal = disk.start(&sim, &home, &["--region", "us-east-1"]);
    terminal.expect("2", "enter open shell");
    terminal.expect("/sandbox<enter>", "1 of 2");
    terminal.expect("<enter>", "takes the keys back");
    terminal.expect("echo ready-$((6*7))<enter>", "ready-42");
    stop(&disk.write);
    terminal.expect("echo late-$((6*7))<enter>", "NOT RECORDED");
    terminal.type_keys("more");
    terminal.expect("<C-g>", "gives the keys to the remote");
    terminal.expect("2", "sandbox");
    terminal.expect("?", "Help: Fleet");
    release(&disk.write);
}

/// A local program that writes a line whenever `go` is there, and takes that away.
fn record(disk: &Disk, sim: &Sim, home: &Home, policy: &str) -> (Terminal, PathBuf) {
    let go = home.path().join("go");
    let script = format!(
        "echo ready-$((6*7)); while [ ! -e {0} ]; do sleep 0.05; done; echo late-$((6*7)); echo done > {0}; sleep 60",
        go.display()
    );
    let mut terminal = disk.start(sim, home, &["rec", policy, "--", "sh", "-c", &script]);
    terminal.wait_for("ready-42");
    (terminal, go)
}

/// Whether a process that was given such words runs.
fn runs(words: &Path) -> bool {
    let words = words.display().to_string();
    std::fs::read_dir("/proc").unwrap().any(|entry| {
        let about = std::fs::read(entry.unwrap().path().join("cmdline")).unwrap_or_default();
        contains(&about, b"sh\0-c\0") && contains(&about, words.as_bytes()) && !contains(&about, b"rec\0")
    })
}

#[test]
fn a_strict_local_program_is_over_while_the_disk_is_still_stuck() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let disk = Disk::new(home.path());
    let (mut terminal, go) = record(&disk, &sim, &home, "--strict");
    assert!(runs(&go), "the test does not find the program");
    stop(&disk.write);
    stop(&go);
    terminal.wait_for("NOT RECORDED: the disk does not take the recording");
    let until = Instant::now() + Duration::from_secs(30);
    while runs(&go) {
        assert!(Instant::now() < until, "the program still runs");
    }
    assert!(
        !contains(&terminal.raw, b"late-42"),
        "shown before it was recorded"
    );
    release(&disk.write);
    assert_ne!(terminal.wait_code(), 0);
    let why = signed_end(&home);
    assert!(why.contains("the disk does not take the recording"), "{why}");
    assert_eq!(logged(&home, "session.recording.failed"), 1);
}

/// A stuck disk that comes back: said both times, after `label`, and nothing is shown in between; `text` comes at last.
#[track_caller]
fn is_told_of_and_goes_on(disk: &Disk, terminal: &mut Terminal, label: &str, text: &str) {
    terminal.wait_for(&format!(
        "{label}NOT RECORDED: the disk does not take the recording"
    ));
    assert!(
        !contains(&terminal.raw, b"late-42"),
        "shown before it was recorded"
    );
    release(&disk.write);
    terminal.wait_for(&format!("{label}recorded again"));
    terminal.wait_for(text);
}

#[test]
fn another_local_program_goes_on_with_a_notice_and_a_gap() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let disk = Disk::new(home.path());
    let (mut terminal, go) = record(&disk, &sim, &home, "--best-effort");
    stop(&disk.write);
    stop(&go);
    is_told_of_and_goes_on(&disk, &mut terminal, "", "late-42");
    terminal.type_keys("<C-c>");
    assert_eq!(terminal.wait_code(), 130);
    marked(&home, "the disk does not take the recording");
}

/// The day's folder goes, as a cleaning job or an intruder would have it.
fn take_away(home: &Home) {
    let path = home.recordings()[0]["path"].as_str().unwrap().to_owned();
    std::fs::remove_dir_all(Path::new(&path).parent().unwrap()).unwrap();
}

#[test]
fn a_strict_session_whose_recording_is_deleted_is_over_at_aws_though_nothing_more_is_written() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let args = [
        "connect",
        "checkout",
        "--reason",
        "INC-7",
        "--region",
        "us-east-1",
    ];
    let mut terminal = Terminal::start(sim.console(&home, &args), 100, 30);
    terminal.wait_for("connected to checkout");
    terminal.type_keys("echo ready-$((6*7))<enter>");
    terminal.wait_for("ready-42");
    take_away(&home);
    terminal.type_keys("echo once-$((6*7))<enter>");
    terminal.wait_for("NOT RECORDED: the file was taken away while it was written");
    assert_ne!(terminal.wait_code(), 0);
    assert!(sim.sessions("us-east-1", false).is_empty(), "still open at AWS");
    let audit = home.audit();
    let end = audit
        .iter()
        .find(|event| event["event"] == "session.end")
        .unwrap();
    assert!(end.to_string().contains("the recording is not sealed"), "{end}");
    assert_eq!(logged(&home, "session.recording.failed"), 1);
}

#[test]
fn another_session_whose_recording_is_deleted_goes_on_with_a_banner() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let mut terminal = Terminal::start(sim.console(&home, &["--region", "us-east-1"]), 100, 30);
    terminal.expect("2", "enter open shell");
    terminal.expect("/sandbox<enter>", "1 of 2");
    terminal.expect("<enter>", "takes the keys back");
    terminal.expect("echo ready-$((6*7))<enter>", "ready-42");
    take_away(&home);
    terminal.expect("echo once-$((6*7))<enter>", "the file was taken away");
    terminal.expect("echo on-$((6*7))<enter>", "on-42");
    assert_eq!(logged(&home, "session.recording.failed"), 1);
}

#[test]
fn the_console_ends_a_strict_session_whose_recording_is_deleted() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let mut terminal = Terminal::start(sim.console(&home, &["--region", "us-east-1"]), 100, 30);
    terminal.expect("2", "enter open shell");
    terminal.expect("/checkout<enter>", "1 of 2");
    terminal.expect("<enter>", "why a session");
    terminal.expect("INC-7<enter>", "takes the keys back");
    terminal.expect("echo ready-$((6*7))<enter>", "ready-42");
    take_away(&home);
    terminal.expect("echo once-$((6*7))<enter>", "it can no longer be recorded");
    assert!(sim.sessions("us-east-1", false).is_empty(), "still open at AWS");
}
