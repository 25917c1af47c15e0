//! `qd documents stop`: an automation, or a command of Run Command; both have ids of one form, and what it is shows when it
//! is told to stop.

use crate::aws::{Failure, Why};
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::config::Mode;
use crate::document::{Desk, cancel_anywhere, stop_anywhere};

/// What it takes, to whoever gave something else.
const TAKES: &str = "it takes the id of an automation or what that begins with (`qd documents executions` lists them), or \
                     the whole id of a command, as Run Command's history has it; name another place with --profile and \
                     --region";

#[derive(clap::Args)]
pub struct Args {
    /// The automation's id, or a command's
    #[arg(value_name = "ID")]
    id: String,
    /// Let the steps that run end first; of an automation only
    #[arg(long)]
    complete: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    comment: String,
}

/// Sent before anything is asked about it, wherever it is: a whole id is enough, however busy AWS is.
pub async fn run(args: Args, context: &Context) -> Outcome {
    context.require_write("stop an automation or a command")?;
    context.require_network()?;
    let clients = super::connect(context);
    let places = clients.places().await;
    let id = super::id::whole(&clients, &places.found, &args.id).await;
    let id = id.map_err(|error| match error.exit {
        Exit::Unreachable => error.hint(TAKES),
        _ => error,
    })?;
    // What stops it is never held up.
    let desk = |place| {
        super::desk(
            context,
            clients.clone(),
            place,
            args.comment.clone(),
            Mode::BestEffort,
        )
    };
    let desks: Vec<Desk> = places.found.into_iter().map(desk).collect();
    if let Err(failure) = stop_anywhere(&desks, &id, args.complete).await {
        let command = match args.complete {
            // A command has no steps that could end first.
            true => Err(None),
            false => cancel_anywhere(&desks, &id).await,
        };
        let Err(hindered) = command else {
            notice(format!(
                "qd: the command {} is cancelled wherever it has not ended",
                quote(&id)
            ));
            return Ok(Exit::Done);
        };
        let mut why: Vec<Failure> = hindered.into_iter().chain(places.failed).collect();
        why.retain(|failure| failure.why != Why::Absent);
        return Err(untaken(&desks, &args, &id, failure, why).await);
    }
    let id = quote(&id);
    notice(match args.complete {
        true => format!("qd: the automation {id} stops behind the steps that run"),
        false => format!("qd: the automation {id} is being cancelled"),
    });
    Ok(Exit::Done)
}

/// Why nothing was stopped: what hinders sooner than that it is not known, for it may be where that was.
async fn untaken(
    desks: &[Desk],
    args: &Args,
    id: &str,
    automation: Option<Failure>,
    hindered: Vec<Failure>,
) -> Error {
    let hindered = hindered.into_iter().next();
    match automation {
        Some(failure) if failure.why != Why::Absent => not_taken(desks, id, failure).await,
        None => hindered.map_or_else(|| Error::unreachable("there is no place to look in"), Error::from),
        Some(_) => match hindered {
            Some(failure) => failure.into(),
            None if args.complete => Error::unreachable(format!("no automation has the id {}", quote(id)))
                .hint(format!("a command is cancelled without --complete; {TAKES}")),
            None => Error::unreachable(format!("no automation and no command has the id {}", quote(id)))
                .hint(TAKES),
        },
    }
}

/// Why it was not stopped: that it is over already, where that is so.
async fn not_taken(desks: &[Desk], id: &str, failure: Failure) -> Error {
    if failure.why != Why::Throttled {
        for desk in desks {
            let seen = desk.cloud.fetch_execution(&desk.place, id).await;
            if let Ok(seen) = seen.as_ref()
                && seen.status.is_over()
            {
                return Error::failed(format!("{} is over already: {}", quote(id), seen.status.says()));
            }
        }
    }
    failure.into()
}
