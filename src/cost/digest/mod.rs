//! A week of costs for those who paid for it: each team's days against the same days of the week before, what changed, what
//! was unusual, and what could be saved. Days that are not final are named; nothing is left out without a word.

mod markdown;
mod week;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::amount::Amount;
use super::breakdown::{Breakdown, Row};
use super::driver::{Drivers, drivers};
use super::period::Period;

pub use week::Week;

/// A week in one currency.
#[derive(Clone, Debug)]
pub struct Digest {
    pub week: Week,
    pub currency: String,
    /// How teams are told apart, as the command line says it.
    pub by: String,
    /// What is counted and where it comes from: `unblended, from files`.
    pub about: String,
    pub current: Amount,
    pub previous: Amount,
    /// Largest first.
    pub teams: Vec<Team>,
    /// What belongs to no single team.
    pub others: Vec<String>,
    /// Why something that belongs here is not: each a sentence.
    pub lacks: Vec<String>,
    /// Days of the week that are over and were not imported.
    pub not_imported: Vec<Date>,
    /// Days compared whose bill may still move.
    pub estimated: Vec<Date>,
    /// Days compared, of either week, that were not answered by what tells teams apart.
    pub unknown: Vec<Date>,
    /// Those of them that are in the totals all the same.
    pub not_split: Vec<Date>,
    /// What the totals may have twice or lack, each a sentence.
    pub cautions: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Team {
    /// Empty: what carries no tag.
    pub name: String,
    pub current: Amount,
    pub previous: Amount,
    pub drivers: Drivers,
    /// Each explained in one line.
    pub anomalies: Vec<String>,
    pub moves: Vec<Step>,
}

impl Team {
    /// Whether either week has a row of it: else it is here for what could be saved alone.
    pub fn is_charged(&self) -> bool {
        !self.drivers.rows.is_empty()
    }
}

/// Something to do, and what it saves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub says: String,
    /// A month, each resource counted once.
    pub low: Amount,
    pub high: Amount,
}

impl Digest {
    /// Days of the week before that one are over: of files they are not imported yet.
    pub fn not_imported(&mut self, today: Date) {
        let to_come = std::mem::take(&mut self.week.to_come).into_iter();
        (self.not_imported, self.week.to_come) = to_come.partition(|day| *day < today);
    }

    /// Which days were answered, whatever tells teams apart: an export without tags has all the same costs.
    pub fn answered(&mut self, days: &BTreeMap<Date, bool>) {
        let unknown = self.unknown.iter().copied();
        self.not_split = unknown.filter(|day| days.contains_key(day)).collect();
    }

    /// Compares two weeks whose rows begin with the team. `days` are those that were answered, and whether they are
    /// estimates.
    pub fn new(
        week: Week,
        by: String,
        about: String,
        [after, before]: [&Breakdown; 2],
        days: &BTreeMap<Date, bool>,
    ) -> Digest {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for row in after.rows.iter().chain(&before.rows) {
            names.extend(row.key.first().map(String::as_str));
        }
        let compared = [week.comparison.current, week.comparison.previous];
        let of = |period: Period| {
            (0..period.days()).map(move |nth| period.from.saturating_add(jiff::Span::new().days(nth)))
        };
        let [now, then] = compared.map(|week| of(week).all(|day| days.contains_key(&day)));
        let team = |name: &str| {
            let [after, before] = [after, before].map(|of| of_team(&of.rows, name));
            let drivers = drivers(&before, &after).known_whole([then, now]);
            Team {
                name: name.to_owned(),
                current: drivers.after,
                previous: drivers.before,
                drivers,
                ..Team::default()
            }
        };
        let mut teams: Vec<Team> = names.into_iter().map(team).collect();
        teams.sort_by(|a, b| b.current.cmp(&a.current).then_with(|| a.name.cmp(&b.name)));
        Digest {
            currency: after.currency.clone(),
            current: after.total,
            previous: before.total,
            teams,
            others: Vec::new(),
            lacks: Vec::new(),
            cautions: Vec::new(),
            not_split: Vec::new(),
            not_imported: Vec::new(),
            estimated: compared
                .into_iter()
                .flat_map(of)
                .filter(|day| days.get(day) == Some(&true))
                .collect(),
            unknown: compared
                .into_iter()
                .flat_map(of)
                .filter(|day| !days.contains_key(day))
                .collect(),
            week,
            by,
            about,
        }
    }

    /// What carries no tag or is in no cost category, in percent of the week; `None` where neither tells teams apart.
    pub fn untagged_percent(&self) -> Option<f64> {
        if !self.by.contains(':') {
            return None;
        }
        let none = self.teams.iter().find(|team| team.name.is_empty());
        let whole = self.current.approximate();
        (whole > 0.0).then(|| none.map_or(0.0, |team| team.current.approximate() / whole * 100.0))
    }

    /// Days of the week, and of the one before, that were answered; none: there is nothing to compare with.
    pub fn known_days(&self) -> [u32; 2] {
        let of = self.week.comparison;
        [of.current, of.previous].map(|week| {
            let unknown = self.unknown.iter().filter(|day| week.contains(**day));
            week.days() - u32::try_from(unknown.count()).unwrap_or(0)
        })
    }

    /// Whether anything is known of the week before.
    pub fn is_compared(&self) -> bool {
        self.known_days()[1] > 0
    }

    /// Whether every day of both weeks is known: else one is no percentage of the other, and nothing is new.
    pub fn is_whole(&self) -> bool {
        self.unknown.is_empty()
    }

    /// Whether every day compared is final.
    pub fn is_complete(&self) -> bool {
        self.estimated.is_empty()
            && self.unknown.is_empty()
            && self.week.to_come.is_empty()
            && self.not_imported.is_empty()
    }
}

/// A team's rows without its name.
fn of_team(rows: &[Row], name: &str) -> Vec<Row> {
    let rows = rows
        .iter()
        .filter(|row| row.key.first().is_some_and(|first| first == name));
    rows.map(|row| Row {
        key: row.key[1..].to_vec(),
        ..row.clone()
    })
    .collect()
}

#[cfg(test)]
mod tests;
