//! Where a widget paints: an area of a buffer that cannot be left.
//! Everything outside is clipped, so that a widget may do its sums without fear of a tiny window.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use unicode_segmentation::UnicodeSegmentation;

use super::look::Look;
use super::text;

/// Positions are relative to the upper left corner of the area.
pub(super) struct Canvas<'b, 'l> {
    pub area: Rect,
    pub buf: &'b mut Buffer,
    pub look: Look<'l>,
}

impl<'b, 'l> Canvas<'b, 'l> {
    pub fn new(area: Rect, buf: &'b mut Buffer, look: &Look<'l>) -> Canvas<'b, 'l> {
        Canvas {
            area: area.intersection(buf.area),
            buf,
            look: *look,
        }
    }

    pub fn width(&self) -> u16 {
        self.area.width
    }

    pub fn height(&self) -> u16 {
        self.area.height
    }

    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// A part of this canvas; what lies outside is cut.
    pub fn part(&mut self, x: u16, y: u16, width: u16, height: u16) -> Canvas<'_, 'l> {
        let wanted = Rect {
            x: self.area.x.saturating_add(x),
            y: self.area.y.saturating_add(y),
            width,
            height,
        };
        Canvas {
            area: wanted.intersection(self.area),
            buf: self.buf,
            look: self.look,
        }
    }

    /// Writes text into at most `room` cells, `…` where it is cut; returns the column after it.
    pub fn text(&mut self, x: u16, y: u16, room: u16, content: &str, style: Style) -> u16 {
        let room = room.min(self.width().saturating_sub(x));
        if y >= self.height() || room == 0 {
            return x;
        }
        let quoted = text::quote(content);
        let mut column = x;
        for glyph in text::truncate(&quoted, usize::from(room)).graphemes(true) {
            column += self.glyph(column, y, glyph, style);
        }
        column
    }

    /// Writes styled spans into at most `room` cells, `…` where they are cut; returns the column after them.
    pub fn line(&mut self, x: u16, y: u16, room: u16, line: &Line<'_>) -> u16 {
        let room = room.min(self.width().saturating_sub(x));
        let whole: usize = line.spans.iter().map(|span| text::width(&span.content)).sum();
        let cut = whole > usize::from(room);
        let end = x + if cut { room.saturating_sub(1) } else { room };
        let mut column = x;
        for span in &line.spans {
            let style = line.style.patch(span.style);
            let quoted = text::quote(&span.content);
            let (shown, _) = text::head(&quoted, usize::from(end - column));
            column = self.text(column, y, end - column, shown, style);
            if shown.len() < quoted.len() {
                return self.text(column, y, room.min(1), "…", style);
            }
        }
        column
    }

    /// One grapheme; returns its width. A wide one that does not fit is left out.
    fn glyph(&mut self, x: u16, y: u16, glyph: &str, style: Style) -> u16 {
        let wide = u16::try_from(text::cells(glyph)).unwrap_or(0);
        if wide == 0 || x.saturating_add(wide) > self.width() || y >= self.height() {
            return 0;
        }
        let (left, top) = (self.area.x + x, self.area.y + y);
        if let Some(cell) = self.buf.cell_mut((left, top)) {
            cell.set_symbol(glyph).set_style(style);
        }
        for covered in 1..wide {
            if let Some(cell) = self.buf.cell_mut((left + covered, top)) {
                cell.set_symbol(" ").set_style(style);
            }
        }
        wide
    }

    /// The same symbol over a stretch of one row.
    pub fn repeat(&mut self, x: u16, y: u16, count: u16, symbol: &str, style: Style) {
        for column in x..x.saturating_add(count).min(self.width()) {
            self.glyph(column, y, symbol, style);
        }
    }

    /// Patches the style of one row, its symbols left as they are. Nothing on it is dim.
    pub fn tint_row(&mut self, y: u16, style: Style) {
        if y < self.height() {
            // What leads the eye is not faint, though a text on it was; NO_COLOR and ansi say faint by a modifier.
            self.buf.set_style(
                Rect::new(self.area.x, self.area.y + y, self.area.width, 1),
                style.remove_modifier(Modifier::DIM),
            );
        }
    }

    /// Blanks the whole canvas: what lay below does not show through.
    pub fn clear(&mut self, style: Style) {
        for y in self.area.top()..self.area.bottom() {
            for x in self.area.left()..self.area.right() {
                if let Some(cell) = self.buf.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }
}
