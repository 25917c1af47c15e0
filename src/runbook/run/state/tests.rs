//! What the lines of a journal amount to: done stays done, on a changed page and on other machines too.

use super::*;

fn listed(steps: &[(&str, &str)]) -> Vec<Listed> {
    let listed = |(step, sha256): &(&str, &str)| Listed {
        undoes: None,
        step: (*step).into(),
        title: String::new(),
        phase: String::new(),
        lines: (1, 1),
        sha256: (*sha256).into(),
    };
    steps.iter().map(listed).collect()
}

fn ended(step: &str, outcome: Outcome) -> Record {
    Record::Ended {
        step: step.into(),
        target: "local".into(),
        attempt: 1,
        outcome,
        exit: Some(0),
        lasted_us: 5,
        output: None,
        spot: None,
        says: String::new(),
    }
}

#[test]
fn on_a_changed_page_the_same_block_stays_done_and_another_one_is_not() {
    let mut state = State {
        steps: listed(&[("1", "aa"), ("2", "bb"), ("drain", "cc")]),
        ..State::default()
    };
    for step in ["1", "2", "drain"] {
        state.hear(&ended(step, Outcome::Success));
    }
    state.hear(&Record::Changed {
        sha256: "new".into(),
        by: "mara".into(),
        // One step was put before the others, and `drain` says something else now.
        steps: listed(&[("1", "xx"), ("2", "aa"), ("3", "bb"), ("drain", "dd")]),
    });
    let standing = |step: &str| state.standing(step, "local");
    assert_eq!(
        (standing("1"), standing("2"), standing("3"), standing("drain")),
        (None, Some(Standing::Done), Some(Standing::Done), None)
    );
}

#[test]
fn what_of_a_run_that_failed_was_rolled_back_is_told() {
    let mut state = State {
        steps: listed(&[("1", "aa"), ("2", "bb"), ("un-1", "cc"), ("un-2", "dd")]),
        ..State::default()
    };
    for (rollback, undoes) in [(2, "1"), (3, "2")] {
        state.steps[rollback].undoes = Some(vec![undoes.into()]);
    }
    for step in ["1", "2"] {
        state.hear(&ended(step, Outcome::Success));
    }
    state.closed = Some((Outcome::Failed, String::new()));
    assert_eq!(state.says(), "failed");
    state.hear(&ended("un-2", Outcome::Success));
    assert_eq!(state.says(), "failed, partly rolled back");
    state.hear(&ended("un-1", Outcome::Success));
    assert_eq!(state.says(), "failed, rolled back");
    // A script goes by the one word.
    assert_eq!(state.word(), "failed");
    state.closed = Some((Outcome::Stopped, String::new()));
    assert_eq!(state.says(), "stopped, rolled back");
}

#[test]
fn of_two_equal_blocks_the_one_that_never_ran_is_not_done_on_a_changed_page() {
    for steps in [
        // One above both, and one between them.
        &[("1", "xx"), ("2", "aa"), ("3", "aa")][..],
        &[("1", "aa"), ("2", "xx"), ("3", "aa")],
    ] {
        let mut state = State {
            steps: listed(&[("1", "aa"), ("2", "aa")]),
            ..State::default()
        };
        state.hear(&ended("1", Outcome::Success));
        state.hear(&Record::Changed {
            sha256: "new".into(),
            by: "mara".into(),
            steps: listed(steps),
        });
        let first = steps.iter().position(|(_, hash)| *hash == "aa").unwrap();
        assert_eq!(state.standing(steps[first].0, "local"), Some(Standing::Done));
        assert_eq!(state.standing("3", "local"), None, "{steps:?}");
    }
}

#[test]
fn a_machine_that_was_dropped_stays_out_until_its_step_is_done() {
    let on = |target: &str, outcome| match ended("drain", outcome) {
        Record::Ended {
            step, attempt, exit, ..
        } => Record::Ended {
            step,
            target: target.into(),
            attempt,
            outcome,
            exit,
            lasted_us: 5,
            output: None,
            spot: None,
            says: String::new(),
        },
        other => other,
    };
    let mut state = State::default();
    state.hear(&on("i-1", Outcome::Success));
    state.hear(&on("i-5", Outcome::Failed));
    assert!(!state.is_met("drain", false, "local"));
    state.hear(&Record::Dropped {
        step: "drain".into(),
        target: "i-5".into(),
        says: "exit code 1".into(),
    });
    assert_eq!(state.dropped_by("reboot", "i-5"), Some("drain"));
    assert_eq!(
        (
            state.dropped_by("drain", "i-5"),
            state.dropped_by("reboot", "i-1")
        ),
        (None, None)
    );
    let met = |target| state.is_met("drain", true, target);
    assert_eq!((met("i-1"), met("i-5"), met("i-7")), (true, false, false));
    assert!(state.is_met("drain", false, "local"));
    state.hear(&on("i-5", Outcome::Success));
    assert_eq!(state.dropped_by("reboot", "i-5"), None);
    assert!(state.is_met("drain", true, "i-5"));
}

#[test]
fn a_run_that_goes_on_elsewhere_stays_there() {
    let machine = |id: &str| Machine {
        id: id.into(),
        name: String::new(),
        account: None,
        region: None,
        production: false,
        tags: Default::default(),
    };
    let mut state = State {
        machines: vec![machine("i-1")],
        targets: vec!["i-1".into()],
        ..State::default()
    };
    let resumed = |ids: &[&str]| Record::Resumed {
        who: Default::default(),
        machines: ids.iter().map(|id| machine(id)).collect(),
        targets: ids.iter().map(|id| id.to_string()).collect(),
    };
    state.hear(&resumed(&["i-2"]));
    assert_eq!(
        (state.machines.len(), &*state.targets),
        (2, &["i-2".to_owned()][..])
    );
    // As older versions wrote it.
    state.hear(&resumed(&[]));
    assert_eq!(state.targets, ["i-2"]);
}

#[test]
fn what_was_under_way_is_unknown_until_a_person_says() {
    let mut state = State::default();
    let started = Record::Started {
        step: "1".into(),
        target: "local".into(),
        attempt: 1,
        sha256: String::new(),
        commands: Vec::new(),
        spot: None,
    };
    state.hear(&started);
    assert_eq!(state.unknown(), [("1".to_owned(), "local".to_owned())]);
    let decided = |done| Record::Decided {
        step: "1".into(),
        target: "local".into(),
        done,
        by: "mara".into(),
    };
    let sent = Sent {
        attempt: 1,
        id: "7c3e1f2a".into(),
        is_command: false,
        place: Place {
            profile: "shop".into(),
            region: "us-east-1".into(),
        },
        machines: vec!["i-1".into()],
        known: Vec::new(),
    };
    state.hear(&sent.record("1", "local"));
    assert!(state.undecided().is_empty(), "AWS can tell");
    assert_eq!(state.sent.values().collect::<Vec<_>>(), [&sent]);
    state.hear(&decided(false));
    assert_eq!((state.standing("1", "local"), state.sent.len()), (None, 0));
    state.hear(&started);
    state.hear(&decided(true));
    assert_eq!(state.standing("1", "local"), Some(Standing::Done));
}

#[test]
fn a_step_whose_end_nobody_saw_is_unknown_and_brings_its_machine_back_once_it_is_said_to_be_done() {
    let mut state = State::default();
    state.hear(&ended("1", Outcome::Unknown));
    assert_eq!(state.standing("1", "local"), Some(Standing::Unknown));
    state.hear(&Record::Dropped {
        step: "1".into(),
        target: "local".into(),
        says: String::new(),
    });
    assert_eq!(state.dropped_by("2", "local"), Some("1"));
    state.hear(&Record::Decided {
        step: "1".into(),
        target: "local".into(),
        done: true,
        by: String::new(),
    });
    assert_eq!(state.standing("1", "local"), Some(Standing::Done));
    assert_eq!(state.dropped_by("2", "local"), None);
}

#[test]
fn a_folder_counts_once_the_step_is_done_that_entered_it() {
    let mut state = State::default();
    let moved = |folder: &str| Record::Moved {
        step: "1".into(),
        target: "local".into(),
        folder: Some(folder.into()),
    };
    state.hear(&moved("/a"));
    assert!(state.folders.is_empty());
    state.hear(&ended("1", Outcome::Failed));
    assert!(state.folders.is_empty());
    state.hear(&moved("/b"));
    state.hear(&ended("1", Outcome::Success));
    assert_eq!(state.folders.get("local"), Some(&Some("/b".to_owned())));
}

mod again;
