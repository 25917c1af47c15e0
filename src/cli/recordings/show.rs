//! `qd recordings show`: header, counters and markers of one recording; not what was typed or shown.

use super::super::{Context, Outcome, quote};
use super::ls::Entry;
use super::{Exit, library};
use crate::recording::{self, Event, Keyring, Mode, Reader, Row, What, clock};
use serde::Serialize;
use serde_json::Value;

#[derive(clap::Args)]
pub struct Args {
    /// Id, any unique beginning of it, or a file
    #[arg(value_name = "ID|FILE")]
    recording: String,
}

#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    entry: Entry,
    kind: String,
    document: Option<String>,
    source_identity: Option<String>,
    local_user: Option<String>,
    local_host: Option<String>,
    ticket: Option<String>,
    cols: u16,
    rows: u16,
    term: Option<String>,
    tool_version: String,
    mode: Mode,
    header_sha256: String,
    device_key: String,
    events: u64,
    output_bytes: u64,
    input_bytes: u64,
    segments: usize,
    ended_why: Option<String>,
    exit_code: Option<i32>,
    /// How it stands with the team store; null where it was never on its way there.
    store: Option<String>,
    encrypted: bool,
    /// Whose keys open it.
    recipients: Vec<String>,
    /// Nothing where they are encrypted and no key opens them.
    markers: Option<Vec<Mark>>,
}

#[derive(Serialize)]
struct Mark {
    at_ms: u64,
    kind: String,
    label: String,
    /// What stands for a command in the audit log, of an encrypted recording.
    digest: Option<String>,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let mut reader = Reader::open(&library(context).find(&args.recording)?)?;
    let markers = match reader.unlock(&Keyring::of(&context.config.recording)) {
        Ok(()) => Some(
            reader
                .marks()?
                .into_iter()
                .map(|event| mark(&reader, event))
                .collect(),
        ),
        Err(recording::Error::Locked { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let (header, summary) = (reader.header().clone(), reader.summary());
    let document = Document {
        entry: Row::of(&reader)?.into(),
        kind: header.kind,
        document: header.document,
        source_identity: header.source_identity,
        local_user: header.local_user,
        local_host: header.local_host,
        ticket: header.ticket,
        cols: header.size.0,
        rows: header.size.1,
        term: header.term,
        tool_version: header.tool_version,
        mode: header.mode,
        header_sha256: hex::encode(reader.header_hash()),
        device_key: hex::encode(reader.device_key()),
        events: summary.events,
        output_bytes: summary.output_bytes,
        input_bytes: summary.input_bytes,
        segments: reader.segments().len(),
        ended_why: summary.why.clone(),
        exit_code: summary.exit_code,
        store: stored(&reader)?,
        encrypted: reader.is_encrypted(),
        recipients: header.recipients,
        markers,
    };
    if context.json {
        context.print_json(&document)?;
        return Ok(Exit::Done);
    }
    let Ok(Value::Object(fields)) = serde_json::to_value(&document) else {
        return Ok(Exit::Failed);
    };
    let mut lines: Vec<[String; 2]> = Vec::new();
    for (name, value) in fields {
        match value {
            Value::Null | Value::Array(_) => {}
            Value::String(text) => lines.push([name, text]),
            other => lines.push([name, other.to_string()]),
        }
    }
    for recipient in &document.recipients {
        lines.push(["recipient".into(), quote(recipient)]);
    }
    for mark in document.markers.iter().flatten() {
        let digest = mark.digest.iter().map(|digest| format!(" ({digest})"));
        lines.push([
            format!("at {}", clock(mark.at_ms * 1_000)),
            quote(&format!(
                "{} {}{}",
                mark.kind,
                mark.label,
                digest.collect::<String>()
            )),
        ]);
    }
    context.print_table(&["FIELD", "VALUE"], &lines)?;
    Ok(Exit::Done)
}

fn stored(reader: &Reader) -> Result<Option<String>, recording::Error> {
    let standing = recording::remote::standing(reader.path())?;
    let words = |_: (String, String)| Ok(standing.words(reader.size()?, jiff::Timestamp::now()));
    standing.to.clone().map(words).transpose()
}

fn mark(reader: &Reader, event: Event) -> Mark {
    let (kind, label) = match event.what {
        What::Marker(marker) => (marker.kind, marker.label),
        What::Gap(gap) => ("gap".into(), format!("{} {}", gap.cause, gap.note)),
        What::Join(who) => (
            if who.joined { "join" } else { "leave" }.into(),
            format!("{} {}", who.who, who.mode),
        ),
        What::SessionId(id) => ("session".into(), id),
        What::End(end) => ("end".into(), end.why),
        _ => (String::new(), String::new()),
    };
    let digest = reader.digest(&label).filter(|_| kind == "command");
    Mark {
        at_ms: event.at_us / 1_000,
        kind,
        label: label.trim_end().into(),
        digest,
    }
}
