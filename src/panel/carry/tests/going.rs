//! A run that goes on while another page is in front: it is told there, and no key answers what is not on the screen.

use super::*;
use crate::app::play::{model, press};
use crate::app::{Model, Msg, Overlay, update};
use crate::runbook::Library;

/// A run of page A that waits for an answer, with page B open.
fn waiting() -> (tempfile::TempDir, Model) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("a.md", "# Restart A\n\n```sh {name=drain}\nlbctl drain\n```\n");
    write("b.md", "# Look at B\n\n```sh\nreboot\n```\n");
    let mut model = model();
    update(&mut model, Msg::Resized { cols: 120, rows: 24 });
    let library = Library::scan(&[folder.path().into()]);
    update(&mut model, Msg::RunbooksScanned(Box::new(library)));
    press(&mut model, "6<enter>Ry");
    assert!(model.carry.is_going() && model.room == Room::Carry);
    press(&mut model, "<esc>hj<enter>");
    update(&mut model, Msg::CarryAsked(confirm(Level::Yes)));
    (folder, model)
}

fn screen(model: &Model) -> String {
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(120, 24)).unwrap();
    let style = |_| ratatui::style::Style::new();
    let look = crate::ui::Look::new(&style);
    terminal
        .draw(|frame| crate::panel::view(model, &crate::panel::tests::Filled, &look, frame))
        .unwrap();
    terminal.backend().to_string()
}

fn has_answered(effects: &[Effect]) -> bool {
    effects
        .iter()
        .any(|effect| matches!(effect, Effect::AnswerStep(_)))
}

#[test]
fn a_run_that_waits_is_told_in_the_list_on_its_page_and_on_others() {
    let (_folder, mut model) = waiting();
    let said = &model.notices.last().unwrap().says;
    assert_eq!(said, "Restart A waits for your answer");
    let other = screen(&model);
    assert!(other.contains("Restart A waits for your answer"), "{other}");
    assert!(
        other.contains("waits for you") && other.contains("Runbooks 1"),
        "{other}"
    );
    model.notice_for = 0;
    press(&mut model, "hk<enter>");
    let own = screen(&model);
    assert!(
        own.contains("a run of it waits for your answer: R shows it"),
        "{own}"
    );
}

#[test]
fn a_page_is_not_begun_beside_a_run_and_its_keys_answer_nothing_of_that() {
    let (_folder, mut model) = waiting();
    let effects = press(&mut model, "R");
    let Some(Overlay::Confirm { question, .. }) = &model.overlay else {
        panic!("{:?}", model.overlay);
    };
    assert!(
        question[0].starts_with("Restart A waits for your answer on"),
        "{question:?}"
    );
    assert!(question[1].starts_with("Look at B is not begun"), "{question:?}");
    assert!(!has_answered(&effects) && !has_answered(&press(&mut model, "n")));
    assert_eq!(model.room, Room::Runbooks);
    // Whoever wants to see it sees it; the key that leads there says no yes to it.
    let effects = press(&mut model, "Ryy");
    assert!(!has_answered(&effects) && model.room == Room::Carry && model.carry.question.is_some());
    model.now += jiff::SignedDuration::from_secs(1);
    assert!(has_answered(&press(&mut model, "y")));
}

#[test]
fn its_own_page_leads_to_it_at_once() {
    let (_folder, mut model) = waiting();
    press(&mut model, "hk<enter>R");
    assert!(model.room == Room::Carry && model.overlay.is_none());
}

#[test]
fn a_run_is_not_gone_on_with_or_undone_beside_another() {
    let (_folder, mut model) = waiting();
    for begin in [resume, undo] {
        assert!(begin(&mut model, "").is_empty());
        let said = model.notices.last().unwrap();
        assert_eq!(
            said.says,
            "Restart A waits for your answer: one run goes on at a time"
        );
    }
}

#[test]
fn keys_are_those_of_the_question_and_none_answers_a_run_that_is_over() {
    let (_folder, mut model) = waiting();
    press(&mut model, "Ry");
    let keys = |model: &Model| {
        let shown = screen(model);
        shown
            .lines()
            .rev()
            .find(|line| line.contains("help"))
            .unwrap_or_default()
            .to_owned()
    };
    model.notice_for = 0;
    assert!(
        keys(&model).contains("y yes") && !keys(&model).contains("r again"),
        "{}",
        keys(&model)
    );
    model.carry.question = None;
    assert!(
        !keys(&model).contains("y yes") && keys(&model).contains("x end"),
        "{}",
        keys(&model)
    );
    let says = "step drain: exit code 1".to_owned();
    told(
        &mut model,
        Event::Closed {
            outcome: Outcome::Failed,
            says,
            hint: String::new(),
        },
    );
    model.notice_for = 0;
    let over = keys(&model);
    assert!(
        !over.contains("y yes") && !over.contains("x end") && over.contains("back"),
        "{over}"
    );
    later(&mut model, Verb::StepYes);
    assert_eq!(model.notices.last().unwrap().says, "the run is over");
}

#[test]
fn that_none_waits_is_not_said_any_longer_once_one_does() {
    let (_folder, mut model) = waiting();
    press(&mut model, "Ry");
    model.carry.question = None;
    later(&mut model, Verb::StepYes);
    assert!(model.notice_for > 0);
    asked(&mut model, confirm(Level::Yes));
    assert_eq!(model.notice_for, 0);
}

#[test]
fn read_only_mode_offers_no_key_that_it_refuses() {
    let (_folder, mut model) = waiting();
    model.carry = Carry::default();
    model.read_only = true;
    model.notice_for = 0;
    let shown = screen(&model);
    let keys = shown
        .lines()
        .rev()
        .find(|line| line.contains("help"))
        .unwrap_or_default();
    assert!(
        !keys.contains("R run") && !keys.contains("s send") && keys.contains("search"),
        "{keys}"
    );
}
