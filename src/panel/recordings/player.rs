//! What is asked of the player and what it tells: seeking by time, by commands, by moments and by what was found.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use crate::app::{Effect, Model, Notice, Overlay, PaneId, PlayerStatus, Room, ToPlayer, Verb, Weight};
use crate::panel::list::Step;
use crate::recording::{Command, Overview, parse_clock};
use crate::ui::Cursor;
use crate::ui::timeline::Timeline;

use super::strip;

/// Going back from just behind a place goes to the one before it, also while it plays.
const BEHIND_US: i64 = 700_000;

/// The recording that is played, or the two.
#[derive(Debug)]
pub struct Playing {
    pub pane: PaneId,
    pub title: String,
    pub beside: Option<(PaneId, String)>,
    pub status: PlayerStatus,
    pub overview: Overview,
    /// Keys that select text: where they stand, and where the selection began.
    pub pick: Option<Pick>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    pub at: (u16, u16),
    pub from: Option<(u16, u16)>,
}

impl Playing {
    /// The last command that began at or before this moment.
    pub fn command(&self) -> Option<&Command> {
        let here = u64::try_from(self.status.at_us).unwrap_or(0);
        let before = self
            .overview
            .commands
            .partition_point(|command| command.at_us <= here);
        before
            .checked_sub(1)
            .and_then(|nth| self.overview.commands.get(nth))
    }
}

pub fn opened(
    model: &mut Model,
    pane: PaneId,
    title: String,
    beside: Option<(PaneId, String)>,
) -> Vec<Effect> {
    let closed = close(model);
    model.recordings.player = Some(Playing {
        pane,
        title,
        beside,
        status: PlayerStatus::default(),
        overview: Overview::default(),
        pick: None,
    });
    model.go(Room::Player);
    closed
}

pub fn close(model: &mut Model) -> Vec<Effect> {
    let player = model.recordings.player.take();
    let panes = player.map(|player| [Some(player.pane), player.beside.map(|(pane, _)| pane)]);
    panes
        .into_iter()
        .flatten()
        .flatten()
        .map(|pane| Effect::Player(pane, ToPlayer::Close))
        .collect()
}

fn playing(model: &mut Model, pane: PaneId) -> Option<&mut Playing> {
    model
        .recordings
        .player
        .as_mut()
        .filter(|player| player.pane == pane)
}

pub fn moved(model: &mut Model, pane: PaneId, status: PlayerStatus) -> Vec<Effect> {
    let Some(player) = playing(model, pane) else {
        return Vec::new();
    };
    let says = status.says.clone();
    player.status = status;
    if let Some(says) = says {
        model.notice(Notice::new(Weight::Info, says));
    }
    Vec::new()
}

pub fn read(model: &mut Model, pane: PaneId, overview: Overview) -> Vec<Effect> {
    if let Some(player) = playing(model, pane) {
        player.overview = overview;
    }
    Vec::new()
}

pub fn seek_percent(model: &mut Model, text: &str) -> Vec<Effect> {
    match text.trim_end_matches('%').parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => order(model, ToPlayer::SeekPercent(percent)),
        _ => complain(model, text, "a number from 0 to 100"),
    }
}

pub fn seek_time(model: &mut Model, text: &str) -> Vec<Effect> {
    match parse_clock(text) {
        Some(us) => order(model, ToPlayer::SeekTo(us as i64)),
        None => complain(model, text, "a time like 90, 1:30 or 1:02:03.5"),
    }
}

/// The keys of lists, where the list is time.
pub fn jump(model: &Model, step: Step) -> Vec<Effect> {
    let whole_us = model
        .recordings
        .player
        .as_ref()
        .map_or(0, |player| player.status.duration_us);
    let to = match step {
        Step::By(by) => ToPlayer::SeekBy(by as i64 * 5_000_000),
        Step::Page(pages) => ToPlayer::SeekBy(pages as i64 * whole_us / 10),
        Step::Top => ToPlayer::SeekPercent(0.0),
        Step::Bottom => ToPlayer::SeekPercent(100.0),
    };
    order(model, to)
}

/// What needs to know where the player stands.
pub fn play(model: &mut Model, verb: Verb) -> Vec<Effect> {
    let Some(player) = &mut model.recordings.player else {
        return Vec::new();
    };
    let at_us = player.status.at_us;
    let times = |all: &mut dyn Iterator<Item = u64>| all.map(|at| at as i64).collect::<Vec<_>>();
    match verb {
        Verb::NextHit | Verb::PreviousHit => {
            let found = around(&player.status.hits, at_us, verb == Verb::NextHit, 0).or_else(|| match verb {
                Verb::NextHit => player.status.hits.first().copied(),
                _ => player.status.hits.last().copied(),
            });
            return found
                .map(|at| order(model, ToPlayer::Show(at)))
                .unwrap_or_default();
        }
        Verb::NextCommand | Verb::PreviousCommand => {
            let commands = times(&mut player.overview.commands.iter().map(|command| command.at_us));
            return go(model, &commands, at_us, verb == Verb::NextCommand, "command");
        }
        Verb::NextMoment | Verb::PreviousMoment => {
            let moments = times(&mut player.overview.moments.iter().map(|moment| moment.at_us));
            return go(
                model,
                &moments,
                at_us,
                verb == Verb::NextMoment,
                "marker, join or gap",
            );
        }
        Verb::Commands => {
            let mut cursor = Cursor::default();
            let here = player
                .overview
                .commands
                .partition_point(|command| command.at_us as i64 <= at_us);
            cursor.select(Some(here.saturating_sub(1)));
            model.overlay = Some(Overlay::Commands { cursor });
        }
        Verb::CopyCommand => match player.command() {
            Some(command) => return vec![Effect::Copy(command.text.clone())],
            None => model.notice(Notice::new(Weight::Info, "no command was run before this moment")),
        },
        Verb::SelectText => {
            let (at, paused) = (player.status.cursor, player.status.paused);
            player.pick = Some(Pick { at, from: None });
            let mut effects = if paused {
                Vec::new()
            } else {
                order(model, ToPlayer::Pause)
            };
            effects.extend(order(model, ToPlayer::SelectFrom(at.0, at.1)));
            effects.extend(order(model, ToPlayer::SelectTo(at.0, at.1)));
            return effects;
        }
        _ => {}
    }
    Vec::new()
}

/// The next place, or the one before; `behind` is how far behind a place one still stands at it.
fn around(places: &[i64], at_us: i64, next: bool, behind: i64) -> Option<i64> {
    if next {
        places.iter().find(|at| **at > at_us).copied()
    } else {
        places
            .iter()
            .rev()
            .find(|at| **at < at_us.saturating_sub(behind))
            .copied()
    }
}

fn go(model: &mut Model, places: &[i64], at_us: i64, next: bool, what: &str) -> Vec<Effect> {
    let paused = model
        .recordings
        .player
        .as_ref()
        .is_some_and(|player| player.status.paused);
    let behind = if paused { 0 } else { BEHIND_US };
    match around(places, at_us, next, behind) {
        Some(at) => order(model, ToPlayer::SeekTo(at)),
        None => {
            let where_ = if next { "after" } else { "before" };
            model.notice(Notice::new(
                Weight::Info,
                format!("no {what} {where_} this moment"),
            ));
            Vec::new()
        }
    }
}

/// An order for the player, if there is one.
pub fn order(model: &Model, order: ToPlayer) -> Vec<Effect> {
    model
        .recordings
        .player
        .as_ref()
        .map(|player| Effect::Player(player.pane, order))
        .into_iter()
        .collect()
}

fn complain(model: &mut Model, text: &str, wanted: &str) -> Vec<Effect> {
    model.notice(Notice::new(Weight::Bad, format!("{text} is not {wanted}")));
    Vec::new()
}

/// A click or a drag on the timeline seeks, a drag on a screen selects, the wheel seeks by seconds.
pub fn player_mouse(model: &mut Model, event: MouseEvent, body: Rect) -> Vec<Effect> {
    let Some(player) = &mut model.recordings.player else {
        return Vec::new();
    };
    let at = (event.column, event.row).into();
    let parts = strip::parts(body, player.beside.is_some());
    let (down, drag) = (
        event.kind == MouseEventKind::Down(MouseButton::Left),
        event.kind == MouseEventKind::Drag(MouseButton::Left),
    );
    match event.kind {
        MouseEventKind::ScrollDown => return jump(model, Step::By(1)),
        MouseEventKind::ScrollUp => return jump(model, Step::By(-1)),
        _ if (down || drag) && parts.strip.contains(at) => {
            let timeline = Timeline {
                duration_us: player.status.duration_us,
                at_us: 0,
                activity: &[],
                marks: &[],
            };
            let to = timeline.at(parts.strip, event.column);
            return order(model, ToPlayer::SeekTo(to));
        }
        _ => {}
    }
    let second = player.beside.as_ref().map(|(pane, _)| *pane);
    let screens = [(parts.screens[0], Some(player.pane)), (parts.screens[1], second)];
    for (area, pane) in screens {
        let Some(pane) = pane.filter(|_| area.contains(at)) else {
            continue;
        };
        let (col, row) = (event.column - area.x, event.row - area.y);
        player.pick = None;
        if down {
            return vec![
                Effect::Player(pane, ToPlayer::Unselect),
                Effect::Player(pane, ToPlayer::SelectFrom(col, row)),
            ];
        }
        if drag {
            return vec![Effect::Player(pane, ToPlayer::SelectTo(col, row))];
        }
    }
    Vec::new()
}
