//! What changes the runbooks panel.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::app::{Effect, Model, Notice, Overlay, Room, Verb, Weight};
use crate::panel::list::Step;
use crate::runbook::catalogue::Forbidden;
use crate::runbook::plan::Plan;
use crate::runbook::{Commit, Fetched, Found, Library, Source};

use super::places::Places;
use super::{Runbooks, again, edit, send, travel};

pub fn scanned(model: &mut Model, mut library: Library) -> Vec<Effect> {
    for failure in &library.failures {
        let says = format!("{}: {}", failure.path.display(), failure.cause);
        model.notice(Notice::new(Weight::Warn, says).hint(failure.hint.clone()));
    }
    for warning in library.sources.iter().filter_map(|source| source.warning()) {
        model.notice(Notice::new(Weight::Warn, warning).hint("its pages may not be what anyone meant"));
    }
    let remote = library.remote.clone();
    library.keep_fetched(&model.runbooks.library);
    again::put(model, library);
    let mut effects = Vec::new();
    if model.room == Room::Runbooks {
        effects = colour(model);
    }
    let checkouts = model.runbooks.library.checkouts();
    effects.extend((!checkouts.is_empty()).then_some(Effect::DateRunbooks(checkouts)));
    effects.extend((!remote.is_empty()).then_some(Effect::FetchRunbooks(remote)));
    effects
}

/// What git knows of the pages.
pub fn dated(model: &mut Model, commits: HashMap<PathBuf, Commit>) -> Vec<Effect> {
    model.runbooks.library.commits = commits;
    Vec::new()
}

/// Pages of a bucket.
pub fn fetched(model: &mut Model, source: Arc<Source>, pages: Fetched) -> Vec<Effect> {
    let mut library = model.runbooks.library.clone();
    let known = library.failures.len();
    library.pages.retain(|page| page.source.label != source.label);
    library.sources.retain(|other| other.label != source.label);
    library.take(source, pages, model.now);
    let failures = library.failures[known.min(library.failures.len())..].to_vec();
    for failure in failures {
        let says = format!("{}: {}", failure.path.display(), failure.cause);
        model.notice(Notice::new(Weight::Warn, says).hint(failure.hint));
    }
    again::put(model, library);
    Vec::new()
}

/// The library is another: the search is made again.
pub(super) fn search_again(books: &mut Runbooks) {
    let query = std::mem::take(&mut books.query);
    books.shown = books.library.search(&query).iter().map(|hit| hit.index).collect();
    books.query = query;
    books.linked_from.take();
    books.narrowed.clear();
    books.apart.take();
    let library = &books.library;
    books
        .came_from
        .retain(|(path, _)| library.index_of(path).is_some());
    if books.page().is_none() {
        books.reading = false;
    }
}

/// On the list it searches the library, on a page the page.
pub fn narrow(model: &mut Model, text: String) -> Vec<Effect> {
    if model.runbooks.reading {
        travel::seek(model, text);
        return Vec::new();
    }
    let books = &mut model.runbooks;
    books
        .narrowed
        .retain(|(query, _)| text.starts_with(query.as_str()));
    if books.narrowed.last().is_none_or(|(query, _)| *query != text) {
        let library = &books.library;
        let hits = match books.narrowed.last() {
            Some((_, found)) => library.search_on(&text, found),
            None => library.search(&text),
        };
        let found = Found::new(&text, &hits);
        books.narrowed.push((text.clone(), found));
    }
    if let Some((_, found)) = books.narrowed.last() {
        books.shown = found.indices().collect();
    }
    books.query = text;
    books.cursor = Default::default();
    books.begin_page();
    colour(model)
}

/// Asks for the colours of the page in view, once for each text.
pub fn colour(model: &mut Model) -> Vec<Effect> {
    let books = &mut model.runbooks;
    let Some(text) = books.page().map(|page| Arc::clone(&page.text)) else {
        return Vec::new();
    };
    if books
        .coloured
        .as_ref()
        .is_some_and(|last| Arc::ptr_eq(last, &text))
    {
        return Vec::new();
    }
    books.coloured = Some(Arc::clone(&text));
    vec![Effect::ColourPage(text)]
}

pub fn step(model: &mut Model, step: Step) -> Vec<Effect> {
    if model.runbooks.reading {
        let Some((area, laid)) = travel::window(model) else {
            return Vec::new();
        };
        let (height, last) = (usize::from(area.height), travel::last_offset(&laid, area));
        let books = &mut model.runbooks;
        let by = |by: isize| books.offset.saturating_add_signed(by).min(last);
        books.offset = match step {
            Step::By(rows) => by(rows),
            Step::Page(pages) => by(pages * height.saturating_sub(2).max(1) as isize),
            Step::Top => 0,
            Step::Bottom => last,
        };
        return Vec::new();
    }
    let mut cursor = std::mem::take(&mut model.runbooks.cursor);
    step.apply(&mut cursor, &model.runbooks);
    model.runbooks.cursor = cursor;
    model.runbooks.begin_page();
    colour(model)
}

pub fn perform(model: &mut Model, verb: Verb) -> Vec<Effect> {
    let reading = model.runbooks.reading;
    match verb {
        Verb::OpenPage if reading => {
            let from = model.runbooks.page().map(|page| page.path.clone());
            let mut effects = travel::follow(model);
            effects.extend(colour(model));
            let is_another = model.runbooks.page().map(|page| &page.path) != from.as_ref();
            effects.extend(again::look(model).filter(|_| is_another));
            return effects;
        }
        Verb::OpenPage => {
            model.runbooks.reading = model.runbooks.page().is_some();
            model.runbooks.came_from.clear();
        }
        Verb::ClosePage => travel::back(model),
        Verb::NextBlock => travel::next_stop(model, true),
        Verb::PreviousBlock => travel::next_stop(model, false),
        Verb::NextInPage => travel::next_found(model, true),
        Verb::PreviousInPage => travel::next_found(model, false),
        Verb::NextSection => travel::next_section(model, true),
        Verb::PreviousSection => travel::next_section(model, false),
        Verb::WidePage => {
            model.runbooks.wide = !model.runbooks.wide && model.runbooks.page().is_some();
            model.runbooks.reading |= model.runbooks.wide;
        }
        Verb::Outline | Verb::BackLinks => {
            if let Some(places) = Places::of(model, verb == Verb::Outline) {
                model.overlay = Some(Overlay::Places(places));
            }
        }
        Verb::EditPage => return edit::begin(model),
        Verb::EditOutside => return edit::outside(model),
        _ => return send::send(model),
    }
    let mut effects = colour(model);
    // Whoever opens a page, or selects a command of it, is about to do what it says.
    let is_opened = matches!(
        verb,
        Verb::OpenPage | Verb::NextBlock | Verb::PreviousBlock | Verb::WidePage
    );
    effects.extend(again::look(model).filter(|_| is_opened && model.runbooks.reading));
    effects
}

/// Why the page in front may not be run by whoever sits here.
pub fn forbidden(model: &Model) -> Option<Forbidden> {
    let page = model.runbooks.page()?;
    let plan = Plan::parse(&page.path, &page.name, &page.text).ok()?;
    model.catalogue.check(&plan).err()
}
