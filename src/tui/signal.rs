//! Signals that end the console, so that every session is ended and the terminal is given back, and the one that tells
//! of a new size.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hangup, interrupt from outside, termination.
pub struct Ending {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Ending {
    pub fn watch() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    pub async fn arrived(&mut self) {
        tokio::select! {
            _ = self.hangup.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Each change of the terminal's size.
pub fn resizes() -> io::Result<Signal> {
    signal(SignalKind::window_change())
}
