//! An export in Athena, opened as the configuration names it, and its costs as cells. Cells hold every dimension that a
//! question and its filter name, by day and kind of charge, so that one statement answers all that is asked about them.

use std::path::Path;
use std::pin::pin;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::columns::Columns;
use super::kept::{self, Kept, SETTLED_AFTER_DAYS};
use super::{Found, Scan, ask, ask_text, is_settled, lacks_column, read};
use crate::aws::{Athena, Cloud, Place};
use crate::config;
use crate::cost::breakdown::{Breakdown, Question};
use crate::cost::cube::Cube;
use crate::cost::dataset::{Dimension, Lens};
use crate::cost::desk::{Refresh, disk, open_day, today};
use crate::cost::filter::Filter;
use crate::cost::lacking::Days;
use crate::cost::period::Period;
use crate::cost::shelf::Shelf;
use crate::cost::sql::{Statement, Table};
use crate::cost::trouble::Trouble;

/// On the shelf, beside those of the accounts.
const FOLDER: &str = "athena";
/// How far back the last day of an export is looked for.
const REACH_MONTHS: i64 = 14;

#[derive(Clone)]
pub struct Export {
    cloud: Cloud,
    athena: Athena,
    table: Table,
    shelf: Shelf,
}

/// Cells of an export, and what was read for them.
#[derive(Clone, Debug)]
pub struct Cells {
    pub cube: Cube,
    /// What asking for all of it takes.
    pub scan: Scan,
    /// What was read now.
    pub paid: Scan,
    /// When the oldest part that can still change was read.
    pub read_at: Timestamp,
    /// The first day that was not over when it was read; today at the latest.
    pub open_day: Date,
}

/// The table that the configuration names.
///
/// # Errors
/// There is none, or its name cannot stand in a statement.
pub fn table(config: Option<&config::Athena>) -> Result<Table, Trouble> {
    let config = config.ok_or_else(|| Trouble::Setting {
        says: "no export in Athena is configured".into(),
        hint: "set database and table under [costs.athena] in the configuration; `qd costs sql --parquet FILES` needs \
               neither"
            .into(),
    })?;
    let table = Table {
        database: config.database.clone(),
        table: config.table.clone(),
        kind: config.kind,
        columns: None,
        files: None,
    };
    table.check().map_err(|bad| Trouble::Setting {
        says: bad.to_string(),
        hint: bad.hint,
    })?;
    Ok(table)
}

/// The same with its columns as they were seen last; nothing is asked for.
///
/// # Errors
/// As [`table`].
pub fn table_seen(config: Option<&config::Athena>, cache_dir: &Path) -> Result<Table, Trouble> {
    let table = table(config)?;
    let seen = Columns::last(&Shelf::new(cache_dir, FOLDER), &table);
    Ok(Table {
        columns: seen.map(|seen| seen.names).filter(|_| table.may_lack()),
        ..table
    })
}

impl Export {
    /// Asks for nothing; the profile and the region are the configured ones, else the first.
    pub async fn open(
        cloud: Cloud,
        config: Option<&config::Athena>,
        cache_dir: &Path,
    ) -> Result<Export, Trouble> {
        let table = table(config)?;
        let of =
            |pick: fn(&config::Athena) -> &Option<String>| config.and_then(|config| pick(config).clone());
        let profile = of(|config| &config.profile)
            .or_else(|| cloud.profiles().into_iter().next())
            .unwrap_or_default();
        let region = match of(|config| &config.region) {
            Some(region) => region,
            None => {
                let mut places = cloud.places().await.found.into_iter();
                let place = places.find(|place| place.profile == profile);
                place.map(|place| place.region).ok_or_else(|| Trouble::Setting {
                    says: format!("no region is known for profile {profile}"),
                    hint: "set region under [costs.athena], or pass --region NAME".into(),
                })?
            }
        };
        let athena = Athena {
            place: Place { profile, region },
            database: table.database.clone(),
            workgroup: of(|config| &config.workgroup),
            output: of(|config| &config.output),
        };
        let shelf = Shelf::new(cache_dir, FOLDER);
        Ok(Export {
            cloud,
            athena,
            table,
            shelf,
        })
    }

    /// `database.table`
    pub fn name(&self) -> String {
        format!("{}.{}", self.table.database, self.table.table)
    }

    /// The table with the columns that it had when it was last looked at.
    pub fn table(&self) -> Table {
        let known = Columns::load(&self.shelf, &self.athena, &self.table);
        Table {
            // Nobody looks again at those of a kind that has them all.
            columns: known.map(|known| known.names).filter(|_| self.table.may_lack()),
            ..self.table.clone()
        }
    }

    /// A failure about a column, explained by the columns that there are; looking at them costs nothing.
    async fn explained(
        &self,
        why: Trouble,
        question: &Question,
        now: Timestamp,
        stop: impl Future<Output = ()>,
    ) -> Trouble {
        if !matches!(&why, Trouble::Query { says, .. } if lacks_column(says)) {
            return why;
        }
        let seen = ask_text(&self.cloud, &self.athena, &self.table.ask_columns(), now, stop).await;
        let Ok(seen) = seen else { return why };
        let table = Table {
            columns: Some(Columns::of(seen.rows, now).names),
            ..self.table.clone()
        };
        match table.statement(question) {
            Err(bad) => Trouble::Dimension(bad),
            Ok(_) => why,
        }
    }

    /// The same, looked at now where that is due; it costs nothing. Where it is not allowed, the table is taken to have
    /// all columns, and Athena says what is wrong.
    async fn learnt(
        &self,
        refresh: Refresh,
        now: Timestamp,
        stop: impl Future<Output = ()>,
    ) -> Result<Table, Trouble> {
        let known = Columns::load(&self.shelf, &self.athena, &self.table);
        let due = match refresh {
            Refresh::Never => false,
            Refresh::Auto => known.is_none_or(|known| !known.is_fresh(now)),
            Refresh::Force => known.is_none_or(|known| known.read_at != now),
        };
        if due && self.table.may_lack() {
            match ask_text(&self.cloud, &self.athena, &self.table.ask_columns(), now, stop).await {
                Ok(answer) => {
                    let columns = Columns::of(answer.rows, now);
                    columns
                        .save(&self.shelf, &self.athena, &self.table)
                        .map_err(disk)?;
                }
                Err(Trouble::Stopped) => return Err(Trouble::Stopped),
                Err(trouble) => tracing::warn!("the columns of {} are not known: {trouble}", self.name()),
            }
        }
        Ok(self.table())
    }

    /// From the disk as far as that is good, else from Athena. Where days are its rows, those of the whole bill tell which of
    /// them nobody knows.
    pub async fn answer(
        &self,
        question: &Question,
        refresh: Refresh,
        now: Timestamp,
        stop: impl Future<Output = ()>,
    ) -> Result<Found, Trouble> {
        let mut stop = pin!(stop);
        let mut found = self.read(question, refresh, now, stop.as_mut()).await?;
        // What a filter leaves of a bill does not tell its days.
        if question.by == [Dimension::Day] && question.filter.dimensions().next().is_none() {
            let mut known = found.days(today(now));
            if !reaches(&known, question.period, today(now)) {
                let refresh = match refresh {
                    Refresh::Force => Refresh::Auto,
                    other => other,
                };
                match self.known(refresh, now, stop).await {
                    Ok((whole, paid)) => {
                        known.extend(whole);
                        found.paid += paid;
                    }
                    // Nobody may ask now: the days at the edges stay unknown.
                    Err(Trouble::NotKept(_)) => {}
                    Err(trouble) => return Err(trouble),
                }
            }
            let begins_late = known.keys().next() > Some(&question.period.from);
            let told = found.breakdowns.into_iter();
            let told = told.map(|of| of.knowing(&question.by, &known));
            found.breakdowns = told
                .map(|of| Breakdown {
                    complete: of.complete && !begins_late,
                    ..of
                })
                .collect();
        }
        Ok(found)
    }

    /// The rows alone.
    async fn read(
        &self,
        question: &Question,
        refresh: Refresh,
        now: Timestamp,
        stop: impl Future<Output = ()>,
    ) -> Result<Found, Trouble> {
        let mut stop = pin!(stop);
        let (mut read_at, mut scanned_bytes, mut paid) = (now, 0, Scan::default());
        let mut open = today(now);
        let mut answers = Vec::new();
        let parts = kept::parts(question, today(now));
        let mut table = self.table();
        let is_here = |part: &Question| {
            let known = table
                .statement(part)
                .ok()
                .and_then(|statement| self.kept(&statement));
            known.is_some_and(|known| known.is_good(part.period, refresh, now))
        };
        if !parts.iter().all(is_here) {
            table = self.learnt(refresh, now, stop.as_mut()).await?;
        }
        for part in parts {
            let statement = table.statement(&part).map_err(Trouble::Dimension)?;
            let known = self.kept(&statement);
            let known = known.filter(|known| known.is_good(part.period, refresh, now));
            let kept = match known {
                Some(known) => known,
                None if refresh == Refresh::Never => return Err(Trouble::NotKept(question.period)),
                None => {
                    let asked = match ask(&self.cloud, &self.athena, &statement, now, stop.as_mut()).await {
                        Ok(asked) => asked,
                        Err(why) => return Err(self.explained(why, &part, now, stop).await),
                    };
                    paid += Scan::of(asked.scanned_bytes);
                    // What cannot be read must not be kept.
                    read(&asked.rows, &statement, &part, now)?;
                    let file = kept::file(&self.athena, &statement.text);
                    self.shelf.save(&file, &asked).map_err(disk)?;
                    asked
                }
            };
            if !kept.is_final(part.period) {
                read_at = read_at.min(kept.read_at);
            }
            // What was over when it was read has all of its days.
            if today(kept.read_at) < part.period.to {
                open = open.min(open_day(kept.read_at, now));
            }
            scanned_bytes += kept.scanned_bytes;
            answers.push(read(&kept.rows, &statement, &part, now)?);
        }
        let breakdowns = kept::join(question, is_settled(question, now), answers);
        if breakdowns.is_empty() {
            return Err(Trouble::NoCharge(question.period));
        }
        Ok(Found {
            breakdowns,
            scanned_bytes,
            paid,
            read_at,
            open_day: open,
            statement: table.statement(question).map_err(Trouble::Dimension)?,
        })
    }

    /// The first day that the answer to a question, or its cells, will not have whole: the one on which what is told
    /// without a statement was read, today where all of it is asked for.
    pub fn open_day(&self, question: &Question, refresh: Refresh, now: Timestamp) -> Date {
        let table = self.table();
        let parts = [question.clone(), wide(question)];
        let parts = parts.iter().flat_map(|of| kept::parts(of, today(now)));
        let read = parts.filter_map(|part| {
            let kept = self.kept(&table.statement(&part).ok()?)?;
            let is_open = today(kept.read_at) < part.period.to;
            (is_open && kept.is_good(part.period, refresh, now)).then_some(kept.read_at)
        });
        let open = read.map(|read_at| open_day(read_at, now)).min();
        open.unwrap_or(today(now))
    }

    /// Everything that answers it is on disk, however old.
    pub fn is_kept(&self, question: &Question, now: Timestamp) -> bool {
        let table = self.table();
        kept::parts(question, today(now)).iter().all(|part| {
            let statement = table.statement(part);
            statement.is_ok_and(|statement| self.kept(&statement).is_some())
        })
    }

    pub fn are_cells_kept(&self, question: &Question, now: Timestamp) -> bool {
        self.is_kept(&wide(question), now)
    }

    fn kept(&self, statement: &Statement) -> Option<Kept> {
        let kept: Kept = self.shelf.load(&kept::file(&self.athena, &statement.text))?;
        (kept.statement == statement.text).then_some(kept)
    }

    /// The statement behind the cells of a question: the same for all that the same cells answer.
    pub fn statement(&self, question: &Question) -> Result<Statement, Trouble> {
        self.table()
            .statement(&wide(question))
            .map_err(Trouble::Dimension)
    }

    /// What answers to a question by columns that are known do without.
    pub fn without(&self, question: &Question) -> Option<&'static str> {
        self.table().statement(question).ok()?.without
    }

    /// Cells that answer a question, and others about the same dimensions.
    pub async fn cells(
        &self,
        question: &Question,
        refresh: Refresh,
        now: Timestamp,
        stop: impl Future<Output = ()>,
    ) -> Result<Cells, Trouble> {
        let wide = wide(question);
        let found = self.answer(&wide, refresh, now, stop).await?;
        let axes = &wide.by[..wide.by.len() - 1];
        let days = found.days(today(now));
        let cube = Cube::of_rows(axes, wide.lens, &found.breakdowns, days);
        let cube = cube.map_err(|day| Trouble::Query {
            says: format!("Athena answered with {day:?} for a day"),
            hint: "set kind under [costs.athena] to what the export is".into(),
        })?;
        Ok(Cells {
            cube,
            scan: found.scan(),
            paid: found.paid,
            read_at: found.read_at,
            open_day: found.open_day,
        })
    }

    /// The days of the whole bill that are known, whatever a filter leaves of them.
    pub async fn known(
        &self,
        refresh: Refresh,
        now: Timestamp,
        stop: impl Future<Output = ()>,
    ) -> Result<(Days, Scan), Trouble> {
        let today = today(now);
        let question = Question {
            period: reach(today),
            by: vec![Dimension::Day],
            lens: Lens::Unblended,
            filter: Filter::default(),
        };
        let found = self.read(&question, refresh, now, stop).await?;
        Ok((found.days(today), found.paid))
    }
}

/// The dimensions of a question and of its filter, the kind of charge, and the day, without the filter.
fn wide(question: &Question) -> Question {
    let mut by: Vec<Dimension> = Vec::new();
    let kind = [Dimension::Category];
    for dimension in question
        .by
        .iter()
        .chain(question.filter.dimensions())
        .chain(&kind)
    {
        if !dimension.is_time() && !by.contains(dimension) {
            by.push(dimension.clone());
        }
    }
    // One order, so that the same cells are the same statement.
    by.sort();
    by.push(Dimension::Day);
    Question {
        by,
        filter: Filter::default(),
        ..question.clone()
    }
}

/// The time in which the days of a bill are looked for.
pub fn reach(today: Date) -> Period {
    Period {
        from: today.first_of_month().saturating_sub(REACH_MONTHS.months()),
        to: today.saturating_add(1.day()),
    }
}

/// Whether known days are all of a period up to today. Without a charge at its edges nobody knows whether those days cost
/// nothing, but by the days of the whole bill.
pub fn reaches(known: &Days, period: Period, today: Date) -> bool {
    let is_first = known.keys().next().is_some_and(|first| *first <= period.from);
    let until = known.keys().next_back().map(|last| last.saturating_add(1.day()));
    is_first && until.is_some_and(|until| until >= period.to.min(today))
}

/// Every day from the first charge to the last was answered. A bill moves until two weeks after its month.
pub fn days(breakdowns: &[Breakdown], today: Date) -> Days {
    let rows = breakdowns.iter().flat_map(|breakdown| &breakdown.rows);
    let charged: Vec<Date> = rows.filter_map(|row| row.key.last()?.parse().ok()).collect();
    let (Some(first), Some(last)) = (charged.iter().min(), charged.iter().max()) else {
        return Days::new();
    };
    let moves = |day: Date| Period::month_of(day).to.saturating_add(SETTLED_AFTER_DAYS.days()) > today;
    let days = first.series(1.day()).take_while(|day| day <= last);
    days.map(|day| (day, moves(day))).collect()
}
