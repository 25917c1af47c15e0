//! `qd costs moves ledger`: what each accepted finding saved after one, two and four weeks, by the band of the day
//! it was accepted on; and in a sentence below the list of moves, from what is on disk.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::super::books::Books;
use super::super::sheet::{self, Column};
use super::super::{Asked, Common, bad_dimension};
use super::{show, trouble};
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::advice::ledger::{BOOKED_AFTER_DAYS, Line, by_team, lines};
use crate::cost::advice::{Book, Booked, Booking};
use crate::cost::band::Setting;
use crate::cost::{self, Refresh};

pub async fn run(context: &Context, common: &Common, asked: &Asked, csv: bool, now: Timestamp) -> Outcome {
    let book = Book::load(&context.paths.data_dir).map_err(trouble)?;
    let booked = booked(context, common, asked, &book, now).await?;
    let lines = lines(&book, &booked, &setting(context), cost::today(now));
    print(context, &book, &lines, cost::today(now), csv)
}

fn setting(context: &Context) -> Setting {
    Setting {
        holidays: context.config.costs.holidays.clone(),
        ..Setting::default()
    }
}

/// What is decided and what came of it, without asking for anything.
pub async fn summary(
    context: &Context,
    common: &Common,
    asked: &Asked,
    book: &Book,
    now: Timestamp,
) -> Outcome {
    let asleep = book.asleep(cost::today(now));
    let asleep: Vec<String> = asleep.map(|(id, snoozed)| snoozed.says(id)).collect();
    if !asleep.is_empty() {
        notice(format_args!(
            "put off: {} (`qd costs moves withdraw ID` wakes it)",
            crate::cli::quote(&asleep.join("; "))
        ));
    }
    if book.accepted().next().is_none() {
        return Ok(Exit::Done);
    }
    let quiet = Asked {
        lens: asked.lens,
        filter: asked.filter.clone(),
        refresh: Refresh::Never,
    };
    let booked = booked(context, common, &quiet, book, now).await;
    let lines = lines(
        book,
        &booked.unwrap_or_default(),
        &setting(context),
        cost::today(now),
    );
    let promised = show::about(
        lines.iter().map(Line::at_least).sum(),
        lines.iter().map(Line::promised).sum(),
    );
    let booked: Vec<f64> = lines.iter().filter_map(Line::booked).collect();
    let by = booked.iter().filter(|saved| **saved > 0.0).count();
    let realised = match (booked.is_empty(), by) {
        (true, _) => "none of it is booked yet".to_owned(),
        (false, 0) => "nothing was realised so far".to_owned(),
        (false, by) => format!("{:.2} USD realised by {by} of them", booked.iter().sum::<f64>()),
    };
    notice(format_args!(
        "accepted: {}, promising {promised} USD a month; {realised} (`qd costs moves ledger`)",
        lines.len()
    ));
    Ok(Exit::Done)
}

/// What the bill tells of every cell that something accepted is booked on.
async fn booked(
    context: &Context,
    common: &Common,
    asked: &Asked,
    book: &Book,
    now: Timestamp,
) -> Result<Booked, Error> {
    let Some(booking) = Booking::of(book, cost::today(now)) else {
        return Ok(Booked::default());
    };
    let sample = |today| {
        let services = booking.services(today, false).ok().flatten();
        let services = services.into_iter().flat_map(|(_, questions)| questions);
        booking
            .types(today)
            .into_iter()
            .chain(services)
            .collect::<Vec<_>>()
    };
    let books = Books::open(context, common, asked, sample, now).await?;
    let today = books.today(now)?;
    let mut booked = Booked::default();
    let types = booking.types(today);
    let services = booking.services(today, books.is_wide());
    let services = services.map_err(|bad| Error::usage(bad.to_string()))?;
    let of_services = services.iter().flat_map(|(_, questions)| questions.clone());
    let whole = types.iter().cloned().chain(of_services).collect();
    books.tell_whole(asked, "booking what was saved", whole, now)?;
    if let Some(question) = types {
        let cube = books.cube(asked, &question, now).await?;
        booked.take_types(&cube, &question).map_err(bad_dimension)?;
    }
    if let Some((survey, [categories, accounts])) = services {
        let services = books.cube(asked, &categories, now).await?;
        let accounts = books.cube(asked, &accounts, now).await?;
        let taken = booked.take_services(&survey, &services, &accounts);
        taken.map_err(bad_dimension)?;
    }
    if let Books::Files(files) = &books {
        booked.leave_overlaps(files);
    }
    if let Some(says) = booked.says() {
        notice(says);
    }
    Ok(booked)
}

const HEADERS: [&str; 9] = [
    "ID", "ACCEPTED", "RULE", "RESOURCE", "TEAM", "PROMISED", "7 DAYS", "14 DAYS", "28 DAYS",
];

/// Of the documents, for spreadsheets.
const COLUMNS: [&str; 13] = [
    "id",
    "accepted_on",
    "rule",
    "resource",
    "team",
    "promised_at_least_a_month",
    "promised_a_month",
    "saved_after_days.7",
    "saved_after_days.14",
    "saved_after_days.28",
    "currency",
    "why",
    "run",
];

fn money(saved: Option<f64>) -> Option<String> {
    saved.map(|saved| format!("{saved:.2}"))
}

fn document(line: &Line) -> Value {
    let saved: serde_json::Map<_, _> = BOOKED_AFTER_DAYS
        .iter()
        .zip(&line.saved)
        .map(|(days, saved)| (days.to_string(), money(*saved).into()))
        .collect();
    json!({
        "id": line.id,
        "rule": line.accepted.rule,
        "resource": line.accepted.resource,
        "team": line.accepted.team,
        "accepted_on": line.on,
        "promised_at_least_a_month": line.accepted.at_least,
        "promised_a_month": line.accepted.promised,
        "currency": "USD",
        "booked_on": line.accepted.key,
        "saved_after_days": saved,
        "why": line.why,
        "run": line.accepted.run,
    })
}

fn print_json(context: &Context, book: &Book, lines: &[Line]) -> Result<(), Error> {
    let rows: Vec<Value> = lines.iter().map(document).collect();
    let teams = by_team(lines).into_iter();
    let teams: serde_json::Map<_, _> = teams
        .map(|(team, saved)| (team.to_owned(), money(Some(saved)).into()))
        .collect();
    let withdrawn = book.withdrawn.iter().map(|of| {
        json!({
            "id": of.id,
            "rule": of.accepted.rule,
            "resource": of.accepted.resource,
            "accepted_on": cost::today(of.accepted.at),
            "withdrawn_on": cost::today(of.at),
            "reason": of.reason,
        })
    });
    let withdrawn: Vec<_> = withdrawn.collect();
    context.print_json(&json!({
        "currency": "USD",
        "rows": rows,
        "teams": teams,
        "snoozed": show::snoozed(book),
        "withdrawn": withdrawn,
    }))
}

fn print(context: &Context, book: &Book, lines: &[Line], today: Date, csv: bool) -> Outcome {
    if context.json {
        print_json(context, book, lines)?;
        return Ok(Exit::Done);
    }
    if csv {
        let documents: Vec<Value> = lines.iter().map(document).collect();
        sheet::print(&Column::of(&COLUMNS), &documents)?;
        return Ok(Exit::Done);
    }
    let blank = || "-".to_owned();
    let row = |line: &Line| {
        let [week, fortnight, month] = line.saved.map(|saved| money(saved).unwrap_or_else(blank));
        [
            line.id.clone(),
            line.on.to_string(),
            line.accepted.rule.clone(),
            line.accepted.resource.clone(),
            line.accepted.team.clone().unwrap_or_else(blank),
            show::about(line.at_least(), line.promised()),
            week,
            fortnight,
            month,
        ]
    };
    let mut rows: Vec<[String; 9]> = lines.iter().map(row).collect();
    for (team, saved) in by_team(lines) {
        let mut row: [String; 9] = Default::default();
        row[4] = if team.is_empty() {
            "no team".into()
        } else {
            team.to_owned()
        };
        row[8] = format!("{saved:.2}");
        rows.push(row);
    }
    context.print_table(&HEADERS, &rows)?;
    tell(book, lines, today);
    Ok(Exit::Done)
}

/// Why something is not booked, and what is no longer taken on.
fn tell(book: &Book, lines: &[Line], today: Date) {
    for line in lines {
        if let Some(why) = &line.why {
            notice(crate::cli::quote(&format!(
                "{} of {}: {why}",
                line.id, line.accepted.resource
            )));
        }
    }
    for of in &book.withdrawn {
        notice(format_args!(
            "taken back on {}: {} ({})",
            cost::today(of.at),
            crate::cli::quote(&of.accepted.says(&of.id)),
            crate::cli::quote(&of.reason)
        ));
    }
    for (id, snoozed) in book.asleep(today) {
        notice(format_args!("put off: {}", crate::cli::quote(&snoozed.says(id))));
    }
}
