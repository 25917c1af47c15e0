//! What changes the runbooks panel.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::{Effect, Model, Notice, Verb, Weight};
use crate::panel::frame_of;
use crate::panel::list::Step;
use crate::runbook::Library;
use crate::ui::{Look, Role};

use super::{send, view};

pub fn scanned(model: &mut Model, library: Library) -> Vec<Effect> {
    for failure in &library.failures {
        let says = format!("{}: {}", failure.path.display(), failure.cause);
        model.notice(Notice::new(Weight::Warn, says).hint(failure.hint.clone()));
    }
    model.runbooks.library = library;
    let query = std::mem::take(&mut model.runbooks.query);
    narrow(model, query);
    Vec::new()
}

pub fn narrow(model: &mut Model, text: String) {
    let books = &mut model.runbooks;
    let pages = &books.library.pages;
    let hits = books.library.search(&text);
    books.shown = hits
        .iter()
        .filter_map(|hit| pages.iter().position(|page| std::ptr::eq(page, hit.page)))
        .collect();
    books.query = text;
    books.cursor = Default::default();
    books.offset = 0;
    books.selected = None;
    books.reading = false;
}

pub fn step(model: &mut Model, step: Step) {
    if model.runbooks.reading {
        let (height, lines) = extent(model);
        let last = lines.saturating_sub(height / 2);
        let books = &mut model.runbooks;
        let by = |by: isize| books.offset.saturating_add_signed(by).min(last);
        books.offset = match step {
            Step::By(rows) => by(rows),
            Step::Page(pages) => by(pages * height.saturating_sub(2).max(1) as isize),
            Step::Top => 0,
            Step::Bottom => last,
        };
        return;
    }
    let mut cursor = std::mem::take(&mut model.runbooks.cursor);
    step.apply(&mut cursor, &model.runbooks);
    model.runbooks.cursor = cursor;
    model.runbooks.offset = 0;
    model.runbooks.selected = None;
}

pub fn perform(model: &mut Model, verb: Verb) -> Vec<Effect> {
    match verb {
        Verb::OpenPage => model.runbooks.reading = model.runbooks.page().is_some(),
        Verb::ClosePage => model.runbooks.reading = false,
        Verb::NextBlock => select(model, 1),
        Verb::PreviousBlock => select(model, -1),
        _ => return send::send(model),
    }
    Vec::new()
}

/// The next command of the page, brought into view.
fn select(model: &mut Model, by: isize) {
    let count = model.runbooks.blocks().len() as isize;
    if count == 0 {
        model.notice(Notice::new(Weight::Info, "this page has no command to send"));
        return;
    }
    let books = &mut model.runbooks;
    books.reading = true;
    let at = books
        .selected
        .map_or(if by > 0 { 0 } else { count - 1 }, |number| {
            (number as isize - 1 + by).rem_euclid(count)
        });
    books.selected = Some(at as usize + 1);
    let area = page_area(model);
    let plain = |_: Role| Style::new();
    let document = model.runbooks.document(area.width, Look::new(&plain));
    let lines = document.and_then(|document| {
        document
            .blocks
            .into_iter()
            .find(|(number, _)| *number == at as usize + 1)
            .map(|(_, lines)| lines)
    });
    if let Some(lines) = lines {
        let height = usize::from(area.height);
        let offset = model.runbooks.offset;
        if lines.start < offset || lines.end > offset + height {
            model.runbooks.offset = lines.start.saturating_sub(height / 4);
        }
    }
}

fn page_area(model: &Model) -> Rect {
    view::inside(
        frame_of(Rect::new(0, 0, model.cols, model.rows)).body,
        model.runbooks.reading,
    )
}

/// Height of the page's window, and lines of the page.
fn extent(model: &Model) -> (usize, usize) {
    let area = page_area(model);
    let plain = |_: Role| Style::new();
    let document = model.runbooks.document(area.width, Look::new(&plain));
    (
        usize::from(area.height),
        document.map_or(0, |document| document.lines.len()),
    )
}
