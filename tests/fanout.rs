//! `qd run` as scripts meet it: results under their names, exit codes, limits, full output from the bucket, cancelling, and
//! the evidence that is left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pty::Terminal;
use pty::cloud::Sim;
use pty::home::Home;
use quarterdeck::recording::{Reader, What};
use serde_json::Value;

const FLEET: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1", "eu-west-1"]

[[instances]]
name = "web"
regions = ["us-east-1"]
count = 3
agent = "online"
tags = { env = "test", role = "web" }

[[instances]]
name = "win"
regions = ["eu-west-1"]
platform = "windows-2022"
agent = "online"
tags = { env = "test", role = "win" }

[[instances]]
name = "gone"
regions = ["eu-west-1"]
agent = "lost"
tags = { env = "test", role = "gone" }

[[instances]]
name = "asleep"
regions = ["eu-west-1"]
agent = "online"
state = "stopped"
tags = { env = "test", role = "asleep" }

[[instances]]
name = "pay"
regions = ["us-east-1"]
agent = "online"
tags = { env = "prod", role = "pay" }
"#;

const BOTH: [&str; 4] = ["--region", "us-east-1", "--region", "eu-west-1"];

fn command(sim: &Sim, home: &Home, args: &[&str]) -> Command {
    let mut command = sim.qd(home, &["run"]);
    command.args(BOTH).args(args);
    command
}

fn run(sim: &Sim, home: &Home, args: &[&str]) -> Output {
    command(sim, home, args).output().unwrap()
}

fn says(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

fn rows(out: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&out.stdout);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_line_stands_under_its_machine_and_the_run_is_on_record() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let script = "echo one; echo two; echo oops >&2";
    let out = run(
        &sim,
        &home,
        &["--targets", "tag.role:web", "--reason", "INC-7", "--", script],
    );
    assert_eq!(out.status.code(), Some(0), "{}", says(&out));
    let mut lines: Vec<String> = String::from_utf8_lossy(&out.stdout)
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort();
    let wanted = [
        "web-01: one",
        "web-01: two",
        "web-02: one",
        "web-02: two",
        "web-03: one",
        "web-03: two",
    ];
    assert_eq!(lines, wanted);
    assert!(
        says(&out).contains("web-02: oops") && says(&out).contains("3 instances: 3 Success"),
        "{}",
        says(&out)
    );
    let row = &home.recordings()[0];
    assert_eq!(
        (&row["state"], &row["reason"]),
        (&"sealed".into(), &"INC-7".into())
    );
    assert_eq!(
        home.json(&["recordings", "verify", row["id"].as_str().unwrap()])["ok"],
        true
    );
    let reader = Reader::open(row["path"].as_str().unwrap().as_ref()).unwrap();
    let (mut results, mut output) = (0, Vec::new());
    for event in reader.events().unwrap() {
        match event.unwrap().what {
            What::Output(bytes) => output.extend(bytes),
            What::Marker(marker) if marker.kind == "result" => {
                assert_eq!(marker.fields["exit_code"], "0");
                results += 1;
            }
            _ => {}
        }
    }
    assert!(results == 3 && String::from_utf8_lossy(&output).contains("web-03: two\r\n"));
    let events = home.audit();
    let runs: Vec<&Value> = events.iter().filter(|event| event["event"] == "exec").collect();
    let said: Vec<[&str; 2]> = runs
        .iter()
        .map(|event| ["phase", "command"].map(|field| event["body"][field].as_str().unwrap()))
        .collect();
    assert_eq!(said, [["start", script], ["end", script]]);
    assert_eq!(
        (&runs[1]["body"]["succeeded"], &runs[1]["body"]["failed"]),
        (&3.into(), &0.into())
    );
}

#[test]
fn failures_platforms_and_absent_agents_are_told_apart() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let script = "case $HOSTNAME in *) echo $HOSTNAME; exit 3;; esac";
    let out = run(
        &sim,
        &home,
        &["--targets", "env:test -tag.role:web", "--json", "--", script],
    );
    assert_eq!(out.status.code(), Some(1), "{}", says(&out));
    let rows = rows(&out);
    let row = |name: &str| rows.iter().find(|row| row["name"] == name);
    let win = row("win").unwrap();
    assert_eq!((&win["status"], &win["exit_code"]), (&"Failed".into(), &3.into()));
    assert!(win["stdout"].as_str().unwrap().len() > 3 && win["ended_at"].is_string());
    assert_eq!(
        (win["region"].as_str(), win["account"].as_str()),
        (Some("eu-west-1"), Some("613489207754"))
    );
    let gone = row("gone").unwrap();
    assert_eq!(
        (&gone["status"], &gone["exit_code"]),
        (&"NotConnected".into(), &Value::Null)
    );
    assert!(
        row("asleep").is_none() && says(&out).contains("1 that match do not run"),
        "{}",
        says(&out)
    );
}

#[test]
fn production_wants_a_reason_and_a_yes() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let target = ["--targets", "tag.role:pay"];
    let with = |more: &[&str]| run(&sim, &home, &[&target, more].concat());
    let out = with(&["--", "true"]);
    assert!(
        out.status.code() == Some(3) && says(&out).contains("reason"),
        "{}",
        says(&out)
    );
    let out = with(&["--reason", "INC-8", "--", "true"]);
    assert!(
        out.status.code() == Some(3) && says(&out).contains("--yes"),
        "{}",
        says(&out)
    );
    assert!(home.recordings().is_empty());
    let out = with(&["--reason", "INC-8", "--yes", "--", "true"]);
    assert_eq!(out.status.code(), Some(0), "{}", says(&out));
    let args = [
        "--region",
        "us-east-1",
        "--targets",
        "tag.role:pay",
        "--reason",
        "x",
        "--",
        "echo",
        "done-$((6*7))",
    ];
    let mut terminal = Terminal::start(sim.console(&home, &["run"]).args(args), 100, 20);
    terminal.wait_for("1 of 1 instances are production");
    terminal.type_keys("1<enter>");
    terminal.wait_for("pay: done-42");
    assert_eq!(terminal.wait_code(), 0);
}

#[test]
fn what_cannot_be_run_is_refused_before_it_starts() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    for (args, code, expected) in [
        (
            &["--targets", "nobody", "--", "true"][..],
            5,
            "no running instance",
        ),
        (&["--targets", "", "--", "true"], 2, "every machine"),
        (&["--targets", "state:(", "--by-tag", "--", "true"], 2, ""),
        (&["--targets", "web", "--by-tag", "--", "true"], 2, "no tag"),
        (&["--targets", "web"], 2, "CMD"),
        (&["--targets", "web", "--read-only", "--", "true"], 3, "read-only"),
        (
            &["--targets", "web", "--concurrency", "0", "--", "true"],
            2,
            "nowhere",
        ),
    ] {
        let out = run(&sim, &home, args);
        assert!(
            out.status.code() == Some(code) && says(&out).contains(expected),
            "{args:?}: {:?} {}",
            out.status.code(),
            says(&out)
        );
    }
    let out = run(&sim, &home, &["--targets", "tag.role:web", "--dry-run", "--json"]);
    assert_eq!((out.status.code(), rows(&out).len()), (Some(0), 3));
    assert!(home.recordings().is_empty());
}

#[test]
fn long_output_is_cut_and_comes_whole_from_the_bucket() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let script = "i=0; while [ $i -lt 5000 ]; do echo line-$i; i=$((i+1)); done";
    let out = run(&sim, &home, &["--targets", "name:web-01", "--", script]);
    assert_eq!(out.status.code(), Some(0), "{}", says(&out));
    assert!(
        says(&out).contains("cut the output") && out.stdout.len() < 60_000,
        "{}",
        says(&out)
    );
    let bucket = "run-output-613489207754/ops/qd";
    let out = run(
        &sim,
        &home,
        &[
            "--targets",
            "name:web-01",
            "--output-bucket",
            bucket,
            "--json",
            "--",
            script,
        ],
    );
    assert_eq!(out.status.code(), Some(0), "{}", says(&out));
    let row = &rows(&out)[0];
    let text = row["stdout"].as_str().unwrap();
    assert!(row["cut"] == false && text.lines().count() == 5_000 && text.ends_with("line-4999\n"));
    let out = run(
        &sim,
        &home,
        &[
            "--targets",
            "name:web-01",
            "--output-bucket",
            "nowhere",
            "--",
            script,
        ],
    );
    assert!(
        says(&out).contains("could not be fetched") && says(&out).contains("NoSuchBucket"),
        "{}",
        says(&out)
    );
}

#[test]
fn limits_hold_and_tags_can_choose() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let limits = ["--concurrency", "1", "--errors", "0", "--json"];
    let args = [&["--targets", "tag.role:web"][..], &limits, &["--", "exit 1"]].concat();
    let out = run(&sim, &home, &args);
    assert_eq!(out.status.code(), Some(1));
    let mut statuses: Vec<String> = rows(&out).iter().map(|row| row["status"].to_string()).collect();
    statuses.sort();
    assert_eq!(statuses, ["\"Failed\"", "\"Terminated\"", "\"Terminated\""]);
    let out = run(
        &sim,
        &home,
        &[
            "--targets",
            "tag.role:web,pay tag.env:test",
            "--by-tag",
            "--json",
            "--",
            "echo hi",
        ],
    );
    assert_eq!(
        (out.status.code(), rows(&out).len()),
        (Some(0), 3),
        "{}",
        says(&out)
    );
    let out = run(
        &sim,
        &home,
        &[
            "--targets",
            "tag.role:web",
            "--timeout",
            "1",
            "--json",
            "--",
            "sleep 100",
        ],
    );
    assert!(
        rows(&out).iter().all(|row| row["status"] == "ExecutionTimedOut"),
        "{:?}",
        rows(&out)
    );
}

#[test]
fn the_second_interrupt_cancels_where_it_has_not_ended() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let mut child = command(
        &sim,
        &home,
        &["--targets", "tag.role:web", "--json", "--", "sleep 600"],
    )
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let pid = Pid::from_raw(child.id() as i32);
    let mut lines = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut wait = |text: &str| assert!(lines.any(|line| line.contains(text)), "{text} was never said");
    wait("is sent to 3 instances");
    kill(pid, Signal::SIGINT).unwrap();
    wait("press again to cancel");
    kill(pid, Signal::SIGINT).unwrap();
    wait("3 instances: 3 Cancelled");
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(130));
    assert_eq!(home.recordings()[0]["state"], "sealed");
}
