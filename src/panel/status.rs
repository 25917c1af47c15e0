//! The first and the last line of the screen: where one is; what can be pressed, what goes on, what was said.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::{Model, Notice, Place, Room, Verb, opens};
use crate::ui::palette::NextKeys;
use crate::ui::status::{GAP, Hint, Status, wide};
use crate::ui::tabs::{Tab, Tabs};
use crate::ui::{Look, Role, progress, text};

use super::{incident, notice};

/// Keys that no notice takes the place of.
const FOREMOST: usize = 2;

/// The last of the keys, counted from 0, that are more important than the one for help.
const HELP: u8 = 2;

/// Tabs, with the product's name before them where there is room.
fn strip(area: Rect) -> Rect {
    let name = if area.width >= 100 { 15 } else { 0 };
    Rect {
        x: area.x + name,
        width: area.width - name,
        ..area
    }
}

/// Titles with their keys, and how many live things a room has; shorter ones where these do not fit.
fn titles(model: &Model, room: u16) -> Vec<String> {
    let with = |name: &dyn Fn(Room, &'static str) -> &'static str| -> Vec<String> {
        let tabs = Room::TABS.iter();
        tabs.map(|(room, title)| {
            let title = name(*room, title);
            let live = match room {
                Room::Home => model.alarms.loud(),
                Room::Sessions => model.sessions.live(),
                Room::Runs => model.fanout.going(),
                Room::Forwards => model.forwards.open(),
                Room::Runbooks => usize::from(model.carry.is_going()),
                _ => 0,
            };
            let keys = model.bindings.keys_of(Place::Home, &verb(*room).into());
            let key = keys.first().map_or("", String::as_str);
            match live {
                0 => format!("{key} {title}"),
                live => format!("{key} {title} {live}"),
            }
        })
        .collect()
    };
    let room = room.saturating_sub(incident::badge_width(model));
    let long = with(&|_, title| title);
    if width(&long) <= room {
        return long;
    }
    let short = with(&|room, title| match room {
        Room::Sessions => "Sess",
        Room::Recordings => "Recs",
        Room::Runbooks => "Books",
        Room::Costs => "Cost",
        Room::Forwards => "Fwd",
        _ => title,
    });
    if width(&short) <= room || model.incidents.current.is_none() {
        return short;
    }
    with(&|room, title| match room {
        Room::Fleet => "Flt",
        Room::Sessions => "Ses",
        Room::Recordings => "Rec",
        Room::Runbooks => "Bks",
        Room::Audit => "Aud",
        Room::Runs => "Run",
        Room::Costs => "Cost",
        Room::Forwards => "Fwd",
        _ => title,
    })
}

/// Cells that tabs of these titles take.
fn width(titles: &[String]) -> u16 {
    titles.iter().map(|title| text::width(title) as u16 + 2).sum()
}

fn with<T>(model: &Model, room: u16, then: impl FnOnce(&Tabs) -> T) -> T {
    let titles = titles(model, room);
    let tabs: Vec<Tab> = titles
        .iter()
        .map(|title| Tab {
            title,
            stirred: false,
            prod: false,
        })
        .collect();
    let room = match model.room {
        Room::Player => Room::Recordings,
        Room::Carry | Room::Documents => Room::Runbooks,
        Room::Alarms => Room::Home,
        room => room,
    };
    let selected = Room::TABS
        .iter()
        .position(|(each, _)| *each == room)
        .unwrap_or_default();
    then(&Tabs {
        tabs: &tabs,
        selected,
    })
}

pub fn tabs(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let strip = strip(area);
    if strip.x > area.x {
        let name = Line::from(vec![
            Span::styled(" ⚓ ", look.of(Role::Accent)),
            Span::styled("quarterdeck", look.of(Role::Title)),
        ]);
        name.render(Rect { width: 15, ..area }, buf);
    }
    with(model, strip.width, |tabs| tabs.paint(strip, buf, look));
    let mut badges = Vec::new();
    if model.demo {
        badges.push(Span::styled(" demo ", look.of(Role::BadgeCached)));
    }
    if model.read_only {
        badges.push(Span::styled(" read-only ", look.of(Role::BadgeCached)));
    }
    let taken = width(&titles(model, strip.width));
    let room = strip.width.saturating_sub(taken + 1);
    // The incident is told before what one knows already, and in fewer words before it is left out.
    let plain: usize = badges.iter().map(Span::width).sum();
    let forms = incident::badges(model, look);
    let first_fit = |beside: usize| {
        let fits = |form: &&Span| form.width() + beside <= usize::from(room);
        forms.iter().find(fits).cloned()
    };
    match first_fit(plain) {
        Some(form) => badges.push(form),
        None => badges = first_fit(0).map_or(badges, |form| vec![form]),
    }
    let line = Line::from(badges);
    let width = line.width() as u16;
    if strip.width > taken + width {
        line.render(
            Rect {
                x: area.right() - width,
                width,
                ..area
            },
            buf,
        );
    }
}

/// The command behind the tab under the mouse.
pub fn tab_at(model: &Model, area: Rect, x: u16, y: u16) -> Option<Verb> {
    let at = with(model, strip(area).width, |tabs| tabs.hit(strip(area), x, y))?;
    Room::TABS.get(at).map(|(room, _)| verb(*room))
}

/// The command that goes to a room.
fn verb(room: Room) -> Verb {
    match room {
        Room::Home | Room::Player | Room::Alarms => Verb::GoHome,
        Room::Fleet => Verb::GoFleet,
        Room::Sessions => Verb::GoSessions,
        Room::Recordings => Verb::GoRecordings,
        Room::Costs => Verb::GoCosts,
        Room::Runbooks | Room::Carry | Room::Documents => Verb::GoRunbooks,
        Room::Audit => Verb::GoAudit,
        Room::Runs => Verb::GoRuns,
        Room::Forwards => Verb::GoForwards,
        Room::Incident => Verb::GoIncident,
    }
}

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    buf.set_style(area, look.of(Role::Status));
    let keys: Vec<(String, &str, u8)> = hints(model);
    let hints: Vec<Hint> = keys
        .iter()
        .map(|(key, says, drop)| Hint {
            key,
            says,
            drop: *drop,
        })
        .collect();
    let note = match notice::fresh(model) {
        Some(notice) => beside(model, notice, &hints, area, buf, look),
        None => busy(model, look),
    };
    Status { hints: &hints, note }.paint(area, buf, look);
    pending(model, area, buf, look);
}

/// The notice, if it stands beside the keys; else it is painted above them, or cut so that the foremost of them stay.
fn beside(
    model: &Model,
    notice: &Notice,
    hints: &[Hint],
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Line<'static> {
    let width = usize::from(area.width);
    let room = width.saturating_sub(wide(hints) + GAP);
    let line = notice::line(model, notice, look, usize::MAX);
    if line.width() <= room {
        return line;
    }
    match notice::own_row(model, area) {
        Some(row) => {
            notice::paint(model, notice, row, buf, look);
            busy(model, look)
        }
        None => {
            let most = width.saturating_sub(wide(&hints[..hints.len().min(FOREMOST)]) + GAP);
            notice::line(model, notice, look, room.max(most.min(width * 4 / 5)))
        }
    }
}

/// The commands that matter here, most important first.
fn hints(model: &Model) -> Vec<(String, &'static str, u8)> {
    let here = model.place();
    let general = [
        (Verb::Help, "help"),
        (Verb::Palette, "commands"),
        (Verb::Quit, "quit"),
    ];
    let standing = match model.room {
        Room::Documents => model.documents.hints(),
        Room::Costs => model.costs.hints(),
        Room::Carry => model.carry.hints(),
        _ => Vec::new(),
    };
    let own: &[(Verb, &'static str)] = match model.room {
        Room::Home | Room::Alarms if model.alarms.burning() > 0 || model.room == Room::Alarms => &[
            (Verb::AlarmRunbook, "runbook"),
            (Verb::AlarmShell, "shell"),
            (Verb::AlarmPast, "last time"),
            (Verb::AllAlarms, "all alarms"),
        ],
        Room::Home | Room::Alarms => &[
            (Verb::GoFleet, "fleet"),
            (Verb::GoRecordings, "recordings"),
            (Verb::GoCosts, "costs"),
        ],
        Room::Fleet => &[
            (Verb::Connect, "open shell"),
            (Verb::FanOut, "run a command"),
            (Verb::Mark, "mark"),
            (Verb::Filter, "filter"),
            (Verb::Detail, "detail"),
            (Verb::Sort, "sort"),
        ],
        Room::Sessions if model.sessions.focused() => &[
            (Verb::LeavePane, "take keys back"),
            (Verb::FullScreen, "full screen"),
        ],
        Room::Sessions => &[
            (Verb::FocusPane, "type"),
            (Verb::NextTab, "next"),
            (Verb::EndSession, "end"),
            (Verb::FullScreen, "full screen"),
        ],
        Room::Recordings => &[
            (Verb::Play, "play"),
            (Verb::FindText, "find text"),
            (Verb::Filter, "filter"),
            (Verb::Verify, "verify"),
            (Verb::Beside, "side by side"),
        ],
        Room::Player
            if model
                .recordings
                .player
                .as_ref()
                .is_some_and(|it| it.status.is_watched) =>
        {
            &[(Verb::Back, "leave")]
        }
        Room::Player => &[
            (Verb::PlayPause, "pause"),
            (Verb::Forward, "seek"),
            (Verb::Commands, "commands"),
            (Verb::Filter, "search"),
            (Verb::Faster, "faster"),
            (Verb::NextCommand, "next command"),
            (Verb::SelectText, "select"),
            (Verb::Idle, "idle"),
            (Verb::Cover, "secrets"),
        ],
        Room::Documents | Room::Costs | Room::Carry => &standing,
        Room::Runbooks if model.runbooks.is_seeking() => &[
            (Verb::NextInPage, "next"),
            (Verb::PreviousInPage, "previous"),
            (Verb::Filter, "search"),
            (Verb::ClosePage, "back"),
        ],
        Room::Runbooks if model.runbooks.is_reading() => &[
            (Verb::NextBlock, "command or link"),
            (Verb::SendBlock, "send"),
            (Verb::RunPage, "run"),
            (Verb::OpenPage, "follow"),
            (Verb::Filter, "search"),
            (Verb::NextSection, "section"),
            (Verb::Outline, "outline"),
            (Verb::EditPage, "edit"),
            (Verb::WidePage, "wide"),
            (Verb::ClosePage, "back"),
        ],
        Room::Runbooks => &[
            (Verb::OpenPage, "open"),
            (Verb::Filter, "search"),
            (Verb::NextBlock, "next command"),
            (Verb::EditPage, "edit"),
            (Verb::RunPage, "run"),
            (Verb::Refresh, "read again"),
        ],
        Room::Incident if model.incidents.list.is_front => &[
            (Verb::IncidentOpen, "look inside"),
            (Verb::Filter, "filter"),
            (Verb::IncidentSwitch, "take up"),
            (Verb::IncidentReopen, "reopen"),
            (Verb::IncidentList, "yours"),
            (Verb::Copy, "copy"),
        ],
        Room::Incident if model.incidents.looked.is_some() => &[
            (Verb::IncidentNote, "note"),
            (Verb::IncidentReopen, "reopen"),
            (Verb::IncidentSwitch, "take up"),
            (Verb::IncidentList, "list"),
            (Verb::IncidentOpen, "play"),
            (Verb::IncidentReport, "report"),
            (Verb::Copy, "copy"),
        ],
        Room::Incident => &[
            (Verb::IncidentNote, "note"),
            (Verb::IncidentAck, "ack"),
            (Verb::IncidentRecover, "recover"),
            (Verb::IncidentClose, "close"),
            (Verb::IncidentList, "list"),
            (Verb::IncidentOpen, "play"),
            (Verb::IncidentReport, "report"),
            (Verb::IncidentRole, "role"),
            (Verb::IncidentLink, "link"),
            (Verb::Copy, "copy"),
        ],
        Room::Audit => &[
            (Verb::ChainVerify, "verify"),
            (Verb::Reconcile, "compare with AWS"),
            (Verb::Filter, "filter"),
        ],
        Room::Runs if model.fanout.is_reading() => &[
            (Verb::Filter, "search"),
            (Verb::NextFound, "next"),
            (Verb::Copy, "copy"),
            (Verb::RunShell, "shell"),
            (Verb::CloseRun, "back"),
        ],
        Room::Runs if model.fanout.is_inside() => &[
            (Verb::OpenRun, "output"),
            (Verb::RunAgain, "again where failed"),
            (Verb::CancelRun, "cancel"),
            (Verb::RunShell, "shell"),
            (Verb::Filter, "filter"),
        ],
        Room::Runs => &[
            (Verb::OpenRun, "look inside"),
            (Verb::RunAgain, "again where failed"),
            (Verb::CancelRun, "cancel"),
        ],
        Room::Forwards => &[
            (Verb::ToggleForward, toggles(model)),
            (Verb::AddForward, "add"),
            (Verb::StartForwards, "start all"),
            (Verb::Copy, "copy address"),
            (Verb::ForwardDetail, "detail"),
        ],
    };
    own.iter()
        .chain(
            general
                .iter()
                .filter(|_| !model.sessions.focused() || model.room != Room::Sessions),
        )
        // A key that would be refused is not offered.
        .filter(|(verb, _)| !(model.read_only && opens(*verb)))
        .enumerate()
        .filter_map(|(at, (verb, says))| {
            let keys = model.bindings.keys_of(here, &(*verb).into());
            // A focused pane passes plain keys on: only what is no character is ours there.
            let key = keys
                .into_iter()
                .find(|key| !model.sessions.focused() || key.chars().count() > 1)?;
            // Where not all of them fit, the one that lists all of them does.
            let drop = if *verb == Verb::Help { HELP } else { at as u8 };
            Some((key, *says, drop))
        })
        .collect()
}

/// What the key of a tunnel does to the one under the cursor.
fn toggles(model: &Model) -> &'static str {
    match model.forwards.selected() {
        Some(row) if row.is_open() => "stop",
        _ => "start",
    }
}

/// What is going on.
fn busy(model: &Model, look: &Look) -> Line<'static> {
    let Some(busy) = model.busy.first() else {
        return Line::default();
    };
    let more = if model.busy.len() > 1 {
        format!(" +{}", model.busy.len() - 1)
    } else {
        String::new()
    };
    let seconds = busy.ticks / 4;
    let time = if seconds > 0 {
        format!(" {seconds}s")
    } else {
        String::new()
    };
    let says = format!(
        "{} {}{time}{more} ",
        progress::spinner(model.ticks),
        busy.key.label()
    );
    Line::styled(says, look.of(Role::Info))
}

/// What may follow the strokes typed so far.
fn pending(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let crate::app::Meaning::Pending(following) = (match model.typed.is_empty() {
        true => return,
        false => model.bindings.look_up(model.place(), &model.typed),
    }) else {
        return;
    };
    let keys: Vec<(String, &str)> = following
        .iter()
        .map(|(stroke, says)| (stroke.to_string(), says.as_str()))
        .collect();
    let typed = crate::config::keys::print(&model.typed).to_string();
    let above = Rect {
        y: buf.area.y,
        height: area.y.saturating_sub(buf.area.y),
        ..area
    };
    NextKeys {
        title: &typed,
        keys: &keys,
    }
    .paint(above, buf, look);
}
