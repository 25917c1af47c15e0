//! Watches the disk that a session is recorded on, from a task that does not wait for it. A disk that takes too long is
//! one that does not record, and so is a file that was taken away: a strict session ends at AWS at once, any other says so,
//! and marks the time in its recording.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use crate::recording::{Mode, Strain};
use crate::ssm::Channel;

use super::{Order, Status};

/// A write ends in the page cache: after this long it is stuck.
const WRITE_WITHIN: Duration = Duration::from_millis(750);
/// A flush waits for the disk itself, and busy ones take seconds.
const FLUSH_WITHIN: Duration = Duration::from_secs(5);
/// How often it is looked at while something is under way.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) struct Patience {
    pub strain: Arc<Strain>,
    pub mode: Mode,
    pub channel: Channel,
    pub status: watch::Sender<Status>,
    pub changed: Arc<Notify>,
    /// Weak, so that the last handle's going is noticed.
    pub orders: mpsc::WeakUnboundedSender<Order>,
}

impl Patience {
    /// Until it is aborted, or has ended the session.
    pub async fn keep(self) {
        loop {
            let trouble = trouble(&self.strain, WRITE_WITHIN, FLUSH_WITHIN).await;
            tracing::warn!(?trouble, "the disk does not keep the recording");
            let (Trouble::Stuck(says) | Trouble::Unsafe(says)) = &trouble;
            let says = says.clone();
            if self.mode == Mode::Strict {
                self.tell(Some(says.clone()));
                self.order(Order::Stuck(says));
                self.channel.terminate().await;
                return;
            }
            if let Trouble::Unsafe(says) = trouble {
                self.order(Order::Unsafe(says));
                continue;
            }
            self.tell(Some(says.clone()));
            let lasted = idle_again(&self.strain).await;
            self.tell(None);
            self.order(Order::Late(format!(
                "{says}; after {:.1} s it did",
                lasted.as_secs_f64()
            )));
        }
    }

    fn tell(&self, says: Option<String>) {
        self.status.send_modify(|status| status.recording_failed = says);
        self.changed.notify_one();
    }

    fn order(&self, order: Order) {
        if let Some(orders) = self.orders.upgrade() {
            let _ = orders.send(order);
        }
    }
}

/// What a sentence says of it.
#[derive(Debug)]
enum Trouble {
    Stuck(String),
    Unsafe(String),
}

/// Returns when a write or a flush has taken longer than it may, or has failed.
async fn trouble(strain: &Strain, write_within: Duration, flush_within: Duration) -> Trouble {
    loop {
        strain.begun().await;
        loop {
            if let Some(says) = strain.take_failure() {
                return Trouble::Unsafe(says);
            }
            tokio::time::sleep(LOOK_EVERY).await;
            let waited = strain.waited();
            if waited.write_for >= write_within {
                return Trouble::Stuck("the disk does not take the recording".into());
            }
            if waited.flush_for >= flush_within {
                return Trouble::Stuck("the disk does not flush the recording".into());
            }
            if waited.is_idle() {
                break;
            }
        }
    }
}

/// Waits until nothing is under way; for how long that was, at least.
async fn idle_again(strain: &Strain) -> Duration {
    let mut longest = Duration::ZERO;
    loop {
        let waited = strain.waited();
        if waited.is_idle() {
            return longest;
        }
        longest = longest.max(waited.write_for).max(waited.flush_for);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
