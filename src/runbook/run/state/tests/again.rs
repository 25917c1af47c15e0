//! What a rollback makes of the step before it, and of what was found behind that.

use super::*;

/// A change with a rollback, what looks behind it, another change.
fn page() -> State {
    let mut state = State {
        steps: listed(&[("look", "aa"), ("drain", "bb"), ("see", "cc"), ("undrain", "dd")]),
        ..State::default()
    };
    state.steps[3].undoes = Some(vec!["drain".into()]);
    for step in ["look", "drain", "see"] {
        state.hear(&on(step, "i-1", Outcome::Success));
    }
    state
}

fn on(step: &str, there: &str, how: Outcome) -> Record {
    match ended(step, how) {
        Record::Ended {
            step,
            attempt,
            outcome,
            exit,
            ..
        } => Record::Ended {
            step,
            target: there.into(),
            attempt,
            outcome,
            exit,
            lasted_us: 5,
            output: None,
            spot: None,
            says: String::new(),
        },
        other => other,
    }
}

fn started(step: &str) -> Record {
    Record::Started {
        step: step.into(),
        target: "i-1".into(),
        attempt: 2,
        sha256: String::new(),
        commands: Vec::new(),
        spot: None,
    }
}

#[test]
fn a_step_that_was_undone_is_not_done_and_is_again_once_it_ran_again() {
    let mut state = page();
    assert_eq!(state.progress(), (3, 3));
    state.hear(&on("undrain", "i-1", Outcome::Success));
    assert_eq!((state.standing("drain", "i-1"), state.progress()), (None, (2, 3)));
    assert!(!state.is_met("drain", true, "i-1") && !state.is_met("drain", false, "local"));
    assert!(state.was_done("drain") && !state.has_done("drain"));
    // What was looked at before it stands, what was behind it does not.
    let stands = |state: &State, step: &str| state.is_done_on(step, "i-1", true);
    assert!(stands(&state, "look") && !stands(&state, "see"));
    assert!(
        state.is_done_on("see", "i-1", false),
        "what changes something stands"
    );
    state.hear(&started("drain"));
    assert_eq!(state.standing("drain", "i-1"), Some(Standing::Unknown));
    // Its process was killed there: what it had found before is of other ground all the same.
    assert!(!stands(&state, "see"));
    state.hear(&on("drain", "i-1", Outcome::Success));
    assert_eq!(state.standing("drain", "i-1"), Some(Standing::Done));
    assert_eq!(state.standing("undrain", "i-1"), None, "it is to be undone anew");
    state.hear(&on("see", "i-1", Outcome::Success));
    assert!(stands(&state, "see"));
}

#[test]
fn a_step_whose_rollback_did_not_go_through_is_unknown_until_a_person_says() {
    for how in [
        Outcome::Failed,
        Outcome::TimedOut,
        Outcome::Stopped,
        Outcome::Unknown,
    ] {
        let mut state = page();
        state.hear(&started("undrain"));
        assert_eq!(
            state.standing("drain", "i-1"),
            Some(Standing::Unknown),
            "it was cut"
        );
        state.hear(&on("undrain", "i-1", how));
        assert_eq!(state.half_undone_by("drain", "i-1"), Some("undrain"), "{how:?}");
        assert!(
            state
                .undecided()
                .contains(&("drain".to_owned(), "i-1".to_owned()))
        );
        state.closed = Some((Outcome::Failed, String::new()));
        assert!(state.says().contains("drain"), "{}", state.says());
        let decided = |done| Record::Decided {
            step: "drain".into(),
            target: "i-1".into(),
            done,
            by: "mara".into(),
        };
        let (mut done, mut again) = (state.clone(), state);
        done.hear(&decided(true));
        assert_eq!(done.standing("drain", "i-1"), Some(Standing::Done));
        again.hear(&decided(false));
        assert_eq!(again.standing("drain", "i-1"), None);
    }
}

#[test]
fn a_machine_is_undone_for_itself_and_a_rollback_that_runs_elsewhere_undoes_all() {
    let mut state = page();
    state.hear(&on("drain", "i-2", Outcome::Success));
    let mut elsewhere = state.clone();
    state.hear(&on("undrain", "i-2", Outcome::Success));
    let standing = |state: &State, there: &str| state.standing("drain", there);
    assert_eq!(
        (standing(&state, "i-1"), standing(&state, "i-2")),
        (Some(Standing::Done), None)
    );
    elsewhere.hear(&on("undrain", "local", Outcome::Success));
    assert_eq!(
        (standing(&elsewhere, "i-1"), standing(&elsewhere, "i-2")),
        (None, None)
    );
}

#[test]
fn on_a_changed_page_what_was_undone_stays_so() {
    let mut state = page();
    state.hear(&on("undrain", "i-1", Outcome::Success));
    let steps = listed(&[
        ("0", "xx"),
        ("look", "aa"),
        ("drain", "bb"),
        ("see", "cc"),
        ("undrain", "dd"),
    ]);
    state.hear(&Record::Changed {
        sha256: "new".into(),
        by: "mara".into(),
        steps,
    });
    assert_eq!(state.standing("drain", "i-1"), None);
    assert!(!state.is_done_on("see", "i-1", true));
}
