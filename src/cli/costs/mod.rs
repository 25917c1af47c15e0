//! `qd costs summary|breakdown|forecast` from Cost Explorer: answers kept on disk are used while they are
//! fresh, and what was paid for is told on standard error. An error is an exit code, never a zero.

mod commitments;
mod fanout;
mod meter;
mod show;
mod sql;

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
        /// More than two dimensions on Cost Explorer: one list of pages for each value of the others, for at most so many
        /// dollars; without an amount the price is told and nothing is asked
        #[arg(long, value_name = "DOLLARS", num_args = 0..=1, default_missing_value = "0")]
        fan_out: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// The SQL of a breakdown over an export in Athena
    Sql(sql::Args),
    /// Savings Plans and reservations: how much is used, how much they cover
    Commitments(commitments::Args),
    /// Budgets as they stand; asking costs nothing
    Budgets(commitments::Args),
    /// Paid requests: what was counted here, against what the bill says
    Meter(commitments::Args),
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
    /// An export in Athena, as [costs.athena] says
    Athena,
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
            show::summary(&context, &desk, &asked, question, now).await
        }
        Verb::Breakdown {
            mut by,
            from,
            to,
            granularity,
            fan_out,
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
            if let Source::Athena = common.source {
                return sql::breakdown(&context, &asked, &question, now).await;
            }
            if question.is_wide()
                && let Some(dollars) = fan_out
            {
                let desk = desk(&context, &asked).await?;
                return fanout::breakdown(&context, &desk, &asked, &question, &dollars, now).await;
            }
            question.dataset().map_err(bad_dimension)?;
            let desk = desk(&context, &asked).await?;
            show::breakdown(&context, &desk, &asked, question, now).await
        }
        Verb::Sql(args) => sql::run(&context, args, now).await,
        Verb::Commitments(args) => commitments::run(&context, &args, now).await,
        Verb::Budgets(args) => commitments::budgets(&context, &args, now).await,
        Verb::Meter(args) => meter::run(&context, &args, now).await,
        Verb::Forecast(common) => {
            let asked = Asked::read(&common)?;
            if asked.filter.dimensions().next().is_some() {
                return Err(Error::usage("a forecast is for the whole account").hint("leave out --filter"));
            }
            let desk = desk(&context, &asked).await?;
            show::forecast(&context, &desk, &asked, now).await
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

    /// Nothing is left out of it.
    fn is_whole(&self) -> bool {
        self.filter.dimensions().next().is_none()
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
    open(context, asked.refresh).await
}

async fn open(context: &Context, refresh: Refresh) -> Result<Desk, Error> {
    let cloud = cloud::connect(context);
    let profiles = cloud.profiles();
    let [profile] = profiles.as_slice() else {
        return Err(Error::usage(format!(
            "costs are of one profile at a time, not of {}",
            profiles.join(", ")
        ))
        .hint("name one with --profile; the payer's shows every linked account"));
    };
    let cap = if refresh == Refresh::Never {
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
        notice(format_args!("asking Cost Explorer: {}", plan.price()));
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
    tell_spent(desk, answer.requests, now);
    Ok(answer)
}

fn tell_spent(desk: &Desk, requests: u32, now: Timestamp) {
    if let Ok(spent) = desk.spent(now)
        && requests > 0
    {
        notice(format_args!(
            "paid for {}; {} today, {} this month",
            cost::priced(requests),
            cost::priced(spent.today),
            cost::priced(spent.month)
        ));
    }
}

fn bad_dimension(bad: BadDimension) -> Error {
    let BadDimension { says, hint } = bad;
    Error::usage(says).hint(hint)
}

fn trouble(trouble: Trouble) -> Error {
    let hint = trouble.hint();
    match trouble {
        Trouble::Future(_) | Trouble::Dimension(_) | Trouble::Price { .. } => {
            Error::usage(trouble.to_string()).hint(hint)
        }
        _ => Error::failed(trouble.to_string()).hint(hint),
    }
}
