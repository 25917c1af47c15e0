//! Plain tables for people: columns aligned by display width, so that Korean, emoji and combining marks line
//! up, and control characters quoted, so that a tag cannot talk to the reader's terminal.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

const GAP: &str = "  ";

/// The table as text, a line feed after each row; the last column is not padded.
pub(super) fn render<R: AsRef<[String]>>(headers: &[&str], rows: &[R], bold_headers: bool) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.as_ref().iter().map(|cell| quote(cell)).collect())
        .collect();
    let mut widths: Vec<usize> = headers.iter().map(|header| header.width()).collect();
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let mut text = String::new();
    if bold_headers {
        text.push_str("\x1b[1m");
    }
    push_row(&mut text, headers, &widths);
    if bold_headers {
        text.push_str("\x1b[0m");
    }
    text.push('\n');
    for row in &cells {
        push_row(&mut text, row, &widths);
        text.push('\n');
    }
    text
}

fn push_row(text: &mut String, row: &[impl AsRef<str>], widths: &[usize]) {
    let last = row.iter().rposition(|cell| !cell.as_ref().is_empty());
    for (column, cell) in row.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
        let cell = cell.as_ref();
        text.push_str(cell);
        if Some(column) != last {
            let padding = widths
                .get(column)
                .map_or(0, |width| width.saturating_sub(cell.width()));
            text.extend(std::iter::repeat_n(' ', padding));
            text.push_str(GAP);
        }
    }
}

/// Control characters, and the marks that reorder text, as escapes that can be read.
pub fn quote(cell: &str) -> String {
    let mut quoted = String::with_capacity(cell.len());
    for c in cell.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() || is_reordering(c) => {
                let _ = write!(quoted, "\\u{{{:x}}}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted
}

/// Bidirectional overrides and isolates can make a line read as another one.
pub fn is_reordering(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| cell.to_string()).collect()
    }

    #[test]
    fn wide_characters_keep_the_columns_aligned() {
        let rows = [row(&["결제-서버", "running"]), row(&["web-1", "stopped"])];
        let text = render(&["NAME", "STATE"], &rows, false);
        assert_eq!(text, "NAME       STATE\n결제-서버  running\nweb-1      stopped\n");
    }

    #[test]
    fn a_hostile_name_is_quoted() {
        let text = render(&["NAME"], &[row(&["a\x1b]0;pwned\x07\nb\u{202e}"])], false);
        assert_eq!(text, "NAME\na\\u{1b}]0;pwned\\u{7}\\nb\\u{202e}\n");
    }

    #[test]
    fn trailing_empty_cells_leave_no_blanks() {
        let text = render(&["A", "B"], &[row(&["x", ""])], false);
        assert_eq!(text, "A  B\nx\n");
    }
}
