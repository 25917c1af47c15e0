//! What lies on top: input line, palette, help, questions. It takes the keys until it is closed.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::{Ask, Command, Effect, Model, Notice, Overlay, ToSession, Weight, begun, dispatch, narrow};
use crate::config::Stroke;
use crate::ui::{Look, confirm, prompt};

use super::{fleet, help, palette, runbooks};

pub fn press(model: &mut Model, stroke: Stroke) -> Vec<Effect> {
    let Some(overlay) = model.overlay.take() else { return Vec::new() };
    if stroke.code == KeyCode::Esc || stroke == Stroke::new(KeyCode::Char('c'), crossterm::event::KeyModifiers::CONTROL) {
        return cancel(model, overlay);
    }
    let enter = stroke.code == KeyCode::Enter;
    match overlay {
        Overlay::Prompt { ask, mut input } => {
            if enter {
                return answer(model, ask, input.value().to_owned());
            }
            input.press(stroke);
            let text = input.value().to_owned();
            let live = matches!(ask, Ask::Filter { .. });
            model.overlay = Some(Overlay::Prompt { ask, input });
            if live && model.room != crate::app::Room::Player { narrow(model, text) } else { Vec::new() }
        }
        Overlay::Palette { input, at } => palette::press(model, input, at, stroke),
        Overlay::Help { offset } => {
            model.overlay = help::press(stroke, offset).map(|offset| Overlay::Help { offset });
            Vec::new()
        }
        Overlay::Notices { offset } => {
            model.overlay = help::press(stroke, offset).map(|offset| Overlay::Notices { offset });
            Vec::new()
        }
        Overlay::Confirm { question, then, bad } => match stroke.character() {
            Some('y') => crate::app::perform(model, then),
            _ if enter && !bad => crate::app::perform(model, then),
            Some('n') => Vec::new(),
            _ => keep(model, Overlay::Confirm { question, then, bad }),
        },
        Overlay::Paste { text } => match stroke.character() {
            Some('y') => crate::app::to_session(model, ToSession::Paste(text)),
            Some('n') => Vec::new(),
            _ => keep(model, Overlay::Paste { text }),
        },
        Overlay::Preview { title, text, yes } => match stroke.character() {
            _ if enter => yes.into_iter().map(|effect| begun(model, effect)).collect(),
            Some('n' | 'q') => Vec::new(),
            _ => keep(model, Overlay::Preview { title, text, yes }),
        },
    }
}

fn keep(model: &mut Model, overlay: Overlay) -> Vec<Effect> {
    model.overlay = Some(overlay);
    Vec::new()
}

fn cancel(model: &mut Model, overlay: Overlay) -> Vec<Effect> {
    match overlay {
        Overlay::Prompt { ask: Ask::Filter { before }, .. } => narrow(model, before),
        Overlay::Prompt { ask: Ask::Variable { .. }, .. } => runbooks::abandon(model),
        _ => Vec::new(),
    }
}

fn answer(model: &mut Model, ask: Ask, text: String) -> Vec<Effect> {
    match ask {
        Ask::Command => match Command::parse(&text) {
            _ if text.trim().is_empty() => Vec::new(),
            Ok(command) => dispatch(model, command),
            Err(bad) => {
                model.notice(Notice::new(Weight::Bad, bad.to_string()));
                Vec::new()
            }
        },
        Ask::Filter { .. } => narrow(model, text),
        Ask::Reason { node } => {
            if text.trim().is_empty() {
                model.notice(Notice::new(Weight::Warn, "a reason is wanted for this instance"));
                return keep(model, Overlay::Prompt { ask: Ask::Reason { node }, input: Default::default() });
            }
            fleet::open(model, *node, text.trim().to_owned())
        }
        Ask::Variable { name } => runbooks::given(model, name, text),
    }
}

pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(Overlay::Prompt { ask, input }) = &mut model.overlay {
        input.paste(text);
        if matches!(ask, Ask::Filter { .. }) {
            let text = input.value().to_owned();
            return narrow(model, text);
        }
    }
    Vec::new()
}

fn label(ask: &Ask) -> String {
    match ask {
        Ask::Command => ":".into(),
        Ask::Filter { .. } => "/".into(),
        Ask::Reason { node } => format!("why open a session on {}? ", node.name),
        Ask::Variable { name } => format!("{name} = "),
    }
}

pub fn view(model: &Model, whole: Rect, frame: &mut Frame, look: &Look) {
    let Some(overlay) = &model.overlay else { return };
    match overlay {
        Overlay::Prompt { ask, input } => {
            let line = Rect { y: whole.bottom().saturating_sub(1), height: 1.min(whole.height), ..whole };
            let cursor = prompt::paint(input, &label(ask), line, frame.buffer_mut(), look);
            frame.set_cursor_position(cursor);
        }
        Overlay::Palette { input, at } => palette::view(model, input, *at, whole, frame, look),
        Overlay::Help { offset } => help::view(model, *offset, whole, frame.buffer_mut(), look),
        Overlay::Notices { offset } => help::notices(model, *offset, whole, frame.buffer_mut(), look),
        Overlay::Confirm { question, bad, .. } => {
            let keys = if *bad { "y yes   n no" } else { "y or enter: yes   n: no" };
            confirm::paint("Sure?", &lines(question.iter().map(String::as_str)), keys, whole, frame.buffer_mut(), look);
        }
        Overlay::Paste { text } => {
            confirm::paint("Paste into production?", &lines(text.lines()), "y yes   n no", whole, frame.buffer_mut(), look);
        }
        Overlay::Preview { title, text, .. } => {
            confirm::paint(title, &lines(text.lines()), "enter: send   n: leave it", whole, frame.buffer_mut(), look);
        }
    }
}

fn lines<'a>(text: impl Iterator<Item = &'a str>) -> Vec<Line<'static>> {
    text.map(|line| Line::raw(crate::ui::text::quote(line).into_owned())).collect()
}
