//! Tabs come, change and go; the remote learns the size of its pane.

use ratatui::layout::Rect;

use crate::app::{Effect, Model, Notice, PaneId, Room, ToSession, Verb, Weight};
use crate::panel::frame_of;
use crate::session::Status;
use crate::term::Size;

use super::Tab;

/// Where the terminal is painted.
pub fn pane_area(model: &Model) -> Rect {
    let whole = Rect::new(0, 0, model.cols, model.rows);
    let alone = model.sessions.full_screen;
    pane_in(if alone { whole } else { frame_of(whole).body }, alone)
}

/// The terminal's part of what the panel has: all of it when it is alone on the screen, else what is left between
/// one line of tabs and one of status.
pub(super) fn pane_in(area: Rect, alone: bool) -> Rect {
    if alone {
        return area;
    }
    Rect {
        y: area.y + 1.min(area.height),
        height: area.height.saturating_sub(2),
        ..area
    }
}

pub fn pane_size(model: &Model) -> Size {
    let area = pane_area(model);
    Size {
        cols: area.width.max(2),
        rows: area.height.max(1),
    }
}

/// Every open session follows the window.
pub fn resized(model: &Model) -> Vec<Effect> {
    let size = pane_size(model);
    model
        .sessions
        .tabs
        .iter()
        .map(|tab| Effect::Session(tab.pane, ToSession::Resize(size)))
        .collect()
}

pub fn opened(
    model: &mut Model,
    pane: PaneId,
    target: String,
    title: String,
    production: bool,
) -> Vec<Effect> {
    let tab = Tab {
        pane,
        target,
        title,
        production,
        status: Status::default(),
    };
    model.sessions.tabs.push(tab);
    model.sessions.at = model.sessions.tabs.len() - 1;
    model.sessions.focus = true;
    model.go(Room::Sessions);
    vec![Effect::Session(pane, ToSession::Resize(pane_size(model)))]
}

pub fn changed(model: &mut Model, pane: PaneId, status: Status) -> Vec<Effect> {
    let Some(tab) = model.sessions.tab_mut(pane) else {
        return Vec::new();
    };
    let ended_now = status.has_ended() && tab.is_live();
    tab.status = status;
    if ended_now {
        let says = format!("{} {}", tab.title, tab.status);
        model.notice(Notice::new(Weight::Info, says).hint("its recording is sealed; x closes the tab"));
        return vec![crate::app::begun(model, Effect::ListRecordings)];
    }
    Vec::new()
}

pub fn perform(model: &mut Model, verb: Verb) -> Vec<Effect> {
    let page = i32::from(pane_size(model).rows.saturating_sub(1).max(1));
    match verb {
        Verb::LeavePane => model.sessions.focus = false,
        Verb::FocusPane => model.sessions.focus = true,
        Verb::FullScreen => {
            model.sessions.full_screen = !model.sessions.full_screen;
            return resized(model);
        }
        Verb::NextTab => turn(model, 1),
        Verb::PreviousTab => turn(model, -1),
        Verb::EndSession => return end(model),
        Verb::ScrollUp => return scroll(model, 1),
        Verb::ScrollDown => return scroll(model, -1),
        Verb::ScrollPageUp => return scroll(model, page),
        Verb::ScrollPageDown => return scroll(model, -page),
        Verb::ScrollEnd => return order(model, ToSession::ScrollToEnd),
        _ => {}
    }
    Vec::new()
}

fn turn(model: &mut Model, by: isize) {
    let count = model.sessions.tabs.len() as isize;
    if count > 0 {
        model.sessions.at = (model.sessions.at as isize + by).rem_euclid(count) as usize;
    }
}

/// Ends a live session; closes the tab of one that has ended.
fn end(model: &mut Model) -> Vec<Effect> {
    let Some(tab) = model.sessions.current() else {
        return Vec::new();
    };
    let (pane, live) = (tab.pane, tab.is_live());
    if live {
        return vec![Effect::Session(pane, ToSession::End)];
    }
    model.sessions.tabs.remove(model.sessions.at);
    model.sessions.at = model.sessions.at.min(model.sessions.tabs.len().saturating_sub(1));
    model.sessions.full_screen &= !model.sessions.tabs.is_empty();
    vec![Effect::Forget(pane)]
}

fn scroll(model: &Model, lines: i32) -> Vec<Effect> {
    order(model, ToSession::Scroll(lines))
}

fn order(model: &Model, order: ToSession) -> Vec<Effect> {
    model
        .sessions
        .current()
        .map(|tab| Effect::Session(tab.pane, order))
        .into_iter()
        .collect()
}
