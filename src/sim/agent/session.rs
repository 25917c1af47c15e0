//! One session as the instance sees it: its facts, its stream, and what survives a broken web socket.
//!
//! The program behind it (`program`) writes with `send`; a web socket (`link`) attaches, is given what was not
//! acknowledged, and detaches. Nothing here waits while it holds the lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};

use super::document::Work;
use super::stream::{Receipt, Stream};
use super::{Settings, Start, program};
use crate::ssm::cipher::Cipher;
use crate::ssm::frame::{self, Message, Payload};

/// Messages that may wait for the program, and for the peer's acknowledgement before the program must wait.
const INBOX: usize = 256;
const BACKLOG: usize = 10_000;
const BACKLOG_WHILE_DETACHED: usize = 1_000;
/// Acknowledgements carry both flags: some agents stall on one alone, so every side sends 3.
const ACK_FLAGS: u64 = 3;

/// What reaches the program, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    Data(Bytes),
    Size { cols: u16, rows: u16 },
    Flag(u32),
}

/// The words of DescribeSessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Connecting,
    Connected,
    Disconnected,
    Terminating,
    Terminated,
    Failed,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Connecting => "Connecting",
            Status::Connected => "Connected",
            Status::Disconnected => "Disconnected",
            Status::Terminating => "Terminating",
            Status::Terminated => "Terminated",
            Status::Failed => "Failed",
        }
    }
}

/// How a session ended: the text of channel_closed, empty for a normal end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ending {
    pub text: String,
    pub failed: bool,
}

pub(super) struct Inbox {
    pub input: mpsc::Receiver<Input>,
    pub responses: mpsc::Receiver<Vec<u8>>,
}

struct Core {
    stream: Stream,
    cipher: Option<Cipher>,
    sealed: u32,
    status: Status,
    ready: bool,
    paused: bool,
    to_refuse: u32,
    upgrades_to_refuse: u32,
    resumes_to_fail: u32,
    token: String,
    token_at: Instant,
    active_at: Instant,
    ended_at: Option<Timestamp>,
    inbox: Option<Inbox>,
}

impl Core {
    /// The program has to wait.
    fn is_holding(&self) -> bool {
        let limit = match self.status {
            Status::Connected | Status::Terminating => BACKLOG,
            _ => BACKLOG_WHILE_DETACHED,
        };
        self.paused || self.stream.backlog() >= limit
    }

    /// The payload as it travels: program data under the key, if there is one.
    fn sealed(&mut self, kind: Payload, payload: &[u8], tamper: u32) -> Option<Vec<u8>> {
        let cipher = self
            .cipher
            .as_mut()
            .filter(|_| matches!(kind, Payload::Output | Payload::Stderr | Payload::ExitCode))?;
        let mut sealed = cipher.seal(payload).ok()?;
        self.sealed += 1;
        if tamper != 0
            && self.sealed.is_multiple_of(tamper)
            && let Some(last) = sealed.last_mut()
        {
            *last ^= 1;
        }
        Some(sealed)
    }
}

/// Takes one off; whether there was one.
fn spend(left: &mut u32) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

pub struct Session {
    pub id: String,
    pub start: Start,
    pub started_at: Timestamp,
    pub(super) work: Work,
    pub(super) options: Arc<Settings>,
    core: Mutex<Core>,
    /// There may be room for the program to send.
    room: Notify,
    /// There is something for the web socket to send.
    pub(super) wake: Notify,
    pub(super) links: watch::Sender<u64>,
    stop: watch::Sender<Option<Ending>>,
    pub(super) over: watch::Sender<Option<Ending>>,
    input: mpsc::Sender<Input>,
    responses: mpsc::Sender<Vec<u8>>,
}

impl Session {
    pub(super) fn new(id: String, token: String, start: Start, work: Work, options: Arc<Settings>) -> Self {
        let (input, input_end) = mpsc::channel(INBOX);
        let (responses, responses_end) = mpsc::channel(4);
        let now = Instant::now();
        let core = Core {
            stream: Stream::default(),
            cipher: None,
            sealed: 0,
            status: Status::Connecting,
            ready: false,
            paused: false,
            to_refuse: options.faults.refuse_first,
            upgrades_to_refuse: options.faults.refuse_upgrades,
            resumes_to_fail: options.faults.fail_resumes,
            token,
            token_at: now,
            active_at: now,
            ended_at: None,
            inbox: Some(Inbox {
                input: input_end,
                responses: responses_end,
            }),
        };
        Self {
            id,
            start,
            started_at: Timestamp::now(),
            work,
            options,
            core: Mutex::new(core),
            room: Notify::new(),
            wake: Notify::new(),
            links: watch::Sender::new(0),
            stop: watch::Sender::new(None),
            over: watch::Sender::new(None),
            input,
            responses,
        }
    }

    pub(super) fn agent_version(&self) -> &str {
        let known = self.start.agent_version.as_deref();
        known.unwrap_or(&self.options.agent_version)
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn status(&self) -> Status {
        self.core().status
    }

    pub fn ended_at(&self) -> Option<Timestamp> {
        self.core().ended_at
    }

    pub fn is_over(&self) -> bool {
        self.over.borrow().is_some()
    }

    /// Ends the session, whatever its program does.
    pub fn terminate(&self) {
        if self.core().inbox.is_some() {
            self.finish(Ending::default());
        } else {
            self.stop.send_replace(Some(Ending::default()));
        }
    }

    /// Ends the session with a text for the user.
    pub(super) fn close(&self, text: &str) {
        self.stop.send_replace(Some(Ending {
            text: text.to_owned(),
            failed: false,
        }));
    }

    /// Whether a fault refuses this web socket; so many of them do.
    pub fn refuses_upgrade(&self) -> bool {
        spend(&mut self.core().upgrades_to_refuse)
    }

    /// Whether a fault fails this ResumeSession.
    pub fn fails_resume(&self) -> bool {
        spend(&mut self.core().resumes_to_fail)
    }

    pub(super) fn renew(&self, token: String) {
        let mut core = self.core();
        core.token = token;
        core.token_at = Instant::now();
    }

    pub(super) fn accepts(&self, token: &str) -> bool {
        let core = self.core();
        let fresh = self
            .options
            .faults
            .token_lasts
            .is_none_or(|lasts| core.token_at.elapsed() <= lasts);
        fresh && core.token == token
    }

    /// A web socket takes over; any older one notices the new number. The first one starts the program.
    pub(super) fn attach(self: &Arc<Self>) -> u64 {
        let mut core = self.core();
        core.stream.reattach();
        core.paused = false;
        core.active_at = Instant::now();
        if !self.is_over() {
            core.status = Status::Connected;
        }
        if let Some(inbox) = core.inbox.take() {
            tokio::spawn(program::run(Arc::clone(self), inbox));
        }
        let mut number = 0;
        self.links.send_modify(|links| {
            *links += 1;
            number = *links;
        });
        drop(core);
        self.room.notify_waiters();
        number
    }

    pub(super) fn detach(&self, number: u64) {
        let mut core = self.core();
        if *self.links.borrow() != number {
            return;
        }
        if self.is_over() {
            core.stream.clear();
        } else if core.status == Status::Connected {
            core.status = Status::Disconnected;
        }
    }

    /// Input is taken from now on; before, it is acknowledged and dropped.
    pub(super) fn set_ready(&self) {
        self.core().ready = true;
    }

    /// Queues one message; waits while the peer is away, paused or far behind. Empty payloads are never sent.
    pub(super) async fn send(&self, kind: Payload, payload: &[u8]) {
        if payload.is_empty() {
            return;
        }
        loop {
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            {
                let mut core = self.core();
                if !core.is_holding() {
                    let sealed = core.sealed(kind, payload, self.options.faults.tamper);
                    core.stream.push(kind, sealed.as_deref().unwrap_or(payload));
                    core.active_at = Instant::now();
                    self.wake.notify_one();
                    return;
                }
            }
            room.await;
        }
    }

    /// From now on program data is encrypted, both ways.
    pub(super) fn encrypt(&self, cipher: Cipher) {
        self.core().cipher = Some(cipher);
    }

    pub(super) fn is_holding(&self) -> bool {
        self.core().is_holding()
    }

    pub(super) async fn output(&self, payload: &[u8]) {
        self.send(Payload::Output, payload).await;
    }

    /// Waits until somebody wants the session to end.
    pub(super) async fn stopped(&self) -> Ending {
        ending_of(&self.stop).await
    }

    /// Waits until the session is over.
    pub(super) async fn ended(&self) -> Ending {
        ending_of(&self.over).await
    }

    pub(super) fn idle_since(&self) -> Instant {
        self.core().active_at
    }

    pub(super) fn set_terminating(&self) {
        let mut core = self.core();
        core.status = Status::Terminating;
        core.paused = false;
    }

    pub(super) fn is_drained(&self) -> bool {
        self.core().stream.backlog() == 0
    }

    pub(super) fn finish(&self, ending: Ending) {
        let mut core = self.core();
        core.status = if ending.failed {
            Status::Failed
        } else {
            Status::Terminated
        };
        core.ended_at = Some(Timestamp::now());
        core.inbox = None;
        drop(core);
        self.over.send_replace(Some(ending));
    }

    pub(super) fn pause(&self) {
        self.core().paused = true;
    }

    pub(super) fn is_paused(&self) -> bool {
        self.core().paused
    }

    pub(super) fn take_unsent(&self) -> Option<Bytes> {
        let mut core = self.core();
        if core.paused {
            None
        } else {
            core.stream.take_unsent(Instant::now())
        }
    }

    pub(super) fn take_overdue(&self) -> Option<Bytes> {
        let mut core = self.core();
        if core.paused {
            None
        } else {
            core.stream.take_overdue(Instant::now())
        }
    }

    /// Takes a message off the wire. The answer is the acknowledgement to send; nothing but stream data gets one, so an
    /// acknowledgement is never acknowledged.
    pub(super) fn receive(&self, message: Message) -> Option<Bytes> {
        match message.kind.as_str() {
            frame::ACKNOWLEDGE => {
                let ack: Ack = serde_json::from_slice(&message.payload).ok()?;
                let mut core = self.core();
                core.paused = false;
                if ack.kind.as_deref() != Some(frame::ACKNOWLEDGE) {
                    core.stream.acknowledged(ack.sequence, Instant::now());
                }
                drop(core);
                self.room.notify_waiters();
                self.wake.notify_one();
                None
            }
            frame::INPUT => {
                let ack = acknowledgement(&message);
                let mut core = self.core();
                core.active_at = Instant::now();
                if core.paused {
                    core.paused = false;
                    self.room.notify_waiters();
                    self.wake.notify_one();
                }
                if core.ready && core.to_refuse > 0 && core.stream.expects(message.sequence) {
                    core.to_refuse -= 1;
                    return None;
                }
                match core.stream.receive(message) {
                    Receipt::Stored | Receipt::Duplicate if !self.options.faults.mute_acks => Some(ack),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Hands what is in order to the program; waits when the program is behind.
    pub(super) async fn deliver(&self) {
        while self.core().stream.has_next()
            && let Ok(permit) = self.input.reserve().await
        {
            let mut core = self.core();
            let Some(message) = core.stream.take_next() else {
                return;
            };
            match message.payload_kind {
                // A flood of responses beyond the queue is noise: only the first is waited for.
                Payload::HandshakeResponse | Payload::ChallengeResponse => {
                    drop(self.responses.try_send(message.payload));
                }
                _ if !core.ready => {}
                Payload::Output => match &core.cipher {
                    None => permit.send(Input::Data(message.payload.into())),
                    Some(cipher) => {
                        // What does not decrypt is dropped, as the agent does.
                        if let Ok(plain) = cipher.open(&message.payload) {
                            permit.send(Input::Data(plain.into()));
                        }
                    }
                },
                Payload::Size => {
                    if let Ok(size) = serde_json::from_slice::<Size>(&message.payload) {
                        permit.send(Input::Size {
                            cols: size.cols.min(u32::from(u16::MAX)) as u16,
                            rows: size.rows.min(u32::from(u16::MAX)) as u16,
                        });
                    }
                }
                Payload::Flag => {
                    if let Ok(flag) = <[u8; 4]>::try_from(message.payload.as_slice()) {
                        permit.send(Input::Flag(u32::from_be_bytes(flag)));
                    }
                }
                _ => {}
            }
        }
    }
}

async fn ending_of(sender: &watch::Sender<Option<Ending>>) -> Ending {
    match sender.subscribe().wait_for(Option::is_some).await {
        Ok(ending) => ending.clone().unwrap_or_default(),
        Err(_) => Ending::default(),
    }
}

#[derive(serde::Deserialize)]
struct Ack {
    #[serde(rename = "AcknowledgedMessageType")]
    kind: Option<String>,
    #[serde(rename = "AcknowledgedMessageSequenceNumber")]
    sequence: i64,
}

#[derive(serde::Deserialize)]
struct Size {
    cols: u32,
    rows: u32,
}

fn acknowledgement(message: &Message) -> Bytes {
    let payload = serde_json::json!({
        "AcknowledgedMessageType": message.kind,
        "AcknowledgedMessageId": message.id.to_string(),
        "AcknowledgedMessageSequenceNumber": message.sequence,
        "IsSequentialMessage": true,
    });
    Message::new(
        frame::ACKNOWLEDGE,
        0,
        ACK_FLAGS,
        Payload::None,
        payload.to_string(),
    )
    .encode()
    .into()
}
