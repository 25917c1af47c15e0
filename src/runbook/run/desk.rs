//! Where a run is written down: its journal, and the audit log beside it, which holds the hash of the records that matter.
//! Writing waits for the disk, so it happens off the run's own task.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;

use super::journal::{Error, Journal};
use super::record::{Cut, Kept, Outcome, Record};
use crate::audit::{self, Kind};
use crate::recording::redaction::covered;

#[derive(Clone)]
pub struct Desk {
    run: Arc<str>,
    name: Arc<str>,
    data_dir: PathBuf,
    journal: Arc<Mutex<Journal>>,
    /// What the audit log cannot be told is not done.
    is_strict: bool,
}

impl Desk {
    pub fn new(run: &str, name: &str, data_dir: PathBuf, journal: Journal, is_strict: bool) -> Desk {
        Desk {
            run: run.into(),
            name: name.into(),
            data_dir,
            journal: Arc::new(Mutex::new(journal)),
            is_strict,
        }
    }

    pub fn run(&self) -> &str {
        &self.run
    }

    /// On disk when this returns. The audit log follows; should it fail, the journal stands, and a strict run
    /// goes no further.
    pub async fn append(&self, record: Record) -> Result<(), Error> {
        let desk = self.clone();
        let written = tokio::task::spawn_blocking(move || {
            let event = desk.event(&record);
            let (seq, hash) = desk.journal.lock().append(record)?;
            if let Some(event) = event {
                let event = event.with("journal_seq", seq).with("journal_hash", hash);
                let said = audit::Log::open(&desk.data_dir).and_then(|log| log.append(event));
                if let Err(cause) = said {
                    tracing::error!(%cause, "the audit log was not written");
                    if desk.is_strict {
                        return Err(Error::Unaudited(cause.to_string()));
                    }
                }
            }
            Ok(())
        });
        written.await.unwrap_or_else(|cause| Err(interrupted(&cause)))
    }

    /// Keeps what a step printed; `cut` says that it was more.
    pub async fn keep(
        &self,
        step: &str,
        target: &str,
        attempt: u32,
        output: Vec<u8>,
        cut: Option<Cut>,
    ) -> Result<Kept, Error> {
        let plain = |text: &str| -> String {
            let plain = |c: char| {
                if c.is_ascii_alphanumeric() || c == '-' {
                    c
                } else {
                    '_'
                }
            };
            text.chars().take(60).map(plain).collect()
        };
        // Two names may become one when they are made plain; the hash of both keeps them apart.
        let mark = crate::runbook::run::short_hash(&format!("{step}\0{target}"));
        let name = format!("{}-{}-{attempt}-{mark}", plain(step), plain(target));
        let journal = self.journal.clone();
        let kept = tokio::task::spawn_blocking(move || journal.lock().keep(&name, &output, cut));
        kept.await.unwrap_or_else(|cause| Err(interrupted(&cause)))
    }

    pub fn replace_page(&self, page: &str) -> Result<(), Error> {
        self.journal.lock().replace_page(page)
    }

    pub fn page(&self) -> Result<String, Error> {
        self.journal.lock().page()
    }

    /// What the audit log is told of a record.
    fn event(&self, record: &Record) -> Option<audit::Event> {
        let event = |kind| {
            audit::Event::new(kind, audit::Actor::local())
                .with("run", &*self.run)
                .with("runbook", &*self.name)
        };
        Some(match record {
            Record::Opened { sha256, reason, .. } => {
                let mut event = event(Kind::RunbookStart).with("sha256", sha256.clone());
                event.reason = Some(covered(reason)).filter(|reason| !reason.is_empty());
                event
            }
            Record::Resumed { .. } => event(Kind::RunbookStart).with("resumed", true),
            Record::Ended {
                step,
                target,
                outcome,
                exit,
                says,
                ..
            } => {
                let event = event(Kind::RunbookStep)
                    .with("step", step.clone())
                    .with("on", target.clone())
                    .with("exit_code", *exit);
                match outcome {
                    Outcome::Success => event,
                    // The log has no third word, and whoever reads it must not take it for a failure.
                    Outcome::Unknown => event.with("ended", "unknown").failed(says.clone()),
                    _ => event.failed(says.clone()),
                }
            }
            Record::Ticked { step, .. } => event(Kind::RunbookStep)
                .with("step", step.clone())
                .with("by_hand", true),
            Record::Closed { outcome, says, .. } => match outcome {
                Outcome::Success => event(Kind::RunbookEnd),
                _ => event(Kind::RunbookEnd).failed(says.clone()),
            },
            _ => return None,
        })
    }
}

fn interrupted(cause: &tokio::task::JoinError) -> Error {
    let cause = std::io::Error::other(cause.to_string());
    Error::Disk(crate::store::Error::new(
        "write",
        std::path::Path::new("journal.jsonl"),
        cause,
    ))
}
