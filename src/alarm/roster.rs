//! The list as batches make it: one row an alarm, the later one counts; failures beside it.

use std::collections::HashMap;

use super::{Alarm, Batch, sort};
use crate::aws::{Failure, Place};
use crate::fleet::gather;

/// What is known of the alarms so far.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    pub alarms: Vec<Alarm>,
    pub failures: Vec<Failure>,
    /// Places where nobody tells this identity what is muted.
    pub unmuted: Vec<Place>,
    /// Places whose list came in full.
    pub complete: Vec<Place>,
    rows: HashMap<String, usize>,
}

impl Roster {
    pub fn apply(&mut self, batch: Batch) {
        match batch {
            Batch::Rows(alarms) => {
                for alarm in alarms {
                    match self.rows.get(&alarm.key()) {
                        Some(row) => self.alarms[*row] = alarm,
                        None => {
                            self.rows.insert(alarm.key(), self.alarms.len());
                            self.alarms.push(alarm);
                        }
                    }
                }
            }
            Batch::Failed(failure) => gather(&mut self.failures, failure),
            Batch::Unmuted(place) => self.unmuted.push(place),
            Batch::Done {
                place,
                complete: true,
            } => self.complete.push(place),
            Batch::Done { .. } => {}
        }
    }

    /// Whether any place answered, even with nothing.
    pub fn any_answered(&self) -> bool {
        !self.alarms.is_empty() || !self.complete.is_empty()
    }

    /// In the order in which they are looked at.
    pub fn sorted(&self) -> Vec<Alarm> {
        let mut all = self.alarms.clone();
        sort(&mut all);
        all
    }
}
