//! A session that does not open: whoever waits is told why, a signal ends it, and nothing is left open at AWS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pty::cloud::{Sim, shop};
use pty::home::Home;

#[test]
fn a_signal_ends_an_opening_that_says_why_it_takes_so_long() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let home = Home::new();
        let sim = Sim::start(&home, &shop(), &["--faults", "channel.refuse_upgrades=1000"]);
        let mut child = sim
            .qd(&home, &["connect", "checkout", "--region", "us-east-1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut says = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("try 3") {
            line.clear();
            assert!(
                says.read_line(&mut line).unwrap() > 0,
                "it ended without being told to"
            );
        }
        assert!(
            line.contains("connecting, try 3: 127.0.0.1: the relay answered HTTP 503"),
            "{line}"
        );
        assert_eq!(sim.sessions("us-east-1", false).len(), 1);
        kill(Pid::from_raw(child.id() as i32), signal).unwrap();
        let mut rest = String::new();
        says.read_to_string(&mut rest).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(255), "{rest}");
        assert!(rest.contains("stopped before it was open"), "{rest}");
        assert_eq!(sim.sessions("us-east-1", false), []);
        assert_eq!(home.recordings()[0]["state"], "sealed");
        let ledger = std::fs::read_dir(home.data_dir().join("sessions")).unwrap();
        assert_eq!(ledger.count(), 0);
    }
}

#[test]
fn a_signal_ends_the_opening_of_a_copy_and_of_a_port_too() {
    for (args, code) in [
        (&["cp", "checkout:/etc/hostname", "here"][..], 1),
        (&["ssh-proxy", "checkout"], 255),
    ] {
        let home = Home::new();
        let sim = Sim::start(&home, &shop(), &["--faults", "channel.refuse_upgrades=1000"]);
        let mut child = sim.qd(&home, args).stderr(Stdio::piped()).spawn().unwrap();
        while sim.sessions("us-east-1", false).is_empty() {
            assert!(
                child.try_wait().unwrap().is_none(),
                "it ended without being told to"
            );
        }
        kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
        let mut says = String::new();
        child.stderr.take().unwrap().read_to_string(&mut says).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{says}");
        assert!(says.contains("stopped before it was open"), "{says}");
        assert_eq!(sim.sessions("us-east-1", false), []);
        assert_eq!(home.recordings()[0]["state"], "sealed");
    }
}

#[test]
fn a_relay_that_comes_to_itself_is_waited_for() {
    let home = Home::new();
    let faults = "channel.refuse_upgrades=2,channel.fail_resumes=1,channel.bye=1500ms";
    let sim = Sim::start(
        &home,
        &shop(),
        &["--faults", faults, "--shell", "sleep 2.5; echo over-$((6*7))"],
    );
    let out = sim
        .qd(&home, &["connect", "checkout", "--region", "us-east-1"])
        .output()
        .unwrap();
    let says = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.stdout, b"over-42\r\n", "{says}");
    assert!(
        says.contains("try 2") && says.contains("resuming, try 1: closed with 1000 \"Bye\""),
        "{says}"
    );
    assert!(
        says.contains("have expired"),
        "the first resume was refused, and the next one signed anew: {says}"
    );
    assert_eq!(out.status.code(), Some(0), "{says}");
}
