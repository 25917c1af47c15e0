//! Decisions about findings: put off until a day for a reason, or accepted, with the savings that followed.
//! Kept on disk beside the costs, so that tomorrow's list remembers them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::chain::{Board, count};
use super::finding::Finding;
use crate::store;

const VERSION: u32 = 1;

/// What was decided about one finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    Snoozed {
        until: Date,
        reason: String,
        at: Timestamp,
    },
    Accepted(Accepted),
}

/// Enough to book later what it really saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub at: Timestamp,
    pub rule: String,
    pub resource: String,
    pub team: Option<String>,
    /// The series whose costs should fall: service and account.
    pub key: Vec<String>,
    /// What was promised, decimal, a month.
    pub promised: String,
    /// The run of a runbook that did it.
    pub run: Option<String>,
}

/// All decisions, by the id of their finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    pub decisions: BTreeMap<String, Decision>,
}

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Disk(#[from] store::Error),
    #[error("the book of decisions cannot be used: {0}")]
    Unreadable(String),
}

impl Book {
    fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("costs").join("decisions.json")
    }

    /// A book that is damaged is an error: an empty one would forget what people decided.
    pub fn load(data_dir: &Path) -> Result<Book, Trouble> {
        let path = Book::path(data_dir);
        let loaded = store::load_json(&path, VERSION);
        match (loaded.data, loaded.warning) {
            (Some(book), _) => Ok(book),
            (None, Some(warning)) => Err(Trouble::Unreadable(warning)),
            (None, None) => Ok(Book::default()),
        }
    }

    /// Changes the book on disk, alone: two consoles may decide at once.
    pub fn change(data_dir: &Path, change: impl FnOnce(&mut Book)) -> Result<(), Trouble> {
        let path = Book::path(data_dir);
        store::create_private_dir(&data_dir.join("costs"))?;
        let _lock = store::Lock::acquire(&path.with_extension("lock"))?;
        let mut book = Book::load(data_dir)?;
        change(&mut book);
        Ok(store::save_json(&path, VERSION, &book)?)
    }

    /// What is still to do today: neither accepted nor put off beyond it. What is hidden is not counted, and
    /// its resource is free for other rules.
    pub fn board(&self, findings: Vec<Finding>, today: Date) -> Board {
        let open = |finding: &Finding| match self.decisions.get(&finding.id()) {
            None => true,
            Some(Decision::Snoozed { until, .. }) => *until <= today,
            Some(Decision::Accepted(_)) => false,
        };
        count(findings.into_iter().filter(open).collect())
    }

    pub fn snoozed(&self) -> impl Iterator<Item = (&String, Date, &str)> {
        self.decisions.iter().filter_map(|(id, decision)| match decision {
            Decision::Snoozed { until, reason, .. } => Some((id, *until, reason.as_str())),
            Decision::Accepted(_) => None,
        })
    }

    pub fn accepted(&self) -> impl Iterator<Item = (&String, &Accepted)> {
        self.decisions.iter().filter_map(|(id, decision)| match decision {
            Decision::Accepted(accepted) => Some((id, accepted)),
            Decision::Snoozed { .. } => None,
        })
    }
}
