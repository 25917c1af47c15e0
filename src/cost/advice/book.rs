//! Decisions about findings: put off until a day for a reason, or accepted, with the savings that followed.
//! Kept on disk beside the costs, so that tomorrow's list remembers them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::chain::{Board, Counted, count_after};
use super::finding::{Finding, Turn};
use crate::store;

const VERSION: u32 = 1;

/// What was decided about one finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    Snoozed(Snoozed),
    Accepted(Accepted),
}

/// Until a day, for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snoozed {
    pub until: Date,
    pub reason: String,
    pub at: Timestamp,
    /// `None` of what was put off before this was kept.
    #[serde(default)]
    pub rule: Option<String>,
    #[serde(default)]
    pub resource: Option<String>,
}

impl Snoozed {
    /// It comes back on the day `until`.
    pub fn of(finding: &Finding, until: Date, reason: String, at: Timestamp) -> Snoozed {
        Snoozed {
            until,
            reason,
            at,
            rule: Some(finding.rule.name().to_owned()),
            resource: Some(finding.resource.clone()),
        }
    }

    /// What is put off, as one line says it.
    pub fn says(&self, id: &str) -> String {
        let what = match (&self.rule, &self.resource) {
            (Some(rule), Some(resource)) => format!("{id} {rule} of {resource}"),
            _ => id.to_owned(),
        };
        format!("{what} until {} ({})", self.until, self.reason)
    }
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
    /// What was promised at most, decimal, a month.
    pub promised: String,
    /// What was promised at least; `None` of what was accepted before this was kept.
    #[serde(default)]
    pub at_least: Option<String>,
    /// The run of a runbook that did it.
    pub run: Option<String>,
}

/// What was accepted and taken back, for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    pub id: String,
    pub accepted: Accepted,
    pub at: Timestamp,
    pub reason: String,
}

/// All decisions, by the id of their finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    pub decisions: BTreeMap<String, Decision>,
    /// Oldest first.
    #[serde(default)]
    pub withdrawn: Vec<Withdrawn>,
}

/// Something else was accepted for the same resource and move: its id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is taken on already, and both cannot be done")]
pub struct Taken(pub String);

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

    /// What is still to do today: neither accepted nor put off beyond it. What is put off is not counted, and its
    /// resource is free for other rules; what is accepted is, so that the others count what it leaves, and nothing
    /// else can be done in its place.
    pub fn board(&self, findings: Vec<Finding>, today: Date) -> Board {
        let awake = |finding: &Finding| match self.decisions.get(&finding.id()) {
            Some(Decision::Snoozed(snoozed)) => snoozed.until <= today,
            _ => true,
        };
        let awake = findings.into_iter().filter(awake).collect();
        let mut board = count_after(awake, |finding| self.is_accepted(&finding.id()));
        let accepted = board.rows.iter().map(|row| &row.finding);
        let accepted = accepted.filter(|finding| self.is_accepted(&finding.id()));
        let turns: BTreeSet<Turn> = accepted.map(Finding::turn).collect();
        board.leave(|finding| !turns.contains(&finding.turn()));
        board
    }

    fn is_accepted(&self, id: &str) -> bool {
        matches!(self.decisions.get(id), Some(Decision::Accepted(_)))
    }

    /// A finding as it counts beside what is accepted already; the id of what was accepted in its place is an error, its
    /// own included.
    pub fn open(&self, findings: &[Finding], id: &str, today: Date) -> Result<Counted, Taken> {
        let turn = findings.iter().find(|one| one.id() == id).map(Finding::turn);
        let same = |one: &&Finding| Some(one.turn()) == turn && self.is_accepted(&one.id());
        if let Some(taken) = findings.iter().find(same) {
            return Err(Taken(taken.id()));
        }
        let mut book = self.clone();
        // What is put off may be taken on all the same.
        book.decisions.remove(id);
        let mut rows = book.board(findings.to_vec(), today).rows.into_iter();
        rows.find(|row| row.finding.id() == id)
            .ok_or_else(|| Taken(id.to_owned()))
    }

    /// Takes back what was decided: its finding is open again. That it was accepted once stays in the book; what was only put
    /// off is woken.
    pub fn withdraw(&mut self, id: &str, at: Timestamp, reason: String) -> bool {
        match self.decisions.remove(id) {
            Some(Decision::Accepted(accepted)) => self.withdrawn.push(Withdrawn {
                id: id.to_owned(),
                accepted,
                at,
                reason,
            }),
            Some(Decision::Snoozed(_)) => {}
            None => return false,
        }
        true
    }

    /// What was put off, and may have come back since.
    pub fn snoozed(&self) -> impl Iterator<Item = (&String, &Snoozed)> {
        self.decisions.iter().filter_map(|(id, decision)| match decision {
            Decision::Snoozed(snoozed) => Some((id, snoozed)),
            Decision::Accepted(_) => None,
        })
    }

    /// What is put off beyond today.
    pub fn asleep(&self, today: Date) -> impl Iterator<Item = (&String, &Snoozed)> {
        self.snoozed().filter(move |(_, snoozed)| snoozed.until > today)
    }

    pub fn accepted(&self) -> impl Iterator<Item = (&String, &Accepted)> {
        self.decisions.iter().filter_map(|(id, decision)| match decision {
            Decision::Accepted(accepted) => Some((id, accepted)),
            Decision::Snoozed(_) => None,
        })
    }
}
