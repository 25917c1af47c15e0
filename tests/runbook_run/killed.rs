//! Runs whose process is killed in the middle of a step: what it left running is ended before the step is run again.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;

const STEP: &str = "```sh {name=long}\ncd ~\nif test -f seen; then echo again; exit 0; fi\ntouch seen\necho begun $$\nsleep 300\n```\n";

/// A run in the middle of its step, and the id of the step's shell.
fn running(mut run: Command) -> (Child, i32) {
    let mut child = run.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let said = BufReader::new(child.stdout.take().unwrap()).read_line(&mut line);
    assert!(said.is_ok() && line.starts_with("begun "), "{line}");
    (child, line["begun ".len()..].trim().parse().unwrap())
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Whether anything of the group of a process runs; `None` where this system does not tell.
fn runs(group: i32) -> Option<bool> {
    let of_group = |stat: String| {
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.first()? != &"Z" && fields.get(2)?.parse() == Ok(group))
    };
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let stats = processes.filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok());
    Some(stats.filter_map(of_group).any(|is| is))
}

#[test]
fn a_step_of_this_machine_that_outlived_its_run_is_ended_before_it_runs_again() {
    let home = Home::new();
    page(&home, STEP);
    let (child, group) = running(home.qd(&["runbooks", "run", "page.md", "--yes"]));
    let busy = qd(&home, &["run", "--resume", "last", "--yes"]);
    assert!(
        err(&busy).contains("is open in another process"),
        "{}",
        err(&busy)
    );
    kill(child);
    if runs(group) == Some(false) {
        panic!("it died with its run: nothing is tested");
    }
    let resumed = qd(&home, &["run", "--resume", "last", "--unknown", "again", "--yes"]);
    assert_eq!(out(&resumed), "again\n", "{}", err(&resumed));
    if runs(group).is_some() {
        assert_eq!(runs(group), Some(false));
        assert!(
            err(&resumed).contains("a shell of this machine"),
            "{}",
            err(&resumed)
        );
    }
}

#[test]
fn the_session_of_a_run_that_was_killed_is_ended_before_its_step_runs_again() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    page(&home, STEP);
    let run = ["runbooks", "run", "page.md", "--yes", "--on", "checkout"];
    let (child, _) = running(sim.qd(&home, &run));
    kill(child);
    assert_eq!(sim.left_open("us-east-1").len(), 1);
    let resume = [
        "runbooks",
        "run",
        "--resume",
        "last",
        "--unknown",
        "again",
        "--yes",
    ];
    let resumed = sim.qd(&home, &resume).output().unwrap();
    assert_eq!(out(&resumed), "again\n", "{}", err(&resumed));
    let says = "that a crash had left open is ended";
    assert!(err(&resumed).contains(says), "{}", err(&resumed));
    assert_eq!(sim.left_open("us-east-1").len(), 0);
}
