//! What a pane showed last. While its screen is busy with a flood, the rest of the console is drawn beside that picture
//! instead of waiting: a key of the console is answered whatever a remote host does.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::session::Live;
use crate::term::Screen;

/// How long a frame waits for a screen.
const PATIENCE: Duration = Duration::from_millis(1);
const STUCK_AFTER: Duration = Duration::from_millis(250);

#[derive(Default)]
pub struct Picture {
    cells: Buffer,
    cursor: Option<Position>,
}

impl Picture {
    /// Paints the screen, or the picture of it when it is busy; true when that was the screen itself.
    pub fn paint(
        &mut self,
        live: &Live,
        area: Rect,
        buf: &mut Buffer,
        paint: impl Fn(&mut Screen, &mut Buffer) -> Option<Position>,
    ) -> (Option<Position>, bool) {
        let painted = live.with_screen_within(PATIENCE, |screen| paint(screen, buf));
        let is_same = self.cells.area == area;
        match painted {
            None if is_same => {
                copy(&self.cells, buf);
                return (self.cursor, false);
            }
            // Another size, which the old picture does not fill: worth waiting for, unless the screen is stuck.
            None => match live.with_screen_within(STUCK_AFTER, |screen| paint(screen, buf)) {
                Some(cursor) => self.cursor = cursor,
                None => {
                    copy(&self.cells, buf);
                    return (self.cursor, false);
                }
            },
            Some(cursor) => self.cursor = cursor,
        }
        self.keep(area, buf);
        (self.cursor, true)
    }

    fn keep(&mut self, area: Rect, buf: &Buffer) {
        if self.cells.area != area {
            self.cells = Buffer::empty(area);
        }
        copy(buf, &mut self.cells);
    }
}

/// The cells that both have.
fn copy(from: &Buffer, to: &mut Buffer) {
    let both = from.area.intersection(to.area);
    let width = usize::from(both.width);
    for y in both.top()..both.bottom() {
        let (source, target) = (from.index_of(both.x, y), to.index_of(both.x, y));
        to.content[target..target + width].clone_from_slice(&from.content[source..source + width]);
    }
}
