//! `qd costs breakdown`: costs by one or more dimensions, from whichever source was named. What is wrong with the
//! question is said before anything is paid for.

use jiff::Timestamp;

use super::{Asked, Common, Cut, Source, bad_dimension, desk, fanout, files, show, sql};
use crate::cli::{Context, Outcome};
use crate::cost::{self, Dimension};

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    cut: Cut,
    /// Rows as CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// More than two dimensions on Cost Explorer: one list of pages for each value of the others, for at most so many
    /// dollars; without an amount the price is told and nothing is asked
    #[arg(long, value_name = "DOLLARS", num_args = 0..=1, default_missing_value = "0")]
    fan_out: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub async fn run(args: Args, context: &Context, now: Timestamp) -> Outcome {
    let asked = Asked::read(&args.common)?;
    let by = args.cut.dimensions()?;
    let source = args.common.source(&context.paths.data_dir);
    if let Source::Files(name) = source {
        return files::breakdown(context, &asked, name.as_deref(), by, (&args.cut, args.csv), now).await;
    }
    if let Source::Athena = source {
        let question = asked.question(args.cut.period(cost::today(now))?, by);
        return sql::breakdown(context, &asked, &question, args.csv, now).await;
    }
    let of_resources = by
        .iter()
        .chain(asked.filter.dimensions())
        .any(|dimension| *dimension == Dimension::Resource);
    let question = asked.question(args.cut.told(cost::today(now), of_resources)?, by);
    asked.require_cost_explorer()?;
    if question.is_wide()
        && question.slice(cost::today(now)).is_err()
        && let Some(dollars) = args.fan_out
    {
        let desk = desk(context, &asked).await?;
        return fanout::breakdown(context, &desk, &asked, &question, &dollars, args.csv, now).await;
    }
    question.slice(cost::today(now)).map_err(bad_dimension)?;
    let desk = desk(context, &asked).await?;
    show::breakdown(context, &desk, &asked, question, args.csv, now).await
}
