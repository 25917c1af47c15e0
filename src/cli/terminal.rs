//! The user's own terminal while a remote shell has it: raw, its size followed, given back on every way out.

use std::io::{self, IsTerminal, Write};

use crate::term::Modes;
use crossterm::terminal::{disable_raw_mode, enable_raw_mode, size};

/// What does no harm where nothing was left on.
const TIDY: &[u8] =
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[?25h\x1b>\x1b[0m";

/// Raw mode; dropping it restores.
pub struct Raw;

impl Raw {
    pub fn enter() -> io::Result<Raw> {
        enable_raw_mode()?;
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panicked| {
                restore();
                before(panicked);
            }));
        });
        Ok(Raw)
    }
}

impl Raw {
    /// Takes back what only a terminal that has it on may be told: leaving a screen that was never entered moves the
    /// cursor.
    pub fn leave(self, modes: Modes) {
        let mut out = io::stdout();
        if modes.alt_screen {
            let _ = out.write_all(b"\x1b[?1049l");
        }
        if modes.keyboard != 0 {
            let _ = out.write_all(b"\x1b[<u");
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

fn restore() {
    // First: a terminal that takes nothing any more keeps the rest.
    let _ = disable_raw_mode();
    let mut out = io::stdout();
    let _ = out.write_all(TIDY);
    let _ = out.flush();
}

/// Whether a person sits at both ends.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// What TERM says of the terminal at both ends; `None` where there is none.
pub fn kind_of_terminal() -> Option<String> {
    is_interactive().then(|| std::env::var("TERM").unwrap_or_else(|_| "dumb".into()))
}

/// Columns and rows; what the official client assumes where there is no terminal, or one that was never given a size.
pub fn size_or_default() -> (u16, u16) {
    size()
        .ok()
        .filter(|(cols, rows)| *cols > 0 && *rows > 0)
        .unwrap_or((300, 100))
}
