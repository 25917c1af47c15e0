//! Search in the view and its scrollback by regular expression, over lines with their wraps joined.

use alacritty_terminal::grid::{Dimensions, Grid};
use alacritty_terminal::index::{Line, Point};
use alacritty_terminal::term::cell::Cell;
use regex::{Regex, RegexBuilder};

use super::Screen;
use super::view::{last_column, line_in_view, push_cells, wraps};

/// Memory a pattern may take when compiled.
const PATTERN_BYTES: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards older text.
    Up,
    /// Towards newer text.
    Down,
}

/// The pattern is not a regular expression.
#[derive(Debug, thiserror::Error)]
#[error("cannot search for this pattern: {0}")]
pub struct BadPattern(String);

/// Where a search stands, for "3 of 17".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// From 1, oldest first.
    pub index: usize,
    pub total: usize,
}

#[derive(Default)]
pub(super) struct Search {
    pattern: Option<(String, Regex)>,
    here: Option<Point>,
}

impl Screen {
    /// Go to the next match in a direction, from where the search stands or else from the end of the text, and
    /// round at the ends; the view scrolls to it. A pattern without capitals ignores case.
    pub fn search(&mut self, pattern: &str, direction: Direction) -> Result<Option<Hit>, BadPattern> {
        if self
            .search
            .pattern
            .as_ref()
            .is_none_or(|(text, _)| text != pattern)
        {
            let regex = RegexBuilder::new(pattern)
                .case_insensitive(!pattern.chars().any(char::is_uppercase))
                .size_limit(PATTERN_BYTES)
                .build()
                .map_err(|e| BadPattern(e.to_string().lines().last().unwrap_or_default().to_owned()))?;
            self.search = Search {
                pattern: Some((pattern.to_owned(), regex)),
                here: None,
            };
        }
        let Some((_, regex)) = &self.search.pattern else {
            return Ok(None);
        };
        let grid = self.engine.term.grid();
        let all = matches(grid, regex, grid.topmost_line(), grid.bottommost_line());
        if all.is_empty() {
            self.search.here = None;
            return Ok(None);
        }
        let index = match (self.search.here, direction) {
            (None, Direction::Up) => all.len() - 1,
            (None, Direction::Down) => 0,
            (Some(here), Direction::Up) => all
                .iter()
                .rposition(|(start, _)| *start < here)
                .unwrap_or(all.len() - 1),
            (Some(here), Direction::Down) => all.iter().position(|(start, _)| *start > here).unwrap_or(0),
        };
        let point = all[index].0;
        self.search.here = Some(point);
        self.engine.term.scroll_to_point(point);
        Ok(Some(Hit {
            index: index + 1,
            total: all.len(),
        }))
    }

    pub fn clear_search(&mut self) {
        self.search = Search::default();
    }

    /// Matches that touch the view: first cell, last cell, and whether the search stands on it.
    pub(super) fn found_in_view(&self) -> Vec<(Point, Point, bool)> {
        let Some((_, regex)) = &self.search.pattern else {
            return Vec::new();
        };
        let grid = self.engine.term.grid();
        let (top, bottom) = (line_in_view(grid, 0), line_in_view(grid, grid.screen_lines() - 1));
        let found = matches(grid, regex, top, bottom).into_iter();
        found
            .map(|(start, end)| (start, end, self.search.here == Some(start)))
            .collect()
    }
}

/// Matches on the lines that begin at or above `last` and end at or below `first`.
fn matches(grid: &Grid<Cell>, regex: &Regex, first: Line, last: Line) -> Vec<(Point, Point)> {
    let mut found = Vec::new();
    let mut line = first;
    while line <= last {
        let joined = Joined::around(grid, line);
        for hit in regex.find_iter(&joined.text).filter(|hit| !hit.is_empty()) {
            found.extend(joined.span(hit.start(), hit.end()));
        }
        line = joined.last + 1i32;
    }
    found
}

/// A line with the rows it wraps over, and where each of its bytes is on the grid.
pub(super) struct Joined {
    pub text: String,
    /// Byte at which each cell's text begins.
    cells: Vec<(usize, Point)>,
    last: Line,
}

impl Joined {
    pub fn around(grid: &Grid<Cell>, line: Line) -> Joined {
        let mut first = line;
        while first > grid.topmost_line() && wraps(&grid[first - 1i32]) {
            first -= 1;
        }
        let mut joined = Joined {
            text: String::new(),
            cells: Vec::new(),
            last: first,
        };
        loop {
            let row = &grid[joined.last];
            for col in 0..=last_column(grid).0 {
                let begins = joined.text.len();
                push_cells(&mut joined.text, &row[..][col..=col]);
                if joined.text.len() > begins {
                    joined.cells.push((begins, Point::new(joined.last, col.into())));
                }
            }
            if joined.last >= grid.bottommost_line() || !wraps(row) {
                break;
            }
            joined.last += 1;
        }
        joined.text.truncate(joined.text.trim_end_matches(' ').len());
        joined
    }

    /// First and last cell of a range of bytes.
    pub fn span(&self, start: usize, end: usize) -> Option<(Point, Point)> {
        let cell = |byte: usize| {
            let after = self.cells.partition_point(|(begins, _)| *begins <= byte);
            self.cells.get(after.checked_sub(1)?).map(|(_, point)| *point)
        };
        Some((cell(start)?, cell(end.checked_sub(1)?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::Size;

    #[test]
    fn a_search_walks_scrollback_and_wraps_round() {
        let mut screen = Screen::new(Size { cols: 20, rows: 3 }, 100);
        for line in 0..10 {
            screen.feed(format!("line {line} Error\r\n").as_bytes());
        }
        let hit = |index| Some(Hit { index, total: 10 });
        assert_eq!(screen.search("error", Direction::Up).unwrap(), hit(10));
        assert_eq!(screen.search("error", Direction::Up).unwrap(), hit(9));
        for _ in 0..8 {
            screen.search("error", Direction::Up).unwrap();
        }
        assert_eq!(screen.row_text(0), "line 0 Error");
        assert_eq!(screen.search("error", Direction::Up).unwrap(), hit(10));
        assert_eq!(screen.search("error", Direction::Down).unwrap(), hit(1));
        assert_eq!(screen.search("nothing", Direction::Up).unwrap(), None);
        assert_eq!(screen.search("ERROR", Direction::Up).unwrap(), None);
        assert!(
            screen
                .search("(", Direction::Up)
                .unwrap_err()
                .to_string()
                .starts_with("cannot search")
        );
    }

    #[test]
    fn a_match_may_lie_across_a_wrap_and_after_wide_characters() {
        let mut screen = Screen::new(Size { cols: 8, rows: 3 }, 0);
        screen.feed("日本 needle".as_bytes());
        screen.search("needle", Direction::Up).unwrap();
        let found = screen.found_in_view();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0.line.0, found[0].0.column.0), (0, 5));
        assert_eq!((found[0].1.line.0, found[0].1.column.0), (1, 2));
    }
}
