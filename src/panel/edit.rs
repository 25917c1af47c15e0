//! Changing what a runbook block will send, before it is sent: several lines, undo, the keys of an editor.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::Widget;
use tui_textarea::TextArea;

use crate::app::{Effect, Model, Overlay, ToSession};
use crate::ui::popup::{Frame, centred};
use crate::ui::{Look, Role};

pub fn begin(model: &mut Model, title: String, text: String, yes: Vec<Effect>, grave: bool) -> Vec<Effect> {
    let area = Box::new(TextArea::new(text.lines().map(str::to_owned).collect()));
    let before = text;
    model.overlay = Some(Overlay::Edit {
        title,
        area,
        before,
        yes,
        grave,
    });
    Vec::new()
}

/// Ctrl-S takes the change, escape what was there before; both go back to the preview.
pub fn press(
    model: &mut Model,
    title: String,
    mut area: Box<TextArea<'static>>,
    before: String,
    yes: Vec<Effect>,
    grave: bool,
    key: KeyEvent,
) -> Vec<Effect> {
    let saved = key.code == KeyCode::Char('s') && key.modifiers.contains(KeyModifiers::CONTROL);
    model.overlay = Some(if saved {
        let text = area.lines().join("\n");
        let yes = yes.into_iter().map(|effect| changed(effect, &text)).collect();
        Overlay::Preview {
            title,
            text,
            yes,
            grave,
        }
    } else if key.code == KeyCode::Esc {
        Overlay::Preview {
            title,
            text: before,
            yes,
            grave,
        }
    } else {
        area.input(key);
        Overlay::Edit {
            title,
            area,
            before,
            yes,
            grave,
        }
    });
    Vec::new()
}

/// The mark says what was really sent.
fn changed(effect: Effect, sent: &str) -> Effect {
    match effect {
        Effect::Session(pane, ToSession::Run(_)) => {
            Effect::Session(pane, ToSession::Run(sent.lines().map(str::to_owned).collect()))
        }
        // At a prompt a line's end would be an enter.
        Effect::Session(pane, ToSession::Paste(_)) => {
            let line = sent.lines().collect::<Vec<_>>().join(" ");
            Effect::Session(pane, ToSession::Paste(line))
        }
        Effect::Session(
            pane,
            ToSession::Mark {
                runbook,
                lines,
                sha256,
                ..
            },
        ) => {
            let text = sent.to_owned();
            Effect::Session(
                pane,
                ToSession::Mark {
                    runbook,
                    lines,
                    sha256,
                    text,
                },
            )
        }
        other => other,
    }
}

pub fn view(
    title: &str,
    area: &TextArea<'_>,
    whole: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let popup = centred(whole, 90, (area.lines().len() as u16).saturating_add(4).max(8));
    let frame = Frame {
        title: Line::styled(title.to_owned(), look.of(Role::Title)),
        note: Line::raw("C-s take it  esc leave it as it was"),
        focused: true,
        over: true,
    };
    let inside = frame.paint(popup, buf, look);
    area.render(inside, buf);
    None
}
