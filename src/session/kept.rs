//! Whether a recording is kept, for those who tell its user: each change once, whatever else the status says.

use tokio::sync::watch;

use super::Status;

/// Why a recording is not kept; nothing while it is.
pub type Trouble = Option<String>;

pub struct Kept {
    status: watch::Receiver<Status>,
    known: Trouble,
}

impl Kept {
    pub fn of(status: watch::Receiver<Status>) -> Kept {
        Kept { status, known: None }
    }

    /// Waits for the next change; `None` when nobody watches the disk any more.
    pub async fn changed(&mut self) -> Option<Trouble> {
        loop {
            let now = self.status.borrow_and_update().recording_failed.clone();
            if now != self.known {
                self.known.clone_from(&now);
                return Some(now);
            }
            self.status.changed().await.ok()?;
        }
    }
}

/// What the user is told of it.
pub fn kept_in_words(trouble: &Trouble) -> String {
    match trouble {
        Some(says) => format!("NOT RECORDED: {says}"),
        None => "recorded again".to_owned(),
    }
}
