//! Finding a phrase in a page as it is laid out: a phrase that is wrapped is found across its lines, case aside.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::Document;
use crate::ui::text;

/// Lines and columns of the pieces of one place, in their order; never empty.
pub type Place = Vec<(usize, Range<usize>)>;

/// Every place where the phrase stands.
pub fn find(document: &Document, phrase: &str) -> Vec<Place> {
    let wanted: Vec<char> = folded(phrase.split_whitespace().collect::<Vec<_>>().join(" ").as_str());
    if wanted.is_empty() {
        return Vec::new();
    }
    let cells = cells(document);
    let mut places = Vec::new();
    let mut at = 0;
    while at + wanted.len() <= cells.len() {
        let here = &cells[at..at + wanted.len()];
        if here.iter().zip(&wanted).all(|(cell, c)| cell.c == *c) {
            places.push(place(here));
            at += wanted.len();
        } else {
            at += 1;
        }
    }
    places
}

/// One character of the page and the columns that show it; a line's end is one blank without columns.
struct Cell {
    c: char,
    line: usize,
    columns: Range<usize>,
}

fn cells(document: &Document) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for (line, shown) in document.lines.iter().enumerate() {
        if cells.last().is_some_and(|last| last.c != ' ') {
            cells.push(Cell {
                c: ' ',
                line,
                columns: 0..0,
            });
        }
        let whole = shown.to_string();
        let mut column = 0;
        for glyph in whole.graphemes(true) {
            let end = column + text::width(glyph);
            for c in folded(glyph) {
                // Runs of blanks count as one: wrapped prose and columns of a table have them.
                if c == ' ' && cells.last().is_none_or(|last| last.c == ' ') {
                    continue;
                }
                cells.push(Cell {
                    c,
                    line,
                    columns: column..end,
                });
            }
            column = end;
        }
    }
    cells
}

fn folded(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn place(cells: &[Cell]) -> Place {
    let mut place = Place::new();
    for cell in cells.iter().filter(|cell| !cell.columns.is_empty()) {
        match place.last_mut() {
            Some((line, columns)) if *line == cell.line => columns.end = columns.end.max(cell.columns.end),
            _ => place.push((cell.line, cell.columns.clone())),
        }
    }
    place
}
