//! The way back after a drop: ResumeSession and a new connection, at once and then again and again, until the service
//! says that the session is over or patience ends. A network that returns cuts every wait short.

use super::{
    actor::{Actor, by_us, deliver, stopped},
    dial::dial,
    event::{End, Event, Signing, State, Why},
    options::Options,
    route::{Look, Route},
    tally::count,
    ticket::{Renewal, Ticket},
    wire::Wire,
};
use std::{future::pending, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

/// How often the route is looked at while there is no connection.
const LOOK_EVERY: Duration = Duration::from_millis(500);

type Back = Option<(Ticket, Wire, Signing)>;

impl Actor {
    pub(super) async fn resume(&mut self, because: String) -> Result<Wire, End> {
        let lost_at = *self.lost_at.get_or_insert_with(Instant::now);
        let mut because: Arc<str> = because.into();
        if std::mem::take(&mut self.greeted) && self.quick > 0 {
            // It worked until now: there is nothing to wait for, unless that happens all the time.
            self.quick -= 1;
            self.backoff.reset();
        }
        loop {
            let wait = self.backoff.next(rand::random());
            self.tries += 1;
            self.set_state(State::Resuming {
                attempt: self.tries,
                because: because.clone(),
            });
            let attempt = again(&self.ticket, self.renewal.as_ref(), self.client_id, &self.options);
            let route = &mut self.route;
            let trying = async {
                let _ = timeout(wait, returned(route)).await;
                tokio::select! {
                    tried = attempt => Some(tried),
                    () = returned(route) => None,
                }
            };
            let delivering = async {
                deliver(&mut self.flow, &self.ends.events).await;
                pending::<()>().await;
            };
            let tried = tokio::select! {
                tried = trying => tried,
                () = delivering => continue,
                () = stopped(self.ends.stop.clone(), &self.ends.events) => return Err(by_us()),
            };
            match tried {
                Some(Ok(Some((ticket, wire, signing)))) => {
                    self.ticket = ticket;
                    self.route = wire.route();
                    self.flow.reconnected(Instant::now());
                    self.flow.tell(Event::Opened(signing));
                    count(&self.tally.resumes);
                    return Ok(wire);
                }
                Some(Ok(None)) => {
                    return Err(End {
                        why: Why::TimedOut,
                        text: format!("the session was over when it was resumed ({because})"),
                    });
                }
                Some(Err(says)) => because = says.into(),
                None => {
                    because = "the network changed".into();
                    self.backoff.reset();
                }
            }
            if lost_at.elapsed() >= self.options.patience {
                return Err(End {
                    why: Why::Lost,
                    text: format!("it could not be resumed: {because}"),
                });
            }
        }
    }
}

/// Waits until there is a route that was not there before.
async fn returned(route: &mut Option<Route>) {
    loop {
        sleep(LOOK_EVERY).await;
        if route.as_mut().is_some_and(|route| route.look() == Look::New) {
            return;
        }
    }
}

async fn again(
    old: &Ticket,
    renewal: &dyn Renewal,
    client_id: Uuid,
    options: &Options,
) -> Result<Back, String> {
    let resumed = timeout(options.dial_within, renewal.resume(&old.session_id))
        .await
        .map_err(|_| "ResumeSession did not answer".to_owned())??;
    let Some(mut ticket) = resumed else {
        return Ok(None);
    };
    ticket.session_id.clone_from(&old.session_id);
    if ticket.stream_url.is_empty() {
        ticket.stream_url.clone_from(&old.stream_url);
    }
    match dial(&ticket, renewal, client_id, options).await {
        Ok((wire, signing)) => Ok(Some((ticket, wire, signing))),
        Err(trouble) => Err(trouble.says),
    }
}
