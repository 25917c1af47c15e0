//! The audit logs that an incident is gathered from: this machine's, and what others exported of theirs.

use std::collections::BTreeSet;

use super::Ground;
use crate::audit::{Entry, Log, Range};

/// What somebody else exported of their audit log.
#[derive(Clone, Debug)]
pub struct Other {
    /// As the report calls it.
    pub name: String,
    pub entries: Vec<Entry>,
    /// Numbers of its lines, from 1, that are no event: torn, or of something else.
    pub unread: Vec<usize>,
    /// It is signed by somebody who is known here.
    pub is_proven: bool,
    /// How far its lines hold together.
    pub standing: String,
}

impl Other {
    /// That lines of it are lost, where some are.
    fn lacks(&self) -> Option<String> {
        let first = self.unread.first()?;
        let name = &self.name;
        Some(match self.unread.len() {
            1 => format!("line {first} of {name} cannot be read: what it told is lost here"),
            all => format!(
                "{all} lines of {name} cannot be read, the first is line {first}: what they told is lost here"
            ),
        })
    }
}

/// Their entries, each with the name of the log that alone tells it; `None`: this machine's.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    pub entries: Vec<(Option<String>, Entry)>,
    /// What of them could not be read.
    pub warnings: Vec<String>,
}

impl Logs {
    /// What two of them have is told once.
    pub fn read(ground: &Ground) -> Logs {
        let (mut entries, mut warnings) = own(ground);
        let mut known: BTreeSet<String> = entries.iter().map(|(_, entry)| entry.uid.clone()).collect();
        for other in ground.others {
            let (mut name, standing) = (other.name.clone(), &other.standing);
            let mut says: Vec<String> = other.lacks().into_iter().collect();
            if !other.is_proven {
                says.push(format!("what {name} tells is not verified: {standing}"));
                name.push_str(", not verified");
            }
            // A log that is given twice is told of once.
            says.retain(|says| !warnings.contains(says));
            warnings.extend(says);
            for entry in &other.entries {
                if known.insert(entry.uid.clone()) {
                    entries.push((Some(name.clone()), entry.clone()));
                }
            }
        }
        Logs { entries, warnings }
    }
}

type Read = (Vec<(Option<String>, Entry)>, Vec<String>);

fn own(ground: &Ground) -> Read {
    let (mut found, mut warnings) = (Vec::new(), Vec::new());
    // A folder without a log has none, and reading makes none.
    if !ground.data_dir.join("audit").is_dir() {
        return (found, warnings);
    }
    let mut unreadable = 0;
    match Log::open(ground.data_dir).and_then(|log| Ok(log.read(Range::default())?.collect::<Vec<_>>())) {
        Ok(lines) => {
            for line in lines {
                match line {
                    Ok(entry) => found.push((None, entry)),
                    Err(_) => unreadable += 1,
                }
            }
        }
        Err(cause) => warnings.push(format!("the audit log cannot be read: {cause}")),
    }
    if unreadable > 0 {
        warnings.push(format!(
            "{unreadable} lines of the audit log cannot be read; `qd audit verify` tells which"
        ));
    }
    (found, warnings)
}
