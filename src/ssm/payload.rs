//! What is inside the payloads: JSON of opening, size, acknowledgement and close; flags and exit codes.
//!
//! Field names and values are those of the agent and of the official client; readers tolerate what is missing.

use super::frame::{ACKNOWLEDGE, Message, Payload};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Flags of acknowledgements: anything else stalls Windows agents.
const ACK_FLAGS: u64 = 3;

/// The acknowledgement of `message`. Written by hand, since every message that arrives costs one.
pub fn acknowledge(message: &Message) -> Message {
    let body = format!(
        "{{\"AcknowledgedMessageType\":\"{}\",\"AcknowledgedMessageId\":\"{}\",\
         \"AcknowledgedMessageSequenceNumber\":{},\"IsSequentialMessage\":true}}",
        message.kind, message.id, message.sequence
    );
    Message::new(ACKNOWLEDGE, 0, ACK_FLAGS, Payload::None, body)
}

/// The sequence number that an acknowledgement names; nothing else in it matters.
pub fn parse_acknowledge(payload: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Number {
        #[serde(rename = "AcknowledgedMessageSequenceNumber")]
        number: u64,
    }
    Some(serde_json::from_slice::<Number>(payload).ok()?.number)
}

/// The text for the user in a HandshakeComplete, often empty.
pub fn parse_customer_message(payload: &[u8]) -> String {
    text_field(payload, "CustomerMessage")
}

/// The text for the user in a channel_closed as one line without full stop, empty for a normal end; and whether it is an
/// error: the agent puts a banner over those.
pub fn parse_closed(payload: &[u8]) -> (String, bool) {
    let is_banner = |line: &str| line.trim_matches('-') == "ERROR";
    let text = text_field(payload, "Output");
    let (banners, said): (Vec<_>, Vec<_>) = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .partition(|line| is_banner(line));
    let said: Vec<_> = said.iter().map(|line| line.trim_end_matches('.')).collect();
    (said.join("; "), !banners.is_empty())
}

fn text_field(payload: &[u8], name: &str) -> String {
    serde_json::from_slice::<Value>(payload)
        .ok()
        .and_then(|value| Some(value.get(name)?.as_str()?.to_owned()))
        .unwrap_or_default()
}

/// A Size payload: columns, then rows.
pub fn size(cols: u16, rows: u16) -> Vec<u8> {
    #[derive(Serialize)]
    struct Size {
        cols: u16,
        rows: u16,
    }
    json(&Size { cols, rows })
}

/// Four bytes that steer port sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// Client: the local connection closed.
    DisconnectToPort,
    /// Client: end the session. Shells ignore it.
    TerminateSession,
    /// Agent: the target port could not be reached.
    ConnectToPortError,
    Unknown(u32),
}

impl Flag {
    pub fn parse(payload: &[u8]) -> Option<Self> {
        Some(match u32::from_be_bytes(payload.try_into().ok()?) {
            1 => Flag::DisconnectToPort,
            2 => Flag::TerminateSession,
            3 => Flag::ConnectToPortError,
            other => Flag::Unknown(other),
        })
    }

    pub fn encode(self) -> [u8; 4] {
        match self {
            Flag::DisconnectToPort => 1,
            Flag::TerminateSession => 2,
            Flag::ConnectToPortError => 3,
            Flag::Unknown(other) => other,
        }
        .to_be_bytes()
    }
}

/// The number in `EXIT_CODE: n`.
pub fn parse_exit_code(payload: &[u8]) -> Option<i32> {
    let text = std::str::from_utf8(payload).ok()?;
    text.trim().strip_prefix("EXIT_CODE:")?.trim().parse().ok()
}

/// The text frame that opens every connection.
pub fn opening(token: &str, client_id: uuid::Uuid, client_version: &str) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Opening<'a> {
        message_schema_version: &'a str,
        request_id: String,
        token_value: &'a str,
        client_id: String,
        client_version: &'a str,
    }
    let opening = Opening {
        message_schema_version: "1.0",
        request_id: uuid::Uuid::new_v4().to_string(),
        token_value: token,
        client_id: client_id.to_string(),
        client_version,
    };
    serde_json::to_string(&opening).unwrap_or_default()
}

/// Structs of strings, numbers and lists: their serialisation cannot fail.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_read_with_their_sign() {
        assert_eq!(parse_exit_code(b"EXIT_CODE: 42"), Some(42));
        assert_eq!(parse_exit_code(b"EXIT_CODE: -1\n"), Some(-1));
        assert_eq!(parse_exit_code(b"EXIT_CODE: many"), None);
        assert_eq!(parse_exit_code(b"\xff"), None);
    }

    #[test]
    fn flags_survive_a_round_trip_and_have_four_bytes() {
        for number in [1u32, 2, 3, 9] {
            let flag = Flag::parse(&number.to_be_bytes()).unwrap();
            assert_eq!(flag.encode(), number.to_be_bytes());
        }
        assert_eq!(Flag::parse(&[0, 0, 2]), None);
    }
}
