//! `qd incident`: begins an incident, writes into it, shows how it stands. Everything is on this machine's disk before AWS is
//! asked anything, and whatever AWS says.

mod figures;
mod ls;
mod opsitem;
mod say;
mod show;
mod start;

use clap::Subcommand;
use jiff::Timestamp;

use super::audit::parse_instant;
use super::{Context, Error, Exit, Outcome, notice, quote};
use crate::incident::{self, journal, said};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Begin an incident, by hand or from an alarm; it becomes your current one
    Start(start::Args),
    /// Write a line into it
    Note(say::NoteArgs),
    /// Say that somebody works on it
    Ack(say::TimedArgs),
    /// Say that it hurts no longer
    Mitigate(say::TimedArgs),
    /// Say that it is over
    Recover(say::TimedArgs),
    /// Close it; nothing that is done afterwards belongs to it
    Close(say::WordArgs),
    /// Go on with one that was closed
    Reopen(say::WordArgs),
    /// Say who has which role: `qd incident role commander mara`
    Role(say::RoleArgs),
    /// Say that a recording, a run, an automation, a ticket or an alarm belongs to it, whenever it was
    Link(say::LinkArgs),
    /// Make another one your current incident, or `none`
    Switch(say::SwitchArgs),
    /// List incidents, newest first
    Ls,
    /// How it stands, and its timeline
    Show(show::Args),
    /// Create or update the OpsItem that stands for it at AWS
    Opsitem(opsitem::Args),
    /// Time to acknowledge, time to recover and failed changes over the months
    Figures(figures::Args),
}

/// The person's own.
const CURRENT: &str = "current";

/// Which incident is meant.
#[derive(clap::Args)]
pub(super) struct Which {
    /// An incident by its id, or the beginning or end of one; `last` is the newest; default: your current one
    #[arg(
        long = "incident",
        value_name = "ID",
        default_value = CURRENT,
        hide_default_value = true
    )]
    id: String,
}

impl Which {
    /// Nobody said which.
    pub(super) fn is_unsaid(&self) -> bool {
        self.id == CURRENT
    }

    pub(super) fn find(&self, context: &Context) -> Result<String, Error> {
        Ok(journal::find(&context.paths.data_dir, &self.id)?)
    }
}

pub fn run(args: Args, context: &Context) -> Outcome {
    match args.verb {
        Verb::Start(args) => start::run(args, context),
        Verb::Note(args) => say::note(args, context),
        Verb::Ack(args) => say::timed(args, say::Word::Ack, context),
        Verb::Mitigate(args) => say::timed(args, say::Word::Mitigate, context),
        Verb::Recover(args) => say::timed(args, say::Word::Recover, context),
        Verb::Close(args) => say::word(args, say::Word::Close, context),
        Verb::Reopen(args) => say::word(args, say::Word::Reopen, context),
        Verb::Role(args) => say::role(args, context),
        Verb::Link(args) => say::link(args, context),
        Verb::Switch(args) => say::switch(args, context),
        Verb::Ls => ls::run(context),
        Verb::Show(args) => show::run(args, context),
        Verb::Opsitem(args) => opsitem::run(args, context),
        Verb::Figures(args) => figures::run(args, context),
    }
}

impl From<incident::Error> for Error {
    fn from(cause: incident::Error) -> Error {
        let exit = match &cause {
            incident::Error::Absent(_) | incident::Error::NoCurrent => Exit::Unreachable,
            incident::Error::Several(..) => Exit::Usage,
            incident::Error::Disk(_) => Exit::Failed,
        };
        Error::new(exit, quote(&cause.to_string())).hint(cause.hint())
    }
}

/// Text from an argument; `-` is standard input. One that says nothing is refused.
fn text(given: &[String]) -> Result<String, Error> {
    let text = match given {
        [dash] if dash == "-" => std::io::read_to_string(std::io::stdin().lock())
            .map_err(|cause| Error::failed(format!("cannot read standard input: {cause}")))?,
        words => words.join(" "),
    };
    match text.trim() {
        "" => Err(Error::usage("the text is empty")),
        text if text.len() > MOST_BYTES => Err(Error::usage(format!(
            "the text has {} bytes; {MOST_BYTES} are allowed",
            text.len()
        ))
        .hint("keep long output in a recording, and link that")),
        text => Ok(text.to_owned()),
    }
}

/// A moment as people say it, before now.
fn instant(flag: &str, text: &str, now: Timestamp) -> Result<Timestamp, Error> {
    let at = said::instant(text, now).and_then(|at| {
        let no_time = |_| format!("{text} is no time such as -10m, 14:05 or 2026-03-01T14:00:00Z");
        at.map_or_else(|| parse_instant(text).map_err(no_time), Ok)
    });
    at.map_err(|bad| Error::usage(format!("{flag}: {}", quote(&bad))))
}

/// Of one note.
const MOST_BYTES: usize = 16 << 10;

/// The incident and how it stands, for whoever asked for the change.
fn tell(id: &str, context: &Context) -> Outcome {
    let lines = journal::Journal::load(&context.paths.data_dir, id)?.lines;
    let state = incident::State::of(id, &lines);
    if context.json {
        context.print_json(&ls::Row::of(&state))?;
    } else {
        notice(format!(
            "{id} ({}): {}",
            state.severity,
            quote(state.status.as_str())
        ));
    }
    Ok(Exit::Done)
}
