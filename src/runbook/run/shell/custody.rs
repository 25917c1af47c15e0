//! Whether the recording of a shell is kept. The user is told as soon as it is not, and a strict shell runs no step then;
//! neither waits for the disk, which may be what does not answer.

use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::recording::Mode;
use crate::runbook::run::{Event, Told};
use crate::session::{Kept, Status, kept_in_words};

pub(super) use crate::session::Trouble;

/// Dropped, nothing more is told.
pub(super) struct Custody {
    mode: Mode,
    recorded: watch::Receiver<Trouble>,
    telling: AbortHandle,
}

impl Drop for Custody {
    fn drop(&mut self) {
        self.telling.abort();
    }
}

impl Custody {
    pub fn keep(mode: Mode, recorded: watch::Receiver<Trouble>, label: &str, told: Told) -> Custody {
        Custody {
            telling: tokio::spawn(tell(recorded.clone(), label.to_owned(), told)).abort_handle(),
            mode,
            recorded,
        }
    }

    /// Why a strict shell is over.
    pub fn trouble(&self) -> Trouble {
        self.recorded
            .borrow()
            .clone()
            .filter(|_| self.mode == Mode::Strict)
    }

    /// Waits until a strict shell is over, and says why.
    pub async fn lost(&mut self) -> String {
        loop {
            if let Some(says) = self.trouble() {
                return says;
            }
            if self.recorded.changed().await.is_err() {
                // Nobody watches its disk any more: its own end is what is left to hear of.
                std::future::pending::<()>().await;
            }
        }
    }
}

async fn tell(mut recorded: watch::Receiver<Trouble>, label: String, told: Told) {
    let mut known = None;
    loop {
        let now = recorded.borrow_and_update().clone();
        if now != known {
            let hint = match &now {
                Some(_) => "free space on that disk, or see --data-dir",
                None => "",
            };
            let event = Event::Told {
                says: format!("{label}: {}", kept_in_words(&now)),
                hint: hint.into(),
            };
            if told.send(event).await.is_err() {
                return;
            }
            known = now;
        }
        if recorded.changed().await.is_err() {
            return;
        }
    }
}

/// What a status says of it, for as long as there is one; who records it may know of more.
pub(super) fn of(status: watch::Receiver<Status>) -> (watch::Sender<Trouble>, watch::Receiver<Trouble>) {
    let (tell, recorded) = watch::channel(None);
    let known = tell.clone();
    tokio::spawn(async move {
        let mut kept = Kept::of(status);
        while let Some(trouble) = kept.changed().await {
            known.send_replace(trouble);
        }
    });
    (tell, recorded)
}
