//! Every panel at any size, whatever the model believes the size to be: none may panic, and help and palette know
//! the whole command table.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::app::command::{Place, TABLE};
use crate::app::play::{model, node, press};
use crate::app::{Model, Msg, PaneId, PlayerStatus, Room, RunId, update};
use crate::audit::{Actor, Event, Kind, Log, Range};
use crate::fanout::Event::Over;
use crate::fanout::Outcome;
use crate::ui::Look;

use super::{Panes, view};

/// A pane that fills what it is given.
pub(super) struct Filled;

impl Panes for Filled {
    fn paint(&self, _: PaneId, area: Rect, buf: &mut Buffer, _: &Look) -> Option<Position> {
        for position in area.positions() {
            buf[position].set_symbol("#");
        }
        area.positions().next()
    }
}

fn painted(model: &Model, cols: u16, rows: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(cols, rows)).unwrap();
    let style = |_| Style::new();
    terminal
        .draw(|frame| view(model, &Filled, &Look::new(&style), frame))
        .unwrap();
    terminal.backend().to_string()
}

/// A model with something in every panel.
fn busy() -> Model {
    let mut model = model();
    let session = |pane| Msg::SessionOpened {
        pane: PaneId(pane),
        target: "i-01".into(),
        title: "결제-정산-배치 🚀👩‍💻\x1b]0;x\x07".into(),
        production: pane % 2 == 0,
    };
    for msg in [session(1), session(2), session(3)] {
        update(&mut model, msg);
    }
    press(&mut model, "<C-g>");
    let folder = tempfile::tempdir().unwrap();
    let page = "# Disk\n\n| a | b |\n|---|---|\n| 1 | 결제 |\n\n```sh\ndf -h {{path}}\n```\n\n> - quoted\n";
    std::fs::write(folder.path().join("disk.md"), page).unwrap();
    std::fs::write(folder.path().join("empty.md"), "").unwrap();
    let library = crate::runbook::Library::scan(&[folder.path().to_owned()]);
    update(&mut model, Msg::RunbooksScanned(Box::new(library)));
    let log = Log::open(folder.path()).unwrap();
    for kind in [Kind::SessionStart, Kind::SessionEnd] {
        log.append(Event::new(kind, Actor::local())).unwrap();
    }
    let alarm = |nth| crate::alarm::Alarm {
        name: format!("결제-{nth}\x1b]0;x\x07"),
        arn: format!("arn:{nth}"),
        state: crate::alarm::State::Alarm,
        composite: nth % 2 == 0,
        ..Default::default()
    };
    let rows = crate::alarm::Batch::Rows((0..9).map(alarm).collect());
    update(&mut model, Msg::AlarmsArrived(rows));
    let entries = log
        .read(Range::default())
        .unwrap()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    let verdict = Some(log.verify().unwrap());
    update(&mut model, Msg::AuditRead { entries, verdict });
    press(&mut model, "2/web<enter>cuptime --결제<enter><enter>");
    let outcome = Outcome {
        id: "i-01".into(),
        status: "Failed".into(),
        exit_code: Some(-1),
        stdout: b"caf\xc3 \x1b]0;x\x07\ttab\r\n\n".to_vec(),
        stderr: "결제 ".repeat(200).into(),
        ..Outcome::default()
    };
    let events = vec![Over(Box::new(outcome))];
    update(
        &mut model,
        Msg::RunHeard {
            run: RunId(1),
            events,
        },
    );
    press(&mut model, "2<C-x>");
    update(
        &mut model,
        Msg::PlayerOpened {
            pane: PaneId(9),
            title: "web-01".into(),
            beside: None,
        },
    );
    let status = PlayerStatus {
        at_us: 5,
        duration_us: 60_000_000,
        speed: 2.0,
        hits: vec![1, 2, 3],
        size: (80, 24),
        ..PlayerStatus::default()
    };
    update(
        &mut model,
        Msg::PlayerMoved {
            pane: PaneId(9),
            status,
        },
    );
    model
}

const ROOMS: [Room; 14] = [
    Room::Incident,
    Room::Home,
    Room::Fleet,
    Room::Sessions,
    Room::Recordings,
    Room::Player,
    Room::Costs,
    Room::Runbooks,
    Room::Audit,
    Room::Runs,
    Room::Forwards,
    Room::Carry,
    Room::Documents,
    Room::Alarms,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_room_is_painted_at_any_size(
        room in 0..ROOMS.len(),
        (cols, rows) in (1u16..160, 1u16..60),
        (believed_cols, believed_rows) in (1u16..160, 1u16..60),
        (full_screen, detail, narrow) in (any::<bool>(), any::<bool>(), any::<bool>()),
        keys in prop::sample::select(vec!["", "g", "?", "?jjjj", "!", ":abc", "<C-p>", "<C-p>theme", "/web", "/(", "q", "jjj", "G", "<tab>", "<tab>s", "h", "a", "<enter>", "<enter>/a", "<esc>", "R", "cls", "cls<enter>x<enter>"]),
    ) {
        let mut model = busy();
        model.go(ROOMS[room]);
        press(&mut model, keys);
        (model.cols, model.rows) = (believed_cols, believed_rows);
        model.sessions.full_screen = full_screen;
        model.fleet.detail = detail;
        // Small ones more often: they are where it goes wrong.
        let (cols, rows) = if narrow { (cols % 24 + 1, rows % 8 + 1) } else { (cols, rows) };
        painted(&model, cols, rows);
    }
}

#[test]
fn help_shows_every_command_of_its_place_and_of_anywhere() {
    for room in ROOMS {
        let mut model = busy();
        model.go(room);
        press(&mut model, "?");
        let shown = painted(&model, 140, 120);
        for spec in TABLE
            .iter()
            .filter(|spec| [Place::Anywhere, room.place()].contains(&spec.place))
        {
            assert!(
                shown.contains(spec.name),
                "{} is missing in {room:?}:\n{shown}",
                spec.name
            );
        }
    }
}

#[test]
fn the_palette_finds_every_command_of_its_place_by_name() {
    for room in ROOMS {
        for spec in TABLE
            .iter()
            .filter(|spec| spec.place == Place::Anywhere || spec.place == room.place())
        {
            let mut model = busy();
            model.go(room);
            press(&mut model, "<C-p>");
            press(&mut model, spec.name);
            assert!(
                painted(&model, 140, 50).contains(spec.help),
                "{} in {room:?}",
                spec.name
            );
        }
    }
}

#[test]
fn what_an_instance_is_called_cannot_speak_to_the_terminal() {
    let mut model = model();
    let tags = BTreeMap::from([("Name".to_owned(), "evil\x1b]0;x\x07\u{202e}name".to_owned())]);
    update(
        &mut model,
        Msg::FleetArrived(crate::fleet::Batch::Rows(vec![node("i-0bad", tags)])),
    );
    for room in [Room::Home, Room::Fleet] {
        model.go(room);
        model.fleet.detail = true;
        assert!(!painted(&model, 160, 40).contains(['\x1b', '\x07']), "{room:?}");
    }
}

#[test]
fn a_session_that_is_watched_offers_nothing_but_to_leave_it() {
    let mut model = busy();
    for (paused, state) in [(false, "●"), (true, "■")] {
        let status = PlayerStatus {
            is_watched: true,
            paused,
            ..PlayerStatus::default()
        };
        let pane = PaneId(9);
        update(&mut model, Msg::PlayerMoved { pane, status });
        let rows = painted(&model, 100, 30);
        assert!(rows.contains(state) && rows.contains("esc leave"), "{rows}");
        for none in ["pause", "1×", "as recorded"] {
            assert!(!rows.contains(none), "{none}: {rows}");
        }
    }
}
