//! Watches the disk that a session or a local program is recorded on, from a task that does not wait for it. A disk that
//! takes too long is one that does not record, and so is a file that was taken away: what is strict ends at once, anything
//! else says so, and marks the time in its recording.

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

/// What is recorded, and what becomes of it when its disk fails.
pub(super) trait Ward: Send + Sync {
    /// It may not go on unrecorded: ends it without waiting for the disk.
    fn end(&self, says: String) -> impl Future<Output = ()> + Send;
    /// The disk takes nothing at the moment.
    fn stall(&self, says: &str);
    /// It does again; `note` says since when it did not.
    fn resume(&self, note: String) -> impl Future<Output = ()> + Send;
    /// What was written is not safe.
    fn lose(&self, says: String) -> impl Future<Output = ()> + Send;
}

pub(super) struct Patience<W> {
    pub strain: Arc<Strain>,
    pub mode: Mode,
    pub ward: W,
}

impl<W: Ward> Patience<W> {
    /// Until it is aborted, or has ended what it watches.
    pub async fn keep(self) {
        loop {
            let trouble = trouble(&self.strain, WRITE_WITHIN, FLUSH_WITHIN).await;
            tracing::warn!(?trouble, "the disk does not keep the recording");
            match trouble {
                Trouble::Stuck(says) | Trouble::Unsafe(says) if self.mode == Mode::Strict => {
                    self.ward.end(says).await;
                    return;
                }
                Trouble::Unsafe(says) => self.ward.lose(says).await,
                Trouble::Stuck(says) => {
                    self.ward.stall(&says);
                    let lasted = idle_again(&self.strain).await;
                    let note = format!("{says}; after {:.1} s it did", lasted.as_secs_f64());
                    self.ward.resume(note).await;
                }
            }
        }
    }
}

/// A session of AWS's.
pub(super) struct Remote {
    pub channel: Channel,
    pub status: watch::Sender<Status>,
    pub changed: Arc<Notify>,
    /// Weak, so that the last handle's going is noticed.
    pub orders: mpsc::WeakUnboundedSender<Order>,
}

impl Remote {
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

impl Ward for Remote {
    async fn end(&self, says: String) {
        // First: whoever hears of the disk may end the session, and that is not why it ended.
        self.order(Order::Stuck(says.clone()));
        self.tell(Some(says));
        self.channel.terminate().await;
    }

    fn stall(&self, says: &str) {
        self.tell(Some(says.to_owned()));
    }

    async fn resume(&self, note: String) {
        self.tell(None);
        self.order(Order::Late(note));
    }

    async fn lose(&self, says: String) {
        self.order(Order::Unsafe(says));
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
