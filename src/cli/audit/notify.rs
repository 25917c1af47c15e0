//! `qd audit notify`: what waits to be told and why it was not taken, a try right now, and a test of each receiver.

use clap::Subcommand;
use serde::Serialize;

use super::super::herald::dispatcher;
use super::super::{Context, Error, Exit, Outcome, notice, quote, wait};
use crate::audit::{Actor, Entry, Event, Kind};
use crate::config::Notify;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Receivers, how much waits for each, and why
    Ls,
    /// Try everything that waits now; exit 1 when something was not taken
    Flush,
    /// Send a test event to every receiver, or to one; exit 1 when one does not take it
    Test {
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
}

pub fn run(args: Args, context: &Context) -> Outcome {
    match args.verb {
        Verb::Ls => list(context),
        Verb::Flush => {
            context.require_network()?;
            wait(flush(context))
        }
        Verb::Test { name } => {
            context.require_network()?;
            wait(test(context, name))
        }
    }
}

#[derive(Serialize)]
struct Line {
    name: String,
    to: String,
    waiting: usize,
    /// Events of the log that no receiver's queue has yet.
    unread: usize,
    next_at: Option<String>,
    tries: u32,
    says: Option<String>,
    hint: Option<String>,
}

fn list(context: &Context) -> Outcome {
    let backlog = dispatcher(context)?.backlog()?;
    let line = |notify: &Notify| {
        let waiting = backlog.items.iter().filter(|item| item.to == notify.name);
        let worst = waiting.clone().max_by_key(|item| item.tries);
        Line {
            name: notify.name.clone(),
            to: notify.to.to_string(),
            waiting: waiting.clone().count(),
            unread: backlog.unread,
            next_at: waiting.map(|item| item.next_at).min().map(|at| at.to_string()),
            tries: worst.map_or(0, |item| item.tries),
            says: worst.and_then(|item| item.says.clone()),
            hint: worst.and_then(|item| item.hint.clone()),
        }
    };
    let lines: Vec<Line> = context.config.notify.iter().map(line).collect();
    if context.json {
        for line in &lines {
            context.print_json_line(line)?;
        }
        return Ok(Exit::Done);
    }
    if lines.is_empty() {
        notice("qd: the configuration has no [[notify]]; `qd config init` shows how one is written");
        return Ok(Exit::Done);
    }
    for line in &lines {
        if let Some(hint) = &line.hint {
            notice(format!("hint: {}: {hint}", quote(&line.name)));
        }
    }
    if backlog.unread > 0 {
        notice(format!(
            "qd: {} events of the log are not queued yet: the next process does",
            backlog.unread
        ));
    }
    let rows: Vec<[String; 6]> = lines
        .into_iter()
        .map(|line| {
            let (waiting, tries) = (line.waiting.to_string(), line.tries.to_string());
            let next = line.next_at.unwrap_or_default();
            [
                line.name,
                line.to,
                waiting,
                tries,
                next,
                line.says.unwrap_or_default(),
            ]
        })
        .collect();
    context.print_table(&["NAME", "TO", "WAITING", "TRIES", "NEXT TRY", "WHY"], &rows)?;
    Ok(Exit::Done)
}

async fn flush(context: &Context) -> Outcome {
    let dispatcher = dispatcher(context)?;
    dispatcher.begin()?;
    match dispatcher.round(true).await? {
        None => Err(Error::failed("another process is telling them now")
            .hint("`qd audit notify ls` shows what waits")),
        Some(tally) if tally.failed > 0 => {
            let says = format!("{} were taken, {} were not", tally.sent, tally.failed);
            Err(Error::failed(says).hint("`qd audit notify ls` says why"))
        }
        Some(tally) => {
            notice(format!("qd: {} were taken, nothing waits", tally.sent));
            Ok(Exit::Done)
        }
    }
}

async fn test(context: &Context, name: Option<String>) -> Outcome {
    let dispatcher = dispatcher(context)?;
    let wanted: Vec<&Notify> = context
        .config
        .notify
        .iter()
        .filter(|notify| name.as_ref().is_none_or(|name| *name == notify.name))
        .collect();
    if wanted.is_empty() {
        return Err(match name {
            Some(name) => Error::usage(format!("no [[notify]] is named {}", quote(&name)))
                .hint("`qd audit notify ls` lists them"),
            None => Error::usage("the configuration has no [[notify]]")
                .hint("`qd config init` shows how one is written"),
        });
    }
    let mut failed = 0;
    for notify in wanted {
        let event = Event::new(Kind::AlertMatch, Actor::local())
            .with("rule", "test")
            .with("says", "this is a test of notifications");
        match dispatcher.try_now(notify, Entry::sample(event)).await {
            Ok(()) => notice(format!("qd: {} took it", quote(&notify.name))),
            Err(refused) => {
                failed += 1;
                notice(format!(
                    "qd: {}: {}\nhint: {}",
                    quote(&notify.name),
                    quote(&refused.says),
                    refused.hint
                ));
            }
        }
    }
    match failed {
        0 => Ok(Exit::Done),
        many => Err(Error::failed(format!("{many} did not take the test event"))),
    }
}
