//! A session that carries opaque bytes: ports, SSH, copies. Its recording has no payload but says who was connected to
//! what, when, how much went each way and its SHA-256, signed like any other.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinHandle};
use uuid::Uuid;

use crate::audit::Kind;
use crate::recording::{End, Error, Marker, Mode, Recorder};
use crate::ssm::{Channel, Event, Options};

use super::begin::{Begun, begin};
use super::gallery::Gallery;
use super::journal::{Journal, seal};
use super::kept::Kept;
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
    mode: Mode,
    gallery: Arc<Gallery>,
    entry: Mutex<ledger::Entry>,
    status: watch::Sender<Status>,
    ended: AtomicBool,
    /// The audit log is told that it is not recorded.
    telling: Mutex<Option<JoinHandle<()>>>,
    watching: AbortHandle,
}

impl Drop for Opaque {
    fn drop(&mut self) {
        self.watching.abort();
    }
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
        if let Some(says) = self.lost() {
            return Err(self.fail(Error::Stuck { says }));
        }
        let round_trip = self.channel.round_trip();
        self.status
            .send_if_modified(|status| status.hear(event, round_trip));
        if let Event::Reached(sequence) = event {
            self.gallery.with_soon(|recorder| recorder.sequence(*sequence));
            return Ok(());
        }
        let Some(seam) = Seam::of(event) else {
            return Ok(());
        };
        let note = seam.gap.note.clone();
        self.journal
            .say(seam.kind, |event| *event = event.clone().with("note", note))
            .await;
        self.record(|recorder| recorder.gap(seam.gap)).await
    }

    /// Puts on record that a connection begins, so that even a crash leaves its trace. An error means what it means
    /// for `connection`.
    pub async fn begins(&self, peer: &str, remote: &str) -> Result<(), Error> {
        let marker = Marker {
            kind: "connection-opened".into(),
            label: peer.to_owned(),
            fields: BTreeMap::from([("remote".to_owned(), remote.to_owned())]),
        };
        self.record(|recorder| recorder.marker(marker)).await
    }

    /// Puts a connection on record. An error means that the disk refused it: `strict` must end the session then.
    pub async fn connection(&self, connection: &Connection) -> Result<(), Error> {
        let marker = connection.marker();
        self.record(|recorder| recorder.marker(marker)).await
    }

    /// Waits for the disk on a thread of its own, and no longer than the session may.
    async fn record(
        &self,
        write: impl FnOnce(&mut Recorder) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let gallery = self.gallery.clone();
        let writing = tokio::task::spawn_blocking(move || gallery.record(write));
        let mut status = self.status();
        let lost = status.wait_for(|status| status.recording_failed.is_some() && self.mode == Mode::Strict);
        let written = tokio::select! {
            written = writing => written.unwrap_or_else(|cause| Err(Error::Stuck { says: cause.to_string() })),
            lost = lost => {
                let says = lost.ok().and_then(|status| status.recording_failed.clone());
                Err(Error::Stuck { says: says.unwrap_or_default() })
            }
        };
        written.map_err(|cause| self.fail(cause))
    }

    /// Why its disk does not let a strict session go on.
    fn lost(&self) -> Option<String> {
        let failed = self.status.borrow().recording_failed.clone();
        failed.filter(|_| self.mode == Mode::Strict)
    }

    /// The audit log hears of it once; nobody waits for its disk but the end.
    fn fail(&self, cause: Error) -> Error {
        let (journal, why) = (self.journal.clone(), cause.to_string());
        let mut telling = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        telling.get_or_insert_with(|| {
            tokio::spawn(async move {
                journal
                    .say(Kind::RecordingFailed, |event| *event = event.clone().failed(why))
                    .await;
            })
        });
        cause
    }

    /// Ends the session at AWS and seals the recording; again is nothing. `well`: the end was wanted.
    pub async fn end(&self, why: &str, well: bool) {
        if self.ended.swap(true, Ordering::Relaxed) {
            return;
        }
        let told = tokio::time::timeout(POLITE_END, self.channel.terminate()).await;
        if told.is_err() {
            tracing::warn!("TerminateSession is still on its way");
        }
        let lost = self.lost().map(|says| self.fail(Error::Stuck { says }));
        let lost = lost.map(|cause| format!("it can no longer be recorded: {cause}"));
        let why = lost.as_deref().unwrap_or(why);
        let end = End {
            why: why.to_owned(),
            ..End::default()
        };
        self.gallery.settle().await;
        let gallery = self.gallery.clone();
        let sealed = tokio::task::spawn_blocking(move || gallery.finish(end)).await;
        let telling = self.telling.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(telling) = telling {
            let _ = telling.await;
        }
        let session_id = self.session_id.clone();
        self.journal
            .say(Kind::SessionEnd, |event| {
                event.ssm_session_id = Some(session_id);
                *event = event.clone().with("why", why.to_owned());
                match sealed {
                    Ok(Some(Ok(sealed))) => seal(event, &sealed),
                    Ok(Some(Err(cause))) => {
                        *event = event
                            .clone()
                            .failed(format!("the recording is not sealed: {cause}"))
                    }
                    // It was not interrupted, and nobody else seals it.
                    Ok(None) | Err(_) => {}
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
    let gallery = Arc::new(Gallery::shut(recorder, journal.clone(), request.mode));
    let watching = watch_disk(gallery.status(), status.clone(), request.mode, channel.clone());
    let opaque = Opaque {
        id,
        session_id,
        channel,
        journal,
        mode: request.mode,
        gallery,
        entry: Mutex::new(entry),
        status,
        ended: AtomicBool::new(false),
        telling: Mutex::new(None),
        watching: tokio::spawn(watching).abort_handle(),
    };
    Ok((opaque, events))
}

/// What its disk does is told, and ends a strict session at AWS without waiting for it.
async fn watch_disk(
    disk: watch::Receiver<Status>,
    status: watch::Sender<Status>,
    mode: Mode,
    channel: Channel,
) {
    let mut kept = Kept::of(disk);
    while let Some(trouble) = kept.changed().await {
        let is_over = trouble.is_some() && mode == Mode::Strict;
        status.send_modify(|status| status.recording_failed = trouble);
        if is_over {
            channel.terminate().await;
            return;
        }
    }
}
