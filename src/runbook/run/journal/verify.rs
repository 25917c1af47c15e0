//! Whether a journal can be trusted: its chain, the outputs that it names, and the audit log, which holds the hash of its
//! records apart and so tells when the end of the journal was cut or all of it written anew.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{FILE, folder};
use crate::audit;
use crate::runbook::run::record::{Line, Record};
use crate::store::{self, chain};

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
    let mut verdict = Verdict {
        records: 0,
        outputs: 0,
        witnessed: 0,
        is_torn: chain::whole(&bytes).len() < bytes.len(),
        faults: Vec::new(),
    };
    let mut hashes = Vec::new();
    for link in chain::walk(&bytes) {
        let mut fault = |says: String| {
            verdict.faults.push(Fault {
                line: link.number,
                says,
            });
        };
        if let Some(says) = link.fault {
            fault(says);
        }
        match serde_json::from_slice::<Line>(link.bytes) {
            Err(cause) => fault(format!("no record of a run: {cause}")),
            Ok(Line {
                record: Record::Ended {
                    output: Some(kept), ..
                },
                ..
            }) => {
                verdict.outputs += 1;
                match std::fs::read(dir.join(&kept.file)) {
                    Err(cause) => fault(format!("{} cannot be read: {cause}", kept.file)),
                    Ok(bytes) if hex::encode(Sha256::digest(&bytes)) != kept.sha256 => {
                        fault(format!("{} is not what was kept", kept.file));
                    }
                    Ok(_) => {}
                }
            }
            Ok(_) => {}
        }
        hashes.push(link.hash);
        verdict.records = link.number;
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
