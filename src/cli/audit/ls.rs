//! `qd audit ls`: the audit log as a table or JSON lines.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Context, Error, Exit, Outcome, log, notice};
use crate::audit::{Entry, Range};

#[derive(clap::Args)]
pub struct Args {
    /// From this day or instant (2026-03-01, 2026-03-01T14:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    from: Option<Timestamp>,
    /// Up to this day or instant, not included
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    to: Option<Timestamp>,
    /// Only this event, or all below it (session.start, session.recording), repeatable
    #[arg(long = "event", value_name = "NAME")]
    events: Vec<String>,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let log = log(context)?;
    let mut rows = Vec::new();
    let mut unreadable = 0;
    for entry in log.read(Range {
        from: args.from,
        to: args.to,
    })? {
        match entry {
            Ok(entry) if !wanted(&entry, &args.events) => {}
            Ok(entry) if context.json => context.print_json_line(&entry)?,
            Ok(entry) => rows.push(row(&entry)),
            Err(error) => {
                notice(format!("qd: {error}"));
                unreadable += 1;
            }
        }
    }
    if !context.json {
        context.print_table(
            &["TIME", "EVENT", "OUTCOME", "USER", "TARGET", "SESSION", "REASON"],
            &rows,
        )?;
    }
    match unreadable {
        0 => Ok(Exit::Done),
        1 => Err(Error::tampering("one line of the audit log cannot be read").hint(VERIFY)),
        many => Err(Error::tampering(format!("{many} lines of the audit log cannot be read")).hint(VERIFY)),
    }
}

pub(super) const VERIFY: &str = "`qd audit verify` tells what happened to it";

pub(super) fn wanted(entry: &Entry, events: &[String]) -> bool {
    let below = |name: &String| {
        entry
            .event
            .strip_prefix(name.as_str())
            .is_some_and(|rest| rest.starts_with('.'))
    };
    events.is_empty() || events.iter().any(|name| *name == entry.event || below(name))
}

pub(super) fn row(entry: &Entry) -> [String; 7] {
    let time = entry.at().map_or(entry.time.clone(), |at| {
        at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
    });
    let target = entry
        .target
        .as_ref()
        .and_then(|target| target.name.clone().or_else(|| target.id.clone()));
    [
        time,
        entry.event.clone(),
        entry.ended().to_owned(),
        entry.actor.user.clone().unwrap_or_default(),
        target.unwrap_or_default(),
        entry.sid.clone().unwrap_or_default(),
        entry.reason.clone().unwrap_or_default(),
    ]
}

/// A day (its start in UTC) or an RFC 3339 instant.
pub(in crate::cli) fn parse_instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let day = text.parse::<Date>().ok().filter(|_| text.len() == 10);
    day.and_then(|day| day.to_zoned(TimeZone::UTC).ok())
        .map(|start| start.timestamp())
        .ok_or_else(|| "write a day like 2026-03-01 or an instant like 2026-03-01T14:00:00Z".to_string())
}
