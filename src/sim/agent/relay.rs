//! Messages that the relay makes itself: their header has 112 bytes and no payload type.

use bytes::Bytes;
use serde_json::{Value, json};

use super::session::Session;
use crate::ssm::frame::{self, Message, Payload};

/// Where the digest lies in an encoded message.
const DIGEST_AT: usize = 80;

pub fn start_publication(session: &Session) -> Bytes {
    let payload =
        json!({"MessageType": frame::START_PUBLICATION, "SessionId": session.id, "SchemaVersion": 1});
    encode(session, frame::START_PUBLICATION, &payload)
}

pub fn pause_publication(session: &Session) -> Bytes {
    let payload =
        json!({"MessageType": frame::PAUSE_PUBLICATION, "SessionId": session.id, "SchemaVersion": 1});
    encode(session, frame::PAUSE_PUBLICATION, &payload)
}

/// `text` is shown to the user; empty for a normal end.
pub fn channel_closed(session: &Session, text: &str) -> Bytes {
    let payload = json!({
        "MessageType": frame::CHANNEL_CLOSED,
        "MessageId": uuid::Uuid::new_v4().to_string(),
        "CreatedDate": jiff::Timestamp::now().to_string(),
        "DestinationId": session.start.target,
        "SessionId": session.id,
        "SchemaVersion": 1,
        "Output": text,
    });
    encode(session, frame::CHANNEL_CLOSED, &payload)
}

fn encode(session: &Session, kind: &str, payload: &Value) -> Bytes {
    let message = Message::new(kind, 0, 0, Payload::None, payload.to_string());
    if session.options.faults.plain_relay {
        message.encode().into()
    } else {
        message.encode_as_relay().into()
    }
}

/// The same message with one bit of its digest turned.
pub fn with_wrong_digest(encoded: &[u8]) -> Bytes {
    let mut bytes = encoded.to_vec();
    if let Some(byte) = bytes.get_mut(DIGEST_AT) {
        *byte ^= 1;
    }
    bytes.into()
}
