//! The protocol without socket or clock: frames in, frames and events out.
//!
//! Everything sequenced is acknowledged first and handled second; input waits until the agent listens, because
//! before that it would be acknowledged and silently dropped.

use super::{
    event::{End, Event, Why},
    frame::{self, Message, Payload},
    handshake::{Encryption, Request},
    inbound::{Fate, Inbound},
    key::DataKey,
    options::Options,
    outbound::Outbound,
    payload::{self, Flag},
    secrecy::Secrecy,
    tally::{Tally, count},
    unread::Unread,
};
use bytes::Bytes;
use std::{sync::Arc, sync::atomic::Ordering::Relaxed};
use tokio::time::Instant;

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Opening,
    Shaking {
        agent_version: String,
        session_type: String,
    },
    Open,
    Closed(End),
}

/// How many messages of the agent pass before the reader is told where the stream stands.
const REACHED_EVERY: u64 = 64;

pub struct Flow {
    phase: Phase,
    secrecy: Secrecy,
    inbound: Inbound,
    outbound: Outbound,
    unread: Unread,
    frames: Vec<Bytes>,
    refused: Vec<String>,
    client_version: String,
    size: Option<(u16, u16)>,
    size_sent: Option<(u16, u16)>,
    sized: bool,
    /// The message expected next when the reader was last told.
    reached: u64,
    /// The last acknowledgement, to be said again when the agent believes that nobody listens.
    acknowledgement: Option<Bytes>,
    /// Since when the agent is said to be silent, and was.
    paused_at: Option<Instant>,
    tally: Arc<Tally>,
}

impl Flow {
    pub fn new(options: &Options, tally: Arc<Tally>) -> Self {
        Self {
            phase: Phase::Opening,
            secrecy: Secrecy::default(),
            inbound: Inbound::new(options.ahead),
            outbound: Outbound::new(options.limits(), options.first_resend),
            unread: Unread::default(),
            frames: Vec::new(),
            refused: Vec::new(),
            client_version: options.client_version.clone(),
            size: options.size,
            size_sent: None,
            sized: true,
            reached: 0,
            acknowledgement: None,
            paused_at: None,
            tally,
        }
    }

    /// One frame from the relay.
    pub fn hear(&mut self, frame: &[u8], now: Instant) {
        let message = match Message::decode(frame) {
            Ok(message) => message,
            Err(refused) => return self.malformed(refused.to_string()),
        };
        match message.kind.as_str() {
            frame::OUTPUT => self.sequenced(message, now),
            frame::ACKNOWLEDGE => self.acknowledged(&message.payload, now),
            frame::CHANNEL_CLOSED => self.closed_by_relay(&message.payload),
            frame::START_PUBLICATION => self.paused_at = None,
            frame::PAUSE_PUBLICATION => self.paused(now),
            _ => drop(count(&self.tally.unknown)),
        }
    }

    fn sequenced(&mut self, message: Message, now: Instant) {
        count(&self.tally.received);
        self.paused_at = None;
        let acknowledgement = payload::acknowledge(&message);
        let mut ready = Vec::new();
        let fate = self.inbound.take(message, &mut ready);
        match fate {
            Fate::Delivered => {}
            Fate::Kept => drop(count(&self.tally.early)),
            Fate::Duplicate => drop(count(&self.tally.duplicates)),
            Fate::Refused => drop(count(&self.tally.refused)),
        }
        if fate.acknowledged() {
            let frame = Bytes::from(acknowledgement.encode());
            self.acknowledgement = Some(frame.clone());
            self.frames.push(frame);
        }
        for message in ready {
            if matches!(self.phase, Phase::Closed(_)) {
                return;
            }
            self.deliver(message, now);
        }
        if self.inbound.next() >= self.reached + REACHED_EVERY {
            self.say_reached();
        }
    }

    /// An agent that pauses sends nothing until it hears from us: whoever waits for its output would wait for ever. An
    /// acknowledgement that it has had already changes nothing else.
    fn paused(&mut self, now: Instant) {
        self.paused_at.get_or_insert(now);
        self.frames.extend(self.acknowledgement.clone());
    }

    /// Tells the reader how far the agent's messages are delivered, unless it knows.
    pub fn say_reached(&mut self) {
        let next = self.inbound.next();
        if next > self.reached {
            self.reached = next;
            self.tell(Event::Reached(next - 1));
        }
    }

    fn acknowledged(&mut self, payload: &[u8], now: Instant) {
        self.paused_at = None;
        let Some(sequence) = payload::parse_acknowledge(payload) else {
            return self.malformed("an acknowledgement names no sequence number".into());
        };
        if self.outbound.acknowledge(sequence, now)
            && let Some(mean) = self.outbound.trip().mean()
        {
            let us = mean.as_micros().max(1) as u64;
            self.tally.round_trip_us.store(us, Relaxed);
        }
    }

    fn deliver(&mut self, message: Message, now: Instant) {
        let sequence = message.sequence as u64;
        let payload = match self.secrecy.open(message.payload_kind, message.payload) {
            Ok(payload) => payload,
            Err(why) => return self.undecryptable(sequence, &why),
        };
        match message.payload_kind {
            Payload::Output | Payload::Stderr | Payload::ExitCode => {
                if self.phase == Phase::Opening {
                    self.open(None, "Standard_Stream".into(), String::new(), now);
                }
                self.data(message.payload_kind, payload);
            }
            Payload::ChallengeRequest => match self.secrecy.answer_challenge(&payload) {
                Ok(answer) => self.send(Payload::ChallengeResponse, answer, now),
                Err(why) => self.refuse(why),
            },
            Payload::HandshakeRequest => self.shake(&payload, now),
            Payload::HandshakeComplete => {
                let text = payload::parse_customer_message(&payload);
                let (version, kind) = match &mut self.phase {
                    Phase::Shaking {
                        agent_version,
                        session_type,
                    } => (Some(std::mem::take(agent_version)), std::mem::take(session_type)),
                    _ => (None, String::new()),
                };
                self.open(version, kind, text, now);
            }
            Payload::Flag => match Flag::parse(&payload) {
                Some(flag) => self.tell(Event::Flag(flag)),
                None => self.malformed("a flag does not have four bytes".into()),
            },
            _ => drop(count(&self.tally.unknown)),
        }
    }

    fn data(&mut self, kind: Payload, payload: Vec<u8>) {
        if payload.is_empty() {
            return;
        }
        self.tally.active.mark();
        match kind {
            Payload::ExitCode => match payload::parse_exit_code(&payload) {
                Some(code) => self.tell(Event::ExitCode(code)),
                None => self.malformed("an exit code is not a number".into()),
            },
            Payload::Stderr => self.tell(Event::Stderr(payload.into())),
            _ => self.tell(Event::Output(payload.into())),
        }
    }

    fn shake(&mut self, payload: &[u8], now: Instant) {
        let request = match Request::parse(payload) {
            Ok(request) => request,
            Err(_) => return self.malformed("the handshake request is not understood".into()),
        };
        self.phase = Phase::Shaking {
            session_type: request.session_type().to_owned(),
            agent_version: request.agent_version.clone(),
        };
        if request.encryption().is_some() {
            self.secrecy = Secrecy::Wanted(request);
            return;
        }
        let (answer, refused) = request.answer(&self.client_version, None);
        self.refused.extend(refused);
        self.send(Payload::HandshakeResponse, answer, now);
    }

    /// The key that somebody must bring before the handshake goes on; told once.
    pub fn key_wanted(&mut self) -> Option<Encryption> {
        self.secrecy.wanted()
    }

    /// The key, or why there is none: then the agent is told, and the session is over.
    pub fn take_key(&mut self, key: Result<DataKey, String>, now: Instant) {
        let Some(answer) = self.secrecy.settle(key, &self.client_version) else {
            return;
        };
        self.refused.extend(answer.refused);
        self.send(Payload::HandshakeResponse, answer.payload, now);
        if let Some(why) = answer.failed {
            self.refuse(why);
        }
    }

    fn refuse(&mut self, text: String) {
        let why = Why::Refused;
        self.end(End { why, text });
    }

    /// Somebody changed what was sealed: nothing that follows can be trusted either.
    fn undecryptable(&mut self, sequence: u64, why: &str) {
        self.tell(Event::Missing(sequence..self.inbound.next()));
        self.phase = Phase::Closed(End {
            why: Why::Refused,
            text: format!("message {sequence} of the agent: {why}"),
        });
    }

    /// The agent listens. The size goes first, then whatever the user types.
    fn open(&mut self, version: Option<String>, kind: String, text: String, now: Instant) {
        self.phase = Phase::Open;
        self.sized = kind != "Port";
        self.outbound.open();
        self.tell(Event::Ready {
            agent_version: version,
            session_type: kind,
            customer_message: text,
        });
        self.send_size(now);
    }

    /// Opens without a word from the agent: a program that prints nothing before it is spoken to.
    pub fn assume_open(&mut self, now: Instant) {
        if self.phase == Phase::Opening {
            self.open(None, "Standard_Stream".into(), String::new(), now);
        }
    }

    fn closed_by_relay(&mut self, payload: &[u8]) {
        if matches!(self.phase, Phase::Closed(_)) {
            return;
        }
        let (mut text, is_error) = payload::parse_closed(payload);
        let why = if !self.refused.is_empty() {
            self.refused.extend(Some(text).filter(|text| !text.is_empty()));
            text = self.refused.join("; ");
            Why::Refused
        } else if text.contains("timed out due to inactivity") {
            Why::TimedOut
        } else if is_error {
            Why::Failed
        } else {
            Why::RemoteClosed
        };
        self.end(End { why, text });
    }

    /// Ends the flow; what was kept for missing messages still comes out, the holes named.
    pub fn end(&mut self, end: End) {
        while let Some((hole, message)) = self.inbound.skip() {
            if !hole.is_empty() {
                self.tell(Event::Missing(hole));
            }
            let (kind, sequence) = (message.payload_kind, message.sequence as u64);
            if matches!(kind, Payload::Output | Payload::Stderr | Payload::ExitCode) {
                match self.secrecy.open(kind, message.payload) {
                    Ok(payload) => self.data(kind, payload),
                    Err(_) => self.tell(Event::Missing(sequence..sequence + 1)),
                }
            }
        }
        self.say_reached();
        self.phase = Phase::Closed(end);
    }

    pub fn ended(&self) -> Option<&End> {
        match &self.phase {
            Phase::Closed(end) => Some(end),
            _ => None,
        }
    }

    pub fn is_opening(&self) -> bool {
        self.phase == Phase::Opening
    }

    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether the user's input may be sent now.
    pub fn takes_input(&self) -> bool {
        self.is_open() && self.outbound.has_room()
    }

    /// Bytes that the next message of input should carry.
    pub fn chunk(&self) -> usize {
        self.outbound.chunk()
    }

    pub fn send(&mut self, kind: Payload, payload: impl Into<Vec<u8>>, now: Instant) {
        let payload = payload.into();
        let bytes = payload.len();
        if kind == Payload::Output {
            self.tally.active.mark();
        }
        match self.secrecy.seal(kind, payload) {
            Ok(payload) => {
                let frame = self.outbound.push(kind, payload, bytes, now);
                count(&self.tally.sent);
                self.frames.push(frame);
            }
            Err(why) => self.refuse(format!("input could not be encrypted: {why}")),
        }
    }

    pub fn resize(&mut self, size: Option<(u16, u16)>, now: Instant) {
        self.size = size;
        self.send_size(now);
    }

    fn send_size(&mut self, now: Instant) {
        let Some((cols, rows)) = self.size else {
            return;
        };
        if self.is_open() && self.sized && self.size_sent != self.size {
            self.size_sent = self.size;
            self.send(Payload::Size, payload::size(cols, rows), now);
        }
    }

    /// Resends what is late.
    pub fn tick(&mut self, now: Instant) {
        for frame in self.outbound.resend(now) {
            count(&self.tally.resent);
            self.frames.push(frame);
        }
    }

    pub fn due_at(&self) -> Option<Instant> {
        self.outbound.due_at()
    }

    pub fn waiting_since(&self) -> Option<Instant> {
        let since = [self.outbound.waiting_since(), self.paused_at];
        since.into_iter().flatten().min()
    }

    /// A new connection: what was queued for the old one is gone, what is unacknowledged goes first and in order.
    pub fn reconnected(&mut self, now: Instant) {
        self.frames = self.outbound.replay(now);
        self.paused_at = None;
        self.tally.resent.fetch_add(self.outbound.len() as u64, Relaxed);
    }

    /// The next message expected from the agent.
    pub fn expects(&self) -> u64 {
        self.inbound.next()
    }

    /// Frames to write, in order.
    pub fn take_frames(&mut self) -> std::vec::Drain<'_, Bytes> {
        self.frames.drain(..)
    }

    pub fn tell(&mut self, event: Event) {
        self.unread.push(event);
    }

    pub fn next_event(&mut self) -> Option<Event> {
        self.unread.pop()
    }

    pub fn has_events(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Bytes that the reader has not taken.
    pub fn backlog(&self) -> usize {
        self.unread.bytes()
    }

    pub fn malformed(&mut self, says: String) {
        let count = count(&self.tally.malformed);
        if count.is_power_of_two() {
            self.tell(Event::Malformed { count, says });
        }
    }
}
