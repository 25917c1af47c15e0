//! Signals that end the console, so that every session is ended and the terminal is given back, and the one that tells
//! of a new size.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hangup, interrupt from outside, termination, quit.
pub struct Ending {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
    quit: Signal,
    /// The last that arrived.
    pub by: Option<SignalKind>,
}

impl Ending {
    pub fn watch() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            by: None,
        })
    }

    pub async fn arrived(&mut self) {
        self.by = Some(tokio::select! {
            _ = self.hangup.recv() => SignalKind::hangup(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.quit.recv() => SignalKind::quit(),
        });
    }
}

/// Each change of the terminal's size.
pub fn resizes() -> io::Result<Signal> {
    signal(SignalKind::window_change())
}
