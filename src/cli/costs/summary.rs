//! `qd costs summary`: the headline, this month so far against the same days of the month before; from Cost Explorer with
//! the budget of the month, from exports up to the last day that they have.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use super::asked::tell_left_out;
use super::athena::Athena;
use super::document::more;
use super::sheet::{self, Column};
use super::show::{print_currencies, refuse_nothing};
use super::{Asked, Common, Source, ask, bad_dimension, commitments, desk, files, trouble};
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::cost::{self, Cube, NoAnswer, Summary};

#[derive(clap::Args)]
pub struct Args {
    /// A row for each currency as CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    common: Common,
}

/// What of a document is a column.
const COLUMNS: [&str; 12] = [
    "currency",
    "current.from",
    "current.to",
    "current.cost",
    "current.known_days",
    "previous.from",
    "previous.to",
    "previous.cost",
    "previous.known_days",
    "change",
    "change_percent",
    "complete",
];

pub async fn run(args: &Args, context: &Context, now: Timestamp) -> Outcome {
    let asked = Asked::read(&args.common)?;
    let source = args.common.source(&context.paths.data_dir);
    let told = match source {
        Source::Files(name) => of_files(context, &asked, name.as_deref(), now)?,
        Source::Athena => of_athena(context, &asked, now).await?,
        Source::CostExplorer => of_cost_explorer(context, &asked, now).await?,
    };
    match (args.csv, context.json) {
        (true, _) => sheet::print(&Column::of(&COLUMNS), told.iter().map(|(_, document)| document))?,
        (_, true) => print_currencies(context, told.into_iter().map(|(_, document)| document).collect())?,
        _ => {
            for (says, _) in &told {
                context.print_table(&[says.as_str()], &[] as &[Vec<String>])?;
            }
        }
    }
    Ok(Exit::Done)
}

/// The headline of each currency: as a sentence, and as a document.
type Headlines = Vec<(String, Value)>;

async fn of_cost_explorer(context: &Context, asked: &Asked, now: Timestamp) -> Result<Headlines, Error> {
    asked.require_cost_explorer()?;
    let question = asked.question(Summary::period(cost::today(now), 1), Vec::new());
    question.slice(cost::today(now)).map_err(bad_dimension)?;
    let desk = desk(context, asked).await?;
    let answer = ask(&desk, asked, &question, now).await?;
    refuse_nothing(&question, &answer.breakdowns)?;
    let today = answer.open_day;
    tell_left_out(today, asked.refresh, now);
    let summaries =
        cost::summary(&answer.cube, today, 1, asked.lens, &asked.filter).map_err(bad_dimension)?;
    let budgets = match desk.budgets(asked.refresh, now).await {
        Ok(budgets) => budgets,
        // The headline stands without them; nobody asked for budgets by name.
        Err(trouble) => {
            notice(format_args!("no budgets: {trouble}"));
            Vec::new()
        }
    };
    let budget = |currency: &str| cost::Budget::of_month(&budgets, currency).filter(|_| asked.is_whole());
    let says = |summary: &Summary| {
        let mut says = summary.says(cost::today(now));
        if let Some(budget) = budget(&summary.currency) {
            let month = budget.month(summary.comparison.current, cost::today(now));
            says += &format!("; {month}{}", quote(&budget.says()));
        }
        says
    };
    let spent = desk.spent(now).map_err(trouble)?;
    let cap = context.config.costs.cap_per_day_cents;
    let told = summaries.iter().map(|summary| {
        let more = more([
            (
                "budget",
                json!(budget(&summary.currency).map(commitments::of_budget)),
            ),
            ("fetched_at", json!(answer.fetched_at)),
            (
                "requests",
                json!({ "today": spent.today, "month": spent.month, "cap": cap }),
            ),
        ]);
        let document = document(summary, "ce", &asked.lens.to_string(), cost::today(now), more);
        (says(summary), document)
    });
    Ok(told.collect())
}

fn of_files(
    context: &Context,
    asked: &Asked,
    name: Option<&str>,
    now: Timestamp,
) -> Result<Headlines, Error> {
    let files = files::load(context, name, asked.lens)?;
    let today = files.today(now).ok_or(NoAnswer::Nothing)?;
    let source = name.unwrap_or("files");
    let question = asked.question(Summary::period(today, 1), Vec::new());
    let untold = files.untold(&question);
    if let Some((says, hint)) = &untold {
        notice(format_args!("{says}; {hint}"));
    }
    let remedy = |summary: &Summary| {
        if let Some((_, hint)) = &untold {
            return hint.clone();
        }
        let gap = files.gap_in(summary.comparison.current, &summary.currency);
        gap.map_or_else(|| "import what is missing".to_owned(), cost::Gap::remedy)
    };
    let days = (today, cost::today(now));
    let beside = more([
        ("blank", json!(files.cube.blank(asked.lens))),
        ("overlaps", files::overlaps(&files)),
    ]);
    of_export(asked, &files.cube, days, (source, &remedy), &beside)
}

async fn of_athena(context: &Context, asked: &Asked, now: Timestamp) -> Result<Headlines, Error> {
    let athena = Athena::open(context, asked).await?;
    let (_, last_day) = athena.known(now).await?;
    let today = cost::today(now).min(last_day.saturating_add(1.day()));
    let question = asked.question(Summary::period(today, 1), Vec::new());
    let today = today.min(athena.open_day(std::slice::from_ref(&question), now));
    let cube = athena.cube(&question, now).await?;
    let remedy = |_: &Summary| {
        "see with `qd costs breakdown --by day` which days the table in Athena has, and add what is missing to it"
            .to_owned()
    };
    let beside = more([("blank", Value::Null), ("overlaps", Value::Null)]);
    of_export(
        asked,
        &cube,
        (today, cost::today(now)),
        ("athena", &remedy),
        &beside,
    )
}

/// Up to the last day that an export has, whatever day it is read on; it knows no budget.
fn of_export(
    asked: &Asked,
    cube: &Cube,
    (today, read_on): (Date, Date),
    (source, remedy): (&str, &dyn Fn(&Summary) -> String),
    beside: &Map<String, Value>,
) -> Result<Headlines, Error> {
    let question = asked.question(Summary::period(today, 1), Vec::new());
    refuse_nothing(&question, &cube.answer(&question).map_err(bad_dimension)?)?;
    let summaries = cost::summary(cube, today, 1, asked.lens, &asked.filter).map_err(bad_dimension)?;
    if let Some(one) = summaries
        .first()
        .filter(|_| summaries.iter().all(Summary::is_unknown))
    {
        return Err(Error::failed(one.says(read_on)).hint(remedy(one)));
    }
    let metric = asked.lens.file_name();
    let told = summaries.iter().map(|summary| {
        let document = document(summary, source, metric, read_on, beside.clone());
        (summary.says(read_on), document)
    });
    Ok(told.collect())
}

fn document(summary: &Summary, source: &str, metric: &str, read_on: Date, more: Map<String, Value>) -> Value {
    let cost::Comparison { current, previous } = summary.comparison;
    let known = summary.known_before > 0;
    let mut document = json!({
        "source": source,
        "metric": metric,
        "currency": summary.currency,
        "current": { "from": current.from, "to": current.to, "cost": (!summary.is_unknown()).then(|| summary.current.to_string()), "known_days": summary.known },
        "previous": { "from": previous.from, "to": previous.to, "cost": known.then(|| summary.previous.to_string()), "known_days": summary.known_before },
        "change": summary.change().map(|change| change.to_string()),
        "change_percent": summary.change_percent,
        "complete": summary.complete,
        "begun": summary.begun,
        "says": summary.says(read_on),
    });
    if let Value::Object(facts) = &mut document {
        facts.extend(more);
    }
    document
}
