//! `qd costs …`: from Cost Explorer, imported files or Athena. What Cost Explorer said is kept on disk and used while it is
//! fresh, and what was paid for is told on standard error. An error is an exit code, never a zero.

mod anomalies;
mod asked;
mod athena;
mod books;
mod breakdown;
mod commitments;
mod cut;
mod digest;
mod document;
mod drivers;
mod explorer;
mod fanout;
mod files;
mod forecast;
mod import;
mod meter;
mod moves;
mod picture;
mod prefetch;
mod sheet;
mod show;
mod sql;
mod summary;
mod units;

use asked::{Asked, Common, Source, ask, bad_dimension, desk, open, tell_spent, tell_whole, trouble};
use clap::Subcommand;
use cut::Cut;
use jiff::Timestamp;

use super::{Context, Outcome};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// This month so far against the same days of last month
    Summary(summary::Args),
    /// Costs by one or more dimensions
    Breakdown(breakdown::Args),
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
    /// Costs by what they are for: an order, a user, a machine, a session
    Units(units::Args),
    /// A week for each team, as Markdown: what it cost, what changed, what was unusual, what could be saved
    Digest(digest::Args),
    /// What the console draws, as SVG or PNG
    Picture(picture::Args),
    /// Take in exports of the bill: FOCUS 1.0 to 1.2, CUR 2.0, legacy CUR
    Import {
        /// Files (Parquet, CSV, gzipped CSV), folders or manifests, here or s3://BUCKET/…
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<String>,
        /// Each month that was taken in as a row of CSV
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
    /// The SQL of a breakdown over an export in Athena
    Sql(sql::Args),
    /// Thirteen months of costs from Cost Explorer onto this machine, at most a dollar in one go
    Prefetch(commitments::Args),
    /// Paid requests: what was counted here, against what the bill says as far as it is kept; --refresh asks for it
    Meter(commitments::Args),
}

pub async fn run(args: Args, context: Context) -> Outcome {
    let now = Timestamp::now();
    match args.verb {
        Verb::Summary(args) => summary::run(&args, &context, now).await,
        Verb::Breakdown(args) => breakdown::run(args, &context, now).await,
        Verb::Drivers(args) => drivers::run(args, &context, now).await,
        Verb::Anomalies(args) => anomalies::run(args, &context, now).await,
        Verb::Forecast(args) => forecast::run(args, &context, now).await,
        Verb::Moves(args) => moves::run(args, &context, now).await,
        Verb::Commitments(args) => commitments::run(&context, &args, now).await,
        Verb::Budgets(args) => commitments::budgets(&context, &args, now).await,
        Verb::Units(args) => units::run(args, &context, now).await,
        Verb::Digest(args) => digest::run(args, &context, now).await,
        Verb::Picture(args) => picture::run(args, &context, now).await,
        Verb::Import { paths, csv } => import::run(&context, &paths, csv, now).await,
        Verb::Sql(args) => sql::run(&context, args, now).await,
        Verb::Prefetch(args) => prefetch::run(&context, &args, now).await,
        Verb::Meter(args) => meter::run(&context, &args, now).await,
    }
}
