//! What a session in a plain terminal does not say itself, each change once: that it stalls, resumes, is no longer
//! recorded, and that AWS is about to end it for want of data.

use std::time::Duration;

use tokio::time::sleep;

use crate::cli::{notice, quote};
use crate::session::{Live, State, Status};

/// So long before the idle limit it is told.
const SOON: Duration = Duration::from_secs(30);
/// Where the limit is not known yet, or is near and data may have come since.
const LOOK: Duration = Duration::from_secs(5);

/// What was told so far.
pub struct Report {
    /// Somebody sits there, who can strike a key.
    counts_down: bool,
    trouble: Option<State>,
    unrecorded: Option<String>,
    is_idle: bool,
}

impl Report {
    pub fn new(counts_down: bool) -> Self {
        Self {
            counts_down,
            trouble: None,
            unrecorded: None,
            is_idle: false,
        }
    }

    /// Waits until the idle limit has to be looked at again.
    pub async fn until_idle(&self, live: &Live) {
        let left = live.status().borrow().idle_left();
        sleep(match left {
            Some(left) if left > SOON => left - SOON,
            _ => LOOK,
        })
        .await;
    }

    pub fn hear(&mut self, status: &Status) {
        let is_trouble = matches!(status.state, State::Stalled { .. } | State::Resuming { .. });
        let trouble = is_trouble.then(|| status.state.clone());
        if trouble != self.trouble && !status.has_ended() {
            tell_beside(&status.to_string());
        }
        self.trouble = trouble;
        if status.recording_failed != self.unrecorded {
            match &status.recording_failed {
                Some(says) => tell_beside(&format!("NOT RECORDED: {says}")),
                None => tell_beside("recorded again"),
            }
            self.unrecorded = status.recording_failed.clone();
        }
        let is_idle = self.counts_down && status.idle_left().is_some_and(|left| left <= SOON);
        if is_idle && !self.is_idle {
            let words = status.idle_words().unwrap_or_default();
            tell_beside(&format!("{words}; a key keeps it"));
        }
        self.is_idle = is_idle;
    }
}

/// A line between the remote's, in a terminal that is raw.
fn tell_beside(says: &str) {
    notice(format!("\r\nqd: {}\r", quote(says)));
}
