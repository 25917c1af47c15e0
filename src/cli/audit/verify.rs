//! `qd audit verify`: whether the log is the one that was written, whether it begins with what an old checkpoint
//! signed, whether the recordings that it tells of are here, and whether a proof of somebody else's log holds.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::super::context::print;
use super::super::quote;
use super::{Context, Error, Exit, Outcome, Trusted, log, notice, parse_key, read_note, read_text, trusted};
use crate::audit::checkpoint::{check_note, key_of};
use crate::audit::{Expect, Inventory, Leaf, Log, Proof, Verdict};
use crate::recording::{DeviceKey, Library};

#[derive(clap::Args)]
pub struct Args {
    /// The log must begin with what this checkpoint signed; - is standard input
    #[arg(long, value_name = "FILE|-")]
    checkpoint: Option<PathBuf>,
    /// Trust this key alone, as `qd audit key` prints it on the device, repeatable
    #[arg(long = "key", value_name = "KEY", value_parser = parse_key)]
    keys: Vec<Trusted>,
    /// Check a proof that `qd audit prove` wrote, instead of a log; - is standard input
    #[arg(long, value_name = "FILE|-", conflicts_with = "checkpoint")]
    proof: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report<'v> {
    ok: bool,
    events: u64,
    checkpoints: u64,
    keys: &'v [String],
    origin: Option<&'v str>,
    leaves: u64,
    root: &'v str,
    /// The last event that a signed checkpoint of the log covers, and when it was signed.
    signed: u64,
    signed_at: Option<&'v str>,
    /// Lines that are dated before the one before them.
    dated_back: u64,
    dated_ahead: u64,
    first_bad_file: Option<String>,
    first_bad_line: Option<u64>,
    /// The recordings here, held against the log; null where the log itself does not stand.
    recordings: Option<&'v Inventory>,
    says: &'v str,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let named = trusted(&args.keys);
    if let Some(file) = &args.proof {
        return check_proof(file, &named, context);
    }
    // Before the log, so that none is sealed in between.
    let (rows, unreadable) = Library::open(&context.paths.data_dir).list()?;
    for cause in &unreadable {
        notice(format!("qd: {cause}"));
    }
    let log = log(context)?;
    let checkpoint = match &args.checkpoint {
        Some(file) => {
            let note = read_note(file)?;
            let mut keys = named.clone();
            if keys.is_empty() {
                keys.extend(note.text.lines().next().and_then(key_of));
                keys.extend(log.own_keys()?);
            }
            let (checkpoint, _) = check_note(&note, &keys)
                .map_err(|says| Error::tampering(format!("{}: {says}", file.display())))?;
            Some(checkpoint)
        }
        None => None,
    };
    let mut verdict = log.verify_against(&Expect {
        keys: named.clone(),
        checkpoint: checkpoint.clone(),
    })?;
    if verdict.ok && named.is_empty() {
        check_device(context, &log, &mut verdict);
    }
    let mut inventory = None;
    if verdict.ok {
        let found = Inventory::take(&log, &context.paths.data_dir, &rows)?;
        if let Some(says) = found.complaint() {
            (verdict.ok, verdict.says) = (false, says);
        }
        inventory = Some(found);
    }
    if context.json {
        context.print_json(&report(&verdict, inventory.as_ref()))?;
        return Ok(if verdict.ok { Exit::Done } else { Exit::Tampering });
    }
    if verdict.dated_back > 0 {
        notice(format!(
            "qd: {} lines are dated before the one before them: the clock was set back",
            verdict.dated_back
        ));
    }
    if verdict.dated_ahead > 0 {
        notice(format!(
            "qd: lines dated in the future: {}; the clock was wrong, or is; their order stands",
            verdict.dated_ahead
        ));
    }
    match &verdict.first_bad {
        Some(place) => {
            let line = match place.line {
                0 => String::new(),
                line => format!(":{line}"),
            };
            let says = format!("{}{line}: {}", place.file.display(), verdict.says);
            Err(Error::tampering(says).hint(stands(&verdict)))
        }
        None if !verdict.ok => Err(Error::tampering(verdict.says).hint(
            "the lines stand; the recordings do not fit them: `qd recordings verify ID` tells more, --json tells all; `qd audit checkpoint` puts what was sealed on the log",
        )),
        None => {
            print(&format!("{}\n", verdict.says))?;
            if let Some(origin) = verdict.origin.as_deref().map(quote) {
                let (leaves, signed) = (verdict.leaves, verdict.signed);
                let at = verdict.signed_at.as_deref().unwrap_or_default();
                print(&format!(
                    "log {origin}: {leaves} leaves, signed up to event {signed} at {at}\n"
                ))?;
            }
            if let Some(found) = inventory.filter(|found| found.told > 0) {
                let (told, whole, expired) = (found.told, found.whole, found.expired);
                print(&format!(
                    "recordings on it: {told}; here as they were sealed: {whole}, expired: {expired}\n"
                ))?;
            }
            if let Some(checkpoint) = checkpoint {
                print(&format!(
                    "it begins with the {} leaves of the checkpoint\n",
                    checkpoint.size
                ))?;
            }
            Ok(Exit::Done)
        }
    }
}

fn stands(verdict: &Verdict) -> String {
    let signed = match (&verdict.signed_at, verdict.signed) {
        (Some(at), signed) if signed > 0 => format!(", up to {signed} signed at {at}"),
        _ => String::new(),
    };
    format!(
        "the {} events before it stand{signed}; keep the file as it is",
        verdict.events
    )
}

/// The key in this directory must be one that signed the log: another may have been put there.
fn check_device(context: &Context, log: &Log, verdict: &mut Verdict) {
    let Some(public) = DeviceKey::in_file(&context.paths.data_dir) else {
        return;
    };
    let known = log.own_keys().unwrap_or_default();
    if verdict.checkpoints > 0 && !known.contains(&public) && !verdict.keys.contains(&hex::encode(public)) {
        verdict.ok = false;
        verdict.says = "the device key of this directory is not the one that signed the log".into();
        verdict.first_bad = Some(crate::audit::Place {
            file: context.paths.data_dir.join("keys/device.key"),
            line: 0,
        });
    }
}

fn report<'v>(verdict: &'v Verdict, recordings: Option<&'v Inventory>) -> Report<'v> {
    Report {
        ok: verdict.ok,
        events: verdict.events,
        checkpoints: verdict.checkpoints,
        keys: &verdict.keys,
        origin: verdict.origin.as_deref(),
        leaves: verdict.leaves,
        root: &verdict.root,
        signed: verdict.signed,
        signed_at: verdict.signed_at.as_deref(),
        dated_back: verdict.dated_back,
        dated_ahead: verdict.dated_ahead,
        first_bad_file: verdict
            .first_bad
            .as_ref()
            .map(|place| place.file.display().to_string()),
        first_bad_line: verdict.first_bad.as_ref().map(|place| place.line),
        recordings,
        says: &verdict.says,
    }
}

#[derive(Serialize)]
struct Proven<'p> {
    ok: bool,
    leaf: &'p Leaf,
    origin: String,
    size: u64,
    says: String,
}

fn check_proof(file: &Path, keys: &[[u8; 32]], context: &Context) -> Outcome {
    let text = read_text(file)?;
    let not = |says: String| Error::tampering(format!("{}: {says}", file.display()));
    let proof: Proof =
        serde_json::from_str(&text).map_err(|cause| not(format!("it is no proof: {cause}")))?;
    let (checkpoint, _) = proof.check(keys).map_err(|says| {
        not(says)
            .hint("--key takes the key of a log that has changed its key, as `qd audit key` prints it there")
    })?;
    let what = match &proof.leaf {
        Leaf::Event { sha256 } => format!("the event with SHA-256 {sha256}"),
        Leaf::Recording { id, size, sha256 } => {
            format!("recording {id}, {size} bytes with SHA-256 {sha256},")
        }
    };
    let says = format!(
        "{what} is leaf {} of {} of the log {}",
        proof.index, proof.size, checkpoint.origin
    );
    if context.json {
        context.print_json(&Proven {
            ok: true,
            leaf: &proof.leaf,
            origin: checkpoint.origin,
            size: checkpoint.size,
            says,
        })?;
    } else {
        print(&format!("{}\n", quote(&says)))?;
    }
    Ok(Exit::Done)
}
