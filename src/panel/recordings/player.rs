//! The player: the screen of that moment, a timeline below it, one line that says where it stands.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::{Effect, Model, Notice, PaneId, PlayerStatus, Room, ToPlayer, Weight};
use crate::panel::{Panes, age};
use crate::ui::timeline::{Mark, Timeline};
use crate::ui::{Look, Role, text};

use super::Playing;

pub fn opened(model: &mut Model, pane: PaneId, title: String) -> Vec<Effect> {
    let before = model.recordings.player.replace(Playing {
        pane,
        title,
        status: PlayerStatus::default(),
    });
    model.go(Room::Player);
    before
        .map(|player| Effect::Player(player.pane, ToPlayer::Close))
        .into_iter()
        .collect()
}

pub fn moved(model: &mut Model, pane: PaneId, status: PlayerStatus) -> Vec<Effect> {
    if let Some(player) = model
        .recordings
        .player
        .as_mut()
        .filter(|player| player.pane == pane)
    {
        if let Some(says) = &status.says {
            let notice = Notice::new(Weight::Info, says.clone());
            player.status = status;
            model.notice(notice);
        } else {
            player.status = status;
        }
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
    match age::parse_clock(text) {
        Some(us) => order(model, ToPlayer::SeekTo(us)),
        None => complain(model, text, "a time like 90, 1:30 or 1:02:03"),
    }
}

/// To the next or previous place where the searched text was found.
pub fn hit(model: &mut Model, next: bool) -> Vec<Effect> {
    let Some(player) = &model.recordings.player else {
        return Vec::new();
    };
    let PlayerStatus { at_us, hits, .. } = &player.status;
    let found = if next {
        hits.iter().find(|hit| *hit > at_us).or(hits.first())
    } else {
        hits.iter().rev().find(|hit| *hit < at_us).or(hits.last())
    };
    found
        .map(|hit| Effect::Player(player.pane, ToPlayer::SeekTo(*hit)))
        .into_iter()
        .collect()
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

fn parts(area: Rect) -> [Rect; 3] {
    Layout::vertical([Constraint::Fill(1), Constraint::Length(1), Constraint::Length(1)]).areas(area)
}

/// Where the timeline is, for the mouse.
pub fn timeline(area: Rect) -> Rect {
    parts(area)[1]
}

pub fn player(model: &Model, panes: &dyn Panes, area: Rect, buf: &mut Buffer, look: &Look) {
    let Some(player) = &model.recordings.player else {
        return;
    };
    let [screen, strip, line] = parts(area);
    panes.paint(player.pane, screen, buf, look);
    let status = &player.status;
    let marks: Vec<Mark> = status
        .hits
        .iter()
        .map(|at_us| Mark {
            at_us: *at_us,
            role: Role::Match,
        })
        .collect();
    let (duration_us, at_us) = (status.duration_us, status.at_us);
    Timeline {
        duration_us,
        at_us,
        activity: &status.activity,
        marks: &marks,
    }
    .paint(strip, buf, look);
    let (icon, role) = if status.paused {
        ("⏸", Role::Warn)
    } else {
        ("▶", Role::Good)
    };
    let mut spans = vec![
        Span::styled(format!(" {icon} "), look.of(role)),
        Span::styled(age::clock(status.at_us), look.of(Role::Text)),
        Span::styled(
            format!(" / {}", age::clock(status.duration_us)),
            look.of(Role::Dim),
        ),
        Span::styled(format!("  {}×", status.speed), look.of(Role::Accent)),
    ];
    if status.idle_limited {
        spans.push(Span::styled("  idle shortened", look.of(Role::Dim)));
    }
    if !status.hits.is_empty() {
        spans.push(Span::styled(
            format!("  {} found", status.hits.len()),
            look.of(Role::Match),
        ));
    }
    spans.push(Span::styled(
        format!("  {}", text::quote(&player.title)),
        look.of(Role::Dim),
    ));
    Line::from(spans).render(line, buf);
}
