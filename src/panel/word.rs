//! The word that production wants before something begins: typed below all that is about to happen, so that nobody types
//! it for what they do not see.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use crate::app::{Ask, Model};
use crate::ui::popup::Confirm;
use crate::ui::prompt::{Field, Prompt};
use crate::ui::{Look, text};

use super::{documents, fanout};

/// What is about to happen, where the prompt asks for that word.
pub fn says(model: &Model, ask: &Ask, look: &Look) -> Option<Vec<Line<'static>>> {
    match ask {
        Ask::DocumentPhrase => {
            let said = documents::asked_about(model).into_iter();
            Some(
                said.map(|line| Line::raw(text::quote(&line).into_owned()))
                    .collect(),
            )
        }
        Ask::RunPhrase => Some(fanout::about(model, look)),
        _ => None,
    }
}

/// Paints it, with the prompt as its last row; `None` where the screen is too low for both.
pub fn view(
    says: &[Line],
    field: &Field,
    prompt: &Prompt,
    whole: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let confirm = Confirm {
        title: "Sure?",
        says,
        yes: ("enter", "with the word: go"),
        no: ("esc", "leave it"),
        grave: true,
    };
    let within = confirm.paint(whole, buf, look);
    match within.height {
        0 => None,
        _ => field.paint(within, buf, look, prompt),
    }
}
