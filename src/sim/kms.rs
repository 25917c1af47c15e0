//! Key Management Service's JSON 1.1 interface, as far as encrypted sessions need it: GenerateDataKey for clients,
//! Decrypt for agents. A sealed key opens only under the context that it was made for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::world::World;

/// The one key of every account and region.
const KEY: &str = "6b0e9a52-7d3c-4f18-9c55-d1a6a2f0e7b4";
pub const ALIAS: &str = "alias/session-manager";

pub type Context = BTreeMap<String, String>;

/// What seals data keys; clones share it.
#[derive(Clone)]
pub struct Vault(Arc<[u8; 32]>);

impl Default for Vault {
    fn default() -> Self {
        Self(Arc::new(rand::random()))
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    fn key(&self) -> Option<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &*self.0).ok()
    }

    pub fn seal(&self, plain: &[u8], context: &Context) -> Option<Vec<u8>> {
        let mut sealed = plain.to_vec();
        let nonce = self
            .key()?
            .seal_in_place_append_tag(aad(context), &mut sealed)
            .ok()?;
        Some([&nonce.as_ref()[..], &sealed].concat())
    }

    /// The data key; `None` when the blob is another's or the context is not the one that it was made for.
    pub fn open(&self, blob: &[u8], context: &Context) -> Option<Vec<u8>> {
        let (nonce, sealed) = blob.split_first_chunk::<NONCE_LEN>()?;
        let mut plain = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self
            .key()?
            .open_in_place(nonce, aad(context), &mut plain)
            .ok()?
            .len();
        plain.truncate(length);
        Some(plain)
    }
}

fn aad(context: &Context) -> Aad<Vec<u8>> {
    Aad::from(serde_json::to_vec(context).unwrap_or_default())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DataKeyRequest {
    key_id: Option<String>,
    number_of_bytes: Option<usize>,
    key_spec: Option<String>,
    #[serde(default)]
    encryption_context: Context,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DecryptRequest {
    ciphertext_blob: Option<String>,
    #[serde(default)]
    encryption_context: Context,
}

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let reply = match call.operation.as_str() {
        "GenerateDataKey" => generate(world, call)?,
        "Decrypt" => decrypt(world, call)?,
        other => {
            let message = format!("The simulator has no operation {other}");
            return Err(Refusal::new("UnknownOperationException", message));
        }
    };
    Ok(reply.to_string())
}

/// The key that an id, an ARN or an alias means; AWS's own key of a service counts too.
pub fn find(call: &Call<'_>, wanted: &str, service_alias: &str) -> Option<String> {
    let arn = arn(call);
    let alias = |name: &str| arn.replace(&format!("key/{KEY}"), name);
    let known = [
        &arn,
        KEY,
        ALIAS,
        service_alias,
        &alias(ALIAS),
        &alias(service_alias),
    ]
    .contains(&wanted);
    known.then(|| wanted.to_owned())
}

fn generate(world: &World, call: &Call<'_>) -> Result<Value, Refusal> {
    let request: DataKeyRequest = parse(call)?;
    let wanted = request.key_id.unwrap_or_default();
    let arn = arn(call);
    let alias = arn.replace(&format!("key/{KEY}"), ALIAS);
    if ![arn.as_str(), &alias, KEY, ALIAS].contains(&wanted.as_str()) {
        return Err(Refusal::new(
            "NotFoundException",
            format!("Key '{wanted}' does not exist"),
        ));
    }
    let length = match (request.number_of_bytes, request.key_spec.as_deref()) {
        (Some(length @ 1..=1024), None) => length,
        (None, Some("AES_256")) => 32,
        (None, Some("AES_128")) => 16,
        _ => {
            let message = "Please specify either number of bytes (1 to 1024) or key spec.";
            return Err(Refusal::new("ValidationException", message));
        }
    };
    let plain: Vec<u8> = rand::random_iter().take(length).collect();
    let sealed = world
        .sessions
        .vault()
        .seal(&plain, &request.encryption_context)
        .ok_or_else(|| Refusal::new("KMSInternalException", "The key could not be sealed."))?;
    Ok(json!({
        "CiphertextBlob": STANDARD.encode(sealed),
        "Plaintext": STANDARD.encode(plain),
        "KeyId": arn,
    }))
}

fn decrypt(world: &World, call: &Call<'_>) -> Result<Value, Refusal> {
    let request: DecryptRequest = parse(call)?;
    let plain = request
        .ciphertext_blob
        .and_then(|blob| STANDARD.decode(blob).ok())
        .and_then(|blob| world.sessions.vault().open(&blob, &request.encryption_context))
        .ok_or_else(|| Refusal::new("InvalidCiphertextException", ""))?;
    Ok(json!({
        "Plaintext": STANDARD.encode(plain),
        "KeyId": arn(call),
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

fn parse<T: serde::de::DeserializeOwned>(call: &Call<'_>) -> Result<T, Refusal> {
    serde_json::from_slice(call.body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}

fn arn(call: &Call<'_>) -> String {
    format!("arn:aws:kms:{}:{}:key/{KEY}", call.region, call.caller.account_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_key_opens_under_its_own_context_alone() {
        let vault = Vault::default();
        let context = |id: &str| Context::from([("aws:ssm:SessionId".to_owned(), id.to_owned())]);
        let sealed = vault.seal(b"key", &context("s-1")).unwrap();
        assert_eq!(vault.open(&sealed, &context("s-1")).unwrap(), b"key");
        assert_eq!(vault.open(&sealed, &context("s-2")), None);
        assert_eq!(vault.open(&sealed[..20], &context("s-1")), None);
        assert_eq!(Vault::default().open(&sealed, &context("s-1")), None);
    }
}
