//! Runs in bad company: values that would be commands, and deaths at any moment. `QD_VALUE_CASES` says how many values are
//! tried, `QD_RUN_KILLS` how often a run of thirty steps is killed; the full form is 500 and 200.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use pty::home::Home;
use quarterdeck::runbook::plan::Plan;
use quarterdeck::runbook::run::record::{Outcome, Record};
use quarterdeck::runbook::run::{self, Event, Request, Target, journal};

/// Values of any kind reach commands byte for byte, in every context of a shell, and none of them is ever run.
#[test]
fn values_arrive_byte_for_byte_and_never_run() {
    let page = "```sh\nprintf '%s' \"$VALUE\"\nprintf '<%s>' <value> \"a<value>b\" 'c<value>d' \"$(printf '%s' <value>)\"\n```\n";
    let only_variable = "```sh\nprintf '%s' \"$VALUE\"\n```\n";
    let home = Home::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let cases = std::env::var("QD_VALUE_CASES")
        .ok()
        .and_then(|said| said.parse().ok())
        .unwrap_or(24);
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let nasty = prop_oneof![
        Just("a; touch pwned".to_owned()),
        Just("$(touch pwned)".to_owned()),
        Just("`touch pwned`".to_owned()),
        Just("'; touch pwned; '".to_owned()),
        Just("\"; touch pwned; \"".to_owned()),
        Just("x\ntouch pwned\n".to_owned()),
        Just("\\'$(touch pwned)\\".to_owned()),
        Just("!!".to_owned()),
        "[ -~\n\t\u{e9}결]{1,24}".prop_map(String::from),
        "[\u{1}-\u{1f} a-z'\"\\\\]{1,24}".prop_map(String::from),
    ];
    runner
        .run(&nasty, |value| {
            let plain = !value.chars().any(|c| c.is_control() && c != '\n');
            let text = if plain { page } else { only_variable };
            let got = runtime.block_on(printed(&home, text, &value));
            let wanted = match plain {
                // `$(…)` takes the line ends away itself.
                true => format!(
                    "{value}<{value}><a{value}b><c{value}d><{}>",
                    value.trim_end_matches('\n')
                ),
                false => value.clone(),
            };
            prop_assert_eq!(got, wanted.replace('\r', ""));
            prop_assert!(!home.path().join("pwned").exists());
            Ok(())
        })
        .unwrap();
    let refused = runtime.block_on(outcome(&home, only_variable, "a\0b"));
    assert!(refused.1.contains("control character"), "{refused:?}");
}

async fn outcome(home: &Home, text: &str, value: &str) -> (String, String) {
    let plan = Plan::parse(&home.path().join("page.md"), "page.md", text).unwrap();
    let request = Request {
        plan,
        targets: vec![Target::local()],
        named: BTreeMap::new(),
        values: [("value".to_owned(), value.to_owned())].into(),
        facts: BTreeMap::new(),
        alarm: None,
        reason: String::new(),
        only: None,
        from: None,
        assumes_yes: true,
        approvals: Vec::new(),
        unknown_are_done: None,
        arn: None,
        resume: None,
        folder: home.path().to_owned(),
        data_dir: home.data_dir(),
        terms: Default::default(),
    };
    let (run, mut events) = run::start(request).await.unwrap();
    let mut says = String::new();
    while let Some(event) = events.recv().await {
        if let Event::Closed { says: why, .. } = event {
            says = why;
        }
    }
    (run.id, says)
}

async fn printed(home: &Home, text: &str, value: &str) -> String {
    let (run, says) = outcome(home, text, value).await;
    assert_eq!(says, "", "{value:?}");
    let kept = journal::load(&home.data_dir(), &run)
        .unwrap()
        .into_iter()
        .find_map(|line| match line.record {
            Record::Ended { output, .. } => output,
            _ => None,
        });
    let file = journal::folder(&home.data_dir())
        .join(run)
        .join(kept.unwrap().file);
    std::fs::read_to_string(file).unwrap()
}

/// Kills a run of thirty steps again and again, `QD_RUN_KILLS` times in all.
#[test]
fn a_run_that_is_killed_anywhere_repeats_nothing_that_was_done() {
    let kills: u32 = std::env::var("QD_RUN_KILLS")
        .ok()
        .and_then(|said| said.parse().ok())
        .unwrap_or(12);
    let mut killed = 0;
    while killed < kills {
        let home = Home::new();
        let steps: Vec<String> = (1..=30)
            .map(|step| format!("```sh {{name=s{step}}}\necho {step} >> log\n```\n"))
            .collect();
        std::fs::write(home.path().join("page.md"), steps.join("\n")).unwrap();
        loop {
            let has_run = has_begun(&home);
            let args: &[&str] = match has_run {
                true => &[
                    "runbooks",
                    "run",
                    "--resume",
                    "last",
                    "--yes",
                    "--unknown",
                    "again",
                ],
                false => &["runbooks", "run", "page.md", "--yes"],
            };
            let mut child = home
                .qd(args)
                .stderr(std::process::Stdio::null())
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap();
            let after = std::time::Duration::from_millis(rand::random::<u64>() % 900);
            let deadline = std::time::Instant::now() + after;
            let ended = loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break Some(status);
                }
                if killed < kills && std::time::Instant::now() >= deadline {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    killed += 1;
                    break None;
                }
                std::thread::yield_now();
            };
            if let Some(status) = ended {
                assert!(status.success(), "{status} {:?}", journal::list(&home.data_dir()));
                break;
            }
            nothing_is_repeated(&home);
        }
        nothing_is_repeated(&home);
        let log = std::fs::read_to_string(home.path().join("log")).unwrap();
        let mut seen: Vec<u32> = log.lines().map(|line| line.parse().unwrap()).collect();
        seen.dedup();
        assert_eq!(
            seen,
            (1..=30).collect::<Vec<u32>>(),
            "each step took place, in its order"
        );
    }
}

/// Killed before its first line, a run has done nothing, and cannot be gone on with.
fn has_begun(home: &Home) -> bool {
    let runs = journal::list(&home.data_dir()).unwrap();
    runs.last()
        .is_some_and(|run| !journal::load(&home.data_dir(), run).unwrap().is_empty())
}

#[test]
fn a_run_that_was_killed_before_its_first_line_is_said_to_have_done_nothing() {
    let home = Home::new();
    let run = journal::folder(&home.data_dir()).join("01a201e1-2f0b-71b6-968c-c6bea6b37fce");
    std::fs::create_dir_all(&run).unwrap();
    for torn in ["", "{\"v\":1,\"seq\":1,"] {
        std::fs::write(run.join("journal.jsonl"), torn).unwrap();
        let out = home
            .qd(&["runbooks", "run", "--resume", "last", "--yes"])
            .output()
            .unwrap();
        let says = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(5), "{says}");
        assert!(
            says.contains("was killed before its first step: nothing of it was done"),
            "{says}"
        );
    }
}

fn nothing_is_repeated(home: &Home) {
    let Ok(run) = journal::find(&home.data_dir(), "last") else {
        return;
    };
    let verdict = journal::verify(&home.data_dir(), &run).unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");
    let mut done = std::collections::BTreeSet::new();
    for line in journal::load(&home.data_dir(), &run).unwrap() {
        match line.record {
            Record::Started { step, .. } => assert!(!done.contains(&step), "{step} was done and ran again"),
            Record::Ended {
                step,
                outcome: Outcome::Success,
                ..
            } => drop(done.insert(step)),
            _ => {}
        }
    }
}
