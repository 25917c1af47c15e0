//! Costs of imported files, for every verb: no request, no price, and what the files do not have is said.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::import::Told;
use super::{Asked, Cut, document, show};
use crate::cli::{Context, Error, Outcome, notice};
use crate::cost::{self, Breakdown, Dimension, Files, Lens, NoAnswer, Period, Question, partly_known};

impl From<NoAnswer> for Error {
    fn from(why: NoAnswer) -> Error {
        let hint = why.hint();
        match why {
            NoAnswer::Dimension(_) | NoAnswer::NoSuch(..) | NoAnswer::Mixed(..) => {
                Error::usage(why.to_string()).hint(hint)
            }
            _ => Error::failed(why.to_string()).hint(hint),
        }
    }
}

pub async fn breakdown(
    context: &Context,
    asked: &Asked,
    name: Option<&str>,
    by: Vec<Dimension>,
    (cut, csv): (&Cut, bool),
    now: Timestamp,
) -> Outcome {
    let files = load(context, name, asked.lens)?;
    let question = asked.question(period(&files, cut, name)?, by);
    tell_lost(&files, &question);
    if question.by.contains(&Dimension::Month) {
        notice(
            "months are those of the bills, which may have charges of other months' days; --by day and drivers go by \
             the days of the charges",
        );
    }
    let (files, question, breakdowns) = answer(files, question).await?;
    let breakdowns = show::past(known(&files, &question, breakdowns)?, now);
    // Rows without a value of what they are split by are rows all the same.
    let filtered = Question {
        by: Vec::new(),
        ..question.clone()
    };
    for breakdown in &breakdowns {
        let known = files.known_days_of(&filtered, &breakdown.currency);
        let says = partly_known(question.period, known, cost::today(now));
        match (says, breakdowns.len()) {
            (None, _) => {}
            (Some(says), 1) => notice(says),
            (Some(says), _) => notice(format_args!("{}: {says}", breakdown.currency)),
        }
    }
    show::print_as(context, &question, &breakdowns, csv, || {
        let (source, metric) = (name.unwrap_or("files"), asked.lens.file_name());
        let more = |of: &Breakdown| {
            let unknown = files.unknown_of(&filtered, &of.currency);
            let lost: u32 = unknown.iter().map(|days| days.days()).sum();
            document::more([
                ("rounded", files.cube.rounded.into()),
                ("blank", json!(files.cube.blank(asked.lens))),
                ("overlaps", overlaps(&files)),
                ("gaps", gaps(&files)),
                ("known_days", (question.period.days() - lost).into()),
                ("unknown", unknown.into_iter().map(days).collect()),
            ])
        };
        document::print(context, &breakdowns, source, metric, more)
    })
}

/// What all imports together are called in a sentence.
pub const ALL: &str = "what was imported";

/// The days asked for; an error where nothing of them was imported.
pub fn period(files: &Files, cut: &Cut, name: Option<&str>) -> Result<Period, Error> {
    let period = cut.within(files.span().ok_or(NoAnswer::Nothing)?, name.unwrap_or(ALL))?;
    charged(files, period)?;
    Ok(period)
}

/// Refuses days of which nothing was imported.
pub fn charged(files: &Files, period: Period) -> Result<(), Error> {
    let whole = files.span().ok_or(NoAnswer::Nothing)?;
    if period.to <= whole.from || period.from >= whole.to {
        let says = format!(
            "nothing imported was charged from {} up to {}",
            period.from, period.to
        );
        return Err(Error::failed(says).hint(goes(whole)));
    }
    Ok(())
}

/// From which day on and until which one something was imported, in words.
pub fn goes(whole: Period) -> String {
    let (first, last) = (whole.from, whole.last_day());
    format!("what was imported goes from {first} to {last}, both included")
}

/// What is known of a period, a currency each: where nothing is, that is said, and is no bill of nothing.
fn known(files: &Files, question: &Question, all: Vec<Breakdown>) -> Result<Vec<Breakdown>, Error> {
    let is_known = |of: &Breakdown| !of.rows.is_empty() || files.known_days_of(question, &of.currency) > 0;
    let (known, unknown): (Vec<_>, Vec<_>) = all.into_iter().partition(is_known);
    let says = |of: &Breakdown| {
        let says = format!(
            "nothing is known of {} in {}",
            question.period.in_full(),
            of.currency
        );
        Error::failed(says).hint("import what is missing, or choose other days with --from and --to")
    };
    match unknown.first() {
        Some(of) if known.is_empty() => return Err(says(of)),
        _ => unknown.iter().for_each(|of| notice(says(of).says)),
    }
    Ok(known)
}

/// Why there is no answer about days that an export lacks.
pub fn lacking(gap: &cost::Gap) -> Error {
    Error::failed(gap.to_string()).hint(gap.remedy())
}

/// Says for which dimension an export has no column.
pub fn tell_lost(files: &Files, question: &Question) {
    if let Some((says, hint)) = files.untold(question) {
        return notice(format_args!("{says}; {hint}"));
    }
    for dimension in question.by.iter().chain(question.filter.dimensions()) {
        if let Some(lost) = files.lost(dimension) {
            notice(format_args!("an export has no column {lost}"));
        }
    }
}

/// Answers off the reactor: reading the files themselves may take seconds.
pub async fn answer(files: Files, question: Question) -> Result<(Files, Question, Vec<Breakdown>), Error> {
    let (files, question, answer) = tokio::task::spawn_blocking(move || {
        let mut told = Told::new();
        let answer = files.answer(&question, &mut |progress| told.hear(progress));
        (files, question, answer)
    })
    .await
    .map_err(|_| {
        Error::failed("an imported file cannot be read: it is damaged").hint("fetch and import it again")
    })?;
    Ok((files, question, answer?))
}

/// Months that more than one export has, with their names.
pub fn overlaps(files: &Files) -> Value {
    let one = |(month, exports)| json!({ "month": month, "exports": exports });
    files.overlaps().into_iter().map(one).collect()
}

/// Months, or parts of them, that one export lacks while others go on.
pub fn gaps(files: &Files) -> Value {
    let one = |gap: &cost::Gap| {
        let currencies = (!gap.currencies.is_empty()).then_some(&gap.currencies);
        json!({ "export": gap.export, "from": gap.days.from, "to": gap.days.to, "currencies": currencies })
    };
    files.gaps.iter().map(one).collect()
}

/// Days without a break, the last not with them.
fn days(of: Period) -> Value {
    json!({ "from": of.from, "to": of.to })
}

/// What was imported, with what its totals through a lens may lack.
pub fn load(context: &Context, name: Option<&str>, lens: Lens) -> Result<Files, Error> {
    let files = open(context, name)?;
    if let Some(says) = files.cube.blank_says(lens) {
        notice(says);
    }
    for says in [files.without(lens), files.one_name()].into_iter().flatten() {
        notice(says);
    }
    if files.cube.rounded > 0 {
        notice(format_args!(
            "{} amounts had digits beyond 1e-12, which were rounded",
            files.cube.rounded
        ));
    }
    Ok(files)
}

/// The same without a word about amounts, which an import has told of already.
pub fn open(context: &Context, name: Option<&str>) -> Result<Files, Error> {
    let files = Files::load(&context.paths.data_dir, name)?;
    for gap in &files.gaps {
        notice(format_args!("{gap}; {}", gap.remedy()));
    }
    if let Some((says, _)) = files.overlap() {
        notice(format_args!(
            "{says}; name one with --source if they are of the same bill"
        ));
    }
    Ok(files)
}
