//! A small relay and agent on loopback: correct by default, as rough as the test asks.

use crate::ssm::{
    DataKey, KeyRequest, Later, Options, Renewal, Ticket,
    frame::{self, Message, Payload},
    payload,
};
use futures_util::{SinkExt, StreamExt};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::{self, handshake::server};

/// What the peer does wrong, and what it says.
#[derive(Clone, Default)]
pub struct Script {
    /// Chances in 0..1 for each message, both ways.
    pub lose: f64,
    pub repeat: f64,
    pub reorder: f64,
    /// Close with 1000 "Bye" after so many frames heard on a connection.
    pub bye_after: Option<usize>,
    /// Say nothing at all after so many frames, on the first connection only.
    pub mute_after: Option<usize>,
    /// The HandshakeRequest to start with; a prompt otherwise.
    pub handshake: Option<&'static str>,
    pub output: Vec<Vec<u8>>,
    /// Input messages refused, without an acknowledgement, before the first is taken.
    pub refuse: usize,
    /// Answer 403 to signed upgrades, or to all.
    pub forbid_signed: bool,
    pub forbid: bool,
    /// Frames written raw before anything else.
    pub garbage: Vec<Vec<u8>>,
    /// ResumeSession: over, or failing.
    pub over: bool,
    pub resume_fails: bool,
    /// No connection is accepted and none lives.
    pub dead: bool,
    /// Bytes of the data key that KMS answers with; without it, KMS refuses.
    pub key: Option<usize>,
}

#[derive(Default)]
pub struct Seen {
    pub openings: Vec<serde_json::Value>,
    pub upgrades: usize,
    pub resumes: usize,
    pub terminated: usize,
    pub key_requests: Vec<KeyRequest>,
    /// In order and once each: what the agent took.
    pub taken: Vec<(Payload, Vec<u8>)>,
    pub inputs: usize,
    pub acknowledgements: usize,
    next_in: i64,
    early: BTreeMap<i64, Message>,
    next_out: i64,
    unacknowledged: VecDeque<Message>,
    started: bool,
    refused: usize,
    muted: bool,
    close: Option<(String, bool)>,
}

#[derive(Clone)]
pub struct Peer {
    script: Arc<Mutex<Script>>,
    seen: Arc<Mutex<Seen>>,
    url: String,
}

pub fn options() -> Options {
    let ms = Duration::from_millis;
    Options {
        size: Some((80, 24)),
        retry: (ms(1), ms(20)),
        settled_after: ms(50),
        patience: ms(300),
        resize_after: ms(20),
        open_within: ms(300),
        stalled_after: ms(150),
        ..Options::default()
    }
}

impl Peer {
    pub async fn start(script: Script) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "ws://{}/v1/data-channel/s-1?role=publish_subscribe&cell-number=hidden",
            listener.local_addr().unwrap()
        );
        let peer = Peer {
            script: Arc::new(Mutex::new(script)),
            seen: Arc::default(),
            url,
        };
        let serving = peer.clone();
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                let peer = serving.clone();
                if peer.script().dead {
                    continue;
                }
                tokio::spawn(async move {
                    let _ = peer.serve(stream, connection).await;
                });
            }
        });
        peer
    }

    pub fn ticket(&self) -> Ticket {
        Ticket {
            session_id: "s-1".into(),
            token: "t0p-s3cret".into(),
            stream_url: self.url.clone(),
        }
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    /// The relay closes the session, with the short header or the long one.
    pub fn close(&self, text: &str, short: bool) {
        self.seen().close = Some((text.into(), short));
    }

    pub fn say(&self, kind: Payload, payload: &[u8]) {
        self.seen().say(kind, payload);
    }

    /// What the user typed, as the agent's program reads it.
    pub fn typed(&self) -> Vec<u8> {
        self.seen().typed()
    }

    pub async fn until(&self, what: &str, mut true_when: impl FnMut(&Seen) -> bool) {
        for _ in 0..2000 {
            if true_when(&self.seen()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never happened: {what}");
    }

    #[allow(clippy::result_large_err)]
    async fn serve(&self, stream: TcpStream, connection: usize) -> Result<(), tungstenite::Error> {
        let Script {
            forbid,
            forbid_signed,
            ..
        } = self.script().clone();
        self.seen().upgrades += 1;
        let check = |request: &server::Request, response: server::Response| {
            let signed = request.headers().contains_key("authorization");
            if forbid || (forbid_signed && signed) {
                let mut refusal = server::ErrorResponse::new(None);
                *refusal.status_mut() = tungstenite::http::StatusCode::FORBIDDEN;
                return Err(refusal);
            }
            Ok(response)
        };
        let mut socket = tokio_tungstenite::accept_hdr_async(stream, check).await?;
        let opening = socket.next().await.unwrap()?;
        let opening = serde_json::from_str(opening.to_text()?).unwrap();
        self.seen().openings.push(opening);
        let script = self.script().clone();
        let mut rng = StdRng::seed_from_u64(connection as u64 + 7);
        if !std::mem::replace(&mut self.seen().started, true) {
            for bytes in &script.garbage {
                socket.send(tungstenite::Message::binary(bytes.clone())).await?;
            }
            let mut seen = self.seen();
            match script.handshake {
                Some(request) => seen.say(Payload::HandshakeRequest, request.as_bytes()),
                None => seen.say(Payload::Output, b"$ "),
            }
            for output in &script.output {
                seen.say(Payload::Output, output);
            }
        }
        let mut sent_to = -1;
        let mut frames = 0;
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        loop {
            if self.seen().muted && connection == 0 {
                return std::future::pending().await;
            }
            // What is new goes out at once, the oldest again at every tick, as agents do.
            let mut batch: Vec<Message> = Vec::new();
            tokio::select! {
                heard = socket.next() => {
                    let Some(heard) = heard else { return Ok(()) };
                    if let tungstenite::Message::Binary(bytes) = heard? {
                        frames += 1;
                        if !rng.random_bool(script.lose) {
                            batch.extend(self.seen().take(&bytes, &script));
                        }
                    }
                }
                _ = tick.tick() => batch.extend(self.seen().unacknowledged.front().cloned()),
            }
            if self.script().dead {
                return Ok(());
            }
            {
                let seen = self.seen();
                let new = seen
                    .unacknowledged
                    .iter()
                    .filter(|message| message.sequence > sent_to);
                batch.extend(new.take(200).cloned());
                sent_to = batch
                    .iter()
                    .filter(|m| m.kind == frame::OUTPUT)
                    .map(|m| m.sequence)
                    .max()
                    .unwrap_or(sent_to)
                    .max(sent_to);
            }
            if batch.len() > 1 && rng.random_bool(script.reorder) {
                let (one, other) = (rng.random_range(0..batch.len()), rng.random_range(0..batch.len()));
                batch.swap(one, other);
            }
            for message in batch {
                if rng.random_bool(script.lose) {
                    continue;
                }
                let times = if rng.random_bool(script.repeat) { 2 } else { 1 };
                for _ in 0..times {
                    socket
                        .feed(tungstenite::Message::binary(message.encode()))
                        .await?;
                }
            }
            socket.flush().await?;
            if script.mute_after.is_some_and(|after| frames >= after) {
                self.seen().muted = true;
            }
            if script.bye_after.is_some_and(|after| frames >= after) {
                let bye = tungstenite::protocol::CloseFrame {
                    code: 1000.into(),
                    reason: "Bye".into(),
                };
                socket.close(Some(bye)).await?;
                return Ok(());
            }
            let close = self.seen().close.take();
            if let Some((text, short)) = close {
                let body =
                    serde_json::json!({"MessageType": "channel_closed", "SchemaVersion": 1, "Output": text})
                        .to_string();
                let close = Message::new(frame::CHANNEL_CLOSED, 0, 0, Payload::None, body);
                let bytes = if short {
                    close.encode_as_relay()
                } else {
                    close.encode()
                };
                socket.send(tungstenite::Message::binary(bytes)).await?;
            }
        }
    }
}

impl Seen {
    pub fn typed(&self) -> Vec<u8> {
        let typed = self.taken.iter().filter(|(kind, _)| *kind == Payload::Output);
        typed.flat_map(|(_, bytes)| bytes.clone()).collect()
    }

    fn say(&mut self, kind: Payload, payload: &[u8]) {
        let message = Message::new(frame::OUTPUT, self.next_out, 0, kind, payload);
        self.next_out += 1;
        self.unacknowledged.push_back(message);
    }

    /// One frame of the client; the answer, if any.
    fn take(&mut self, bytes: &[u8], script: &Script) -> Option<Message> {
        let message = Message::decode(bytes).expect("the client sent a frame that does not parse");
        if message.kind == frame::ACKNOWLEDGE {
            assert_eq!(message.flags, 3);
            self.acknowledgements += 1;
            let sequence = payload::parse_acknowledge(&message.payload).unwrap() as i64;
            self.unacknowledged.retain(|each| each.sequence != sequence);
            return None;
        }
        assert_eq!(message.kind, frame::INPUT);
        self.inputs += 1;
        let handshake = message.payload_kind == Payload::HandshakeResponse;
        if message.sequence == self.next_in && !handshake && self.refused < script.refuse {
            self.refused += 1;
            return None;
        }
        if message.sequence >= self.next_in {
            self.early.insert(message.sequence, message.clone());
        }
        while let Some(next) = self.early.remove(&self.next_in) {
            self.next_in += 1;
            if next.payload_kind == Payload::HandshakeResponse {
                self.say(
                    Payload::HandshakeComplete,
                    br#"{"HandshakeTimeToComplete":1,"CustomerMessage":"hello"}"#,
                );
            }
            self.taken.push((next.payload_kind, next.payload));
        }
        Some(payload::acknowledge(&message))
    }
}

impl Renewal for Peer {
    fn resume(&self, _: &str) -> Later<Result<Option<Ticket>, String>> {
        self.seen().resumes += 1;
        let script = self.script();
        let answer = match (script.resume_fails || script.dead, script.over) {
            (true, _) => Err("the credentials are expired".into()),
            (_, true) => Ok(None),
            _ => Ok(Some(self.ticket())),
        };
        Box::pin(async { answer })
    }

    fn terminate(&self, _: &str) -> Later<Result<(), String>> {
        self.seen().terminated += 1;
        Box::pin(async { Ok(()) })
    }

    fn data_key(&self, request: KeyRequest) -> Later<Result<DataKey, String>> {
        self.seen().key_requests.push(request);
        let answer = match self.script().key {
            Some(length) => Ok(DataKey {
                plain: vec![7; length],
                sealed: b"sealed".to_vec(),
            }),
            None => Err("kms:GenerateDataKey is not allowed".into()),
        };
        Box::pin(async { answer })
    }

    fn signed_headers(&self, _: &str) -> Later<Result<Vec<(String, String)>, String>> {
        Box::pin(async {
            Ok(vec![(
                "authorization".into(),
                "AWS4-HMAC-SHA256 …".replace('…', "x"),
            )])
        })
    }
}
