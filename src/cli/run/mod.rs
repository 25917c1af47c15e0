//! `qd run`: one command on every machine that a filter chooses, results as they arrive, each line under its machine's
//! name. Production is confirmed first, and standard output carries results only.

mod choose;
mod show;

use tokio::signal::unix::SignalKind;

use crate::fanout::{self, Event, Limits, Request, parse_tags};
use crate::fleet::{Filter, Policy};

use super::aim::{agree, note_as};
use super::signals::Signals;
use super::{Context, Error, Exit, Outcome, cloud, notice, quote};
use choose::{Chosen, choose, confirm};
use show::{Show, remedy};

/// How long a cancelled run is followed after we were told to end.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(10);

#[derive(clap::Args)]
pub struct Args {
    /// Which machines, in the language of `fleet ls --filter`: 'env:prod web', 'tag.team:pay platform:ubuntu'
    #[arg(long, value_name = "EXPR", visible_alias = "filter")]
    targets: String,
    /// Let AWS choose by tag when it starts; EXPR is then only of the form tag.KEY:VALUE
    #[arg(long)]
    by_tag: bool,
    /// How many run it at the same time: a number over all, or a share of each batch of 50, such as 25%
    #[arg(long, value_name = "N|N%", value_parser = fanout::parse_concurrency)]
    concurrency: Option<String>,
    /// How many may fail before no more are asked: a number or a share; default: all are asked
    #[arg(long, value_name = "N|N%", value_parser = fanout::parse_amount)]
    errors: Option<String>,
    /// How long it may run on a machine, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().lasts_seconds, value_parser = fanout::parse_seconds)]
    timeout: u32,
    /// Why: goes to AWS as the command's comment, and into the recording (also QD_REASON)
    #[arg(
        long,
        value_name = "TEXT",
        visible_alias = "comment",
        default_value = "",
        hide_default_value = true
    )]
    reason: String,
    /// Where AWS writes output in full; without it, 24,000 characters a stream are shown
    #[arg(long, value_name = "BUCKET[/PREFIX]")]
    output_bucket: Option<String>,
    /// Do not ask before it runs on production
    #[arg(long)]
    yes: bool,
    /// Only list the machines
    #[arg(long)]
    dry_run: bool,
    /// The command: its words are joined and run by sh, or by PowerShell on Windows
    #[arg(last = true, value_name = "CMD", required_unless_present = "dry_run")]
    command: Vec<String>,
}

pub async fn run(args: Args, context: Context) -> Outcome {
    if !args.dry_run {
        context.require_write("run a command")?;
    }
    let filter = Filter::parse(&args.targets).map_err(|bad| Error::usage(bad.to_string()))?;
    if filter.is_empty() {
        return Err(Error::usage("--targets is empty, which would be every machine")
            .hint("name them, such as 'state:running' for all that run"));
    }
    let tags = args
        .by_tag
        .then(|| parse_tags(&args.targets))
        .transpose()
        .map_err(|bad| {
            Error::usage(bad.to_string()).hint("use terms such as tag.env:prod, or leave out --by-tag")
        })?;
    let text = args.command.join(" ");
    if text.trim().is_empty() && !args.dry_run {
        return Err(Error::usage("the command is empty"));
    }
    let clients = cloud::connect(&context);
    let policy = Policy::of(&context.config)?;
    let Chosen { nodes, production } = choose(&clients, &filter, &policy).await?;
    if args.dry_run {
        choose::print(&context, &nodes)?;
        return Ok(Exit::Done);
    }
    let terms = policy.on_all(&nodes);
    let (reason, recipients) = agree(&context, &nodes, &terms, &args.reason, Some("command"))?;
    if production > 0 && !args.yes {
        confirm(&text, nodes.len(), production)
            .inspect_err(|refused| note_as(&context, &nodes, Some("command"), refused))?;
    }
    let output = bucket(args.output_bucket.or_else(|| context.config.run.bucket.clone()));
    let mut show = Show::new(&context, &nodes, remedy(output.is_some(), true));
    let request = Request {
        cloud: clients,
        nodes,
        tags,
        text,
        reason,
        limits: Limits {
            concurrency: args.concurrency,
            errors: args.errors,
            lasts_seconds: args.timeout,
        },
        output,
        mode: terms.mode.into(),
        recipients,
        data_dir: context.paths.data_dir.clone(),
    };
    follow(request, None, &mut show).await
}

/// A Command document in the place of a script, shown in the same way.
pub(in crate::cli) async fn document(request: Request, given: fanout::Given, context: &Context) -> Outcome {
    let mut show = Show::new(context, &request.nodes, remedy(request.output.is_some(), false));
    follow(request, Some(given), &mut show).await
}

/// `BUCKET[/PREFIX]`.
pub(in crate::cli) fn bucket(said: Option<String>) -> Option<(String, String)> {
    said.map(|said| match said.split_once('/') {
        Some((bucket, prefix)) => (bucket.to_owned(), prefix.to_owned()),
        None => (said, String::new()),
    })
}

/// Shows what comes until every machine is over.
async fn follow(request: Request, given: Option<fanout::Given>, show: &mut Show) -> Outcome {
    let mut signals = Signals::listen()?;
    let (cloud, data_dir) = (request.cloud.clone(), request.data_dir.clone());
    // What a crash left is nothing to wait for.
    tokio::spawn(async move {
        for left in fanout::cancel_left(&cloud, &data_dir).await {
            let (id, nodes) = (quote(&left.command_id), left.nodes);
            notice(match left.cancelled {
                Ok(()) => {
                    format!("qd: command {id} on {nodes} instances, which a crash had left, is cancelled")
                }
                Err(cause) => format!(
                    "qd: command {id} on {nodes} instances, which a crash left, may still run: {}",
                    quote(&cause)
                ),
            });
        }
    });
    let started = match given {
        Some(given) => fanout::start_document(request, given).await,
        None => fanout::start(request).await,
    };
    let (run, mut events) = started.map_err(|refused| Error::failed(refused.says).hint(refused.hint))?;
    let mut interrupts = 0;
    let mut unrecorded = None;
    loop {
        let told_to_end = tokio::select! {
            event = events.recv() => match event {
                Some(Event::Unrecorded { says, over: true }) => {
                    notice(format!("qd: NOT RECORDED: {says}; it is cancelled"));
                    unrecorded = Some(says);
                    continue;
                }
                Some(event) => {
                    show.event(event)?;
                    continue;
                }
                None => break,
            },
            signal = signals.next() => signal,
        };
        if told_to_end == SignalKind::interrupt() {
            interrupts += 1;
            match interrupts {
                1 => notice("qd: it goes on; press again to cancel it where it has not ended"),
                2 => {
                    notice("qd: cancelling; press again to leave at once");
                    run.cancel();
                }
                _ => return Ok(Exit::Remote(130)),
            }
            continue;
        }
        run.cancel();
        let rest = async {
            while let Some(event) = events.recv().await {
                // Whoever told us to end may have gone with the terminal.
                let _ = show.event(event);
            }
        };
        let _ = tokio::time::timeout(FAREWELL, rest).await;
        return Ok(Exit::Remote(128 + told_to_end.as_raw_value() as u8));
    }
    if let Some(says) = unrecorded {
        return Err(Error::failed(format!(
            "it can no longer be recorded, so it was cancelled: {says}"
        ))
        .hint("free space on that disk, or see --data-dir; then run it again"));
    }
    show.summary();
    Ok(if interrupts > 1 {
        Exit::Remote(130)
    } else if show.has_failed() {
        Exit::Failed
    } else {
        Exit::Done
    })
}
