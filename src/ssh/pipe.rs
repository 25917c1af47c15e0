//! The byte pipe between this machine and one remote port. Both directions run on their own, so that a slow one never
//! holds the other; bytes are counted and hashed where they pass, and nothing else is done to them.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::session::{Connection, Opaque, Passed};
use crate::ssm::{Channel, Event, Why};

/// The protocol cannot say that standard input has ended, so the remote may never end: silence decides then.
const LINGER: Duration = Duration::from_secs(30);
/// How long an agent may take to say that it listens.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// This machine's end.
pub struct Local {
    /// Closed at the end of standard input.
    pub incoming: mpsc::Receiver<Bytes>,
    /// Its receiver is dropped when nobody reads any more.
    pub outgoing: mpsc::Sender<Bytes>,
}

/// What the remote end tells.
#[derive(Debug)]
pub enum Heard {
    Bytes(Bytes),
    /// The remote program closed the connection.
    Closed,
    Failed {
        says: String,
        hint: String,
    },
}

/// Where bytes for the remote go.
pub trait Outward: Send + 'static {
    /// False when the connection is over.
    fn send(&mut self, bytes: Bytes) -> impl Future<Output = bool> + Send;
}

impl Outward for Channel {
    async fn send(&mut self, bytes: Bytes) -> bool {
        self.input(bytes).await.is_ok()
    }
}

/// Why carrying stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    RemoteClosed,
    /// Standard input ended and the remote said nothing more, or nobody reads any more.
    LocalClosed,
    Stopped,
    Failed {
        says: String,
        hint: String,
    },
}

/// What policy's end of what cannot be recorded says, and what to do.
fn unrecorded(cause: impl std::fmt::Display) -> (String, String) {
    (
        format!("it cannot be recorded any longer: {cause}"),
        "free some space; policy wants it recorded".to_owned(),
    )
}

impl End {
    /// Policy ended it.
    pub fn unrecorded(cause: impl std::fmt::Display) -> End {
        let (says, hint) = unrecorded(cause);
        End::Failed { says, hint }
    }

    /// For the recording.
    pub fn words(&self) -> &str {
        match self {
            End::RemoteClosed => "the remote closed it",
            End::LocalClosed => "closed on this side",
            End::Stopped => "interrupted",
            End::Failed { says, .. } => says,
        }
    }

    pub fn is_failure(&self) -> bool {
        matches!(self, End::Failed { .. })
    }
}

/// What was carried.
#[derive(Debug)]
pub struct Carried {
    pub opened_at: Timestamp,
    pub closed_at: Timestamp,
    /// Bytes towards the remote, and their SHA-256.
    pub sent: (u64, [u8; 32]),
    pub received: (u64, [u8; 32]),
    pub end: End,
}

impl Carried {
    /// As the recording keeps it.
    pub fn connection(&self, peer: &str, remote: &str) -> Connection {
        Connection {
            peer: peer.to_owned(),
            remote: remote.to_owned(),
            opened_at: self.opened_at,
            closed_at: self.closed_at,
            sent: self.sent,
            received: self.received,
            end: self.end.words().to_owned(),
        }
    }
}

/// Carries until one side ends it or `stop` turns true.
pub async fn carry(
    local: Local,
    mut remote: impl Outward,
    mut heard: mpsc::Receiver<Heard>,
    mut stop: watch::Receiver<bool>,
) -> Carried {
    let opened_at = Timestamp::now();
    let Local {
        mut incoming,
        outgoing,
    } = local;
    let sent = Arc::new(Mutex::new(Passed::default()));
    let up = tokio::spawn({
        let sent = sent.clone();
        async move {
            while let Some(bytes) = incoming.recv().await {
                if !remote.send(bytes.clone()).await {
                    // Why it is over comes from the other direction.
                    return std::future::pending().await;
                }
                sent.lock().unwrap_or_else(PoisonError::into_inner).add(&bytes);
            }
        }
    });
    let mut received = Passed::default();
    let (mut up_ended, mut heard_at) = (false, Instant::now());
    let mut stop_while_full = stop.clone();
    let mut waiting_up = Box::pin(up);
    let end = loop {
        tokio::select! {
            told = heard.recv() => match told {
                Some(Heard::Bytes(bytes)) => {
                    heard_at = Instant::now();
                    received.add(&bytes);
                    tokio::select! {
                        passed = outgoing.send(bytes) => if passed.is_err() { break End::LocalClosed },
                        () = stopped(&mut stop_while_full) => break End::Stopped,
                    }
                }
                Some(Heard::Closed) => break End::RemoteClosed,
                Some(Heard::Failed { says, hint }) => break End::Failed { says, hint },
                None => break End::Failed { says: "the connection was lost".into(), hint: String::new() },
            },
            _ = &mut waiting_up, if !up_ended => {
                up_ended = true;
                heard_at = Instant::now();
            }
            () = outgoing.closed() => break End::LocalClosed,
            () = tokio::time::sleep_until(heard_at + LINGER), if up_ended => break End::LocalClosed,
            () = stopped(&mut stop) => break End::Stopped,
        }
    };
    waiting_up.abort();
    let sent = sent.lock().unwrap_or_else(PoisonError::into_inner).sum();
    Carried {
        opened_at,
        closed_at: Timestamp::now(),
        sent,
        received: received.sum(),
        end,
    }
}

/// Waits until `stop` turns true, or nobody is left who could turn it.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What a session tells, drops and returns recorded on the way.
pub fn hear(opaque: Arc<Opaque>, mut events: mpsc::Receiver<Event>, strict: bool) -> mpsc::Receiver<Heard> {
    let (tell, told) = mpsc::channel(256);
    tokio::spawn(async move {
        let lost = |says: &str, hint: &str| Heard::Failed {
            says: says.to_owned(),
            hint: hint.to_owned(),
        };
        let mut spoke = false;
        let mut ready_by = Some(Instant::now() + HANDSHAKE);
        loop {
            let event = match next(&mut events, ready_by).await {
                Ok(Some(event)) => event,
                Ok(None) => return,
                Err(Silent) => {
                    let says = format!("the agent opened no port session in {} s", HANDSHAKE.as_secs());
                    let hint = "see whether the instance is overloaded or its agent must be updated";
                    // Who stopped listening knows already.
                    let _ = tell.send(lost(&says, hint)).await;
                    return;
                }
            };
            if let Event::Ready { .. } = event {
                ready_by = None;
            }
            let recorded = opaque.hear(&event).await;
            if let Err(cause) = recorded.as_ref().map_err(ToString::to_string)
                && strict
            {
                let (says, hint) = unrecorded(cause);
                // Before anyone is told: a local side that does not read must not keep it open.
                opaque.end(&says, false).await;
                let _ = tell.send(lost(&says, &hint)).await;
                return;
            }
            let told = match event {
                Event::Output(bytes) => {
                    spoke = true;
                    Heard::Bytes(bytes)
                }
                Event::Missing(range) => lost(
                    &format!("{} messages of the remote are missing", range.end - range.start),
                    "connect again: what was received is incomplete",
                ),
                // Words at the end of a connection that never spoke are why it did not.
                Event::Ended(end) if end.why == Why::RemoteClosed && (spoke || end.text.is_empty()) => {
                    Heard::Closed
                }
                Event::Ended(end) => lost(
                    &if end.text.is_empty() {
                        format!("the session ended: {:?}", end.why)
                    } else {
                        end.text.clone()
                    },
                    "see that the remote port is open and that the session may last",
                ),
                _ => continue,
            };
            if tell.send(told).await.is_err() {
                return;
            }
        }
    });
    told
}

/// The agent did not say in time that it listens.
#[derive(Debug, PartialEq, Eq)]
struct Silent;

/// The next event; until the agent listens, there must be one that says so by then.
async fn next(
    events: &mut mpsc::Receiver<Event>,
    ready_by: Option<Instant>,
) -> Result<Option<Event>, Silent> {
    match ready_by {
        Some(at) => tokio::time::timeout_at(at, events.recv())
            .await
            .map_err(|_| Silent),
        None => Ok(events.recv().await),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    struct Loop(mpsc::Sender<Heard>);

    impl Outward for Loop {
        async fn send(&mut self, bytes: Bytes) -> bool {
            self.0.send(Heard::Bytes(bytes)).await.is_ok()
        }
    }

    async fn echoed(chunks: Vec<Vec<u8>>) -> (Vec<u8>, Carried) {
        let (back, heard) = mpsc::channel(4);
        let (typed, incoming) = mpsc::channel(4);
        let (outgoing, mut shown) = mpsc::channel(4);
        let (_stop, stopped) = watch::channel(false);
        let closer = back.clone();
        let total: usize = chunks.iter().map(Vec::len).sum();
        tokio::spawn(async move {
            for chunk in chunks {
                typed.send(Bytes::from(chunk)).await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        let carrying = tokio::spawn(carry(Local { incoming, outgoing }, Loop(back), heard, stopped));
        let mut got = Vec::new();
        while got.len() < total {
            got.extend(shown.recv().await.unwrap());
        }
        closer.send(Heard::Closed).await.unwrap();
        (got, carrying.await.unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_bytes_in_any_pieces_pass_unchanged_and_are_counted(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..1200), 0..20)
        ) {
            let whole = chunks.concat();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let (got, carried) = runtime.block_on(echoed(chunks));
            let sum: [u8; 32] = Sha256::digest(&whole).into();
            prop_assert_eq!(&got, &whole);
            prop_assert_eq!(carried.end, End::RemoteClosed);
            prop_assert_eq!(carried.sent, (whole.len() as u64, sum));
            prop_assert_eq!(carried.received, (whole.len() as u64, sum));
        }
    }

    #[tokio::test]
    async fn what_cannot_be_delivered_any_more_ends_it() {
        let (_back, heard) = mpsc::channel(4);
        let (_typed, incoming) = mpsc::channel(4);
        let (outgoing, shown) = mpsc::channel(4);
        let (_stop, stopped) = watch::channel(false);
        drop(shown);
        let (away, _) = mpsc::channel(1);
        let carried = carry(Local { incoming, outgoing }, Loop(away), heard, stopped).await;
        assert_eq!(carried.end, End::LocalClosed);
    }

    #[tokio::test]
    async fn an_agent_that_does_not_say_in_time_that_it_listens_is_given_up() {
        let (agent, mut events) = mpsc::channel(1);
        let now = Instant::now();
        assert_eq!(next(&mut events, Some(now)).await, Err(Silent));
        agent.send(Event::Output("hello".into())).await.unwrap();
        let told = next(&mut events, Some(now)).await.unwrap();
        assert_eq!(told, Some(Event::Output("hello".into())));
    }

    #[tokio::test]
    async fn after_the_end_of_input_the_remote_may_still_answer() {
        let (back, heard) = mpsc::channel(4);
        let (typed, incoming) = mpsc::channel(4);
        let (outgoing, mut shown) = mpsc::channel(4);
        let (_stop, stopped) = watch::channel(false);
        drop(typed);
        let (away, _) = mpsc::channel(1);
        let carrying = tokio::spawn(carry(Local { incoming, outgoing }, Loop(away), heard, stopped));
        back.send(Heard::Bytes("late".into())).await.unwrap();
        assert_eq!(shown.recv().await.unwrap(), "late");
        back.send(Heard::Closed).await.unwrap();
        let carried = carrying.await.unwrap();
        assert_eq!((carried.end, carried.received.0), (End::RemoteClosed, 4));
    }
}
