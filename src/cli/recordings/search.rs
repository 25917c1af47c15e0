//! `qd recordings search`: what was shown and run, in every recording, told as it is found. That somebody searched is in
//! the audit log before anything is told.

use super::super::{Context, Error, Outcome, notice, quote};
use super::{Exit, access, rfc3339};
use crate::recording::{Catalogue, Found, Keyring, Place, Query, Short, clock, search};
use serde::Serialize;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

/// Columns of text before a hit that stay in sight.
const BEFORE: usize = 24;
/// Columns of text on a terminal.
const WIDE: usize = 100;

#[derive(clap::Args)]
#[command(after_help = "\
Words, \"phrases\" and /expressions/ must all be in one line; without capitals case is ignored. With one of
  who: target: account: region: ticket: reason: id: kind: state: evidence:   (* and ? are wildcards)
  after: before:      2026-03-01, 2026-03-01T14:30, 2d, 12h
  cmd: exit: source: cwd:   commands only; exit:!0 for those that failed
A leading - means not; such a word goes into quotes with the one before it, or after --. Examples:
  qd recordings search 'no space left' target:web-* after:7d
  qd recordings search 'timeout -staging'
  qd recordings search cmd:terraform exit:!0 who:mara")]
pub struct Args {
    /// What to look for; several arguments are one query
    #[arg(value_name = "QUERY", required = true)]
    query: Vec<String>,
    /// Stop after so many hits
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Hit<'a> {
    id: &'a str,
    at_ms: u64,
    text: &'a str,
    /// `line`, `screen`, `command` or `recording`.
    kind: &'static str,
    /// The command that was found, or during which the line came.
    command: Option<&'a str>,
    exit_code: Option<i32>,
    source: Option<&'static str>,
    cwd: Option<&'a str>,
    started_at: Option<String>,
    target: Option<&'a str>,
    name: Option<&'a str>,
    actor: Option<&'a str>,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let text = args.query.join(" ");
    let query = Query::parse(&text, jiff::Timestamp::now()).map_err(|bad| {
        Error::usage(bad.to_string()).hint("`qd recordings search --help` shows how a query is written")
    })?;
    if query.is_empty() {
        return Err(
            Error::usage("nothing to look for").hint("give words, \"a phrase\" or a key such as who:mara")
        );
    }
    access::searched(context, &text)?;
    let catalogue = Catalogue::open(&context.paths.data_dir, Keyring::of(&context.config.recording));
    let stem = |path: PathBuf| Some(path.file_stem()?.to_string_lossy().into_owned());
    let ids = Short::among(catalogue.paths()?.into_iter().filter_map(stem));
    let (mut hits, mut failed, mut locked) = (0usize, false, 0usize);
    let mut printed: Result<(), Error> = Ok(());
    let mut last = String::new();
    search(&catalogue, &query, &AtomicBool::new(false), |found| {
        match found {
            // Said once, at the end: a team's store is full of what only some may read.
            Err(crate::recording::Error::Locked { .. }) => locked += 1,
            Err(cause) => {
                failed = true;
                notice(format!("qd: {cause}"));
            }
            Ok(found) => {
                hits += 1;
                printed = if context.json {
                    context.print_json_line(&json(&found))
                } else {
                    print(&query, &found, &ids, &mut last)
                };
            }
        }
        printed.is_ok() && args.limit.is_none_or(|limit| hits < limit)
    })?;
    printed?;
    if hits == 0 {
        notice("qd: nothing was found");
    }
    if locked > 0 {
        let s = if locked == 1 { "" } else { "s" };
        notice(format!(
            "qd: not searched: {locked} encrypted recording{s}, no key here opens them"
        ));
        notice("hint: give --identity FILE, or name it in [recording] identities");
    }
    let whole = !failed && (hits > 0 || locked == 0);
    Ok(if whole { Exit::Done } else { Exit::Failed })
}

fn json(found: &Found) -> Hit<'_> {
    let command = found.command.as_ref();
    Hit {
        id: &found.row.id,
        at_ms: found.at_us / 1_000,
        text: &found.text,
        kind: found.place.as_str(),
        command: command.map(|command| command.text.as_str()),
        exit_code: command.and_then(|command| command.exit_code),
        source: command.map(|command| command.source.as_str()),
        cwd: command.and_then(|command| command.cwd.as_deref()),
        started_at: rfc3339(found.row.started_at),
        target: found.row.target.as_deref(),
        name: found.row.name.as_deref(),
        actor: found.row.actor.as_deref(),
    }
}

/// A heading a recording, then a line a hit, which ends with how to open it.
fn print(query: &Query, found: &Found, ids: &Short, last: &mut String) -> Result<(), Error> {
    let row = &found.row;
    let mut text = String::new();
    if *last != row.id {
        let gap = if last.is_empty() { "" } else { "\n" };
        let name = row.name.as_deref().or(row.target.as_deref()).unwrap_or(&row.kind);
        let who = row.who().unwrap_or_default();
        let who = who.rsplit('/').next().unwrap_or_default();
        let head = [name, who, row.reason.as_deref().unwrap_or_default()]
            .map(quote)
            .join("  ");
        let started = rfc3339(row.started_at).unwrap_or_default();
        text = format!("{gap}{started}  {}\n", head.trim_end());
        last.clone_from(&row.id);
    }
    let shown = excerpt(query, &found.text);
    let mut says = quote(&shown);
    if found.place == Place::Command
        && let Some(command) = &found.command
    {
        let code = command.exit_code.map_or("?".into(), |code| code.to_string());
        says = format!("[exit {code}, {}] {says}", command.source.as_str());
    }
    let at = clock(found.at_us);
    // Not before the line was there: to the millisecond, rounded up.
    let ms = found.at_us.div_ceil(1_000);
    let open = format!(
        "qd recordings play {} --at {}.{:03}",
        ids.of(&row.id),
        clock(ms * 1_000),
        ms % 1_000
    );
    text.push_str(&format!("  {at:>8}  {says}  ({open})\n"));
    super::super::context::print(&text)
}

/// The part of a long line around what was found, where a person reads it.
fn excerpt(query: &Query, text: &str) -> String {
    if !std::io::stdout().is_terminal() || text.chars().count() <= WIDE {
        return text.to_owned();
    }
    let from = query
        .find(text)
        .map_or(0, |found| text[..found.start].chars().count());
    let skip = from.saturating_sub(BEFORE);
    let part: String = text.chars().skip(skip).take(WIDE).collect();
    format!("{}{part}…", if skip > 0 { "…" } else { "" })
}
