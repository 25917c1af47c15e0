//! The incident that one works on: how it stands, in the header wherever one is, and its timeline, which grows while others
//! work. What is said here is on disk before anything else happens.

mod list;
mod update;
mod view;

use jiff::Timestamp;

use crate::incident::State;
use crate::incident::report::Report;
use crate::incident::timeline::Item;
use crate::ui::cursor::Ids;
use crate::ui::table;

pub use list::{List, back, narrow};
pub use update::{
    Ask, answered, asked_close, changed, from_alarm, gathered, listed, opened, perform, refresh, seen, step,
    watched,
};
pub use view::{badge_width, badges, label, placeholder, view};

/// The panel.
#[derive(Debug, Default)]
pub struct Incidents {
    /// The current one.
    pub current: Option<Box<State>>,
    /// Another one that is looked into.
    pub looked: Option<Box<State>>,
    pub list: List,
    /// What was closed last, to open it again.
    pub(super) closed: Option<Box<State>>,
    /// What was gathered of it last.
    pub report: Option<Box<Report>>,
    pub table: table::State<usize>,
    /// The alarm from which an incident is about to begin.
    pub(super) alarm: Option<Box<crate::alarm::Alarm>>,
}

impl Incidents {
    fn items(&self) -> &[Item] {
        self.report.as_ref().map_or(&[], |report| &report.timeline)
    }

    fn selected(&self) -> Option<&Item> {
        let at = self.table.cursor.index(self)?;
        self.item(at)
    }

    /// Newest first: what was just done is what one looks for.
    fn item(&self, index: usize) -> Option<&Item> {
        let items = self.items();
        items.get(items.len().checked_sub(index + 1)?)
    }

    /// The one that is shown.
    pub fn shown(&self) -> Option<&State> {
        self.looked.as_deref().or(self.current.as_deref())
    }

    /// The one that a word is about: in the room what is in front, elsewhere the current one.
    pub fn meant(&self, is_here: bool) -> Option<&State> {
        match is_here {
            true if self.list.is_front => self.list.selected(),
            true => self.shown(),
            false => self.current.as_deref(),
        }
    }

    /// The line under the cursor, for copying.
    pub fn copied(&self) -> Option<String> {
        if self.list.is_front {
            return self.list.selected().map(|state| state.id.clone());
        }

        let item = self.selected()?;
        Some(format!(
            "{} {}",
            item.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            item.says
        ))
    }

    /// When the age in the header is another one.
    pub fn ages_in(&self, now: Timestamp) -> Option<std::time::Duration> {
        let began = self.current.as_ref()?.started_at?;
        let into = now.duration_since(began).as_secs().rem_euclid(60) as u64;
        Some(std::time::Duration::from_secs(60 - into))
    }
}

impl Ids for Incidents {
    type Id = usize;

    fn len(&self) -> usize {
        self.items().len()
    }

    /// Counted from the oldest, so that the cursor stays where it is while the timeline grows.
    fn id_at(&self, index: usize) -> Option<usize> {
        self.items().len().checked_sub(index + 1)
    }
}

#[cfg(test)]
mod tests;
