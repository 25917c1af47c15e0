//! Shells that are lost with the connection to them, and what a run that is gone on with finds instead of them.

use super::*;

/// A run on a machine whose sessions are closed a few seconds after they began, in the middle of its step.
fn lost(home: &Home) -> Sim {
    let sim = Sim::start(home, &shop(), &["--faults", "channel.close=6s"]);
    page(
        home,
        "```sh {name=pay retry=2/1s}\ncd ~\necho paid >> paid\nsleep 60\n```\n\n```sh {name=look}\ntrue\n```\n",
    );
    let run = ["runbooks", "run", "page.md", "--yes", "--on", "checkout"];
    let ran = sim.qd(home, &run).output().unwrap();
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    let says = "how it ended is not known";
    assert!(err(&ran).contains(says), "{}", err(&ran));
    assert_eq!(times(home), 1, "{}", err(&ran));
    sim
}

fn times(home: &Home) -> usize {
    let paid = std::fs::read_to_string(home.path().join("paid"));
    paid.map_or(0, |paid| paid.lines().count())
}

#[test]
fn a_step_whose_connection_was_lost_runs_again_only_when_somebody_says_so() {
    let home = Home::new();
    let sim = lost(&home);
    let unknown = ("pay".to_owned(), Outcome::Unknown, None);
    assert_eq!(ends(&lines(&home, "last")), [unknown]);
    let runs = home.json(&["runbooks", "runs"]);
    assert_eq!(runs["runs"][0]["unknown"][0]["step"], "pay", "{runs}");
    assert!(out(&qd(&home, &["runs"])).contains("failed, pay unknown"));
    let run = |args: &[&str]| {
        let args = [&["runbooks", "run", "--resume", "last", "--yes"], args].concat();
        sim.qd(&home, &args).output().unwrap()
    };
    let refused = run(&[]);
    assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
    assert!(err(&refused).contains("--unknown done"), "{}", err(&refused));
    assert_eq!(times(&home), 1);
    let done = run(&["--unknown", "done"]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert_eq!(times(&home), 1);
    assert_eq!(home.json(&["runbooks", "runs"])["runs"][0]["status"], "done");
}

#[test]
fn what_a_run_carried_out_on_a_machine_is_the_draft_of_its_recording_and_a_loss_is_told_once() {
    let home = Home::new();
    let sim = lost(&home);
    let ended = lines(&home, "last");
    let says = ended.iter().find_map(|line| match &line.record {
        Record::Ended { says, .. } => Some(says.clone()),
        _ => None,
    });
    // Where its recording stood is known of its beginning: its session may be over at its end.
    let recording = ended.iter().find_map(|line| match &line.record {
        Record::Started { spot, .. } => Some(spot.clone()?.recording),
        _ => None,
    });
    let (says, recording) = (says.unwrap(), recording.unwrap());
    assert!(
        says.contains("how it ended is not known: ") && !says.contains("ended: ended:"),
        "{says}"
    );
    let args = [
        "runbooks",
        "new",
        "Pay",
        "--from-recording",
        &recording,
        "-o",
        "-",
    ];
    let new = sim.qd(&home, &args).output().unwrap();
    assert_eq!(new.status.code(), Some(0), "{}", err(&new));
    let draft = out(&new);
    assert!(
        draft.contains("{kind=do}\n   cd ~\n   echo paid >> paid\n   sleep 60\n"),
        "{draft}"
    );
    assert!(draft.contains("- Carried out by the run: "), "{draft}");
    assert!(!draft.contains("__qd") && !draft.contains("base64"), "{draft}");
    // A recording that has come without its run's journal.
    std::fs::remove_dir_all(home.data_dir().join("runs")).unwrap();
    let alone = sim.qd(&home, &args).output().unwrap();
    assert!(out(&alone).contains("   echo paid >> paid\n"), "{}", out(&alone));
}

#[test]
fn whoever_is_there_is_asked_at_once_how_a_lost_step_stands_and_again_where_it_runs_again() {
    let home = Home::new();
    let sim = lost(&home);
    let args = [
        "runbooks",
        "run",
        "--resume",
        "last",
        "--unknown",
        "again",
        "--yes",
    ];
    let mut terminal = Terminal::start(sim.console(&home, &args), 120, 40);
    // What was said ahead is not for what is lost now.
    terminal.wait_for("and nobody saw its end");
    assert_eq!(times(&home), 2);
    terminal.send(b"d\r");
    assert_eq!(terminal.wait_code(), 0);
    assert_eq!(times(&home), 2);
}

/// A page whose second step waits for `ok`, behind a step that enters a folder and before one that clears it.
fn clearing(home: &Home) {
    std::fs::create_dir(home.path().join("cache")).unwrap();
    for name in ["precious.tmp", "cache/old.tmp"] {
        std::fs::write(home.path().join(name), "").unwrap();
    }
    page(
        home,
        "```sh {name=go}\nset -x\ncd cache\n```\n\n```sh {name=gate}\ntest -e ../ok\n```\n\n```sh {name=clear}\nrm -f ./*.tmp\n```\n",
    );
    let ran = qd(home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    std::fs::write(home.path().join("ok"), "").unwrap();
}

#[test]
fn a_run_that_is_gone_on_with_stands_in_the_folder_that_its_steps_had_entered() {
    let home = Home::new();
    clearing(&home);
    let rest = qd(&home, &["run", "--resume", "last", "--yes"]);
    assert_eq!(rest.status.code(), Some(0), "{}", err(&rest));
    assert!(home.path().join("precious.tmp").exists());
    assert!(!home.path().join("cache/old.tmp").exists());
    assert!(err(&rest).contains("in a new shell, in /"), "{}", err(&rest));
}

#[test]
fn a_folder_that_is_gone_stops_the_steps_that_were_to_run_in_it() {
    let home = Home::new();
    clearing(&home);
    std::fs::remove_dir_all(home.path().join("cache")).unwrap();
    let rest = qd(&home, &["run", "--resume", "last", "--yes"]);
    assert_eq!(rest.status.code(), Some(1), "{}", err(&rest));
    assert!(err(&rest).contains("cannot go back to /"), "{}", err(&rest));
    assert!(home.path().join("precious.tmp").exists());
}

#[test]
fn a_run_that_begins_in_the_middle_says_what_it_does_without() {
    let home = Home::new();
    clearing(&home);
    let ran = qd(&home, &["run", "page.md", "--from", "clear", "--yes"]);
    let says = "steps go, gate are left out: no folder, function or variable";
    assert!(err(&ran).contains(says), "{}", err(&ran));
}

#[test]
fn a_step_whose_variables_went_with_their_shell_names_the_way_to_set_them() {
    let home = Home::new();
    page(
        &home,
        "```sh {name=one}\nDIR=/srv/data; export A=5\n```\n\n```sh {name=mid}\ntest -e ok\n```\n\n```sh {name=three}\necho \"[$DIR/cache] A=$A\"\n```\n",
    );
    assert_eq!(qd(&home, &["run", "page.md", "--yes"]).status.code(), Some(1));
    std::fs::write(home.path().join("ok"), "").unwrap();
    let stuck = qd(&home, &["run", "--resume", "last", "--yes"]);
    assert_eq!(stuck.status.code(), Some(1), "{}", err(&stuck));
    let told = err(&stuck);
    assert!(
        told.contains("step one, which would, did not run in it"),
        "{told}"
    );
    assert!(told.contains("a new run of the page with --from one"), "{told}");
    assert!(!told.contains("goes on with it"), "{told}");
    let new = qd(&home, &["run", "page.md", "--from", "one", "--yes"]);
    assert_eq!(out(&new), "[/srv/data/cache] A=5\n", "{}", err(&new));
}

#[test]
fn what_earlier_steps_exported_is_named_where_their_shell_is_gone() {
    let home = Home::new();
    page(
        &home,
        "```sh {name=one}\nexport STAGE=green KEPT=1; LOCAL=2\n```\n\n```sh {name=mid}\ntest -e ok\n```\n\n```sh {name=see}\nprintenv HOME\n```\n\n```sh {name=three}\ntouch three\n```\n",
    );
    assert_eq!(qd(&home, &["run", "page.md", "--yes"]).status.code(), Some(1));
    std::fs::write(home.path().join("ok"), "").unwrap();
    let rest = qd(&home, &["run", "--resume", "last", "--yes"]);
    assert_eq!(rest.status.code(), Some(0), "{}", err(&rest));
    let told = err(&rest);
    // What only looks is told of it, and what changes something is asked about it.
    let looks = "what earlier steps exported is gone with their shell on local: STAGE, KEPT";
    assert_eq!(told.matches(looks).count(), 1, "{told}");
    let changes = "they left; what they exported is not set: STAGE, KEPT";
    assert!(told.contains(changes) && !told.contains("LOCAL"), "{told}");
}
