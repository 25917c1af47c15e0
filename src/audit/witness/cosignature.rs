//! Cosignatures of checkpoints in C2SP's tlog-cosignature format, version 1: Ed25519 over a time and the text.

use crate::audit::Error;
use crate::audit::note::{Key, Note, Signature};
use crate::audit::signer::{Signer, is_signed};

fn message(text: &str, at: u64) -> String {
    format!("cosignature/v1\ntime {at}\n{text}")
}

/// The line that a witness adds; `at` in seconds since 1970.
pub fn sign(text: &str, signer: &dyn Signer, key: &Key, at: u64) -> Result<Signature, Error> {
    let signature = signer.sign(message(text, at).as_bytes())?;
    Ok(Signature {
        name: key.name.clone(),
        key_id: key.id(),
        bytes: [&at.to_be_bytes()[..], &signature].concat(),
    })
}

/// When `key` cosigned `note`, in seconds since 1970; `None` when it did not, an error when a line only claims so.
pub fn check(note: &Note, key: &Key) -> Option<Result<u64, &'static str>> {
    let mut lines = note.by(key).peekable();
    lines.peek()?;
    let good = lines.find_map(|line| {
        let (at, signature) = line.bytes.split_first_chunk::<8>()?;
        let at = u64::from_be_bytes(*at);
        is_signed(&key.public, message(&note.text, at).as_bytes(), signature).then_some(at)
    });
    Some(good.ok_or("the cosignature is wrong"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of C2SP's tlog-cosignature is real, but its witness's key is published only as an id; what can
    /// be checked of it without is the place of its time.
    #[test]
    fn the_time_is_in_front_of_the_signature() {
        let note = Note::parse(
            "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
            — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n",
        )
        .unwrap();
        let at: [u8; 8] = note.signatures[0].bytes[..8].try_into().unwrap();
        assert_eq!(u64::from_be_bytes(at), 1_679_315_147);
    }
}
