//! Going about on a page and between pages: stops at commands and links, places that were found, sections, the way back.

use std::rc::Rc;

use super::{Laid, Runbooks, Stop, view};
use crate::app::{Effect, Model, Notice, Weight};
use crate::panel::frame_of;
use crate::runbook::{Leads, anchors, leads};
use crate::ui::markdown::find;
use ratatui::layout::Rect;

/// Sections that runbooks usually have; a page with two of them has tabs.
const USUAL: &str = "meaning impact diagnosis mitigation summary symptoms rollback recovery verification escalation \
     overview causes resolution 의미 영향 진단 완화 조치 복구";

/// Title and first line of the sections of a page; none unless it is built like a runbook.
pub(super) fn sections(laid: &Laid) -> Vec<(&str, usize)> {
    let headings = &laid.document.headings;
    let is_usual = |title: &str| {
        let title = title.to_lowercase();
        USUAL.split_whitespace().any(|usual| title.starts_with(usual))
    };
    for level in 1..=3 {
        let found: Vec<(&str, usize)> = headings
            .iter()
            .filter(|(of, ..)| *of == level)
            .map(|(_, title, line)| (title.as_str(), *line))
            .collect();
        if found.iter().filter(|(title, _)| is_usual(title)).count() >= 2 {
            return found;
        }
    }
    Vec::new()
}

/// The section in which a line lies.
pub(super) fn section_at(sections: &[(&str, usize)], line: usize) -> Option<usize> {
    sections.iter().rposition(|(_, from)| *from <= line)
}

/// The window of the page and the page in it.
pub(super) fn window(model: &Model) -> Option<(Rect, Rc<Laid>)> {
    let body = frame_of(Rect::new(0, 0, model.cols, model.rows)).body;
    let area = view::inside(model, body);
    Some((area, model.runbooks.laid(area.width, None)?))
}

/// Brings lines into view.
fn reveal(books: &mut Runbooks, height: usize, from: usize, to: usize) {
    if from < books.offset || to > books.offset + height {
        books.offset = from.saturating_sub(height / 4);
    }
}

/// The next command or link, round from the end to the beginning.
pub(super) fn next_stop(model: &mut Model, forward: bool) {
    model.runbooks.reading = model.runbooks.page().is_some();
    let Some((area, laid)) = window(model) else { return };
    let document = &laid.document;
    let blocks = document
        .blocks
        .iter()
        .map(|(number, lines)| (Stop::Block(*number), lines.start, lines.end));
    let links = document.links.iter().enumerate().filter_map(|(at, link)| {
        let (line, _) = link.at.first()?;
        Some((Stop::Link(at), *line, line + 1))
    });
    let mut stops: Vec<(Stop, usize, usize)> = blocks.chain(links).collect();
    stops.sort_by_key(|(_, from, _)| *from);
    let books = &mut model.runbooks;
    let now = books
        .selected
        .and_then(|stop| stops.iter().position(|(other, ..)| *other == stop));
    // Without one it begins with what is in view.
    let first = stops.iter().position(|(_, from, _)| *from >= books.offset);
    let at = match (now, forward) {
        (Some(at), true) => (at + 1) % stops.len().max(1),
        (Some(at), false) => at.checked_sub(1).unwrap_or(stops.len().saturating_sub(1)),
        (None, true) => first.unwrap_or_default(),
        (None, false) => first
            .unwrap_or(stops.len())
            .checked_sub(1)
            .unwrap_or(stops.len().saturating_sub(1)),
    };
    let Some((stop, from, to)) = stops.get(at).copied() else {
        model.notice(Notice::new(Weight::Info, "this page has no command and no link"));
        return;
    };
    books.selected = Some(stop);
    reveal(books, usize::from(area.height), from, to);
}

/// The first place of what is sought at or after the view, as it is typed.
pub(super) fn seek(model: &mut Model, text: String) {
    model.runbooks.sought = super::Sought { text, at: None };
    let Some((area, laid)) = window(model) else { return };
    let places = find(&laid.document, &model.runbooks.sought.text);
    let books = &mut model.runbooks;
    let first = places.iter().position(|place| place[0].0 >= books.offset);
    let at = first.or((!places.is_empty()).then_some(0));
    books.sought.at = at;
    if let Some(at) = at {
        reveal(
            books,
            usize::from(area.height),
            places[at][0].0,
            places[at][0].0 + 1,
        );
    }
}

/// The next place of what is sought.
pub(super) fn next_found(model: &mut Model, forward: bool) {
    let Some((area, laid)) = window(model) else { return };
    let text = model.runbooks.sought.text.clone();
    let places = find(&laid.document, &text);
    if places.is_empty() {
        let says = match text.is_empty() {
            true => "nothing is sought on this page".to_string(),
            false => format!("{text} is not on this page"),
        };
        model.notice(Notice::new(Weight::Info, says).hint("/ searches the page"));
        return;
    }
    let books = &mut model.runbooks;
    let at = match (books.sought.at, forward) {
        (Some(at), true) => (at + 1) % places.len(),
        (Some(at), false) => at.checked_sub(1).unwrap_or(places.len() - 1),
        (None, _) => 0,
    };
    books.sought.at = Some(at.min(places.len() - 1));
    let line = places[at.min(places.len() - 1)][0].0;
    reveal(books, usize::from(area.height), line, line + 1);
}

/// The section before or after the one in view.
pub(super) fn next_section(model: &mut Model, forward: bool) {
    let Some((area, laid)) = window(model) else { return };
    let lines: Vec<usize> = match sections(&laid) {
        named if !named.is_empty() => named.into_iter().map(|(_, line)| line).collect(),
        _ => laid.document.headings.iter().map(|(_, _, line)| *line).collect(),
    };
    let offset = model.runbooks.offset;
    let to = match forward {
        true => lines.iter().copied().find(|line| *line > offset),
        false => lines
            .iter()
            .rev()
            .copied()
            .find(|line| *line < offset)
            .or(Some(0)),
    };
    if let Some(to) = to {
        model.runbooks.offset = to.min(last_offset(&laid, area));
    }
}

/// The offset at which the end of the page is in view.
pub(super) fn last_offset(laid: &Laid, area: Rect) -> usize {
    laid.document
        .lines
        .len()
        .saturating_sub(usize::from(area.height / 2))
}

/// Where the selected link leads: a page of the library, a heading, or out, which only the user's own programs can show.
pub(super) fn follow(model: &mut Model) -> Vec<Effect> {
    let books = &model.runbooks;
    let (Some(Stop::Link(link)), Some(page)) = (books.selected, books.page()) else {
        return Vec::new();
    };
    let Some((area, laid)) = window(model) else {
        return Vec::new();
    };
    let Some(link) = laid.document.links.get(link) else {
        return Vec::new();
    };
    let target = link.target.clone();
    if link.is_command {
        let says = "this is a command in the text";
        model.notice(Notice::new(Weight::Info, says).hint("s puts it to the prompt, y copies it"));
        return Vec::new();
    }
    let (to, anchor) = match leads(page, &target) {
        Leads::Outside => {
            let says = format!("{target} is not a page of the library: its address was copied");
            model.notice(Notice::new(Weight::Info, says));
            return vec![Effect::Copy(target)];
        }
        Leads::Here(anchor) => (page.path.clone(), Some(anchor)),
        Leads::File { path, anchor } => match books.library.page_of(&path) {
            Some(at) => (books.library.pages[at].path.clone(), anchor),
            None => {
                let there = path.exists();
                let says = match there {
                    true => format!("{target} is no runbook of the library"),
                    false => format!("{target} leads nowhere"),
                };
                let hint = format!("it means {}", path.display());
                model.notice(Notice::new(Weight::Warn, says).hint(hint));
                return Vec::new();
            }
        },
    };
    let from = (page.path.clone(), books.offset);
    let line = anchor.and_then(|anchor| {
        let at = books.library.index_of(&to)?;
        anchors(&books.library.pages[at])
            .get(&anchor.to_lowercase())
            .copied()
    });
    let books = &mut model.runbooks;
    books.came_from.push(from);
    if books.page().is_none_or(|page| page.path != to) {
        books.open(&to);
    }
    books.selected = None;
    if let Some(line) = line
        && let Some(laid) = model.runbooks.laid(area.width, None)
    {
        model.runbooks.offset = laid.document.line_of(line).min(last_offset(&laid, area));
    }
    Vec::new()
}

/// Back over the last link, else to the list.
pub(super) fn back(model: &mut Model) {
    let books = &mut model.runbooks;
    match books.came_from.pop() {
        Some((path, offset)) => {
            books.open(&path);
            books.offset = offset;
        }
        None => {
            books.reading = false;
            books.selected = None;
            books.filled = None;
        }
    }
}
