//! `qd costs moves ledger`: what each accepted finding saved after one, two and four weeks, by the band of the day
//! it was accepted on; and in a sentence below the list of moves, from what is on disk.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::super::books::Books;
use super::super::sheet;
use super::super::{Asked, Common, bad_dimension};
use super::{show, trouble};
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::advice::ledger::{BOOKED_AFTER_DAYS, Line, by_team, lines};
use crate::cost::advice::{Book, Booked, Booking};
use crate::cost::anomaly::Series;
use crate::cost::band::Setting;
use crate::cost::{self, Refresh};

pub async fn run(context: &Context, common: &Common, asked: &Asked, csv: bool, now: Timestamp) -> Outcome {
    let book = Book::load(&context.paths.data_dir).map_err(trouble)?;
    let series = series(context, common, asked, &book, now).await?;
    let lines = lines(&book, &series, &setting(context), cost::today(now));
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
    let series = series(context, common, &quiet, book, now).await;
    let lines = lines(
        book,
        &series.unwrap_or_default(),
        &setting(context),
        cost::today(now),
    );
    let promised = lines.iter().map(Line::promised);
    let booked: Vec<f64> = lines.iter().filter_map(Line::booked).collect();
    let realised = match booked.is_empty() {
        true => "none of it is booked yet".to_owned(),
        false => format!(
            "{:.2} USD realised by {} of them",
            booked.iter().sum::<f64>(),
            booked.len()
        ),
    };
    notice(format_args!(
        "accepted: {}, promising {:.2} USD a month; {realised} (`qd costs moves ledger`)",
        lines.len(),
        promised.sum::<f64>()
    ));
    Ok(Exit::Done)
}

/// The series of every cell that something accepted is booked on.
async fn series(
    context: &Context,
    common: &Common,
    asked: &Asked,
    book: &Book,
    now: Timestamp,
) -> Result<Vec<Series>, Error> {
    let Some(booking) = Booking::of(book, cost::today(now)) else {
        return Ok(Vec::new());
    };
    let sample = |today| {
        let services = booking.services(today).ok().flatten();
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
    let services = booking.services(today);
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
    if let Some(says) = booked.says() {
        notice(says);
    }
    Ok(booked.series)
}

const HEADERS: [&str; 9] = [
    "ID", "ACCEPTED", "RULE", "RESOURCE", "TEAM", "PROMISED", "7 DAYS", "14 DAYS", "28 DAYS",
];

fn print(context: &Context, book: &Book, lines: &[Line], today: Date, csv: bool) -> Outcome {
    let teams = by_team(lines);
    let money = |saved: &Option<f64>| saved.map(|saved| format!("{saved:.2}"));
    if context.json {
        let rows = lines.iter().map(|line| {
            let saved: serde_json::Map<_, _> = BOOKED_AFTER_DAYS
                .iter()
                .zip(&line.saved)
                .map(|(days, saved)| (days.to_string(), money(saved).into()))
                .collect();
            json!({
                "id": line.id,
                "rule": line.accepted.rule,
                "resource": line.accepted.resource,
                "team": line.accepted.team,
                "accepted_on": line.on,
                "promised_a_month": line.accepted.promised,
                "booked_on": line.accepted.key,
                "saved_after_days": saved,
                "why": line.why,
                "run": line.accepted.run,
            })
        });
        let rows: Vec<_> = rows.collect();
        let teams: serde_json::Map<_, _> = teams
            .iter()
            .map(|(team, saved)| ((*team).to_owned(), format!("{saved:.2}").into()))
            .collect();
        let snoozed = show::snoozed(book);
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
            "snoozed": snoozed,
            "withdrawn": withdrawn,
        }))?;
        return Ok(Exit::Done);
    }
    let blank = if csv { "" } else { "-" };
    let mut rows: Vec<[String; 9]> = lines
        .iter()
        .map(|line| {
            let saved = line
                .saved
                .each_ref()
                .map(|saved| money(saved).unwrap_or_else(|| blank.into()));
            let [week, fortnight, month] = saved;
            [
                line.id.clone(),
                line.on.to_string(),
                line.accepted.rule.clone(),
                line.accepted.resource.clone(),
                line.accepted.team.clone().unwrap_or_else(|| blank.into()),
                line.accepted.promised.clone(),
                week,
                fortnight,
                month,
            ]
        })
        .collect();
    if csv {
        sheet::print_rows(HEADERS.into_iter(), rows.into_iter().map(Vec::from))?;
        return Ok(Exit::Done);
    }
    for (team, saved) in teams {
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
            "taken back on {}: {} {} of {} ({})",
            cost::today(of.at),
            of.id,
            of.accepted.rule,
            crate::cli::quote(&of.accepted.resource),
            crate::cli::quote(&of.reason)
        ));
    }
    for (id, snoozed) in book.asleep(today) {
        notice(format_args!("put off: {}", crate::cli::quote(&snoozed.says(id))));
    }
    Ok(Exit::Done)
}
