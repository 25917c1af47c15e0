//! Tables: cells wrap inside their columns. A table whose longest words do not fit beside each other becomes a
//! list of records, each value under its heading, so that no word is broken apart between columns.

use pulldown_cmark::Alignment;
use ratatui::style::Modifier;

use super::flow::{Flow, broken};
use super::tree::Inline;
use super::{Ink, Piece};
use crate::ui::look::Role;
use crate::ui::text;
use crate::ui::wrap::longest_word;

const BETWEEN: &str = " │ ";

pub(super) fn lay(flow: &mut Flow<'_>, align: &[Alignment], head: &[Inline], rows: &[Vec<Inline>]) {
    let columns = head.len().max(1);
    let head: Vec<Inline> = head.iter().map(bold).collect();
    let all = || std::iter::once(head.as_slice()).chain(rows.iter().map(Vec::as_slice));
    let widest = |column: usize, of: &dyn Fn(&Inline) -> usize| {
        all()
            .filter_map(|row| row.get(column))
            .map(of)
            .max()
            .unwrap_or(0)
            .max(1)
    };
    let whole: Vec<usize> = (0..columns).map(|column| widest(column, &widest_line)).collect();
    let least: Vec<usize> = (0..columns)
        .map(|column| widest(column, &|cell| longest_word(cell)))
        .collect();
    let room = flow.room().saturating_sub(text::width(BETWEEN) * (columns - 1));
    if least.iter().sum::<usize>() > room {
        return records(flow, &head, rows);
    }
    let widths = share(&whole, &least, room);
    let wraps = whole.iter().zip(&widths).any(|(whole, width)| whole > width);
    row(flow, align, &widths, &head);
    rule(flow, &widths, "─", "─┼─");
    for (nth, cells) in rows.iter().enumerate() {
        if wraps && nth > 0 {
            rule(flow, &widths, "┈", "┈┼┈");
        }
        row(flow, align, &widths, cells);
    }
}

fn bold(cell: &Inline) -> Inline {
    let strong = |ink: &Ink| Ink {
        style: ink.style.add_modifier(Modifier::BOLD),
        ..*ink
    };
    cell.iter()
        .map(|(text, ink)| (text.clone(), strong(ink)))
        .collect()
}

fn widest_line(cell: &Inline) -> usize {
    let wide = |part: &[Piece]| part.iter().map(|(text, _)| text::width(text)).sum();
    cell.split(|(text, _)| text == "\n").map(wide).max().unwrap_or(0)
}

/// Every column its longest word, and what is left a cell at a time to each that wants more: narrow columns are
/// whole before wide ones take the rest.
fn share(whole: &[usize], least: &[usize], room: usize) -> Vec<usize> {
    let mut widths = least.to_vec();
    let mut spare = room - least.iter().sum::<usize>();
    while spare > 0 && widths.iter().zip(whole).any(|(width, whole)| width < whole) {
        for (width, whole) in widths.iter_mut().zip(whole) {
            if *width < *whole && spare > 0 {
                *width += 1;
                spare -= 1;
            }
        }
    }
    widths
}

fn row(flow: &mut Flow<'_>, align: &[Alignment], widths: &[usize], cells: &[Inline]) {
    let empty = Inline::new();
    let laid: Vec<Vec<Vec<Piece>>> = widths
        .iter()
        .enumerate()
        .map(|(column, width)| broken(cells.get(column).unwrap_or(&empty), *width))
        .collect();
    let height = laid.iter().map(Vec::len).max().unwrap_or(1);
    let bar = flow.ink(Role::Faint);
    for nth in 0..height {
        let mut line: Vec<Piece> = Vec::new();
        for (column, width) in widths.iter().enumerate() {
            if column > 0 {
                line.push((BETWEEN.into(), bar));
            }
            let content = laid[column].get(nth).cloned().unwrap_or_default();
            let blanks = width.saturating_sub(content.iter().map(|(text, _)| text::width(text)).sum());
            let before = match align.get(column) {
                Some(Alignment::Right) => blanks,
                Some(Alignment::Center) => blanks / 2,
                _ => 0,
            };
            line.push((" ".repeat(before), Ink::default()));
            line.extend(content);
            if column + 1 < widths.len() {
                line.push((" ".repeat(blanks - before), Ink::default()));
            }
        }
        flow.line(line);
    }
}

fn rule(flow: &mut Flow<'_>, widths: &[usize], dash: &str, cross: &str) {
    let line: Vec<String> = widths.iter().map(|width| dash.repeat(*width)).collect();
    let ink = flow.ink(Role::Faint);
    flow.line(vec![(line.join(cross), ink)]);
}

fn records(flow: &mut Flow<'_>, head: &[Inline], rows: &[Vec<Inline>]) {
    let faint = flow.ink(Role::Faint);
    // Headings without rows still say something.
    let none: [Vec<Inline>; 1] = [Vec::new()];
    let rows = if rows.is_empty() { &none[..] } else { rows };
    for (nth, cells) in rows.iter().enumerate() {
        if nth > 0 {
            let room = flow.room();
            flow.line(vec![("┈".repeat(room), faint)]);
        }
        let columns = head.len().max(cells.len());
        for column in 0..columns {
            let mut text: Inline = head.get(column).cloned().unwrap_or_default();
            if !text.is_empty() {
                text.push((": ".into(), faint));
            }
            text.extend(cells.get(column).cloned().unwrap_or_default());
            for line in broken(&text, flow.room()) {
                flow.line(line);
            }
        }
    }
}
