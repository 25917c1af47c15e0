//! The command palette: the command table, ranked as one types.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::command::{Place, TABLE};
use crate::app::{Ask, Command, Effect, Model, Overlay, dispatch};
use crate::ui::palette::{Item, Palette};
use crate::ui::prompt::{Prompt, Reply};
use crate::ui::{Cursor, Look};

/// Commands of this place and of anywhere, with their keys.
fn items(model: &Model) -> Vec<(String, &'static str, String)> {
    let views = model.costs.views.iter();
    let views = views.map(|view| {
        (
            format!("costs.view {}", view.name),
            "a view of costs that was kept",
            String::new(),
        )
    });
    TABLE
        .iter()
        .filter(|spec| spec.place == Place::Anywhere || spec.place == model.place())
        .map(|spec| {
            (
                spec.name.to_owned(),
                spec.help,
                model.bindings.keys_of(model.place(), &spec.verb.into()).join(" "),
            )
        })
        .chain(views)
        .collect()
}

fn with<T>(model: &Model, prompt: &Prompt, then: impl FnOnce(&Palette) -> T) -> T {
    let rows = items(model);
    let items: Vec<Item> = rows
        .iter()
        .map(|(name, says, key)| Item { name, says, key })
        .collect();
    then(&Palette::new("commands", &items, prompt))
}

pub fn press(
    model: &mut Model,
    mut prompt: Prompt,
    mut cursor: Cursor<String>,
    key: KeyEvent,
) -> Vec<Effect> {
    match key.code {
        KeyCode::Down => with(model, &prompt, |palette| cursor.step(palette, 1)),
        KeyCode::Up => with(model, &prompt, |palette| cursor.step(palette, -1)),
        _ => match prompt.press(&key) {
            Reply::Cancelled => return Vec::new(),
            Reply::Submitted => {
                let chosen = with(model, &prompt, |palette| {
                    palette.chosen(&cursor).map(|item| item.name.to_owned())
                });
                return chosen.map(|name| choose(model, &name)).unwrap_or_default();
            }
            Reply::Changed => cursor = Cursor::default(),
            Reply::Moved | Reply::Ignored => {}
        },
    }
    model.overlay = Some(Overlay::Palette { prompt, cursor });
    Vec::new()
}

/// A command that wants an argument goes on at the `:` prompt.
fn choose(model: &mut Model, name: &str) -> Vec<Effect> {
    match Command::parse(name) {
        Ok(command) => dispatch(model, command),
        Err(_) => {
            model.overlay = Some(Overlay::Prompt {
                ask: Ask::Command,
                prompt: Prompt::new(format!("{name} ")),
            });
            Vec::new()
        }
    }
}

pub fn view(
    model: &Model,
    prompt: &Prompt,
    cursor: &Cursor<String>,
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    with(model, prompt, |palette| {
        palette.paint(area, buf, look, prompt, cursor)
    })
}
