//! The manifest: what a finished recording in the store is made of, in order, and the seal that it ends with.

use serde::{Deserialize, Serialize};

use crate::recording::{Header, Summary};

pub const VERSION: u32 = 1;

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
}

/// The final checkpoint, as it stands in the recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    pub offset: u64,
    /// The record's payload in hexadecimal.
    pub payload: String,
}

impl Manifest {
    /// Whether its segments follow each other without a hole, up to its size.
    pub fn is_whole(&self) -> bool {
        let mut at = 0;
        for (index, part) in self.segments.iter().enumerate() {
            if part.n != index as u64 + 1 || part.offset != at {
                return false;
            }
            at = at.saturating_add(part.size);
        }
        at == self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hostile_manifests_are_refused_without_a_panic(text in "\\PC{0,200}", offset: u64, size: u64) {
            let _ = serde_json::from_str::<Manifest>(&text);
            let part = Part { n: 1, offset, size, ..Part::default() };
            let manifest = Manifest {
                v: VERSION, header: Header::new("shell", (80, 24)), summary: Summary::default(), device_key: String::new(),
                size, sha256: String::new(), segments: vec![part.clone(), Part { n: 2, offset: size, size: u64::MAX, ..part }],
                checkpoint: Seal::default(), retention_class: None,
            };
            prop_assert!(!manifest.is_whole() || size == 0 || offset == 0);
        }
    }
}
