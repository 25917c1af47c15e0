//! `qd recordings verify`: how far a recording can be trusted, what that rests on and what would raise it; exit 4 when
//! something is not what it claims to be.

use super::super::audit::witnesses;
use super::super::{Context, Outcome, context, quote};
use super::ask::ask;
use super::{Error, Exit, library, manifest};
use crate::audit::{Leaf, Log, own_keys};
use crate::recording::evidence::{self, Level, Standing, Subject};
use crate::recording::{self, Verdict};
use serde::Serialize;
use std::path::Path;

#[derive(clap::Args)]
pub struct Args {
    /// Id, any unique beginning of it, or a file
    #[arg(value_name = "ID|FILE")]
    recording: String,
    /// Ask the team store and AWS's history again whether what was noted of them holds
    #[arg(long)]
    ask: bool,
}

#[derive(Serialize)]
struct Document {
    ok: bool,
    evidence: &'static str,
    events: u64,
    first_bad_offset: Option<u64>,
    says: String,
    state: &'static str,
    /// The device that answers for it: its Ed25519 public key.
    device_key: Option<String>,
    /// What the evidence level rests on, a sentence each.
    rests_on: Vec<String>,
    /// What would raise it.
    raised_by: &'static str,
    /// What is odd about it and breaks no rule.
    remark: Option<String>,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let path = library(context).find(&args.recording)?;
    // A recording is judged as one, whatever lies beside it.
    if !is_recording(&path) && manifest::path_beside(&path).is_file() {
        let args = manifest::Args {
            file: path,
            manifest: None,
            keys: Vec::new(),
        };
        return manifest::run(args, context);
    }
    let verdict = recording::verify(&path)?;
    let document = judge(&path, verdict, args.ask, context)?;
    let ok = document.ok;
    if context.json {
        context.print_json(&document)?;
    } else {
        show(document, context)?;
    }
    Ok(if ok { Exit::Done } else { Exit::Tampering })
}

fn is_recording(path: &Path) -> bool {
    let found = path.extension().is_some_and(|ending| ending == "osr");
    found || recording::header_of(path).is_ok()
}

/// The file's own verdict, and what stands beside it: proofs of others, the log of this data directory.
fn judge(path: &Path, mut verdict: Verdict, asks: bool, context: &Context) -> Result<Document, Error> {
    let mut standing = Standing::default();
    if let Some(device_key) = verdict.device_key {
        let id = recording::Reader::open(path)?.header().id.to_string();
        let subject = Subject {
            recording: path,
            id: &id,
            device_key,
        };
        standing = evidence::examine(&subject, Some(&witnesses(context)?))?;
        if asks && verdict.ok {
            ask(path, &mut standing, context)?;
        }
        let logged = logged(path, &id, &device_key, context)?;
        standing.rests_on.insert(0, logged.says);
        if logged.is_other {
            standing.forged.get_or_insert(standing.rests_on[0].clone());
        }
    }
    if let Some(forged) = standing.forged.take().filter(|_| verdict.ok) {
        verdict.ok = false;
        verdict.first_bad_offset = Some(0);
        verdict.says = forged;
    }
    // What does not stand by itself has no level that anyone could vouch for.
    if !verdict.ok {
        standing.level = Level::Local;
    }
    Ok(Document {
        ok: verdict.ok,
        evidence: standing.level.as_str(),
        events: verdict.events,
        first_bad_offset: verdict.first_bad_offset,
        says: verdict.says,
        state: verdict.state.as_str(),
        device_key: verdict.device_key.map(hex::encode),
        raised_by: standing.raised_by(),
        rests_on: standing.rests_on,
        remark: verdict.remark,
    })
}

struct Logged {
    says: String,
    /// The log tells of another file under this id.
    is_other: bool,
}

/// What the audit log of this data directory says of a recording, wherever the file lies.
fn logged(path: &Path, id: &str, device_key: &[u8; 32], context: &Context) -> Result<Logged, Error> {
    let unknown = |says: &str| {
        Ok(Logged {
            says: says.to_owned(),
            is_other: false,
        })
    };
    let data_dir = &context.paths.data_dir;
    if !data_dir.join("audit").is_dir() {
        return unknown("local: signed by its device; there is no audit log here");
    }
    let log = Log::open(data_dir)?;
    let signed = match own_keys(&log, data_dir)?.contains(device_key) {
        true => "signed by its device",
        false => "signed by another device than this one",
    };
    let mut leaves = log.find(id)?;
    leaves.retain(|found| matches!(&found.leaf, Leaf::Recording { id: other, .. } if other == id));
    let Some(last) = leaves.last() else {
        return unknown(&format!(
            "local: {signed}; the audit log here does not tell of it"
        ));
    };
    let (size, sha256) = evidence::fingerprint(path)
        .map_err(|cause| Error::failed(format!("cannot read {}: {cause}", path.display())))?;
    let own = Leaf::Recording {
        id: id.to_owned(),
        size,
        sha256,
    };
    // A recording is sealed once: whatever was told of it later, the first must be this file too.
    Ok(match leaves.iter().find(|found| found.leaf != own) {
        None => Logged {
            says: format!("local: {signed}, and leaf {} of the audit log here", last.index),
            is_other: false,
        },
        Some(other) => Logged {
            says: format!(
                "leaf {} of the audit log is another file of this id: this one was put in its place",
                other.index
            ),
            is_other: true,
        },
    })
}

fn show(document: Document, console: &Context) -> Result<(), Error> {
    let device = document
        .device_key
        .map_or("none".into(), |key| key[..16].to_string());
    let line = [
        if document.ok { "ok" } else { "NOT OK" }.into(),
        document.state.into(),
        document.evidence.into(),
        device,
        document.says,
    ];
    console.print_table(&["VERDICT", "STATE", "EVIDENCE", "DEVICE", "SAYS"], &[line])?;
    let mut says = String::new();
    if let Some(remark) = document.remark {
        says += &format!("remark: {}\n", quote(&remark));
    }
    for each in document.rests_on {
        says += &format!("rests on: {}\n", quote(&each));
    }
    if document.ok && document.evidence != Level::Witnessed.as_str() {
        says += &format!("raised by: {}\n", document.raised_by);
    }
    context::print(&says)
}
