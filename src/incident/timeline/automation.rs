//! What the logs know of automations as a whole, whichever line tells it: how far each is over, which of its machines were
//! never reached, and whether they are where it began.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::audited;
use crate::audit::{Entry, Target};

/// One whose end no log here has, and that may go to more machines than its start names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unsettled {
    pub document: String,
    pub execution_id: String,
}

#[derive(Default)]
pub struct Automations<'e> {
    over: BTreeSet<&'e str>,
    stopped: BTreeSet<&'e str>,
    elsewhere: BTreeSet<&'e str>,
    spared: BTreeMap<&'e str, BTreeSet<String>>,
}

impl<'e> Automations<'e> {
    pub fn of(entries: &'e [(Option<String>, Entry)]) -> Automations<'e> {
        let mut all = Automations::default();
        for (_, entry) in entries {
            let Some(id) = audited::execution(entry) else {
                continue;
            };
            if audited::is_end(entry) {
                all.over.insert(id);
            }
            if audited::is_stop(entry) {
                all.stopped.insert(id);
            }
            if audited::is_elsewhere(entry) {
                all.elsewhere.insert(id);
            }
            let spared = audited::spared(entry);
            if !spared.is_empty() {
                all.spared.entry(id).or_default().extend(spared);
            }
        }
        all
    }

    pub fn is_over(&self, id: &str) -> bool {
        self.over.contains(id)
    }

    pub fn is_stopped(&self, id: &str) -> bool {
        self.stopped.contains(id)
    }

    /// Whether an automation never reached a machine that it was sent to.
    pub fn has_spared(&self, entry: &Entry, machine: &str) -> bool {
        let spared = audited::execution(entry).and_then(|id| self.spared.get(id));
        spared.is_some_and(|spared| spared.contains(machine))
    }

    /// Where a machine is that an entry names by its id alone: where the entry is, unless the automation is sent elsewhere.
    pub fn place<'a>(&self, entry: &'a Entry) -> Option<&'a Target> {
        let is_elsewhere = audited::is_elsewhere(entry)
            || audited::execution(entry).is_some_and(|id| self.elsewhere.contains(id));
        entry.target.as_ref().filter(|_| !is_elsewhere)
    }

    /// The automation that an entry starts, where not all of its machines are known yet.
    pub fn unsettled(&self, entry: &Entry) -> Option<Unsettled> {
        let id = audited::execution(entry).filter(|id| !self.is_over(id))?;
        audited::may_reach_more(entry).then(|| Unsettled {
            document: audited::text(entry, "document").unwrap_or_default().to_owned(),
            execution_id: id.to_owned(),
        })
    }
}
