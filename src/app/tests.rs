//! The core by its keys: what a user types, what the model says, what is asked of the world. One file, however long,
//! so that what a key means in one panel is read beside what it means in the next.

use super::play::{failure, model, named_node, place, press, recording};
use super::{Ask, Command, Effect, Model, Msg, Overlay, PaneId, Room, ToPlayer, ToSession, dispatch, update};
use crate::session::{State, Status};

mod fleet;

fn open_session(model: &mut Model, pane: u64, production: bool) {
    let opened = Msg::SessionOpened {
        pane: PaneId(pane),
        target: format!("i-{pane:02}"),
        title: format!("host-{pane}"),
        production,
    };
    update(model, opened);
}

fn end_session(model: &mut Model, pane: u64) -> Vec<Effect> {
    let status = Status {
        state: State::Ended {
            why: "the shell ended".into(),
        },
        ..Status::default()
    };
    update(
        model,
        Msg::SessionChanged {
            pane: PaneId(pane),
            status,
        },
    )
}

fn last_notice(model: &Model) -> String {
    model
        .notices
        .last()
        .map(|notice| format!("{} | {}", notice.says, notice.hint))
        .unwrap_or_default()
}

fn shown(model: &Model) -> Vec<&str> {
    model
        .fleet
        .shown
        .iter()
        .map(|at| model.fleet.nodes[*at].name.as_str())
        .collect()
}

#[test]
fn escape_and_a_key_that_came_as_one_are_two_where_nothing_is_typed() {
    for opens in ["!", "?"] {
        let mut model = model();
        assert_eq!(press(&mut model, opens), []);
        assert!(model.overlay.is_some());
        assert_eq!(press(&mut model, "<A-q>"), [Effect::Quit], "{opens}");
    }
    let mut model = model();
    open_session(&mut model, 1, true);
    press(&mut model, "<C-g>x");
    assert_eq!(
        press(&mut model, "<A-y>"),
        [],
        "escape was an answer, and the first"
    );
    press(&mut model, ":<A-q>");
    assert!(model.overlay.is_some(), "a prompt has its own use for Alt");
}

#[test]
fn a_focused_pane_takes_every_key_but_the_one_that_takes_them_back() {
    let mut model = model();
    open_session(&mut model, 1, false);
    assert_eq!(model.room, Room::Sessions);
    let effects = press(&mut model, "q?:1<esc><C-p>");
    assert_eq!(effects.len(), 6);
    assert!(
        effects
            .iter()
            .all(|effect| matches!(effect, Effect::Session(PaneId(1), ToSession::Key(_))))
    );
    assert!(press(&mut model, "<C-g>").is_empty() && !model.sessions.focused());
    press(&mut model, "2");
    assert_eq!(model.room, Room::Fleet);
}

#[test]
fn sessions_are_turned_through_ended_after_a_question_and_closed() {
    let mut model = model();
    open_session(&mut model, 1, false);
    open_session(&mut model, 2, false);
    press(&mut model, "<C-g><tab>");
    assert_eq!(model.sessions.current().unwrap().pane, PaneId(1));
    assert_eq!(
        press(&mut model, "x<enter>"),
        [],
        "enter is no answer to a grave question"
    );
    assert_eq!(press(&mut model, "n"), []);
    assert_eq!(
        press(&mut model, "xy"),
        [Effect::Session(PaneId(1), ToSession::End)]
    );
    assert_eq!(end_session(&mut model, 1), [Effect::ListRecordings]);
    assert_eq!(end_session(&mut model, 1), [], "an end is told once");
    assert_eq!(press(&mut model, "x"), [Effect::Forget(PaneId(1))]);
    assert_eq!(model.sessions.current().unwrap().pane, PaneId(2));
}

#[test]
fn leaving_asks_about_open_sessions_only() {
    let mut model = model();
    assert_eq!(press(&mut model, "q"), [Effect::Quit]);
    open_session(&mut model, 1, false);
    assert_eq!(press(&mut model, "<C-g>q"), []);
    assert!(
        matches!(&model.overlay, Some(Overlay::Confirm { question, grave: true, .. }) if question[0].starts_with("1 session is open"))
    );
    assert_eq!(press(&mut model, "y"), [Effect::Quit]);
    assert_eq!(
        update(&mut model, Msg::Ended),
        [Effect::Quit],
        "a signal asks nothing"
    );
}

#[test]
fn a_paste_into_production_is_shown_first() {
    let mut model = model();
    open_session(&mut model, 1, true);
    assert_eq!(update(&mut model, Msg::Pasted("rm -rf x".into())), []);
    assert_eq!(press(&mut model, "<enter>"), []);
    assert_eq!(
        press(&mut model, "y"),
        [Effect::Session(PaneId(1), ToSession::Paste("rm -rf x".into()))]
    );
    open_session(&mut model, 2, false);
    assert_eq!(update(&mut model, Msg::Pasted("ls".into())).len(), 1);
}

#[test]
fn a_window_that_changes_is_told_to_every_session() {
    let mut model = model();
    open_session(&mut model, 1, false);
    open_session(&mut model, 2, false);
    let effects = update(&mut model, Msg::Resized { cols: 100, rows: 30 });
    let sizes: Vec<_> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Session(pane, ToSession::Resize(size)) => (pane.0, size.cols, size.rows),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sizes, [(1, 100, 26), (2, 100, 26)]);
}

#[test]
fn nothing_that_opens_a_session_or_types_into_one_happens_in_read_only_mode_whatever_way_it_came() {
    let refused = |keys: &str| {
        let mut model = model();
        model.read_only = true;
        model.room = Room::Fleet;
        let effects = press(&mut model, keys);
        let [Effect::LogRefusal(says)] = &effects[..] else {
            panic!("{keys}: {effects:?}")
        };
        assert!(says.ends_with("is not possible in read-only mode"), "{says}");
        assert!(
            last_notice(&model).contains("read-only"),
            "{keys}: {}",
            last_notice(&model)
        );
    };
    refused("/web<enter>j<enter>");
    refused(":session.open<enter>");
    refused("<C-p>session.open<enter>");
    refused(":runbook.send<enter>");
    refused(":session.end<enter>");
}

#[test]
fn recordings_are_filtered_verified_and_played() {
    let mut model = model();
    assert_eq!(press(&mut model, "4"), [Effect::ListRecordings]);
    let effects = press(&mut model, "/web<enter>v<enter>");
    let [Effect::Verify { id, .. }, Effect::Play { title, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((id.as_str(), title.as_str()), ("r-1", "web-01"));
    press(&mut model, "/<backspace><backspace><backspace>");
    press(&mut model, "<enter>:recording.export gif<enter>");
    assert!(last_notice(&model).starts_with("no format is named gif | one of asciicast-v2"));
    let effects = press(&mut model, ":recording.export text<enter>");
    assert!(
        matches!(&effects[..], [Effect::Export { format, .. }] if format == "text"),
        "{effects:?}"
    );
}

#[test]
fn a_player_takes_its_keys_and_a_second_one_closes_the_first() {
    let mut model = model();
    update(
        &mut model,
        Msg::PlayerOpened {
            pane: PaneId(7),
            title: "web-01".into(),
            beside: None,
        },
    );
    let order = |order| Effect::Player(PaneId(7), order);
    let pressed = press(&mut model, "<space>]l5.:player.seek 1:30<enter>/panic<enter>");
    let wanted = [
        order(ToPlayer::Pause),
        order(ToPlayer::Faster),
        order(ToPlayer::SeekBy(5_000_000)),
        order(ToPlayer::SeekPercent(50.0)),
        order(ToPlayer::Step(1)),
        order(ToPlayer::SeekTo(90_000_000)),
        order(ToPlayer::Search("panic".into())),
    ];
    assert_eq!(pressed, wanted);
    let second = update(
        &mut model,
        Msg::PlayerOpened {
            pane: PaneId(8),
            title: "db-01".into(),
            beside: None,
        },
    );
    assert_eq!(second, [order(ToPlayer::Close)]);
    assert_eq!(
        press(&mut model, "<esc>"),
        [Effect::Player(PaneId(8), ToPlayer::Close)]
    );
}

#[test]
fn status_of_a_pane_that_is_gone_is_dropped() {
    let mut model = model();
    open_session(&mut model, 1, false);
    assert_eq!(end_session(&mut model, 5), []);
    let status = super::PlayerStatus::default();
    assert_eq!(
        update(
            &mut model,
            Msg::PlayerMoved {
                pane: PaneId(5),
                status
            }
        ),
        []
    );
    assert!(model.sessions.live() > 0 && model.recordings.player.is_none());
}

#[test]
fn a_runbooks_command_is_filled_in_previewed_and_sent_with_its_mark() {
    let folder = tempfile::tempdir().unwrap();
    let page = "# Disk\n\n```sh\ndf -h {{path}}\n```\n\n```sh\nuptime\n```\n";
    std::fs::write(folder.path().join("disk.md"), page).unwrap();
    let library = crate::runbook::Library::scan(&[folder.path().to_owned()]);
    let mut model = model();
    update(&mut model, Msg::RunbooksScanned(Box::new(library)));
    press(&mut model, "6<enter>s");
    assert!(last_notice(&model).starts_with("no command is selected"));
    press(&mut model, "<tab>s");
    assert!(last_notice(&model).starts_with("no session is open"));
    open_session(&mut model, 1, false);
    press(&mut model, "<C-g>6s");
    assert!(
        matches!(&model.overlay, Some(Overlay::Prompt { ask: Ask::Variable { name }, .. }) if name == "path")
    );
    press(&mut model, "<esc>");
    assert!(last_notice(&model).starts_with("nothing was sent") && model.overlay.is_none());
    assert_eq!(press(&mut model, "s/var<enter>"), []);
    assert!(
        matches!(&model.overlay, Some(Overlay::Preview { text, .. }) if text.contains("/var")),
        "{:?}",
        model.overlay
    );
    let effects = press(&mut model, "<enter>");
    let [
        Effect::Session(_, ToSession::Mark { lines, .. }),
        Effect::Session(_, ToSession::Run(commands)),
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert!(
        *lines == (3, 5) && commands[0].contains("/var"),
        "{lines:?} {commands:?}"
    );
    assert_eq!(model.room, Room::Sessions);
}

#[test]
fn escape_goes_back_the_way_one_came() {
    let mut model = model();
    press(&mut model, "2");
    press(&mut model, "4");
    press(&mut model, "<esc>");
    assert_eq!(model.room, Room::Fleet);
    press(&mut model, "<esc>");
    assert_eq!(model.room, Room::Home);
}

#[test]
fn work_is_shown_until_it_has_ended() {
    let mut model = model();
    let effects = update(&mut model, Msg::Started);
    assert!(effects.contains(&Effect::FetchFleet) && model.shows_time());
    for key in effects.iter().filter_map(Effect::key) {
        update(&mut model, Msg::Finished(key));
    }
    assert!(
        !model.shows_time(),
        "an idle console has no clock: {:?}",
        model.busy
    );
}

#[test]
fn a_command_by_name_does_what_its_key_does() {
    let by_name = |name: &str| {
        let mut model = model();
        model.room = Room::Recordings;
        dispatch(&mut model, Command::parse(name).unwrap())
    };
    let by_key = |key: &str| {
        let mut model = model();
        model.room = Room::Recordings;
        press(&mut model, key)
    };
    for (name, key) in [
        ("recording.play", "<enter>"),
        ("recording.verify", "v"),
        ("go.costs", "5"),
        ("list.copy", "y"),
    ] {
        assert_eq!(by_name(name), by_key(key), "{name}");
    }
}

#[test]
fn a_listing_keeps_the_row_that_was_chosen() {
    let mut model = model();
    press(&mut model, "4j");
    let chosen = model.recordings.selected().unwrap().id.clone();
    let rows = vec![
        recording("r-0", "new", 9_000_000),
        recording("r-1", "web-01", 1_000_000),
        recording("r-2", "db-01", 2_000_000),
    ];
    update(&mut model, Msg::RecordingsListed(rows));
    assert_eq!(model.recordings.selected().unwrap().id, chosen);
}

#[test]
fn a_picture_is_named_after_its_panel_unless_it_has_a_name() {
    let mut model = model();
    model.room = Room::Costs;
    let [Effect::Picture(file)] = &press(&mut model, "P")[..] else {
        panic!()
    };
    assert!(file.starts_with("qd-costs-") && file.ends_with("Z.png"), "{file}");
    let named = dispatch(&mut model, Command::parse("screen.picture a.svg").unwrap());
    assert_eq!(named, [Effect::Picture("a.svg".into())]);
}

#[test]
fn all_is_well_is_not_said_before_anything_has_answered() {
    let mut model = model();
    let asked = update(&mut model, Msg::Started);
    assert!(asked.contains(&Effect::FetchFleet));
    assert!(model.fleet.loading);
    update(&mut model, Msg::FleetEnded);
    assert!(!model.fleet.loading);
}
