//! Drives `serve` with hand-made frames, as a client would that obeys or breaks the rules at will.

mod command;
mod port;
mod reliability;
mod shell;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use super::*;
use crate::ssm::frame::{self, Message, Payload};

/// Quick and quiet, but for what a test asks for.
fn options() -> Options {
    Options {
        shell: Some("PS1='$ ' exec /bin/sh -i".to_owned()),
        pace: false,
        start_pause_for: Duration::ZERO,
        ..Options::default()
    }
}

fn faults(text: &str) -> Options {
    Options {
        faults: Faults::parse(text).unwrap(),
        ..options()
    }
}

fn start(document: &str, parameters: &[(&str, &str)]) -> Start {
    Start {
        target: "i-0123456789abcdef0".to_owned(),
        document: (!document.is_empty()).then(|| document.to_owned()),
        parameters: parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
            .collect(),
        ..Start::default()
    }
}

/// One client on one session; `join` again after a drop.
struct Client {
    sessions: Sessions,
    session: Arc<Session>,
    socket: WebSocketStream<DuplexStream>,
    acknowledges: bool,
    next: i64,
    /// Output messages by number, whole payloads.
    seen: BTreeMap<i64, Message>,
    /// Every frame that came, in order.
    log: Vec<Message>,
    /// Frames that the codec refused.
    refused: usize,
    close: Option<CloseFrame>,
}

impl Client {
    async fn open(options: Options, start: Start) -> Self {
        Self::join(Sessions::new(options), start).await
    }

    async fn join(sessions: Sessions, start: Start) -> Self {
        let opened = sessions.create(start).unwrap();
        let session = sessions.find(&opened.session_id).unwrap();
        let socket = socket(&session).await;
        let mut client = Self {
            sessions,
            session,
            socket,
            acknowledges: true,
            next: 0,
            seen: BTreeMap::new(),
            log: Vec::new(),
            refused: 0,
            close: None,
        };
        client.say_token(&opened.token).await;
        client
    }

    async fn say_token(&mut self, token: &str) {
        let opening = json!({"MessageSchemaVersion": "1.0", "RequestId": "r", "TokenValue": token});
        self.raw(Frame::text(opening.to_string())).await;
    }

    /// Drops the web socket and comes back with a new token.
    async fn rejoin(&mut self) {
        self.socket = socket(&self.session).await;
        let token = self.sessions.resume(&self.session.id).unwrap();
        self.say_token(&token).await;
    }

    async fn raw(&mut self, frame: Frame) {
        self.socket.send(frame).await.unwrap();
    }

    async fn send_as(&mut self, sequence: i64, kind: Payload, payload: &[u8]) {
        let message = Message::new(frame::INPUT, sequence, 0, kind, payload);
        self.raw(Frame::binary(message.encode())).await;
    }

    async fn send(&mut self, kind: Payload, payload: &[u8]) {
        self.next += 1;
        self.send_as(self.next - 1, kind, payload).await;
    }

    async fn keys(&mut self, text: &str) {
        self.send(Payload::Output, text.as_bytes()).await;
    }

    async fn acknowledge(&mut self, sequence: i64) {
        let payload = json!({
            "AcknowledgedMessageType": frame::OUTPUT,
            "AcknowledgedMessageId": "",
            "AcknowledgedMessageSequenceNumber": sequence,
            "IsSequentialMessage": true,
        });
        let ack = Message::new(frame::ACKNOWLEDGE, 0, 3, Payload::None, payload.to_string());
        self.raw(Frame::binary(ack.encode())).await;
    }

    /// The next message; none once the web socket is closed.
    async fn next(&mut self) -> Option<Message> {
        loop {
            let frame = timeout(Duration::from_secs(20), self.socket.next())
                .await
                .unwrap_or_else(|_| panic!("nothing came in 20 s; so far: {:?}", self.text()));
            match frame {
                Some(Ok(Frame::Binary(bytes))) => {
                    let Ok(message) = Message::decode(&bytes) else {
                        self.refused += 1;
                        continue;
                    };
                    self.log.push(message.clone());
                    if message.kind == frame::OUTPUT {
                        self.seen.insert(message.sequence, message.clone());
                        if self.acknowledges {
                            self.acknowledge(message.sequence).await;
                        }
                    }
                    return Some(message);
                }
                Some(Ok(Frame::Close(close))) => self.close = close,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    async fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        while !done(self) {
            if self.next().await.is_none() {
                assert!(done(self), "closed before: {what}; output: {}", self.text());
            }
        }
    }

    async fn until_text(&mut self, text: &str) {
        self.until(text, |client| client.text().contains(text)).await;
    }

    async fn until_closed(&mut self) -> String {
        self.until("channel_closed", |client| client.closed().is_some())
            .await;
        self.closed().unwrap()
    }

    /// What one kind of output holds up to the first missing message.
    fn bytes(&self, kind: Payload) -> Vec<u8> {
        (0..)
            .map_while(|sequence| self.seen.get(&sequence))
            .filter(|message| message.payload_kind == kind)
            .flat_map(|message| message.payload.clone())
            .collect()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes(Payload::Output)).into_owned()
    }

    fn closed(&self) -> Option<String> {
        let closed = self
            .log
            .iter()
            .find(|message| message.kind == frame::CHANNEL_CLOSED)?;
        let payload: Value = serde_json::from_slice(&closed.payload).unwrap();
        Some(payload["Output"].as_str().unwrap().to_owned())
    }

    /// How often each of our messages was acknowledged.
    fn acks_of(&self, sequence: i64) -> usize {
        let wanted = json!(sequence);
        self.log
            .iter()
            .filter(|message| message.kind == frame::ACKNOWLEDGE)
            .map(|message| serde_json::from_slice::<Value>(&message.payload).unwrap())
            .filter(|ack| ack["AcknowledgedMessageSequenceNumber"] == wanted)
            .count()
    }

    async fn shake_hands(&mut self, version: &str) {
        self.until("a handshake request", |client| !client.seen.is_empty())
            .await;
        assert_eq!(self.seen[&0].payload_kind, Payload::HandshakeRequest);
        let response = json!({
            "ClientVersion": version,
            "ProcessedClientActions": [{"ActionType": "SessionType", "ActionStatus": 1, "ActionResult": null, "Error": ""}],
            "Errors": null,
        });
        self.send(Payload::HandshakeResponse, response.to_string().as_bytes())
            .await;
        self.until("the end of the handshake", |client| client.seen.contains_key(&1))
            .await;
        assert_eq!(self.seen[&1].payload_kind, Payload::HandshakeComplete);
    }
}

async fn socket(session: &Arc<Session>) -> WebSocketStream<DuplexStream> {
    let (here, there) = tokio::io::duplex(1 << 16);
    let server = WebSocketStream::from_raw_socket(there, Role::Server, Some(socket_config())).await;
    tokio::spawn(serve(server, Arc::clone(session), std::future::pending()));
    WebSocketStream::from_raw_socket(here, Role::Client, None).await
}
