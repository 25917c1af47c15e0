//! `qd costs anomalies`: days outside their band, the latest first, each explained in one line. Finished days
//! alone count: yesterday's bill is still being written.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use super::books::Books;
use super::cut::parse_day;
use super::sheet::{self, Column};
use super::show::refuse_nothing;
use super::{Asked, Common, bad_dimension, tell_spent, trouble};
use crate::audit::Log;
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::cost::anomaly::{
    Act, Anomaly, Causes, Deeds, Foreign, Judged, Survey, Told, confirm, found, last_days,
};
use crate::cost::band::{Setting, Side};
use crate::cost::{self, Cube, Desk, Dimension, FOREIGN_PRICE, Period, Question, Refresh};

/// Days before the first one shown, to learn from: eight weeks, and a hundred days for monthly jobs.
const LEARNT_DAYS: i64 = 150;

/// As a price begins that is told of it.
const FINDING: &str = "finding and explaining what is unusual";

#[derive(clap::Args)]
pub struct Args {
    /// First day (UTC); default: thirty days ago
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    from: Option<Date>,
    /// Day after the last one (UTC); default: yesterday, so that only finished days are judged
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    to: Option<Date>,
    /// Also those that are too small to act on
    #[arg(long)]
    all: bool,
    /// Each day as a row of CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Beside ours what AWS's own detection found in the last ninety days: a paid request a page, at most each eight hours
    #[arg(long)]
    aws: bool,
    /// Only charges that match, such as 'service:*EC2*'
    #[arg(long, value_name = "EXPR", default_value = "", allow_hyphen_values = true)]
    filter: String,
    /// ce, files, the name of one import, or athena; default: files if anything was imported, else ce
    #[arg(long, value_name = "ce|files|athena|NAME")]
    source: Option<String>,
    /// Ask again for everything that can still change (each page is a paid request of $0.01)
    #[arg(long, conflicts_with = "no_spend")]
    refresh: bool,
    /// Make no paid request: only what is on this machine
    #[arg(long)]
    no_spend: bool,
}

/// The days that are judged: finished ones alone.
fn shown(args: &Args, today: Date) -> Result<Period, Error> {
    let last = last_days(today);
    let to = args.to.unwrap_or(last.to).min(last.to);
    let days = i64::from(last.days());
    let from = args.from.unwrap_or(to.saturating_sub(days.days()));
    Period::new(from, to).ok_or_else(|| {
        Error::usage(format!(
            "--from {from} is not before {to}, the first day that is not finished"
        ))
    })
}

/// With the days before them, to learn from.
pub fn survey(filter: &str, shown: Period) -> Result<Survey, Error> {
    let period = Period {
        from: shown.from.saturating_sub(LEARNT_DAYS.days()),
        to: shown.to,
    };
    Survey::new(period, filter).map_err(|bad| Error::usage(bad.to_string()))
}

/// What judging some days brought, each with its currency.
pub struct Found {
    /// What is worth acting on, a line that explains it each.
    pub lines: Vec<(String, String)>,
    /// Why some of the days were not judged, a sentence each.
    pub unjudged: Vec<(String, String)>,
    /// Whether any charge follows use; others are not judged.
    pub is_charged: bool,
}

/// What began in these days inside a filter, and which of them were not judged.
pub async fn lines(
    context: &Context,
    books: &Books,
    asked: &Asked,
    shown: Period,
    filter: &str,
    now: Timestamp,
) -> Result<Found, Error> {
    let survey = survey(filter, shown)?.through(books.lens_of_use());
    let judged = judge(
        context,
        books,
        asked,
        &survey,
        |anomaly| shown.contains(anomaly.since) && anomaly.material,
        now,
    )
    .await?;
    let is_charged = judged.is_charged();
    let mut unjudged = judged.not_judged(shown, shown.to, None);
    if is_charged {
        unjudged.extend(judged.young());
    }
    let told = judged.told.iter();
    Ok(Found {
        lines: told.map(|one| (one.currency.clone(), one.line())).collect(),
        unjudged,
        is_charged,
    })
}

/// Every question that judging these days asks.
pub fn questions(filter: &str, shown: Period) -> Result<Vec<Question>, Error> {
    let survey = survey(filter, shown)?;
    let mut categories = survey.services();
    categories.by.push(Dimension::Category);
    let cells =
        [Dimension::Account, Dimension::Region, Dimension::UsageType].map(|second| survey.cells(second));
    Ok([vec![categories], cells.into()].concat())
}

pub fn setting(context: &Context) -> Setting {
    Setting {
        holidays: context.config.costs.holidays.clone(),
        ..Setting::default()
    }
}

/// Finds and explains what is wanted.
async fn judge(
    context: &Context,
    books: &Books,
    asked: &Asked,
    survey: &Survey,
    wanted: impl Fn(&Anomaly) -> bool,
    now: Timestamp,
) -> Result<Judged, Error> {
    let mut categories = survey.services();
    categories.by.push(Dimension::Category);
    let services = books.cube(asked, &categories, now).await?;
    let accounts = books.cube(asked, &survey.cells(Dimension::Account), now).await?;
    let setting = setting(context);
    let judged = found(survey, &services, &accounts, &setting, wanted);
    let mut judged = judged.map_err(bad_dimension)?;
    if judged.is_charged() {
        judged.learning().into_iter().for_each(notice);
    }
    if judged.told.is_empty() {
        return Ok(judged);
    }
    let regions = explaining(books, asked, survey, Dimension::Region, now).await?;
    let usage_types = explaining(books, asked, survey, Dimension::UsageType, now).await?;
    let account_types = books.cube_kept(asked, &survey.account_types(), now).await;
    let causes = Causes {
        services: &services,
        accounts: &accounts,
        regions: &regions,
        usage_types: &usage_types,
        account_types: account_types.as_deref(),
    };
    judged.explain(survey, causes).map_err(bad_dimension)?;
    accuse(&mut judged.told, context)?;
    Ok(judged)
}

/// Refuses to call a bill without any use a usual one: what is charged otherwise comes when it comes.
async fn refuse_unused(books: &Books, asked: &Asked, survey: &Survey, now: Timestamp) -> Result<(), Error> {
    let all = survey.cells(Dimension::Category);
    let charged = books.cube(asked, &all, now).await?;
    refuse_nothing(&all, &charged.answer(&all).map_err(bad_dimension)?)?;
    let says = format!(
        "nothing was judged: no charge of {} is one of use",
        all.period.in_full()
    );
    Err(Error::failed(says).hint(
        "fees, taxes and credits come when they come, and are not judged: `qd costs breakdown --by category` lists them",
    ))
}

/// What only explains is done without where today's cap does not suffice for it: what was found is paid for, and told.
async fn explaining<'a>(
    books: &'a Books,
    asked: &Asked,
    survey: &Survey,
    by: Dimension,
    now: Timestamp,
) -> Result<Cow<'a, Cube>, Error> {
    let question = survey.cells(by.clone());
    match (books.cube(asked, &question, now).await, books) {
        (Err(why), Books::CostExplorer(_)) if why.exit == Exit::Failed && asked.refresh != Refresh::Never => {
            notice(format_args!("not explained by {by}: {why}"));
            if let Some(hint) = &why.hint {
                notice(format_args!("hint: {hint}"));
            }
            let slice = question.slice(cost::today(now)).map_err(bad_dimension)?;
            Ok(Cow::Owned(Cube::new(slice.dataset)))
        }
        (found, _) => found,
    }
}

pub async fn run(args: Args, context: &Context, now: Timestamp) -> Outcome {
    let common = Common {
        metric: "amortized".into(),
        filter: args.filter.clone(),
        source: args.source.clone(),
        refresh: args.refresh,
        no_spend: args.no_spend,
    };
    let asked = Asked::read(&common)?;
    if args.aws {
        common.require_aws(&context.paths.data_dir, "anomalies")?;
    }
    // A filter that needs a third dimension is refused before anything is paid for.
    let all = |today| shown(&args, today).and_then(|shown| questions(&args.filter, shown));
    let sample = |today| all(today).unwrap_or_default();
    let books = Books::open(context, &common, &asked, sample, now).await?;
    let shown = books.finished(&asked, now, |today| shown(&args, today))?;
    let all = questions(&args.filter, shown)?;
    let asks_aws = match &books {
        Books::CostExplorer(desk) => args.aws && desk.asks_foreign_anomalies(asked.refresh, now),
        _ => false,
    };
    let own = format!(", AWS's own at {FOREIGN_PRICE}, among them");
    let own = asks_aws.then_some(own.as_str());
    books.afford(&asked, FINDING, &all, now)?;
    books.tell_with(&asked, FINDING, all, own, now)?;
    let survey = survey(&args.filter, shown)?.through(books.lens_of_use());
    survey.says_lens().into_iter().for_each(notice);
    let wanted = |anomaly: &Anomaly| shown.contains(anomaly.since) && (args.all || anomaly.material);
    let mut judged = judge(context, &books, &asked, &survey, wanted, now).await?;
    if !judged.is_charged() {
        return Err(match refuse_unused(&books, &asked, &survey, now).await {
            Err(why) => why,
            Ok(()) => Error::failed("nothing was judged"),
        });
    }
    let until = match books.is_behind(now) {
        // That was said.
        true => shown.to,
        false => self::shown(&args, cost::today(now))?.to,
    };
    let ends = match &books {
        Books::Files(files) => files.ends(),
        Books::CostExplorer(_) | Books::Athena { .. } => None,
    };
    judged.tell_days(shown, until, ends.as_deref());
    judged.unjudged.iter().for_each(notice);
    let alone = match (args.aws, &books) {
        (true, Books::CostExplorer(desk)) => {
            let foreign = foreign(desk, asked.refresh, now).await?;
            confirm(&mut judged.told, &foreign, shown)
        }
        _ => Vec::new(),
    };
    print(context, &judged, &alone, args.csv)
}

/// What AWS found, with its price before it is asked for and what was paid for after.
async fn foreign(desk: &Desk, refresh: Refresh, now: Timestamp) -> Result<Vec<Foreign>, Error> {
    if desk.asks_foreign_anomalies(refresh, now) {
        notice(format_args!(
            "asking AWS for the anomalies that it found: {FOREIGN_PRICE}"
        ));
    }
    let mut requests = 0;
    let found = desk.foreign_anomalies(refresh, now, |paid| requests = paid).await;
    tell_spent(desk, requests, now);
    Ok(found.map_err(trouble)?.0)
}

/// Adds what people did just before, as our own audit log tells.
pub fn accuse(told: &mut [Told], context: &Context) -> Result<(), Error> {
    let Some(since) = told.iter().map(|one| one.anomaly.since).min() else {
        return Ok(());
    };
    let deeds = Deeds::since(since, &Log::open(&context.paths.data_dir)?)?;
    if deeds.unreadable > 0 {
        notice(format_args!(
            "{} lines of the audit log cannot be read; `qd audit verify` tells what happened to it",
            deeds.unreadable
        ));
    }
    told.iter_mut().for_each(|one| one.accuse(&deeds));
    Ok(())
}

fn print(context: &Context, judged: &Judged, alone: &[Foreign], csv: bool) -> Outcome {
    let told = &judged.told;
    if context.json || csv {
        let documents = told.iter().map(document).chain(alone.iter().map(of_aws));
        let documents: Vec<Value> = documents.collect();
        match csv {
            true => sheet::print(&Column::of(&COLUMNS), &documents)?,
            false => {
                let unjudged = judged
                    .unjudged
                    .iter()
                    .chain(&judged.learning())
                    .map(|says| unjudged(says))
                    .collect::<Vec<_>>();
                documents
                    .iter()
                    .chain(&unjudged)
                    .try_for_each(|of| context.print_json_line(of))?;
            }
        }
        return Ok(Exit::Done);
    }
    let rows: Vec<[String; 5]> = told.iter().map(row).chain(alone.iter().map(row_of_aws)).collect();
    context.print_table(&["SINCE", "COSTS OF", "SIDE", "SURE", "WHAT"], &rows)?;
    Ok(Exit::Done)
}

/// What of a document is a column.
const COLUMNS: [&str; 14] = [
    "day",
    "last_day",
    "days",
    "key",
    "side",
    "actual",
    "expected",
    "lower",
    "upper",
    "impact",
    "currency",
    "methods_agreeing",
    "aws.impact",
    "explains",
];

fn row(told: &Told) -> [String; 5] {
    let anomaly = &told.anomaly;
    let key = match anomaly.key.is_empty() {
        true => "total".into(),
        false => anomaly.key.join(" / "),
    };
    let confidence = if anomaly.seconded { "2/2" } else { "1/2" };
    let confidence = match told.aws {
        Some(_) => format!("{confidence}, AWS"),
        None => confidence.to_owned(),
    };
    let explains = anomaly.explain(&told.currency, &told.causes, &told.deeds);
    [
        anomaly.since.to_string(),
        key,
        side(anomaly).into(),
        confidence,
        quote(&explains),
    ]
}

fn side(anomaly: &Anomaly) -> &'static str {
    match anomaly.side {
        Side::High => "high",
        Side::Low => "low",
    }
}

fn money(value: f64) -> String {
    format!("{value:.6}")
}

fn document(told: &Told) -> Value {
    let Told {
        anomaly,
        currency,
        causes,
        deeds,
        aws,
        ..
    } = told;
    json!({
        "day": anomaly.since,
        "key": anomaly.key,
        "actual": money(anomaly.actual),
        "expected": money(anomaly.band.expected),
        "lower": money(anomaly.band.lower),
        "upper": money(anomaly.band.upper),
        "explains": anomaly.explain(currency, causes, deeds),
        "currency": currency,
        "last_day": anomaly.last_day,
        "days": anomaly.days,
        "side": side(anomaly),
        "impact": money(anomaly.impact),
        "material": anomaly.material,
        "methods_agreeing": if anomaly.seconded { 2 } else { 1 },
        "new_normal": anomaly.new_normal,
        "aws": aws.as_ref().map(|foreign| json!({ "id": foreign.id, "impact": money(foreign.impact) })),
        "causes": causes.iter().map(|cause| json!({
            "dimension": cause.dimension,
            "value": cause.value,
            "share": cause.share,
            "certain": cause.certain,
            "change_a_day": money(cause.change),
        })).collect::<Vec<_>>(),
        "before": deeds.iter().map(|deed| json!({
            "event": match deed.act {
                Act::Session => "session",
                Act::Runbook => "runbook",
                Act::Command => "command",
            },
            "id": deed.id,
            "at": deed.at,
            "user": deed.user,
            "target": deed.target,
            "account": deed.account,
            "region": deed.region,
        })).collect::<Vec<_>>(),
    })
}

fn key_of(foreign: &Foreign) -> Vec<&str> {
    let key = [&foreign.service, &foreign.account].into_iter().flatten();
    key.map(String::as_str).collect()
}

fn side_of(foreign: &Foreign) -> &'static str {
    if foreign.impact < 0.0 { "low" } else { "high" }
}

fn explains_of(foreign: &Foreign) -> String {
    format!(
        "{:+.2} by AWS's own reckoning up to {}; inside the band here",
        foreign.impact, foreign.last_day
    )
}

fn row_of_aws(foreign: &Foreign) -> [String; 5] {
    [
        foreign.from.to_string(),
        quote(&key_of(foreign).join(" / ")),
        side_of(foreign).into(),
        "AWS".into(),
        explains_of(foreign),
    ]
}

/// Why days were not judged, in the place of an anomaly that they might have: its fields are all empty.
fn unjudged(says: &str) -> Value {
    let empty = COLUMNS.iter().filter(|field| !field.contains('.'));
    let mut document: Map<String, Value> = empty.map(|field| ((*field).to_owned(), Value::Null)).collect();
    document.insert("explains".into(), says.into());
    document.insert("judged".into(), false.into());
    Value::Object(document)
}

fn of_aws(foreign: &Foreign) -> Value {
    json!({
        "day": foreign.from,
        "key": key_of(foreign),
        "actual": null,
        "expected": null,
        "lower": null,
        "upper": null,
        "explains": explains_of(foreign),
        "currency": null,
        "last_day": foreign.last_day,
        "days": null,
        "side": side_of(foreign),
        "impact": null,
        "material": null,
        "methods_agreeing": null,
        "new_normal": null,
        "causes": null,
        "before": null,
        "aws": { "id": foreign.id, "impact": money(foreign.impact) },
    })
}
