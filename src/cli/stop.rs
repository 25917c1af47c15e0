//! The wish to end: the signals that say so as one flag that everything long-lived watches, so that sessions are ended
//! and recordings sealed on every way out.

use tokio::sync::watch;

use super::Error;
use super::signals::Signals;

/// Turns true at the first of these signals.
pub fn watch_signals() -> Result<watch::Receiver<bool>, Error> {
    let mut signals = Signals::listen()?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = signals.next() => {}
                () = stop.closed() => return,
            }
            stop.send_replace(true);
        }
    });
    Ok(stopped)
}
