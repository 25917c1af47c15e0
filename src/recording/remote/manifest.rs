//! The manifest: what a finished recording in the store is made of, in order, and the seal that it ends with.

use serde::{Deserialize, Serialize};

use crate::recording::key::is_signed;
use crate::recording::{self, DeviceKey, Header, Summary};

pub const VERSION: u32 = 1;
const DOMAIN: &[u8] = b"quarterdeck manifest 1\n";
const OPENS: &str = ",\"signature\":\"";
const CLOSES: &str = "\"}";

/// One segment, as an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Counts from 1.
    pub n: u64,
    /// Where its bytes begin in the recording.
    pub offset: u64,
    pub size: u64,
    /// Hexadecimal.
    pub sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_at: Option<String>,
    /// `governance` or `compliance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_until: Option<String>,
}

impl Part {
    /// What they add up to, if they follow each other without a hole.
    pub fn size_of(parts: &[Part]) -> Option<u64> {
        let mut at = 0_u64;
        for (index, part) in parts.iter().enumerate() {
            if part.n != index as u64 + 1 || part.offset != at {
                return None;
            }
            at = at.saturating_add(part.size);
        }
        Some(at)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub v: u32,
    pub header: Header,
    pub summary: Summary,
    /// Public key of the device that recorded it.
    pub device_key: String,
    /// Of the whole recording.
    pub size: u64,
    pub sha256: String,
    pub segments: Vec<Part>,
    pub checkpoint: Seal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_class: Option<String>,
    /// The device that stored it, which is the one that recorded it unless that is gone; old manifests are not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// Always the last field: over `quarterdeck manifest 1\n` and the object's bytes before it, from the brace on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// The final checkpoint, as it stands in the recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    pub offset: u64,
    /// The record's payload in hexadecimal.
    pub payload: String,
}

impl Manifest {
    /// The object's bytes, signed.
    pub fn sign(mut self, device: &DeviceKey) -> Result<Vec<u8>, recording::Error> {
        (self.signed_by, self.signature) = (Some(hex::encode(device.public())), None);
        let mut bytes = serde_json::to_vec(&self).unwrap_or_default();
        bytes.pop();
        let signature = hex::encode(device.sign(&[DOMAIN, &bytes].concat())?);
        bytes.extend(format!("{OPENS}{signature}{CLOSES}").bytes());
        Ok(bytes)
    }

    /// A manifest of a whole recording, whose signature holds if it has one; else why it is none.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, &'static str> {
        let manifest = serde_json::from_slice::<Manifest>(bytes);
        let manifest = manifest.ok().filter(Manifest::is_whole);
        let manifest = manifest.ok_or("is no manifest of a whole recording")?;
        let is_signed = manifest.signature.is_some() || manifest.signed_by.is_some();
        if is_signed && !manifest.holds(bytes) {
            return Err("is a manifest whose signature does not match");
        }
        Ok(manifest)
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        let signed = self.signature.as_ref().and_then(|signature| {
            let before = bytes.strip_suffix(CLOSES.as_bytes())?;
            before
                .strip_suffix(signature.as_bytes())?
                .strip_suffix(OPENS.as_bytes())
        });
        let (mut key, mut signature) = ([0; 32], [0; 64]);
        let decoded = |text: &Option<String>, into: &mut [u8]| {
            let text = text.as_deref().unwrap_or_default();
            hex::decode_to_slice(text, into).is_ok()
        };
        decoded(&self.signed_by, &mut key)
            && decoded(&self.signature, &mut signature)
            && signed.is_some_and(|signed| is_signed(&key, &[DOMAIN, signed].concat(), &signature))
    }

    /// Whether its segments follow each other without a hole, up to its size.
    pub fn is_whole(&self) -> bool {
        Part::size_of(&self.segments) == Some(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn manifest() -> Manifest {
        Manifest {
            v: VERSION,
            header: Header::new("shell", (80, 24)),
            summary: Summary::default(),
            device_key: String::new(),
            size: 0,
            sha256: String::new(),
            segments: Vec::new(),
            checkpoint: Seal::default(),
            retention_class: None,
            signed_by: None,
            signature: None,
        }
    }

    #[test]
    fn a_manifest_is_signed_as_it_stands_and_one_without_a_signature_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let device = DeviceKey::load_or_create(dir.path()).unwrap();
        let bytes = manifest().sign(&device).unwrap();
        let parsed = Manifest::parse(&bytes).unwrap();
        assert_eq!(parsed.signed_by, Some(hex::encode(device.public())));
        let text = String::from_utf8(bytes).unwrap();
        for (from, to) in [
            ("\"kind\":\"shell\"", "\"kind\":\"slips\""),
            ("\"v\":1", "\"v\": 1"),
            ("\"signature\":\"", "\"signature\":\"0"),
            ("{\"v\"", "{\"extra\":1,\"v\""),
        ] {
            let changed = text.replacen(from, to, 1);
            assert!(
                changed != text && Manifest::parse(changed.as_bytes()).is_err(),
                "{to}"
            );
        }
        let (before, _) = text.split_once(",\"signature\"").unwrap();
        assert!(
            Manifest::parse(format!("{before}}}").as_bytes()).is_err(),
            "signed by, without"
        );
        let old = serde_json::to_vec(&manifest()).unwrap();
        assert_eq!(Manifest::parse(&old).unwrap().signed_by, None);
    }

    proptest! {
        #[test]
        fn hostile_manifests_are_refused_without_a_panic(text in "\\PC{0,200}", offset: u64, size: u64) {
            let _ = serde_json::from_str::<Manifest>(&text);
            let part = Part { n: 1, offset, size, ..Part::default() };
            let manifest = Manifest {
                size, segments: vec![part.clone(), Part { n: 2, offset: size, size: u64::MAX, ..part }], ..manifest()
            };
            prop_assert!(!manifest.is_whole() || size == 0 || offset == 0);
        }
    }
}
