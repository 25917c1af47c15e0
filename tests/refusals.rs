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
