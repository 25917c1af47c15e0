//! The search box, the list's filter, and the player's keys, as they are typed.

use std::sync::Arc;

use crate::app::play::{model, press};
use crate::app::{Effect, Model, Msg, PaneId, PlayerStatus, Progress, Room, ToPlayer, update};
use crate::recording::{Command, Found, Moment, MomentKind, Overview, Place, Source};

const SECOND: u64 = 1_000_000;

fn found(model: &Model, nth: usize, at_us: u64, text: &str) -> Found {
    Found {
        row: Arc::new(model.recordings.rows[nth].clone()),
        at_us,
        text: text.into(),
        place: Place::Line,
        command: None,
    }
}

fn order(order: ToPlayer) -> Effect {
    Effect::Player(PaneId(7), order)
}

fn played() -> Model {
    let mut model = model();
    let opened = Msg::PlayerOpened {
        pane: PaneId(7),
        title: "web-01".into(),
        beside: None,
    };
    update(&mut model, opened);
    let command = |at_s: u64, text: &str| Command {
        at_us: at_s * SECOND,
        text: text.into(),
        cwd: None,
        exit_code: Some(1),
        duration_us: None,
        source: Source::Inferred,
    };
    let overview = Overview {
        activity: vec![1, 2, 3],
        moments: vec![Moment {
            at_us: 50 * SECOND,
            kind: MomentKind::Gap,
            label: "gap".into(),
        }],
        commands: vec![command(10, "ls"), command(20, "df -h"), command(40, "rm x")],
    };
    let read = Msg::PlayerRead {
        pane: PaneId(7),
        overview: Box::new(overview),
    };
    update(&mut model, read);
    let status = PlayerStatus {
        at_us: 20 * SECOND as i64,
        duration_us: 60 * SECOND as i64,
        speed: 1.0,
        paused: true,
        hits: vec![5 * SECOND as i64, 30 * SECOND as i64],
        size: (80, 24),
        cursor: (3, 9),
        ..PlayerStatus::default()
    };
    let pane = PaneId(7);
    update(&mut model, Msg::PlayerMoved { pane, status });
    model
}

#[test]
fn typing_searches_all_recordings_and_enter_opens_the_player_at_that_moment() {
    let mut model = model();
    press(&mut model, "4");
    let typed = press(&mut model, "sfu");
    let search = |query: &str, logged| Effect::Search {
        query: query.into(),
        logged,
    };
    assert_eq!(typed, [search("f", true), search("fu", false)]);
    let stale = vec![found(&model, 0, 1, "old")];
    let answers = vec![
        found(&model, 1, 90 * SECOND, "disk full"),
        found(&model, 0, 5, "fuse"),
    ];
    let tell = |query: &str, found, progress| Msg::RecordingsFound {
        query: query.into(),
        found,
        progress,
    };
    update(&mut model, tell("f", stale, Progress::Going));
    update(&mut model, tell("fu", answers, Progress::Done));
    assert_eq!(press(&mut model, "<enter>"), [search("fu", true)]);
    let effects = press(&mut model, "<enter>j<enter>");
    let places: Vec<Option<(u64, String)>> = effects
        .into_iter()
        .map(|effect| match effect {
            Effect::Play { found, .. } => found,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(places, [Some((90 * SECOND, "fu".into())), Some((5, "fu".into()))]);
    press(&mut model, "<esc>");
    assert!(model.recordings.find.is_none() && model.room == Room::Recordings);
}

#[test]
fn what_is_wrong_with_a_query_is_said_and_nothing_is_searched() {
    let mut model = model();
    press(&mut model, "4");
    let effects = press(&mut model, "sexit:x");
    assert!(
        effects
            .iter()
            .all(|effect| !matches!(effect, Effect::Search { query, .. } if query == "exit:x"))
    );
    let find = model.recordings.find.as_ref().unwrap();
    assert!(matches!(&find.progress, Progress::Refused(says) if says.contains("an exit code is a number")));
}

#[test]
fn the_list_takes_the_keys_of_a_search_and_keeps_its_rows_while_one_is_half_typed() {
    let mut model = model();
    press(&mut model, "4/who:mara web");
    assert_eq!(model.recordings.shown.len(), 1);
    press(&mut model, "<enter>/ \"we");
    assert_eq!(model.recordings.shown.len(), 1);
    assert!(model.recordings.bad_filter.is_some());
    press(&mut model, "<esc><C-x>");
    assert!(model.recordings.bad_filter.is_none());
    assert_eq!(model.recordings.shown.len(), 2);
}

#[test]
fn two_marked_recordings_play_side_by_side_the_earlier_one_first() {
    let mut model = model();
    press(&mut model, "4");
    assert_eq!(press(&mut model, "b"), []);
    let effects = press(&mut model, "mmb");
    let [
        Effect::Play {
            title,
            beside: Some((_, second)),
            ..
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert!(
        title.starts_with("web-01") && second.starts_with("db-01"),
        "{title}, {second}"
    );
    let opened = Msg::PlayerOpened {
        pane: PaneId(7),
        title: title.clone(),
        beside: Some((PaneId(8), second.clone())),
    };
    update(&mut model, opened);
    let closed = press(&mut model, "<esc>");
    assert_eq!(
        closed,
        [order(ToPlayer::Close), Effect::Player(PaneId(8), ToPlayer::Close)]
    );
}

#[test]
fn keys_go_from_command_to_command_to_moments_and_to_hits() {
    let mut model = played();
    let seek = |at_s: u64| order(ToPlayer::SeekTo((at_s * SECOND) as i64));
    let show = |at_s: u64| order(ToPlayer::Show((at_s * SECOND) as i64));
    assert_eq!(
        press(&mut model, "jkmnN"),
        [seek(40), seek(10), seek(50), show(30), show(5)]
    );
    assert_eq!(press(&mut model, "Y"), [Effect::Copy("df -h".into())]);
    assert_eq!(press(&mut model, "cj<enter>"), [seek(40)]);
    assert_eq!(press(&mut model, "cky"), [Effect::Copy("ls".into())]);
    assert_eq!(press(&mut model, "M"), []);
}

#[test]
fn text_is_selected_with_keys_from_the_cursor_on_and_copied() {
    let mut model = played();
    press(&mut model, "vk<space>");
    let effects = press(&mut model, "lly");
    let wanted = [
        ToPlayer::SelectFrom(3, 8),
        ToPlayer::SelectTo(4, 8),
        ToPlayer::SelectFrom(3, 8),
        ToPlayer::SelectTo(5, 8),
        ToPlayer::CopyText,
        ToPlayer::Unselect,
    ];
    assert_eq!(effects, wanted.map(order));
    assert_eq!(press(&mut model, "<space>"), [order(ToPlayer::Pause)]);
    assert_eq!(
        update(&mut model, Msg::Taken("x".into())),
        [Effect::Copy("x".into())]
    );
}
