//! The dispatcher at work beside whatever a process does: it looks at the log now and then, and once more before the
//! process ends, for a moment only. What is not delivered by then waits for the next process.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Dispatcher;

const EVERY: Duration = Duration::from_secs(1);
/// What a process that ends still gives to the last events.
const FAREWELL: Duration = Duration::from_secs(2);

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
                    // A round that has begun is not broken off: what it sent would be sent again.
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
    pub async fn end(self) {
        self.stop.send_replace(true);
        let farewell = async {
            let _ = self.running.await;
            round(&self.dispatcher).await;
        };
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
    }
}

async fn round(dispatcher: &Dispatcher) {
    if let Err(cause) = dispatcher.round(false).await {
        tracing::warn!(%cause, "notifications wait");
    }
}
