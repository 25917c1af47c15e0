//! A run on the screen: what it tells is seen, a question takes only the keys that answer it.

use super::*;
use crate::app::{Effect, Room, Verb};
use crate::runbook::Level;
use crate::runbook::run::{Answer, Event};

fn model() -> crate::app::Model {
    let bindings = crate::app::Bindings::new(&[]).unwrap();
    let mut model = crate::app::Model::new(Default::default(), bindings, Default::default());
    let text = "```sh {name=look}\ndf -h\n```\n\n```sh {name=drain}\nlbctl drain\n```\n";
    let plan = Plan::parse(std::path::Path::new("p.md"), "p.md", text).unwrap();
    model.carry = Carry::of(&plan, "web-1".into(), true);
    model.room = Room::Carry;
    model
}

fn confirm(level: Level) -> Question {
    Question::Confirm {
        step: "drain".into(),
        title: "drain".into(),
        targets: vec!["web-1".into()],
        production: true,
        level,
        phrase: "web-1".into(),
        commands: vec!["lbctl drain".into()],
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
    assert!(perform(&mut model, Verb::StepYes).is_empty());
    assert!(model.overlay.is_some() && model.carry.question.is_some());
    let effects = given(&mut model, "web-1".into());
    assert_eq!(effects, [Effect::AnswerStep(Answer::Text("web-1".into()))]);
    asked(&mut model, confirm(Level::Yes));
    assert_eq!(
        perform(&mut model, Verb::StepYes),
        [Effect::AnswerStep(Answer::Yes)]
    );
    let failed = Question::Failed {
        step: "drain".into(),
        title: "drain".into(),
        says: "exit code 1".into(),
    };
    asked(&mut model, failed);
    assert!(perform(&mut model, Verb::StepYes).is_empty());
    assert_eq!(
        perform(&mut model, Verb::StepRetry),
        [Effect::AnswerStep(Answer::Retry)]
    );
}
