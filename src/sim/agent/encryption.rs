//! The agent's side of an encrypted session: asks for a key, opens it at KMS, and proves that both sides hold the same
//! one. Ports are never encrypted.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::document::Work;
use super::session::Session;
use super::version::compare;
use crate::sim::kms;
use crate::ssm::cipher::{Cipher, Side};
use crate::ssm::frame::Payload;
use crate::ssm::handshake;

/// From here on agents send a challenge along.
const CHALLENGES: &str = "3.3.808.0";

pub struct Wanted {
    challenge: Option<String>,
}

impl Wanted {
    /// None where the account does not encrypt, or the session cannot be.
    pub fn of(session: &Session, agent_version: &str) -> Option<Self> {
        let faults = &session.options.faults;
        if !faults.kms || matches!(session.work, Work::Port(_)) {
            return None;
        }
        let challenge = compare(agent_version, CHALLENGES)
            .is_ge()
            .then(|| STANDARD.encode(rand::random::<[u8; 16]>()));
        Some(Self { challenge })
    }

    /// What the handshake asks of the client.
    pub fn action(&self) -> Value {
        let mut parameters = json!({ "KMSKeyId": kms::ALIAS });
        if let Some(challenge) = &self.challenge {
            parameters["Challenge"] = challenge.as_str().into();
        }
        json!({ "ActionType": "KMSEncryption", "ActionParameters": parameters })
    }

    /// Takes the key out of the client's response and has it proved; the error ends the session.
    pub async fn agree(
        &self,
        session: &Session,
        response: &Value,
        responses: &mut mpsc::Receiver<Vec<u8>>,
    ) -> Result<(), String> {
        let actions = response["ProcessedClientActions"]
            .as_array()
            .into_iter()
            .flatten();
        let result = actions
            .filter(|action| action["ActionType"] == "KMSEncryption")
            .map(|action| &action["ActionResult"])
            .next()
            .ok_or("the client did not answer KMSEncryption")?;
        let acknowledged = result["ChallengeAcknowledgement"] == true;
        if session.options.faults.require_challenge && !acknowledged {
            return Err("KMSEncryption failed: the client did not acknowledge the challenge".into());
        }
        let mut context = kms::Context::from([
            ("aws:ssm:SessionId".to_owned(), session.id.clone()),
            ("aws:ssm:TargetId".to_owned(), session.start.target.clone()),
        ]);
        if acknowledged {
            let challenge = self.challenge.clone().unwrap_or_default();
            context.insert("aws:ssm:RandomChallenge".to_owned(), challenge);
        }
        let key = result["KMSCipherTextKey"]
            .as_str()
            .and_then(|text| STANDARD.decode(text).ok())
            .and_then(|blob| session.options.vault.open(&blob, &context))
            .ok_or("Fetching data key failed: Unable to decrypt data key, InvalidCiphertextException")?;
        let mut cipher = Cipher::new(&key, Side::Agent).map_err(|why| why.to_string())?;
        let proof: Vec<u8> = rand::random_iter().take(64).collect();
        let sealed = cipher.seal(&proof).map_err(|why| why.to_string())?;
        session
            .send(Payload::ChallengeRequest, &handshake::challenge(&sealed))
            .await;
        let proved = async {
            while let Some(answer) = responses.recv().await {
                let plain = handshake::parse_challenge(&answer).and_then(|sealed| cipher.open(&sealed).ok());
                if plain.as_deref() == Some(&proof[..]) {
                    return true;
                }
                // A wrong answer is not refused: the agent waits until the time is up.
            }
            false
        };
        if !matches!(timeout(session.options.handshake_for, proved).await, Ok(true)) {
            return Err("Handshake timed out: the encryption challenge was not answered".into());
        }
        session.encrypt(cipher);
        Ok(())
    }
}
