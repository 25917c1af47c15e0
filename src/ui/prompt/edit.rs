//! Moving and removing, by grapheme and by word.

use unicode_segmentation::UnicodeSegmentation;

use super::{Prompt, Reply};

impl Prompt {
    pub(super) fn insert(&mut self, text: &str) {
        self.text.insert_str(self.at, text);
        // A combining mark joins what stands before it, so the offset may have to move on to a boundary.
        let wanted = self.at + text.len();
        self.at = self.boundary_from(wanted);
    }

    pub(super) fn move_to(&mut self, at: usize) -> Reply {
        self.at = at;
        Reply::Moved
    }

    pub(super) fn remove(&mut self, from: usize, to: usize) -> Reply {
        if from >= to {
            return Reply::Moved;
        }
        self.text.replace_range(from..to, "");
        self.at = self.boundary_from(from);
        Reply::Changed
    }

    /// Removes and keeps for Ctrl-Y.
    pub(super) fn kill(&mut self, from: usize, to: usize) -> Reply {
        if from < to {
            self.killed = self.text[from..to].to_string();
        }
        self.remove(from, to)
    }

    fn boundary_from(&self, wanted: usize) -> usize {
        self.text
            .grapheme_indices(true)
            .map(|(at, _)| at)
            .find(|&at| at >= wanted)
            .unwrap_or(self.text.len())
    }

    pub(super) fn before(&self) -> usize {
        let last = self.text[..self.at].grapheme_indices(true).next_back();
        last.map_or(0, |(at, _)| at)
    }

    pub(super) fn after(&self) -> usize {
        let next = self.text[self.at..].graphemes(true).next();
        self.at + next.map_or(0, str::len)
    }

    pub(super) fn word_start(&self) -> usize {
        let mut words = self.text[..self.at].unicode_word_indices();
        words.next_back().map_or(0, |(at, _)| at)
    }

    pub(super) fn word_end(&self) -> usize {
        let next = self.text[self.at..].unicode_word_indices().next();
        next.map_or(self.text.len(), |(at, word)| self.at + at + word.len())
    }

    /// Start of the blank-separated word before the cursor: what Ctrl-W takes.
    pub(super) fn blank_word_start(&self) -> usize {
        let head = self.text[..self.at].trim_end();
        head.char_indices()
            .rev()
            .find(|(_, c)| c.is_whitespace())
            .map_or(0, |(at, c)| at + c.len_utf8())
    }
}
