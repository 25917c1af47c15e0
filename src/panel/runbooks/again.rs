//! Pages that others change while the console is open: read again when the panel is entered, when a page is opened and
//! before it is run. What is read stays in view: the page, the place on it, what is selected.

use std::sync::Arc;

use super::update::{colour, search_again};
use super::{Runbooks, Stop, edit, travel};
use crate::app::{Ask, Effect, Key, Model, Notice, Overlay, Room, Weight};
use crate::runbook::{Again, Library, Page, Runnable};

/// The page in front, before its library changes.
struct Front {
    page: Arc<Page>,
    /// The line of the page, from 1, at the top of the view, and how many rows of it are above.
    top: Option<(usize, usize)>,
    selected: Option<Selected>,
}

/// What is selected, as the page says it.
enum Selected {
    Block { commands: Vec<String>, number: usize },
    Link { target: String, at: usize },
}

/// How the page in front has come out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    Same,
    Changed,
    Gone,
}

/// The panel comes to the front: files may have changed since it was there.
pub fn entered(model: &mut Model) -> Vec<Effect> {
    let mut effects = colour(model);
    // At the start they are still being read.
    let is_reading = model.busy.iter().any(|busy| busy.key == Key::Runbooks);
    effects.extend((!is_reading).then_some(Effect::RereadRunbooks));
    effects
}

/// Whether the page in front is as its file is, or its object; nothing to ask where it has none.
pub fn look(model: &Model) -> Option<Effect> {
    let page = model
        .runbooks
        .page_shared()
        .filter(|page| page.has_file() || page.is_of_bucket())?;
    Some(Effect::LookAgain(page))
}

/// Files came, changed or went.
pub fn reread(model: &mut Model, mut library: Library) -> Vec<Effect> {
    let before = &model.runbooks.library;
    library.keep_fetched(before);
    let failures = library.failures.iter();
    let new: Vec<Notice> = failures
        .filter(|failure| !before.failures.contains(failure))
        .map(|failure| {
            let says = format!("{}: {}", failure.path.display(), failure.cause);
            Notice::new(Weight::Warn, says).hint(failure.hint.clone())
        })
        .collect();
    let has_moved = library
        .sources
        .iter()
        .any(|source| !before.sources.contains(source));
    new.into_iter().for_each(|notice| model.notice(notice));
    let mut effects = told(model, library);
    // Long histories take seconds: they are asked only where a checkout is at another commit.
    let checkouts = match has_moved {
        true => model.runbooks.library.checkouts(),
        false => Vec::new(),
    };
    effects.extend((!checkouts.is_empty()).then_some(Effect::DateRunbooks(checkouts)));
    effects
}

/// A page's file, or its object, does not say what was read.
pub fn looked(model: &mut Model, before: &Page, now: Again) -> Vec<Effect> {
    let library = &model.runbooks.library;
    let known = library.index_of(&before.path).map(|at| &library.pages[at]);
    // It was read again meanwhile.
    if known.is_none_or(|page| page.text != before.text) {
        return Vec::new();
    }
    let mut library = library.clone();
    library.replace(&before.path, now);
    told(model, library)
}

/// Shows a page whose run did not begin because its file says something else by now.
pub fn show_stale(model: &mut Model, before: &Page, now: Again) -> Vec<Effect> {
    let is_gone = matches!(now, Again::Gone | Again::Unreadable(_));
    let mut effects = looked(model, before, now);
    model.go(Room::Runbooks);
    if model.runbooks.library.index_of(&before.path).is_some()
        && model.runbooks.page().is_none_or(|page| page.path != before.path)
    {
        model.runbooks.open(&before.path);
    }
    // What matters most stands first: a narrow screen cuts the end.
    let (gone, changed) = became(before);
    let became = if is_gone { gone } else { changed };
    let says = format!("nothing was run: {} {became}", before.title);
    model.notice(Notice::new(Weight::Warn, says));
    effects.extend(colour(model));
    effects
}

/// How it is said that a page is gone, and that it says something else.
fn became(page: &Page) -> (&'static str, &'static str) {
    match page.is_of_bucket() {
        true => ("is gone from its bucket", "changed in its bucket, read again"),
        false => ("is gone from disk", "changed on disk, read again"),
    }
}

/// Takes the library, and says what became of the page in front.
fn told(model: &mut Model, library: Library) -> Vec<Effect> {
    let front = model.runbooks.page_shared();
    let title = front.as_ref().map(|page| page.title.clone()).unwrap_or_default();
    let (gone, changed) = front.as_deref().map(became).unwrap_or_default();
    let came = put(model, library);
    if came != Came::Same {
        drop_begun(model);
    }
    if came == Came::Changed {
        edit::renew(model);
    }
    if model.room != Room::Runbooks {
        return Vec::new();
    }
    match came {
        Came::Same => {}
        Came::Changed => model.notice(Notice::new(Weight::Warn, format!("{title} {changed}"))),
        Came::Gone => model.notice(Notice::new(Weight::Warn, format!("{title} {gone}"))),
    }
    colour(model)
}

/// Takes the library in place of the one that was; what is read stays in view where it still is.
pub(super) fn put(model: &mut Model, mut library: Library) -> Came {
    let front = front(model);
    library.commits = std::mem::take(&mut model.runbooks.library.commits);
    model.runbooks.library = library;
    search_again(&mut model.runbooks);
    front.map_or(Came::Same, |front| front.restore(model))
}

fn front(model: &Model) -> Option<Front> {
    let books = &model.runbooks;
    let page = books.page_shared()?;
    let window = books.is_reading().then(|| travel::window(model)).flatten();
    let top = window.as_ref().and_then(|(_, laid)| {
        let line = laid.document.sources.get(books.offset).copied()?;
        Some((line, books.offset.saturating_sub(laid.document.line_of(line))))
    });
    let selected = match books.selected {
        Some(Stop::Block(number)) => books.block().map(|block| Selected::Block {
            commands: block.commands,
            number,
        }),
        Some(Stop::Link(at)) => books.selected_text().map(|target| Selected::Link { target, at }),
        None => None,
    };
    Some(Front { page, top, selected })
}

impl Front {
    fn restore(self, model: &mut Model) -> Came {
        let books = &mut model.runbooks;
        let Some(at) = books.library.index_of(&self.page.path) else {
            // Its neighbour takes its place in the list; as a page it would be taken for the one that is gone.
            books.reading = false;
            books.begin_page();
            return Came::Gone;
        };
        let now = Arc::clone(&books.library.pages[at]);
        if books.is_reading() && !books.shown.contains(&at) {
            // What was sought is not on it any more.
            books.query.clear();
            books.shown = (0..books.library.pages.len()).collect();
        }
        // Where nothing was chosen the first row counts, which may be another page by now.
        if books.shown.contains(&at) {
            books.cursor.select(Some(self.page.path.clone()));
        }
        if now.text == self.page.text {
            return Came::Same;
        }
        books.selected = None;
        let Some((area, _)) = self.top.and_then(|_| travel::window(model)) else {
            return Came::Changed;
        };
        let books = &mut model.runbooks;
        books.selected = self
            .selected
            .and_then(|selected| selected.find(books, area.width));
        if let Some((line, rows)) = self.top
            && let Some(laid) = model.runbooks.laid(area.width, None)
        {
            let first = laid
                .document
                .line_of(line_again(&self.page.text, line, &now.text));
            model.runbooks.offset = (first + rows).min(travel::last_offset(&laid, area));
        }
        Came::Changed
    }
}

impl Selected {
    /// The same on the page as it is now, the nearest where there are several.
    fn find(&self, books: &Runbooks, width: u16) -> Option<Stop> {
        match self {
            Selected::Block { commands, number } => {
                let blocks = books.page()?.blocks().into_iter();
                let blocks = blocks.filter(|block| block.runnable != Runnable::No);
                let same = (1..).zip(blocks).filter(|(_, block)| block.commands == *commands);
                let nearest = same.min_by_key(|(now, _): &(usize, _)| now.abs_diff(*number));
                nearest.map(|(now, _)| Stop::Block(now))
            }
            Selected::Link { target, at } => {
                let laid = books.laid(width, None)?;
                let links = laid.document.links.iter().enumerate();
                let same = links.filter(|(_, link)| link.target == *target);
                let nearest = same.min_by_key(|(now, _)| now.abs_diff(*at));
                nearest.map(|(now, _)| Stop::Link(now))
            }
        }
    }
}

/// Where a line, from 1, stands in the text as it is now: the nearest that says the same, else the one of its number.
fn line_again(before: &str, line: usize, now: &str) -> usize {
    let Some(says) = before.lines().nth(line.saturating_sub(1)) else {
        return line;
    };
    let same = (1..).zip(now.lines()).filter(|(_, other)| *other == says);
    let nearest = same.min_by_key(|(at, _): &(usize, _)| at.abs_diff(line));
    nearest.map_or(line, |(at, _)| at)
}

/// What was about to begin with the old text is left; headings lead to lines of the old text too.
fn drop_begun(model: &mut Model) {
    let is_begun = match &model.overlay {
        Some(Overlay::Start(_) | Overlay::Places(_)) => true,
        Some(Overlay::Prompt { ask: Ask::Given, .. }) => model.carry_start.take().is_some(),
        Some(Overlay::Prompt {
            ask: Ask::Variable { .. } | Ask::SendPhrase,
            ..
        }) => model.runbooks.pending.take().is_some(),
        Some(Overlay::Preview { .. } | Overlay::Edit { .. }) => model.room == Room::Runbooks,
        _ => false,
    };
    if is_begun {
        model.overlay = None;
    }
}

#[cfg(test)]
mod tests;
