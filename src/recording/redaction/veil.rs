//! Secrets that a screen shows whole though no stretch of the stream had them so: written in two pieces, or the second
//! before the first. The rules are run over the rows that are seen, and columns of them are covered.

use super::mask::Mask;
use super::{Redactor, Rules};
use crate::term::{Run, Screen, cover};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub struct Veil {
    redactor: Redactor,
    /// Rule and secret, so that one counts once however long it stands there and wherever.
    found: BTreeSet<(usize, String)>,
}

/// A row as it is seen.
pub struct Row {
    text: String,
    /// Column, columns taken, character.
    cells: Vec<(u16, u16, char)>,
    /// Whether it goes on in the next.
    goes_on: bool,
}

/// A column that must not be seen, and what is there instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    pub row: usize,
    pub col: u16,
    pub sign: char,
}

impl Row {
    /// A row in view.
    pub fn of(screen: &Screen, row: usize) -> Row {
        Row {
            text: screen.row_text(row),
            ..Row::bare(screen, screen.lines_in_view().start() + row as i32)
        }
    }

    /// A line without its text, for who paints it.
    fn bare(screen: &Screen, line: i32) -> Row {
        Row {
            text: String::new(),
            cells: screen.line_cells(line),
            goes_on: screen.line_goes_on(line),
        }
    }
}

impl Veil {
    pub fn new(rules: Arc<Rules>) -> Veil {
        Veil {
            redactor: Redactor::new(rules),
            found: BTreeSet::new(),
        }
    }

    /// Secrets that only the screen had, by rule.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for (rule, _) in &self.found {
            *counts
                .entry(self.redactor.rules().name(*rule).to_owned())
                .or_default() += 1;
        }
        counts
    }

    /// What of the view has to be covered.
    pub fn spots(&mut self, screen: &Screen) -> Vec<Spot> {
        let lines = screen.lines_in_view();
        self.find(&lines.map(|line| Row::bare(screen, line)).collect::<Vec<_>>())
    }

    /// Covers what was painted of the view.
    pub fn paint(&mut self, screen: &Screen, area: Rect, buf: &mut Buffer) {
        for spot in self.spots(screen) {
            cover(area, buf, spot.row, spot.col, spot.sign);
        }
    }

    /// The selected text, covered; none while nothing is selected. What is in view beside it is looked at as well, since a
    /// secret may have been selected in part.
    pub fn selected(&mut self, screen: &Screen) -> Option<String> {
        let (selected, view) = (screen.selected_lines()?, screen.lines_in_view());
        let first = *selected.start().min(view.start());
        let lines = first..=*selected.end().max(view.end());
        let spots = self.find(&lines.map(|line| Row::bare(screen, line)).collect::<Vec<_>>());
        let signs: BTreeMap<(i32, u16), char> = spots
            .iter()
            .map(|spot| ((first + spot.row as i32, spot.col), spot.sign))
            .collect();
        screen.selected_text_under(|line, col| signs.get(&(line, col)).copied())
    }

    /// The runs of the view, covered.
    pub fn runs(&mut self, screen: &Screen) -> Vec<Vec<Run>> {
        let spots = self.spots(screen);
        (0..usize::from(screen.size().rows))
            .map(|row| covered(screen.row_runs(row), &on(&spots, row)))
            .collect()
    }

    /// The text of the view, covered.
    pub fn text(&mut self, screen: &Screen) -> String {
        let rows = 0..usize::from(screen.size().rows);
        let rows: Vec<Row> = rows.map(|row| Row::of(screen, row)).collect();
        let text = self.lines(&rows).join("\n");
        text.trim_end_matches('\n').to_owned()
    }

    /// The text of rows that stand below one another, covered.
    pub fn lines(&mut self, rows: &[Row]) -> Vec<String> {
        let spots = self.find(rows);
        let line = |(nth, row): (usize, &Row)| {
            let spots = on(&spots, nth);
            if spots.is_empty() {
                return row.text.clone();
            }
            let mut text = String::new();
            for (col, width, letter) in &row.cells {
                match spots.get(col) {
                    Some(_) => text.extend((*col..col + width).filter_map(|col| spots.get(&col))),
                    None => text.push(*letter),
                }
            }
            text.trim_end().to_owned()
        };
        rows.iter().enumerate().map(line).collect()
    }

    fn find(&mut self, rows: &[Row]) -> Vec<Spot> {
        let mut text = String::new();
        for row in rows {
            text.extend(row.cells.iter().map(|(_, _, letter)| letter));
            if !row.goes_on {
                text.truncate(text.trim_end_matches(' ').len());
                text.push('\n');
            }
        }
        let covers = self.redactor.look(text.as_bytes());
        let (mut spots, mut mask, mut at) = (Vec::new(), Mask::default(), 0);
        // What the stream's rules left has the same signs, and is no news.
        let mut secrets: BTreeMap<(usize, u64), (String, bool)> = BTreeMap::new();
        for (nth, row) in rows.iter().enumerate() {
            for (col, width, letter) in &row.cells {
                // Blanks at the end of a row were left out.
                if text.as_bytes().get(at).is_none_or(|byte| *byte == b'\n') {
                    break;
                }
                let cover = covers.get(at).copied().flatten();
                at += letter.len_utf8();
                let Some((rule, secret_at)) = cover else { continue };
                let (secret, is_news) = secrets.entry((rule, secret_at)).or_default();
                secret.push(*letter);
                for col in *col..col + width {
                    let sign = char::from(mask.sign(self.redactor.rules(), rule, secret_at));
                    if sign != *letter {
                        *is_news = true;
                        spots.push(Spot { row: nth, col, sign });
                    }
                }
            }
            at += usize::from(!row.goes_on);
        }
        let news = secrets.into_iter().filter(|(_, (_, is_news))| *is_news);
        self.found
            .extend(news.map(|((rule, _), (secret, _))| (rule, secret)));
        spots
    }
}

/// The columns of one row.
fn on(spots: &[Spot], row: usize) -> BTreeMap<u16, char> {
    let here = spots.iter().filter(|spot| spot.row == row);
    here.map(|spot| (spot.col, spot.sign)).collect()
}

/// The runs with these columns covered, which keep their colours.
fn covered(runs: Vec<Run>, spots: &BTreeMap<u16, char>) -> Vec<Run> {
    if spots.is_empty() {
        return runs;
    }
    let mut out: Vec<Run> = Vec::new();
    for run in runs {
        let width = 1 + u16::from(run.wide);
        let cells: Vec<&str> = match run.joined {
            true => vec![&run.text],
            false => run.text.split_inclusive(|_| true).collect(),
        };
        let mut next = run.col;
        for cell in cells {
            let col = next;
            next += width;
            if !(col..next).any(|col| spots.contains_key(&col)) {
                put(&mut out, &run, col, cell);
                continue;
            }
            for col in col..next {
                let sign = spots.get(&col).unwrap_or(&'*').to_string();
                let plain = Run {
                    wide: false,
                    joined: false,
                    text: String::new(),
                    ..run.clone()
                };
                put(&mut out, &plain, col, &sign);
            }
        }
    }
    out
}

/// Appends a cell that looks like `run`, to the run before it where they are of a kind.
fn put(out: &mut Vec<Run>, run: &Run, col: u16, cell: &str) {
    if let Some(last) = out.last_mut() {
        let width = 1 + u16::from(last.wide);
        let end = last.col + width * last.text.chars().count() as u16;
        let alike = (last.wide, last.joined, last.look) == (run.wide, false, run.look);
        if alike && !run.joined && end == col {
            last.text.push_str(cell);
            return;
        }
    }
    out.push(Run {
        col,
        text: cell.to_owned(),
        ..run.clone()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::Size;

    fn veiled(bytes: &[u8]) -> (String, u64) {
        let mut screen = Screen::new(Size { cols: 40, rows: 4 }, 0);
        screen.feed(bytes);
        let mut veil = Veil::new(Arc::new(Rules::new(&[]).unwrap()));
        let text = veil.text(&screen);
        for (row, line) in text.lines().enumerate() {
            let runs = &veil.runs(&screen)[row];
            let shown: String = runs.iter().map(|run| run.text.as_str()).collect();
            assert_eq!(shown.trim_end(), line);
        }
        (text, veil.counts().values().sum())
    }

    #[test]
    fn a_secret_that_was_put_together_on_the_screen_is_covered_there() {
        let (text, count) = veiled(b"\x1b[2J\x1b[Hkey: AKIA____________MPLE end\x1b[1;10HIOSFODNN7EXA");
        assert_eq!(text, "key: AKIA[redacted: aws-a end");
        assert_eq!(count, 1);
    }

    #[test]
    fn a_secret_over_two_rows_of_one_line_is_one_secret() {
        let (text, count) =
            veiled(b"\x1b[1;34Hx AKIAIOSFODNN7EX_MPLE y\x1b[2;11HA\x1b[3;1Hpassword=\x1b[31mhun\x1b[mter2");
        assert!(!text.contains("OSF") && !text.contains("MPLE"), "{text}");
        assert!(text.ends_with("password=[redact"), "{text}");
        assert_eq!(count, 2);
    }

    #[test]
    fn what_is_covered_already_and_what_is_no_secret_stays_as_it_is() {
        let before = "AKIA[redacted: aws-a\npassword=[redact \u{65e5}\u{672c} x";
        let (text, count) = veiled(before.replace('\n', "\r\n").as_bytes());
        assert_eq!((text.as_str(), count), (before, 0));
    }

    #[test]
    fn what_is_copied_of_a_covered_secret_is_covered_however_little_of_it() {
        let mut screen = Screen::new(Size { cols: 40, rows: 2 }, 10);
        screen.feed(b"key: AKIA____________MPLE end\x1b[10GIOSFODNN7EXA");
        let mut veil = Veil::new(Arc::new(Rules::new(&[]).unwrap()));
        assert_eq!(veil.selected(&screen), None);
        screen.select_start(10, 0);
        screen.select_to(27, 0);
        assert_eq!(veil.selected(&screen).as_deref(), Some("redacted: aws-a en"));
        // Also once it has scrolled away.
        screen.feed(b"\r\none\r\ntwo\r\nthree");
        assert_eq!(veil.selected(&screen).as_deref(), Some("redacted: aws-a en"));
    }

    #[test]
    fn wide_letters_in_a_secret_leave_every_column_covered() {
        let (text, count) = veiled("password=\u{65e5}__\u{65e5}z end\x1b[1;12H\u{672c}".as_bytes());
        assert_eq!((text.as_str(), count), ("password=[redact end", 1));
    }
}
