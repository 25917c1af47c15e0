//! Rows of a table with more cells than its head. Markdown drops those, and a command with a bar in it makes some: they are
//! found in the text of the page.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

/// Follows the events of a page.
#[derive(Debug, Default)]
pub struct Rows {
    columns: usize,
    cells: usize,
    /// Where the last cell ends, and the line.
    last: usize,
    end: usize,
}

impl Rows {
    /// At the end of a row what stands behind its last cell, and where.
    pub fn surplus<'t>(&mut self, text: &'t str, event: &Event<'_>, range: &Range<usize>) -> Option<&'t str> {
        match event {
            Event::Start(Tag::Table(align)) => self.columns = align.len(),
            Event::Start(Tag::TableRow) => {
                self.cells = 0;
                let row = text.get(range.start..)?;
                self.end = range.start + row.find('\n').unwrap_or(row.len());
            }
            Event::End(TagEnd::TableCell) => {
                self.cells += 1;
                self.last = range.end;
            }
            Event::End(TagEnd::TableRow) if self.cells == self.columns => {
                // A cell that is not there is put behind the line.
                let rest = text.get(self.last..self.end)?;
                let rest = rest.trim_start().strip_prefix('|').unwrap_or(rest).trim();
                let rest = rest.strip_suffix('|').unwrap_or(rest).trim_end();
                return Some(rest).filter(|rest| !rest.is_empty());
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::options;
    use pulldown_cmark::Parser;

    #[test]
    fn what_stands_behind_the_last_cell_is_found() {
        let page =
            "| a | b |\n|---|---|\n| `x | y` | z |\n| 1 | 2 |\n| 1 |\n> | a |\n> |---|\n> | 1 | 2 | 3\n";
        let mut rows = Rows::default();
        let parser = Parser::new_ext(page, options()).into_offset_iter();
        let found: Vec<&str> = parser
            .filter_map(|(event, range)| rows.surplus(page, &event, &range))
            .collect();
        assert_eq!(found, ["z", "2 | 3"]);
    }
}
