//! What the store proves of a recording: saved beside it once the store has all of it, after reading back what this
//! identity may read.

use std::path::Path;
use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::push::{mode, on_disk};
use super::{Bucket, Error, Part, Seen};
use crate::recording::evidence::{self, Level, Proof};
use crate::recording::{self, DeviceKey};

/// Objects asked for at a time.
const AT_ONCE: usize = 8;

/// What the store said of a recording's segments.
pub struct Answer {
    parts: Vec<Part>,
    /// Without it these are the words of S3's answers to the writes.
    read_back: bool,
    /// Whether these are known to be what came first, by whoever did not store them.
    seen: Option<&'static str>,
}

impl Answer {
    pub fn seen(self, seen: &Seen) -> Answer {
        Answer {
            seen: Some(seen.as_str()),
            ..self
        }
    }
}

/// Asks for every segment, which must be what was stored.
pub async fn ask(bucket: &Bucket, folder: &str, parts: &[Part]) -> Result<Answer, Error> {
    let asked = parts
        .iter()
        .map(|part| read_back(bucket, folder, part).boxed())
        .collect::<Vec<_>>();
    let asked = stream::iter(asked).buffered(AT_ONCE);
    match asked.try_collect::<Vec<Part>>().await {
        Ok(parts) => Ok(Answer {
            parts,
            read_back: true,
            seen: None,
        }),
        Err(error) if error.is_denied() => Ok(Answer {
            parts: parts.to_vec(),
            read_back: false,
            seen: None,
        }),
        Err(error) => Err(error),
    }
}

/// Saves the answer; `manifest` is the version of the manifest.
pub async fn save(
    bucket: &Bucket,
    device: &Arc<DeviceKey>,
    path: &Path,
    folder: &str,
    answer: Answer,
    manifest: Option<String>,
) -> Result<(), Error> {
    let Answer {
        parts,
        read_back,
        seen,
    } = answer;
    // A lock on what somebody may have put over it since is none on this recording.
    let is_told = seen != Some(Seen::UNLISTED);
    let locked = is_told && !parts.is_empty() && parts.iter().all(|part| part.lock.is_some());
    let until = parts.iter().filter_map(|part| part.lock_until.as_ref()).min();
    let manifest = json!({ "key": Bucket::manifest_key(folder), "version_id": manifest });
    let fields = [
        ("bucket", json!(bucket.name)),
        ("manifest", manifest),
        ("segments", serde_json::to_value(&parts).unwrap_or_default()),
        ("lock_until", json!(until)),
        ("read_back", json!(read_back)),
        ("versions", json!(seen)),
    ];
    let detail: Map<String, Value> = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let (path, device) = (path.to_path_buf(), device.clone());
    on_disk(move || {
        let read = evidence::fingerprint(&path);
        let (size, sha256) = read.map_err(recording::Error::io("read", &path))?;
        let proof = Proof {
            level: if locked { Level::Locked } else { Level::Uploaded },
            at: Timestamp::now().to_string(),
            size,
            sha256,
            detail,
            noted: None,
        };
        evidence::save_proof(&path, &proof.noted_by(&device)?)
    })
    .await
}

/// The part as S3 describes it now, which must be what was sent.
async fn read_back(bucket: &Bucket, folder: &str, part: &Part) -> Result<Part, Error> {
    let key = Bucket::segment_key(folder, part.n);
    let facts = bucket.facts(&key, part.version_id.as_deref()).await?;
    let facts = facts.filter(|facts| {
        facts.size == part.size && facts.sha256.is_none_or(|sum| hex::encode(sum) == part.sha256)
    });
    let Some(facts) = facts else {
        return Err(Error::disagrees(
            format!("{} is not what was stored there", bucket.address(&key)),
            "look for who may change objects of this bucket, and store it under Object Lock",
        ));
    };
    Ok(Part {
        version_id: facts.version.or_else(|| part.version_id.clone()),
        lock: facts.retain.map(|retain| mode(retain.compliance).to_owned()),
        lock_until: facts.retain.map(|retain| retain.until.to_string()),
        ..part.clone()
    })
}
