//! CloudTrail's records, from a lookup or from exported files: `{"Records":[…]}` as the trail's bucket has it, what
//! `aws cloudtrail lookup-events` prints, a list, or a record a line; gzip where the name says so.
//! Rule: a record that is no session's is passed over, a file that is no trail's is refused by name.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use serde_json::Value;

use super::Claim;

/// A larger file is not taken into memory, unpacked or not.
const MOST: u64 = 512 << 20;

/// Why a trail cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BadTrail {
    #[error("cannot read {}: {cause}", .path.display())]
    Io { path: PathBuf, cause: io::Error },
    #[error("{} is no CloudTrail record: {says}", .path.display())]
    NotATrail { path: PathBuf, says: String },
}

/// What one record tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Started(Box<Claim>),
    Ended { session_id: String, at: Timestamp },
}

/// What a CloudTrail record tells of a session; `None` when it is about something else, or was refused.
pub(super) fn parse_record(record: &Value) -> Option<Told> {
    if !record["errorCode"].is_null() {
        return None;
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let at: Timestamp = record["eventTime"].as_str()?.parse().ok()?;
    let (request, reply) = (&record["requestParameters"], &record["responseElements"]);
    match (record["eventSource"].as_str()?, record["eventName"].as_str()?) {
        ("ssm.amazonaws.com", "StartSession") => Some(Told::Started(Box::new(Claim {
            session_id: text(&reply["sessionId"]).filter(|id| !id.is_empty())?,
            account: text(&record["recipientAccountId"])
                .or_else(|| text(&record["userIdentity"]["accountId"]))
                .unwrap_or_default(),
            region: text(&record["awsRegion"]).unwrap_or_default(),
            target: text(&request["target"]).unwrap_or_default(),
            owner: text(&record["userIdentity"]["arn"]).unwrap_or_default(),
            reason: text(&request["reason"]),
            started_at: Some(at),
            event_id: text(&record["eventID"]),
            ..Claim::default()
        }))),
        ("ssm.amazonaws.com", "TerminateSession") => Some(Told::Ended {
            session_id: text(&request["sessionId"]).or_else(|| text(&reply["sessionId"]))?,
            at,
        }),
        _ => None,
    }
}

/// Begins with their ends, which may come in any order.
pub(super) fn claims_of(told: impl IntoIterator<Item = Told>) -> Vec<Claim> {
    let (mut begun, mut ends) = (Vec::new(), HashMap::new());
    for told in told {
        match told {
            Told::Started(claim) => begun.push(*claim),
            // The first end counts: ending what is over succeeds as well.
            Told::Ended { session_id, at } => {
                let first = ends.entry(session_id).or_insert(at);
                *first = (*first).min(at);
            }
        }
    }
    for claim in &mut begun {
        claim.ended_at = ends.get(&claim.session_id).copied();
        claim.is_live = claim.ended_at.map(|_| false);
    }
    super::join(begun)
}

/// The sessions in a file, or in every `.json` and `.json.gz` below a folder.
pub fn load_trail(path: &Path) -> Result<Vec<Claim>, BadTrail> {
    let mut told = Vec::new();
    for file in files(path)? {
        for record in records(&file)? {
            told.extend(parse_record(&record));
        }
    }
    Ok(claims_of(told))
}

fn files(path: &Path) -> Result<Vec<PathBuf>, BadTrail> {
    let failed = |cause| BadTrail::Io {
        path: path.to_owned(),
        cause,
    };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let below = entry.path();
        if entry.file_type().map_err(failed)?.is_dir() {
            found.extend(files(&below)?);
        } else if is_trail(&below) {
            found.push(below);
        }
    }
    found.sort();
    Ok(found)
}

fn is_trail(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".json") || name.ends_with(".json.gz")
}

fn records(file: &Path) -> Result<Vec<Value>, BadTrail> {
    let failed = |cause| BadTrail::Io {
        path: file.to_owned(),
        cause,
    };
    let opened = File::open(file).map_err(failed)?;
    let mut bytes = Vec::new();
    let read = if file.extension().is_some_and(|ending| ending == "gz") {
        MultiGzDecoder::new(opened).take(MOST + 1).read_to_end(&mut bytes)
    } else {
        opened.take(MOST + 1).read_to_end(&mut bytes)
    };
    read.map_err(failed)?;
    let no_trail = |says: String| BadTrail::NotATrail {
        path: file.to_owned(),
        says,
    };
    if bytes.len() as u64 > MOST {
        return Err(no_trail(format!("it is larger than {} MiB", MOST >> 20)));
    }
    parse_records(&bytes).map_err(no_trail)
}

/// The records of a file's bytes, in whichever of the known shapes.
pub(super) fn parse_records(bytes: &[u8]) -> Result<Vec<Value>, String> {
    let mut documents = Vec::new();
    for document in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        documents.push(document.map_err(|cause| cause.to_string())?);
    }
    let mut records = Vec::new();
    for document in documents {
        records.extend(unpack(document)?);
    }
    Ok(records)
}

fn unpack(document: Value) -> Result<Vec<Value>, String> {
    match document {
        Value::Array(items) => items
            .into_iter()
            .map(unpack)
            .collect::<Result<Vec<_>, _>>()
            .map(|all| all.concat()),
        Value::Object(mut members) => {
            for list in ["Records", "Events"] {
                if let Some(Value::Array(items)) = members.remove(list) {
                    return unpack(Value::Array(items));
                }
            }
            match members.get("CloudTrailEvent") {
                Some(Value::String(record)) => serde_json::from_str(record)
                    .map(|record| vec![record])
                    .map_err(|cause| cause.to_string()),
                _ if members.contains_key("eventName") => Ok(vec![Value::Object(members)]),
                _ => Err("it has neither Records nor an eventName".into()),
            }
        }
        _ => Err("it is no object".into()),
    }
}
