//! The incident by its keys.

use crate::app::play::{model, only_logs_refusal, press};
use crate::app::{Effect, Model, Msg, Overlay, Room, update};
use crate::incident::{Record, State};

fn state() -> State {
    State {
        id: "20261121-2000-abcd".into(),
        title: "checkout is down".into(),
        started_at: Some("2026-11-21T20:00:00Z".parse().unwrap()),
        ..State::default()
    }
}

fn with_current() -> Model {
    let mut model = model();
    update(&mut model, Msg::IncidentChanged(Some(Box::new(state()))));
    model
}

#[test]
fn a_note_is_one_line_from_anywhere() {
    for room in ["1", "2", "4", "5", "7", "9"] {
        let mut model = with_current();
        press(&mut model, room);
        let effects = press(&mut model, ";restarted it<enter>");
        assert_eq!(
            effects,
            [Effect::TellIncident {
                id: "20261121-2000-abcd".into(),
                record: Record::Note {
                    text: "restarted it".into()
                },
                tells_aws: true
            }],
            "{room}"
        );
    }
}

#[test]
fn an_empty_note_is_none_and_without_an_incident_nothing_is_asked() {
    let mut model = with_current();
    assert!(press(&mut model, ";  <enter>").is_empty());
    let mut bare = crate::app::play::model();
    assert!(press(&mut bare, ";").is_empty());
    assert!(bare.overlay.is_none() && !bare.notices.is_empty());
}

#[test]
fn an_incident_begins_with_the_title_that_was_typed() {
    let mut model = model();
    let effects = press(&mut model, ":incident.start<enter>disk full<enter>");
    assert!(
        matches!(&effects[..], [Effect::StartIncident { title, alarm: None, .. }] if title == "disk full")
    );
}

#[test]
fn closing_asks_first_and_says_what_stays_unknown() {
    let mut model = with_current();
    press(&mut model, ":incident.close<enter>");
    let Some(Overlay::Confirm { question, .. }) = &model.overlay else {
        panic!("not asked")
    };
    assert!(question[1].contains("unknown"));
    let effects = press(&mut model, "y");
    assert!(matches!(
        &effects[..],
        [Effect::TellIncident {
            record: Record::Closed { .. },
            ..
        }]
    ));
}

#[test]
fn read_only_leaves_aws_alone_and_notes_possible() {
    let mut model = with_current();
    model.read_only = true;
    assert!(only_logs_refusal(&press(&mut model, ":incident.opsitem<enter>")));
    let effects = press(&mut model, ";seen<enter>");
    assert!(matches!(
        &effects[..],
        [Effect::TellIncident { tells_aws: false, .. }]
    ));
}

#[test]
fn the_panel_watches_what_is_current_and_changes_with_it() {
    let mut model = with_current();
    assert_eq!(
        press(&mut model, "0"),
        [Effect::WatchIncident("20261121-2000-abcd".into())]
    );
    assert_eq!(model.room, Room::Incident);
    let other = State {
        id: "20261121-2100-ffff".into(),
        ..state()
    };
    let effects = update(&mut model, Msg::IncidentChanged(Some(Box::new(other))));
    assert_eq!(effects, [Effect::WatchIncident("20261121-2100-ffff".into())]);
    update(&mut model, Msg::IncidentChanged(None));
    assert!(model.incidents.report.is_none());
    assert!(matches!(press(&mut model, "E")[..], []));
}
