//! Open sessions as tabs over one terminal pane. The pane's bytes and screen live in the hub; here are ids and the
//! last status only.

mod keys;
mod update;
mod view;

use std::time::Duration;

use crate::app::PaneId;
use crate::session::{State, Status};

pub use keys::{paste, press};
pub use update::{changed, opened, pane_area, pane_size, perform, resized};
pub use view::{tab_at, view};

/// One session.
#[derive(Debug, Clone)]
pub struct Tab {
    pub pane: PaneId,
    /// The instance's id.
    pub target: String,
    pub title: String,
    pub production: bool,
    pub status: Status,
}

impl Tab {
    pub fn is_live(&self) -> bool {
        !self.status.has_ended()
    }
}

#[derive(Debug, Default)]
pub struct Sessions {
    pub tabs: Vec<Tab>,
    pub at: usize,
    /// The keys go to the remote.
    focus: bool,
    pub full_screen: bool,
}

impl Sessions {
    pub fn current(&self) -> Option<&Tab> {
        self.tabs.get(self.at)
    }

    pub fn focused(&self) -> bool {
        self.focus && self.current().is_some_and(Tab::is_live)
    }

    pub fn live(&self) -> usize {
        self.tabs.iter().filter(|tab| tab.is_live()).count()
    }

    /// Seconds of silence are counted on the screen.
    pub fn any_stalled(&self) -> bool {
        let stalls = |tab: &Tab| matches!(tab.status.state, State::Stalled { .. });
        self.tabs.iter().any(stalls)
    }

    /// Until the pane in front tells another time left of its idle limit.
    pub fn counts_down_in(&self) -> Option<Duration> {
        self.tabs
            .get(self.at)?
            .status
            .idle_left()
            .map(view::counts_down_in)
    }

    fn tab_mut(&mut self, pane: PaneId) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|tab| tab.pane == pane)
    }
}
