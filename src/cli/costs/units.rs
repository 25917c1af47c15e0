//! `qd costs units`: what one of the things costs that costs are for. Which they are stands under `[costs.units.NAME]`; what
//! is not counted on a day is left out of its cost as well, and said.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::StreamExt;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::books::Books;
use super::cut::{Granularity, parse_day};
use super::show::print_currencies;
use super::{Asked, Common};
use crate::audit::{Log, Range};
use crate::cli::{Context, Error, Exit, Outcome, cloud, notice, quote};
use crate::config::{Counted, Unit};
use crate::cost::unit::{Days, Point, Verdict, parse_counts, verdict};
use crate::cost::{self, Amount, Dimension, Filter, Period, Question};
use crate::fleet::{self, Roster};
use crate::store;

/// Days that are shown one by one where nothing else is said; more are shown by month.
const MOST_DAYS: u32 = 62;
const NODES: &str = "costs/nodes.json";
const NODES_VERSION: u32 = 1;

#[derive(clap::Args)]
pub struct Args {
    /// One of the configured units; default: all of them
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// First day (UTC); default: the first of last month, with files the first imported
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    from: Option<Date>,
    /// Day after the last one (UTC); default: today, with files all that was imported
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    to: Option<Date>,
    /// Default: by day for up to two months
    #[arg(long)]
    granularity: Option<Granularity>,
    #[command(flatten)]
    common: Common,
}

pub async fn run(args: Args, context: &Context, now: Timestamp) -> Outcome {
    let units = chosen(&args, &context.config.costs.units)?;
    let asked = Asked::read(&args.common)?;
    let mut questions = Vec::new();
    for unit in &units {
        questions.push(question(unit, &args, &asked)?);
    }
    let sample = |today| match period(&args, None, today) {
        Ok(period) => questions
            .iter()
            .map(|of| Question { period, ..of.clone() })
            .collect(),
        Err(_) => Vec::new(),
    };
    let books = Books::open(context, &args.common, &asked, sample, now).await?;
    let whole = match &books {
        Books::Files(files) => files.span(),
        Books::CostExplorer(_) | Books::Athena { .. } => None,
    };
    let period = books.finished(&asked, now, |today| period(&args, whole, today))?;
    let today = books.today(now)?;
    let by_month = match args.granularity {
        Some(granularity) => granularity == Granularity::Month,
        None => period.days() > MOST_DAYS,
    };
    let questions: Vec<Question> = questions
        .into_iter()
        .map(|question| Question { period, ..question })
        .collect();
    if questions.len() > 1 {
        books.tell_whole(&asked, "all of it", questions.clone(), now)?;
    }
    let mut documents = Vec::new();
    for (unit, question) in units.into_iter().zip(questions) {
        let counts = count(context, unit, now).await?;
        let cube = books.cube(&asked, &question, now).await?;
        for breakdown in cube.answer(&question).map_err(super::bad_dimension)? {
            let mut days = Days {
                counts: counts.clone(),
                mean: unit.mean,
                ..Days::default()
            };
            for (day, estimated) in cube
                .days_about(&breakdown.currency, question.filter.dimensions())
                .range(period.from..period.to.min(today))
            {
                days.costs.insert(*day, (Amount::ZERO, *estimated));
            }
            for row in &breakdown.rows {
                let day = row.key.first().and_then(|day| day.parse::<Date>().ok());
                if let Some((cost, _)) = day.and_then(|day| days.costs.get_mut(&day)) {
                    *cost += row.cost;
                }
            }
            let found = verdict(&days, period, &unit.name, &breakdown.currency);
            let points = days.points(period, by_month);
            if context.json {
                documents.push(document(unit, &breakdown.currency, &points, &found));
            } else {
                show(context, unit, &breakdown.currency, &points, &found)?;
            }
        }
    }
    if context.json {
        print_currencies(context, documents)?;
    }
    Ok(Exit::Done)
}

fn chosen<'a>(args: &Args, units: &'a [Unit]) -> Result<Vec<&'a Unit>, Error> {
    let names: Vec<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
    let hint = "write [costs.units.orders] and below it csv = \"orders.csv\", a day and a count on each line";
    match &args.name {
        None if units.is_empty() => {
            Err(Error::usage("the configuration names no unit that costs are for").hint(hint))
        }
        None => Ok(units.iter().collect()),
        Some(name) => match units.iter().find(|unit| unit.name == *name) {
            Some(unit) => Ok(vec![unit]),
            None if units.is_empty() => Err(Error::usage(format!("no unit is called {name:?}")).hint(hint)),
            None => Err(Error::usage(format!("no unit is called {name:?}"))
                .hint(format!("there is {}", names.join(", ")))),
        },
    }
}

/// The costs of a unit by day: those of its own filter inside the one of the command line.
fn question(unit: &Unit, args: &Args, asked: &Asked) -> Result<Question, Error> {
    let filter = format!("{} {}", unit.filter, args.common.filter);
    let filter = Filter::parse(&filter)
        .map_err(|bad| Error::usage(bad.to_string()).hint(format!("it is for unit {:?}", unit.name)))?;
    let day = Date::ZERO;
    Ok(Question {
        period: Period { from: day, to: day },
        by: vec![Dimension::Day],
        lens: asked.lens,
        filter,
    })
}

fn period(args: &Args, whole: Option<Period>, today: Date) -> Result<Period, Error> {
    let month = today.first_of_month().saturating_sub(1.month());
    let from = args.from.or(whole.map(|whole| whole.from)).unwrap_or(month);
    let to = args.to.or(whole.map(|whole| whole.to)).unwrap_or(today);
    Period::new(from, to).ok_or_else(|| {
        Error::usage(format!("--from {from} is not before --to {to}")).hint("--to is the day after the last")
    })
}

async fn count(context: &Context, unit: &Unit, now: Timestamp) -> Result<BTreeMap<Date, Amount>, Error> {
    match &unit.counted {
        Counted::Csv(path) => of_file(path),
        Counted::Sessions => of_log(context, "session.start", now),
        Counted::RunbookRuns => of_log(context, "runbook.start", now),
        Counted::ManagedNodes => nodes(context, now).await,
    }
}

fn of_file(path: &Path) -> Result<BTreeMap<Date, Amount>, Error> {
    let text = std::fs::read_to_string(path).map_err(|cause| {
        Error::failed(format!(
            "the counts of {} cannot be read: {cause}",
            path.display()
        ))
        .hint("check csv under [costs.units] in the configuration")
    })?;
    parse_counts(&text).map_err(|bad| {
        Error::failed(format!("{}: {bad}", path.display()))
            .hint("write a day and a count on each line, such as 2026-11-09,1234")
    })
}

/// Events of a kind on each day since the log began: a day without any is one on which nothing was done.
fn of_log(context: &Context, kind: &str, now: Timestamp) -> Result<BTreeMap<Date, Amount>, Error> {
    let (mut days, mut first, mut unreadable) = (BTreeMap::new(), None, 0);
    for entry in Log::open(&context.paths.data_dir)?.read(Range::default())? {
        let Ok(entry) = entry else {
            unreadable += 1;
            continue;
        };
        let Some(day) = entry.at().map(cost::today) else {
            continue;
        };
        first = Some(first.map_or(day, |first: Date| first.min(day)));
        if entry.event == kind {
            *days.entry(day).or_insert(Amount::ZERO) += Amount::whole(1);
        }
    }
    if unreadable > 0 {
        notice(format_args!(
            "{unreadable} lines of the audit log cannot be read; `qd audit verify` tells what happened to it"
        ));
    }
    // Its first day may have begun without it, and today is not over.
    let began = first.and_then(|first| first.tomorrow().ok());
    for day in began.into_iter().flat_map(|day| day.series(1.day())) {
        if day >= cost::today(now) {
            break;
        }
        days.entry(day).or_insert(Amount::ZERO);
    }
    Ok(days)
}

/// Managed nodes of each day on which they were counted; today's are counted now, where every region answers.
async fn nodes(context: &Context, now: Timestamp) -> Result<BTreeMap<Date, Amount>, Error> {
    let path = context.paths.data_dir.join(NODES);
    let kept = store::load_json::<BTreeMap<Date, u64>>(&path, NODES_VERSION);
    kept.warning.into_iter().for_each(notice);
    let mut days = kept.data.unwrap_or_default();
    let cloud = cloud::connect(context);
    let mut roster = Roster::default();
    let mut batches = fleet::fetch(&cloud);
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    if roster.failures.is_empty() {
        let managed = roster
            .nodes
            .iter()
            .filter(|node| node.ping.is_some() && !node.is_terminated());
        days.insert(cost::today(now), managed.count() as u64);
        store::save_json(&path, NODES_VERSION, &days).map_err(|cause| {
            Error::failed(cause.to_string()).hint("see that the data directory is writable")
        })?;
    } else {
        roster.failures.iter().for_each(cloud::tell);
        notice("today's managed nodes are not counted, since not every region answered");
    }
    notice(format_args!(
        "managed nodes were counted on {} days; each `qd costs units` counts those of its day",
        days.len()
    ));
    let whole = |count: u64| Amount::whole(i64::try_from(count).unwrap_or(i64::MAX));
    Ok(days.into_iter().map(|(day, count)| (day, whole(count))).collect())
}

fn show(
    context: &Context,
    unit: &Unit,
    currency: &str,
    points: &[Point],
    found: &Verdict,
) -> Result<(), Error> {
    let row = |point: &Point| {
        let days = point.period.days();
        let known = match point.days {
            known if known == days => String::new(),
            known => format!("{known} of {days} days"),
        };
        let open = match point.estimated {
            0 => String::new(),
            count => format!("{count} not final"),
        };
        let says = [known, open]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>();
        [
            point.period.to_string(),
            if point.days > 0 {
                point.cost.rounded(2)
            } else {
                "-".into()
            },
            point
                .count
                .map_or("-".into(), |count| count.rounded(if unit.mean { 1 } else { 0 })),
            point.each().map_or("-".into(), |each| format!("{each:.4}")),
            says.join(", "),
        ]
    };
    let rows: Vec<[String; 5]> = points.iter().map(row).collect();
    let name = quote(&unit.name).to_uppercase();
    let each = format!("{currency} EACH");
    context.print_table(&["PERIOD", currency, &name, &each, "KNOWN"], &rows)?;
    notice(format_args!("{}: {}", quote(&unit.name), quote(&found.says)));
    Ok(())
}

fn document(unit: &Unit, currency: &str, points: &[Point], found: &Verdict) -> Value {
    let point = |point: &Point| {
        json!({
            "from": point.period.from,
            "to": point.period.to,
            "cost": (point.days > 0).then(|| point.cost.to_string()),
            "count": point.count.map(|count| count.to_string()),
            "each": point.each().map(|each| format!("{each:.12}")),
            "days": point.period.days(),
            "known_days": point.days,
            "estimated_days": point.estimated,
        })
    };
    json!({
        "unit": unit.name,
        "currency": currency,
        "rows": points.iter().map(point).collect::<Vec<_>>(),
        "says": found.says,
        "change_percent": found.change_percent,
        "excess": found.excess.map(|excess| excess.to_string()),
    })
}
