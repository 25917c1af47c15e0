//! The words that change an incident: each is a line of its journal, on disk before anything else, then told to its OpsItem.

use std::path::Path;

use jiff::Timestamp;

use super::{Context, Error, Exit, Outcome, Which, notice, opsitem, quote, tell, text};
use crate::incident::{self, Link, Record, State, Who, journal, link, said};

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
pub struct TimedArgs {
    #[command(flatten)]
    word: WordArgs,
    /// When it was, where that is not now: -10m, 14:05 (UTC) or 2026-03-01T14:00:00Z
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
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
    /// A recording or a run by its id or the beginning of it, ticket=OPS-12, alarm=NAME, or an automation's execution id with --automation
    #[arg(value_name = "RECORDING|RUN|KIND=ID")]
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
    let text = text(&args.text)?;
    write(&args.which.find(context)?, Record::Note { text }, context)
}

/// A word that may be of a time before now.
pub fn timed(args: TimedArgs, word: Word, context: &Context) -> Outcome {
    let at = args
        .at
        .map(|text| super::instant("--at", &text, Timestamp::now()));
    say(args.word, word, at.transpose()?, context)
}

pub fn word(args: WordArgs, word: Word, context: &Context) -> Outcome {
    say(args, word, None, context)
}

fn say(args: WordArgs, word: Word, when: Option<Timestamp>, context: &Context) -> Outcome {
    let data_dir = &context.paths.data_dir;
    let id = match args.which.find(context) {
        // Whoever closed it left it: there is no current one to go on with.
        Err(_) if matches!(word, Word::Reopen) && args.which.is_unsaid() => last_closed(data_dir)?,
        found => found?,
    };
    let note = match &args.note[..] {
        [] => String::new(),
        words => text(words)?,
    };
    let state = State::of(&id, &journal::Journal::load(data_dir, &id)?.lines);
    match (word, state.is_closed()) {
        (Word::Reopen, false) => {
            return Err(Error::failed(format!("{id} is not closed"))
                .hint("--incident ID names another; `qd incident ls` lists them"));
        }
        (Word::Ack | Word::Mitigate | Word::Recover | Word::Close, true) => {
            return Err(Error::failed(format!("{id} is closed"))
                .hint(format!("`qd incident reopen --incident {id}` goes on with it")));
        }
        _ => {}
    }
    said::check(&state, when).map_err(|bad| Error::usage(format!("--at: {bad}")))?;
    if matches!(word, Word::Close) && state.recovered_at.is_none() {
        notice(format!(
            "{id} is closed without a word of recovery: its time to recover stays unknown"
        ));
    }
    let record = match word {
        Word::Ack => Record::Acknowledged { note, when },
        Word::Mitigate => Record::Mitigated { note, when },
        Word::Recover => Record::Recovered { note, when },
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

/// The one that was closed last.
fn last_closed(data_dir: &Path) -> Result<String, Error> {
    let mut last: Option<(Timestamp, String)> = None;
    for id in journal::list(data_dir)? {
        let state = State::of(&id, &journal::Journal::load(data_dir, &id)?.lines);
        let closed = state.closed_at.filter(|_| state.is_closed()).map(|at| (at, id));
        last = last.max(closed);
    }
    match last {
        Some((_, id)) => {
            notice(format!("{id} was closed last: it is gone on with"));
            Ok(id)
        }
        None => Err(Error::unreachable("no incident is closed").hint("`qd incident ls` lists them")),
    }
}

pub fn role(args: RoleArgs, context: &Context) -> Outcome {
    let record = Record::Role {
        role: text(&[args.role])?,
        person: text(&[args.person])?,
    };
    write(&args.which.find(context)?, record, context)
}

pub fn link(args: LinkArgs, context: &Context) -> Outcome {
    let id = args.which.find(context)?;
    let link = match args.automation {
        true => Link::Automation(args.what),
        false => link::find(&context.paths.data_dir, &args.what)?,
    };
    notice(format!("{} {} belongs to {id}", link.noun(), quote(link.id())));
    let note = args.note;
    write(&id, Record::Linked { link, note }, context)
}

impl From<link::BadLink> for Error {
    fn from(bad: link::BadLink) -> Error {
        let (says, hint) = (quote(&bad.to_string()), bad.hint());
        match bad {
            link::BadLink::Absent(cause) => Error::from(cause).hint(hint),
            _ => Error::usage(says).hint(hint),
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
