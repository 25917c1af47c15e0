//! Alarms on the screen: what burns heads the home panel, all of them have a panel of their own. Rows of an older answer
//! stay, marked, until their place has answered; runbooks and last times follow when they are found.

mod act;
mod over;
mod row;
#[cfg(test)]
mod tests;
mod update;
mod view;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{Timestamp, ToSpan};

use crate::alarm::past::Recalled;
use crate::alarm::{Alarm, Answer, sort};
use crate::aws::{Failure, Place};
use crate::fleet::Node;
use crate::recording::Row;
use crate::runbook::Library;
use crate::ui::{Cursor, Ids};

pub use act::{incident, perform};
pub use over::{Burned, Over, looked_back, press as press_over, view as view_over};
pub use update::{arrive, cached, due, ended, narrow, opened, refresh, step, studied, study};
pub use view::{burning, burning_height, view};

/// While they are in sight alarms are asked for so often.
const EVERY_SECONDS: i64 = 60;

/// What is known here about an alarm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lesson {
    /// Runbooks that answer it, surest first.
    pub answers: Vec<Answer>,
    /// What was done before.
    pub past: Vec<Recalled>,
}

/// What is to be known of alarms, and where to look for it on this machine.
#[derive(Debug, Clone)]
pub struct Study {
    /// Each with what the fleet calls its instance.
    pub alarms: Vec<(Alarm, Option<String>)>,
    pub library: Library,
    pub recordings: Vec<Row>,
}

impl PartialEq for Study {
    /// The same alarms are the same question.
    fn eq(&self, other: &Study) -> bool {
        self.alarms == other.alarms
    }
}

/// The alarm that a runbook was opened for.
#[derive(Debug, Clone, PartialEq)]
pub struct Led {
    pub alarm: Alarm,
    /// The instance in its dimensions.
    pub node: Option<Node>,
    /// Of the page.
    pub path: PathBuf,
}

#[derive(Debug, Default)]
pub struct Alarms {
    /// In the order in which they are looked at: those that burn come first.
    all: Vec<Alarm>,
    /// Keys of rows of an older answer.
    stale: HashSet<String>,
    pub failures: Vec<Failure>,
    /// In how many places nobody tells this identity what is muted.
    unmuted: usize,
    /// The list came from disk and is that old.
    pub cached_for: Option<Duration>,
    pub loading: bool,
    /// Places that have answered in full, of the last time they were asked.
    pub places: usize,
    asked_at: Option<Timestamp>,
    /// The panel shows all, not only those that burn.
    pub everything: bool,
    pub filter: String,
    /// Rows of the panel.
    shown: Vec<usize>,
    pub cursor: Cursor<String>,
    /// On the home panel.
    pub home: Cursor<String>,
    lessons: HashMap<String, Lesson>,
    led: Option<Led>,
    /// Something that is seen has changed since the last answer was whole.
    is_changed: bool,
}

impl Alarms {
    pub fn burning(&self) -> usize {
        self.all.partition_point(Alarm::is_burning)
    }

    /// Of those that burn, the ones that nobody silenced.
    pub fn loud(&self) -> usize {
        let burning = &self.all[..self.burning()];
        burning.iter().filter(|alarm| alarm.suppressed.is_none()).count()
    }

    pub fn lesson(&self, alarm: &Alarm) -> Option<&Lesson> {
        self.lessons.get(&alarm.key())
    }

    pub fn is_stale(&self, alarm: &Alarm) -> bool {
        self.stale.contains(&alarm.key())
    }

    /// The alarm that led to a page, while it is that page.
    pub fn led_to(&self, path: &Path) -> Option<&Led> {
        self.led.as_ref().filter(|led| led.path == path)
    }

    /// When they are to be asked for again, if they are in sight.
    pub fn due_at(&self) -> Option<Timestamp> {
        let asked_at = self.asked_at.filter(|_| !self.loading)?;
        asked_at.checked_add(EVERY_SECONDS.seconds()).ok()
    }

    fn selected_at_home(&self) -> Option<&Alarm> {
        self.home.index(&Burning(self)).and_then(|at| self.all.get(at))
    }

    fn selected_in_panel(&self) -> Option<&Alarm> {
        let at = self.cursor.index(self)?;
        self.shown.get(at).and_then(|at| self.all.get(*at))
    }

    /// Whether any row is another one than before. What is learned late of an alarm stays while it burns on.
    fn put(&mut self, rows: Vec<Alarm>) -> bool {
        let mut rows: HashMap<String, Alarm> = rows.into_iter().map(|row| (row.key(), row)).collect();
        let mut is_other = false;
        for known in &mut self.all {
            let Some(mut row) = rows.remove(&known.key()) else {
                continue;
            };
            if known.since == row.since && known.state == row.state {
                row.flaps = row.flaps.or(known.flaps);
                row.tags = row.tags.or_else(|| known.tags.clone());
            }
            // Rows from disk are drawn otherwise than the same ones from AWS.
            is_other |= *known != row || (self.stale.remove(&row.key()) && self.cached_for.is_some());
            self.stale.remove(&row.key());
            *known = row;
        }
        is_other |= !rows.is_empty();
        self.all.extend(rows.into_values());
        is_other
    }

    /// Takes away what its place does not tell of any more.
    fn drop_gone(&mut self, place: &Place) -> bool {
        let before = self.all.len();
        let stale = &mut self.stale;
        self.all.retain(|alarm| {
            let is_there = alarm.profile != place.profile || alarm.region != place.region;
            is_there || !stale.remove(&alarm.key())
        });
        self.all.len() != before
    }

    fn reorder(&mut self) {
        sort(&mut self.all);
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let is_shown = |alarm: &Alarm| (self.everything || alarm.is_burning()) && alarm.holds(&words);
        self.shown = (0..self.all.len())
            .filter(|at| is_shown(&self.all[*at]))
            .collect();
    }
}

impl Ids for Alarms {
    type Id = String;

    fn len(&self) -> usize {
        self.shown.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.shown
            .get(index)
            .and_then(|at| self.all.get(*at))
            .map(Alarm::key)
    }
}

/// Those that burn, for the home panel.
struct Burning<'a>(&'a Alarms);

impl Ids for Burning<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.0.burning()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.0.all[..self.0.burning()].get(index).map(Alarm::key)
    }
}
