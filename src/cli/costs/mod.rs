//! `qd costs …`: from Cost Explorer, imported files or Athena. What Cost Explorer said is kept on disk and used while it is
//! fresh, and what was paid for is told on standard error. An error is an exit code, never a zero.

mod anomalies;
mod asked;
mod books;
mod breakdown;
mod commitments;
mod drivers;
mod fanout;
mod forecast;
mod import;
mod meter;
mod moves;
mod show;
mod sql;

use asked::{Asked, Common, Source, ask, bad_dimension, desk, open, tell_spent, trouble};
use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Context, Error, Outcome};
use crate::cost::{self, BadDimension, Dimension, Period, Summary};

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
        /// More than two dimensions on Cost Explorer: one list of pages for each value of the others, for at most so many
        /// dollars; without an amount the price is told and nothing is asked
        #[arg(long, value_name = "DOLLARS", num_args = 0..=1, default_missing_value = "0")]
        fan_out: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// What changed between two periods: usage, rate, new and gone
    Drivers(drivers::Args),
    /// Days outside their band, each explained, and who was there just before
    Anomalies(anomalies::Args),
    /// Where this month will end
    Forecast(forecast::Args),
    /// What to stop, reduce, rightsize and shift, and what that saves
    Moves(moves::Args),
    /// Savings Plans and reservations: how much is used, how much they cover
    Commitments(commitments::Args),
    /// Budgets as they stand; asking costs nothing
    Budgets(commitments::Args),
    /// Take in exports of the bill: FOCUS 1.0 to 1.2, CUR 2.0, legacy CUR
    Import {
        /// Files (Parquet, CSV, gzipped CSV), folders or manifests, here or s3://BUCKET/…
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<String>,
    },
    /// The SQL of a breakdown over an export in Athena
    Sql(sql::Args),
    /// Paid requests: what was counted here, against what the bill says
    Meter(commitments::Args),
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
            match common.source(&context.paths.data_dir) {
                Source::Files(name) => return breakdown::summary(&context, &asked, name.as_deref(), now),
                Source::Athena => {
                    return Err(Error::usage("the headline is not made from Athena")
                        .hint("ask a breakdown by month with --source athena"));
                }
                Source::CostExplorer => asked.require_cost_explorer()?,
            }
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
            let by = by.map_err(bad_dimension)?;
            let source = common.source(&context.paths.data_dir);
            if let Source::Files(name) = source {
                let wanted = breakdown::Wanted { by, from, to, csv };
                return breakdown::breakdown(&context, &asked, name.as_deref(), wanted).await;
            }
            let today = cost::today(now);
            let from = from.unwrap_or(today.first_of_month());
            let to = to.unwrap_or(today.tomorrow().unwrap_or(today));
            let period = Period::new(from, to).ok_or_else(|| {
                Error::usage(format!("--from {from} is not before --to {to}"))
                    .hint("--to is the day after the last")
            })?;
            let question = asked.question(period, by);
            if let Source::Athena = source {
                return sql::breakdown(&context, &asked, &question, csv, now).await;
            }
            asked.require_cost_explorer()?;
            if question.is_wide()
                && let Some(dollars) = fan_out
            {
                let desk = desk(&context, &asked).await?;
                return fanout::breakdown(&context, &desk, &asked, &question, &dollars, csv, now).await;
            }
            question.dataset().map_err(bad_dimension)?;
            let desk = desk(&context, &asked).await?;
            show::breakdown(&context, &desk, &asked, question, csv, now).await
        }
        Verb::Drivers(args) => drivers::run(args, &context, now).await,
        Verb::Anomalies(args) => anomalies::run(args, &context, now).await,
        Verb::Forecast(args) => forecast::run(args, &context, now).await,
        Verb::Moves(args) => moves::run(args, &context, now).await,
        Verb::Commitments(args) => commitments::run(&context, &args, now).await,
        Verb::Budgets(args) => commitments::budgets(&context, &args, now).await,
        Verb::Import { paths } => import::run(&context, &paths, now).await,
        Verb::Sql(args) => sql::run(&context, args, now).await,
        Verb::Meter(args) => meter::run(&context, &args, now).await,
    }
}
