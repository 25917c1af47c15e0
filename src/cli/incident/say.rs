//! The words that change an incident: each is a line of its journal, on disk before anything else, then told to its OpsItem.

use super::{Context, Error, Exit, Outcome, Which, notice, opsitem, quote, tell, text};
use crate::incident::{self, Link, Record, State, Who, journal};
use crate::recording::Library;
use crate::recording::redaction::covered;
use crate::runbook::run::journal as runs;

#[derive(clap::Args)]
pub struct NoteArgs {
    /// What to write; `-` is standard input
    #[arg(required = true, num_args = 1..)]
    text: Vec<String>,
    #[command(flatten)]
    which: Which,
}

#[derive(clap::Args)]
pub struct WordArgs {
    /// A word about it
    #[arg(num_args = 0..)]
    note: Vec<String>,
    #[command(flatten)]
    which: Which,
}

#[derive(clap::Args)]
pub struct RoleArgs {
    /// commander, scribe, communications…
    role: String,
    person: String,
    #[command(flatten)]
    which: Which,
}

#[derive(clap::Args)]
pub struct LinkArgs {
    /// A recording or a run by its id or the beginning of it, or an automation's execution id with --automation
    #[arg(value_name = "RECORDING|RUN")]
    what: String,
    /// It is the execution of an Automation
    #[arg(long)]
    automation: bool,
    /// Why it belongs here
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
    #[command(flatten)]
    which: Which,
}

#[derive(clap::Args)]
pub struct SwitchArgs {
    /// An incident by its id, or the beginning or end of one; `none` leaves the current one
    #[arg(value_name = "ID|none")]
    id: String,
}

#[derive(Clone, Copy)]
pub enum Word {
    Ack,
    Mitigate,
    Recover,
    Close,
    Reopen,
}

pub fn note(args: NoteArgs, context: &Context) -> Outcome {
    let text = covered(&text(&args.text)?);
    write(&args.which.find(context)?, Record::Note { text }, context)
}

pub fn word(args: WordArgs, word: Word, context: &Context) -> Outcome {
    let data_dir = &context.paths.data_dir;
    let id = args.which.find(context)?;
    let note = match &args.note[..] {
        [] => String::new(),
        words => covered(&text(words)?),
    };
    let state = State::of(&id, &journal::Journal::load(data_dir, &id)?.lines);
    match (word, state.is_closed()) {
        (Word::Reopen, false) => return Err(Error::failed(format!("{id} is not closed"))),
        (Word::Ack | Word::Mitigate | Word::Recover | Word::Close, true) => {
            return Err(Error::failed(format!("{id} is closed"))
                .hint(format!("`qd incident reopen --incident {id}` goes on with it")));
        }
        _ => {}
    }
    if matches!(word, Word::Close) && state.recovered_at.is_none() {
        notice(format!(
            "{id} is closed without a word of recovery: its time to recover stays unknown"
        ));
    }
    let record = match word {
        Word::Ack => Record::Acknowledged { note },
        Word::Mitigate => Record::Mitigated { note },
        Word::Recover => Record::Recovered { note },
        Word::Close => Record::Closed { note },
        Word::Reopen => Record::Reopened { note },
    };
    journal::append(data_dir, &id, record, Who::here())?;
    match word {
        Word::Close if incident::current(data_dir)?.as_ref() == Some(&id) => incident::leave(data_dir)?,
        Word::Reopen => incident::switch(data_dir, &id)?,
        _ => {}
    }
    opsitem::after(&id, false, context)?;
    tell(&id, context)
}

pub fn role(args: RoleArgs, context: &Context) -> Outcome {
    let record = Record::Role {
        role: covered(&text(&[args.role])?),
        person: covered(&text(&[args.person])?),
    };
    write(&args.which.find(context)?, record, context)
}

pub fn link(args: LinkArgs, context: &Context) -> Outcome {
    let id = args.which.find(context)?;
    let link = match args.automation {
        true => Link::Automation(args.what),
        false => found(&args.what, context)?,
    };
    notice(format!("{} {} belongs to {id}", link.noun(), quote(link.id())));
    let note = covered(&args.note);
    write(&id, Record::Linked { link, note }, context)
}

/// The run or the recording of that id; exit 2 when it is the beginning of both.
fn found(what: &str, context: &Context) -> Result<Link, Error> {
    let data_dir = &context.paths.data_dir;
    let run = runs::find(data_dir, what);
    let path = Library::open(data_dir).find(what);
    match (run, path) {
        (Ok(run), Ok(_)) => Err(Error::usage(format!(
            "{} is the beginning of a run ({run}) and of a recording",
            quote(what)
        ))
        .hint("write more of the id")),
        (Ok(run), Err(_)) => Ok(Link::Run(run)),
        (Err(_), Ok(path)) => {
            let reader = crate::recording::Reader::open(&path)?;
            Ok(Link::Recording(reader.header().id.to_string()))
        }
        (Err(runs::Error::Several(..)), Err(_)) => Err(Error::usage(format!(
            "{} is the beginning of several runs",
            quote(what)
        ))
        .hint("write more of the id")),
        (Err(_), Err(cause)) => {
            Err(Error::from(cause).hint("`qd recordings ls` and `qd runbooks runs` list them"))
        }
    }
}

pub fn switch(args: SwitchArgs, context: &Context) -> Outcome {
    let data_dir = &context.paths.data_dir;
    if args.id == "none" {
        incident::leave(data_dir)?;
        return Ok(Exit::Done);
    }
    let id = journal::find(data_dir, &args.id)?;
    incident::switch(data_dir, &id)?;
    tell(&id, context)
}

fn write(id: &str, record: Record, context: &Context) -> Outcome {
    journal::append(&context.paths.data_dir, id, record, Who::here())?;
    opsitem::after(id, false, context)?;
    tell(id, context)
}
