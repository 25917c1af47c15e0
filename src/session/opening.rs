//! How somebody waits for a session to open: what they are told meanwhile, and how they stop it. Whoever stops it gets
//! an answer only when nothing of it is left open at AWS, or the ledger knows of it.

use std::time::Duration;

use tokio::sync::watch;

use crate::ssm::Tries;

use super::Status;

pub struct Opening {
    /// Follows the session from its first attempt to its end.
    pub status: watch::Sender<Status>,
    /// Stops the opening once it is true.
    pub stop: Option<watch::Receiver<bool>>,
    /// The idle limit to count down where the account's preferences may not be read.
    pub idle_limit: Option<Duration>,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            status: watch::Sender::new(Status::default()),
            stop: None,
            idle_limit: None,
        }
    }
}

impl Opening {
    pub(super) async fn stopped(&self) {
        if let Some(stop) = &self.stop
            && stop.clone().wait_for(|stop| *stop).await.is_ok()
        {
            return;
        }
        std::future::pending().await
    }

    pub(super) fn tell(&self, tries: Option<&Tries>) {
        let tries = tries.map(|tries| (tries.attempt, tries.because.to_string()));
        self.status.send_modify(|status| status.tries = tries);
    }
}
