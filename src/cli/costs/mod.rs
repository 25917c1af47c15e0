//! `qd costs summary|breakdown|drivers|anomalies|forecast|moves|import` from Cost Explorer or imported files. Answers of
//! Cost Explorer kept on disk are used while they are fresh, and what was paid for is told on standard error. An error is
//! an exit code, never a zero.

mod anomalies;
mod breakdown;
mod drivers;
mod forecast;
mod import;
mod moves;
mod show;

use std::path::Path;

use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Context, Error, Outcome, cloud, notice};
use crate::cost::{
    self, Answer, BadDimension, Desk, Dimension, Filter, Lens, Period, Question, Refresh, Summary, Trouble,
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
    /// Costs by one or more dimensions
    Breakdown {
        /// service, account, region, category, usage_type, pricing, day, month, tag:KEY or costcat:NAME; with files also
        /// resource, commitment and class, and any number of them (Cost Explorer: two beside a span of time)
        #[arg(long, value_name = "DIM,…", value_delimiter = ',', default_value = "service")]
        by: Vec<String>,
        /// First day (UTC); default: the first of this month, with files the first imported
        #[arg(long, value_name = "DAY")]
        from: Option<Date>,
        /// Day after the last one (UTC); default: tomorrow, with files all that was imported
        #[arg(long, value_name = "DAY")]
        to: Option<Date>,
        /// Split each row by day or month as well
        #[arg(long)]
        granularity: Option<Granularity>,
        /// Rows as CSV
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Take in exports of the bill: FOCUS 1.0 to 1.2, CUR 2.0, legacy CUR
    Import {
        /// Files (Parquet, CSV, gzipped CSV), folders or manifests, here or s3://BUCKET/…
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<String>,
    },
    /// What changed between two periods: usage, rate, new and gone
    Drivers(drivers::Args),
    /// Days outside their band, each explained, and who was there just before
    Anomalies(anomalies::Args),
    /// What to stop, reduce, rightsize and shift, and what that saves
    Moves(moves::Args),
    /// Where this month will end
    Forecast(forecast::Args),
}

#[derive(clap::Args)]
struct Common {
    /// unblended (or billed), amortized (or effective), net; with files also list
    #[arg(long, default_value = "unblended")]
    metric: String,
    /// Only charges that match, such as 'service:*EC2* -region:us-* tag.team:pay -category:Tax,Credit'
    #[arg(long, value_name = "EXPR", default_value = "", allow_hyphen_values = true)]
    filter: String,
    /// Where the costs come from: ce (Cost Explorer), files (all that was imported) or the name of one import;
    /// default: files if anything was imported, else ce
    #[arg(long, value_name = "ce|files|NAME")]
    source: Option<String>,
    /// Ask again for everything that can still change (each page is a paid request of $0.01)
    #[arg(long, conflicts_with = "no_spend")]
    refresh: bool,
    /// Make no paid request: only what is on this machine
    #[arg(long)]
    no_spend: bool,
}

/// Where the costs come from.
enum Source {
    CostExplorer,
    /// All imports, or the one of a name.
    Files(Option<String>),
}

impl Common {
    fn source(&self, data_dir: &Path) -> Source {
        match self.source.as_deref() {
            Some("ce") => Source::CostExplorer,
            Some("files") => Source::Files(None),
            Some(name) => Source::Files(Some(name.to_owned())),
            None if cost::is_imported(data_dir) => Source::Files(None),
            None => Source::CostExplorer,
        }
    }
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
            if let Source::Files(name) = common.source(&context.paths.data_dir) {
                return breakdown::summary(&context, &asked, name.as_deref(), now);
            }
            asked.require_cost_explorer()?;
            let question = asked.question(Summary::period(cost::today(now), 1), Vec::new());
            question.dataset().map_err(bad_dimension)?;
            let desk = desk(&context, &asked).await?;
            show::summary(&context, &desk, &asked, question, now).await
        }
        Verb::Breakdown {
            mut by,
            from,
            to,
            granularity,
            csv,
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
            let by = by.map_err(bad_dimension)?;
            if let Source::Files(name) = common.source(&context.paths.data_dir) {
                let wanted = breakdown::Wanted { by, from, to, csv };
                return breakdown::breakdown(&context, &asked, name.as_deref(), wanted).await;
            }
            asked.require_cost_explorer()?;
            let today = cost::today(now);
            let from = from.unwrap_or(today.first_of_month());
            let to = to.unwrap_or(today.tomorrow().unwrap_or(today));
            let period = Period::new(from, to).ok_or_else(|| {
                Error::usage(format!("--from {from} is not before --to {to}"))
                    .hint("--to is the day after the last")
            })?;
            let question = asked.question(period, by);
            question.dataset().map_err(bad_dimension)?;
            let desk = desk(&context, &asked).await?;
            show::breakdown(&context, &desk, &asked, question, csv, now).await
        }
        Verb::Import { paths } => import::run(&context, &paths, now).await,
        Verb::Drivers(args) => drivers::run(args, &context, now).await,
        Verb::Anomalies(args) => anomalies::run(args, &context, now).await,
        Verb::Moves(args) => moves::run(args, &context, now).await,
        Verb::Forecast(args) => forecast::run(args, &context, now).await,
    }
}

struct Asked {
    lens: Lens,
    filter: Filter,
    refresh: Refresh,
}

impl Asked {
    fn read(common: &Common) -> Result<Asked, Error> {
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

    /// Exit 2 for what only files know.
    fn require_cost_explorer(&self) -> Result<(), Error> {
        match self.lens {
            Lens::List => Err(Error::usage("Cost Explorer knows no list prices")
                .hint("import a FOCUS or CUR export and ask that with --source files")),
            _ => Ok(()),
        }
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
