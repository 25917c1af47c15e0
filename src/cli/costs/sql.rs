//! `qd costs sql` prints the statement that a breakdown is in Athena, for the console, a notebook or a review; with
//! `--run`, and as `qd costs breakdown --source athena`, it is run. Ctrl-C stops it at AWS.

use jiff::Timestamp;
use serde_json::json;

use super::{Asked, Cut, bad_dimension, document, show, trouble};
use crate::aws;
use crate::cli::context::print;
use crate::cli::stop::watch_signals;
use crate::cli::{Context, Error, Exit, Outcome, cloud, notice};
use crate::cost::{self, Filter, Lens, Question, Refresh, Table, athena};

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    cut: Cut,
    /// unblended, amortized, net or list
    #[arg(long, default_value = "unblended")]
    metric: String,
    /// Only charges that match, such as 'service:*EC2* -region:us-* tag.team:pay'
    #[arg(long, value_name = "EXPR", default_value = "", allow_hyphen_values = true)]
    filter: String,
    /// Run it; Athena charges $5 for a terabyte that it reads
    #[arg(long)]
    run: bool,
}

pub async fn run(context: &Context, args: Args, now: Timestamp) -> Outcome {
    let (by, period) = (args.cut.dimensions()?, args.cut.period(cost::today(now))?);
    let asked = Asked {
        lens: Lens::parse(&args.metric).map_err(bad_dimension)?,
        filter: Filter::parse(&args.filter).map_err(|bad| Error::usage(bad.to_string()))?,
        refresh: Refresh::Auto,
    };
    let question = asked.question(period, by);
    if args.run {
        return breakdown(context, &asked, &question, false, now).await;
    }
    let table = table(context)?;
    let statement = table.statement(&question).map_err(bad_dimension)?;
    if context.json {
        context.print_json(&json!({
            "sql": statement.text,
            "database": table.database,
            "table": table.table,
        }))?;
    } else {
        print(&statement.text)?;
    }
    Ok(Exit::Done)
}

fn table(context: &Context) -> Result<Table, Error> {
    let Some(config) = &context.config.costs.athena else {
        return Err(Error::usage("no export in Athena is configured")
            .hint("set database and table under [costs.athena] in the configuration"));
    };
    let table = Table {
        database: config.database.clone(),
        table: config.table.clone(),
        kind: config.kind,
    };
    table
        .check()
        .map_err(|bad| Error::usage(bad.to_string()).hint(bad.hint))?;
    Ok(table)
}

/// Runs a question and prints its answer, as a breakdown from any other source is printed.
pub async fn breakdown(
    context: &Context,
    asked: &Asked,
    question: &Question,
    csv: bool,
    now: Timestamp,
) -> Outcome {
    let table = table(context)?;
    if asked.refresh == Refresh::Never {
        return Err(Error::usage("Athena charges for what it reads").hint("leave out --no-spend"));
    }
    let cloud = cloud::connect(context);
    let config = context.config.costs.athena.as_ref();
    let profile = config.and_then(|athena| athena.profile.clone());
    let profile = profile
        .or_else(|| cloud.profiles().first().cloned())
        .unwrap_or_default();
    let region = match config.and_then(|athena| athena.region.clone()) {
        Some(region) => region,
        None => {
            let places = cloud.places().await;
            let place = places.found.into_iter().find(|place| place.profile == profile);
            place.map(|place| place.region).ok_or_else(|| {
                Error::usage(format!("no region is known for profile {profile}"))
                    .hint("set region under [costs.athena], or pass --region NAME")
            })?
        }
    };
    let athena = aws::Athena {
        place: aws::Place { profile, region },
        database: table.database.clone(),
        workgroup: config.and_then(|athena| athena.workgroup.clone()),
        output: config.and_then(|athena| athena.output.clone()),
    };
    let mut stopped = watch_signals()?;
    let stop = async {
        // Without its sender nothing can stop any more: then only the answer ends it.
        if stopped.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let found = athena::answer(&cloud, &athena, &table, question, now, stop)
        .await
        .map_err(trouble)?;
    notice(found.price());
    show::print_as(context, question, &found.breakdowns, csv, || {
        let more = document::more([
            ("scanned_bytes", json!(found.scanned_bytes)),
            ("sql", found.statement.text.as_str().into()),
        ]);
        document::print(
            context,
            &found.breakdowns,
            "athena",
            &asked.lens.to_string(),
            &more,
        )
    })
}
