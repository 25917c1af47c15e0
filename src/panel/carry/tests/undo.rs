//! Undoing a run that is over: what was undone is said, and never that the run is done.

use super::*;
use crate::app::Model;

const PAGE: &str = "# Undo me\n\n```sh {name=mk rollback=rm1}\nmkdir a\n```\n\n```sh {name=rm1 kind=rollback}\nrmdir a\n```\n\n```sh {name=bad}\nfalse\n```\n";

/// A run of before that is being undone, with the step of it that is done.
fn undoing() -> Model {
    let mut model = model();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.md");
    std::fs::write(&path, PAGE).unwrap();
    model.carry = Carry::default();
    model.runbooks.library = crate::runbook::Library::scan(&[folder.path().into()]);
    let run = Found {
        run: "0197".into(),
        runbook: path,
        targets: vec!["local".into()],
        reason: String::new(),
        kept: None,
    };
    let effects = found(&mut model, run, true);
    assert!(matches!(&effects[..], [Effect::CarryOut { .. }]), "{effects:?}");
    told(&mut model, Event::Opened { run: "0197".into() });
    let (step, target) = ("mk".into(), "local".into());
    told(&mut model, Event::Stood { step, target });
    model
}

fn ended(step: &str, outcome: Outcome) -> Event {
    Event::Ended {
        step: step.into(),
        target: "local".into(),
        outcome,
        exit: None,
        lasted: std::time::Duration::ZERO,
        says: "exit code 1".into(),
    }
}

fn close(model: &mut Model, outcome: Outcome, says: &str) -> (String, String) {
    let says = says.to_owned();
    told(
        model,
        Event::Closed {
            outcome,
            says,
            hint: String::new(),
        },
    );
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(120, 20)).unwrap();
    let style = |_| ratatui::style::Style::new();
    let look = crate::ui::Look::new(&style);
    terminal
        .draw(|frame| crate::panel::view(model, &crate::panel::tests::Filled, &look, frame))
        .unwrap();
    let said = model.notices.last().map(|notice| notice.says.clone());
    (terminal.backend().to_string(), said.unwrap_or_default())
}

#[test]
fn what_was_undone_is_said_of_a_run_that_was_done() {
    let mut model = undoing();
    told(&mut model, ended("rm1", Outcome::Success));
    let (screen, said) = close(&mut model, Outcome::Success, "");
    assert!(
        screen.contains("undone: rm1") && !screen.contains(" done"),
        "{screen}"
    );
    assert_eq!(said, "undone: rm1");
    assert!(!model.carry.is_undoable(), "nothing is left to undo");
}

#[test]
fn a_step_that_is_undone_does_not_look_done() {
    let mut model = undoing();
    let (screen, _) = close(&mut model, Outcome::Stopped, "");
    assert!(
        screen.contains("✓  1 mk") && screen.contains("before"),
        "{screen}"
    );
    let mut model = undoing();
    told(&mut model, ended("rm1", Outcome::Success));
    let (screen, _) = close(&mut model, Outcome::Success, "");
    assert!(
        !screen.contains("✓  1 mk") && screen.contains("↶  1 mk"),
        "{screen}"
    );
    let row = screen.lines().find(|line| line.contains("↶  1 mk")).unwrap();
    assert!(row.contains("undone"), "{row}");
    // Done once more, it is done.
    let again = Event::Began {
        step: "mk".into(),
        target: "local".into(),
        attempt: 2,
        commands: Vec::new(),
    };
    told(&mut model, again);
    told(&mut model, ended("mk", Outcome::Success));
    let (screen, _) = close(&mut model, Outcome::Success, "");
    assert!(
        screen.contains("✓  1 mk") && model.carry.is_undoable(),
        "{screen}"
    );
}

#[test]
fn a_run_that_failed_stays_so_when_it_was_undone() {
    let mut model = undoing();
    told(&mut model, ended("rm1", Outcome::Success));
    let says = "step bad: exit code 1; rolled back: rm1";
    let (screen, said) = close(&mut model, Outcome::Failed, says);
    assert!(screen.contains("undone: rm1"), "{screen}");
    assert_eq!(said, format!("the run stays as it ended: {says}"));
    assert!(!model.carry.is_undoable());
}

#[test]
fn what_is_left_can_be_undone_again() {
    for outcome in [Outcome::Success, Outcome::Failed] {
        let mut model = undoing();
        let (screen, said) = close(&mut model, outcome, "step bad: exit code 1");
        assert!(screen.contains("nothing undone"), "{screen}");
        assert!(said.starts_with("nothing was undone"), "{said}");
        assert!(model.carry.is_undoable());
    }
    let mut model = undoing();
    told(&mut model, ended("rm1", Outcome::Failed));
    let (screen, said) = close(&mut model, Outcome::Failed, "step rm1: exit code 1");
    assert!(screen.contains("undoing failed"), "{screen}");
    assert_eq!(said, "step rm1: exit code 1");
    assert!(model.carry.is_undoable());
}

#[test]
fn a_run_whose_rollbacks_ran_has_nothing_to_undo() {
    let mut model = undoing();
    model.carry.undoes = false;
    let bad = ended("bad", Outcome::Failed);
    told(&mut model, bad);
    told(&mut model, ended("rm1", Outcome::Success));
    close(
        &mut model,
        Outcome::Failed,
        "step bad: exit code 1; rolled back: rm1",
    );
    assert!(!model.carry.is_undoable());
}

#[test]
fn a_step_whose_end_nobody_saw_is_marked_as_unknown_and_not_as_failed() {
    let mut model = undoing();
    let (step, target) = ("bad".into(), "local".into());
    let began = Event::Began {
        step,
        target,
        attempt: 1,
        commands: Vec::new(),
    };
    told(&mut model, began);
    told(&mut model, ended("bad", Outcome::Unknown));
    let (screen, _) = close(&mut model, Outcome::Stopped, "");
    assert!(
        screen.contains("?  3 bad") || screen.contains("?  2 bad"),
        "{screen}"
    );
    assert!(
        screen.contains("unknown: exit code 1") && !screen.contains('✗'),
        "{screen}"
    );
    let row = model.carry.row("bad").unwrap();
    let on = |row: &mut Row, target: &str, outcome| {
        row.end(target.into(), outcome, Duration::ZERO, "gone".into());
        row.mark.clone()
    };
    assert_eq!(
        on(row, "web-1", Outcome::Success),
        Mark::Unknown("on local".into())
    );
    assert_eq!(on(row, "web-2", Outcome::Failed), Mark::Failed("gone".into()));
    assert_eq!(
        on(row, "web-3", Outcome::Unknown),
        Mark::Failed("on web-2".into())
    );
}

#[test]
fn what_undoes_a_step_and_whose_end_nobody_saw_has_not_failed() {
    let mut model = undoing();
    told(&mut model, ended("rm1", Outcome::Unknown));
    let (screen, _) = close(&mut model, Outcome::Failed, "");
    assert!(
        screen.contains("undoing unknown") && !screen.contains("undoing failed"),
        "{screen}"
    );
}
