//! The mouse: the same geometry as painting, the same commands as the keys.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use crate::app::{Effect, Model, Room, ToSession, Verb, dispatch};

use super::list::Step;
use super::{fanout, fleet, forwards, frame_of, recordings, sessions, status};

pub fn moused(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    if model.overlay.is_some() {
        return Vec::new();
    }
    let parts = frame_of(Rect::new(0, 0, model.cols, model.rows));
    let (x, y) = (event.column, event.row);
    if model.room == Room::Sessions {
        let pane = sessions::pane_area(model);
        if pane.contains((x, y).into()) {
            return pane_mouse(model, event, pane);
        }
    }
    if model.room == Room::Player {
        return recordings::player_mouse(model, event, parts.body);
    }
    match event.kind {
        MouseEventKind::ScrollDown => step(model, Step::By(3)),
        MouseEventKind::ScrollUp => step(model, Step::By(-3)),
        MouseEventKind::Down(MouseButton::Left) => {
            if let Some(verb) = status::tab_at(model, parts.tabs, x, y) {
                return dispatch(model, verb.into());
            }
            match model.room {
                Room::Fleet => return fleet::click(model, parts.body, x, y),
                Room::Recordings => return recordings::click(model, parts.body, x, y),
                Room::Runs => return fanout::click(model, parts.body, x, y),
                Room::Forwards => return forwards::click(model, parts.body, x, y),
                Room::Documents => return super::documents::click(model, parts.body, x, y),
                Room::Sessions => {
                    if let Some(at) = sessions::tab_at(model, parts.body, x, y) {
                        model.sessions.at = at;
                    }
                }
                _ => {}
            }
        }
        _ => {}
    }
    Vec::new()
}

/// In a pane the wheel walks the scrollback, unless the remote asked for the mouse: then the hub sends it on. A drag
/// selects, a click gives the keys to the remote.
fn pane_mouse(model: &mut Model, event: MouseEvent, pane: Rect) -> Vec<Effect> {
    if event.kind == MouseEventKind::Down(MouseButton::Left) && !model.sessions.focused() {
        return dispatch(model, Verb::FocusPane.into());
    }
    let inside = MouseEvent {
        column: event.column - pane.x,
        row: event.row - pane.y,
        ..event
    };
    crate::app::to_session(model, ToSession::Mouse(inside))
}

fn step(model: &mut Model, step: Step) {
    match model.room {
        Room::Fleet => fleet::step(model, step),
        Room::Recordings => recordings::step(model, step),
        Room::Runbooks => {
            super::runbooks::step(model, step);
        }
        Room::Costs => super::costs::step(model, step),
        Room::Audit => super::audit::step(model, step),
        Room::Runs => fanout::step(model, step),
        Room::Forwards => forwards::step(model, step),
        Room::Carry => super::carry::step(model, step),
        Room::Documents => super::documents::step(model, step),
        Room::Incident => super::incident::step(model, step),
        Room::Home | Room::Alarms => super::alarms::step(model, step),
        Room::Sessions | Room::Player => {}
    }
}
