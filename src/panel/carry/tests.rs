//! A run on the screen: what it tells is seen, a question takes only the keys that answer it.

mod going;
mod start;
mod undo;

use super::*;
use crate::app::{Effect, Room, Verb};
use crate::runbook::Level;
use crate::runbook::run::{Answer, Event, Found};

fn model() -> crate::app::Model {
    let bindings = crate::app::Bindings::new(&[]).unwrap();
    let mut model = crate::app::Model::new(Default::default(), bindings, Default::default());
    let text = "```sh {name=look}\ndf -h\n```\n\n```sh {name=drain}\nlbctl drain\n```\n";
    let plan = Plan::parse(std::path::Path::new("p.md"), "p.md", text).unwrap();
    model.carry = Carry::of(&plan, "web-1".into(), true);
    model.room = Room::Carry;
    model
}

/// Presses a key long after the one before.
fn later(model: &mut crate::app::Model, verb: Verb) -> Vec<Effect> {
    model.now += jiff::SignedDuration::from_secs(1);
    perform(model, verb)
}

fn confirm(level: Level) -> Question {
    Question::Confirm {
        step: "drain".into(),
        title: "drain".into(),
        targets: vec!["web-1".into()],
        production: true,
        level,
        phrase: "web-1".into(),
        values: [
            ("COUNT".to_owned(), Some("5".to_owned())),
            ("TOKEN".to_owned(), None),
        ]
        .into(),
        commands: vec!["lbctl drain".into()],
        impact: Vec::new(),
        note: String::new(),
    }
}

#[test]
fn what_a_step_prints_is_kept_line_by_line() {
    let mut model = model();
    let began = Event::Began {
        step: "look".into(),
        target: "web-1".into(),
        attempt: 1,
        commands: vec!["df -h".into()],
    };
    told(&mut model, began);
    for bytes in ["a\nb", "c\n", "d"] {
        let output = Event::Output {
            step: "look".into(),
            target: "web-1".into(),
            bytes: bytes.into(),
        };
        told(&mut model, output);
    }
    assert_eq!(model.carry.rows[0].output, ["a", "bc", "d"]);
    assert_eq!(model.carry.selected().map(|row| row.id.as_str()), Some("look"));
}

#[test]
fn a_name_that_must_be_typed_is_not_answered_by_a_key() {
    let mut model = model();
    asked(&mut model, confirm(Level::Type));
    assert!(later(&mut model, Verb::StepYes).is_empty());
    assert!(model.overlay.is_some() && model.carry.question.is_some());
    let effects = given(&mut model, "web-1".into());
    assert_eq!(effects, [Effect::AnswerStep(Answer::Text("web-1".into()))]);
    let shown = model.carry.rows[1].commands.join("|");
    assert_eq!(shown, "COUNT=5|TOKEN=(secret)|lbctl drain");
    asked(&mut model, confirm(Level::Yes));
    assert_eq!(
        later(&mut model, Verb::StepYes),
        [Effect::AnswerStep(Answer::Yes)]
    );
    let failed = Question::Failed {
        step: "drain".into(),
        title: "drain".into(),
        says: "exit code 1".into(),
    };
    asked(&mut model, failed);
    assert!(later(&mut model, Verb::StepYes).is_empty());
    assert_eq!(
        later(&mut model, Verb::StepRetry),
        [Effect::AnswerStep(Answer::Retry)]
    );
}

#[test]
fn enter_says_yes_only_where_one_key_is_enough() {
    let mut model = model();
    let yes = [Effect::AnswerStep(Answer::Yes)];
    asked(&mut model, confirm(Level::Enter));
    assert_eq!(later(&mut model, Verb::StepEnter), yes);
    let rollback = || Question::Rollback {
        step: "undrain".into(),
        undoes: "drain".into(),
        commands: Vec::new(),
        failed_on: Vec::new(),
    };
    let changed = || Question::Changed { diff: String::new() };
    for question in [confirm(Level::Yes), rollback(), changed()] {
        asked(&mut model, question);
        assert!(later(&mut model, Verb::StepEnter).is_empty());
        assert!(model.carry.question.is_some());
        assert_eq!(later(&mut model, Verb::StepYes), yes);
    }
    asked(&mut model, confirm(Level::Type));
    assert!(later(&mut model, Verb::StepEnter).is_empty());
    assert!(
        model.overlay.is_some(),
        "it opens the line that the name is typed in"
    );
}

#[test]
fn a_key_that_is_held_answers_one_question() {
    let mut model = model();
    asked(&mut model, confirm(Level::Yes));
    let yes = [Effect::AnswerStep(Answer::Yes)];
    assert_eq!(later(&mut model, Verb::StepYes), yes);
    for _ in 0..20 {
        asked(&mut model, confirm(Level::Yes));
        model.now += jiff::SignedDuration::from_millis(100);
        assert_eq!(perform(&mut model, Verb::StepYes), []);
    }
    assert_eq!(later(&mut model, Verb::StepYes), yes);
}

#[test]
fn a_second_person_s_word_is_given_by_its_path() {
    let mut model = model();
    let blocked = |wants_approval| Question::Blocked {
        step: "drain".into(),
        title: "drain".into(),
        why: "it wants a second person".into(),
        wants_approval,
    };
    asked(&mut model, blocked(false));
    assert!(later(&mut model, Verb::StepYes).is_empty() && model.overlay.is_none());
    asked(&mut model, blocked(true));
    assert!(later(&mut model, Verb::StepYes).is_empty() && model.overlay.is_some());
    let effects = given(&mut model, "/tmp/word".into());
    assert_eq!(effects, [Effect::AnswerStep(Answer::Text("/tmp/word".into()))]);
}

#[test]
fn a_secret_is_asked_for_and_not_seen() {
    let mut model = model();
    let secret = Question::Value {
        name: "TOKEN".into(),
        prompt: String::new(),
        choices: Vec::new(),
        default: None,
        is_secret: true,
        refused: None,
    };
    asked(&mut model, secret);
    assert!(is_secret(&model));
    assert!(later(&mut model, Verb::StepYes).is_empty());
    for c in "hush".chars() {
        crate::app::update(
            &mut model,
            crate::app::Msg::Pressed(crossterm::event::KeyCode::Char(c).into()),
        );
    }
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(60, 12)).unwrap();
    let style = |_| ratatui::style::Style::new();
    let look = crate::ui::Look::new(&style);
    terminal
        .draw(|frame| crate::panel::view(&model, &crate::panel::tests::Filled, &look, frame))
        .unwrap();
    let screen = terminal.backend().to_string();
    assert!(screen.contains("TOKEN =") && !screen.contains("hush"), "{screen}");
}

#[test]
fn who_typed_a_value_that_was_refused_types_on() {
    let mut model = model();
    model.room = Room::Carry;
    let value = |refused: Option<&str>| Question::Value {
        name: "COUNT".into(),
        prompt: String::new(),
        choices: Vec::new(),
        default: None,
        is_secret: false,
        refused: refused.map(str::to_owned),
    };
    asked(&mut model, value(None));
    assert!(model.overlay.is_none());
    asked(&mut model, value(Some("COUNT is no number")));
    let effects = crate::app::play::press(&mut model, "12<enter>");
    assert_eq!(effects, [Effect::AnswerStep(Answer::Text("12".into()))]);
    assert_eq!(model.room, Room::Carry);
}

#[test]
fn a_step_of_many_machines_has_failed_when_one_of_them_has() {
    let mut model = model();
    model.carry.is_many = true;
    let began = |target: &str| Event::Began {
        step: "look".into(),
        target: target.into(),
        attempt: 1,
        commands: Vec::new(),
    };
    let ended = |target: &str, outcome| Event::Ended {
        step: "look".into(),
        target: target.into(),
        outcome,
        exit: None,
        lasted: std::time::Duration::ZERO,
        says: "exit code 1".into(),
    };
    let output = |target: &str| Event::Output {
        step: "look".into(),
        target: target.into(),
        bytes: "hello\n".into(),
    };
    let failed = ended("web-1", Outcome::Failed);
    for event in [
        began("web-1"),
        output("web-1"),
        began("web-2"),
        output("web-2"),
        failed,
    ] {
        told(&mut model, event);
    }
    told(&mut model, ended("web-2", Outcome::Success));
    let row = &model.carry.rows[0];
    assert_eq!(row.output, ["web-1 | hello", "web-2 | hello"]);
    assert_eq!(row.mark, Mark::Failed("on web-1".into()));
    for event in [began("web-1"), ended("web-1", Outcome::Success)] {
        told(&mut model, event);
    }
    assert!(matches!(model.carry.rows[0].mark, Mark::Done { .. }));
}

#[test]
fn a_run_of_before_goes_on_with_its_page_on_its_machines() {
    let mut model = model();
    model.carry = Carry::default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.md");
    std::fs::write(&path, "# Page\n\n```sh\nls\n```\n").unwrap();
    model.runbooks.library = crate::runbook::Library::scan(&[folder.path().into()]);
    assert_eq!(
        resume(&mut model, ""),
        [Effect::FindCarry {
            wanted: "last".into(),
            undoes: false
        }]
    );
    let run = |target: &str| Found {
        run: "0197".into(),
        runbook: path.clone(),
        targets: vec![target.into()],
        reason: "INC-1".into(),
        kept: None,
    };
    assert!(found(&mut model, run("i-gone"), false).is_empty());
    assert!(
        model
            .notices
            .iter()
            .any(|notice| notice.says.contains("i-gone of the run"))
    );
    let effects = found(&mut model, run("local"), false);
    let [Effect::CarryOut { nodes, resume, .. }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert!(nodes.is_empty());
    assert_eq!(*resume, Some(("0197".into(), "INC-1".into())));
    let undone = found(&mut model, run("local"), true);
    assert!(matches!(&undone[..], [Effect::CarryOut { choice, .. }] if choice.undoes));
    assert_eq!(model.carry.title, "Page");
    // A page that is gone is in no library, but with its run.
    let gone = Found {
        runbook: folder.path().join("gone.md"),
        kept: Some("# Kept\n\n```sh\nls\n```\n".into()),
        ..run("local")
    };
    let kept = found(&mut model, gone, false);
    assert!(matches!(&kept[..], [Effect::CarryOut { .. }]), "{kept:?}");
    assert_eq!(model.carry.title, "Kept");
}

#[test]
fn a_changed_page_is_shown_with_what_is_to_be_decided() {
    let mut model = model();
    let diff = "--- when the run began\n+++ now\n@@ -1 +1 @@\n-echo old\n+echo new\n".to_owned();
    asked(&mut model, Question::Changed { diff: diff.clone() });
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(100, 20)).unwrap();
    let style = |_| ratatui::style::Style::new();
    let look = crate::ui::Look::new(&style);
    terminal
        .draw(|frame| crate::panel::view(&model, &crate::panel::tests::Filled, &look, frame))
        .unwrap();
    let screen = terminal.backend().to_string();
    assert!(
        screen.contains("-echo old") && screen.contains("+echo new"),
        "{screen}"
    );
    let said = later(&mut model, crate::app::Verb::StepSkip);
    assert_eq!(said, [Effect::AnswerStep(Answer::No)]);
    asked(&mut model, Question::Changed { diff });
    let said = later(&mut model, crate::app::Verb::StepYes);
    assert_eq!(said, [Effect::AnswerStep(Answer::Yes)]);
}
