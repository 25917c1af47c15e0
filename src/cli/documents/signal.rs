//! `qd documents approve`, `reject`, `revoke`, `resume`, `start-step` and `stop-step`: what a person says to an automation.
//! Each is refused when the automation does not wait for it, so that a word never answers another question.

use std::time::Duration;

use super::confirm::{Question, confirm};
use crate::audit;
use crate::aws::{Cloud, Execution, Place, Signal};
use crate::cli::aim::note_document;
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::config::Mode;
use crate::document::{
    Approval, Desk, Standing, Want, asked, can_revoke, running, told, wants, with_children,
};

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
pub struct ApproveArgs {
    #[command(flatten)]
    said: CommentArgs,
    #[command(flatten)]
    ahead: Ahead,
}

/// What lets it go on is asked about in production.
#[derive(clap::Args)]
struct Ahead {
    /// Give the confirmation ahead that production wants
    #[arg(long)]
    yes: bool,
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
pub struct GoOnArgs {
    #[command(flatten)]
    said: StepArgs,
    #[command(flatten)]
    ahead: Ahead,
}

/// What is said, and to whom.
struct Word<'a> {
    id: &'a str,
    reason: &'a str,
    /// Completes "cannot … an automation".
    verb: &'a str,
    is_yes: bool,
}

impl<'a> Word<'a> {
    fn of(verb: &'a str, id: &'a str, reason: &'a str) -> Word<'a> {
        Word {
            id,
            reason,
            verb,
            is_yes: false,
        }
    }

    fn answered(self, ahead: &Ahead) -> Word<'a> {
        Word {
            is_yes: ahead.yes,
            ..self
        }
    }
}

pub async fn approve(args: ApproveArgs, context: &Context) -> Outcome {
    let (said, comment) = (&args.said, args.said.comment.clone());
    tell(
        context,
        Word::of("approve", &said.id, &said.comment).answered(&args.ahead),
        |seen| match wants(seen)? {
            Want::Approval { .. } => Some(Signal::Approve {
                comment: comment.clone(),
            }),
            _ => None,
        },
    )
    .await
}

pub async fn reject(args: CommentArgs, context: &Context) -> Outcome {
    let comment = args.comment.clone();
    let word = Word::of("reject", &args.id, &args.comment);
    tell(context, word, |seen| match wants(seen)? {
        Want::Approval { .. } => Some(Signal::Reject {
            comment: comment.clone(),
        }),
        _ => None,
    })
    .await
}

pub async fn revoke(args: CommentArgs, context: &Context) -> Outcome {
    let word = Word::of("revoke an approval of", &args.id, &args.comment);
    tell(context, word, |seen| {
        can_revoke(seen).then(|| Signal::Revoke {
            comment: args.comment.clone(),
        })
    })
    .await
}

pub async fn resume(args: GoOnArgs, context: &Context) -> Outcome {
    let (said, named) = (&args.said, args.said.step.clone());
    tell(
        context,
        Word::of("resume", &said.id, &said.comment).answered(&args.ahead),
        |seen| match wants(seen)? {
            Want::Resume { step } => Some(Signal::Resume {
                step: named.clone().unwrap_or(step),
            }),
            _ => None,
        },
    )
    .await
}

pub async fn start_step(args: GoOnArgs, context: &Context) -> Outcome {
    let (said, named) = (&args.said, args.said.step.clone());
    let word = Word::of("begin a step of", &said.id, &said.comment).answered(&args.ahead);
    tell(context, word, |seen| match wants(seen)? {
        Want::Begin { step } => Some(Signal::StartStep {
            step: named.clone().unwrap_or(step),
        }),
        _ => None,
    })
    .await
}

pub async fn stop_step(args: StepArgs, context: &Context) -> Outcome {
    let named = args.step.as_deref();
    let word = Word::of("stop a step of", &args.id, &args.comment);
    tell(context, word, |seen| {
        running(seen, named).map(|step| Signal::StopStep {
            id: step.id.clone(),
            step: step.name.clone(),
        })
    })
    .await
}

async fn tell(context: &Context, word: Word<'_>, signal: impl Fn(&Execution) -> Option<Signal>) -> Outcome {
    let verb = word.verb;
    context.require_write(&format!("{verb} an automation"))?;
    let clients = super::connect(context);
    let (place, mut execution) = super::alone(context, &clients, word.id).await?;
    let id = execution.id.clone();
    // Between two steps it waits for nobody, for a moment.
    for _ in 0..TRIES {
        if execution.status.is_over() || wants(&execution).is_some() || signal(&execution).is_some() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        execution = clients.fetch_execution(&place, &id).await?;
    }
    let Some(signal) = signal(&execution) else {
        let stands = match wants(&execution) {
            Some(want) => want.says(),
            None => format!("it is {}", execution.status.says()),
        };
        return Err(
            Error::failed(format!("cannot {verb} {}: {}", quote(&id), quote(&stands)))
                .hint(format!("`qd documents status {id}` shows how it stands")),
        );
    };
    let (mode, nodes) = match signal.lets_go_on() {
        true => {
            let standing = allowed(context, &clients, &place, &execution, &word, &signal).await?;
            (standing.mode, standing.nodes)
        }
        // What lets nothing go on is never held up.
        false => (Mode::BestEffort, Vec::new()),
    };
    let desk = Desk {
        touches: nodes.iter().map(audit::Target::from).collect(),
        ..super::desk(context, clients, place, word.reason.to_owned(), mode)
    };
    desk.signal(&id, &execution.document, &signal).await?;
    let called = format!("{} ({id})", quote(&execution.document));
    notice(format!("qd: {}", told(&signal, &called)));
    Ok(Exit::Done)
}

/// Asks what policy wants before it goes on; how strictly it is told, and what it touches.
async fn allowed(
    context: &Context,
    clients: &Cloud,
    place: &Place,
    execution: &Execution,
    word: &Word<'_>,
    signal: &Signal,
) -> Result<Standing, Error> {
    let seen = with_children(clients, place, execution.clone()).await;
    let standing = super::standing(context, clients, place, &seen).await?;
    let document = &execution.document;
    let wanted = wants(execution).map(|want| want.says());
    let machines: Vec<&str> = standing.nodes.iter().map(|node| node.name.as_str()).collect();
    let on = match machines.is_empty() {
        true => String::new(),
        false => format!(" on {}", machines.join(", ")),
    };
    let says = format!("{document}{on}: {}", wanted.unwrap_or_default());
    let mut lines = vec![says.clone()];
    lines.extend(asked(execution).iter().flat_map(Approval::says));
    confirm(&Question {
        level: standing.level(signal),
        is_yes: word.is_yes,
        does: &format!("{} it", word.verb),
        done: "sent",
        why: &format!("it is production, {}", quote(&says)),
        lines: &lines,
        phrase: "production",
    })
    .inspect_err(|refused| note_document(context, &standing.nodes, document, refused))?;
    Ok(standing)
}
