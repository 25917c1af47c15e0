//! The session's own thread: drains what has arrived, records it, shows it, raises one dirty bit. Nothing else runs on
//! it, because it stands still while the disk does.

mod fault;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::AbortHandle;

use crate::audit::Kind;
use crate::recording::{End, Error, Gap, Mode};
use crate::ssm::{self, Channel, Event};
use crate::term::Screen;

use super::audience::Audience;
use super::journal::{Journal, Lines, seal};
use super::ledger;
use super::seam::Seam;
use super::turns::Turns;
use super::{Core, Order, Piece, State, Status};
use fault::Fault;
pub(crate) use fault::Faults;

/// Output recorded in one go: what had arrived already, never more than this.
const COALESCED: usize = 64 << 10;
/// A session that cannot be recorded any more is over within this time, whatever AWS answers.
const STRICT_END: Duration = Duration::from_millis(900);
/// An end that was asked for waits this long for AWS to agree, and records what still arrives.
const POLITE_END: Duration = Duration::from_secs(3);

pub(super) struct Actor {
    pub core: Arc<Turns<Core>>,
    pub channel: Channel,
    pub events: mpsc::Receiver<Event>,
    pub ordered: mpsc::UnboundedReceiver<Order>,
    /// Answers of the terminal travel with the keys; weak, so that the last handle's going is noticed.
    pub keys: mpsc::WeakUnboundedSender<Bytes>,
    pub status: watch::Sender<Status>,
    pub changed: Arc<Notify>,
    pub sink: Option<mpsc::Sender<Piece>>,
    pub mode: Mode,
    /// It is a command that runs, whatever the session's type says.
    pub is_command: bool,
    pub journal: Journal,
    /// Tells the audit log what was typed.
    pub lines: Lines,
    pub(super) audience: Audience,
    /// Passes the keys on.
    pub typist: AbortHandle,
    /// Watches the disk.
    pub patience: AbortHandle,
    pub entry: ledger::Entry,
    /// Recorded, and waiting for a slow sink; no event is taken meanwhile, orders are.
    pub held: Option<Piece>,
    /// Taken from the channel while output was gathered, and not heard yet.
    pub after: Option<Event>,
    pub faults: Faults,
}

/// Whether the loop goes on.
enum Next {
    On,
    Over { why: String, well: bool },
}

impl Actor {
    pub async fn run(mut self) {
        let (why, well) = loop {
            let sync_until = self.with_screen(|screen| screen.sync_until());
            let held_until = self.covered_until();
            let next = tokio::select! {
                order = self.ordered.recv() => self.obey(order).await,
                event = next(&mut self.after, &mut self.events), if self.held.is_none() => match event {
                    Some(event) => self.handle(event).await,
                    None => Next::Over { why: "the data channel is gone".into(), well: false },
                },
                passed = pass_on(self.sink.as_ref(), &self.held), if self.held.is_some() => {
                    self.held = None;
                    if passed { continue } else { terminal_gone() }
                }
                () = time_of(held_until), if held_until.is_some() && self.held.is_none() => self.let_go().await,
                () = time_of(sync_until), if sync_until.is_some() => {
                    self.with_screen(Screen::flush_sync);
                    Next::On
                }
            };
            self.changed.notify_one();
            if let Next::Over { why, well } = self.rather(next) {
                break (why, well);
            }
        };
        self.typist.abort();
        let told = self.leave(if well { POLITE_END } else { STRICT_END }).await;
        self.seal(why, well, told).await;
        self.patience.abort();
    }

    /// An end that follows from a stuck disk is told as that, whichever of the two is read first.
    fn rather(&mut self, next: Next) -> Next {
        if matches!(next, Next::On) {
            return next;
        }
        let waiting = std::iter::from_fn(|| self.ordered.try_recv().ok());
        let mut stuck = waiting.filter_map(|order| match order {
            Order::Stuck(says) => Some(unrecordable(&says)),
            _ => None,
        });
        stuck.next().unwrap_or(next)
    }

    /// TerminateSession on every way out; what the agent had already sent is still recorded. The recording is sealed
    /// first if AWS takes its time. True when AWS was told.
    async fn leave(&mut self, within: Duration) -> bool {
        let channel = self.channel.clone();
        let drained = async {
            let mut sink = self.sink.clone();
            let mut pass = |piece: Piece| {
                // A terminal that does not keep up at the end misses what the recording has.
                if sink.as_ref().is_some_and(|sink| sink.try_send(piece).is_err()) {
                    sink = None;
                }
            };
            if let Some(piece) = self.held.take() {
                pass(piece);
            }
            while let Some(event) = next(&mut self.after, &mut self.events).await {
                match piece_of(event) {
                    Ok(piece) if self.record(|recorder| piece.record(recorder)).is_ok() => {
                        pass(self.shown(piece));
                    }
                    // That it is over is told when it is sealed; a hole in what still came is told like any other.
                    Ok(_) | Err(Event::State(_)) => {}
                    Err(event) => drop(self.trace(&event).await),
                }
            }
            while self.covered_until().is_some() {
                let (Ok(()), piece) = self.released() else { break };
                pass(piece);
            }
        };
        let both = async { tokio::join!(channel.terminate(), drained) };
        match tokio::time::timeout(within, both).await {
            Ok((told, ())) => told,
            Err(_) => {
                tracing::warn!("TerminateSession is still on its way");
                false
            }
        }
    }

    async fn obey(&mut self, order: Option<Order>) -> Next {
        match order {
            Some(Order::Resize { cols, rows }) => {
                self.channel.resize(cols, rows);
                let result = self.record(|recorder| recorder.resize(cols, rows));
                self.recorded(result).await
            }
            Some(Order::Mark(marker, audited)) => {
                let label = marker.label.clone();
                let result = self.record(|recorder| recorder.marker(marker));
                if let Some(text) = audited {
                    let fill = |event: &mut crate::audit::Event| {
                        *event = event.clone().with("runbook", label).with("text", text);
                    };
                    self.journal.say(Kind::RunbookStep, fill).await;
                }
                self.recorded(result).await
            }
            Some(Order::Stuck(says)) => unrecordable(&says),
            Some(Order::Unsafe(says)) => self.unrecorded(Fault::Unsafe(says), &[]).await,
            Some(Order::Late(note)) => {
                let gap = Gap {
                    cause: "slow-disk".into(),
                    note: note.clone(),
                    ..Gap::default()
                };
                let result = self.record(|recorder| recorder.gap(gap));
                self.journal
                    .say(Kind::RecordingGap, |event| {
                        *event = event.clone().with("note", note)
                    })
                    .await;
                self.recorded(result).await
            }
            Some(Order::EndedBy(who)) => Next::Over {
                why: format!("ended by {who}, who watched it"),
                well: true,
            },
            Some(Order::End) | None => Next::Over {
                why: "closed here".into(),
                well: true,
            },
        }
    }

    async fn handle(&mut self, event: Event) -> Next {
        let event = match piece_of(event) {
            Ok(piece) => return self.output(piece).await,
            Err(event) => event,
        };
        match event {
            Event::Reached(sequence) => {
                if let Core::Recording(recorder) = &mut *self.core.lock() {
                    recorder.sequence(sequence);
                }
            }
            Event::Ended(end) => {
                let well = matches!(end.why, ssm::Why::RemoteClosed | ssm::Why::Terminated);
                let why = why(&end, self.program());
                return Next::Over { why, well };
            }
            other => {
                let result = self.trace(&other).await;
                return self.recorded(result).await;
            }
        }
        Next::On
    }

    /// What an event says of the session goes into its status, and what interrupts it into the recording and the log.
    async fn trace(&self, event: &Event) -> Result<(), Error> {
        let round_trip = self.channel.round_trip();
        self.status
            .send_if_modified(|status| status.hear(event, round_trip));
        let Some(seam) = Seam::of(event) else {
            return Ok(());
        };
        let note = seam.gap.note.clone();
        let result = self.record(|recorder| recorder.gap(seam.gap));
        self.journal
            .say(seam.kind, |event| *event = event.clone().with("note", note))
            .await;
        result
    }

    /// Everything that has arrived by now goes into one record; nothing is waited for.
    async fn output(&mut self, first: Piece) -> Next {
        let (piece, then) = self.gather(first);
        let result = self.record(|recorder| piece.record(recorder));
        let piece = self.shown(piece);
        if let Some(keys) = self.keys.upgrade() {
            let replies = self.with_screen(|screen| screen.take_replies());
            if !replies.is_empty() {
                let _ = keys.send(replies.into());
            }
        }
        let next = self.recorded_output(result, &piece).await;
        if matches!(next, Next::On) && self.sink.is_some() && !piece.bytes().is_empty() {
            self.held = Some(piece);
        }
        self.changed.notify_one();
        // What came after these bytes is heard once they are passed on.
        self.after = then;
        next
    }

    /// What of a recorded piece may be shown: policy may cover secrets before they are written.
    fn shown(&self, piece: Piece) -> Piece {
        match &mut *self.core.lock() {
            Core::Recording(recorder) => {
                self.lines.tell(recorder.take_typed());
                match piece {
                    Piece::Output(bytes) => Piece::Output(recorder.shown(bytes, false)),
                    Piece::Stderr(bytes) => Piece::Stderr(recorder.shown(bytes, true)),
                }
            }
            Core::Ended(_) => piece,
        }
    }

    /// When output that may begin a secret can be held no longer.
    fn covered_until(&self) -> Option<Instant> {
        match &*self.core.lock() {
            Core::Recording(recorder) => recorder.held_until(),
            Core::Ended(_) => None,
        }
    }

    /// Records what was held, and gives it as it may be shown.
    fn released(&self) -> (Result<(), Error>, Piece) {
        let mut is_stderr = false;
        let result = self.record(|recorder| {
            is_stderr = recorder.let_go()?;
            Ok(())
        });
        let none = Bytes::new();
        let piece = if is_stderr {
            Piece::Stderr(none)
        } else {
            Piece::Output(none)
        };
        (result, self.shown(piece))
    }

    async fn let_go(&mut self) -> Next {
        let (result, piece) = self.released();
        let next = self.recorded_output(result, &piece).await;
        if matches!(next, Next::On) && self.sink.is_some() && !piece.bytes().is_empty() {
            self.held = Some(piece);
        }
        next
    }

    /// Joins what has arrived of the same stream, and gives back the event that came after it.
    fn gather(&mut self, first: Piece) -> (Piece, Option<Event>) {
        let Ok(event) = self.events.try_recv() else {
            return (first, None);
        };
        let mut then = Some(event);
        let mut joined = BytesMut::from(&first.bytes()[..]);
        while let (Piece::Output(_), Some(Event::Output(more)))
        | (Piece::Stderr(_), Some(Event::Stderr(more))) = (&first, &then)
        {
            joined.extend_from_slice(more);
            then = if joined.len() < COALESCED {
                self.events.try_recv().ok()
            } else {
                None
            };
        }
        let joined = joined.freeze();
        let piece = match first {
            Piece::Output(_) => Piece::Output(joined),
            Piece::Stderr(_) => Piece::Stderr(joined),
        };
        (piece, then)
    }

    /// What runs there and may end.
    fn program(&self) -> &'static str {
        match self.status.borrow().session_type.as_deref() {
            _ if self.is_command => "the command",
            Some("InteractiveCommands" | "NonInteractiveCommands") => "the command",
            Some("Port") => "the port session",
            _ => "the shell",
        }
    }

    fn with_screen<T>(&self, then: impl FnOnce(&mut Screen) -> T) -> T {
        then(self.core.lock().screen_mut())
    }

    fn record(
        &self,
        write: impl FnOnce(&mut crate::recording::Recorder) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match &mut *self.core.lock() {
            Core::Recording(recorder) => write(recorder),
            Core::Ended(_) => Ok(()),
        }
    }

    async fn seal(&mut self, why: String, well: bool, told: bool) {
        let exit_code = self.status.borrow().exit_code;
        let end = End {
            why: why.clone(),
            exit_code,
            abnormal: false,
        };
        let sealed = self.core.lock().finish(end);
        let (failed, sealed) = match sealed {
            Some(Err(cause)) => (Some(cause.to_string()), None),
            Some(Ok(sealed)) => (None, Some(sealed)),
            None => (None, None),
        };
        let unrecorded = self.status.borrow().recording_failed.clone();
        if self.mode == Mode::Strict
            && let Some(why) = unrecorded
        {
            self.journal
                .say(Kind::RecordingFailed, |event| *event = event.clone().failed(why))
                .await;
        }
        self.lines.finish().await;
        self.audience.dismiss().await;
        let session_id = self.status.borrow().session_id.clone();
        let body = why.clone();
        self.journal
            .say(Kind::SessionEnd, move |event| {
                event.ssm_session_id = session_id;
                *event = event.clone().with("why", body);
                if let Some(sealed) = &sealed {
                    seal(event, sealed);
                }
                if let Some(failed) = failed {
                    *event = event
                        .clone()
                        .failed(format!("the recording is not sealed: {failed}"));
                }
            })
            .await;
        // What AWS was not told of stays in the ledger, for the next start.
        if told {
            self.entry.remove();
        }
        self.status.send_modify(|status| {
            status.state = State::Ended { why };
            status.ended_well = well;
        });
        self.changed.notify_one();
    }
}

/// What an event says on a stream, else the event.
fn piece_of(event: Event) -> Result<Piece, Event> {
    match event {
        Event::Output(bytes) => Ok(Piece::Output(bytes)),
        Event::Stderr(bytes) => Ok(Piece::Stderr(bytes)),
        other => Err(other),
    }
}

/// The next thing to hear.
async fn next(after: &mut Option<Event>, events: &mut mpsc::Receiver<Event>) -> Option<Event> {
    match after.take() {
        Some(event) => Some(event),
        None => events.recv().await,
    }
}

/// To the user's own terminal or pipe; false when it is gone.
async fn pass_on(sink: Option<&mpsc::Sender<Piece>>, held: &Option<Piece>) -> bool {
    match (sink, held) {
        (Some(sink), Some(piece)) => match sink.reserve().await {
            Ok(place) => {
                place.send(piece.clone());
                true
            }
            Err(_) => false,
        },
        _ => true,
    }
}

fn unrecordable(says: &str) -> Next {
    Next::Over {
        why: format!("it can no longer be recorded: {says}"),
        well: false,
    }
}

fn terminal_gone() -> Next {
    Next::Over {
        why: "the terminal is gone".into(),
        well: false,
    }
}

async fn time_of(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

fn why(end: &ssm::End, program: &str) -> String {
    let said = end.text.trim();
    if !said.is_empty() {
        return said.to_owned();
    }
    match end.why {
        ssm::Why::RemoteClosed => return format!("{program} ended"),
        ssm::Why::Failed => "the agent failed and does not say why",
        ssm::Why::TimedOut => "it was idle for too long",
        ssm::Why::Terminated => "closed here",
        ssm::Why::Lost => "the connection could not be resumed",
        ssm::Why::Refused => "the agent asked for something this client does not do",
    }
    .to_owned()
}
