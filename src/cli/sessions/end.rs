//! `qd sessions end` and `end-mine`: TerminateSession where the session is. What was ended is printed and audited;
//! what could not be is told with its cause, and the others are ended none the less.

use std::io;

use futures_util::future::join_all;
use serde::Serialize;

use super::super::terminal::is_interactive;
use super::super::{Context, Error, Exit, Outcome, cloud, notice, quote};
use crate::audit::{self, Event, Kind, Log};
use crate::aws::{Cloud, Failure};
use crate::session::{Known, Roll, Wanted, fetch_roll};

#[derive(clap::Args)]
pub struct Args {
    /// AWS's session ids, or a beginning of one that no other has
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
}

#[derive(clap::Args)]
pub struct MineArgs {
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    ended: Vec<Ended<'a>>,
    failures: Vec<&'a Failure>,
}

#[derive(Serialize)]
struct Ended<'a> {
    session_id: &'a str,
    target: &'a str,
    account: &'a str,
    region: &'a str,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    context.require_write("end a session")?;
    let clients = cloud::connect(context);
    let roll = fetch_roll(&clients, Wanted::default()).await;
    let mut chosen: Vec<Known> = Vec::new();
    for id in &args.ids {
        let known = find(&roll, id)?;
        if !chosen.contains(known) {
            chosen.push(known.clone());
        }
    }
    end(context, &clients, &chosen).await
}

pub async fn mine(args: MineArgs, context: &Context) -> Outcome {
    context.require_write("end sessions")?;
    let clients = cloud::connect(context);
    let wanted = Wanted {
        mine: true,
        history: false,
    };
    let roll = fetch_roll(&clients, wanted).await;
    roll.failures.iter().for_each(cloud::tell);
    if roll.answered == 0 && roll.known.is_empty() {
        return Err(Error::failed("no region answered").hint("the messages above say why for each"));
    }
    if !roll.known.is_empty() && !args.yes && !agreed(&roll.known)? {
        return Err(Error::failed("nothing was ended"));
    }
    let exit = end(context, &clients, &roll.known).await?;
    // A region that did not answer may still hold one.
    Ok(if roll.failures.is_empty() {
        exit
    } else {
        Exit::Failed
    })
}

/// The session of that id: a whole id, else the beginning of one.
fn find<'a>(roll: &'a Roll, id: &str) -> Result<&'a Known, Error> {
    if let Some(known) = roll.known.iter().find(|known| known.row.session_id == id) {
        return Ok(known);
    }
    let begins = |known: &&Known| !id.is_empty() && known.row.session_id.starts_with(id);
    let found: Vec<&Known> = roll.known.iter().filter(begins).collect();
    match found[..] {
        // Another of that beginning may be where nobody answered.
        [one] if roll.failures.is_empty() => Ok(one),
        [_, _, ..] => {
            let ids: Vec<&str> = found.iter().map(|known| known.row.session_id.as_str()).collect();
            Err(Error::usage(format!(
                "{} is the beginning of {} sessions: {}",
                quote(id),
                ids.len(),
                ids.join(", ")
            ))
            .hint("write more of the id"))
        }
        _ if roll.failures.is_empty() => Err(Error::unreachable(format!("no open session is {}", quote(id)))
            .hint("`qd sessions ls` lists open sessions, `--history` those that ended")),
        _ => {
            let silent: Vec<String> = roll.failures.iter().map(ToString::to_string).collect();
            Err(Error::unreachable(format!(
                "no open session is certainly {}, and not every region answered: {}",
                quote(id),
                silent.join("; ")
            ))
            .hint("give the whole id, or see that all regions answer"))
        }
    }
}

fn agreed(known: &[Known]) -> Result<bool, Error> {
    for known in known {
        notice(format_args!(
            "{}  {}  {}  {}",
            quote(&known.row.session_id),
            quote(&known.row.target),
            known.place.region,
            quote(known.row.reason.as_deref().unwrap_or_default())
        ));
    }
    if !is_interactive() {
        return Err(
            Error::usage(format!("{} would be ended", count(known.len()))).hint("give --yes to end them")
        );
    }
    eprint!("end {}? [y/N] ", count(known.len()));
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .map_err(|cause| Error::failed(format!("standard input: {cause}")))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

fn count(sessions: usize) -> String {
    match sessions {
        1 => "1 session".to_owned(),
        many => format!("{many} sessions"),
    }
}

async fn end(context: &Context, cloud: &Cloud, chosen: &[Known]) -> Outcome {
    let ends = chosen
        .iter()
        .map(|known| cloud.terminate_session(&known.place, &known.row.session_id));
    let outcomes = join_all(ends).await;
    let (mut ended, mut failures) = (Vec::new(), Vec::new());
    for (known, outcome) in chosen.iter().zip(&outcomes) {
        audit(context, cloud, known, outcome.as_ref().err()).await;
        match outcome {
            Ok(()) => ended.push(known),
            Err(failure) => failures.push(failure),
        }
    }
    if context.json {
        let ended = ended.iter().map(|known| Ended {
            session_id: &known.row.session_id,
            target: &known.row.target,
            account: &known.account,
            region: &known.place.region,
        });
        context.print_json(&Document {
            ended: ended.collect(),
            failures: failures.clone(),
        })?;
    } else {
        let rows: Vec<Vec<String>> = ended
            .iter()
            .map(|known| {
                vec![
                    known.row.session_id.clone(),
                    known.row.target.clone(),
                    known.place.region.clone(),
                ]
            })
            .collect();
        if !rows.is_empty() {
            context.print_table(&["ENDED", "TARGET", "REGION"], &rows)?;
        }
    }
    if chosen.is_empty() {
        notice("qd: no session is open");
    }
    failures
        .iter()
        .for_each(|failure| super::super::cloud::tell(failure));
    Ok(if failures.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

async fn audit(context: &Context, cloud: &Cloud, known: &Known, failed: Option<&Failure>) {
    let arn = cloud
        .identity_at(&known.place)
        .await
        .ok()
        .map(|identity| identity.arn);
    let actor = audit::Actor {
        arn,
        ..audit::Actor::local()
    };
    let mut event = Event::new(Kind::SessionTerminate, actor);
    event.ssm_session_id = Some(known.row.session_id.clone());
    event.target = Some(audit::Target {
        account: Some(known.account.clone()),
        region: Some(known.place.region.clone()),
        id: Some(known.row.target.clone()),
        ..audit::Target::default()
    });
    let event = event.with("owner", known.row.owner.clone());
    let event = match failed {
        Some(failure) => event.failed(failure.cause.clone()),
        None => event,
    };
    let written = Log::open(&context.paths.data_dir).and_then(|log| log.append(event));
    if let Err(cause) = written {
        notice(format_args!("qd: the audit log was not written: {cause}"));
    }
}
