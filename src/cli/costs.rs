//! `qd costs summary|breakdown|forecast` from Cost Explorer: answers kept on disk are used while they are
//! fresh, and what was paid for is told on standard error. An error is an exit code, never a zero.

use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Context, Error, Exit, Outcome, cloud, notice};
use crate::cost::{
    self, Answer, BadDimension, Breakdown, Desk, Dimension, Filter, Lens, Period, Question, Refresh, Summary,
    Trouble,
};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// This month so far against the same days of last month
    Summary(Common),
    /// Costs by one or two dimensions
    Breakdown {
        /// service, account, region, category, usage_type, day, month or tag:KEY; two at most beside a span of time
        #[arg(long, value_name = "DIM,…", value_delimiter = ',', default_value = "service")]
        by: Vec<String>,
        /// First day (UTC); default: the first of this month
        #[arg(long, value_name = "DAY")]
        from: Option<Date>,
        /// Day after the last one (UTC); default: tomorrow
        #[arg(long, value_name = "DAY")]
        to: Option<Date>,
        /// Split each row by day or month as well
        #[arg(long)]
        granularity: Option<Granularity>,
        #[command(flatten)]
        common: Common,
    },
    /// Where this month will end
    Forecast(Common),
}

#[derive(clap::Args)]
struct Common {
    /// unblended, amortized or net
    #[arg(long, default_value = "unblended")]
    metric: String,
    /// Only charges that match, such as 'service:*EC2* -region:us-* tag.team:pay'
    #[arg(long, value_name = "EXPR", default_value = "")]
    filter: String,
    /// Where the costs come from
    #[arg(long, default_value = "ce")]
    source: Source,
    /// Ask again for everything that can still change (each page is a paid request of $0.01)
    #[arg(long, conflicts_with = "no_spend")]
    refresh: bool,
    /// Make no paid request: only what is on this machine
    #[arg(long)]
    no_spend: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Source {
    /// Cost Explorer
    Ce,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Granularity {
    Day,
    Month,
}

pub async fn run(args: Args, context: Context) -> Outcome {
    let now = Timestamp::now();
    match args.verb {
        Verb::Summary(common) => {
            let asked = Asked::read(&common)?;
            let question = asked.question(Summary::period(cost::today(now), 1), Vec::new());
            question.dataset().map_err(bad_dimension)?;
            let desk = desk(&context, &asked).await?;
            summary(&context, &desk, &asked, question, now).await
        }
        Verb::Breakdown {
            mut by,
            from,
            to,
            granularity,
            common,
        } => {
            match granularity {
                Some(Granularity::Day) if !by.iter().any(|dim| dim == "day") => by.insert(0, "day".into()),
                Some(Granularity::Month) if !by.iter().any(|dim| dim == "month") => {
                    by.insert(0, "month".into())
                }
                _ => {}
            }
            let asked = Asked::read(&common)?;
            let by: Result<Vec<Dimension>, BadDimension> =
                by.iter().map(|dim| Dimension::parse(dim)).collect();
            let today = cost::today(now);
            let from = from.unwrap_or(today.first_of_month());
            let to = to.unwrap_or(today.tomorrow().unwrap_or(today));
            let period = Period::new(from, to).ok_or_else(|| {
                Error::usage(format!("--from {from} is not before --to {to}"))
                    .hint("--to is the day after the last")
            })?;
            let question = asked.question(period, by.map_err(bad_dimension)?);
            question.dataset().map_err(bad_dimension)?;
            let desk = desk(&context, &asked).await?;
            breakdown(&context, &desk, &asked, question, now).await
        }
        Verb::Forecast(common) => {
            let asked = Asked::read(&common)?;
            if asked.filter.dimensions().next().is_some() {
                return Err(Error::usage("a forecast is for the whole account").hint("leave out --filter"));
            }
            let desk = desk(&context, &asked).await?;
            forecast(&context, &desk, &asked, now).await
        }
    }
}

struct Asked {
    lens: Lens,
    filter: Filter,
    refresh: Refresh,
}

impl Asked {
    fn read(common: &Common) -> Result<Asked, Error> {
        let Source::Ce = common.source;
        Ok(Asked {
            lens: Lens::parse(&common.metric).map_err(bad_dimension)?,
            filter: Filter::parse(&common.filter).map_err(|bad| Error::usage(bad.to_string()))?,
            refresh: match (common.refresh, common.no_spend) {
                (true, _) => Refresh::Force,
                (_, true) => Refresh::Never,
                _ => Refresh::Auto,
            },
        })
    }

    fn question(&self, period: Period, by: Vec<Dimension>) -> Question {
        Question {
            period,
            by,
            lens: self.lens,
            filter: self.filter.clone(),
        }
    }
}

/// One profile at a time: two profiles may show the same linked account, and would count it twice.
async fn desk(context: &Context, asked: &Asked) -> Result<Desk, Error> {
    let cloud = cloud::connect(context);
    let profiles = cloud.profiles();
    let [profile] = profiles.as_slice() else {
        return Err(Error::usage(format!(
            "costs are of one profile at a time, not of {}",
            profiles.join(", ")
        ))
        .hint("name one with --profile; the payer's shows every linked account"));
    };
    let cap = if asked.refresh == Refresh::Never {
        0
    } else {
        context.config.costs.cap_per_day_cents
    };
    let opened = Desk::open(&cloud, profile, &context.paths.cache_dir, cap).await;
    opened.map_err(|failure| Error::failed(failure.to_string()).hint(failure.hint))
}

async fn ask(desk: &Desk, asked: &Asked, question: &Question, now: Timestamp) -> Result<Answer, Error> {
    let plan = desk.plan(
        &question.dataset().map_err(bad_dimension)?,
        question.period,
        asked.refresh,
        now,
    );
    if plan.requests > 0 {
        notice(format_args!(
            "asking Cost Explorer: about {}",
            price(plan.requests)
        ));
    }
    let answer = desk
        .answer(question, asked.refresh, now, |_| ())
        .await
        .map_err(trouble)?;
    if let Some(why) = &answer.stale_because {
        notice(format_args!(
            "qd: costs are as of {}: {why}\nhint: {}",
            answer.fetched_at,
            why.hint()
        ));
    }
    if answer.cube.rounded > 0 {
        notice(format_args!(
            "{} amounts had digits beyond 1e-12, which were rounded",
            answer.cube.rounded
        ));
    }
    if let Ok(spent) = desk.spent(now)
        && answer.requests > 0
    {
        notice(format_args!(
            "paid for {}; {} today, {} this month",
            price(answer.requests),
            price(spent.today),
            price(spent.month)
        ));
    }
    Ok(answer)
}

fn price(requests: u32) -> String {
    let cents = requests * cost::CENTS_PER_REQUEST;
    format!(
        "{requests} request{} (${}.{:02})",
        if requests == 1 { "" } else { "s" },
        cents / 100,
        cents % 100
    )
}

async fn breakdown(
    context: &Context,
    desk: &Desk,
    asked: &Asked,
    question: Question,
    now: Timestamp,
) -> Outcome {
    let answer = ask(desk, asked, &question, now).await?;
    if context.json {
        let documents = answer
            .breakdowns
            .iter()
            .map(|breakdown| document(breakdown, asked, &answer));
        print_currencies(context, documents.collect())?;
        return Ok(Exit::Done);
    }
    for breakdown in &answer.breakdowns {
        let mut headers: Vec<String> = question
            .by
            .iter()
            .map(|dim| dim.to_string().to_uppercase())
            .collect();
        headers.push(breakdown.currency.clone());
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let mut rows: Vec<Vec<String>> = breakdown
            .rows
            .iter()
            .map(|row| cells(&row.key, &row.cost.rounded(2)))
            .collect();
        let mut total = vec!["total".to_owned()];
        total.resize(question.by.len().max(1), String::new());
        rows.push(cells(&total[..question.by.len()], &breakdown.total.rounded(2)));
        context.print_table(&headers, &rows)?;
        if !breakdown.complete {
            notice("the period is not complete: some of its days are estimates or to come");
        }
    }
    Ok(Exit::Done)
}

fn cells(key: &[String], cost: &str) -> Vec<String> {
    let shown = |text: &String| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text.clone()
        }
    };
    key.iter().map(shown).chain([cost.to_owned()]).collect()
}

fn document(breakdown: &Breakdown, asked: &Asked, answer: &Answer) -> Value {
    let rows = breakdown.rows.iter().map(|row| {
        json!({
            "key": row.key,
            "cost": row.cost.to_string(),
            "quantity": row.quantity.map(|quantity| quantity.to_string()),
        })
    });
    json!({
        "source": "ce",
        "metric": asked.lens.to_string(),
        "currency": breakdown.currency,
        "from": breakdown.period.from,
        "to": breakdown.period.to,
        "complete": breakdown.complete,
        "rows": rows.collect::<Vec<_>>(),
        "total": breakdown.total.to_string(),
        "fetched_at": answer.fetched_at,
        "stale_because": answer.stale_because.as_ref().map(Trouble::to_string),
    })
}

/// One document, or all of them under one name where there are several currencies.
fn print_currencies(context: &Context, mut documents: Vec<Value>) -> Result<(), Error> {
    match documents.pop() {
        Some(only) if documents.is_empty() => context.print_json(&only),
        last => {
            documents.extend(last);
            context.print_json(&json!({ "currencies": documents }))
        }
    }
}

async fn summary(
    context: &Context,
    desk: &Desk,
    asked: &Asked,
    question: Question,
    now: Timestamp,
) -> Outcome {
    let answer = ask(desk, asked, &question, now).await?;
    let summaries =
        cost::summary(&answer.cube, cost::today(now), 1, asked.lens, &asked.filter).map_err(bad_dimension)?;
    if !context.json {
        for summary in &summaries {
            context.print_table(&[summary.says().as_str()], &[] as &[Vec<String>])?;
        }
        return Ok(Exit::Done);
    }
    let spent = desk.spent(now).map_err(trouble)?;
    let documents = summaries.iter().map(|summary| {
        let cost::Comparison { current, previous } = summary.comparison;
        json!({
            "source": "ce",
            "metric": asked.lens.to_string(),
            "currency": summary.currency,
            "current": { "from": current.from, "to": current.to, "cost": summary.current.to_string() },
            "previous": { "from": previous.from, "to": previous.to, "cost": summary.previous.to_string() },
            "change": (summary.current - summary.previous).to_string(),
            "change_percent": summary.change_percent,
            "complete": summary.complete,
            "says": summary.says(),
            "fetched_at": answer.fetched_at,
            "requests": { "today": spent.today, "month": spent.month, "cap": context.config.costs.cap_per_day_cents },
        })
    });
    print_currencies(context, documents.collect())?;
    Ok(Exit::Done)
}

async fn forecast(context: &Context, desk: &Desk, asked: &Asked, now: Timestamp) -> Outcome {
    let end = desk
        .month_end(asked.lens, asked.refresh, now)
        .await
        .map_err(trouble)?;
    if context.json {
        context.print_json(&json!({
            "source": "ce",
            "metric": asked.lens.to_string(),
            "currency": end.currency,
            "from": end.month.from,
            "to": end.month.to,
            "so_far": end.so_far.to_string(),
            "mean": end.mean.to_string(),
            "lower": end.lower.map(|bound| bound.to_string()),
            "upper": end.upper.map(|bound| bound.to_string()),
            "interval_percent": end.interval_percent,
            "fetched_at": end.fetched_at,
        }))?;
        return Ok(Exit::Done);
    }
    let bound = |bound: Option<cost::Amount>| bound.map_or("-".into(), |bound| bound.rounded(2));
    let interval = format!("{} % INTERVAL", end.interval_percent);
    let headers = ["MONTH", "SO FAR", "FORECAST", &interval, "CURRENCY"];
    let range = format!("{}–{}", bound(end.lower), bound(end.upper));
    let row = vec![
        end.month.to_string(),
        end.so_far.rounded(2),
        end.mean.rounded(2),
        range,
        end.currency,
    ];
    context.print_table(&headers, &[row])?;
    Ok(Exit::Done)
}

fn bad_dimension(bad: BadDimension) -> Error {
    let BadDimension { says, hint } = bad;
    Error::usage(says).hint(hint)
}

fn trouble(trouble: Trouble) -> Error {
    let hint = trouble.hint();
    match trouble {
        Trouble::Future(_) | Trouble::Dimension(_) => Error::usage(trouble.to_string()).hint(hint),
        _ => Error::failed(trouble.to_string()).hint(hint),
    }
}
