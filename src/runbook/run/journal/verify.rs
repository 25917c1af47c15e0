//! Whether a journal can be trusted: its chain, the page and the outputs that it names, and the audit log, which holds the hash
//! of its records apart and so tells when the end of the journal was cut or all of it written anew.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{FILE, PAGE, folder};
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
    /// Whether the page itself is another one since the run took it, which is no fault; `None` where it is not to be read.
    pub has_changed: Option<bool>,
    pub faults: Vec<Fault>,
}

impl Verdict {
    pub fn is_ok(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Checks a run as it lies there; it may be going on.
pub fn verify(data_dir: &Path, run: &str) -> Result<Verdict, super::Error> {
    verify_by(&Witness::of(data_dir), data_dir, run)
}

/// The same by what the audit log was found to know, for whoever checks many.
pub fn verify_by(witness: &Witness, data_dir: &Path, run: &str) -> Result<Verdict, super::Error> {
    let dir = folder(data_dir).join(run);
    let path = dir.join(FILE);
    let failed = |cause| store::Error::new("read", &path, cause);
    let bytes = std::fs::read(&path).map_err(failed)?;
    let mut verdict = Verdict {
        records: 0,
        outputs: 0,
        witnessed: 0,
        is_torn: chain::whole(&bytes).len() < bytes.len(),
        has_changed: None,
        faults: Vec::new(),
    };
    let mut hashes = Vec::new();
    let (mut page, mut runbook) = (None, None);
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
            Ok(Line { record, .. }) => match record {
                Record::Opened {
                    runbook: path,
                    sha256,
                    ..
                } => (page, runbook) = (Some((link.number, sha256)), Some(path)),
                Record::Changed { sha256, .. } => page = Some((link.number, sha256)),
                _ => {}
            },
        }
        hashes.push(link.hash);
        verdict.records = link.number;
    }
    if let Some((line, sha256)) = page {
        if !is_kept(&dir, &sha256) {
            let says = "the page beside the journal is not the one that was run".into();
            verdict.faults.push(Fault { line, says });
        }
        let now = runbook.and_then(|path| hash_of(Path::new(&path)));
        verdict.has_changed = now.map(|now| now != sha256);
    }
    witness.compare(run, &hashes, &mut verdict);
    verdict.faults.sort_by_key(|fault| fault.line);
    Ok(verdict)
}

/// The hash of a page as a run takes it.
fn hash_of(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    Some(hex::encode(Sha256::digest(text.as_bytes())))
}

/// Whether the page of that hash is beside the journal. A process that died while it took another one has left both.
fn is_kept(dir: &Path, sha256: &str) -> bool {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let pages = entries.filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name == PAGE || name.starts_with("page-") && name.ends_with(".md")
    });
    pages
        .into_iter()
        .any(|entry| hash_of(&entry.path()).is_some_and(|found| found == sha256))
}

/// What the audit log knows of the records of runs, read once: by run their numbers, from 1, and hashes. Nothing where it
/// cannot be read.
#[derive(Default)]
pub struct Witness(BTreeMap<String, Vec<(u64, String)>>);

impl Witness {
    pub fn of(data_dir: &Path) -> Witness {
        let entries = audit::Log::open(data_dir)
            .and_then(|log| Ok(log.read(audit::Range::default())?.collect::<Vec<_>>()));
        let mut known: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
        for entry in entries.unwrap_or_default().into_iter().flatten() {
            let text = |key: &str| Some(entry.body.get(key)?.as_str()?.to_owned());
            let seq = entry.body.get("journal_seq").and_then(|seq| seq.as_u64());
            if let (Some(run), Some(seq), Some(hash)) = (text("run"), seq, text("journal_hash")) {
                known.entry(run).or_default().push((seq, hash));
            }
        }
        Witness(known)
    }

    /// Runs of which it knows records, and nothing is left; with how many those are.
    pub fn gone(&self, data_dir: &Path) -> Result<BTreeMap<String, u64>, super::Error> {
        let there = super::list(data_dir)?;
        let gone = self.0.iter().filter(|(run, _)| !there.contains(run));
        Ok(gone
            .map(|(run, records)| (run.clone(), records.len() as u64))
            .collect())
    }

    /// Holds it against this run's records.
    fn compare(&self, run: &str, hashes: &[String], verdict: &mut Verdict) {
        for (seq, hash) in self.0.get(run).into_iter().flatten() {
            match hashes.get((*seq as usize).saturating_sub(1)) {
                Some(found) if found == hash => verdict.witnessed += 1,
                Some(_) => verdict.faults.push(Fault {
                    line: *seq,
                    says: "the audit log knows another line here".into(),
                }),
                None => verdict.faults.push(Fault {
                    line: *seq,
                    says: "the audit log knows a line here that is gone".into(),
                }),
            }
        }
    }
}
