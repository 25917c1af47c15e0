//! The life of a channel across connections: open, talk, `resume` after every drop, terminate at the end.
//!
//! Whatever way it ends, TerminateSession is called and every event gathered so far reaches the reader.

use super::{
    backoff::Backoff,
    channel::Error,
    dial::{Trouble, dial},
    event::{End, Event, State, Tries, Why},
    flow::Flow,
    handshake::Encryption,
    intake::Intake,
    key::{DataKey, KeyRequest},
    options::Options,
    route::Route,
    tally::Tally,
    ticket::{Later, Renewal, Ticket},
    wire::Wire,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

/// Time that TerminateSession may take at the end, retries included.
const FAREWELL: Duration = Duration::from_secs(5);

/// Drops in quick succession that are answered at once; then the delays grow.
pub(super) const QUICK: u32 = 10;

/// The ends that the handle and the reader hold the other side of.
pub struct Ends {
    pub intake: Intake,
    pub sizes: watch::Receiver<Option<(u16, u16)>>,
    pub stop: watch::Receiver<bool>,
    pub events: mpsc::Sender<Event>,
    pub states: watch::Sender<State>,
}

pub struct Actor {
    pub(super) ticket: Ticket,
    pub(super) renewal: Arc<dyn Renewal>,
    pub(super) options: Options,
    pub(super) client_id: Uuid,
    pub(super) flow: Flow,
    pub(super) ends: Ends,
    pub(super) tally: Arc<Tally>,
    pub(super) backoff: Backoff,
    /// Whether the agent was heard on the present connection.
    pub(super) greeted: bool,
    /// Drops after which the first attempt is still immediate; counted anew once a connection settled.
    pub(super) quick: u32,
    /// Attempts to resume since the agent was last heard.
    pub(super) tries: u32,
    pub(super) route: Option<Route>,
    /// The key that KMS was asked for.
    pub(super) asking: Option<Later<Result<DataKey, String>>>,
    /// When the connection was lost, until it settled again.
    pub(super) lost_at: Option<Instant>,
}

/// How a connection was left.
pub(super) enum Leave {
    Ended(End),
    Dropped(String),
}

impl Actor {
    pub fn new(
        ticket: Ticket,
        renewal: Arc<dyn Renewal>,
        options: Options,
        tally: Arc<Tally>,
        ends: Ends,
    ) -> Self {
        Self {
            flow: Flow::new(&options, tally.clone()),
            backoff: Backoff::new(options.retry),
            client_id: Uuid::new_v4(),
            ticket,
            renewal,
            options,
            tally,
            ends,
            lost_at: None,
            greeted: false,
            quick: QUICK,
            tries: 0,
            route: None,
            asking: None,
        }
    }

    /// Until the session is over; whether AWS was told.
    pub async fn run(mut self, opened: oneshot::Sender<Result<(), Error>>) -> bool {
        let mut wire = match self.open().await {
            Ok(wire) => wire,
            Err(trouble) => {
                let session_id = self.ticket.session_id.clone();
                let farewell = terminate(self.renewal.as_ref(), &session_id).await;
                self.ends.states.send_replace(State::Ended);
                let terminated = farewell.is_ok();
                let cause = match farewell {
                    Ok(()) => trouble.says,
                    Err(why) => format!("{}; and it could not be terminated: {why}", trouble.says),
                };
                let hint = "check the network, the endpoint and the permission ssmmessages:OpenDataChannel";
                let _ = opened.send(Err(Error {
                    session_id,
                    cause,
                    hint: hint.into(),
                    terminated,
                }));
                return terminated;
            }
        };
        let _ = opened.send(Ok(()));
        let end = loop {
            match self.talk(&mut wire).await {
                Leave::Ended(end) => break end,
                Leave::Dropped(because) => match self.resume(because).await {
                    Ok(again) => wire = again,
                    Err(end) => break end,
                },
            }
        };
        let close = wire.close();
        let (told, ()) = tokio::join!(self.finish(end), close);
        told
    }

    async fn open(&mut self) -> Result<Wire, Trouble> {
        let give_up_at = Instant::now() + self.options.open_within;
        loop {
            let wait = self.backoff.next(rand::random());
            let attempt = async {
                sleep(wait).await;
                dial(&self.ticket, self.renewal.as_ref(), self.client_id, &self.options).await
            };
            let trouble = tokio::select! {
                dialled = attempt => match dialled {
                    Ok((wire, signing)) => {
                        self.backoff.reset();
                        self.route = wire.route();
                        self.flow.tell(Event::Opened(signing));
                        return Ok(wire);
                    }
                    Err(trouble) => trouble,
                },
                () = stopped(self.ends.stop.clone(), &self.ends.events) => Trouble { says: "it was stopped".into(), fatal: true },
            };
            if trouble.fatal || Instant::now() >= give_up_at {
                return Err(trouble);
            }
            if let Some(tries) = &self.options.tries {
                tries.send_replace(Some(Tries {
                    attempt: self.backoff.attempts() + 1,
                    because: trouble.says.into(),
                }));
            }
        }
    }

    pub(super) fn ask_for_key(&mut self, wanted: Encryption) {
        let Encryption { key_id, challenge } = wanted;
        let session_id = &self.ticket.session_id;
        let request = KeyRequest::new(key_id, session_id, &self.options.target, challenge.as_deref());
        self.asking = Some(self.renewal.data_key(request));
    }

    pub(super) fn set_state(&mut self, state: State) {
        if *self.ends.states.borrow() != state {
            self.flow.tell(Event::State(state.clone()));
            self.ends.states.send_replace(state);
        }
    }

    /// Tells AWS and the reader. Our own end is announced after AWS knows; another's at once.
    async fn finish(mut self, mut end: End) -> bool {
        if self.flow.ended().is_none() {
            self.flow.end(end.clone());
        }
        self.ends.intake.close();
        let renewal = self.renewal.clone();
        let session_id = self.ticket.session_id.clone();
        let farewell = terminate(renewal.as_ref(), &session_id);
        if end.why == Why::Terminated || end.why == Why::Lost {
            let told = farewell.await;
            if let Err(why) = &told {
                end.text = format!("{} (TerminateSession failed: {why})", end.text);
            }
            self.say_goodbye(end).await;
            told.is_ok()
        } else {
            let (told, ()) = tokio::join!(farewell, self.say_goodbye(end));
            if let Err(why) = &told {
                tracing::debug!("terminating a session that is over failed: {why}");
            }
            told.is_ok()
        }
    }

    async fn say_goodbye(&mut self, end: End) {
        self.set_state(State::Ended);
        self.flow.tell(Event::Ended(end));
        deliver(&mut self.flow, &self.ends.events).await;
    }
}

/// What we call it when we end a session.
pub(super) fn by_us() -> End {
    End {
        why: Why::Terminated,
        text: "ended from here".into(),
    }
}

/// Waits until the last handle is gone, or termination is asked for, or nobody reads the events.
pub(super) async fn stopped(mut stop: watch::Receiver<bool>, events: &mpsc::Sender<Event>) {
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = events.closed() => {}
    }
}

/// Hands over all waiting events, or gives up when nobody reads.
pub(super) async fn deliver(flow: &mut Flow, events: &mpsc::Sender<Event>) {
    while flow.has_events() {
        match events.reserve().await {
            Ok(place) => {
                if let Some(event) = flow.next_event() {
                    place.send(event);
                }
            }
            Err(_) => return,
        }
    }
}

async fn terminate(renewal: &dyn Renewal, session_id: &str) -> Result<(), String> {
    let mut last = "no answer".to_owned();
    let tries = async {
        for wait in [0, 300, 1000] {
            sleep(Duration::from_millis(wait)).await;
            match renewal.terminate(session_id).await {
                Ok(()) => return Ok(()),
                Err(why) => last = why,
            }
        }
        Err(last.clone())
    };
    match timeout(FAREWELL, tries).await {
        Ok(told) => told,
        Err(_) => Err(format!("no answer in {} s", FAREWELL.as_secs())),
    }
}
