//! `qd incident figures`: counts and spans over the months, with how many each is made of.

use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::{Context, Error, Exit, Outcome};
use crate::incident::figure::{Figures, Group, Spread, figures};
use crate::incident::report::lasted;
use crate::incident::timeline::log_access;
use crate::incident::{State, journal};

#[derive(clap::Args)]
pub struct Args {
    /// Whole months before this one; this one is always in
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(0..=120))]
    months: u16,
    /// Apart by a tag of the machines that were touched: team, service, env…
    #[arg(long, value_name = "TAG")]
    by: Option<String>,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let now = Timestamp::now();
    let first = now.to_zoned(TimeZone::UTC).date().first_of_month();
    let from = first
        .saturating_sub(i64::from(args.months).months())
        .to_zoned(TimeZone::UTC)
        .map_err(|cause| Error::usage(format!("--months: {cause}")))?;
    let from = from.timestamp();
    if args.by.is_some() {
        log_accesses(&context.paths.data_dir, from)?;
    }
    let ground = crate::cli::report::ground(context, &[], false);
    let found = figures(&ground, from, now, args.by.as_deref())?;
    if context.json {
        context.print_json(&found)?;
        return Ok(Exit::Done);
    }
    show(&found, context)?;
    Ok(Exit::Done)
}

/// What was touched is told by the commands in recordings as well: the audit log hears first that they are read.
fn log_accesses(data_dir: &Path, from: Timestamp) -> Result<(), Error> {
    let (states, _) = journal::states(data_dir)?;
    let meant = |state: &&State| state.started_at.is_some_and(|at| from <= at);
    for state in states.iter().filter(meant) {
        log_access(data_dir, &state.id)?;
    }
    Ok(())
}

fn show(found: &Figures, context: &Context) -> Result<(), Error> {
    let mut rows: Vec<Vec<String>> = found.months.iter().map(|group| row(&group.of, group)).collect();
    rows.push(row("all", &found.all));
    for group in &found.groups {
        let name = if group.of.is_empty() { "(none)" } else { &group.of };
        let by = found.by.as_deref().unwrap_or_default();
        rows.push(row(&format!("{by} {name}"), group));
    }
    let heads = [
        "OF",
        "INCIDENTS",
        "OPEN",
        "ACK MEDIAN",
        "ACK P90",
        "RECOVERY MEDIAN",
        "RECOVERY P90",
        "KNOWN",
    ];
    context.print_table(&heads, &rows)?;
    let rate = match found.failure_rate {
        Some(rate) => format!("{:.1} %", rate * 100.0),
        None => "not known".into(),
    };
    let mut says = format!(
        "\nfrom {} to {}\nchanges that failed: {} of {} ({rate}); {}\n",
        found.from, found.to, found.failed, found.changes, found.definition
    );
    for warning in found.all.warnings.iter().chain(&found.warnings) {
        says.push_str(&format!("note: {}\n", super::quote(warning)));
    }
    crate::cli::context::print(&says)
}

fn row(of: &str, group: &Group) -> Vec<String> {
    let span = |seconds: Option<u64>| seconds.map_or_else(|| "—".into(), |s| lasted(s * 1_000_000));
    let Spread { known, .. } = group.to_recover;
    vec![
        of.to_owned(),
        group.incidents.to_string(),
        group.open.to_string(),
        span(group.to_acknowledge.median_s),
        span(group.to_acknowledge.p90_s),
        span(group.to_recover.median_s),
        span(group.to_recover.p90_s),
        format!("{known} of {}", group.incidents),
    ]
}
