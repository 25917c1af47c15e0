//! One screen: bytes from a remote host in, cells, text, answers and keyframes out.
//!
//! Any bytes in any split are safe; what the screen shows does not depend on the split.

use std::time::Instant;

use alacritty_terminal::vte::ansi::Processor;

use super::engine::Engine;
use super::ground::Ground;
use super::search::Search;
use super::{Modes, Size};

/// Bytes given to the parser at once.
const PIECE: usize = 1024;

pub struct Screen {
    pub(super) engine: Engine,
    pub(super) parser: Processor,
    pub(super) ground: Ground,
    pub(super) search: Search,
    /// An unfinished character. The parser never sees one: joined with what follows it, `vte` 0.15 loses
    /// a letter between two such characters.
    held: Vec<u8>,
}

impl Screen {
    /// An empty screen of the nearest size that a screen can have.
    pub fn new(size: Size, scrollback: usize) -> Screen {
        Screen::from_engine(Engine::new(size.clamped(), scrollback))
    }

    pub(super) fn from_engine(engine: Engine) -> Screen {
        Screen {
            engine,
            parser: Processor::new(),
            ground: Ground::new(),
            search: Search::default(),
            held: Vec::new(),
        }
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = self.ground.advance(rest);
            self.parse(&rest[..taken.pass]);
            rest = &rest[taken.pass + taken.skip..];
        }
        self.engine.settle_view();
    }

    fn parse(&mut self, bytes: &[u8]) {
        let partial = self.ground.partial();
        if partial == 0 && self.held.is_empty() {
            self.advance(bytes);
            return;
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        let whole = held.len() - partial;
        self.advance(&held[..whole]);
        held.drain(..whole);
        self.held = held;
    }

    /// After each invalid byte the parser looks for an escape in all that follows: what follows must be short. No
    /// piece ends inside a character.
    fn advance(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while rest.len() > PIECE {
            let starts = |at: &usize| rest[*at] & 0xc0 != 0x80;
            let cut = (PIECE - 3..=PIECE).rev().find(starts).unwrap_or(PIECE);
            self.parser.advance(&mut self.engine, &rest[..cut]);
            rest = &rest[cut..];
        }
        self.parser.advance(&mut self.engine, rest);
    }

    /// Rewraps the main screen and its scrollback, cuts or pads the alternate one, clears the selection.
    /// Lines do not come back out of scrollback.
    pub fn resize(&mut self, size: Size) {
        self.engine.resize(size.clamped());
    }

    pub fn size(&self) -> Size {
        self.engine.size()
    }

    /// Answers for the remote (cursor position, device attributes, modes); empty most of the time.
    pub fn take_replies(&mut self) -> Vec<u8> {
        self.engine.replies.take()
    }

    pub fn take_bell(&mut self) -> bool {
        std::mem::take(&mut self.engine.bell)
    }

    /// Text that the remote asked to put on the clipboard (OSC 52); the caller decides.
    pub fn take_clipboard(&mut self) -> Option<String> {
        self.engine.clipboard.take()
    }

    /// Title the remote set, without control characters; empty if it set none.
    pub fn title(&self) -> &str {
        &self.engine.title
    }

    pub fn modes(&self) -> Modes {
        Modes::of(*self.engine.term.mode())
    }

    /// Between sequences, between characters, and outside of a synchronized update: only here a dump is whole.
    pub fn is_ground(&self) -> bool {
        self.ground.is_ground() && self.sync_until().is_none()
    }

    /// When an open synchronized update (mode 2026) must be shown by `flush_sync` even if its end has not come.
    pub fn sync_until(&self) -> Option<Instant> {
        self.parser.sync_timeout().sync_timeout()
    }

    /// Show what a synchronized update holds back. For when its time is up.
    pub fn flush_sync(&mut self) {
        if self.sync_until().is_some() {
            self.parser.stop_sync(&mut self.engine);
            self.engine.settle_view();
        }
    }
}
