//! Containers of Amazon ECS as targets: entered, their ports forwarded, and what other verbs say of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pty::Terminal;
use pty::cloud::Sim;
use pty::home::Home;

fn command(sim: &Sim, home: &Home, args: &[&str]) -> Command {
    let mut command = sim.qd(home, &["connect"]);
    command.args(args);
    command
}

fn says(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

const TASKS: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1", "eu-west-1"]

[[tasks]]
cluster = "front"
service = "cart"
region = "eu-west-1"
containers = ["app", "envoy"]

[[tasks]]
cluster = "closed"
service = "mailer"
containers = ["mailer"]
exec = false

[[tasks]]
cluster = "over"
service = "batch"
containers = ["job"]
stopped = true
"#;

#[test]
fn a_port_of_a_container_is_forwarded_and_other_verbs_say_what_a_container_takes() {
    let home = Home::new();
    let sim = Sim::start(&home, TASKS, &[]);
    let region = ["--region", "us-east-1", "--region", "eu-west-1"];
    let target = format!("ecs:front/{}/app", sim.task("front"));
    let inside = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = inside.local_addr().unwrap().port();
    let server = std::thread::spawn(move || inside.accept().unwrap().0.write_all(b"from inside").unwrap());
    let mut forward = sim.qd(
        &home,
        &[
            "--json",
            "forward",
            &target,
            &format!("0:{port}"),
            "--reason",
            "look",
        ],
    );
    let mut forward = forward
        .args(region)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut told = BufReader::new(forward.stdout.take().unwrap());
    told.read_line(&mut first).unwrap();
    let line: serde_json::Value = serde_json::from_str(&first).unwrap();
    let mut got = String::new();
    let mut near = TcpStream::connect(line["listening"].as_str().unwrap()).unwrap();
    near.read_to_string(&mut got).unwrap();
    assert_eq!(got, "from inside");
    server.join().unwrap();
    kill(Pid::from_raw(forward.id() as i32), Signal::SIGINT).unwrap();
    assert_eq!(forward.wait().unwrap().code(), Some(0));
    let row = &home.recordings()[0];
    assert!(row["target"].as_str().unwrap().starts_with("ecs:front_"), "{row}");

    let from = format!("{target}:/etc/hostname");
    let out = sim.qd(&home, &["cp", &from, "x"]).args(region).output().unwrap();
    assert_eq!(out.status.code(), Some(2), "{}", says(&out));
    assert!(says(&out).contains("is a container"), "{}", says(&out));
    let out = sim.qd(&home, &["doctor", &target]).args(region).output().unwrap();
    let seen = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.code() == Some(0) && seen.contains("ECS Exec is enabled"),
        "{seen}"
    );
}

#[test]
fn a_container_is_entered_by_a_task_and_its_name() {
    let home = Home::new();
    let sim = Sim::start(&home, TASKS, &[]);
    let both = ["--region", "us-east-1", "--region", "eu-west-1"];
    let id = |cluster: &str| sim.task(cluster);
    let target = format!("ecs:front/{}/app", &id("front")[..8]);
    let mut terminal = Terminal::start(
        sim.console(&home, &["connect", &target, "--reason", "look"])
            .args(both),
        100,
        30,
    );
    terminal.wait_for("connected to front/app");
    terminal.type_keys("echo in-$((6*7)) $0; exit<enter>");
    terminal.wait_for("in-42 /bin/sh");
    assert_eq!(terminal.wait_code(), 0);
    let row = &home.recordings()[0];
    let wanted = format!("ecs:front_{}_", id("front"));
    assert!(
        row["target"].as_str().unwrap().starts_with(&wanted) && row["state"] == "sealed",
        "{row}"
    );
    let out = command(&sim, &home, &[&target])
        .args(both)
        .args(["--", "echo 'a b' | tr a-b A-B"])
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", says(&out));
    assert!(
        String::from_utf8_lossy(&out.stdout).contains("A B"),
        "{:?}",
        out.stdout
    );
    for (target, code, expected) in [
        (format!("ecs:front/{}", id("front")), 5, "app, envoy"),
        (format!("ecs:front/{}/db", id("front")), 5, "no container db"),
        (format!("ecs:closed/{}", id("closed")), 5, "not enabled"),
        (format!("ecs:over/{}", id("over")), 5, "STOPPED"),
        ("ecs:front/ffffffff/app".to_owned(), 5, "no region has the task"),
        ("ecs:front".to_owned(), 2, "names no container"),
    ] {
        let out = command(&sim, &home, &[&target]).args(both).output().unwrap();
        assert!(
            out.status.code() == Some(code) && says(&out).contains(expected) && says(&out).contains("hint: "),
            "{target}: {:?} {}",
            out.status.code(),
            says(&out)
        );
    }
    assert_eq!(sim.sessions("eu-west-1", false), []);
}
