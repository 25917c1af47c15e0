//! A session that carries opaque bytes: ports, SSH, copies. Its recording has no payload but says who was connected to
//! what, when, how much went each way and its SHA-256, signed like any other.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use crate::audit::Kind;
use crate::recording::{End, Error, Marker, Recorder};
use crate::ssm::{Channel, Event, Options};

use super::begin::{Begun, begin};
use super::journal::{Journal, seal};
use super::ledger;
use super::open::{Refused, Request, count_idle};
use super::opening::Opening;
use super::seam::Seam;
use super::{State, Status};

/// How long TerminateSession may take before the recording is sealed without its answer.
const POLITE_END: Duration = Duration::from_secs(3);

/// One connection that was carried, told when it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Who connected on this side: an address, a path, `stdin`.
    pub peer: String,
    /// What they were connected to on the other.
    pub remote: String,
    pub opened_at: Timestamp,
    pub closed_at: Timestamp,
    /// Bytes towards the remote, and their SHA-256.
    pub sent: (u64, [u8; 32]),
    /// Bytes from the remote, and their SHA-256.
    pub received: (u64, [u8; 32]),
    /// Why it ended.
    pub end: String,
}

impl Connection {
    /// What a recording says of it.
    pub(crate) fn marker(&self) -> Marker {
        let fields = [
            ("remote", self.remote.clone()),
            ("opened_at", self.opened_at.to_string()),
            ("closed_at", self.closed_at.to_string()),
            ("sent_bytes", self.sent.0.to_string()),
            ("sent_sha256", hex::encode(self.sent.1)),
            ("received_bytes", self.received.0.to_string()),
            ("received_sha256", hex::encode(self.received.1)),
            ("end", self.end.clone()),
        ];
        Marker {
            kind: "connection".into(),
            label: self.peer.clone(),
            fields: BTreeMap::from(fields.map(|(name, value)| (name.to_owned(), value))),
        }
    }
}

/// The handle: the channel is driven by whoever opened it, the evidence is kept here.
pub struct Opaque {
    pub id: Uuid,
    pub session_id: String,
    channel: Channel,
    journal: Journal,
    recorder: Mutex<Option<Recorder>>,
    entry: Mutex<ledger::Entry>,
    status: watch::Sender<Status>,
}

impl Opaque {
    /// Opens a session whose bytes are nobody's to read. One whose opener stopped waiting is ended, not forgotten.
    pub async fn open(
        request: Request,
        options: Options,
    ) -> Result<(Opaque, mpsc::Receiver<Event>), Refused> {
        Self::open_with(request, options, Opening::default()).await
    }

    /// The same for somebody who wants to be told meanwhile, or to stop it.
    pub async fn open_with(
        request: Request,
        options: Options,
        opening: Opening,
    ) -> Result<(Opaque, mpsc::Receiver<Event>), Refused> {
        let (tell, told) = oneshot::channel();
        tokio::spawn(async move {
            if let Err(Ok((opened, _))) = tell.send(open_all(request, options, opening).await) {
                opened.end("nobody waited for it", false).await;
            }
        });
        told.await
            .unwrap_or_else(|_| Err(Refused::here("opening the session was interrupted", "")))
    }

    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Every event of the channel is told here first, so that drops and returns leave their trace.
    pub async fn hear(&self, event: &Event) -> Result<(), Error> {
        let round_trip = self.channel.round_trip();
        self.status
            .send_if_modified(|status| status.hear(event, round_trip));
        if let Event::Reached(sequence) = event {
            return self.record(|recorder| {
                recorder.sequence(*sequence);
                Ok(())
            });
        }
        let Some(seam) = Seam::of(event) else {
            return Ok(());
        };
        let note = seam.gap.note.clone();
        self.journal
            .say(seam.kind, |event| *event = event.clone().with("note", note))
            .await;
        self.record(|recorder| recorder.gap(seam.gap))
    }

    /// Puts on record that a connection begins, so that even a crash leaves its trace. An error means what it means
    /// for `connection`.
    pub fn begins(&self, peer: &str, remote: &str) -> Result<(), Error> {
        self.record(|recorder| {
            recorder.marker(Marker {
                kind: "connection-opened".into(),
                label: peer.to_owned(),
                fields: BTreeMap::from([("remote".to_owned(), remote.to_owned())]),
            })
        })
    }

    /// Puts a connection on record. An error means that the disk refused it: `strict` must end the session then.
    pub fn connection(&self, connection: &Connection) -> Result<(), Error> {
        self.record(|recorder| recorder.marker(connection.marker()))
    }

    fn record(&self, write: impl FnOnce(&mut Recorder) -> Result<(), Error>) -> Result<(), Error> {
        let mut recorder = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        recorder.as_mut().map_or(Ok(()), write)
    }

    /// Ends the session at AWS and seals the recording; again is nothing. `well`: the end was wanted.
    pub async fn end(&self, why: &str, well: bool) {
        let recorder = self
            .recorder
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(recorder) = recorder else { return };
        let told = tokio::time::timeout(POLITE_END, self.channel.terminate()).await;
        if told.is_err() {
            tracing::warn!("TerminateSession is still on its way");
        }
        let end = End {
            why: why.to_owned(),
            ..End::default()
        };
        let sealed = recorder.end(end);
        let session_id = self.session_id.clone();
        self.journal
            .say(Kind::SessionEnd, |event| {
                event.ssm_session_id = Some(session_id);
                *event = event.clone().with("why", why.to_owned());
                match sealed {
                    Ok(sealed) => seal(event, &sealed),
                    Err(cause) => {
                        *event = event
                            .clone()
                            .failed(format!("the recording is not sealed: {cause}"))
                    }
                }
            })
            .await;
        // What AWS was not told of stays in the ledger, for the next start.
        if told == Ok(true) {
            self.entry.lock().unwrap_or_else(PoisonError::into_inner).remove();
        }
        self.status.send_modify(|status| {
            status.state = State::Ended { why: why.to_owned() };
            status.ended_well = well;
        });
    }
}

async fn open_all(
    request: Request,
    options: Options,
    opening: Opening,
) -> Result<(Opaque, mpsc::Receiver<Event>), Refused> {
    let Begun {
        id,
        session_id,
        recorder,
        journal,
        entry,
        channel,
        events,
    } = begin(&request, options, &opening).await?;
    let status = opening.status;
    status.send_modify(|status| status.session_id = Some(session_id.clone()));
    count_idle(&request, channel.idle(), status.clone(), opening.idle_limit);
    let opaque = Opaque {
        id,
        session_id,
        channel,
        journal,
        recorder: Mutex::new(Some(recorder)),
        entry: Mutex::new(entry),
        status,
    };
    Ok((opaque, events))
}
