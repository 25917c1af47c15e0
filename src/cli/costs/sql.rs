//! `qd costs sql` prints the statement that a breakdown is in Athena, for the console, a notebook or a review, and with
//! `--parquet` that of DuckDB over files; with `--run`, and as `qd costs breakdown --source athena`, Athena runs it. Ctrl-C
//! stops it at AWS.

use jiff::Timestamp;
use serde_json::json;

use super::athena::Athena;
use super::{Asked, Cut, bad_dimension, document, show, trouble};
use crate::cli::context::print;
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::{self, Filter, Kind, Lens, Period, Question, Refresh, Table, athena};

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
    /// For DuckDB (1.3 or later) over the Parquet files of an export, such as 'bills/**/*.parquet': nothing need be
    /// configured, and nothing is run; all of their days, but for what --from and --to leave out
    #[arg(long, value_name = "FILES", conflicts_with = "run")]
    parquet: Option<String>,
    /// What those files are: focus (FOCUS 1.0), focus-1.2 (FOCUS 1.1 and 1.2) or cur2; default: focus
    #[arg(long, value_name = "KIND", requires = "parquet", value_parser = parse_kind)]
    kind: Option<Kind>,
    /// Each row of the answer as CSV, to the last digit
    #[arg(long, requires = "run", conflicts_with = "json")]
    csv: bool,
}

fn parse_kind(text: &str) -> Result<Kind, String> {
    match text {
        "focus" => Ok(Kind::Focus),
        "focus-1.2" => Ok(Kind::Focus12),
        "cur2" => Ok(Kind::Cur2),
        _ => Err("use focus, focus-1.2 or cur2".into()),
    }
}

impl Args {
    /// The files that were named, else the table that is configured.
    fn table(&self, context: &Context) -> Result<Table, Error> {
        if let Some(files) = &self.parquet {
            return Ok(Table {
                database: String::new(),
                table: String::new(),
                kind: self.kind.unwrap_or_default(),
                columns: None,
                files: Some(files.clone()),
            });
        }
        let config = context.config.costs.athena.as_ref();
        athena::table_seen(config, &context.paths.cache_dir).map_err(trouble)
    }
}

pub async fn run(context: &Context, args: Args, now: Timestamp) -> Outcome {
    let (by, today) = (args.cut.dimensions()?, cost::today(now));
    let days = [args.cut.from, args.cut.to];
    let period = match (args.parquet.is_some(), days) {
        // Between no two days: the statement has no bounds but those that were given.
        (true, [None, _] | [_, None]) => Period::month_of(today),
        _ => args.cut.period(today)?,
    };
    let asked = Asked {
        lens: Lens::parse(&args.metric).map_err(bad_dimension)?,
        filter: Filter::parse(&args.filter).map_err(|bad| Error::usage(bad.to_string()))?,
        refresh: Refresh::Auto,
    };
    let question = asked.question(period, by);
    if args.run {
        return breakdown(context, &asked, &question, args.csv, now).await;
    }
    let table = args.table(context)?;
    let statement = match args.parquet {
        Some(_) => table.statement_within(&question, days),
        None => table.statement(&question),
    };
    let statement = statement.map_err(bad_dimension)?;
    match statement.without {
        Some(without) => notice(without),
        None if table.may_lack() && table.columns.is_none() && table.files.is_none() => {
            notice("whether the export has all of these columns is not known until --run has asked");
        }
        None => {}
    }
    if context.json {
        context.print_json(&json!({
            "sql": statement.text,
            "database": Some(&table.database).filter(|name| !name.is_empty()),
            "table": Some(&table.table).filter(|name| !name.is_empty()),
            "files": table.files,
        }))?;
    } else {
        print(&statement.text)?;
    }
    Ok(Exit::Done)
}

/// Runs a question and prints its answer, as a breakdown from any other source is printed.
pub async fn breakdown(
    context: &Context,
    asked: &Asked,
    question: &Question,
    csv: bool,
    now: Timestamp,
) -> Outcome {
    let mut found = Athena::open(context, asked).await?.answer(question, now).await?;
    found.breakdowns = show::past(found.breakdowns, now);
    show::print_as(context, question, &found.breakdowns, csv, || {
        let more = document::more([
            ("scanned_bytes", json!(found.paid.bytes())),
            ("fetched_at", json!(found.read_at)),
            ("sql", found.statement.text.as_str().into()),
        ]);
        let metric = asked.lens.file_name();
        document::print(context, &found.breakdowns, "athena", metric, |_| more.clone())
    })
}
