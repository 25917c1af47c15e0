//! What it costs: one sentence first, then what changed, where the money goes and when. Views differ, what is asked does
//! not; an error is shown as one, and nothing is paid for that was not said before.

mod act;
mod anomalies;
mod beside;
mod calendar;
mod changes;
mod columns;
mod commitments;
mod days;
mod drill;
mod head;
mod ledger;
mod money;
mod moves;
mod numbered;
mod pick;
mod question;
mod said;
mod strip;
mod tab;
mod table;
#[cfg(test)]
mod tests;
mod trail;
mod treemap;
mod update;
mod view;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::app::{Effect, Key};
use crate::cost::advice::{Board, Ledger};
use crate::cost::anomaly::{Foreign, Judged};
use crate::cost::driver::Drivers;
use crate::cost::{
    Commitments, Dimension, Lens, MonthEnd, Offer, Price, Prospect, Query, Refresh, Report, Saved, Source,
    Trouble, today,
};
use crate::panel::age;
use crate::ui::table as rows;
use crate::ui::{Cursor, Ids, text};

pub use act::{compare, perform, reading, save, snooze, withdraw};
pub use beside::{booked, committed, forecast, foreign_found, imported, offered};
pub use head::headline;
pub use money::of_day as a_day;
pub use pick::{choose, view as choices};
pub use question::question;
pub use tab::Tab;
pub use update::{
    advised, arrived, failed, foreseen, judged, kept, listed, metered, narrow, opened, priced, refresh, sort,
    split, step,
};
pub use view::view;

/// Where Enter was pressed, to come back to.
#[derive(Debug)]
struct Place {
    query: Query,
    source: Option<Source>,
    tab: Tab,
    selected: Option<String>,
}

#[derive(Debug, Default)]
pub struct Costs {
    /// What is asked; the report says what is shown.
    pub query: Query,
    /// `None`: whatever is asked first.
    pub source: Option<Source>,
    /// Where the report is from.
    shown_source: Option<Source>,
    pub report: Option<Report>,
    pub prospect: Option<Prospect>,
    pub trouble: Option<(String, String)>,
    pub tab: Tab,
    pub by_cost: bool,
    pub table: rows::State<String>,
    day: Cursor<Date>,
    anomaly: Cursor<usize>,
    move_: Cursor<String>,
    /// Names with a tile, largest first.
    tiles: Vec<String>,
    dates: Vec<Date>,
    trail: Vec<Place>,
    /// What could not be had for nothing, and its price.
    pending: Option<(String, Box<Effect>)>,
    /// The view that it is for, and the way there, which was gone back until it is paid for.
    wanted: Option<(Tab, Vec<Place>)>,
    /// What was paid for last, while there is no answer.
    paid: Option<Box<Effect>>,
    /// What was paid for in vain, and what was said then.
    refused: Option<(Box<Effect>, Vec<String>)>,
    pub sources: Vec<Source>,
    /// The source that was gone to last, until it shows something: what is declined is passed by.
    passed: Option<Source>,
    pub views: Vec<Saved>,
    /// What changed, the largest first.
    changes: Drivers,
    /// It is told apart into usage and rate.
    is_split: bool,
    judged: Option<(Source, Judged)>,
    board: Option<(Source, Board)>,
    /// What asking for the board anew costs; `None` where that is nothing.
    board_price: Option<Price>,
    /// What AWS's own detection found, and when it was asked.
    foreign: Option<(Source, Vec<Foreign>, Timestamp)>,
    /// What of it is not among ours.
    alone: Vec<Foreign>,
    /// Where the month will end by Cost Explorer's reckoning.
    theirs: Option<(Source, Lens, MonthEnd)>,
    commitments: Option<(Source, Commitments)>,
    commitments_price: Option<Price>,
    ledger: Option<(Source, Ledger)>,
    /// The line of the ledger, or the commitment, under the cursor.
    entry: Cursor<usize>,
    /// What the source can be split by, and what all its names cost.
    offers: Option<(Source, Vec<Offer>, Option<Price>)>,
    /// The row that a dimension is sought for while a price is asked about.
    picking: Option<String>,
    /// Which source each kind of work was begun for last.
    asking: BTreeMap<Key, Source>,
    /// The day on which each kind of work was answered last.
    made_on: BTreeMap<Key, Date>,
    /// Why there is no answer to the last question of a kind, and what to do.
    refusals: BTreeMap<Key, (String, String)>,
    /// The kind of question that was refused last, until something else is wanted: it is said over what is shown.
    refused_now: Option<Key>,
    /// What accounts are called, as far as any source told.
    accounts: BTreeMap<String, String>,
    /// The day whose requests the meter told last.
    metered_on: Option<Date>,
    /// The whole thirteen months were asked for.
    year: bool,
    asked: bool,
}

impl Costs {
    /// Until what is shown is older, as its age is told.
    pub fn ages_in(&self, now: Timestamp) -> Option<Duration> {
        let report = self.report.as_ref()?;
        Some(age::changes_in(report.origin.read_at, now))
    }

    /// The report of the query; for nothing, unless it says otherwise.
    fn fetch(&self, refresh: Refresh) -> Effect {
        Effect::FetchCosts {
            source: self.source.clone(),
            query: self.query.clone(),
            refresh,
            year: self.year,
        }
    }

    /// Work came to its end: what of it was paid for and did not fail is here.
    pub fn finished(&mut self, key: &Key) {
        if let Some(effect) = self.paid.take_if(|paid| paid.key().as_ref() == Some(key)) {
            self.refused.take_if(|(of, _)| *of == effect);
        }
    }

    /// The same without its filter was asked for and is not here: that it costs was said.
    pub fn is_held_by_filter(&self) -> bool {
        let Some((_, effect)) = &self.pending else {
            return false;
        };
        let bare = Query {
            filter: String::new(),
            ..self.query.clone()
        };
        matches!(&**effect, Effect::FetchCosts { query, .. } if *query == bare)
    }

    /// Something can be gone back out of.
    pub fn is_inside(&self) -> bool {
        !self.trail.is_empty() || !self.query.inside.is_empty()
    }

    /// What a forced refresh costs; `None` where that is nothing.
    pub fn price(&self) -> Option<Price> {
        match &self.report {
            Some(_) if self.tab == Tab::Moves && self.shown_board().is_some() => self.board_price.clone(),
            Some(_) if self.tab == Tab::Commitments && self.shown_commitments().is_some() => {
                self.commitments_price.clone()
            }
            Some(report) => report.origin.price.clone(),
            None => Some(Price::new("one request ($0.01) a page", 1)),
        }
    }

    /// What the thing that is waited for would cost.
    pub fn priced(&self) -> Option<&str> {
        self.pending.as_ref().map(|(says, _)| says.as_str())
    }

    /// The same where that is work of one kind.
    fn priced_for(&self, kind: &Key) -> Option<&str> {
        let pending = self.pending.as_ref();
        let (says, _) = pending.filter(|(_, effect)| effect.key().as_ref() == Some(kind))?;
        Some(says)
    }

    /// Why a question of one kind was not answered, with what to do about it, as one sentence.
    fn refused_because(&self, kind: &Key) -> Option<String> {
        let (says, hint) = self.refusals.get(kind)?;
        let whole = match hint.is_empty() {
            true => says.clone(),
            false => format!("{says}; {hint}"),
        };
        Some(text::quote(&whole).into_owned())
    }

    /// Why something cannot be paid for today, as far as the meter was told today: the question about it is none then.
    pub fn unpayable(&self, asked: &str, price: &Price, now: Timestamp) -> Option<Trouble> {
        let spent = self.report.as_ref()?.origin.spent?;
        price
            .refused(asked, spent)
            .filter(|_| self.metered_on == Some(today(now)))
    }

    /// A value as people call it: an account by its name, where any source told that.
    fn called(&self, dimension: &Dimension, value: &str) -> String {
        let name = match dimension {
            Dimension::Account => self.accounts.get(value),
            _ => None,
        };
        name.cloned().unwrap_or_else(|| view::named(dimension, value))
    }

    /// Rows of accounts are called as the way to them is: by names that any source told, where their own did not.
    fn name_accounts(&mut self) {
        let Some(report) = self
            .report
            .as_mut()
            .filter(|of| of.query.by == Dimension::Account)
        else {
            return;
        };
        for row in report.rows.iter_mut().filter(|row| row.label.is_none()) {
            row.label = self.accounts.get(&row.name).cloned();
        }
    }

    /// What `copy` takes: the name under the cursor.
    pub fn copied(&self) -> Option<String> {
        self.table.cursor.current(self).filter(|name| !name.is_empty())
    }
}

impl Ids for Costs {
    type Id = String;

    fn len(&self) -> usize {
        match self.tab {
            Tab::Treemap => self.tiles.len(),
            Tab::Changes => self.changes.rows.len(),
            _ => self.report.as_ref().map_or(0, |report| report.rows.len()),
        }
    }

    fn id_at(&self, index: usize) -> Option<String> {
        match self.tab {
            Tab::Treemap => self.tiles.get(index).cloned(),
            Tab::Changes => self
                .changes
                .rows
                .get(index)
                .and_then(|row| row.key.first().cloned()),
            _ => {
                let rows = &self.report.as_ref()?.rows;
                rows.get(index).map(|row| row.name.clone())
            }
        }
    }
}
