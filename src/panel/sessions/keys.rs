//! Keys of a focused pane: all go to the remote, but for two that are ours whatever the remote does.

use crossterm::event::KeyEvent;

use crate::app::{Effect, Meaning, Model, Overlay, ToSession, Verb, dispatch};
use crate::config::keys::Stroke;

/// The key that takes the keys back, and the one for full screen, work without the remote. The first pressed twice
/// is sent on.
pub fn press(model: &mut Model, key: KeyEvent, stroke: Stroke) -> Vec<Effect> {
    if let Meaning::Command(command) = model.bindings.look_up(model.place(), &[stroke]) {
        let ours = match command.verb {
            Verb::LeavePane => true,
            Verb::FullScreen => stroke.character().is_none(),
            _ => false,
        };
        if ours {
            return dispatch(model, command);
        }
    }
    match model.sessions.current() {
        Some(tab) => vec![Effect::Session(tab.pane, ToSession::Key(key))],
        None => Vec::new(),
    }
}

/// A paste into production is shown before it is sent.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let Some(tab) = model.sessions.current() else {
        return Vec::new();
    };
    if tab.production {
        model.overlay = Some(Overlay::Paste {
            text: text.to_owned(),
        });
        return Vec::new();
    }
    vec![Effect::Session(tab.pane, ToSession::Paste(text.to_owned()))]
}
