//! `qd recordings`: one file a verb. Reading a recording's content leaves an audit event first; if that cannot be
//! written, the content stays closed.

mod access;
mod export;
mod import;
mod ls;
mod play;
mod recover;
mod score;
mod search;
mod show;
mod stage;
mod verify;

use super::{Context, Error, Exit, Outcome};
use crate::recording::{self, Library};
use clap::Subcommand;

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
    /// Write a recording as asciicast, text or raw bytes
    Export(export::Args),
    /// Take asciicast files (version 1, 2 or 3) into the library
    Import(import::Args),
    /// Check every hash and signature of a recording; exit 4 when something is wrong
    Verify(verify::Args),
    /// Close recordings whose writer died, signed by this device
    Recover(recover::Args),
}

pub fn run(args: Args, context: &Context) -> Outcome {
    match args.verb {
        Verb::Ls(args) => ls::run(args, context),
        Verb::Show(args) => show::run(args, context),
        Verb::Play(args) => play::run(args, context),
        Verb::Search(args) => search::run(args, context),
        Verb::Export(args) => export::run(args, context),
        Verb::Import(args) => import::run(args, context),
        Verb::Verify(args) => verify::run(args, context),
        Verb::Recover(args) => recover::run(args, context),
    }
}

fn library(context: &Context) -> Library {
    Library::open(&context.paths.data_dir)
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

/// Hours, minutes and seconds with a fraction, or seconds alone; microseconds.
fn parse_clock(text: &str) -> Option<u64> {
    let mut seconds = 0.0;
    let parts: Vec<&str> = text.split(':').collect();
    let (last, whole) = parts.split_last()?;
    for part in whole.iter().take(3) {
        seconds = seconds * 60.0 + f64::from(part.parse::<u32>().ok()?);
    }
    let rest: f64 = last.parse().ok().filter(|rest| (0.0..=1e9).contains(rest))?;
    (parts.len() <= 3).then_some(((seconds * 60.0 + rest) * 1e6).round() as u64)
}

impl From<recording::Error> for Error {
    fn from(error: recording::Error) -> Error {
        let exit = match error {
            recording::Error::NotFound(_) => Exit::Unreachable,
            recording::Error::Ambiguous { .. } | recording::Error::Query(_) => Exit::Usage,
            recording::Error::Damaged { .. } => Exit::Tampering,
            _ => Exit::Failed,
        };
        Error::new(exit, error.to_string()).hint(error.hint().unwrap_or_default())
    }
}
