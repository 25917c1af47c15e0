//! Recordings that belong to an incident, each with how far it can be trusted: checked byte by byte when a report is made,
//! never taken from what a listing says.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::audit::Entry;
use crate::recording::evidence::{self, Subject};
use crate::recording::{Row, verify};

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trust {
    pub ok: bool,
    /// `sealed`, `recovered`, `live`, `torn`, `gone`, or `elsewhere`: on the machine of a colleague whose log tells of it.
    pub state: &'static str,
    pub evidence: &'static str,
    /// One sentence.
    pub says: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tape {
    pub id: String,
    pub kind: String,
    pub target: String,
    pub who: Option<String>,
    /// RFC 3339; null where the file is gone and the log does not tell either.
    pub started_at: Option<String>,
    pub duration_us: Option<u64>,
    /// Null until it was checked.
    pub trust: Option<Trust>,
    #[serde(skip)]
    path: Option<PathBuf>,
}

impl Tape {
    pub(super) fn of(row: &Row) -> Tape {
        let began = jiff::Timestamp::from_microsecond(row.started_at).ok();
        Tape {
            id: row.id.clone(),
            kind: row.kind.clone(),
            target: row
                .name
                .clone()
                .or_else(|| row.target.clone())
                .unwrap_or_default(),
            who: row.local_user.clone().or_else(|| row.actor.clone()),
            started_at: began.map(super::stamp),
            duration_us: row.duration_us,
            trust: None,
            path: Some(row.path.clone()),
        }
    }

    /// One that only the log of somebody else tells of: it was never here.
    pub(super) fn elsewhere(id: &str, entry: &Entry, from: &str) -> Tape {
        let says = format!(
            "told of by {from}: it is on that machine, `qd recordings verify {id}` there tells whether it is whole"
        );
        Tape::absent(id, Some(entry), "elsewhere", says)
    }

    /// One that something refers to and that is not here.
    pub(super) fn gone(id: &str, entry: Option<&Entry>) -> Tape {
        let says = "it is not in this data directory: deleted, pruned, or on another machine";
        Tape::absent(id, entry, "gone", says.into())
    }

    fn absent(id: &str, entry: Option<&Entry>, state: &'static str, says: String) -> Tape {
        let target = entry.and_then(|entry| entry.target.as_ref());
        let target = target.and_then(|target| target.name.clone().or_else(|| target.id.clone()));
        Tape {
            id: id.to_owned(),
            kind: "unknown".into(),
            target: target.unwrap_or_default(),
            who: entry.and_then(|entry| entry.actor.user.clone()),
            started_at: entry.and_then(Entry::at).map(super::stamp),
            duration_us: None,
            trust: Some(Trust {
                ok: false,
                state,
                evidence: "local",
                says,
            }),
            path: None,
        }
    }

    /// Reads every byte. `sealed` is the hash that the audit log holds of the sealed file.
    pub(super) fn check(&mut self, sealed: Option<&str>) {
        if let Some(path) = &self.path {
            self.trust = Some(judge(path, &self.id, sealed));
        }
    }
}

fn judge(path: &Path, id: &str, sealed: Option<&str>) -> Trust {
    let verdict = match verify(path) {
        Ok(verdict) => verdict,
        Err(cause) => {
            return Trust {
                ok: false,
                state: "torn",
                evidence: "local",
                says: format!("it cannot be checked: {cause}"),
            };
        }
    };
    let mut trust = Trust {
        ok: verdict.ok,
        state: verdict.state.as_str(),
        evidence: "local",
        says: verdict.says,
    };
    let is_other = sealed.is_some_and(|sealed| {
        evidence::fingerprint(path).is_ok_and(|(_, found)| found != sealed) && trust.state == "sealed"
    });
    if trust.ok && is_other {
        trust.ok = false;
        trust.says = "the audit log knows another file under this id".into();
    }
    if let (true, Some(device_key)) = (trust.ok, verdict.device_key) {
        let subject = Subject {
            recording: path,
            id,
            device_key,
        };
        if let Ok(standing) = evidence::examine(&subject, None) {
            trust.evidence = standing.level.as_str();
            if let Some(forged) = standing.forged {
                (trust.ok, trust.evidence, trust.says) = (false, "local", forged);
            }
        }
    }
    trust
}
