//! The incident by its keys.

use crate::app::play::{model, only_logs_refusal, press};
use crate::app::{Effect, Model, Msg, Overlay, Room, update};
use crate::incident::{Record, State, Status};

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
                is_current: true,
                tells_aws: true
            }],
            "{room}"
        );
    }
}

#[test]
fn the_ops_item_of_a_narrow_screen_is_whole() {
    use crate::incident::OpsItem;
    let mut model = with_current();
    let mut known = state();
    known.opsitem = Some(OpsItem {
        id: "oi-571742c0ffee".into(),
        account: "111122223333".into(),
        region: "us-east-1".into(),
    });
    update(&mut model, Msg::IncidentChanged(Some(Box::new(known))));
    press(&mut model, "0");
    let seen = crate::ui::tests::painted(80, 24, |area, buf, look| super::view(&model, area, buf, look));
    assert!(seen.contains("OpsItem oi-571742c0ffee"), "{seen}");
}

#[test]
fn what_took_days_is_told_in_fewer_words_where_it_would_be_cut() {
    let mut model = with_current();
    let at = |text: &str| Some(text.parse().unwrap());
    let known = State {
        acknowledged_at: at("2026-11-25T20:12:00Z"),
        mitigated_at: at("2026-11-25T20:20:00Z"),
        recovered_at: at("2026-11-25T20:21:00Z"),
        ..state()
    };
    update(&mut model, Msg::IncidentChanged(Some(Box::new(known))));
    press(&mut model, "0");
    let seen =
        |width| crate::ui::tests::painted(width, 24, |area, buf, look| super::view(&model, area, buf, look));
    let (narrow, wide) = (seen(80), seen(120));
    assert!(
        narrow.contains("mitigated 4 d 0 h  recovered 4 d 0 h "),
        "{narrow}"
    );
    assert!(!narrow.contains("4 d 0 h 2"), "{narrow}");
    assert!(wide.contains("recovered 4 d 0 h 21 min"), "{wide}");
}

#[test]
fn who_works_as_one_user_is_told_apart_where_there_is_little_room() {
    use crate::incident::timeline::person;
    let shared = |names: &[&'static str]| names.iter().copied().collect();
    let of = |arn: &str, shared| super::view::who(Some("root"), Some(arn), true, &shared);
    let (mara, jun) = ("arn:aws:iam::1:user/mara", "arn:aws:iam::1:user/jun");
    assert_eq!(
        (of(mara, shared(&["root"])), of(jun, shared(&["root"]))),
        ("mara".into(), "jun".into())
    );
    assert_eq!(of(mara, shared(&[])), "root");
    let whole = super::view::who(Some("root"), Some(mara), false, &shared(&[]));
    assert_eq!(whole, person("root", Some(mara)));
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

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

/// A closed one of last week, and the current one.
fn listed() -> Model {
    let mut model = with_current();
    model.now = at("2026-11-21T20:30:00Z");
    let closed = State {
        id: "20261114-0900-beef".into(),
        title: "disk of db-01 is full".into(),
        started_at: Some(at("2026-11-14T09:00:00Z")),
        status: Status::Closed,
        ..State::default()
    };
    press(&mut model, "0");
    assert_eq!(press(&mut model, "<tab>"), [Effect::ListIncidents]);
    update(&mut model, Msg::IncidentsListed(vec![state(), closed]));
    model
}

fn told(effects: &[Effect]) -> (&str, &Record) {
    match effects {
        [Effect::TellIncident { id, record, .. }] => (id, record),
        other => panic!("nothing was said: {other:?}"),
    }
}

#[test]
fn a_word_is_said_of_a_time_before_now_and_a_wrong_one_is_asked_again() {
    let mut model = with_current();
    model.now = at("2026-11-21T20:30:00Z");
    press(&mut model, "0");
    let effects = press(&mut model, "a-10m on it<enter>");
    let record = Record::Acknowledged {
        note: "on it".into(),
        when: Some(at("2026-11-21T20:20:00Z")),
    };
    assert_eq!(told(&effects), ("20261121-2000-abcd", &record));
    assert!(press(&mut model, "v19:00 too early<enter>").is_empty());
    assert!(
        model
            .notices
            .last()
            .unwrap()
            .says
            .contains("before the incident began")
    );
    let effects = press(&mut model, "<C-u>20:25<enter>");
    let when = Some(at("2026-11-21T20:25:00Z"));
    let note = String::new();
    assert_eq!(told(&effects).1, &Record::Recovered { note, when });
    let effects = press(&mut model, "m<enter>");
    assert!(matches!(told(&effects).1, Record::Mitigated { when: None, .. }));
}

#[test]
fn roles_and_links_are_typed_in_one_line() {
    let mut model = with_current();
    press(&mut model, "0");
    assert!(press(&mut model, "pcommander<enter>").is_empty(), "of whom?");
    let effects = press(&mut model, " mara<enter>");
    let (role, person) = ("commander".into(), "mara".into());
    assert_eq!(told(&effects).1, &Record::Role { role, person });
    let effects = press(&mut model, "Lticket=OPS-12<enter>");
    assert_eq!(
        effects,
        [Effect::LinkIncident {
            id: "20261121-2000-abcd".into(),
            what: "ticket=OPS-12".into(),
            is_current: true,
            tells_aws: true
        }]
    );
    let effects = press(&mut model, "pscribe=jun<enter>");
    let (role, person) = ("scribe".into(), "jun".into());
    assert_eq!(told(&effects).1, &Record::Role { role, person });
}

#[test]
fn a_title_that_is_too_long_is_asked_again() {
    let mut model = model();
    let long = "x".repeat(201);
    assert!(press(&mut model, &format!(":incident.start {long}<enter>")).is_empty());
    assert!(model.notices.last().unwrap().says.contains("at most 200"));
    let effects = press(&mut model, "<backspace><enter>");
    assert!(matches!(&effects[..], [Effect::StartIncident { title, .. }] if title.len() == 200));
}

#[test]
fn the_list_is_narrowed_looked_into_and_left_as_it_was_entered() {
    let mut model = listed();
    press(&mut model, "/DISK closed<enter>");
    let effects = press(&mut model, "<enter>");
    assert_eq!(effects, [Effect::WatchIncident("20261114-0900-beef".into())]);
    assert_eq!(model.incidents.current.as_ref().unwrap().id, "20261121-2000-abcd");
    let effects = press(&mut model, ";was it this one?<enter>");
    assert_eq!(
        told(&effects).0,
        "20261114-0900-beef",
        "what is in front is meant"
    );
    assert!(press(&mut model, "a").is_empty());
    assert!(model.notices.last().unwrap().says.contains("is closed"));
    assert_eq!(press(&mut model, "<esc>"), [Effect::ListIncidents]);
    press(&mut model, "<esc>");
    assert!(model.incidents.list.filter.is_empty());
    press(&mut model, "<esc>");
    assert_eq!(
        model.incidents.shown().unwrap().id,
        "20261121-2000-abcd",
        "one's own again"
    );
    assert_eq!(model.room, Room::Incident);
    press(&mut model, "<esc>");
    assert_ne!(model.room, Room::Incident);
}

#[test]
fn another_one_is_taken_up_and_a_close_is_undone() {
    let mut model = listed();
    press(&mut model, "j");
    assert_eq!(
        press(&mut model, "t"),
        [Effect::SwitchIncident("20261114-0900-beef".into())]
    );
    let effects = press(&mut model, "R");
    assert_eq!(
        told(&effects),
        ("20261114-0900-beef", &Record::Reopened { note: String::new() })
    );
    press(&mut model, "k");
    assert!(press(&mut model, "R").is_empty(), "it is not closed");
    let mut model = with_current();
    press(&mut model, "0x");
    let effects = press(&mut model, "y");
    assert!(matches!(told(&effects).1, Record::Closed { .. }));
    update(&mut model, Msg::IncidentChanged(None));
    assert_eq!(told(&press(&mut model, "R")).0, "20261121-2000-abcd");
}
