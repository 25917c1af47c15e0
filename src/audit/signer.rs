//! Who signs: a key in a file or one that an ssh-agent keeps. Signing may fail and take long, so nothing is
//! locked meanwhile.

use ed25519_dalek::{Signature, SigningKey, VerifyingKey};

use super::Error;

/// A device's Ed25519 key.
pub trait Signer {
    fn public(&self) -> [u8; 32];

    /// Plain Ed25519 (RFC 8032) over `message`.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], Error>;

    /// The key that signed before this one did, where it is still at hand to say so.
    fn predecessor(&self) -> Option<&SigningKey> {
        None
    }
}

impl Signer for SigningKey {
    fn public(&self) -> [u8; 32] {
        self.verifying_key().to_bytes()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], Error> {
        Ok(ed25519_dalek::Signer::sign(self, message).to_bytes())
    }
}

/// Whether `signature` over `message` is by `public`.
pub(super) fn is_signed(public: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (VerifyingKey::from_bytes(public), Signature::from_slice(signature))
    else {
        return false;
    };
    key.verify_strict(message, &signature).is_ok()
}
