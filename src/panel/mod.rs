//! One folder a panel: state, update, view. This file divides the screen and paints what is in front.

pub mod age;
pub mod alarms;
pub mod audit;
pub mod carry;
pub mod costs;
pub mod documents;
mod edit;
pub mod fanout;
pub mod fleet;
pub mod forwards;
pub mod help;
pub mod home;
pub mod incident;
pub mod list;
pub mod mouse;
mod notice;
pub mod overlay;
pub mod palette;
pub mod recordings;
pub mod runbooks;
mod said;
pub mod sessions;
mod status;
#[cfg(test)]
mod tests;
mod word;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Widget};

use crate::app::{Model, PaneId, Room};
use crate::ui::popup;
use crate::ui::{Look, Role};

/// Screens by id: a panel does not know whether one is live, a replay or a preview.
pub trait Panes {
    /// Paints the screen of a pane; returns where its cursor stands, if it is to be seen.
    fn paint(&self, pane: PaneId, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position>;
}

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    pub tabs: Rect,
    pub body: Rect,
    pub status: Rect,
}

pub fn frame_of(whole: Rect) -> Parts {
    let [tabs, body, status] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]).areas(whole);
    Parts { tabs, body, status }
}

pub fn view(model: &Model, panes: &dyn Panes, look: &Look, frame: &mut Frame) {
    let whole = frame.area();
    Block::new()
        .style(look.of(Role::Background))
        .render(whole, frame.buffer_mut());
    if model.room == Room::Sessions && model.sessions.full_screen && model.sessions.current().is_some() {
        sessions::view(model, panes, whole, frame, look);
    } else {
        let parts = frame_of(whole);
        status::tabs(model, parts.tabs, frame.buffer_mut(), look);
        match model.room {
            Room::Home => home::view(model, parts.body, frame.buffer_mut(), look),
            Room::Fleet => fleet::view(model, parts.body, frame.buffer_mut(), look),
            Room::Sessions => sessions::view(model, panes, parts.body, frame, look),
            Room::Recordings => recordings::view(model, parts.body, frame.buffer_mut(), look),
            Room::Player => recordings::player(model, panes, parts.body, frame.buffer_mut(), look),
            Room::Costs => costs::view(model, parts.body, frame.buffer_mut(), look),
            Room::Runbooks => runbooks::view(model, parts.body, frame.buffer_mut(), look),
            Room::Audit => audit::view(model, parts.body, frame.buffer_mut(), look),
            Room::Runs => fanout::view(model, parts.body, frame.buffer_mut(), look),
            Room::Forwards => forwards::view(model, parts.body, frame.buffer_mut(), look),
            Room::Alarms => alarms::view(model, parts.body, frame.buffer_mut(), look),
            Room::Carry => carry::view(model, parts.body, frame.buffer_mut(), look),
            Room::Documents => documents::view(model, parts.body, frame.buffer_mut(), look),
            Room::Incident => incident::view(model, parts.body, frame.buffer_mut(), look),
        }
        status::view(model, parts.status, frame.buffer_mut(), look);
    }
    overlay::view(model, whole, frame, look);
}

/// The border of a panel; returns what is inside.
pub(crate) fn boxed(area: Rect, buf: &mut Buffer, look: &Look, title: Line, focused: bool) -> Rect {
    popup::Frame {
        title,
        note: Line::default(),
        focused,
        over: false,
    }
    .paint(area, buf, look)
}
