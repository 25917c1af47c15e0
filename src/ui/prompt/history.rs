//! Earlier entries of a prompt. What was being typed comes back when ↓ passes the newest.

#[derive(Clone, Debug, Default)]
pub(super) struct History {
    entries: Vec<String>,
    /// Which entry is shown, and what was typed before ↑ was pressed.
    shown: Option<(usize, String)>,
}

/// Enough to find what was typed last week; beyond that nobody presses ↑.
const KEPT: usize = 200;

impl History {
    pub fn new(entries: Vec<String>) -> History {
        History { entries, shown: None }
    }

    pub fn remember(&mut self, entry: &str) {
        self.shown = None;
        if entry.is_empty() {
            return;
        }
        self.entries.retain(|earlier| earlier != entry);
        self.entries.push(entry.to_string());
        let surplus = self.entries.len().saturating_sub(KEPT);
        self.entries.drain(..surplus);
    }

    /// The next older or newer entry that begins like what was typed.
    pub fn recall(&mut self, typed: &str, older: bool) -> Option<String> {
        let (from, draft) = match &self.shown {
            Some((at, draft)) => (*at, draft.clone()),
            None => (self.entries.len(), typed.to_string()),
        };
        let begins = |at: &usize| self.entries[*at].starts_with(&draft);
        let found = if older {
            (0..from).rev().find(begins)
        } else {
            (from + 1..self.entries.len()).find(begins)
        };
        match found {
            Some(at) => {
                self.shown = Some((at, draft));
                Some(self.entries[at].clone())
            }
            None if !older => self.shown.take().map(|(_, draft)| draft),
            None => None,
        }
    }
}
