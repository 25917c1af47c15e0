//! `qd audit`: one file a verb. The log is read and checked here, never changed, save by the verbs that say so.

mod checkpoint;
mod export;
mod key;
mod ls;
mod notify;
mod prove;
mod reconcile;
mod tail;
mod verify;
mod witness;

use std::io::Read;
use std::path::Path;

use clap::{Args as ClapArgs, Subcommand};

use super::{Context, Error, Exit, Outcome, notice};
use crate::audit::Log;
use crate::audit::checkpoint::key_of;
use crate::audit::note::{Key, Note};

pub(super) use ls::parse_instant;

#[derive(ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List events, oldest first
    Ls(ls::Args),
    /// Show the last events, and follow the log
    Tail(tail::Args),
    /// Check chain, tree and signatures; exit 4 when a line was changed, moved or removed
    Verify(verify::Args),
    /// Prove to somebody else that an event or a sealed recording is on the log
    Prove(prove::Args),
    /// Sign the state of the log for a witness, or take a witness's cosignature back
    Checkpoint(checkpoint::Args),
    /// Cosign somebody else's checkpoint, unless their log was forked or rolled back
    Witness(witness::Args),
    /// Print the verifier keys of this log and of this witness
    Key(key::Args),
    /// Compare AWS's own history of sessions with the recordings; exit 4 when they differ
    Reconcile(reconcile::Args),
    /// Write the log as Parquet, JSON lines, CSV or OCSF
    Export(export::Args),
    /// Notifications: what waits, a try now, a test
    Notify(notify::Args),
}

pub fn run(args: Args, context: &Context) -> Outcome {
    match args.verb {
        Verb::Ls(args) => ls::run(args, context),
        Verb::Tail(args) => tail::run(args, context),
        Verb::Verify(args) => verify::run(args, context),
        Verb::Prove(args) => prove::run(args, context),
        Verb::Checkpoint(args) => checkpoint::run(args, context),
        Verb::Witness(args) => witness::run(args, context),
        Verb::Key(args) => key::run(args, context),
        Verb::Reconcile(args) => reconcile::run(args, context),
        Verb::Export(args) => export::run(args, context),
        Verb::Notify(args) => notify::run(args, context),
    }
}

fn log(context: &Context) -> Result<Log, Error> {
    Ok(Log::open(&context.paths.data_dir)?)
}

/// Keys that `--key` names: a log's verifier key names its first key too, in the origin.
#[derive(Clone)]
pub(super) struct Trusted(Vec<[u8; 32]>);

/// A verifier key or 64 hexadecimal digits.
pub(super) fn parse_key(text: &str) -> Result<Trusted, String> {
    let mut key = [0; 32];
    if hex::decode_to_slice(text.trim(), &mut key).is_ok() {
        return Ok(Trusted(vec![key]));
    }
    let key: Key = text.parse().map_err(|why| {
        format!("{why}; write name+id+key as `qd audit key` prints it, or 64 hexadecimal digits")
    })?;
    Ok(Trusted(
        [key.public].into_iter().chain(key_of(&key.name)).collect(),
    ))
}

pub(super) fn trusted(keys: &[Trusted]) -> Vec<[u8; 32]> {
    keys.iter().flat_map(|keys| keys.0.iter().copied()).collect()
}

/// Those whose cosignatures count, of the configuration.
pub(super) fn witnesses(context: &Context) -> Result<Vec<Key>, Error> {
    let parse = |text: &String| {
        text.parse::<Key>().map_err(|why| {
            Error::usage(format!("[audit] witnesses: {text:?} is no verifier key: {why}"))
                .hint("a witness's `qd audit key` prints it")
        })
    };
    context.config.audit.witnesses.iter().map(parse).collect()
}

/// A file, or standard input.
fn read_text(file: &Path) -> Result<String, Error> {
    let mut text = String::new();
    let read = match file.to_str() {
        Some("-") => std::io::stdin().lock().read_to_string(&mut text),
        _ => std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text)),
    };
    let failed = |cause| Error::failed(format!("cannot read {}: {cause}", file.display()));
    read.map_err(failed).map(|_| text)
}

fn read_note(file: &Path) -> Result<Note, Error> {
    let text = read_text(file)?;
    Note::parse(&text).map_err(|why| {
        Error::tampering(format!("{} is no signed checkpoint: {why}", file.display()))
            .hint("`qd audit checkpoint` writes one")
    })
}
