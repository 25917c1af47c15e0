//! `qd alarms ls`: alarms in the order in which they are looked at.

use std::io::IsTerminal;

use futures_util::StreamExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::row::{Row, remarks};
use crate::alarm::{Alarm, Roster, Severity, State, Tags, Wanted, answers, fetch};
use crate::cli::{Context, Error, Exit, Outcome, cloud, notice, runbooks};
use crate::panel::age;
use crate::runbook::Answers;
use crate::ui::text::truncate;

/// A name longer than this is cut in the table on a terminal; a pipe and JSON have it whole.
const NAME: usize = 60;

/// An alarm, and the name of its runbook.
type Answered = (Alarm, Option<String>);

#[derive(clap::Args)]
pub struct Args {
    /// Which: alarm, ok, insufficient or all
    #[arg(long, value_name = "STATE", default_value = "alarm", value_parser = ["alarm", "ok", "insufficient", "all"])]
    state: String,
    /// Only those in which every word is found: in name, target, metric, description, account or region
    #[arg(long, value_name = "WORDS", default_value = "", hide_default_value = true)]
    filter: String,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let clients = cloud::connect(context);
    let wanted = match args.state.as_str() {
        "alarm" => Wanted::Burning,
        _ => Wanted::All,
    };
    let mut roster = Roster::default();
    let mut batches = fetch(&clients, wanted, &Tags::once());
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    let words: Vec<String> = args.filter.split_whitespace().map(str::to_lowercase).collect();
    let is_wanted =
        |alarm: &Alarm| (args.state == "all" || alarm.state.as_str() == args.state) && alarm.holds(&words);
    let alarms = roster.sorted().into_iter().filter(is_wanted).collect();
    let alarms = answered(alarms, context).await?;
    if context.json {
        let rows: Vec<Row> = alarms
            .iter()
            .map(|(alarm, runbook)| Row::of(alarm, runbook.as_deref()))
            .collect();
        context.print_json(&json!({
            "alarms": rows,
            "failures": roster.failures,
            "mutes_known": roster.unmuted.is_empty(),
        }))?;
    } else {
        table(&alarms, &roster, context)?;
    }
    if roster.any_answered() {
        return Ok(Exit::Done);
    }
    Err(Error::failed("no region answered").hint("the messages above say why for each"))
}

/// Each with the runbook that answers it best.
async fn answered(alarms: Vec<Alarm>, context: &Context) -> Result<Vec<Answered>, Error> {
    let library = runbooks::library(context).await?;
    let prepared = Answers::of(&library);
    let today = Timestamp::now().to_zoned(TimeZone::system()).date();
    let best = |alarm: &Alarm| answers(&prepared, &library, alarm, today).into_iter().next();
    let with_best = |alarm: Alarm| {
        let runbook = best(&alarm).map(|answer| answer.name);
        (alarm, runbook)
    };
    Ok(alarms.into_iter().map(with_best).collect())
}

fn table(alarms: &[Answered], roster: &Roster, context: &Context) -> Result<(), Error> {
    let now = Timestamp::now();
    let is_seen = std::io::stdout().is_terminal();
    let name = |text: &str| match is_seen {
        true => truncate(text, NAME).into_owned(),
        false => text.to_owned(),
    };
    let cells = |(alarm, runbook): &Answered| {
        vec![
            alarm.state.as_str().to_owned(),
            alarm.since.map_or("-".into(), |since| age::since(since, now)),
            Severity::told(alarm).to_owned(),
            alarm.letter().as_str().to_owned(),
            name(&alarm.name),
            name(alarm.target().unwrap_or("-")),
            alarm.region.clone(),
            alarm.account.clone(),
            runbook.as_deref().map_or("-".into(), name),
            remarks(alarm),
        ]
    };
    let rows: Vec<Vec<String>> = alarms.iter().map(cells).collect();
    const HEADERS: [&str; 10] = [
        "STATE", "SINCE", "SEVERITY", "LETS", "NAME", "TARGET", "REGION", "ACCOUNT", "RUNBOOK", "REMARKS",
    ];
    context.print_table(&HEADERS, &rows)?;
    if rows.is_empty() && roster.any_answered() {
        let burning = roster.alarms.iter().any(|alarm| alarm.state == State::Alarm);
        notice(if burning {
            "qd: no alarm matches"
        } else {
            "qd: nothing burns, or nothing matches"
        });
    }
    roster.failures.iter().for_each(cloud::tell);
    if let Some(says) = super::unmuted(&roster.unmuted) {
        notice(says);
    }
    Ok(())
}
