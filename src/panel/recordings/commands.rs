//! The commands of the recording that is played, one a row: when, how long, how it ended, how it is known.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::app::{Effect, Model, Overlay, ToPlayer};
use crate::recording::{Command, Source, clock};
use crate::ui::list::{Lines, List};
use crate::ui::popup::{Frame, centred};
use crate::ui::{Cursor, Ids, Look, Role, text};

use super::player::order;

const WIDTH: u16 = 110;

struct Commands<'m>(&'m [Command]);

impl Ids for Commands<'_> {
    type Id = usize;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn id_at(&self, index: usize) -> Option<usize> {
        (index < self.0.len()).then_some(index)
    }
}

impl Lines for Commands<'_> {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        let Some(command) = self.0.get(index) else {
            return Line::default();
        };
        let lasted = command.duration_us.map_or_else(String::new, lasted);
        let (code, role) = match command.exit_code {
            Some(0) => ("0".into(), Role::Good),
            Some(code) => (code.to_string(), Role::Bad),
            None => ("·".into(), Role::Faint),
        };
        Line::from(vec![
            Span::styled(format!("{:>8}", clock(command.at_us)), look.of(Role::Accent)),
            Span::styled(format!(" {lasted:>7}"), look.of(Role::Dim)),
            Span::styled(format!(" {code:>4}  "), look.of(role)),
            Span::styled(text::quote(&command.text).into_owned(), look.of(Role::Text)),
        ])
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        let command = self.0.get(index)?;
        (command.source != Source::Osc133).then(|| Line::styled(command.source.as_str(), look.of(Role::Dim)))
    }
}

/// A span in at most seven cells.
fn lasted(us: u64) -> String {
    match us {
        0..1_000_000 => format!("{}ms", us / 1_000),
        1_000_000..60_000_000 => format!("{:.1}s", us as f64 / 1e6),
        _ => clock(us),
    }
}

/// Moves through the list; the command that is selected then.
pub fn walk_commands<'c>(
    commands: &'c [Command],
    cursor: &mut Cursor<usize>,
    key: KeyEvent,
) -> Option<&'c Command> {
    let rows = Commands(commands);
    match key.code {
        KeyCode::Down | KeyCode::Char('j') => cursor.step(&rows, 1),
        KeyCode::Up | KeyCode::Char('k') => cursor.step(&rows, -1),
        KeyCode::PageDown | KeyCode::Char(' ') => cursor.page(&rows, 1),
        KeyCode::PageUp => cursor.page(&rows, -1),
        KeyCode::Home | KeyCode::Char('g') => cursor.first(&rows),
        KeyCode::End | KeyCode::Char('G') => cursor.last(&rows),
        _ => {}
    }
    cursor.index(&rows).and_then(|nth| commands.get(nth))
}

pub fn choose(model: &mut Model, mut cursor: Cursor<usize>, key: KeyEvent) -> Vec<Effect> {
    let Some(player) = &model.recordings.player else {
        return Vec::new();
    };
    let chosen = walk_commands(&player.overview.commands, &mut cursor, key);
    match key.code {
        KeyCode::Enter => {
            let to = chosen.map(|command| ToPlayer::SeekTo(command.at_us as i64));
            return to.map(|to| order(model, to)).unwrap_or_default();
        }
        KeyCode::Char('y' | 'Y') => {
            let copied = chosen.map(|command| Effect::Copy(command.text.clone()));
            return copied.into_iter().collect();
        }
        KeyCode::Esc | KeyCode::Char('q' | 'c') => return Vec::new(),
        _ => {}
    }
    model.overlay = Some(Overlay::Commands { cursor });
    Vec::new()
}

pub fn commands(
    model: &Model,
    cursor: &Cursor<usize>,
    whole: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let player = model.recordings.player.as_ref()?;
    paint_commands(&player.overview.commands, cursor, whole, buf, look);
    None
}

pub fn paint_commands(
    commands: &[Command],
    cursor: &Cursor<usize>,
    whole: Rect,
    buf: &mut Buffer,
    look: &Look,
) {
    let rows = Commands(commands);
    let height = u16::try_from(rows.len().max(1))
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    let area = centred(
        whole,
        WIDTH.min(whole.width),
        height.min(whole.height.saturating_sub(2)),
    );
    let inner = Frame {
        title: Line::styled(format!("Commands  {}", rows.len()), look.of(Role::Title)),
        note: Line::styled("enter go there  y copy", look.of(Role::Dim)),
        focused: true,
        over: true,
    }
    .paint(area, buf, look);
    let list = List {
        rows: &rows,
        focused: true,
        empty: "no command is known here: nothing was typed behind a prompt",
    };
    list.paint(inner, buf, look, cursor);
}
