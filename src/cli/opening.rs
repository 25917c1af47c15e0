//! Opening a session for somebody who waits at a terminal: says on standard error why it takes so long, and a signal
//! ends it, at AWS too. Sessions that a crash left open are ended beside it.

use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;

use crate::aws::Cloud;
use crate::session::{self, Left, Live, Opening, Request, State, Status};

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
    let mut said = String::new();
    let opened = loop {
        tokio::select! {
            opened = &mut opening => break opened,
            Ok(()) = told.changed() => report(&told.borrow_and_update(), &mut said),
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
        tell(&left);
    }
    Ok(live)
}

/// Ends what a crash left open, beside what is opened now, and says so.
pub fn tidy(cloud: &Cloud, data_dir: &Path) {
    let (cloud, data_dir) = (cloud.clone(), data_dir.to_owned());
    tokio::spawn(async move { tell(&session::end_left(&cloud, &data_dir).await) });
}

fn tell(left: &[Left]) {
    for left in left.iter().filter(|left| left.ended.is_ok()) {
        let target = quote(&left.target);
        notice(format!(
            "qd: a session on {target} that a crash had left open is ended"
        ));
    }
}

/// Why it is not open yet, each try once: a status changes for other reasons too.
fn report(status: &Status, said: &mut String) {
    if status.state == State::Connecting && status.tries.is_some() {
        let says = format!("qd: {status}");
        if says != *said {
            notice(&says);
            *said = says;
        }
    }
}
