//! Standard input as events. Dropping it lets go of standard input, so that a child program may have it.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::Poll;

use crossterm::event::Event;
use termina::Parser;

use super::decode;
use super::park::Keyboard;

/// What a terminal hands over at once.
const READ: usize = 4 << 10;

pub struct Keys {
    keyboard: Rc<Keyboard>,
    parser: Parser,
}

impl Keys {
    pub fn open(keyboard: &Rc<Keyboard>) -> Self {
        keyboard.wanted.set(true);
        Self {
            keyboard: keyboard.clone(),
            parser: Parser::default(),
        }
    }

    /// The next event. Whoever drives the loop polls it again when a key is struck.
    pub async fn next(&mut self) -> io::Result<Event> {
        poll_fn(|_| self.take().transpose().map_or(Poll::Pending, Poll::Ready)).await
    }

    /// What has arrived already.
    pub fn take(&mut self) -> io::Result<Option<Event>> {
        loop {
            while let Some(event) = self.parser.pop() {
                if let Some(event) = decode::event(event) {
                    return Ok(Some(event));
                }
            }
            if !self.keyboard.struck.take() {
                return Ok(None);
            }
            let mut bytes = [0; READ];
            match nix::unistd::read(io::stdin(), &mut bytes)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => decode::feed(&mut self.parser, &bytes[..count], count == READ),
            }
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.keyboard.wanted.set(false);
    }
}
