//! The wish to end: SIGINT, SIGTERM and SIGHUP as one flag that everything long-lived watches, so that sessions are
//! ended and recordings sealed on every way out.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::Error;

/// Turns true at the first of these signals.
pub fn watch_signals() -> Result<watch::Receiver<bool>, Error> {
    let failed = |cause| Error::failed(format!("cannot listen for signals: {cause}"));
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = hangup.recv() => {}
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = stop.closed() => return,
            }
            stop.send_replace(true);
        }
    });
    Ok(stopped)
}
