//! The command palette: a prompt above a list ranked as one types, each row with its key and its purpose.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::canvas::Canvas;
use super::cursor::{Cursor, Ids};
use super::fuzzy::{self, Hit};
use super::list::{Lines, List};
use super::look::{Look, Role};
use super::popup::{Frame, centred};
use super::prompt::{Field, Prompt};

/// One thing that can be chosen.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// Matched and shown first.
    pub name: &'a str,
    /// What it does, dim.
    pub says: &'a str,
    /// The key bound to it.
    pub key: &'a str,
}

/// The items that the prompt's text leaves, best first.
pub struct Palette<'a> {
    pub title: &'a str,
    pub items: &'a [Item<'a>],
    hits: Vec<Hit>,
}

impl<'a> Palette<'a> {
    pub fn new(title: &'a str, items: &'a [Item<'a>], prompt: &Prompt) -> Palette<'a> {
        let names: Vec<&str> = items.iter().map(|item| item.name).collect();
        let mut hits = fuzzy::rank(prompt.text(), &names);
        if hits.is_empty() {
            // Nothing is called so: perhaps something does so.
            let says: Vec<&str> = items.iter().map(|item| item.says).collect();
            hits = fuzzy::rank(prompt.text(), &says);
            hits.iter_mut().for_each(|hit| hit.at.clear());
        }
        Palette { title, items, hits }
    }

    /// The item under the cursor.
    pub fn chosen(&self, cursor: &Cursor<String>) -> Option<&'a Item<'a>> {
        let at = cursor.index(self)?;
        self.items.get(self.hits.get(at)?.index)
    }

    /// Paints in the upper middle of the area; returns where the terminal's cursor belongs.
    pub fn paint(
        &self,
        area: Rect,
        buf: &mut Buffer,
        look: &Look<'_>,
        prompt: &Prompt,
        cursor: &Cursor<String>,
    ) -> Option<Position> {
        let area = area.intersection(buf.area);
        let height = u16::try_from(self.items.len())
            .unwrap_or(u16::MAX)
            .saturating_add(3);
        let popup = centred(area, 76, height.min(area.height.saturating_mul(3) / 4).max(4));
        let note = Line::raw(format!("{}/{}", self.hits.len(), self.items.len()));
        let frame = Frame {
            title: Line::raw(self.title),
            note,
            focused: true,
            over: true,
        };
        let inside = frame.paint(popup, buf, look);
        let field = Field {
            label: ":",
            placeholder: "type a few letters",
            secret: false,
            error: "",
        };
        let at = field.paint(
            Rect {
                height: inside.height.min(1),
                ..inside
            },
            buf,
            look,
            prompt,
        );
        let rows = Rect {
            y: inside.y + inside.height.min(1),
            height: inside.height.saturating_sub(1),
            ..inside
        };
        List {
            rows: self,
            focused: true,
            empty: "nothing matches",
        }
        .paint(rows, buf, look, cursor);
        at
    }
}

impl Ids for Palette<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.hits.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        Some(self.items[self.hits.get(index)?.index].name.to_string())
    }
}

impl Lines for Palette<'_> {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        let hit = &self.hits[index];
        let item = &self.items[hit.index];
        let mut spans = fuzzy::highlight(item.name, &hit.at, look.of(Role::Text), look.of(Role::Match));
        spans.push(Span::styled(format!("  {}", item.says), look.of(Role::Dim)));
        Line::from(spans)
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        let key = self.items[self.hits[index].index].key;
        (!key.is_empty()).then(|| Line::styled(key, look.of(Role::Key)))
    }
}

/// Keys that may follow a prefix, in columns at the bottom of the area: what to press next.
pub struct NextKeys<'a> {
    /// The keys pressed so far.
    pub title: &'a str,
    /// A key and what it does.
    pub keys: &'a [(String, &'a str)],
}

impl NextKeys<'_> {
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let area = area.intersection(buf.area);
        let widest =
            |of: &dyn Fn(&(String, &str)) -> usize| self.keys.iter().map(of).max().unwrap_or(0) as u16;
        let key_wide = widest(&|(key, _)| super::text::width(key));
        let each = (key_wide + widest(&|(_, says)| super::text::width(says)) + 4).min(area.width.max(1));
        let columns = (area.width.saturating_sub(2) / each.max(1)).max(1);
        let rows = (self.keys.len() as u16).div_ceil(columns);
        let height = (rows + 2).min(area.height);
        let popup = Rect {
            y: area.bottom() - height,
            height,
            ..area
        };
        let frame = Frame {
            title: Line::raw(self.title),
            note: Line::default(),
            focused: true,
            over: true,
        };
        let inside = frame.paint(popup, buf, look);
        let mut canvas = Canvas::new(inside, buf, look);
        for (nth, (key, says)) in (0u16..).zip(self.keys) {
            let (x, y) = (nth / rows.max(1) * each, nth % rows.max(1));
            let indent = key_wide - super::text::width(key) as u16;
            canvas.text(x + 1 + indent, y, key_wide, key, look.of(Role::Key));
            canvas.text(
                x + key_wide + 2,
                y,
                each.saturating_sub(key_wide + 3),
                says,
                look.of(Role::Text),
            );
        }
    }
}
