//! `qd costs drivers`: what changed between two periods, split into usage and rate.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::books::Books;
use super::cut::{chosen, each_once, parse_day};
use super::sheet::{self, Column};
use super::show::UNKNOWN;
use super::{Asked, Common, Source, bad_dimension};
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::driver::{Driver, Drivers, Kind, drivers, told_by_kind};
use crate::cost::{self, Amount, Breakdown, Comparison, Dimension, Period, Question, partly_known};

/// Rows of the table; the others are one.
const SHOWN: usize = 20;

#[derive(clap::Args)]
pub struct Args {
    /// First day (UTC); default: the first of this month, with files of the last one imported
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    from: Option<Date>,
    /// Day after the last one (UTC); default: today, with files the day after the last imported
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    to: Option<Date>,
    /// The period to compare with, from its first day to the day after its last; default: of days from the first of a month
    /// on the same days of the month before, of whole months as many before them, of any others as many days just before
    #[arg(long, value_name = "DAY..DAY", value_parser = parse_period)]
    against: Option<Period>,
    /// Cells that are compared: usage and rate are told apart by one dimension, or where usage_type is among them
    #[arg(
        long,
        value_name = "DIM,…",
        value_delimiter = ',',
        default_value = "service,usage_type"
    )]
    by: Vec<String>,
    /// Each cell as a row of CSV, to the last digit
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    common: Common,
}

pub fn parse_period(text: &str) -> Result<Period, String> {
    let wanted = "write two days, such as 2026-09-01..2026-10-01";
    let (from, to) = text.split_once("..").ok_or(wanted)?;
    let day = |text: &str| text.parse::<Date>().map_err(|_| wanted);
    Period::new(day(from)?, day(to)?).ok_or_else(|| "the first day is not before the last".into())
}

/// The periods: what is compared with what; `name` is whose days end before `today`.
pub fn periods(
    span: (Option<Date>, Option<Date>),
    against: Option<Period>,
    today: Date,
    name: &str,
) -> Result<Comparison, Error> {
    let current = match span {
        (None, None) => Comparison::same_days(today, 1).current,
        span => chosen(span, (today.first_of_month(), today), name)?,
    };
    let usual = Comparison::of(current);
    Ok(Comparison {
        previous: against.unwrap_or(usual.previous),
        ..usual
    })
}

pub async fn run(args: Args, context: &Context, now: Timestamp) -> Outcome {
    let asked = Asked::read(&args.common)?;
    let by: Result<Vec<Dimension>, _> = args.by.iter().map(|dim| Dimension::parse(dim)).collect();
    let by = by.map_err(bad_dimension)?;
    each_once(&by)?;
    if by.iter().any(Dimension::is_time) {
        return Err(Error::usage("two periods have no days or months in common")
            .hint("leave day and month out of --by"));
    }
    let pair = paired(&by).filter(|pair| {
        let question = asked.question(Period::month_of(cost::today(now)), pair.clone());
        let is_paid = matches!(args.common.source(&context.paths.data_dir), Source::CostExplorer);
        !is_paid || question.slice(cost::today(now)).is_ok()
    });
    let both_by = |comparison: Comparison, by: &[Dimension]| {
        [comparison.current, comparison.previous].map(|period| asked.question(period, by.to_vec()))
    };
    let both = |comparison| both_by(comparison, pair.as_ref().unwrap_or(&by));
    let span = (args.from, args.to);
    let name = args.common.named(&context.paths.data_dir);
    let compared = |today| periods(span, args.against, today, &name);
    let sample = |today| compared(today).map_or(Vec::new(), |comparison| both(comparison).into());
    let books = Books::open(context, &args.common, &asked, sample, now).await?;
    let comparison = books.finished(&asked, now, compared)?;
    let pair = pair.as_ref().filter(|_| books.tells(&Dimension::UsageType));
    let cells = pair.unwrap_or(&by);
    let kinds = with_kind(&books, cells);
    let [current, previous] = both_by(comparison, kinds.as_deref().unwrap_or(cells));
    let whole = vec![current.clone(), previous.clone()];
    books.tell_whole(&asked, "comparing the two", whole, now)?;
    let after = books.answer(&asked, &current, now).await?;
    let before = books.answer(&asked, &previous, now).await?;
    let whole = Question {
        period: comparison.span(),
        ..current.clone()
    };
    let all = [after.as_slice(), before.as_slice()].concat();
    super::show::refuse_nothing(&whole, &all)?;
    super::show::say_unlabelled(&whole, &all);
    let [after, before] = [after, before].map(|answer| by_kind(answer, &current.by, kinds.is_none()));
    let both = [(&current, after.as_slice()), (&previous, before.as_slice())];
    let all = told(&books, &comparison, both, now)?;
    if !comparison.is_even() {
        let (now, then) = (comparison.current.days(), comparison.previous.days());
        notice(format_args!("{now} days are compared with {then}"));
    }
    let mut documents = Vec::new();
    for Told {
        currency,
        drivers,
        known,
        complete,
    } in all
    {
        let drivers = match pair.is_some() || kinds.is_some() {
            true => drivers.joined(by.len()),
            false => drivers,
        };
        if context.json || args.csv {
            documents.push(document(
                &currency,
                &comparison,
                &drivers,
                (known, complete),
                (&books.metric(asked.lens), &books.beside(asked.lens)),
            ));
        } else {
            print(context, &currency, &comparison, &drivers, cost::today(now))?;
        }
    }
    match args.csv {
        true => print_cells(&by, &documents)?,
        false if context.json => super::show::print_currencies(context, documents)?,
        false => {}
    }
    Ok(Exit::Done)
}

/// Cells with the usage types in them, where those are not asked for: usage and rate are of kinds of use, and a service has
/// what its kinds have.
fn paired(by: &[Dimension]) -> Option<Vec<Dimension>> {
    match by {
        [only] if *only != Dimension::UsageType => Some(vec![only.clone(), Dimension::UsageType]),
        _ => None,
    }
}

/// The same cells with the kind of charge in them, where it was not asked for and the source tells one dimension more: a
/// refund that bears a usage type is no rate, and tax with a quantity no usage.
fn with_kind(books: &Books, cells: &[Dimension]) -> Option<Vec<Dimension>> {
    let is_told = books.is_wide() && books.tells(&Dimension::Category);
    let is_wanted = cells.contains(&Dimension::UsageType) && !cells.contains(&Dimension::Category);
    (is_told && is_wanted).then(|| [cells, &[Dimension::Category]].concat())
}

fn by_kind(mut answer: Vec<Breakdown>, by: &[Dimension], is_asked: bool) -> Vec<Breakdown> {
    if let Some(at) = by.iter().position(|of| *of == Dimension::Category) {
        for of in &mut answer {
            of.rows = told_by_kind(&of.rows, at, is_asked);
        }
    }
    answer
}

/// What changed in one currency.
pub struct Told {
    pub currency: String,
    pub drivers: Drivers,
    /// Days of the period and of the one before it.
    pub known: [u32; 2],
    pub complete: bool,
}

/// Each currency of which both periods are known, and in words what is known of them in part; refuses to compare with what
/// nobody knows.
pub fn told(
    books: &Books,
    comparison: &Comparison,
    both: [(&Question, &[Breakdown]); 2],
    now: Timestamp,
) -> Result<Vec<Told>, Error> {
    let [(_, after), (_, before)] = both;
    let pairs = compare(before, after);
    let is_alone = pairs.len() == 1;
    let (mut told, mut notices, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (currency, drivers) in pairs {
        let [known, known_before] =
            both.map(|(question, answer)| books.known_days(question, answer, &currency, now));
        let known = [known?, known_before?];
        let mut mine = after.iter().chain(before).filter(|of| of.currency == currency);
        let complete = mine.all(|of| of.complete);
        let questions = both.map(|(question, _)| question);
        match doubts(books, questions, known, (&currency, complete, cost::today(now))) {
            Ok(doubts) if is_alone => notices.extend(doubts),
            Ok(doubts) => notices.extend(doubts.iter().map(|says| format!("{currency}: {says}"))),
            Err(why) => {
                refused.push((currency, why));
                continue;
            }
        }
        notices.extend(books.begun(*comparison, &currency));
        let [now, then] = [(comparison.current, known[0]), (comparison.previous, known[1])]
            .map(|(period, known)| known == period.days());
        told.push(Told {
            currency,
            drivers: drivers.known_whole([then, now]),
            known,
            complete,
        });
    }
    notices.iter().for_each(notice);
    if told.is_empty() && !refused.is_empty() {
        return Err(refused.swap_remove(0).1);
    }
    for (currency, why) in refused {
        notice(format_args!("{currency} is left out: {}", why.says));
    }
    Ok(told)
}

fn doubts(
    books: &Books,
    [current, previous]: [&Question; 2],
    [known, known_before]: [u32; 2],
    (currency, complete, today): (&str, bool, Date),
) -> Result<Vec<String>, Error> {
    let both = [(current, known), (previous, known_before)];
    for (question, known) in both {
        if known == 0 {
            return Err(books.unknown(question, currency));
        }
    }
    let partly = both.into_iter();
    let partly = partly.filter_map(|(of, known)| partly_known(of.period, known, today));
    let mut doubts: Vec<String> = partly.collect();
    let untold = [current, previous].into_iter().filter_map(|of| books.untold(of));
    doubts.extend(untold.map(|(says, hint)| format!("{says}; {hint}")));
    if !complete && doubts.is_empty() {
        doubts.push("some of the days are estimates or to come".into());
    }
    Ok(doubts)
}

/// Each currency of either period by itself.
pub fn compare(before: &[Breakdown], after: &[Breakdown]) -> Vec<(String, Drivers)> {
    let mut currencies: Vec<&str> = after
        .iter()
        .chain(before)
        .map(|of| of.currency.as_str())
        .collect();
    currencies.sort_unstable();
    currencies.dedup();
    let rows = |all: &[Breakdown], currency: &str| {
        all.iter()
            .find(|of| of.currency == currency)
            .map(|of| of.rows.clone())
            .unwrap_or_default()
    };
    let pair = |currency: &str| drivers(&rows(before, currency), &rows(after, currency));
    currencies
        .into_iter()
        .map(|currency| (currency.to_owned(), pair(currency)))
        .collect()
}

/// The cells of every currency, each by its dimensions.
fn print_cells(by: &[Dimension], documents: &[Value]) -> Result<(), Error> {
    let key = by.iter().enumerate();
    let key = key.map(|(nth, dimension)| Column::new(dimension.to_string(), &format!("key.{nth}")));
    let rest = [
        "before", "after", "change", "usage", "rate", "other", "kind", "currency",
    ];
    let columns: Vec<Column> = key.chain(Column::of(&rest)).collect();
    let mut cells = Vec::new();
    for document in documents {
        for row in document["rows"].as_array().into_iter().flatten() {
            let mut cell = row.clone();
            cell["currency"] = document["currency"].clone();
            cells.push(cell);
        }
    }
    sheet::print(&columns, &cells)
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::New => "new",
        Kind::Gone => "gone",
        Kind::Changed => "changed",
        Kind::Unpriced => "no quantity",
        Kind::Unknown => "not known",
    }
}

fn signed(amount: Amount) -> String {
    let text = amount.rounded(2);
    if amount.is_negative() {
        text
    } else {
        format!("+{text}")
    }
}

/// A change, or one of its parts where there is a change.
fn told_as(change: Option<Amount>) -> String {
    change.map_or_else(|| UNKNOWN.to_owned(), signed)
}

fn print(
    context: &Context,
    currency: &str,
    comparison: &Comparison,
    all: &Drivers,
    today: Date,
) -> Result<(), Error> {
    let [current, previous] =
        [comparison.current, comparison.previous].map(|period| period.in_year(today.year()));
    let changed = match all.change() {
        Some(change) => format!(
            "{}{}, of it {} usage, {} rate, {} other charges",
            signed(change),
            all.after
                .change_percent(all.before)
                .map_or(String::new(), |percent| format!(" ({percent:+.1} %)")),
            signed(all.usage),
            signed(all.rate),
            signed(all.fee),
        ),
        None => "what changed is not known, as not every day of both is".to_owned(),
    };
    notice(format_args!(
        "{current} {} {currency} against {previous} {}: {changed}",
        all.after.grouped(2),
        all.before.grouped(2),
    ));
    let (top, others) = all.top(SHOWN);
    let mut rows: Vec<[String; 8]> = top.iter().map(row).collect();
    let left = &all.rows[top.len()..];
    let sum = |part: fn(&Driver) -> Amount| left.iter().map(part).sum::<Amount>();
    let parts = |of: [Amount; 3]| of.map(|part| told_as(all.is_whole.then_some(part)));
    if !left.is_empty() {
        let [usage, rate, fee] = parts([sum(|of| of.usage), sum(|of| of.rate), sum(|of| of.fee)]);
        rows.push([
            crate::cost::driver::others(left.len()),
            String::new(),
            String::new(),
            told_as(others),
            usage,
            rate,
            fee,
            String::new(),
        ]);
    }
    let [usage, rate, fee] = parts([all.usage, all.rate, all.fee]);
    rows.push([
        "total".into(),
        all.after.rounded(2),
        all.before.rounded(2),
        told_as(all.change()),
        usage,
        rate,
        fee,
        String::new(),
    ]);
    context.print_table(
        &[
            "CELL", currency, "BEFORE", "CHANGE", "USAGE", "RATE", "OTHER", "KIND",
        ],
        &rows,
    )
}

fn row(driver: &Driver) -> [String; 8] {
    let part = |amount: Amount| told_as(driver.is_whole.then_some(amount));
    [
        driver.key.join(" / "),
        driver.after.rounded(2),
        driver.before.rounded(2),
        told_as(driver.change()),
        part(driver.usage),
        part(driver.rate),
        part(driver.fee),
        name(driver.kind).into(),
    ]
}

fn document(
    currency: &str,
    comparison: &Comparison,
    all: &Drivers,
    ([known, known_before], complete): ([u32; 2], bool),
    (metric, beside): (&str, &Map<String, Value>),
) -> Value {
    let text = |amount: Option<Amount>| amount.map(|amount| amount.to_string());
    let part = |amount: Amount| text(all.is_whole.then_some(amount));
    let period = |period: Period, cost: Amount, known: u32| json!({ "from": period.from, "to": period.to, "cost": cost.to_string(), "known_days": known });
    let rows = all.rows.iter().map(|driver| {
        json!({
            "key": driver.key,
            "kind": name(driver.kind),
            "before": driver.before.to_string(),
            "after": driver.after.to_string(),
            "change": text(driver.change()),
            "usage": part(driver.usage),
            "rate": part(driver.rate),
            "other": part(driver.fee),
        })
    });
    let mut document = json!({
        "metric": metric,
        "currency": currency,
        "current": period(comparison.current, all.after, known),
        "previous": period(comparison.previous, all.before, known_before),
        "complete": complete,
        "change": text(all.change()),
        "usage": part(all.usage),
        "rate": part(all.rate),
        "other": part(all.fee),
        "rows": rows.collect::<Vec<_>>(),
    });
    if let Value::Object(facts) = &mut document {
        facts.extend(beside.clone());
    }
    document
}
