//! `qd costs breakdown` and `summary` from imported files: no request, no price, and what the files do not have is said.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::import::Told;
use super::show::{print_currencies, print_tables};
use super::{Asked, bad_dimension};
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::{self, Breakdown, Dimension, Files, NoAnswer, Period};

/// What the command line asks for.
pub struct Wanted {
    pub by: Vec<Dimension>,
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub csv: bool,
}

impl From<NoAnswer> for Error {
    fn from(why: NoAnswer) -> Error {
        let hint = why.hint();
        match why {
            NoAnswer::Dimension(_) | NoAnswer::NoSuch(..) => Error::usage(why.to_string()).hint(hint),
            _ => Error::failed(why.to_string()).hint(hint),
        }
    }
}

pub async fn breakdown(context: &Context, asked: &Asked, name: Option<&str>, wanted: Wanted) -> Outcome {
    let files = load(context, name)?;
    let whole = files.span().ok_or(NoAnswer::Nothing)?;
    let (from, to) = (wanted.from.unwrap_or(whole.from), wanted.to.unwrap_or(whole.to));
    let period = Period::new(from, to).ok_or_else(|| {
        Error::usage(format!("--from {from} is not before --to {to}")).hint("--to is the day after the last")
    })?;
    if period.to <= whole.from || period.from >= whole.to {
        let says = format!("nothing imported was charged from {from} up to {to}");
        return Err(Error::failed(says).hint(format!(
            "what was imported goes from {} up to {}",
            whole.from, whole.to
        )));
    }
    let question = asked.question(period, wanted.by);
    for dimension in question.by.iter().chain(question.filter.dimensions()) {
        if let Some(lost) = files.lost(dimension) {
            notice(format_args!("an export has no column {lost}"));
        }
    }
    // Reading the files themselves may take seconds.
    let (files, question, answer) = tokio::task::spawn_blocking(move || {
        let mut told = Told::new();
        let answer = files.answer(&question, &mut |progress| told.hear(progress));
        (files, question, answer)
    })
    .await
    .map_err(|_| {
        Error::failed("an imported file cannot be read: it is damaged").hint("fetch and import it again")
    })?;
    let breakdowns = answer?;
    if wanted.csv {
        print_csv(&question.by, &breakdowns)?;
    } else if context.json {
        let source = name.unwrap_or("files");
        let documents = breakdowns
            .iter()
            .map(|breakdown| document(breakdown, asked, source, &files));
        print_currencies(context, documents.collect())?;
    } else {
        print_tables(context, &question, &breakdowns)?;
    }
    Ok(Exit::Done)
}

pub fn load(context: &Context, name: Option<&str>) -> Result<Files, Error> {
    let files = Files::load(&context.paths.data_dir, name)?;
    if let Some((month, names)) = files.overlaps().last() {
        notice(format_args!(
            "{} exports have {month}: {}; name one with --source if they are of the same bill",
            names.len(),
            names.join(", ")
        ));
    }
    if files.cube.rounded > 0 {
        notice(format_args!(
            "{} amounts had digits beyond 1e-12, which were rounded",
            files.cube.rounded
        ));
    }
    Ok(files)
}

fn document(breakdown: &Breakdown, asked: &Asked, source: &str, files: &Files) -> Value {
    let rows = breakdown.rows.iter().map(|row| {
        json!({
            "key": row.key,
            "cost": row.cost.to_string(),
            "quantity": row.quantity.map(|quantity| quantity.to_string()),
        })
    });
    json!({
        "source": source,
        "metric": asked.lens.file_name(),
        "currency": breakdown.currency,
        "from": breakdown.period.from,
        "to": breakdown.period.to,
        "complete": breakdown.complete,
        "rows": rows.collect::<Vec<_>>(),
        "total": breakdown.total.to_string(),
        "rounded": files.cube.rounded,
    })
}

/// One table whatever the currencies, each named in its rows.
pub fn print_csv(by: &[Dimension], breakdowns: &[Breakdown]) -> Result<(), Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let headers = by.iter().map(Dimension::to_string);
    let headers = headers.chain(["cost", "currency", "quantity"].map(str::to_owned));
    let bad = |cause: csv::Error| Error::failed(format!("cannot write CSV: {cause}"));
    out.write_record(headers.collect::<Vec<_>>()).map_err(bad)?;
    for breakdown in breakdowns {
        for row in &breakdown.rows {
            let quantity = row
                .quantity
                .map(|quantity| quantity.to_string())
                .unwrap_or_default();
            let key = row.key.iter().map(|part| crate::cli::quote(part));
            let rest = [row.cost.to_string(), breakdown.currency.clone(), quantity];
            out.write_record(key.chain(rest)).map_err(bad)?;
        }
    }
    let bytes = out
        .into_inner()
        .map_err(|cause| Error::failed(format!("cannot write CSV: {cause}")))?;
    crate::cli::context::print(&String::from_utf8_lossy(&bytes))
}

/// The headline for the last imported day: its month so far against the same days before.
pub fn summary(context: &Context, asked: &Asked, name: Option<&str>, now: Timestamp) -> Outcome {
    let files = load(context, name)?;
    let whole = files.span().ok_or(NoAnswer::Nothing)?;
    let today = cost::today(now).min(whole.last_day().saturating_add(1.day()));
    let summaries = cost::summary(&files.cube, today, 1, asked.lens, &asked.filter).map_err(bad_dimension)?;
    if !context.json {
        for summary in &summaries {
            context.print_table(&[summary.says().as_str()], &[] as &[Vec<String>])?;
        }
        return Ok(Exit::Done);
    }
    let documents = summaries.iter().map(|summary| {
        let cost::Comparison { current, previous } = summary.comparison;
        json!({
            "source": name.unwrap_or("files"),
            "metric": asked.lens.file_name(),
            "currency": summary.currency,
            "current": { "from": current.from, "to": current.to, "cost": summary.current.to_string() },
            "previous": { "from": previous.from, "to": previous.to, "cost": summary.previous.to_string() },
            "change": (summary.current - summary.previous).to_string(),
            "change_percent": summary.change_percent,
            "complete": summary.complete,
            "says": summary.says(),
        })
    });
    print_currencies(context, documents.collect())?;
    Ok(Exit::Done)
}
