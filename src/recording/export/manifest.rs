//! What an export was made of, signed by the device that made it: whoever holds the file can check that it is the one,
//! and whoever holds the recording, that it is the source.

use super::{Report, View};
use crate::recording::checkpoint::Checkpoint;
use crate::recording::key::is_signed;
use crate::recording::record::{CHECKPOINT, Records, Step};
use crate::recording::{DeviceKey, Error, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

const DOMAIN: &[u8] = b"quarterdeck export 1\n";

/// An export as it came to be.
pub struct Made<'a> {
    pub format: &'a str,
    /// SHA-256 and bytes of the exported file.
    pub sha256: [u8; 32],
    pub size: u64,
    pub report: &'a Report,
    /// Who made it: the local user.
    pub actor: Option<String>,
    pub options: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What is signed: its JSON, keys sorted, without white space.
    pub export: Value,
    /// Ed25519 public key of the device, and its signature over `quarterdeck export 1\n` and that JSON; hexadecimal.
    pub device_key: String,
    pub signature: String,
}

/// What a manifest is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    pub ok: bool,
    pub says: String,
    pub recording: Option<String>,
    pub device_key: String,
    /// Whether the recording was at hand and is the one.
    pub source_checked: bool,
    /// Whether that recording, exported again, gives this very file.
    pub content_checked: bool,
}

impl Manifest {
    pub fn new(view: &View, made: &Made, device: &DeviceKey) -> Result<Manifest, Error> {
        let mut export = describe(view, made)?;
        export["made_at"] = format!("{:.3}", jiff::Timestamp::now()).into();
        let signature = device.sign(&message(&export))?;
        Ok(Manifest {
            export,
            device_key: hex::encode(device.public()),
            signature: hex::encode(signature),
        })
    }

    /// Whether it says exactly what an export that was made now says of itself, but for when and by whom.
    pub fn describes(&self, view: &View, made: &Made) -> Result<bool, Error> {
        let mut export = describe(view, made)?;
        for field in ["made_at", "actor"] {
            export[field] = self.export[field].clone();
        }
        Ok(export == self.export)
    }

    /// `None` for bytes that are no manifest.
    pub fn parse(bytes: &[u8]) -> Option<Manifest> {
        serde_json::from_slice(bytes).ok()
    }

    fn is_signed(&self) -> bool {
        let (mut key, mut signature) = ([0; 32], [0; 64]);
        hex::decode_to_slice(&self.device_key, &mut key).is_ok()
            && hex::decode_to_slice(&self.signature, &mut signature).is_ok()
            && is_signed(&key, &message(&self.export), &signature)
    }
}

/// All that can be told of an export by making it again.
fn describe(view: &View, made: &Made) -> Result<Value, Error> {
    let reader = view.reader;
    let (sha256, size) = hash_file(reader.path())?;
    let checkpoint = last_checkpoint(reader.path(), reader.segments().first().map_or(0, |s| s.offset))?;
    Ok(json!({
        "source": {
            "id": reader.header().id.to_string(),
            "session_id": reader.summary().session_id,
            "state": reader.state().as_str(),
            "sha256": hex::encode(sha256),
            "size": size,
            "device_key": hex::encode(reader.device_key()),
            "checkpoint": checkpoint.map(|it| json!({
                "offset": it.offset, "sha256": hex::encode(it.hash), "events": it.events, "final": it.is_final,
            })),
        },
        "range_us": [view.from_us, view.to_us],
        "format": made.format,
        "options": made.options,
        "sha256": hex::encode(made.sha256),
        "size": made.size,
        "events": made.report.events,
        "replaced_not_utf8": made.report.replaced,
        "redaction": view.rules.as_ref().map(|rules| json!({
            "rules_sha256": hex::encode(rules.sha256()), "covered": made.report.redacted,
        })),
        "actor": made.actor,
        "tool_version": env!("CARGO_PKG_VERSION"),
    }))
}

/// Checks `exported` against its manifest, and the manifest against `recording` where that is at hand.
pub fn verify_manifest(
    manifest: &Manifest,
    exported: &Path,
    recording: Option<&Path>,
) -> Result<Checked, Error> {
    let checked = |ok, says: String, source_checked| Checked {
        ok,
        says,
        recording: manifest.export["source"]["id"].as_str().map(Into::into),
        device_key: manifest.device_key.clone(),
        source_checked,
        content_checked: false,
    };
    if !manifest.is_signed() {
        return Ok(checked(
            false,
            "the manifest's signature does not match".into(),
            false,
        ));
    }
    let is = |value: &Value, sha256: [u8; 32]| value.as_str() == Some(&hex::encode(sha256));
    if !is(&manifest.export["sha256"], hash_file(exported)?.0) {
        return Ok(checked(
            false,
            "the file is not the one that was exported".into(),
            false,
        ));
    }
    let source = &manifest.export["source"];
    let Some(recording) = recording else {
        let says = "the file is the one that was exported; its recording is not here";
        return Ok(checked(true, says.into(), false));
    };
    // What was exported from a live session has grown since.
    let size = match source["state"].as_str() == Some(State::Live.as_str()) {
        true => source["size"].as_u64().unwrap_or(u64::MAX),
        false => u64::MAX,
    };
    if !is(&source["sha256"], hash_start(recording, size)?.0) {
        let says =
            "the file is the one that was exported, but the recording is not the one that it came from";
        return Ok(checked(false, says.into(), true));
    }
    Ok(checked(
        true,
        "the file is the one that was exported, and its recording is as it was".into(),
        true,
    ))
}

fn message(export: &Value) -> Vec<u8> {
    [DOMAIN, export.to_string().as_bytes()].concat()
}

fn hash_file(path: &Path) -> Result<([u8; 32], u64), Error> {
    hash_start(path, u64::MAX)
}

fn hash_start(path: &Path, most: u64) -> Result<([u8; 32], u64), Error> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    let mut hash = Sha256::new();
    let mut rest = file.take(most);
    let mut block = vec![0; 256 << 10];
    let mut size = 0;
    loop {
        match rest.read(&mut block).map_err(Error::io("read", path))? {
            0 => return Ok((hash.finalize().into(), size)),
            got => {
                hash.update(&block[..got]);
                size += got as u64;
            }
        }
    }
}

fn last_checkpoint(path: &Path, start: u64) -> Result<Option<Checkpoint>, Error> {
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    file.seek(SeekFrom::Start(start))
        .map_err(Error::io("read", path))?;
    let mut records = Records::new(file, start);
    let mut last = None;
    while let Step::Record(found) = records.step().map_err(Error::io("read", path))? {
        if found.kind == CHECKPOINT {
            last = Checkpoint::decode(&found.payload)
                .map(|(checkpoint, _)| checkpoint)
                .or(last);
        }
    }
    Ok(last)
}
