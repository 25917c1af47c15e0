//! Data keys for sessions whose account encrypts them. A refusal names the action and the key: its policy is apart from
//! the identity's own.

use std::collections::HashMap;

use super::failure::Why;
use super::{Cloud, Failure, Place};
use crate::ssm::{DataKey, KeyRequest};

/// What the session protocol takes: two AES-256 keys.
const KEY_BYTES: i32 = 64;

impl Cloud {
    /// GenerateDataKey, bound to the session that it is for.
    pub async fn generate_data_key(&self, place: &Place, request: KeyRequest) -> Result<DataKey, Failure> {
        let at = self.at(place, "kms", "GenerateDataKey").await;
        let KeyRequest { key_id, context } = request;
        let call = self
            .clients(place)
            .await
            .kms
            .generate_data_key()
            .key_id(&key_id)
            .number_of_bytes(KEY_BYTES)
            .set_encryption_context(Some(HashMap::from_iter(context)))
            .send();
        let answer = self
            .call(&at, call)
            .await
            .map_err(|failure| of_key(failure, &key_id))?;
        match (answer.plaintext, answer.ciphertext_blob) {
            (Some(plain), Some(sealed)) => Ok(DataKey {
                plain: plain.into_inner(),
                sealed: sealed.into_inner(),
            }),
            _ => Err(Failure::faulty(&at, "no key")),
        }
    }
}

fn of_key(mut failure: Failure, key_id: &str) -> Failure {
    match failure.why {
        Why::Denied => {
            failure.cause = format!("{} (key {key_id})", failure.cause);
            failure.hint = format!(
                "allow kms:GenerateDataKey on {key_id} for this identity, in IAM and in the key's policy"
            );
        }
        Why::Refused | Why::Unsupported => failure.cause = format!("{} (key {key_id})", failure.cause),
        _ => {}
    }
    failure
}
