//! Signed checkpoints: an event whose signature covers sequence and hash of the line before it, and so of
//! everything up to there. Ed25519 over the text of `message`, checkable with openssl.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::{Actor, Entry, Event, Kind};

fn message(seq: u64, head: &str) -> String {
    format!("quarterdeck audit checkpoint v1\n{seq}\n{head}\n")
}

/// Signs for the line with sequence `seq` and hash `head`.
pub(super) fn sign(key: &SigningKey, actor: Actor, seq: u64, head: &str) -> Event {
    let signature = key.sign(message(seq, head).as_bytes());
    Event::new(Kind::Checkpoint, actor)
        .with("upto_seq", seq)
        .with("head", head)
        .with("key", hex::encode(key.verifying_key().as_bytes()))
        .with("signature", hex::encode(signature.to_bytes()))
}

/// The key of a checkpoint that stands; `Err` says what is wrong; `None` for any other event.
pub(super) fn check(entry: &Entry) -> Option<Result<VerifyingKey, &'static str>> {
    (entry.event == Kind::Checkpoint.name()).then(|| check_body(entry))
}

pub(super) fn holds(entry: &Entry) -> bool {
    check(entry).is_none_or(|checked| checked.is_ok())
}

fn check_body(entry: &Entry) -> Result<VerifyingKey, &'static str> {
    let field = |name: &str| {
        entry
            .body
            .get(name)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
    };
    if entry.body.get("upto_seq").and_then(|seq| seq.as_u64()) != entry.seq.checked_sub(1)
        || field("head") != entry.prev
    {
        return Err("the checkpoint is for another place in the log");
    }
    let key = bytes::<32>(field("key")).and_then(|key| VerifyingKey::from_bytes(&key).ok());
    let key = key.ok_or("the checkpoint names no valid key")?;
    let signature = bytes::<64>(field("signature")).ok_or("the checkpoint has no valid signature")?;
    key.verify_strict(
        message(entry.seq - 1, &entry.prev).as_bytes(),
        &Signature::from_bytes(&signature),
    )
    .map_err(|_| "the signature of the checkpoint is wrong")?;
    Ok(key)
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text).ok()?.try_into().ok()
}
