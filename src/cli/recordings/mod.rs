//! `qd recordings`: one file a verb. Reading a recording's content leaves an audit event first; if that cannot be
//! written, the content stays closed.

mod access;
mod again;
mod ask;
mod export;
mod far;
mod harmless;
mod hold;
mod import;
mod keygen;
mod ls;
mod manifest;
mod moment;
pub(super) mod play;
mod prune;
mod pull;
mod push;
mod recover;
mod score;
mod search;
mod show;
mod stage;
mod steps;
mod verify;

use super::{Context, Error, Exit, Outcome};
use crate::recording::redaction::Rules;
use crate::recording::{self, Keyring, Library, Reader};
use clap::Subcommand;
use std::sync::Arc;

pub(super) use steps::commands_of;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List recordings, newest first
    Ls(ls::Args),
    /// Show what is known about one recording
    Show(show::Args),
    /// Replay a recording in this terminal; into a pipe, print its text
    Play(play::Args),
    /// Find what was shown or run, in every recording
    Search(search::Args),
    /// Write a recording as asciicast, text, raw bytes, a page that plays it, or a picture
    Export(export::Args),
    /// Take recordings of asciinema, ttyrec, script and sudo into the library
    Import(import::Args),
    /// Check every hash and signature of a recording; exit 4 when something is wrong
    Verify(verify::Args),
    /// Make the key pair of someone who may read encrypted recordings; prints the public key
    Keygen(keygen::Args),
    /// Check an exported file against its signed manifest, and that against the recording; exit 4 when it does not fit
    VerifyExport(manifest::Args),
    /// Close recordings whose writer died, signed by this device
    Recover(recover::Args),
    /// Send recordings to the team store
    Push(push::Args),
    /// Fetch recordings from the team store
    Pull(pull::Args),
    /// Delete from this machine what the team store has and whose time here is over
    Prune(prune::Args),
    /// Set or lift a legal hold
    Hold(hold::Args),
}

pub fn run(args: Args, context: &Context) -> Outcome {
    match args.verb {
        Verb::Ls(args) if args.store => online(context, ls::run_store(context)),
        Verb::Ls(_) => ls::run(context),
        Verb::Show(args) => show::run(args, context),
        Verb::Play(args) => play::run(args, context),
        Verb::Search(args) => search::run(args, context),
        Verb::Export(args) => export::run(args, context),
        Verb::Import(args) => import::run(args, context),
        Verb::Verify(args) => verify::run(args, context),
        Verb::Keygen(args) => keygen::run(args, context),
        Verb::VerifyExport(args) => manifest::run(args, context),
        Verb::Recover(args) => recover::run(args, context),
        Verb::Push(args) => online(context, push::run(args, context)),
        Verb::Prune(args) => online(context, prune::run(args, context)),
        Verb::Hold(args) => online(context, hold::run(args, context)),
        Verb::Pull(args) => online(context, pull::run(args, context)),
    }
}

/// Runs what waits for the team store.
fn online(context: &Context, work: impl Future<Output = Outcome>) -> Outcome {
    context.require_network()?;
    super::wait(work)
}

fn library(context: &Context) -> Library {
    Library::open(&context.paths.data_dir)
}

/// The recording that is wanted, ready to be read; exit 1 when it is encrypted and no key opens it.
fn open(context: &Context, wanted: &str) -> Result<Reader, Error> {
    let found = library(context).find(wanted).map_err(|error| match error {
        recording::Error::NotFound(_) if context.config.store.is_some() => {
            Error::from(error).hint("`qd recordings play --store` and `pull` look in the team store")
        }
        error => error.into(),
    });
    let mut reader = Reader::open(&found?)?;
    reader.unlock(&Keyring::of(&context.config.recording))?;
    Ok(reader)
}

/// The rules that cover secrets, if they shall be.
fn redacting(context: &Context, wanted: bool) -> Result<Option<Arc<Rules>>, Error> {
    let rules = wanted.then(|| Rules::new(&context.config.redaction));
    Ok(rules.transpose().map_err(Error::usage)?.map(Arc::new))
}

/// Unix microseconds as RFC 3339.
fn rfc3339(at: i64) -> Option<String> {
    jiff::Timestamp::from_microsecond(at)
        .ok()
        .map(|at| format!("{at:.3}"))
}

impl From<recording::Error> for Error {
    fn from(error: recording::Error) -> Error {
        let exit = match error {
            recording::Error::NotFound(_) => Exit::Unreachable,
            recording::Error::Ambiguous { .. } | recording::Error::Query(_) => Exit::Usage,
            recording::Error::Damaged { .. } => Exit::Tampering,
            recording::Error::Io { ref source, .. } if source.kind() == std::io::ErrorKind::InvalidData => {
                Exit::Tampering
            }
            _ => Exit::Failed,
        };
        let hint = match &error {
            recording::Error::Locked { recipients, .. } => format!(
                "give --identity FILE or name it in [recording] identities: a key of {}",
                recipients.join(" or ")
            ),
            other => other.hint().unwrap_or_default().into(),
        };
        Error::new(exit, error.to_string()).hint(hint)
    }
}
