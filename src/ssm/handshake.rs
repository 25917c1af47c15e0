//! The handshake of ports, commands and encrypted sessions: what the agent asks for and what it is answered.
//!
//! Field names and numbers are the agent's; readers tolerate what is missing.

use super::payload::json;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const SESSION_TYPE: &str = "SessionType";
const ENCRYPTION: &str = "KMSEncryption";

/// The agent's first message.
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

/// The encryption that the agent wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    pub key_id: String,
    /// Base64, to be given to KMS exactly as it came; agents before 3.3.808.0 send none.
    pub challenge: Option<String>,
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
    action_result: Option<Value>,
    error: String,
}

/// ActionStatus.
const DONE: u8 = 1;
const FAILED: u8 = 2;
const UNSUPPORTED: u8 = 3;

impl Request {
    pub fn parse(payload: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(payload)
    }

    fn actions(&self) -> &[Action] {
        self.requested_client_actions.as_deref().unwrap_or_default()
    }

    fn parameter(&self, action: &str, name: &str) -> Option<&str> {
        let action = self.actions().iter().find(|each| each.action_type == action)?;
        action.action_parameters.get(name)?.as_str()
    }

    /// `Port`, `Standard_Stream`, …; empty if the agent did not say.
    pub fn session_type(&self) -> &str {
        self.parameter(SESSION_TYPE, SESSION_TYPE).unwrap_or_default()
    }

    /// What must be had from KMS before the answer.
    pub fn encryption(&self) -> Option<Encryption> {
        self.actions()
            .iter()
            .find(|each| each.action_type == ENCRYPTION)?;
        let challenge = self.parameter(ENCRYPTION, "Challenge");
        Some(Encryption {
            key_id: self
                .parameter(ENCRYPTION, "KMSKeyId")
                .unwrap_or_default()
                .to_owned(),
            challenge: challenge.filter(|text| !text.is_empty()).map(str::to_owned),
        })
    }

    /// The response, and what of the request is not done. `key`: the data key as KMS sealed it, or why there is none.
    pub fn answer(&self, client_version: &str, key: Option<Result<&[u8], &str>>) -> (Vec<u8>, Vec<String>) {
        let mut refused = Vec::new();
        let mut refuse = |status, says: String| {
            refused.push(says.clone());
            (status, None, says)
        };
        let mut processed_client_actions = Vec::new();
        for action in self.actions() {
            let (action_status, action_result, error) = match (action.action_type.as_str(), key) {
                (SESSION_TYPE, _) => (DONE, None, String::new()),
                (ENCRYPTION, Some(Ok(sealed))) => (DONE, Some(self.key_result(sealed)), String::new()),
                (ENCRYPTION, Some(Err(why))) => refuse(FAILED, why.to_owned()),
                (other, _) => refuse(UNSUPPORTED, format!("{other} is not supported by this client")),
            };
            processed_client_actions.push(Processed {
                action_type: &action.action_type,
                action_status,
                action_result,
                error,
            });
        }
        let response = Response {
            client_version,
            processed_client_actions,
            errors: (!refused.is_empty()).then(|| refused.clone()),
        };
        (json(&response), refused)
    }

    /// The acknowledgement is true only where the challenge is part of the key's context.
    fn key_result(&self, sealed: &[u8]) -> Value {
        let challenged = self.encryption().is_some_and(|wanted| wanted.challenge.is_some());
        serde_json::json!({
            "KMSCipherTextKey": STANDARD.encode(sealed),
            "KMSCipherTextHash": null,
            "ChallengeAcknowledgement": challenged,
        })
    }
}

/// The sealed bytes in a challenge; `None` when they cannot be read.
pub fn parse_challenge(payload: &[u8]) -> Option<Vec<u8>> {
    let value: Value = serde_json::from_slice(payload).ok()?;
    STANDARD.decode(value.get("Challenge")?.as_str()?).ok()
}

/// A challenge, or the answer to one.
pub fn challenge(sealed: &[u8]) -> Vec<u8> {
    json(&serde_json::json!({ "Challenge": STANDARD.encode(sealed) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: &[u8] = br#"{"AgentVersion":"3.3.987.0","RequestedClientActions":[
        {"ActionType":"SessionType","ActionParameters":{"SessionType":"Standard_Stream","Properties":null}},
        {"ActionType":"KMSEncryption","ActionParameters":{"KMSKeyId":"k-1","Challenge":"YWJj"}},
        {"ActionType":"Future","ActionParameters":7}]}"#;

    #[test]
    fn a_session_type_and_a_key_are_accepted_and_what_is_unknown_is_declined_in_words() {
        let request = Request::parse(BOTH).unwrap();
        assert_eq!(request.session_type(), "Standard_Stream");
        let wanted = request.encryption().unwrap();
        assert_eq!(
            (wanted.key_id.as_str(), wanted.challenge.as_deref()),
            ("k-1", Some("YWJj"))
        );
        let (answer, refused) = request.answer("1.2.700.0", Some(Ok(b"sealed")));
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let actions = &answer["ProcessedClientActions"];
        assert_eq!(
            (&actions[0]["ActionStatus"], &actions[0]["ActionResult"]),
            (&1.into(), &Value::Null)
        );
        assert_eq!(actions[1]["ActionStatus"], 1);
        assert_eq!(actions[1]["ActionResult"]["KMSCipherTextKey"], "c2VhbGVk");
        assert_eq!(actions[1]["ActionResult"]["ChallengeAcknowledgement"], true);
        assert_eq!(actions[2]["ActionStatus"], 3);
        assert_eq!(refused, ["Future is not supported by this client"]);
        let (answer, refused) = request.answer("1.2.700.0", Some(Err("no such key")));
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["ProcessedClientActions"][1]["ActionStatus"], 2);
        assert_eq!(refused[0], "no such key");
    }

    #[test]
    fn without_a_challenge_none_is_acknowledged() {
        let request = Request::parse(
            br#"{"RequestedClientActions":[{"ActionType":"KMSEncryption","ActionParameters":{"KMSKeyId":"k"}}]}"#,
        )
        .unwrap();
        assert_eq!(request.encryption().unwrap().challenge, None);
        let answer: Value = serde_json::from_slice(&request.answer("1", Some(Ok(b"x"))).0).unwrap();
        let result = &answer["ProcessedClientActions"][0]["ActionResult"];
        assert_eq!(result["ChallengeAcknowledgement"], false);
    }

    #[test]
    fn an_accepted_handshake_has_the_shape_that_agents_read() {
        let request = Request::parse(
            br#"{"AgentVersion":"3","RequestedClientActions":[{"ActionType":"SessionType"}]}"#,
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(request.answer("1.2.700.0", None).0).unwrap(),
            r#"{"ClientVersion":"1.2.700.0","ProcessedClientActions":[{"ActionType":"SessionType","ActionStatus":1,"ActionResult":null,"Error":""}],"Errors":null}"#
        );
    }

    #[test]
    fn a_handshake_without_actions_is_answered() {
        let request = Request::parse(br#"{"RequestedClientActions":null}"#).unwrap();
        assert_eq!((request.session_type(), request.encryption()), ("", None));
        assert!(request.answer("1.2.700.0", None).1.is_empty());
    }

    #[test]
    fn challenges_survive_a_round_trip() {
        assert_eq!(parse_challenge(&challenge(b"abc")), Some(b"abc".to_vec()));
        for bad in [
            &b"{}"[..],
            br#"{"Challenge":7}"#,
            br#"{"Challenge":"*"}"#,
            b"\xff",
        ] {
            assert_eq!(parse_challenge(bad), None);
        }
    }
}
