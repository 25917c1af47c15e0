//! Questions answered by Athena over an export: the statement is started, asked after with growing pauses, read to its
//! last page, and stopped when nobody waits for it any more. An answer without any charge is told as such, never as 0.

mod columns;
mod export;
mod kept;
mod scan;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::amount::Amount;
use super::breakdown::{Breakdown, Question, Row};
use super::dataset::Dimension;
use super::desk::today;
use super::sql::{Statement, Table};
use super::trouble::Trouble;
use crate::aws::{Athena, Cloud, Failure, Progress};

pub use super::lacking::Days;
pub use export::{Cells, Export, days, reach, reaches, table, table_seen};
use kept::{Kept, SETTLED_AFTER_DAYS};
pub use scan::Scan;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

#[derive(Clone, Debug)]
pub struct Found {
    /// One for each currency.
    pub breakdowns: Vec<Breakdown>,
    /// What is read for it when nothing of it is kept.
    pub scanned_bytes: u64,
    /// What was read for it now.
    pub paid: Scan,
    /// When the oldest part of it that can still change was read.
    pub read_at: Timestamp,
    /// The first day that was not over when it was read; today at the latest.
    pub open_day: Date,
    pub statement: Statement,
}

impl Found {
    /// What asking for all of it takes.
    pub fn scan(&self) -> Scan {
        Scan::of(self.scanned_bytes)
    }

    /// Days that were answered; of an answer kept since an earlier day without the one on which it was read, which was not
    /// over then.
    pub fn days(&self, today: Date) -> Days {
        let mut days = days(&self.breakdowns, today);
        days.retain(|day, _| *day < self.open_day || self.open_day == today);
        days
    }
}

/// Answers a question; when `stop` comes first, the query is stopped at AWS.
pub async fn answer(
    cloud: &Cloud,
    athena: &Athena,
    table: &Table,
    question: &Question,
    now: Timestamp,
    stop: impl Future<Output = ()>,
) -> Result<Found, Trouble> {
    let statement = table.statement(question).map_err(Trouble::Dimension)?;
    let kept = ask(cloud, athena, &statement, now, stop).await?;
    let breakdowns = read(&kept.rows, &statement, question, now)?;
    if breakdowns.is_empty() {
        return Err(Trouble::NoCharge(question.period));
    }
    Ok(Found {
        breakdowns,
        scanned_bytes: kept.scanned_bytes,
        paid: Scan::of(kept.scanned_bytes),
        read_at: now,
        open_day: today(now),
        statement,
    })
}

/// Runs a statement to its last page.
async fn ask(
    cloud: &Cloud,
    athena: &Athena,
    statement: &Statement,
    now: Timestamp,
    stop: impl Future<Output = ()>,
) -> Result<Kept, Trouble> {
    ask_text(cloud, athena, &statement.text, now, stop).await
}

async fn ask_text(
    cloud: &Cloud,
    athena: &Athena,
    text: &str,
    now: Timestamp,
    stop: impl Future<Output = ()>,
) -> Result<Kept, Trouble> {
    let refused = |failure| Trouble::Failure(with_remedy(failure));
    let id = cloud.start_query(athena, text).await.map_err(refused)?;
    let ended = tokio::select! {
        ended = wait(cloud, athena, &id) => ended,
        () = stop => Err(Trouble::Stopped),
    };
    let scanned_bytes = match ended {
        Ok(scanned) => scanned,
        Err(trouble @ Trouble::Query { .. }) => return Err(trouble),
        Err(trouble) => {
            // Whatever made us leave, the query must not go on reading at the user's expense.
            if let Err(failure) = cloud.stop_query(athena, &id).await {
                tracing::warn!("query {id} was not stopped: {failure}");
            }
            return Err(trouble);
        }
    };
    let rows = cloud
        .fetch_query_rows(athena, &id)
        .await
        .map_err(Trouble::Failure)?;
    Ok(Kept {
        statement: text.to_owned(),
        read_at: now,
        scanned_bytes,
        rows,
    })
}

async fn wait(cloud: &Cloud, athena: &Athena, id: &str) -> Result<u64, Trouble> {
    let mut pause = FIRST_PAUSE;
    loop {
        match cloud
            .fetch_query_progress(athena, id)
            .await
            .map_err(Trouble::Failure)?
        {
            Progress::Open => {}
            Progress::Done { scanned } => return Ok(scanned),
            Progress::Failed { says } => return Err(failed(&says)),
            Progress::Cancelled => {
                let (says, hint) = ("somebody stopped the query".to_owned(), "ask again".to_owned());
                return Err(Trouble::Query { says, hint });
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Whether a query failed because the table lacks a column that it names.
fn lacks_column(says: &str) -> bool {
    let lower = says.to_lowercase();
    ["column_not_found", "cannot be resolved"]
        .iter()
        .any(|word| lower.contains(word))
}

/// The reason of a query that failed, with what to do about it.
fn failed(says: &str) -> Trouble {
    let lower = says.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let hint = if has(&["table_not_found", "schema_not_found", "does not exist"]) {
        "set database and table under [costs.athena] to what the export is registered as, and its region"
    } else if lacks_column(says) {
        "the export lacks a column: set kind under [costs.athena] to focus, focus-1.2 or cur2"
    } else if has(&["access denied", "insufficient", "not authorized", "permission"]) {
        "allow s3:GetObject on the export, s3:PutObject on the output, and glue:GetTable and glue:GetPartitions"
    } else {
        "`qd costs sql` shows the statement: try it in the console of Athena"
    };
    Trouble::Query {
        says: says.chars().filter(|c| !c.is_control()).take(400).collect(),
        hint: hint.to_owned(),
    }
}

fn with_remedy(mut failure: Failure) -> Failure {
    let lower = failure.cause.to_lowercase();
    if lower.contains("output location") {
        failure.hint = "set output = \"s3://…\" or workgroup under [costs.athena]".into();
    } else if lower.contains("workgroup") {
        failure.hint = "set workgroup under [costs.athena] to one of this region".into();
    }
    failure
}

/// Rows of texts after the header: keys, currency, cost, quantity.
fn read(
    rows: &[Vec<Option<String>>],
    statement: &Statement,
    question: &Question,
    now: Timestamp,
) -> Result<Vec<Breakdown>, Trouble> {
    let amount = |text: &str| {
        Amount::parse(text)
            .map(|parsed| parsed.amount)
            .map_err(Trouble::Amount)
    };
    let by_unit = question.by.contains(&Dimension::UsageType);
    let mut currencies: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows.iter().skip(1) {
        let (key, rest) = row.split_at_checked(statement.keys).unwrap_or((&[], &[]));
        let [currency, cost, quantity] = rest else {
            return Err(Trouble::Query {
                says: format!("Athena answered with {} columns in a row", row.len()),
                hint: "try again; if it stays, the workgroup rewrites statements".into(),
            });
        };
        // A group whose costs are all NULL has no cost that could be shown.
        let Some(cost) = cost else { continue };
        let row = Row {
            key: key.iter().map(|text| text.clone().unwrap_or_default()).collect(),
            cost: amount(cost)?,
            quantity: match quantity {
                Some(quantity) if by_unit => Some(amount(quantity)?),
                _ => None,
            },
        };
        let currency = currency.clone().unwrap_or_default();
        currencies.entry(currency).or_default().push(row);
    }
    let settled = is_settled(question, now);
    let breakdown = |(currency, rows)| Breakdown::of(currency, question, settled, rows);
    Ok(currencies.into_iter().map(breakdown).collect())
}

/// A bill stands still about two weeks after its month.
fn is_settled(question: &Question, now: Timestamp) -> bool {
    question.period.to.saturating_add(SETTLED_AFTER_DAYS.days()) <= today(now)
}
