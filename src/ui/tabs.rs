//! A row of tabs; the selected one is always in view.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::canvas::Canvas;
use super::look::{Look, Role};
use super::text;

#[derive(Clone, Debug)]
pub struct Tab<'a> {
    pub title: &'a str,
    /// Something happened there since it was last looked at.
    pub stirred: bool,
    /// In the colours of production.
    pub prod: bool,
}

pub struct Tabs<'a> {
    pub tabs: &'a [Tab<'a>],
    pub selected: usize,
}

/// A title longer than this is cut in its middle.
const WIDEST: usize = 28;

impl Tabs<'_> {
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        for (nth, from, wide) in self.places(canvas.width()) {
            let tab = &self.tabs[nth];
            let role = match (nth == self.selected, tab.prod) {
                (_, true) => Role::BadgeProd,
                (true, false) => Role::TabActive,
                (false, false) => Role::Tab,
            };
            let mut style = look.of(role);
            if tab.prod && nth == self.selected {
                style = style.add_modifier(Modifier::UNDERLINED);
            }
            let mark = if tab.stirred { "•" } else { " " };
            let x = canvas.text(from, 0, wide, mark, look.of(Role::Warn));
            canvas.text(
                x,
                0,
                wide.saturating_sub(2),
                &text::truncate_middle(tab.title, WIDEST),
                style,
            );
        }
    }

    /// Which tab is at this column of the area.
    pub fn hit(&self, area: Rect, x: u16, y: u16) -> Option<usize> {
        let column = x.checked_sub(area.x).filter(|_| area.contains((x, y).into()))?;
        let places = self.places(area.width);
        places
            .iter()
            .find(|(_, from, wide)| (*from..from + wide).contains(&column))
            .map(|(nth, ..)| *nth)
    }

    /// Tab, first cell, cells; beginning late enough that the selected tab fits.
    fn places(&self, room: u16) -> Vec<(usize, u16, u16)> {
        let wide = |nth: usize| text::width(self.tabs[nth].title).min(WIDEST) as u16 + 2;
        let selected = self.selected.min(self.tabs.len().saturating_sub(1));
        let mut first = 0;
        while first < selected
            && (first..=selected).map(|nth| u32::from(wide(nth))).sum::<u32>() > u32::from(room)
        {
            first += 1;
        }
        let mut x = 0;
        let mut places = Vec::new();
        for nth in first..self.tabs.len() {
            if x >= room {
                break;
            }
            let cells = wide(nth).min(room - x);
            places.push((nth, x, cells));
            x += cells;
        }
        places
    }
}
