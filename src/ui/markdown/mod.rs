//! Markdown laid out as styled lines of a given width: nothing is cut, nothing is wider.
//! Links, headings, tasks and code blocks know on which lines they stand, so that a panel can go to them.

mod code;
mod find;
mod flow;
pub mod highlight;
mod html;
mod tab;
mod table;
#[cfg(test)]
mod tests;
mod tree;

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::Line;

use super::look::Look;
use crate::runbook::{Block, Runnable, unix};

pub use find::{Place, find};

/// A code block that the panel can select and send.
#[derive(Clone, Debug)]
pub struct Mark<'a> {
    /// The block's first line in the source, from 1.
    pub start_line: usize,
    /// Its number on the page.
    pub number: usize,
    /// Whether it may be sent as it is, or only looks like it.
    pub sure: bool,
    /// What is still to be filled in, as written.
    pub placeholders: &'a [String],
}

/// The blocks of a page that can be sent, numbered from 1 in their order.
pub fn marks(blocks: &[Block]) -> Vec<Mark<'_>> {
    let runnable = blocks.iter().filter(|block| block.runnable != Runnable::No);
    (1..)
        .zip(runnable)
        .map(|(number, block)| Mark {
            start_line: block.start_line,
            number,
            sure: block.doubt.is_none() && block.obstacle().is_none(),
            placeholders: &block.placeholders,
        })
        .collect()
}

/// How a page is laid out.
#[derive(Clone)]
pub struct Layout<'a> {
    pub width: usize,
    pub look: Look<'a>,
    pub marks: &'a [Mark<'a>],
    /// Number of the block that is selected.
    pub selected: Option<usize>,
    /// Colour code by its grammar where that has been loaded; see [`highlight`].
    pub coloured: bool,
}

/// Where a link stands and leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Number shown behind it; the targets are listed at the end of the page under it. 0: the text is the target.
    pub number: usize,
    pub target: String,
    /// No link at all but a command in the text, which the panel can put to a prompt.
    pub is_command: bool,
    /// Lines and columns of its pieces.
    pub at: Vec<(usize, Range<usize>)>,
}

/// A page laid out.
#[derive(Clone, Debug, Default)]
pub struct Document {
    pub lines: Vec<Line<'static>>,
    /// The source line, from 1, that each line comes from.
    pub sources: Vec<usize>,
    pub links: Vec<Link>,
    /// Level, text and line of each heading.
    pub headings: Vec<(u8, String, usize)>,
    /// Number of each marked block and the lines it takes.
    pub blocks: Vec<(usize, Range<usize>)>,
    /// Task items: whether done, and the line.
    pub tasks: Vec<(bool, usize)>,
}

impl Document {
    /// The first line that comes from this source line or one after it.
    pub fn line_of(&self, source: usize) -> usize {
        let at = self.sources.iter().position(|&from| from >= source);
        at.unwrap_or(self.lines.len().saturating_sub(1))
    }

    /// What a terminal without colour would show.
    pub fn plain(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let line = line.to_string();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Style and link of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
struct Ink {
    style: Style,
    link: Option<usize>,
}

type Piece = super::wrap::Piece<Ink>;

/// Lays a page out.
pub fn layout(text: &str, how: &Layout<'_>) -> Document {
    let text = unix(text);
    let page = tree::parse(&text, &how.look);
    let how = Layout {
        width: how.width.max(1),
        ..how.clone()
    };
    flow::Flow::new(&how, page.links).page(&page.nodes)
}
