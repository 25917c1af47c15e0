//! Runbooks beside the shell: a list that is searched as one types, the page, its commands one key from the session.

mod filled;
mod send;
mod update;
mod view;

use std::path::PathBuf;

use crate::runbook::{Block, Library, Page, Runnable, Values};
use crate::ui::markdown::highlight;
use crate::ui::markdown::{Document, Layout, Mark, layout};
use crate::ui::{Cursor, Ids, Look};

pub use filled::open_filled;
pub use send::{abandon, given};
pub use update::{narrow, perform, scanned, step};
pub use view::view;

/// A command that waits for its values.
#[derive(Debug)]
pub struct Pending {
    pub block: Block,
    pub wanted: Vec<String>,
}

#[derive(Debug, Default)]
pub struct Runbooks {
    pub library: Library,
    pub query: String,
    /// Indices of pages, best first.
    shown: Vec<usize>,
    pub cursor: Cursor<PathBuf>,
    reading: bool,
    /// First line of the page that is shown.
    pub offset: usize,
    /// Number of the selected block, from 1.
    pub selected: Option<usize>,
    /// Values given so far; a name keeps its value from block to block.
    values: Values,
    pending: Option<Pending>,
}

impl Runbooks {
    pub fn is_reading(&self) -> bool {
        self.reading
    }

    pub fn page(&self) -> Option<&Page> {
        self.cursor.index(self).and_then(|at| self.page_at(at))
    }

    pub fn page_at(&self, index: usize) -> Option<&Page> {
        self.shown.get(index).and_then(|at| self.library.pages.get(*at))
    }

    /// Blocks that may be sent, in the order of the page.
    fn blocks(&self) -> Vec<Block> {
        let Some(page) = self.page() else {
            return Vec::new();
        };
        page.blocks()
            .into_iter()
            .filter(|block| block.runnable != Runnable::No)
            .collect()
    }

    fn block(&self) -> Option<Block> {
        self.selected
            .and_then(|number| self.blocks().into_iter().nth(number - 1))
    }

    pub fn selected_text(&self) -> Option<String> {
        self.block().map(|block| block.commands.join("\n"))
    }

    /// The page as it is laid out at a width.
    fn document(&self, width: u16, look: Look) -> Option<Document> {
        let page = self.page()?;
        let blocks = self.blocks();
        let marks: Vec<Mark> = blocks
            .iter()
            .enumerate()
            .map(|(at, block)| Mark {
                start_line: block.start_line,
                number: at + 1,
                sure: block.runnable == Runnable::Yes,
                placeholders: &block.placeholders,
            })
            .collect();
        let how = Layout {
            width: usize::from(width),
            look,
            marks: &marks,
            selected: self.selected,
            coloured: highlight::is_loaded(),
        };
        Some(layout(&page.text, &how))
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
}
