//! A line that the user types into: cursor, words, history, paste; correct for what is wider than a byte.
//! Keys follow readline, so that fingers need not learn anything.

mod edit;
mod history;
mod paint;
#[cfg(test)]
mod tests;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use history::History;

pub use paint::Field;

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The text is another one.
    Changed,
    /// Only the cursor moved.
    Moved,
    /// Enter: the text is wanted. It has gone into the history.
    Submitted,
    /// Escape, or Ctrl-C.
    Cancelled,
    /// Not a key of the prompt; the panel may use it.
    Ignored,
}

#[derive(Clone, Debug, Default)]
pub struct Prompt {
    text: String,
    /// Byte offset, always between two graphemes.
    at: usize,
    killed: String,
    history: History,
}

impl Prompt {
    pub fn new(text: impl Into<String>) -> Prompt {
        let mut prompt = Prompt::default();
        prompt.set(text);
        prompt
    }

    /// With earlier entries, oldest first, for ↑.
    pub fn with_history(mut self, entries: Vec<String>) -> Prompt {
        self.history = History::new(entries);
        self
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Byte offset of the cursor.
    pub fn cursor(&self) -> usize {
        self.at
    }

    /// Replaces the text; the cursor goes to its end.
    pub fn set(&mut self, text: impl Into<String>) {
        self.text = one_line(&text.into());
        self.at = self.text.len();
    }

    pub fn clear(&mut self) {
        self.set("");
    }

    /// Inserts pasted text: line ends become blanks, other control characters are left out.
    pub fn paste(&mut self, text: &str) -> Reply {
        let text = one_line(text);
        self.insert(&text);
        Reply::Changed
    }

    pub fn press(&mut self, key: &KeyEvent) -> Reply {
        if key.kind == KeyEventKind::Release {
            return Reply::Ignored;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Enter => {
                self.history.remember(&self.text);
                Reply::Submitted
            }
            KeyCode::Esc => Reply::Cancelled,
            KeyCode::Char('c') if control => Reply::Cancelled,
            KeyCode::Up | KeyCode::Char('p') if key.code == KeyCode::Up || control => self.recall(true),
            KeyCode::Down | KeyCode::Char('n') if key.code == KeyCode::Down || control => self.recall(false),
            KeyCode::Left if control || alt => self.move_to(self.word_start()),
            KeyCode::Right if control || alt => self.move_to(self.word_end()),
            KeyCode::Left => self.move_to(self.before()),
            KeyCode::Right => self.move_to(self.after()),
            KeyCode::Home => self.move_to(0),
            KeyCode::End => self.move_to(self.text.len()),
            KeyCode::Backspace if control || alt => self.kill(self.word_start(), self.at),
            KeyCode::Backspace => self.remove(self.before(), self.at),
            KeyCode::Delete => self.remove(self.at, self.after()),
            KeyCode::Char(c) if control => self.press_control(c),
            KeyCode::Char('b') if alt => self.move_to(self.word_start()),
            KeyCode::Char('f') if alt => self.move_to(self.word_end()),
            KeyCode::Char('d') if alt => self.kill(self.at, self.word_end()),
            KeyCode::Char(c) if !alt && !c.is_control() => {
                self.insert(c.encode_utf8(&mut [0; 4]));
                Reply::Changed
            }
            _ => Reply::Ignored,
        }
    }

    fn press_control(&mut self, c: char) -> Reply {
        match c {
            'a' => self.move_to(0),
            'e' => self.move_to(self.text.len()),
            'b' => self.move_to(self.before()),
            'f' => self.move_to(self.after()),
            'h' => self.remove(self.before(), self.at),
            'd' if self.at < self.text.len() => self.remove(self.at, self.after()),
            'w' => self.kill(self.blank_word_start(), self.at),
            'u' => self.kill(0, self.at),
            'k' => self.kill(self.at, self.text.len()),
            'y' => {
                let killed = self.killed.clone();
                self.insert(&killed);
                Reply::Changed
            }
            _ => Reply::Ignored,
        }
    }

    fn recall(&mut self, older: bool) -> Reply {
        match self.history.recall(&self.text, older) {
            Some(entry) => {
                self.set(entry);
                Reply::Changed
            }
            None => Reply::Moved,
        }
    }
}

fn one_line(text: &str) -> String {
    text.trim_end_matches(['\r', '\n'])
        .replace("\r\n", " ")
        .chars()
        .map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c })
        .filter(|c| !c.is_control())
        .collect()
}
