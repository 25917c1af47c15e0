//! `qd report`: what was done in an incident, as Markdown, JSON or HTML. The same journals give the same bytes: nothing in it
//! comes from the clock, the locale or the time zone of this machine.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;

use super::{Context, Error, Exit, Outcome, notice, quote};
use crate::audit::{Entry, Heard};
use crate::incident::journal;
use crate::incident::report::{self, Cover, Report, Zone};
use crate::incident::timeline::{Ground, Other, log_access};
use crate::recording::Keyring;
use crate::recording::redaction::Rules;
use crate::store;

#[derive(clap::Args)]
pub struct Args {
    /// An incident by its id, or the beginning or end of one; `last` is the newest, `current` yours
    #[arg(value_name = "ID")]
    id: String,
    #[arg(long, value_enum, default_value = "md")]
    format: Format,
    /// Where it goes
    #[arg(long, short, value_name = "FILE|-", default_value = "-")]
    output: PathBuf,
    /// What a colleague exported with `qd audit export --format jsonl`, repeatable: their entries join the timeline
    #[arg(long = "with", value_name = "FILE")]
    others: Vec<PathBuf>,
    /// Reckon anew what it cost: a report keeps that in the incident's journal, and later ones tell the same
    #[arg(long)]
    reckon: bool,
    /// Times in UTC, which is the default
    #[arg(long, conflicts_with = "zone")]
    utc: bool,
    /// Times in this zone, such as Europe/Berlin; JSON is always UTC
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<Zone>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Md,
    Json,
    Html,
}

fn zone(name: &str) -> Result<Zone, String> {
    Zone::named(name).ok_or_else(|| "no time zone is called so; Europe/Berlin, Asia/Seoul, UTC…".into())
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let id = journal::find(&context.paths.data_dir, &args.id)?;
    let approvers = context.config.runbooks.approvers.iter();
    let known: Vec<[u8; 32]> = approvers.map(|approver| approver.key).collect();
    let others = args
        .others
        .iter()
        .map(|path| load(path, &known))
        .collect::<Result<Vec<_>, _>>()?;
    price(context, &id, &others, args.reckon)?;
    let report = gather(context, &id, &others, true)?;
    let zone = args.zone.unwrap_or_else(Zone::utc);
    let format = if context.json { Format::Json } else { args.format };
    let text = match format {
        Format::Md => report::markdown(&report, &zone),
        Format::Html => report::html(&report, &zone),
        Format::Json => {
            let text = serde_json::to_string_pretty(&report);
            text.map_err(|cause| Error::failed(format!("cannot write JSON: {cause}")))? + "\n"
        }
    };
    if args.output == Path::new("-") {
        super::context::print(&text)?;
    } else {
        store::save(&args.output, text.as_bytes())?;
        notice(format!(
            "written to {}",
            quote(&args.output.display().to_string())
        ));
    }
    Ok(Exit::Done)
}

/// The report; the audit log is told first that recordings are read for it.
pub(super) fn gather(context: &Context, id: &str, others: &[Other], checks: bool) -> Result<Report, Error> {
    let data_dir = &context.paths.data_dir;
    let rules = Rules::new(&context.config.redaction).map_err(Error::usage)?;
    log_access(data_dir, id)?;
    let ground = ground(context, others, checks);
    Ok(report::of(&ground, id, &mut Cover::new(Arc::new(rules)))?)
}

fn price(context: &Context, id: &str, others: &[Other], anew: bool) -> Result<(), Error> {
    log_access(&context.paths.data_dir, id)?;
    Ok(report::price(&ground(context, others, false), id, anew)?)
}

pub(super) fn ground<'a>(context: &'a Context, others: &'a [Other], checks: bool) -> Ground<'a> {
    Ground {
        data_dir: &context.paths.data_dir,
        cache_dir: &context.paths.cache_dir,
        keyring: Keyring::of(&context.config.recording),
        others,
        checks,
    }
}

/// Somebody else's log; a line that is no event is told and left out.
fn load(path: &Path, known: &[[u8; 32]]) -> Result<Other, Error> {
    let failed = |cause| store::Error::new("read", path, cause);
    let file = std::fs::File::open(path).map_err(failed)?;
    let (mut entries, mut unread, mut heard) = (Vec::new(), Vec::new(), Heard::new(known));
    for (nth, line) in BufReader::new(file).split(b'\n').enumerate() {
        let line = line.map_err(failed)?;
        match serde_json::from_slice::<Entry>(&line) {
            Ok(entry) => {
                heard.take(&line, &entry);
                entries.push(entry);
            }
            Err(_) if line.iter().all(u8::is_ascii_whitespace) => {}
            Err(cause) => {
                unread.push(nth + 1);
                notice(format!(
                    "qd: {}, line {}: no audit event: {cause}",
                    quote(&path.display().to_string()),
                    nth + 1
                ));
            }
        }
    }
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(Other {
        name,
        entries,
        unread,
        is_proven: heard.is_proven(),
        standing: heard.says(),
    })
}
