//! The recording and the audit lines of what is no session of AWS: the local terminal of `qd ssh`, any program under
//! `qd rec`, a tunnel through an EC2 Instance Connect Endpoint. Sealed whatever happens; bytes are recorded before anyone sees them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::watch;
use uuid::Uuid;

use crate::audit::{self, Kind};
use crate::recording::{DeviceKey, End, Error, Header, Marker, Mode, Recorder, Typist};
use crate::session::{Connection, Faults, Gallery, Journal, Lines, Request, Status, seal};
use crate::term::Modes;

#[cfg(test)]
mod tests;

/// How long the name of the caller may take: it is a nicety here.
const IDENTITY: Duration = Duration::from_secs(5);

pub struct Tape {
    pub id: Uuid,
    gallery: Gallery,
    journal: Journal,
    lines: Lines,
    faults: Faults,
    /// Why it was ended, if it could not be recorded.
    failed: Option<String>,
}

impl Tape {
    /// Starts a recording of `request.kind` on such a terminal; nothing is asked of AWS but who we are.
    pub async fn start(request: &Request, term: Option<String>) -> Result<Tape, Error> {
        let asked = request.cloud.identity_at(&request.place);
        let identity = tokio::time::timeout(IDENTITY, asked).await;
        let arn = identity.ok().and_then(Result::ok).map(|identity| identity.arn);
        let device = DeviceKey::load_or_create(&request.data_dir)?;
        let header = Header {
            account: Some(request.account.clone()),
            region: Some(request.place.region.clone()),
            target: Some(request.target.clone()),
            target_name: Some(request.name.clone()).filter(|name| !name.is_empty()),
            document: request.document.clone(),
            actor: arn.clone(),
            reason: Some(request.reason.clone()).filter(|reason| !reason.is_empty()),
            term,
            mode: request.mode,
            recipients: request.recipients.keys().to_vec(),
            ..Header::new(request.kind, request.size)
        };
        let id = header.id;
        let recorder = Recorder::create(&request.data_dir, header, &device, request.scrollback)?;
        let journal = Journal::new(request, id, arn, device, recorder.path());
        let kind = request.kind;
        journal
            .say(Kind::SessionStart, |event| {
                *event = event.clone().with("kind", kind)
            })
            .await;
        Ok(Tape::new(id, recorder, &request.data_dir, journal, request.mode))
    }

    /// Starts a recording of a local program; `command` is its whole command line.
    pub async fn start_local(data_dir: &Path, header: Header, command: &str) -> Result<Tape, Error> {
        let device = DeviceKey::load_or_create(data_dir)?;
        let mut template = audit::Event::new(Kind::SessionStart, audit::Actor::local());
        let id = header.id;
        template.sid = Some(id);
        template.reason = header.reason.clone();
        template.ticket = header.ticket.clone();
        template.target = Some(audit::Target {
            id: header.local_host.clone(),
            name: header.target_name.clone(),
            ..audit::Target::default()
        });
        let (kind, mode) = (header.kind.clone(), header.mode);
        let mut recorder = Recorder::create(data_dir, header, &device, 0)?;
        recorder.marker(Marker {
            kind: "command".into(),
            label: command.to_owned(),
            ..Marker::default()
        })?;
        let told = recorder.told(command);
        template.rec = Some(audit::Rec {
            path: recorder.path().display().to_string(),
            ..audit::Rec::default()
        });
        let journal = Journal::local(data_dir, template, device);
        journal
            .say(Kind::SessionStart, |event| {
                *event = event.clone().with("kind", kind)
            })
            .await;
        journal.command(&told, None).await;
        Ok(Tape::new(id, recorder, data_dir, journal, mode))
    }

    fn new(id: Uuid, recorder: Recorder, data_dir: &Path, journal: Journal, mode: Mode) -> Tape {
        Tape {
            id,
            gallery: Gallery::open(recorder, data_dir, id, journal.clone(), mode),
            lines: Lines::of(&journal),
            journal,
            faults: Faults::default(),
            failed: None,
        }
    }

    /// Becomes true when somebody who watches ends it.
    pub fn over(&self) -> watch::Receiver<bool> {
        self.gallery.over()
    }

    /// Says in `recording_failed` that its disk does not keep it.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.gallery.status()
    }

    /// Why its disk does not keep it.
    pub fn trouble(&self) -> Option<String> {
        self.gallery.status().borrow().recording_failed.clone()
    }

    /// Who must be told of keys before the program gets them.
    pub fn typist(&self) -> Option<Typist> {
        self.gallery.with(|recorder| recorder.typist()).flatten()
    }

    /// Records output, and gives what of it and of what was held before may be shown now.
    pub fn output(&mut self, bytes: Bytes, is_stderr: bool) -> (Bytes, Result<(), Error>) {
        let shown = self.gallery.with(|recorder| {
            let written = match is_stderr {
                true => recorder.stderr(&bytes),
                false => recorder.output(&bytes),
            };
            self.lines.tell(recorder.take_typed());
            (recorder.shown(bytes, is_stderr), written)
        });
        shown.unwrap_or((Bytes::new(), Ok(())))
    }

    /// When `let_go` must be called, because output that may begin a secret is held.
    pub fn held_until(&self) -> Option<Instant> {
        self.gallery.with(|recorder| recorder.held_until()).flatten()
    }

    /// Records what was held for long enough, and gives it as it may be shown; true with standard error.
    pub fn let_go(&mut self) -> (Bytes, bool, Result<(), Error>) {
        let shown = self.gallery.with(|recorder| {
            let (is_stderr, written) = match recorder.let_go() {
                Ok(is_stderr) => (is_stderr, Ok(())),
                Err(cause) => (false, Err(cause)),
            };
            (recorder.shown(Bytes::new(), is_stderr), is_stderr, written)
        });
        shown.unwrap_or((Bytes::new(), false, Ok(())))
    }

    /// What could not be recorded and is shown all the same; true when that is news, which the audit log hears too.
    pub async fn show_unrecorded(&mut self, bytes: &[u8], cause: &Error) -> bool {
        self.gallery.with(|recorder| recorder.show_unrecorded(bytes));
        // What the disk itself did is told by who watches it.
        let is_news = self.faults.take(cause.into(), bytes.len()) && self.trouble().is_none();
        if is_news {
            self.tell_failed(cause.to_string()).await;
        }
        is_news
    }

    /// True from what could not be recorded until something can.
    pub fn is_out(&self) -> bool {
        self.faults.is_out()
    }

    /// Output is in the recording; true when it could not be for a while, which is over.
    pub async fn goes_on(&mut self) -> bool {
        if !self.is_out() {
            return false;
        }
        let is_full = self.gallery.with(|recorder| recorder.is_full());
        if is_full.unwrap_or(true) {
            return false;
        }
        let Some((note, _)) = self.faults.end_outage() else {
            return false;
        };
        self.journal
            .say(Kind::RecordingGap, |event| {
                *event = event.clone().with("note", note)
            })
            .await;
        true
    }

    /// It is ended, because it cannot be recorded.
    pub fn fail(&mut self, cause: &dyn fmt::Display) {
        self.failed = Some(cause.to_string());
    }

    pub fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    async fn tell_failed(&self, why: String) {
        self.journal
            .say(Kind::RecordingFailed, |event| *event = event.clone().failed(why))
            .await;
    }

    pub fn resize(&mut self, cols: u16, rows: u16) -> Result<(), Error> {
        self.gallery.record(|recorder| recorder.resize(cols, rows))
    }

    pub fn modes(&self) -> Modes {
        self.gallery.modes()
    }

    pub fn connection(&mut self, connection: &Connection) -> Result<(), Error> {
        self.gallery
            .record(|recorder| recorder.marker(connection.marker()))
    }

    /// A moment to find again.
    pub fn mark(&mut self, marker: Marker) -> Result<(), Error> {
        self.gallery.record(|recorder| recorder.marker(marker))
    }

    /// Its file, and the microseconds since it began; `None` once it is sealed.
    pub fn place(&self) -> Option<(PathBuf, u64)> {
        self.gallery
            .with(|recorder| (recorder.path().to_owned(), recorder.now_us()))
    }

    /// Seals it.
    pub async fn end(mut self, why: &str, exit_code: Option<i32>) -> Result<(), Error> {
        let end = End {
            why: why.to_owned(),
            exit_code,
            ..End::default()
        };
        self.gallery.settle().await;
        let Some(sealed) = self.gallery.finish(end) else {
            return Ok(());
        };
        if let Some(why) = self.failed.take() {
            self.tell_failed(why).await;
        }
        self.lines.finish().await;
        self.gallery.dismiss().await;
        self.journal
            .say(Kind::SessionEnd, |event| {
                *event = event.clone().with("why", why.to_owned());
                match &sealed {
                    Ok(sealed) => seal(event, sealed),
                    Err(cause) => {
                        *event = event
                            .clone()
                            .failed(format!("the recording is not sealed: {cause}"));
                    }
                }
            })
            .await;
        sealed.map(drop)
    }
}
