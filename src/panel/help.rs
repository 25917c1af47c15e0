//! Help, printed from the command table and the key map; and the notices that were given.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::app::command::{Place, TABLE};
use crate::app::{Model, Weight};
use crate::ui::popup::{Frame, centred};
use crate::ui::wrap::wrap;
use crate::ui::{Look, Role, text};

/// The offset after a key, or `None` when the key closes it.
pub fn press(key: KeyEvent, offset: usize) -> Option<usize> {
    match key.code {
        KeyCode::Down | KeyCode::Char('j') => Some(offset + 1),
        KeyCode::Up | KeyCode::Char('k') => Some(offset.saturating_sub(1)),
        KeyCode::PageDown | KeyCode::Char(' ') => Some(offset + 10),
        KeyCode::PageUp => Some(offset.saturating_sub(10)),
        KeyCode::Home => Some(0),
        _ => None,
    }
}

/// Columns of the popup.
const WIDTH: u16 = 104;
/// Columns of the keys, and of keys and words together: names stand behind them where there is room.
const KEYS: usize = 19;
const WORDS: usize = 54;

fn lines(model: &Model, look: &Look, width: usize) -> Vec<Line<'static>> {
    let names = TABLE.iter().map(|spec| spec.name.len()).max().unwrap_or(0);
    let named = width > KEYS + WORDS + names;
    let here = model.place();
    let mut lines = Vec::new();
    for place in [here, Place::Anywhere] {
        lines.push(Line::styled(place.title(), look.of(Role::Heading)));
        for spec in TABLE.iter().filter(|spec| spec.place == place) {
            let keys = model.bindings.keys_of(here, &spec.verb.into()).join("  ");
            let mut line = Line::from(vec![
                Span::styled(text::fit(&keys, KEYS - 1) + " ", look.of(Role::Key)),
                Span::styled(text::fit(spec.help, WORDS), look.of(Role::Text)),
            ]);
            if keys.is_empty() {
                line.spans[0] = Span::styled(text::fit(&format!(":{}", spec.name), KEYS), look.of(Role::Dim));
            }
            if named {
                line.push_span(Span::styled(
                    format!("{} {}", spec.name, spec.takes),
                    look.of(Role::Dim),
                ));
            }
            lines.push(line);
        }
        lines.push(Line::default());
    }
    lines
}

pub fn view(model: &Model, offset: usize, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
    let title = format!("Help: {}", model.place().title());
    let width = usize::from(area.width.min(WIDTH).saturating_sub(4));
    scroll(&title, lines(model, look, width), offset, area, buf, look)
}

pub fn notices(model: &Model, offset: usize, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
    let mut lines = Vec::new();
    let room = usize::from(area.width.min(WIDTH).saturating_sub(4));
    for notice in model.notices.iter().rev() {
        let says = wrap(&notice.says, room).into_iter();
        lines.extend(says.map(|says| Line::styled(says, look.of(role(notice.weight)))));
        if !notice.hint.is_empty() {
            let hint = wrap(&notice.hint, room.saturating_sub(2)).into_iter();
            lines.extend(hint.map(|hint| Line::styled(format!("  {hint}"), look.of(Role::Dim))));
        }
    }
    if lines.is_empty() {
        lines.push(Line::styled("nothing was said yet", look.of(Role::Dim)));
    }
    scroll("Notices", lines, offset, area, buf, look)
}

pub fn role(weight: Weight) -> Role {
    match weight {
        Weight::Good => Role::Good,
        Weight::Info => Role::Info,
        Weight::Warn => Role::Warn,
        Weight::Bad => Role::Bad,
    }
}

fn scroll(
    title: &str,
    lines: Vec<Line<'static>>,
    offset: usize,
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let popup = centred(
        area,
        WIDTH,
        (lines.len() as u16)
            .saturating_add(2)
            .min(area.height.saturating_sub(2)),
    );
    let note = Line::raw("↑↓ scroll  esc close");
    let frame = Frame {
        title: Line::raw(title.to_owned()),
        note,
        focused: true,
        over: true,
    };
    let inside = frame.paint(popup, buf, look);
    let first = offset.min(lines.len().saturating_sub(usize::from(inside.height)));
    for (y, line) in (inside.top()..inside.bottom()).zip(lines.iter().skip(first)) {
        buf.set_line(
            inside.x + 1.min(inside.width),
            y,
            line,
            inside.width.saturating_sub(1),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Notice, play};
    use crate::ui::tests::role_style;

    #[test]
    fn a_long_notice_and_its_remedy_are_read_whole() {
        let mut model = play::model();
        let says = "Cost Explorer does not tell resources of this account: the payer did not opt in to them at daily \
                    granularity";
        let hint = "the payer opts in under Billing, Cost Management preferences, Cost Explorer; two days later \
                    they are there";
        model.notice(Notice::new(Weight::Bad, says).hint(hint));
        for (width, height) in [(80, 24), (160, 45), (20, 24)] {
            let area = Rect::new(0, 0, width, height);
            let mut buf = Buffer::empty(area);
            notices(&model, 0, area, &mut buf, &Look::new(&role_style));
            let row = |y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>();
            let shown: String = (0..height).map(row).collect();
            let shown = shown.replace(['│', '─'], " ");
            for word in says
                .split(' ')
                .chain(hint.split(' '))
                .filter(|word| word.len() < 14)
            {
                assert!(shown.contains(word), "{word} at {width}x{height}");
            }
        }
    }
}
