//! Whether a journal can be trusted: its chain, the outputs that it names, and the audit log, which holds the hash of its
//! records apart and so tells when the end of the journal was cut or all of it written anew.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{FILE, ZEROS, folder};
use crate::audit;
use crate::runbook::run::record::{Line, Record};
use crate::store;

/// What is wrong, and from which line on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: u64,
    pub says: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub records: u64,
    /// Outputs whose hash was checked.
    pub outputs: u64,
    /// Records whose hash the audit log knows.
    pub witnessed: u64,
    /// The last line is torn and no later process has set it aside.
    pub is_torn: bool,
    pub faults: Vec<Fault>,
}

impl Verdict {
    pub fn is_ok(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Checks a run as it lies there; it may be going on.
pub fn verify(data_dir: &Path, run: &str) -> Result<Verdict, super::Error> {
    let dir = folder(data_dir).join(run);
    let path = dir.join(FILE);
    let failed = |cause| store::Error::new("read", &path, cause);
    let bytes = std::fs::read(&path).map_err(failed)?;
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let mut verdict = Verdict {
        records: 0,
        outputs: 0,
        witnessed: 0,
        is_torn: whole < bytes.len(),
        faults: Vec::new(),
    };
    let mut hashes = Vec::new();
    let mut prev = ZEROS.to_owned();
    for (at, line) in bytes[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let number = at as u64 + 1;
        let mut fault = |says: String| verdict.faults.push(Fault { line: number, says });
        match serde_json::from_slice::<Line>(line) {
            Err(cause) => fault(format!("no record of a run: {cause}")),
            Ok(read) => {
                if read.prev != prev {
                    fault("the line before it is not the one that it was written behind".into());
                }
                if read.seq != number {
                    fault(format!("it has the number {}", read.seq));
                }
                if let Record::Ended {
                    output: Some(kept), ..
                } = &read.record
                {
                    verdict.outputs += 1;
                    match std::fs::read(dir.join(&kept.file)) {
                        Err(cause) => fault(format!("{} cannot be read: {cause}", kept.file)),
                        Ok(bytes) if hex::encode(Sha256::digest(&bytes)) != kept.sha256 => {
                            fault(format!("{} is not what was kept", kept.file));
                        }
                        Ok(_) => {}
                    }
                }
            }
        }
        prev = hex::encode(Sha256::digest(line));
        hashes.push(prev.clone());
        verdict.records = number;
    }
    compare(data_dir, run, &hashes, &mut verdict);
    verdict.faults.sort_by_key(|fault| fault.line);
    Ok(verdict)
}

/// What the audit log knows of this run's records.
fn compare(data_dir: &Path, run: &str, hashes: &[String], verdict: &mut Verdict) {
    let entries =
        audit::Log::open(data_dir).and_then(|log| Ok(log.read(audit::Range::default())?.collect::<Vec<_>>()));
    let Ok(entries) = entries else { return };
    for entry in entries.into_iter().flatten() {
        let text = |key: &str| entry.body.get(key).and_then(|value| value.as_str());
        if text("run") != Some(run) {
            continue;
        }
        let (Some(seq), Some(hash)) = (
            entry.body.get("journal_seq").and_then(|seq| seq.as_u64()),
            text("journal_hash"),
        ) else {
            continue;
        };
        match hashes.get((seq as usize).saturating_sub(1)) {
            Some(found) if found == hash => verdict.witnessed += 1,
            Some(_) => verdict.faults.push(Fault {
                line: seq,
                says: "the audit log knows another line here".into(),
            }),
            None => verdict.faults.push(Fault {
                line: seq,
                says: "the audit log knows a line here that is gone".into(),
            }),
        }
    }
}
