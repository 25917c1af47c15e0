//! What was recorded, and the player.

mod commands;
mod find;
mod player;
mod select;
mod strip;
#[cfg(test)]
mod tests;
mod update;
mod view;

use std::collections::HashMap;

use crate::recording::{Query, Row, Short, Verdict};
use crate::ui::cursor::Ids;
use crate::ui::table;

pub use commands::{choose, commands, paint_commands, walk_commands};
pub use find::{find, found, leave, sought};
pub use player::{
    Playing, close, jump, moved, opened, order, play, player_mouse, read, seek_percent, seek_time,
};
pub use select::{is_selecting, select};
pub use strip::{marks, player};
pub use update::{click, export, listed, narrow, perform, sort, step, verified};
pub use view::view;

#[derive(Debug, Default)]
pub struct Recordings {
    pub rows: Vec<Row>,
    ids: Short,
    pub filter: String,
    /// What is wrong with the filter; until it is right again the rows before it stay.
    pub bad_filter: Option<String>,
    pub ascending: bool,
    shown: Vec<usize>,
    pub table: table::State<String>,
    pub verdicts: HashMap<String, Verdict>,
    pub player: Option<Playing>,
    /// What was found in all of them; in the list's place while it is there.
    pub find: Option<find::Find>,
}

impl Recordings {
    pub fn selected(&self) -> Option<&Row> {
        self.table.cursor.index(self).and_then(|at| self.row_at(at))
    }

    pub fn playing(&self) -> bool {
        self.player.as_ref().is_some_and(|player| !player.status.paused)
    }

    pub fn row_at(&self, index: usize) -> Option<&Row> {
        self.shown.get(index).and_then(|at| self.rows.get(*at))
    }

    /// What `y` copies: an id, or a line that was found.
    pub fn copied(&self) -> Option<String> {
        match &self.find {
            Some(find) => find.selected().map(|found| found.text.clone()),
            None => self.selected().map(|row| row.id.clone()),
        }
    }

    /// Words must be in what a row says, keys choose as they do in a search.
    fn narrow(&mut self, now: jiff::Timestamp) {
        let query = match Query::parse(&self.filter, now) {
            Ok(query) => query,
            Err(bad) => {
                self.bad_filter = Some(bad.to_string());
                return;
            }
        };
        self.bad_filter = None;
        let says = |row: &Row| {
            let parts = [
                &row.name,
                &row.target,
                &row.actor,
                &row.local_user,
                &row.region,
                &row.account,
                &row.reason,
            ];
            let parts = parts.map(|part| part.as_deref().unwrap_or_default()).join(" ");
            format!("{parts} {} {}", row.kind, row.state.as_str())
        };
        self.shown = (0..self.rows.len())
            .filter(|at| {
                let row = &self.rows[*at];
                query.admits(row) && query.admits_line(&says(row), &[])
            })
            .collect();
        let rows = &self.rows;
        self.shown
            .sort_by(|a, b| rows[*b].started_at.cmp(&rows[*a].started_at));
        if self.ascending {
            self.shown.reverse();
        }
    }
}

impl Ids for Recordings {
    type Id = String;

    fn len(&self) -> usize {
        self.shown.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.row_at(index).map(|row| row.id.to_string())
    }
}
