//! `qd audit checkpoint`: the owner's side of witnessing. A checkpoint goes out, and comes back cosigned; what it
//! covers is then witnessed.

use std::collections::HashSet;
use std::path::PathBuf;

use serde::Serialize;

use super::super::context::print;
use super::{Context, Error, Exit, Outcome, log, notice, read_note, witnesses};
use crate::audit::{Actor, Event, Kind, Leaf, Log, Rec, Witnessed, own_keys};
use crate::recording::{self, DeviceKey, Library, State, evidence};

#[derive(clap::Args)]
pub struct Args {
    /// Take this cosigned checkpoint back; - is standard input
    #[arg(long, value_name = "FILE|-", conflicts_with = "since")]
    add: Option<PathBuf>,
    /// Also prove that the log only grew since it had so many leaves
    #[arg(long, value_name = "LEAVES")]
    since: Option<u64>,
}

#[derive(Serialize)]
struct Document {
    origin: String,
    size: u64,
    root: String,
    note: String,
}

#[derive(Serialize)]
struct Added {
    size: u64,
    witnesses: Vec<String>,
    /// Recordings that are witnessed by it and were not before.
    recordings: Vec<String>,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    match &args.add {
        Some(file) => add(file, context),
        None => publish(args.since, context),
    }
}

fn publish(since: Option<u64>, context: &Context) -> Outcome {
    let log = log(context)?;
    enter_sealed(context, &log)?;
    let device = DeviceKey::load_or_create(&context.paths.data_dir)?;
    let signed = log.publish(&device, Actor::local(), since)?;
    if let Some(since) = since.filter(|since| *since > signed.checkpoint.size) {
        let says = format!(
            "this log has {} leaves, and never had {since}",
            signed.checkpoint.size
        );
        return Err(
            Error::tampering(says).hint("whoever saw so many saw another log, or this one was cut since")
        );
    }
    if context.json {
        context.print_json(&Document {
            origin: signed.checkpoint.origin,
            size: signed.checkpoint.size,
            root: hex::encode(signed.checkpoint.root),
            note: signed.note.to_string(),
        })?;
    } else {
        print(&signed.note.to_string())?;
    }
    Ok(Exit::Done)
}

/// Recordings that this device sealed and the log does not tell of, because their program died in between, are put on
/// it; nobody else's are, since what stands on this log is this device's word.
fn enter_sealed(context: &Context, log: &Log) -> Result<(), Error> {
    let known: HashSet<String> = log
        .recordings()?
        .into_iter()
        .filter_map(|found| match found.leaf {
            Leaf::Recording { id, .. } => Some(id),
            Leaf::Event { .. } => None,
        })
        .collect();
    let own = own_keys(log, &context.paths.data_dir)?;
    let (rows, _) = Library::open(&context.paths.data_dir).list()?;
    for row in rows {
        let closed = matches!(row.state, State::Sealed | State::Recovered);
        if !closed || known.contains(&row.id) {
            continue;
        }
        let verdict = recording::verify(&row.path)?;
        if !verdict.ok {
            notice(format!("qd: {} is not put on the log: {}", row.id, verdict.says));
            continue;
        }
        if !verdict.device_key.is_some_and(|device| own.contains(&device)) {
            let id = row.id;
            notice(format!(
                "qd: {id} is not put on the log: another device sealed it; `qd recordings pull` brings such ones here"
            ));
            continue;
        }
        let failed = |cause| Error::failed(format!("cannot read {}: {cause}", row.path.display()));
        let (size, sha256) = evidence::fingerprint(&row.path).map_err(failed)?;
        let rec = Rec {
            path: row.path.display().to_string(),
            size: Some(size),
            sha256: Some(sha256),
            ..Rec::default()
        };
        let event = Event {
            sid: row.id.parse().ok(),
            ssm_session_id: row.session_id,
            rec: Some(rec),
            ..Event::new(Kind::RecordingStop, Actor::local())
        };
        log.append(event.with("says", "found sealed, and not on the log yet"))?;
    }
    Ok(())
}

fn add(file: &std::path::Path, context: &Context) -> Outcome {
    let trusted = witnesses(context)?;
    if trusted.is_empty() {
        return Err(Error::usage("no witness is trusted here")
            .hint("put the key that the witness's `qd audit key` prints into [audit] witnesses"));
    }
    let log = log(context)?;
    let witnessed = log.take(&read_note(file)?, &trusted)?.map_err(Error::tampering)?;
    let recordings = save_proofs(context, &log, &witnessed)?;
    let witnesses: Vec<String> = witnessed.by.iter().map(|(key, _)| key.name.clone()).collect();
    if context.json {
        context.print_json(&Added {
            size: witnessed.checkpoint.size,
            witnesses,
            recordings,
        })?;
    } else {
        let (names, count) = (witnesses.join(", "), recordings.len());
        print(&format!(
            "{} leaves cosigned by {names}; recordings newly witnessed: {count}\n",
            witnessed.checkpoint.size
        ))?;
    }
    Ok(Exit::Done)
}

/// Every recording that the checkpoint covers and that is still here gets its proof, once for each witness.
fn save_proofs(context: &Context, log: &Log, witnessed: &Witnessed) -> Result<Vec<String>, Error> {
    let library = Library::open(&context.paths.data_dir);
    let mut done = Vec::new();
    for found in log.recordings()? {
        let Leaf::Recording { id, size, sha256 } = &found.leaf else {
            continue;
        };
        if found.index >= witnessed.checkpoint.size {
            continue;
        }
        // Pruned, or pushed away: there is nothing to put a proof beside.
        let Ok(path) = library.find(id) else { continue };
        let kept = evidence::load_proofs(&path)?;
        for (key, at) in &witnessed.by {
            let has = kept.iter().any(|proof| {
                proof.level == evidence::Level::Witnessed
                    && proof.size == *size
                    && proof.sha256 == *sha256
                    && proof.detail.get("witness").and_then(|key| key.as_str())
                        == Some(key.to_string().as_str())
            });
            if has {
                continue;
            }
            let proof = log.prove_in(&found, &witnessed.checkpoint, &witnessed.note)?;
            let proof = evidence::witnessed(&proof, key, *at)
                .map_err(|cause| Error::failed(format!("cannot write JSON: {cause}")))?;
            if let Some(proof) = proof {
                evidence::save_proof(&path, &proof)?;
                done.push(id.clone());
            }
        }
    }
    done.dedup();
    Ok(done)
}
