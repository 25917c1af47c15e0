//! Opening a session for somebody who waits at a terminal: says on standard error why it takes so long, and a signal
//! ends it, at AWS too. Sessions that a crash left open are ended beside it.

use std::time::Duration;

use tokio::sync::watch;

use crate::session::{self, Live, Opening, Request, State, Status};

use super::signals::Signals;
use super::{Error, notice, quote};

/// `idle_limit` counts down where the account's preferences may not be read.
pub async fn open(
    request: Request,
    idle_limit: Option<Duration>,
    signals: &mut Signals,
) -> Result<Live, Error> {
    let (cloud, data_dir) = (request.cloud.clone(), request.data_dir.clone());
    let tidied = tokio::spawn(async move { session::end_left(&cloud, &data_dir).await });
    let (stop, stopped) = watch::channel(false);
    let status = watch::Sender::new(Status::default());
    let mut told = status.subscribe();
    let opening = session::open_with(
        request,
        Opening {
            status,
            stop: Some(stopped),
            idle_limit,
        },
    );
    let mut opening = std::pin::pin!(opening);
    let opened = loop {
        tokio::select! {
            opened = &mut opening => break opened,
            Ok(()) = told.changed() => report(&told.borrow_and_update()),
            _ = signals.next() => drop(stop.send_replace(true)),
        }
    };
    let live = opened.map_err(Error::from)?;
    if *stop.borrow() {
        live.end();
        live.ended().await;
        return Err(Error::failed("it was stopped as it opened"));
    }
    if tidied.is_finished()
        && let Ok(left) = tidied.await
    {
        for left in left.iter().filter(|left| left.ended.is_ok()) {
            let target = quote(&left.target);
            notice(format!(
                "a session on {target} that a crash had left open is ended"
            ));
        }
    }
    Ok(live)
}

fn report(status: &Status) {
    if status.state == State::Connecting && status.tries.is_some() {
        notice(format!("qd: {status}"));
    }
}
