//! Decisions about findings: put off until a day for a reason, or accepted, with the savings that followed.
//! Kept on disk beside the costs, so that tomorrow's list remembers them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::chain::{Board, Counted, count_after};
use super::finding::{Finding, Rule};
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

impl Accepted {
    /// What was taken on, as one line says it.
    pub fn says(&self, id: &str) -> String {
        format!("{id} {} of {}", self.rule, self.resource)
    }

    /// Of a cell, the account comes last.
    fn account(&self) -> Option<&String> {
        self.key.last()
    }

    /// Whether the other cannot be done beside this one. One rule on one name is the same finding, or another place's.
    fn shuts_out(&self, other: &Accepted) -> bool {
        let rules = Rule::parse(&self.rule).zip(Rule::parse(&other.rule));
        let is_same = self.resource == other.resource && self.account() == other.account();
        is_same && rules.is_some_and(|(one, other)| one != other && one.shuts_out(other))
    }

    fn taken(&self, id: &str, beside: bool) -> Taken {
        let other = beside.then(|| (self.rule.clone(), self.resource.clone()));
        Taken {
            id: id.to_owned(),
            other,
        }
    }
}

/// What was accepted stands in the way of a finding: itself, or a rule and its resource beside which it cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub id: String,
    pub other: Option<(String, String)>,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.other {
            None => write!(f, "{} is taken on already", self.id),
            Some((rule, resource)) => write!(
                f,
                "{rule} of {resource} ({}) is taken on already, and both cannot be done",
                self.id
            ),
        }
    }
}

impl std::error::Error for Taken {}

impl Taken {
    /// What to do about it.
    pub fn hint(&self) -> String {
        let back = format!(
            "`qd costs moves withdraw {} --reason TEXT`, or X in the ledger,",
            self.id
        );
        match self.other {
            None => format!("`qd costs moves ledger` tells what it saves; {back} takes it back"),
            Some(_) => format!("{back} takes that back"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Disk(#[from] store::Error),
    #[error("the book of decisions cannot be used: {0}")]
    Unreadable(String),
    #[error(transparent)]
    Taken(#[from] Taken),
}

impl Trouble {
    /// What to do about it.
    pub fn hint(&self) -> String {
        let book = "costs/decisions.json of the data directory";
        match self {
            Trouble::Unreadable(_) => {
                format!("put a copy of {book} back, or move it away: all decisions begin anew then")
            }
            Trouble::Disk(_) => format!("see whether {book} can be written and the disk has room"),
            Trouble::Taken(taken) => taken.hint(),
        }
    }
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

    /// Takes a finding on, in the book on disk.
    ///
    /// # Errors
    /// It or what shuts it out was accepted meanwhile, which another console may have done; the book cannot be used.
    pub fn accept(data_dir: &Path, id: &str, accepted: Accepted) -> Result<(), Trouble> {
        let mut taken = None;
        Book::change(data_dir, |book| {
            taken = book.in_the_way(id, &accepted);
            if taken.is_none() {
                book.decisions.insert(id.to_owned(), Decision::Accepted(accepted));
            }
        })?;
        taken.map_or(Ok(()), |taken| Err(taken.into()))
    }

    /// Puts a finding off, in the book on disk.
    ///
    /// # Errors
    /// It was taken on, which the ledger would forget; the book cannot be used.
    pub fn put_off(data_dir: &Path, id: &str, snoozed: Snoozed) -> Result<(), Trouble> {
        let mut taken = None;
        Book::change(data_dir, |book| match book.decisions.get(id) {
            Some(Decision::Accepted(accepted)) => taken = Some(accepted.taken(id, false)),
            _ => {
                book.decisions.insert(id.to_owned(), Decision::Snoozed(snoozed));
            }
        })?;
        taken.map_or(Ok(()), |taken| Err(taken.into()))
    }

    fn in_the_way(&self, id: &str, wanted: &Accepted) -> Option<Taken> {
        self.accepted().find_map(|(known, accepted)| match known == id {
            true => Some(accepted.taken(known, false)),
            false => accepted.shuts_out(wanted).then(|| accepted.taken(known, true)),
        })
    }

    /// What was accepted before and shuts this out, of books in which both are.
    pub(super) fn shut_out_by(&self, id: &str, late: &Accepted) -> Option<Taken> {
        let mut before = self
            .accepted()
            .filter(|(known, accepted)| (accepted.at, known.as_str()) < (late.at, id));
        let (known, accepted) = before.find(|(_, accepted)| accepted.shuts_out(late))?;
        Some(accepted.taken(known, true))
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
        let accepted: Vec<Finding> = accepted.cloned().collect();
        board.leave(|finding| !accepted.iter().any(|one| one.shuts_out(finding)));
        board
    }

    fn is_accepted(&self, id: &str) -> bool {
        matches!(self.decisions.get(id), Some(Decision::Accepted(_)))
    }

    /// A finding as it counts beside what is accepted already.
    ///
    /// # Errors
    /// What was accepted in its place, itself included.
    pub fn open(&self, findings: &[Finding], id: &str, today: Date) -> Result<Counted, Taken> {
        let wanted = findings.iter().find(|one| one.id() == id);
        let is_in_the_way = |one: &&Finding| {
            self.is_accepted(&one.id()) && wanted.is_some_and(|wanted| one.shuts_out(wanted))
        };
        if let Some(taken) = findings.iter().find(is_in_the_way) {
            let other = (taken.rule.name().to_owned(), taken.resource.clone());
            let known = taken.id();
            return Err(Taken {
                other: (known != id).then_some(other),
                id: known,
            });
        }
        let mut book = self.clone();
        // What is put off may be taken on all the same.
        book.decisions.remove(id);
        let mut rows = book.board(findings.to_vec(), today).rows.into_iter();
        rows.find(|row| row.finding.id() == id).ok_or_else(|| Taken {
            id: id.to_owned(),
            other: None,
        })
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
