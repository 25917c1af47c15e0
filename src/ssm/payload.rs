//! What is inside the payloads: JSON of handshake, size, acknowledgement and close; flags and exit codes.
//!
//! Field names and values are those of the agent and of the official client; readers tolerate what is missing.

use super::frame::{ACKNOWLEDGE, Message, Payload};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Flags of acknowledgements: anything else stalls Windows agents.
const ACK_FLAGS: u64 = 3;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Acknowledge<'a> {
    acknowledged_message_type: &'a str,
    acknowledged_message_id: String,
    acknowledged_message_sequence_number: i64,
    is_sequential_message: bool,
}

/// The acknowledgement of `message`.
pub fn acknowledge(message: &Message) -> Message {
    let body = Acknowledge {
        acknowledged_message_type: &message.kind,
        acknowledged_message_id: message.id.to_string(),
        acknowledged_message_sequence_number: message.sequence,
        is_sequential_message: true,
    };
    Message::new(ACKNOWLEDGE, 0, ACK_FLAGS, Payload::None, json(&body))
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

/// What the agent asks for at the start of ports, commands and encrypted sessions.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    #[serde(default)]
    pub agent_version: String,
    #[serde(default)]
    requested_client_actions: Option<Vec<Action>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Action {
    action_type: String,
    #[serde(default)]
    action_parameters: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Response<'a> {
    client_version: &'a str,
    processed_client_actions: Vec<Processed<'a>>,
    errors: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Processed<'a> {
    action_type: &'a str,
    action_status: u8,
    action_result: Option<()>,
    error: String,
}

impl Request {
    pub fn parse(payload: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(payload)
    }

    fn actions(&self) -> &[Action] {
        self.requested_client_actions.as_deref().unwrap_or_default()
    }

    /// `Port`, `Standard_Stream`, …; empty if the agent did not say.
    pub fn session_type(&self) -> &str {
        self.actions()
            .iter()
            .find(|action| action.action_type == "SessionType")
            .and_then(|action| action.action_parameters.get("SessionType"))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The response, and what of the request this client does not do.
    pub fn answer(&self, client_version: &str) -> (Vec<u8>, Vec<String>) {
        let mut refused = Vec::new();
        let processed_client_actions = self
            .actions()
            .iter()
            .map(|action| {
                let known = action.action_type == "SessionType";
                let error = if known {
                    String::new()
                } else {
                    format!("{} is not supported by this client", action.action_type)
                };
                if !known {
                    refused.push(error.clone());
                }
                Processed {
                    action_type: &action.action_type,
                    action_status: if known { 1 } else { 3 },
                    action_result: None,
                    error,
                }
            })
            .collect();
        let response = Response {
            client_version,
            processed_client_actions,
            errors: (!refused.is_empty()).then(|| refused.clone()),
        };
        (json(&response), refused)
    }
}

/// The text for the user in a HandshakeComplete, often empty.
pub fn parse_customer_message(payload: &[u8]) -> String {
    text_field(payload, "CustomerMessage")
}

/// The text for the user in a channel_closed, empty for a normal end.
pub fn parse_closed(payload: &[u8]) -> String {
    text_field(payload, "Output")
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
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_type_is_accepted_and_encryption_declined_in_words() {
        let request = Request::parse(
            br#"{"AgentVersion":"3.3.987.0","RequestedClientActions":[
            {"ActionType":"SessionType","ActionParameters":{"SessionType":"Port","Properties":null}},
            {"ActionType":"KMSEncryption","ActionParameters":{"KMSKeyId":"k"}}]}"#,
        )
        .unwrap();
        assert_eq!(request.session_type(), "Port");
        let (answer, refused) = request.answer("1.2.700.0");
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["ClientVersion"], "1.2.700.0");
        assert_eq!(answer["ProcessedClientActions"][0]["ActionStatus"], 1);
        assert_eq!(answer["ProcessedClientActions"][0]["ActionResult"], Value::Null);
        assert_eq!(answer["ProcessedClientActions"][1]["ActionStatus"], 3);
        assert_eq!(refused, ["KMSEncryption is not supported by this client"]);
    }

    #[test]
    fn an_accepted_handshake_has_the_shape_that_agents_read() {
        let request = Request::parse(
            br#"{"AgentVersion":"3","RequestedClientActions":[{"ActionType":"SessionType"}]}"#,
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(request.answer("1.2.700.0").0).unwrap(),
            r#"{"ClientVersion":"1.2.700.0","ProcessedClientActions":[{"ActionType":"SessionType","ActionStatus":1,"ActionResult":null,"Error":""}],"Errors":null}"#
        );
    }

    #[test]
    fn a_handshake_without_actions_is_answered() {
        let request = Request::parse(br#"{"RequestedClientActions":null}"#).unwrap();
        assert_eq!(request.session_type(), "");
        assert!(request.answer("1.2.700.0").1.is_empty());
    }

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
