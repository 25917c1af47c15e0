//! Where a session stands with its encryption: none, a key is wanted, or every byte goes through a cipher.
//!
//! Sizes, flags, handshakes and acknowledgements are never encrypted. Once a key is wanted, nothing plain is taken.

use super::{
    cipher::{Cipher, Side},
    frame::Payload,
    handshake::{self, Encryption, Request},
    key::DataKey,
};

#[derive(Default)]
pub enum Secrecy {
    #[default]
    Off,
    Wanted(Request),
    Asked(Request),
    On(Box<Cipher>),
}

/// What to say in the handshake, and why there will be no session if so.
pub struct Answer {
    pub payload: Vec<u8>,
    pub refused: Vec<String>,
    pub failed: Option<String>,
}

impl Secrecy {
    /// The key to ask KMS for, told once.
    pub fn wanted(&mut self) -> Option<Encryption> {
        match std::mem::take(self) {
            Secrecy::Wanted(request) => {
                let encryption = request.encryption();
                *self = Secrecy::Asked(request);
                encryption
            }
            other => {
                *self = other;
                None
            }
        }
    }

    /// The key came, or it did not; `None` when nobody asked.
    pub fn settle(&mut self, key: Result<DataKey, String>, client_version: &str) -> Option<Answer> {
        let Secrecy::Asked(request) = std::mem::take(self) else {
            return None;
        };
        let cipher = key.and_then(|key| match Cipher::new(&key.plain, Side::Client) {
            Ok(cipher) => Ok((cipher, key.sealed.clone())),
            Err(why) => Err(why.to_string()),
        });
        let (payload, refused) = match &cipher {
            Ok((_, sealed)) => request.answer(client_version, Some(Ok(sealed))),
            Err(why) => request.answer(client_version, Some(Err(why))),
        };
        let failed = match cipher {
            Ok((cipher, _)) => {
                *self = Secrecy::On(Box::new(cipher));
                None
            }
            Err(why) => Some(format!("the session could not be encrypted: {why}")),
        };
        Some(Answer {
            payload,
            refused,
            failed,
        })
    }

    pub fn seal(&mut self, kind: Payload, payload: Vec<u8>) -> Result<Vec<u8>, String> {
        match self {
            Secrecy::On(cipher) if kind == Payload::Output => {
                cipher.seal(&payload).map_err(|why| why.to_string())
            }
            _ => Ok(payload),
        }
    }

    pub fn open(&self, kind: Payload, payload: Vec<u8>) -> Result<Vec<u8>, String> {
        if !matches!(kind, Payload::Output | Payload::Stderr | Payload::ExitCode) {
            return Ok(payload);
        }
        match self {
            Secrecy::Off => Ok(payload),
            Secrecy::On(cipher) => cipher.open(&payload).map_err(|why| why.to_string()),
            Secrecy::Wanted(_) | Secrecy::Asked(_) => Err("a payload came before the key".into()),
        }
    }

    /// The answer to the agent's proof that both hold the same key.
    pub fn answer_challenge(&mut self, payload: &[u8]) -> Result<Vec<u8>, String> {
        let Secrecy::On(cipher) = self else {
            return Err("a challenge came in a session without encryption".into());
        };
        let sealed = handshake::parse_challenge(payload).ok_or("the challenge cannot be read")?;
        let plain = cipher
            .open(&sealed)
            .map_err(|why| format!("the challenge: {why}"))?;
        let sealed = cipher.seal(&plain).map_err(|why| why.to_string())?;
        Ok(handshake::challenge(&sealed))
    }
}
