//! What was recorded, and the player.

mod player;
mod update;
mod view;

use std::collections::HashMap;

use crate::app::{PaneId, PlayerStatus};
use crate::recording::{Row, Verdict};
use crate::ui::cursor::Ids;
use crate::ui::table;

pub use player::{hit, moved, opened, order, player, seek_percent, seek_time, timeline};
pub use update::{click, export, listed, narrow, perform, sort, step, verified};
pub use view::view;

/// The recording that is played.
#[derive(Debug)]
pub struct Playing {
    pub pane: PaneId,
    pub title: String,
    pub status: PlayerStatus,
}

#[derive(Debug, Default)]
pub struct Recordings {
    pub rows: Vec<Row>,
    pub filter: String,
    pub ascending: bool,
    shown: Vec<usize>,
    pub table: table::State<String>,
    pub verdicts: HashMap<String, Verdict>,
    pub player: Option<Playing>,
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

    /// Words of the filter must all be in what a row says.
    fn narrow(&mut self) {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let says = |row: &Row| {
            let parts = [
                &row.name,
                &row.target,
                &row.actor,
                &row.region,
                &row.account,
                &row.reason,
            ];
            parts
                .map(|part| part.as_deref().unwrap_or_default())
                .join(" ")
                .to_lowercase()
        };
        self.shown = (0..self.rows.len())
            .filter(|at| {
                let says = says(&self.rows[*at]);
                words.iter().all(|word| says.contains(word))
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
