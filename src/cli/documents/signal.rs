//! `qd documents approve`, `reject`, `revoke`, `resume`, `start-step`, `stop-step` and `stop`: what a person says to an
//! automation. Each is refused when the automation does not wait for it, so that a word never answers another question.

use std::time::Duration;

use crate::aws::{Execution, Signal};
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::document::{Want, can_revoke, look, running, wants};

/// How often an automation that goes on is looked at until it waits.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);

#[derive(clap::Args)]
pub struct CommentArgs {
    /// The automation's id
    #[arg(value_name = "ID")]
    id: String,
    /// Said with it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    comment: String,
}

#[derive(clap::Args)]
pub struct StepArgs {
    /// The automation's id
    #[arg(value_name = "ID")]
    id: String,
    /// The step; default: the one that waits, to stop: the one that runs
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    comment: String,
}

#[derive(clap::Args)]
pub struct StopArgs {
    /// The automation's id
    #[arg(value_name = "ID")]
    id: String,
    /// Let the steps that run end first
    #[arg(long)]
    complete: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    comment: String,
}

pub async fn approve(args: CommentArgs, context: &Context) -> Outcome {
    let comment = args.comment.clone();
    tell(context, &args.id, &args.comment, "approve", |seen| {
        match wants(seen)? {
            Want::Approval { .. } => Some(Signal::Approve {
                comment: comment.clone(),
            }),
            _ => None,
        }
    })
    .await
}

pub async fn reject(args: CommentArgs, context: &Context) -> Outcome {
    let comment = args.comment.clone();
    tell(context, &args.id, &args.comment, "reject", |seen| {
        match wants(seen)? {
            Want::Approval { .. } => Some(Signal::Reject {
                comment: comment.clone(),
            }),
            _ => None,
        }
    })
    .await
}

pub async fn revoke(args: CommentArgs, context: &Context) -> Outcome {
    let verb = "revoke an approval of";
    tell(context, &args.id, &args.comment, verb, |seen| {
        can_revoke(seen).then(|| Signal::Revoke {
            comment: args.comment.clone(),
        })
    })
    .await
}

pub async fn resume(args: StepArgs, context: &Context) -> Outcome {
    let named = args.step.clone();
    tell(context, &args.id, &args.comment, "resume", |seen| {
        match wants(seen)? {
            Want::Resume { step } => Some(Signal::Resume {
                step: named.clone().unwrap_or(step),
            }),
            _ => None,
        }
    })
    .await
}

pub async fn start_step(args: StepArgs, context: &Context) -> Outcome {
    let (named, verb) = (args.step.clone(), "begin a step of");
    tell(context, &args.id, &args.comment, verb, |seen| {
        match wants(seen)? {
            Want::Begin { step } => Some(Signal::StartStep {
                step: named.clone().unwrap_or(step),
            }),
            _ => None,
        }
    })
    .await
}

pub async fn stop_step(args: StepArgs, context: &Context) -> Outcome {
    let (named, verb) = (args.step.as_deref(), "stop a step of");
    tell(context, &args.id, &args.comment, verb, |seen| {
        running(seen, named).map(|step| Signal::StopStep {
            id: step.id.clone(),
            step: step.name.clone(),
        })
    })
    .await
}

async fn tell(
    context: &Context,
    id: &str,
    reason: &str,
    verb: &str,
    signal: impl Fn(&Execution) -> Option<Signal>,
) -> Outcome {
    context.require_write(&format!("{verb} an automation"))?;
    let clients = super::connect(context);
    let (place, mut seen) = super::execution(context, &clients, id).await?;
    // Between two steps it waits for nobody, for a moment.
    for _ in 0..TRIES {
        if seen.is_over() || wants(&seen.execution).is_some() || signal(&seen.execution).is_some() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        seen = look(&clients, &place, id).await?;
    }
    let Some(signal) = signal(&seen.execution) else {
        let stands = match wants(&seen.execution) {
            Some(want) => want.says(),
            None => format!("it is {}", seen.execution.status.says()),
        };
        return Err(
            Error::failed(format!("cannot {verb} {}: {}", quote(id), quote(&stands)))
                .hint(format!("`qd documents status {id}` shows how it stands")),
        );
    };
    let mode = super::mode(context)?;
    let desk = super::desk(context, clients, place, reason.to_owned(), mode);
    desk.signal(id, &seen.execution.document, &signal).await?;
    notice(format!("qd: {} was sent", signal.word()));
    Ok(Exit::Done)
}

pub async fn stop(args: StopArgs, context: &Context) -> Outcome {
    context.require_write("stop an automation")?;
    let clients = super::connect(context);
    let (place, seen) = super::execution(context, &clients, &args.id).await?;
    if seen.is_over() {
        return Err(Error::failed(format!(
            "{} is over already: {}",
            quote(&args.id),
            seen.execution.status.says()
        )));
    }
    let mode = super::mode(context)?;
    let desk = super::desk(context, clients, place, args.comment, mode);
    desk.stop(&args.id, &seen.execution.document, args.complete)
        .await?;
    notice(match args.complete {
        true => "qd: it stops behind the steps that run",
        false => "qd: it is being cancelled",
    });
    Ok(Exit::Done)
}
