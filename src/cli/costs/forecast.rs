//! `qd costs forecast`: where the month will end by its own days, and with `--aws` what Cost Explorer says.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::books::Books;
use super::sheet::{self, Column};
use super::show::refuse_nothing;
use super::{Asked, Common, bad_dimension, tell_spent, trouble};
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::band::{LEARNING_DAYS, Setting};
use crate::cost::{self, Amount, MonthEnd, Outlook, Question, Refresh};

#[derive(clap::Args)]
pub struct Args {
    /// Cost Explorer's forecast beside it: one paid request of $0.01, at most each eight hours
    #[arg(long)]
    aws: bool,
    /// A row for each forecast as CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    common: Common,
}

pub async fn run(args: Args, context: &Context, now: Timestamp) -> Outcome {
    let mut asked = Asked::read(&args.common)?;
    if args.aws && asked.filter.dimensions().next().is_some() {
        let says = "Cost Explorer's forecast is for the whole account";
        return Err(Error::usage(says).hint("leave out --filter or --aws"));
    }
    if args.aws {
        args.common.require_aws(&context.paths.data_dir, "forecast")?;
    }
    // The bill of that day is still being written.
    let (lens, filter) = (asked.lens, asked.filter.clone());
    let question = |until| Outlook::question(until, lens, filter.clone());
    let both = |today| {
        let own = MonthEnd::question(lens, today).filter(|_| args.aws);
        [Some(question(today)), own]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
    };
    let mut books = Books::open(context, &args.common, &asked, both, now).await?;
    if args.aws && asked.refresh == Refresh::Auto && books.is_behind(now) {
        // Cost Explorer foresees from today on: the days before must be whole, beside its forecast and beside ours.
        asked.refresh = Refresh::Force;
        books = Books::open(context, &args.common, &asked, both, now).await?;
    }
    let until = books.finished(&asked, now, Ok)?;
    let question = question(until);
    let asks_aws = match &books {
        Books::CostExplorer(desk) => args.aws && desk.asks_forecast(asked.lens, asked.refresh, now),
        _ => false,
    };
    if args.aws {
        let both = [Some(question.clone()), MonthEnd::question(asked.lens, until)];
        let own = asks_aws.then_some(", Cost Explorer's own forecast among them");
        let both = both.into_iter().flatten().collect();
        books.tell_with(&asked, "the forecast", both, own, now)?;
    }
    let cube = books.cube(&asked, &question, now).await?;
    if let Some((says, hint)) = books.untold(&Question {
        by: Vec::new(),
        ..question.clone()
    }) {
        notice(format_args!("{says}; {hint}"));
    }
    refuse_nothing(&question, &cube.answer(&question).map_err(bad_dimension)?)?;
    let setting = Setting {
        holidays: context.config.costs.holidays.clone(),
        ..Setting::default()
    };
    let outlooks = Outlook::of(&cube, until, &question, &setting).map_err(bad_dimension)?;
    let aws = match (args.aws, &books) {
        (true, Books::CostExplorer(desk)) => {
            if asks_aws {
                notice(format_args!(
                    "asking Cost Explorer for its forecast: {}",
                    cost::priced(1)
                ));
            }
            let mut requests = 0;
            let end = desk
                .month_end(asked.lens, asked.refresh, now, |paid| requests = paid)
                .await;
            tell_spent(desk, requests, now);
            Some(end.map_err(trouble)?)
        }
        _ => None,
    };
    for outlook in &outlooks {
        say_doubts(outlook);
    }
    if context.json || args.csv {
        let theirs = |currency: &str| aws.as_ref().filter(|end| end.currency == currency);
        let documents = outlooks
            .iter()
            .map(|outlook| document(outlook, theirs(&outlook.currency), &books.metric(asked.lens)));
        match args.csv {
            true => print_rows(documents.collect())?,
            false => super::show::print_currencies(context, documents.collect())?,
        }
        return Ok(Exit::Done);
    }
    let mut rows: Vec<[String; 6]> = outlooks.iter().map(ours).collect();
    rows.extend(aws.as_ref().map(theirs));
    let interval = format!("{} % INTERVAL", Outlook::INTERVAL_PERCENT);
    context.print_table(
        &["BY", "MONTH", "SO FAR", "FORECAST", &interval, "CURRENCY"],
        &rows,
    )?;
    Ok(Exit::Done)
}

fn say_doubts(outlook: &Outlook) {
    let currency = &outlook.currency;
    match outlook.end {
        None if outlook.known_days < LEARNING_DAYS => notice(format_args!(
            "{currency}: no forecast yet: learning {}/{LEARNING_DAYS} days",
            outlook.known_days
        )),
        None => notice(format_args!(
            "{currency}: no forecast: not every day before {} is known",
            outlook.until.strftime("%b %-d")
        )),
        Some(end) if end.interval.is_none() => notice(format_args!(
            "{currency}: no interval yet: {} past month ends to learn from are too few",
            end.misses
        )),
        Some(_) => {}
    }
}

/// Ours, and below it Cost Explorer's where it was asked.
fn print_rows(documents: Vec<Value>) -> Result<(), Error> {
    let mut rows = Vec::new();
    for mut ours in documents {
        let mut theirs = ours["aws"].take();
        if theirs.is_object() {
            theirs["source"] = "ce".into();
            for same in ["metric", "currency", "from", "to"] {
                theirs[same] = ours[same].clone();
            }
        }
        rows.push(ours);
        rows.extend(Some(theirs).filter(Value::is_object));
    }
    let columns = [
        "source",
        "metric",
        "currency",
        "from",
        "to",
        "so_far",
        "mean",
        "lower",
        "upper",
        "interval_percent",
    ];
    sheet::print(&Column::of(&columns), &rows)
}

fn range(bounds: Option<(Amount, Amount)>) -> String {
    bounds.map_or("-".into(), |(lower, upper)| {
        format!("{}–{}", lower.rounded(2), upper.rounded(2))
    })
}

fn ours(outlook: &Outlook) -> [String; 6] {
    let end = outlook.end;
    [
        "qd".into(),
        outlook.month.to_string(),
        outlook.so_far.map_or("-".into(), |so_far| so_far.rounded(2)),
        end.map_or("-".into(), |end| end.mean.rounded(2)),
        range(end.and_then(|end| end.interval)),
        outlook.currency.clone(),
    ]
}

fn theirs(end: &MonthEnd) -> [String; 6] {
    [
        "Cost Explorer".into(),
        end.month.to_string(),
        end.so_far.rounded(2),
        end.mean.rounded(2),
        range(end.lower.zip(end.upper)),
        end.currency.clone(),
    ]
}

fn document(outlook: &Outlook, aws: Option<&MonthEnd>, metric: &str) -> Value {
    let end = outlook.end;
    let text = |amount: Option<Amount>| amount.map(|amount| amount.to_string());
    let interval = end.and_then(|end| end.interval);
    json!({
        "source": "qd",
        "metric": metric,
        "currency": outlook.currency,
        "from": outlook.month.from,
        "to": outlook.month.to,
        "until": outlook.until,
        "so_far": text(outlook.so_far),
        "mean": text(end.map(|end| end.mean)),
        "lower": text(interval.map(|(lower, _)| lower)),
        "upper": text(interval.map(|(_, upper)| upper)),
        "interval_percent": Outlook::INTERVAL_PERCENT,
        "calibrated_with": end.map(|end| end.misses),
        "aws": aws.map(|end| json!({
            "month": end.month.from.strftime("%Y-%m").to_string(),
            "so_far": end.so_far.to_string(),
            "mean": end.mean.to_string(),
            "lower": text(end.lower),
            "upper": text(end.upper),
            "interval_percent": end.interval_percent,
            "fetched_at": end.fetched_at,
        })),
    })
}
