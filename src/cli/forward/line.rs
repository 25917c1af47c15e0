//! The status line on a terminal: what goes through the tunnels, redrawn only when it reads differently, and out of
//! the way of everything else that is told.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::cli::notice;
use crate::cli::terminal::size_or_default;
use crate::forward::{Rate, Snapshot};
use crate::ui::amount::bytes;

use super::Open;

pub struct Line {
    wanted: bool,
    shown: String,
    before: Vec<Snapshot>,
}

impl Line {
    pub fn new(wanted: bool) -> Self {
        Self {
            wanted,
            shown: String::new(),
            before: Vec::new(),
        }
    }

    pub fn is_shown(&self) -> bool {
        self.wanted
    }

    pub fn draw(&mut self, opened: &[Open]) {
        let now: Vec<Snapshot> = opened.iter().map(|open| open.tunnel.snapshot()).collect();
        let mut parts = Vec::new();
        for ((open, now), before) in opened.iter().zip(&now).zip(&self.before) {
            let rate = now.rate(before);
            if now.connections.is_empty() && rate == Rate::default() {
                continue;
            }
            let label = if opened.len() > 1 { &open.label } else { "" };
            parts.push(words(label, now, rate));
        }
        self.before = now;
        let text = if parts.is_empty() && !self.shown.is_empty() {
            "no connection".to_owned()
        } else {
            parts.join(" | ")
        };
        // A terminal that does not say how wide it is.
        let width = Some(size_or_default().0).filter(|width| *width > 0).unwrap_or(80);
        let text = cut(&text, usize::from(width) - 1);
        if text != self.shown {
            write(&format!("\r{text}\x1b[K"));
            self.shown = text;
        }
    }

    /// A line of its own, above the status.
    pub fn say(&mut self, says: &str) {
        self.clear();
        notice(says);
    }

    pub fn clear(&mut self) {
        if !std::mem::take(&mut self.shown).is_empty() {
            write("\r\x1b[K");
        }
    }
}

fn write(text: &str) {
    let mut out = io::stderr().lock();
    // A terminal that is gone shows nothing.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn words(label: &str, now: &Snapshot, rate: Rate) -> String {
    let count = now.connections.len();
    let connections = if count == 1 { "connection" } else { "connections" };
    let waiting: u64 = now.connections.iter().map(|connection| connection.waiting).sum();
    let mut text = format!(
        "{count} {connections}, up {}/s, down {}/s",
        bytes(rate.up),
        bytes(rate.down)
    );
    if !label.is_empty() {
        text = format!("{label}: {text}");
    }
    if waiting > 0 {
        text += &format!(", {} unread", bytes(waiting as f64));
    }
    if let Some(limit) = now.limit(rate) {
        text += &format!("; {limit}");
    }
    text
}

fn cut(text: &str, width: usize) -> String {
    let mut kept = String::new();
    for c in text.chars() {
        if kept.width() + unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) > width {
            break;
        }
        kept.push(c);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_character_that_does_not_fit_is_left_out() {
        assert_eq!(cut("한국어", 5), "한국");
    }
}
