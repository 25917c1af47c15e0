//! What stands above the word for production, and what stays in front while lists are read again.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::*;
use crate::app::PaneId;
use crate::panel::Panes;

/// The whole screen of a narrow terminal.
fn screen(model: &Model) -> String {
    struct NoPanes;
    impl Panes for NoPanes {
        fn paint(&self, _: PaneId, _: Rect, _: &mut Buffer, _: &Look) -> Option<Position> {
            None
        }
    }
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let style = |_| Style::new();
    let look = Look::new(&style);
    terminal
        .draw(|frame| crate::panel::view(model, &NoPanes, &look, frame))
        .unwrap();
    terminal.backend().to_string()
}

#[test]
fn whoever_types_the_word_for_production_sees_what_begins_and_what_is_typed() {
    let mut model = opened("prod");
    press(&mut model, "<enter>jj<enter>web-9<enter>");
    press(
        &mut model,
        "jj<enter>25%<enter>j<enter>2<enter>jj<enter>shop 5xx<enter>",
    );
    let effects = press(&mut model, "s");
    preview(&mut model, &effects);
    press(&mut model, "web-");
    let seen = screen(&model);
    for says in [
        "Start Shop-Restart in PRODUCTION",
        "On i-0123456789abcdef0 web-9",
        "25% at once, 2 may fail",
        "shop 5xx",
        "type web-9 to start it: web-",
    ] {
        assert!(seen.contains(says), "{says}\n{seen}");
    }
}

#[test]
fn asking_again_leaves_whoever_looks_at_automations_there() {
    let mut model = opened("test");
    press(&mut model, "<tab>");
    assert_eq!(model.documents.front, Front::Runs);
    press(&mut model, "r");
    assert_eq!(model.documents.front, Front::Runs);
    update(&mut model, Msg::Document(DocumentMsg::Listed(Index::default())));
    assert_eq!(model.documents.front, Front::Runs);
}

#[test]
fn to_take_an_approval_back_is_offered_where_one_was_given() {
    let mut model = opened("test");
    let id = "run-1".to_owned();
    let began = DocumentMsg::Began {
        place: place("us-east-1"),
        id: id.clone(),
        document: "Shop-Restart".into(),
    };
    update(&mut model, Msg::Document(began));
    let sight = running("aws:approve", Status::Waiting, Mode::Auto);
    update(
        &mut model,
        Msg::Document(DocumentMsg::Seen {
            id: id.clone(),
            sight,
        }),
    );
    let before = screen(&model);
    assert!(
        before.contains("0 of 1 approvals") && before.contains("a approve · X reject · x cancel it"),
        "{before}"
    );
    assert!(!before.contains("take yours back"), "{before}");
    let signal = Signal::Approve {
        comment: String::new(),
    };
    update(&mut model, Msg::Document(DocumentMsg::Told { id, signal }));
    let after = screen(&model);
    assert!(after.contains("R take yours back"), "{after}");
}
