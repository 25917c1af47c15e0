//! `qd recordings`: one file a verb. Reading a recording's content leaves an audit event first; if that cannot be
//! written, the content stays closed.

mod access;
mod export;
mod import;
mod ls;
mod manifest;
mod moment;
mod play;
mod recover;
mod show;
mod stage;
mod verify;

use super::{Context, Error, Exit, Outcome};
use crate::recording::redaction::Rules;
use crate::recording::{self, Library};
use clap::Subcommand;
use std::sync::Arc;

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
    /// Write a recording as asciicast, text, raw bytes, a page that plays it, or a picture
    Export(export::Args),
    /// Take recordings of asciinema, ttyrec, script and sudo into the library
    Import(import::Args),
    /// Check every hash and signature of a recording; exit 4 when something is wrong
    Verify(verify::Args),
    /// Check an exported file against its signed manifest, and that against the recording; exit 4 when it does not fit
    VerifyExport(manifest::Args),
    /// Close recordings whose writer died, signed by this device
    Recover(recover::Args),
}

pub fn run(args: Args, context: &Context) -> Outcome {
    match args.verb {
        Verb::Ls(args) => ls::run(args, context),
        Verb::Show(args) => show::run(args, context),
        Verb::Play(args) => play::run(args, context),
        Verb::Export(args) => export::run(args, context),
        Verb::Import(args) => import::run(args, context),
        Verb::Verify(args) => verify::run(args, context),
        Verb::VerifyExport(args) => manifest::run(args, context),
        Verb::Recover(args) => recover::run(args, context),
    }
}

fn library(context: &Context) -> Library {
    Library::open(&context.paths.data_dir)
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

/// Hours, minutes, seconds.
fn clock(us: u64) -> String {
    let s = us / 1_000_000;
    match s / 3600 {
        0 => format!("{:02}:{:02}", s / 60, s % 60),
        hours => format!("{hours}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

impl From<recording::Error> for Error {
    fn from(error: recording::Error) -> Error {
        let exit = match error {
            recording::Error::NotFound(_) => Exit::Unreachable,
            recording::Error::Ambiguous { .. } => Exit::Usage,
            recording::Error::Damaged { .. } => Exit::Tampering,
            _ => Exit::Failed,
        };
        Error::new(exit, error.to_string()).hint(error.hint().unwrap_or_default())
    }
}
