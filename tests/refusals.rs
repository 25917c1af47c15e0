//! What goes wrong before and within a session is told in one sentence with its cause and what to do; the exit
//! code is the contract's, nothing is left open at AWS, and the user's terminal is as it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;
#[path = "network/server.rs"]
mod server;

use pty::Terminal;
use pty::cloud::{Sim, fleet};
use pty::home::Home;
use serde_json::Value;
use server::{Manner, Server};

fn machines() -> String {
    fleet(
        &["us-east-1"],
        &[
            ("checkout", "us-east-1", "online"),
            ("lost", "us-east-1", "lost"),
            ("old", "us-east-1", "old"),
        ],
    )
}

/// The ids do not depend on Systems Manager's answers.
fn id(sim: &Sim, home: &Home, name: &str) -> String {
    let out = sim.qd(home, &["fleet", "ls", "--json"]).output().unwrap();
    let rows: Value = serde_json::from_slice(&out.stdout).unwrap();
    let row = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == name);
    row.unwrap()["id"].as_str().unwrap().to_owned()
}

struct Told {
    code: i32,
    /// Standard error and standard output as they stood on the terminal, lines joined.
    text: String,
}

/// `qd connect` on a terminal, which must be as it was afterwards.
fn connect(sim: &Sim, home: &Home, args: &[&str], variables: &[(&str, &str)]) -> Told {
    let args: Vec<&str> = ["connect"].iter().chain(args).copied().collect();
    let mut command = sim.console(home, &args);
    for (name, value) in variables {
        command = command.env(name, value);
    }
    let mut terminal = Terminal::start(command, 200, 40);
    let code = terminal.wait_code();
    assert!(terminal.is_cooked(), "the terminal was not given back");
    let screen = terminal.text();
    let text: Vec<&str> = screen.lines().map(str::trim).collect();
    Told {
        code,
        text: text.join(" "),
    }
}

#[track_caller]
fn expect(told: &Told, code: i32, wanted: &[&str]) {
    assert_eq!(told.code, code, "{}", told.text);
    for part in wanted {
        assert!(told.text.contains(part), "no {part:?} in: {}", told.text);
    }
}

/// Nothing open, and every attempt's recording sealed.
#[track_caller]
fn nothing_left(sim: &Sim, home: &Home) {
    assert_eq!(sim.sessions("us-east-1", false), []);
    for row in home.recordings() {
        assert_eq!(row["state"], "sealed", "{row}");
    }
}

#[test]
fn a_target_that_is_unknown_or_not_connected_is_exit_5() {
    let home = Home::new();
    let sim = Sim::start(&home, &machines(), &[]);
    let told = connect(&sim, &home, &["nobody"], &[]);
    expect(&told, 5, &["no instance or managed node is nobody", "hint: "]);
    let told = connect(&sim, &home, &["lost"], &[]);
    expect(
        &told,
        5,
        &["is not connected", "us-east-1", "hint: ", "qd doctor"],
    );
    nothing_left(&sim, &home);
}

#[test]
fn an_agent_too_old_for_a_document_is_told_to_be_updated() {
    let home = Home::new();
    let sim = Sim::start(&home, &machines(), &[]);
    let document = "AWS-StartPortForwardingSessionToRemoteHost";
    let args = [
        "old",
        "--document",
        document,
        "--param",
        "host=db",
        "--param",
        "portNumber=5432",
    ];
    let told = connect(&sim, &home, &args, &[]);
    expect(
        &told,
        5,
        &["agent is too old", "3.1.1374.0", "hint: ", "AWS-UpdateSSMAgent"],
    );
    nothing_left(&sim, &home);
}

#[test]
fn a_denied_session_names_action_and_resource() {
    let home = Home::new();
    let sim = Sim::start(&home, &machines(), &["--faults", "fail.ssm=denied"]);
    let target = id(&sim, &home, "checkout");
    let told = connect(&sim, &home, &[&target], &[]);
    let arn = format!("arn:aws:ec2:us-east-1:613489207754:instance/{target}");
    expect(
        &told,
        255,
        &["ssm:StartSession", &arn, "not allowed", "hint: allow"],
    );
}

#[test]
fn a_document_that_does_not_exist_is_named() {
    let home = Home::new();
    let sim = Sim::start(&home, &machines(), &[]);
    let told = connect(&sim, &home, &["checkout", "--document", "Nonesuch"], &[]);
    expect(&told, 255, &["Nonesuch", "hint: ", "--document"]);
    nothing_left(&sim, &home);
}

#[test]
fn what_answers_in_the_place_of_systems_manager_is_not_believed() {
    let home = Home::new();
    let sim = Sim::start(&home, &machines(), &[]);
    let target = id(&sim, &home, "checkout");
    for (manner, wanted) in [
        (Manner::Garbage, "does not answer as an HTTP server does"),
        (Manner::Page, "no proper answer to ssm:StartSession"),
    ] {
        let server = Server::start(manner);
        let told = connect(&sim, &home, &[&target], &[("AWS_ENDPOINT_URL_SSM", &server.url)]);
        expect(&told, 255, &[wanted, "hint: "]);
    }
    nothing_left(&sim, &home);
}

#[test]
fn what_answers_in_the_place_of_the_relay_ends_the_session_with_its_cause() {
    let home = Home::new();
    let sim = Sim::start(&home, &machines(), &[]);
    for (manner, wanted) in [
        (Manner::Garbage, "not as the service's relay does"),
        (Manner::Page, "HTTP 200"),
    ] {
        let server = Server::start(manner);
        let relay = [("AWS_ENDPOINT_URL_SSMMESSAGES", server.url.as_str())];
        let told = connect(&sim, &home, &["checkout"], &relay);
        expect(&told, 255, &["did not open", wanted, "hint: "]);
    }
    nothing_left(&sim, &home);
}

#[test]
fn a_stream_that_goes_bad_is_resumed_or_ended_and_leaves_the_terminal_alone() {
    let home = Home::new();
    let sim = Sim::start(&home, &machines(), &["--faults", "channel.no_resume=1"]);
    let url = sim.text("endpoint_url");
    let port = url.rsplit_once(':').unwrap().1.parse().unwrap();
    let server = Server::start(Manner::Spoiling(port));
    let relay = [("AWS_ENDPOINT_URL_SSMMESSAGES", server.url.as_str())];
    let told = connect(&sim, &home, &["checkout"], &relay);
    expect(&told, 255, &["WebSocket rules were broken"]);
    nothing_left(&sim, &home);
}

/// Its production wants a reason, as it does where nothing is configured.
const SHOP: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1"]

[[instances]]
name = "checkout"
regions = ["us-east-1"]
agent = "online"
tags = { env = "prod" }
"#;

fn configure(home: &Home, text: &str) {
    let dir = home.path().join("config/quarterdeck");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("config.toml"), text).unwrap();
}

fn rejected(home: &Home) -> Vec<Value> {
    let mut events = home.audit();
    events.retain(|event| event["event"] == "session.rejected");
    events
}

/// Runs into a refusal, which must be the newest event of the log; whom it was about.
#[track_caller]
fn refused(sim: &Sim, home: &Home, args: &[&str], why: &str) -> Value {
    let before = rejected(home).len();
    // A program of the user's takes all that follows it.
    let out = sim.qd(home, &[]).args(args).output().unwrap();
    let says = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(3), "{args:?}: {says}");
    let events = rejected(home);
    assert_eq!(events.len(), before + 1, "{args:?}: {says}");
    let event = events.last().unwrap();
    let reason = event["reason"].as_str().unwrap();
    assert!(reason.contains(why) && says.contains(reason), "{reason}: {says}");
    assert_eq!(event["outcome"], "failure");
    event["target"]["name"].clone()
}

#[test]
fn what_policy_does_not_allow_is_in_the_audit_log() {
    let home = Home::new();
    let sim = Sim::start(&home, SHOP, &[]);
    std::fs::write(home.path().join("page.md"), "# Cool down\n\n```sh\ntrue\n```\n").unwrap();
    std::fs::write(home.path().join("task.md"), "# Call\n\n- [ ] call somebody\n").unwrap();
    let wants = "policy wants a reason for checkout";
    for args in [
        &["connect", "checkout", "--", "true"][..],
        &["run", "--targets", "name:checkout", "--", "true"],
        &["runbooks", "run", "page.md", "--yes", "--on", "checkout"],
    ] {
        assert_eq!(refused(&sim, &home, args, wants), "checkout", "{args:?}");
    }
    let confirmed = [
        "runbooks", "run", "page.md", "--on", "checkout", "--reason", "INC-7",
    ];
    refused(&sim, &home, &confirmed, "wants confirmation");
    let task = ["runbooks", "run", "task.md", "--yes"];
    assert_eq!(refused(&sim, &home, &task, "is a person's"), "runbook Call");
    configure(&home, "[recording]\nencrypt = \"always\"\n");
    let carried = ["runbooks", "run", "page.md", "--yes"];
    assert_eq!(refused(&sim, &home, &carried, "recipient"), "local");
    refused(&sim, &home, &["rec", "--", "true"], "recipient");
    assert_eq!(home.recordings(), [] as [Value; 0]);
}

/// Waits for a word before it looks.
const HOLD: &str = "
schemaVersion: '0.3'
parameters:
  InstanceId: {type: 'AWS::EC2::Instance::Id'}
mainSteps:
- {name: hold, action: 'aws:pause', inputs: {}}
- {name: look, action: 'aws:sleep', inputs: {Duration: PT1S}}
";

#[test]
fn what_goes_on_in_production_is_confirmed_and_told_before_it_is_said() {
    let home = Home::new();
    let folder = home.path().join("documents");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("Shop-Hold.yaml"), HOLD).unwrap();
    let sim = Sim::start(&home, SHOP, &["--documents", folder.to_str().unwrap()]);
    let given = format!("InstanceId={}", id(&sim, &home, "checkout"));
    let start = ["documents", "start", "Shop-Hold", "--no-wait", "--param", &given];
    let asked = |args: &[&str]| {
        assert_eq!(
            refused(&sim, &home, args, "wants confirmation (enter)"),
            "checkout"
        );
        assert_eq!(rejected(&home).last().unwrap()["body"]["document"], "Shop-Hold");
    };
    asked(&start);
    let run = |args: &[&str]| {
        let out = sim.qd(&home, args).output().unwrap();
        let says = String::from_utf8_lossy(&out.stderr).into_owned();
        (
            out.status.code(),
            String::from_utf8(out.stdout).unwrap().trim().to_owned(),
            says,
        )
    };
    let (code, begun, says) = run(&[&start[..], &["--yes"]].concat());
    assert_eq!(code, Some(0), "{says}");
    asked(&["documents", "resume", &begun]);
    let (audit, aside) = (home.data_dir().join("audit"), home.path().join("aside"));
    std::fs::rename(&audit, &aside).unwrap();
    std::fs::write(&audit, "").unwrap();
    let (code, _, says) = run(&["documents", "resume", &begun, "--yes"]);
    assert_eq!(code, Some(1), "{says}");
    assert!(says.contains("nothing was sent"), "{says}");
    std::fs::remove_file(&audit).unwrap();
    std::fs::rename(&aside, &audit).unwrap();
    // By what the id begins with, as long as no other begins so.
    let (code, _, says) = run(&["documents", "resume", &begun[..8], "--yes"]);
    assert_eq!(code, Some(0), "{says}");
    let (code, _, says) = run(&["documents", "status", "no-such"]);
    assert_eq!(code, Some(5), "{says}");
}

#[test]
fn what_read_only_mode_does_not_allow_is_in_the_audit_log() {
    let home = Home::new();
    let sim = Sim::start(&home, SHOP, &[]);
    for args in [
        &["connect", "checkout"][..],
        &["forward", "checkout", "80"],
        &["run", "--targets", "name:checkout", "--", "true"],
        &["rec", "--", "true"],
        &["runbooks", "run", "page.md"],
    ] {
        let args: Vec<&str> = ["--read-only"].iter().chain(args).copied().collect();
        refused(&sim, &home, &args, "this is read-only mode");
    }
    let before = rejected(&home).len();
    let args = ["--read-only", "--region", "us-east-1"];
    let mut terminal = Terminal::start(sim.console(&home, &args), 100, 30);
    terminal.expect("2", "checkout");
    terminal.expect("/checkout<enter>", "/checkout");
    terminal.expect("<enter>", "is not possible in read-only mode");
    let until = std::time::Instant::now() + pty::PATIENCE;
    while rejected(&home).len() == before {
        assert!(
            std::time::Instant::now() < until,
            "the console left nothing in the log"
        );
    }
    assert_eq!(sim.sessions("us-east-1", true), []);
}
