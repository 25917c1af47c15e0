//! A frame over the rest of the screen, and the question that is asked in one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::canvas::Canvas;
use super::look::{Look, Role};
use super::text;
use super::wrap::{Blanks, wrap_spans};

/// A border with a title. `paint` returns the area inside.
pub struct Frame<'a> {
    pub title: Line<'a>,
    /// At the lower right: keys, a position.
    pub note: Line<'a>,
    pub focused: bool,
    /// Blanks what lies below: for what stands over other things.
    pub over: bool,
}

impl Frame<'_> {
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) -> Rect {
        let mut canvas = Canvas::new(area, buf, look);
        if self.over {
            canvas.clear(look.popup());
        }
        let (width, height) = (canvas.width(), canvas.height());
        if width < 2 || height < 2 {
            return Rect {
                width: 0,
                height: 0,
                ..canvas.area
            };
        }
        let style = look.border(self.focused);
        for y in [0, height - 1] {
            canvas.repeat(1, y, width - 2, "─", style);
        }
        for y in 1..height - 1 {
            canvas.text(0, y, 1, "│", style);
            canvas.text(width - 1, y, 1, "│", style);
        }
        for (x, y, corner) in [
            (0, 0, "╭"),
            (width - 1, 0, "╮"),
            (0, height - 1, "╰"),
            (width - 1, height - 1, "╯"),
        ] {
            canvas.text(x, y, 1, corner, style);
        }
        let role = if self.focused { Role::Title } else { Role::Dim };
        caption(&mut canvas, 0, &self.title, look.of(role), false);
        caption(&mut canvas, height - 1, &self.note, look.of(Role::Dim), true);
        let area = canvas.area;
        Rect::new(area.x + 1, area.y + 1, width - 2, height - 2)
    }
}

fn caption(canvas: &mut Canvas<'_, '_>, y: u16, line: &Line<'_>, style: ratatui::style::Style, right: bool) {
    let wide: usize = line.spans.iter().map(|span| text::width(&span.content)).sum();
    let room = canvas.width().saturating_sub(4);
    if wide == 0 || room == 0 {
        return;
    }
    let shown = u16::try_from(wide).unwrap_or(u16::MAX).min(room);
    let x = if right { canvas.width() - shown - 3 } else { 1 };
    canvas.text(x, y, 1, " ", style);
    let style = style.patch(line.style);
    let end = canvas.line(x + 1, y, room, &line.clone().style(style));
    canvas.text(end, y, 1, " ", style);
}

/// An area of at most this size in the middle of another.
pub fn centred(within: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(within.width), height.min(within.height));
    Rect {
        x: within.x + (within.width - width) / 2,
        y: within.y + (within.height - height) / 2,
        width,
        height,
    }
}

/// A question with two answers, or one that wants a word typed.
pub struct Confirm<'a> {
    pub title: &'a str,
    /// What will happen, to what; one paragraph a line.
    pub says: &'a [Line<'a>],
    /// The key and the name of the answer that acts, and of the one that does not.
    pub yes: (&'a str, &'a str),
    pub no: (&'a str, &'a str),
    /// What is at stake is production, or cannot be undone.
    pub grave: bool,
}

/// What a key changes of what is asked about: the key, its name, both as wide as told, and the value, which is bright where
/// somebody chose it.
pub fn field(
    (key, key_width): (&str, usize),
    (name, name_width): (&str, usize),
    (value, is_default): (&str, bool),
    look: &Look<'_>,
) -> Line<'static> {
    let role = if is_default { Role::Dim } else { Role::Accent };
    Line::from(vec![
        Span::styled(format!("{key:<key_width$}"), look.of(Role::Key)),
        Span::styled(format!("{name:<name_width$}"), look.of(Role::Text)),
        Span::styled(text::quote(value).into_owned(), look.of(role)),
    ])
}

impl<'a> Confirm<'a> {
    /// Before something runs.
    pub fn run(says: &'a [Line<'a>], grave: bool) -> Confirm<'a> {
        Confirm {
            title: if grave { "Sure?" } else { "Run it?" },
            says,
            yes: (if grave { "y" } else { "enter" }, "run it"),
            no: ("n", "leave it"),
            grave,
        }
    }
}

impl Confirm<'_> {
    /// Paints in the middle of the area and returns what is left inside for a prompt, one row above the answers.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) -> Rect {
        let area = area.intersection(buf.area);
        let width = area.width.min(72);
        let room = usize::from(width.saturating_sub(4));
        let lines: Vec<Line<'_>> = self
            .says
            .iter()
            .flat_map(|line| wrap_spans(&line.spans, room, Blanks::Keep))
            .collect();
        let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(5);
        let popup = centred(area, width, wanted);
        let title_style = if self.grave {
            look.of(Role::BadgeProd)
        } else {
            look.of(Role::Title)
        };
        let frame = Frame {
            title: Line::styled(self.title.to_string(), title_style.add_modifier(Modifier::BOLD)),
            note: Line::default(),
            focused: true,
            over: true,
        };
        let inside = frame.paint(popup, buf, look);
        let mut canvas = Canvas::new(inside, buf, look);
        let rows = canvas.height();
        let text_rows = rows.saturating_sub(3).max(rows.min(1));
        for (y, line) in (0..text_rows).zip(&lines) {
            canvas.line(
                1,
                y,
                inside.width.saturating_sub(2),
                &line.clone().patch_style(look.of(Role::Text)),
            );
        }
        if usize::from(text_rows) < lines.len() && text_rows > 0 {
            canvas.text(
                inside.width.saturating_sub(1),
                text_rows - 1,
                1,
                "↓",
                look.of(Role::Warn),
            );
        }
        if rows > 1 {
            let act = look.of(if self.grave { Role::Bad } else { Role::Good });
            let answers = Line::from(vec![
                Span::styled(self.yes.0.to_string(), act.add_modifier(Modifier::BOLD)),
                Span::styled(format!(" {}   ", self.yes.1), look.of(Role::Text)),
                Span::styled(self.no.0.to_string(), look.of(Role::Key)),
                Span::styled(format!(" {}", self.no.1), look.of(Role::Text)),
            ]);
            canvas.line(1, rows - 1, inside.width.saturating_sub(2), &answers);
        }
        match rows {
            0..3 => Rect { height: 0, ..inside },
            _ => Rect {
                x: inside.x + 1.min(inside.width),
                y: inside.bottom() - 3,
                width: inside.width.saturating_sub(2),
                height: 2,
            },
        }
    }
}
