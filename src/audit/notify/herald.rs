//! The dispatcher at work beside whatever a process does: it looks at the log now and then, and once more before the
//! process ends, for a moment only. What is not delivered by then waits for the next process.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Dispatcher;

const EVERY: Duration = Duration::from_secs(1);
/// What a process that ends still gives to what is being sent: broken off, it would be sent again.
const GRACE: Duration = Duration::from_secs(1);
/// What it gives to the last events then.
const FAREWELL: Duration = Duration::from_secs(1);

/// A dispatcher that runs in the background.
pub struct Herald {
    dispatcher: Dispatcher,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Herald {
    /// Must be called within a runtime. What the process writes into the log from here on is told.
    pub fn start(dispatcher: Dispatcher) -> Herald {
        if let Err(cause) = dispatcher.begin() {
            tracing::warn!(%cause, "notifications cannot be queued");
        }
        let (stop, mut stopped) = watch::channel(false);
        let working = dispatcher.clone();
        let running = tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = stopped.changed() => return,
                    () = tokio::time::sleep(EVERY) => round(&working).await,
                }
            }
        });
        Herald {
            dispatcher,
            stop,
            running,
        }
    }

    /// Queues what came last, and delivers what is delivered quickly.
    pub async fn end(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.running).await.is_err() {
            self.running.abort();
            let _ = self.running.await;
        }
        let _ = tokio::time::timeout(FAREWELL, round(&self.dispatcher)).await;
    }
}

async fn round(dispatcher: &Dispatcher) {
    if let Err(cause) = dispatcher.round(false).await {
        tracing::warn!(%cause, "notifications wait");
    }
}
