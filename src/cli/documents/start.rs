//! `qd documents start`: looked at, confirmed, begun, followed. A Command document goes the way of `qd run`, recorded
//! instance by instance.

use super::aim::{Aimed, Given, aim};
use super::confirm::Question;
use super::follow::follow;
use crate::audit;
use crate::aws::Cloud;
use crate::cli::aim::{agree, note_document, reason_or_environment};
use crate::cli::{Context, Error, Exit, Outcome, notice, quote, run as fan};
use crate::document::{Aim, Desk, Kind, Preview, abroad, foresee, phrase, reach, shown};
use crate::fanout::{self, Limits};
use crate::fleet::Policy;
use crate::runbook::Level;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    given: Given,
    /// Wait for a word before each step
    #[arg(long)]
    interactive: bool,
    /// Give the confirmation ahead, except where a name must be typed
    #[arg(long)]
    yes: bool,
    /// Do not follow it: print its id and leave
    #[arg(long)]
    no_wait: bool,
    /// Why: goes into the audit log, and with a Command document to AWS (also QD_REASON)
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    context.require_write("start a document")?;
    let clients = super::connect(context);
    let given = &args.given;
    let loaded = super::load(context, &clients, &given.name, given.version.as_deref()).await?;
    let Some(place) = loaded.place.clone() else {
        return Err(Error::usage(format!(
            "{} is a file, and AWS starts what it has",
            quote(&given.name)
        ))
        .hint("create it first: aws ssm create-document; `qd documents preview FILE` looks at it"));
    };
    let is_command = match loaded.document.kind {
        Kind::Automation => false,
        Kind::Command => true,
        kind => {
            return Err(
                Error::usage(format!("a {kind} document is not started by itself"))
                    .hint("`qd connect TARGET --document NAME` uses a Session document"),
            );
        }
    };
    let mut aimed = aim(given, context, &clients, &place, &loaded.document, is_command).await?;
    if is_command {
        let preview = Preview::of(&loaded.document, "AWS looks ahead for automations only");
        return command(&args, context, clients, aimed, &preview).await;
    }
    aimed.start.is_interactive = args.interactive;
    // What was shown is what runs, even if somebody changes the document meanwhile.
    aimed.start.version = Some(loaded.text.version.clone()).filter(|version| !version.is_empty());
    let preview = foresee(&clients, &place, &aimed.start, &loaded.document).await;
    let level = preview.level(aimed.is_production);
    confirm(&args, context, &aimed, &preview, level)?;
    let mode = Policy::of(&context.config)?.of_automation(&aimed.nodes, aimed.is_production);
    let reason = reason_or_environment(args.reason.clone());
    let desk = Desk {
        touches: aimed.nodes.iter().map(audit::Target::from).collect(),
        ..super::desk(context, clients, place.clone(), reason, mode)
    };
    let id = desk.start(aimed.start, &preview, level).await?;
    if args.no_wait {
        match context.json {
            true => context.print_json_line(&serde_json::json!({ "execution_id": id }))?,
            false => crate::cli::context::print(&format!("{id}\n"))?,
        }
        return Ok(Exit::Done);
    }
    notice(format!(
        "qd: automation {} has begun in {}",
        quote(&id),
        place.region
    ));
    follow(context, &desk, &id).await
}

/// Asks for what the preview wants; a refusal is on record with the document.
fn confirm(
    args: &Args,
    context: &Context,
    aimed: &Aimed,
    preview: &Preview,
    level: Level,
) -> Result<(), Error> {
    let mut lines = vec![format!("{}:", args.given.name)];
    let mut say = |line: String| lines.push(format!("  {line}"));
    preview.lines().into_iter().for_each(&mut say);
    let touched: Vec<String> = aimed
        .nodes
        .iter()
        .map(|node| format!("{} {}", node.id, node.name))
        .collect();
    let start = &aimed.start;
    let is_abroad = !start.locations.is_empty();
    match &start.targets {
        _ if !touched.is_empty() && !is_abroad => say(format!("on {}", touched.join(", "))),
        Some((key, values)) => say(format!("on whatever has {key}={}", values.join(","))),
        None => {}
    }
    reach(start).into_iter().for_each(&mut say);
    if is_abroad {
        let known = abroad(start, preview, &aimed.nodes);
        known.into_iter().for_each(&mut say);
    }
    super::confirm::confirm(&Question {
        level,
        is_yes: args.yes,
        does: "start it",
        done: "started",
        why: &preview.says(),
        lines: &lines,
        phrase: phrase(start, Some(preview), &aimed.nodes),
    })
    .inspect_err(|refused| note_document(context, &aimed.nodes, &args.given.name, refused))
}

/// A Command document on instances.
async fn command(args: &Args, context: &Context, clients: Cloud, aimed: Aimed, preview: &Preview) -> Outcome {
    if aimed.nodes.is_empty() {
        return Err(
            Error::usage("a Command document runs on instances, and none is named")
                .hint("give --targets, such as 'env:stage web', env=stage or InstanceIds=i-…"),
        );
    }
    let tags = match &aimed.aim {
        Some(Aim::Key(key, values)) if key.starts_with("tag:") => {
            Some(vec![(key.trim_start_matches("tag:").to_owned(), values.clone())])
        }
        Some(_) => None,
        None => {
            return Err(Error::usage(
                "a Command document runs on instances, and --targets names none",
            ));
        }
    };
    let policy = Policy::of(&context.config)?;
    let terms = policy.on_all(&aimed.nodes);
    let level = preview.level(aimed.is_production);
    confirm(args, context, &aimed, preview, level)?;
    let (reason, recipients) = agree(context, &aimed.nodes, &terms, &args.reason, Some("command"))?;
    let given = fanout::Given {
        document: args.given.name.clone(),
        version: args.given.version.clone(),
        parameters: aimed.values.clone(),
    };
    let words: Vec<String> = aimed
        .values
        .iter()
        .map(|(name, values)| format!("{name}={}", shown(name, values).join(",")))
        .collect();
    let request = fanout::Request {
        cloud: clients,
        tags,
        text: format!("{} {}", args.given.name, words.join(" "))
            .trim()
            .to_owned(),
        reason,
        limits: Limits {
            concurrency: args.given.max_concurrency.clone(),
            errors: args.given.max_errors.clone(),
            ..Limits::default()
        },
        output: fan::bucket(context.config.run.bucket.clone()),
        mode: terms.mode.into(),
        recipients,
        data_dir: context.paths.data_dir.clone(),
        nodes: aimed.nodes,
    };
    fan::document(request, given, context).await
}
