//! Runbooks beside the shell: a list that is searched as one types, the page, its commands one key from the session.

mod about;
mod again;
mod edit;
mod filled;
mod laid;
mod led;
mod places;
mod send;
#[cfg(test)]
mod tests;
mod travel;
mod update;
mod view;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::app::PaneId;
use crate::runbook::plan::{Plan, Step};
use crate::runbook::{Block, Found, Library, Page, Values};
use crate::ui::{Cursor, Ids};

pub use again::{entered, look, looked, reread, show_stale};
pub use edit::{Draft, press as press_edit, saved, view as view_edit};
pub use filled::open_filled;
pub use laid::Laid;
pub use led::open_led;
pub use places::{Places, choose, view as view_places};
pub use send::{abandon, given, named, phrase};
pub use update::{colour, dated, fetched, forbidden, narrow, perform, scanned, step};
pub use view::view;

/// A block that waits for its values, or for a name to be typed, with the page that it stands on.
#[derive(Debug)]
struct Pending {
    pane: PaneId,
    plan: Plan,
    step: Step,
    /// It is put to the prompt, and the reader presses enter there.
    is_typed_only: bool,
}

/// What tab stops at on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A block that can be sent, by its number from 1.
    Block(usize),
    /// A link, by its index in the page as it is laid out.
    Link(usize),
}

/// What is sought in the page.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    pub text: String,
    /// Which of the places is gone to.
    pub at: Option<usize>,
}

#[derive(Debug, Default)]
pub struct Runbooks {
    pub library: Library,
    pub query: String,
    /// What was sought before in the library and on its pages, the oldest first.
    asked: Vec<String>,
    /// Indices of pages, best first.
    shown: Vec<usize>,
    /// What each beginning of the query found, the shortest first: rubbing out costs no search, typing on little.
    narrowed: Vec<(String, Found)>,
    /// How rows in view are told from namesakes; looking for those goes through every page.
    apart: RefCell<HashMap<PathBuf, Option<String>>>,
    pub cursor: Cursor<PathBuf>,
    reading: bool,
    /// The page alone, without the list.
    wide: bool,
    /// First line of the page that is shown.
    pub offset: usize,
    pub selected: Option<Stop>,
    pub sought: Sought,
    /// Pages that links led away from, and where one was on them.
    came_from: Vec<(PathBuf, usize)>,
    /// The page as it was last laid out.
    laid: RefCell<Option<Rc<Laid>>>,
    /// The text whose code was last asked to be coloured.
    coloured: Option<Arc<str>>,
    /// How many pages link to this one, once counted.
    linked_from: RefCell<Option<(PathBuf, usize)>>,
    /// Values given so far; a name keeps its value from block to block of one page in one session.
    values: Values,
    /// The page and the instance that they were given for.
    values_of: Option<(PathBuf, String)>,
    filled: Option<filled::Filled>,
    pending: Option<Pending>,
}

impl Runbooks {
    pub fn is_reading(&self) -> bool {
        self.reading
    }

    /// Whether something is sought on the page.
    pub fn is_seeking(&self) -> bool {
        self.reading && !self.sought.text.is_empty()
    }

    /// What was sought before another search begins, that of now last.
    pub fn sought_before(&mut self, now: &str) -> Vec<String> {
        if !now.is_empty() {
            self.asked.retain(|asked| asked != now);
            self.asked.push(now.to_owned());
        }
        self.asked.clone()
    }

    pub fn page(&self) -> Option<&Page> {
        self.cursor.index(self).and_then(|at| self.page_at(at))
    }

    /// The same, to be handed on.
    fn page_shared(&self) -> Option<Arc<Page>> {
        let at = self.cursor.index(self)?;
        let page = self.shown.get(at).and_then(|at| self.library.pages.get(*at));
        page.cloned()
    }

    pub fn page_at(&self, index: usize) -> Option<&Page> {
        self.shown
            .get(index)
            .and_then(|at| self.library.pages.get(*at))
            .map(AsRef::as_ref)
    }

    /// Opens a page of the library, whether the search shows it or not.
    fn open(&mut self, path: &Path) {
        if !self.shown.iter().any(|at| self.library.pages[*at].path == path) {
            // A link leads where it leads: the search gives way.
            self.query.clear();
            self.shown = (0..self.library.pages.len()).collect();
        }
        self.cursor.select(Some(path.to_path_buf()));
        self.begin_page();
        self.reading = true;
    }

    /// At the top, with nothing selected.
    fn begin_page(&mut self) {
        self.offset = 0;
        self.selected = None;
        self.sought = Sought::default();
    }

    fn block(&self) -> Option<Block> {
        let Some(Stop::Block(number)) = self.selected else {
            return None;
        };
        let blocks = self.page()?.blocks();
        blocks
            .into_iter()
            .filter(|block| block.runnable != crate::runbook::Runnable::No)
            .nth(number - 1)
    }

    /// The selected command of the page's text.
    fn span(&self) -> Option<Block> {
        let Some(Stop::Link(link)) = self.selected else {
            return None;
        };
        let code = {
            let laid = self.laid.borrow();
            let link = laid.as_ref()?.document.links.get(link)?;
            link.is_command.then(|| link.target.clone())?
        };
        let spans = crate::runbook::spans(&self.page()?.text);
        spans.into_iter().find(|span| span.text == code)
    }

    /// Lines of the page where the selected block stands.
    pub fn block_lines(&self) -> Option<(usize, usize)> {
        self.block().map(|block| (block.start_line, block.end_line))
    }

    pub fn selected_text(&self) -> Option<String> {
        if let Some(Stop::Link(link)) = self.selected {
            let laid = self.laid.borrow();
            return laid
                .as_ref()?
                .document
                .links
                .get(link)
                .map(|link| link.target.clone());
        }
        self.block().map(|block| block.commands.join("\n"))
    }
}

impl Ids for Runbooks {
    type Id = PathBuf;

    fn len(&self) -> usize {
        self.shown.len()
    }

    fn id_at(&self, index: usize) -> Option<PathBuf> {
        self.page_at(index).map(|page| page.path.clone())
    }

    fn index_of(&self, id: &PathBuf) -> Option<usize> {
        let is = |at: &usize| {
            self.library
                .pages
                .get(*at)
                .is_some_and(|page| page.path.as_os_str() == id.as_os_str())
        };
        self.shown.iter().position(is)
    }
}
