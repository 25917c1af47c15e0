//! The form before a run: its keys choose what the command line's options choose.

use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::app::play::{model, press};
use crate::app::{Model, Msg, Overlay, update};
use crate::runbook::{Library, Page};

const PAGE: &str = "---\nvars:\n  COUNT: {match: '^[0-9]+$'}\n  TOKEN: {secret: ask}\n  other: {default: x}\n---\n# Page\n\n```sh {name=look}\ndf -h\n```\n\n```sh {name=clean}\nrm -r /x/$COUNT\n```\n\n```sh {name=see}\ndf -i\n```\n";

/// The form of the page, opened with its second block selected.
fn asked_about() -> Model {
    asked_about_page(PAGE)
}

fn asked_about_page(text: &str) -> Model {
    let mut model = model();
    let page = Page::parse(&PathBuf::from("p.md"), "p.md", text);
    let library = Library {
        pages: vec![Arc::new(page)],
        ..Library::default()
    };
    update(&mut model, Msg::RunbooksScanned(Box::new(library)));
    model.room = Room::Runbooks;
    press(&mut model, "<enter><tab><tab>R");
    model
}

fn form(model: &Model) -> &Start {
    match &model.overlay {
        Some(Overlay::Start(start)) => start,
        other => panic!("{other:?}"),
    }
}

fn choice(model: &Model) -> Choice {
    form(model).choice.clone()
}

/// What was told last.
fn said(model: &Model) -> &str {
    &model.notices.last().unwrap().says
}

fn begun(model: &mut Model, keys: &str) -> Choice {
    match &press(model, keys)[..] {
        [Effect::CarryOut { choice, .. }] => (**choice).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_begins_at_the_step_under_the_cursor_or_is_only_that_one() {
    let begins = |keys: &str| begun(&mut asked_about(), keys).part;
    assert_eq!(begins("y"), Part::Whole);
    assert_eq!(begins("b<enter>"), Part::From("clean".into()));
    assert_eq!(begins("oy"), Part::Only("clean".into()));
    assert_eq!(begins("ojy"), Part::Only("see".into()));
    assert_eq!(begins("kby"), Part::From("look".into()));
    assert_eq!(begins("bby"), Part::Whole);
}

fn screen(model: &Model) -> String {
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(120, 30)).unwrap();
    let style = |_| ratatui::style::Style::new();
    let look = crate::ui::Look::new(&style);
    terminal
        .draw(|frame| crate::panel::view(model, &crate::panel::tests::Filled, &look, frame))
        .unwrap();
    terminal.backend().to_string()
}

#[test]
fn the_form_promises_no_question_where_the_page_says_that_none_is_asked() {
    let page = |fence: &str| {
        format!("# P\n\n```sh {{name=look}}\ndf -h\n```\n\n```sh {{name=clean{fence}}}\nrm -r /x\n```\n")
    };
    let asked = "each that changes something is asked about";
    let unasked = "some that change something are not asked about";
    let says = |fence: &str, keys: &str| {
        let mut model = asked_about_page(&page(fence));
        press(&mut model, keys);
        screen(&model)
    };
    let all = says("", "");
    assert!(all.contains(asked) && !all.contains("not asked about"), "{all}");
    let none = says(" confirm=none", "");
    assert!(none.contains(unasked) && !none.contains(asked), "{none}");
    // Of what is left out nothing has to be said.
    let one = says(" confirm=none", "ok");
    assert!(one.contains("it is asked about if it changes something"), "{one}");
    let one = says(" confirm=none", "o");
    assert!(
        one.contains("it changes something, and is not asked about"),
        "{one}"
    );
}

#[test]
fn only_checks_are_run_where_that_is_wanted_and_something_has_to_be_left() {
    assert!(begun(&mut asked_about(), "cy").looks_only);
    let mut model = asked_about();
    press(&mut model, "jbkc");
    let start = form(&model);
    assert_eq!(start.count(), 1, "the last check alone");
    let mut model = asked_about();
    assert!(press(&mut model, "ocy").is_empty(), "the step is a change");
    assert!(said(&model).contains("none of its steps"));
    let mut model = asked_about();
    assert!(press(&mut model, "n").is_empty() && model.overlay.is_none());
}

#[test]
fn values_are_set_by_the_rules_of_the_page_and_taken_away_again() {
    let mut model = asked_about();
    press(&mut model, "vcount=many<enter>");
    assert!(matches!(
        model.overlay,
        Some(Overlay::Prompt {
            ask: crate::app::Ask::Given,
            ..
        })
    ));
    assert!(said(&model).starts_with("COUNT"));
    press(&mut model, "<esc>");
    press(&mut model, "vCOUTN=5<enter>");
    assert!(said(&model).contains("it takes COUNT, other"));
    press(&mut model, "<esc>");
    press(&mut model, "vTOKEN=hush<enter>");
    assert!(said(&model).contains("is a secret"));
    press(&mut model, "<esc>");
    assert!(choice(&model).values.is_empty());
    press(&mut model, "vcount=5<enter>vother=a b<enter>vCOUNT=7<enter>");
    let given = [("COUNT", "7"), ("other", "a b")];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(choice(&model).values, given.clone().into());
    press(&mut model, "vother=<enter>");
    assert_eq!(
        begun(&mut model, "y").values,
        given[..1].iter().cloned().collect()
    );
}

#[test]
fn a_name_of_the_page_that_means_no_machine_waits_for_its_value() {
    let mut model = model();
    let page = "---\ntargets:\n  web: {tag: {Env: \"{{env}}\"}}\n---\n# Page\n\n```sh {on=web}\nls\n```\n";
    let plan = Plan::parse(std::path::Path::new("p.md"), "p.md", page).unwrap();
    let start = Start::of(&model, plan, Vec::new(), None);
    assert!(
        start
            .place
            .as_ref()
            .is_err_and(|bad| bad.to_string().contains("env"))
    );
    model.overlay = Some(Overlay::Start(Box::new(start)));
    assert!(press(&mut model, "y").is_empty() && model.overlay.is_some());
    press(&mut model, "venv=test<enter>");
    let start = form(&model);
    let says = start.place.as_ref().err().map(ToString::to_string);
    assert!(
        says.as_ref().is_some_and(|says| !says.contains("needs a value")),
        "{says:?}"
    );
    // No value helps where the page means no machine.
    press(&mut model, "y");
    let last = model.notices.last().unwrap();
    let hint = &last.hint;
    assert!(
        last.says.contains("no machine is web") && hint.contains("targets.web"),
        "{last:?}"
    );
}

#[test]
fn the_form_says_what_would_run_and_where() {
    let mut model = asked_about();
    press(&mut model, "cb");
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(90, 24)).unwrap();
    let style = |_| ratatui::style::Style::new();
    let look = crate::ui::Look::new(&style);
    terminal
        .draw(|frame| crate::panel::view(&model, &crate::panel::tests::Filled, &look, frame))
        .unwrap();
    let screen = terminal.backend().to_string();
    for says in [
        "Run Page on local?",
        "1 step;",
        "begin at",
        "2 clean",
        "only steps that look",
    ] {
        assert!(screen.contains(says), "{says}: {screen}");
    }
}

#[test]
fn a_run_that_is_over_is_undone_by_a_key() {
    let mut model = super::model();
    assert!(!model.carry.is_undoable());
    let text = "```sh {name=mk rollback=rm}\nmkdir a\n```\n\n```sh {name=rm kind=rollback}\nrmdir a\n```\n";
    let plan = Plan::parse(std::path::Path::new("p.md"), "p.md", text).unwrap();
    model.carry = Carry {
        run: Some("0197".into()),
        ..Carry::of(&plan, "local".into(), false)
    };
    model.carry.mark("mk", Mark::Done { lasted_ms: 1 });
    assert!(press(&mut model, "u").is_empty(), "it is going on");
    model.carry.closed = Some((Outcome::Failed, "step 2".into()));
    let wanted = "0197".to_owned();
    assert_eq!(
        press(&mut model, "u"),
        [Effect::FindCarry { wanted, undoes: true }]
    );
}

#[test]
fn what_another_panel_filled_in_is_set_before_a_run_and_gone_once_the_page_is_left() {
    let mut model = asked_about();
    press(&mut model, "n");
    let values = vec![("count", "7".to_owned()), ("account", "1111".to_owned())];
    crate::panel::runbooks::open_filled(&mut model, "p.md", values.clone());
    press(&mut model, "R");
    // The page has no use for an account.
    let wanted: crate::runbook::Values = [("count".to_owned(), "7".to_owned())].into();
    assert_eq!(choice(&model).values, wanted);
    assert_eq!(begun(&mut model, "y").values, wanted);
    // What the page does not take is asked for again.
    model = asked_about();
    press(&mut model, "n");
    crate::panel::runbooks::open_filled(&mut model, "p.md", vec![("count", "many".to_owned())]);
    press(&mut model, "R");
    assert_eq!(choice(&model).values, crate::runbook::Values::new());
    // In the list, and on the page when it is opened by hand, nothing is filled in any longer.
    model = asked_about();
    press(&mut model, "n");
    crate::panel::runbooks::open_filled(&mut model, "p.md", values);
    press(&mut model, "h<enter>R");
    assert_eq!(choice(&model).values, crate::runbook::Values::new());
}
