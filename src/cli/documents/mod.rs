//! `qd documents`: Systems Manager documents and automations, one file a verb: found by what is in them, shown as a form and
//! a tree, previewed, started, followed, answered and stopped. What changes anything passes read-only mode and the
//! confirmation that its preview asks for.

mod aim;
mod beyond;
mod confirm;
mod executions;
mod follow;
mod id;
mod ls;
mod output;
mod preview;
mod search;
mod show;
mod signal;
mod start;
mod status;
mod stop;

use std::collections::HashMap;
use std::sync::Arc;

use clap::Subcommand;
use futures_util::future::join_all;

use super::{Context, Error, Exit, Outcome, cloud, notice, quote};
use crate::aws::{Cloud, DocumentText, Execution, ExecutionRow, Failure, Place, StepRun, Why};
use crate::config::Mode;
use crate::document::{self, Desk, Document, Seen, Standing};
use crate::fleet::{self, Policy, Roster};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List documents: the account's own, unless told otherwise
    Ls(ls::Args),
    /// Find documents by what is in them; AWS's own search knows names only
    Search(search::Args),
    /// Print a document's parameters and steps
    Show(show::Args),
    /// What a start would do, by AWS's own look ahead; of a file, by its steps
    Preview(Box<preview::Args>),
    /// Start a document that was looked at and confirmed, and follow it
    Start(Box<start::Args>),
    /// List automations, newest first
    Executions(executions::Args),
    /// How an automation stands, step by step
    Status(status::Args),
    /// Approve the step that waits for approval
    Approve(signal::ApproveArgs),
    /// Reject the step that waits for approval
    Reject(signal::CommentArgs),
    /// Take back your approval, while more of them are waited for
    Revoke(signal::CommentArgs),
    /// Go on behind a pause
    Resume(signal::GoOnArgs),
    /// Begin the next step of an interactive automation
    StartStep(signal::GoOnArgs),
    /// Stop the step that runs in an interactive automation, and let the rest wait for a word
    StopStep(signal::StepArgs),
    /// Stop an automation, at once or behind the steps that run, or cancel a command
    Stop(stop::Args),
    /// Print what the steps of an automation left behind, whole where it can be had
    Output(output::Args),
}

impl Args {
    /// Whether it may open something that is recorded.
    pub fn starts(&self) -> bool {
        matches!(self.verb, Verb::Start(_))
    }
}

pub async fn run(args: Args, context: Context) -> Outcome {
    match args.verb {
        Verb::Ls(args) => ls::run(args, &context).await,
        Verb::Search(args) => search::run(args, &context).await,
        Verb::Show(args) => show::run(args, &context).await,
        Verb::Preview(args) => preview::run(*args, &context).await,
        Verb::Start(args) => start::run(*args, &context).await,
        Verb::Executions(args) => executions::run(args, &context).await,
        Verb::Status(args) => status::run(args, &context).await,
        Verb::Approve(args) => signal::approve(args, &context).await,
        Verb::Reject(args) => signal::reject(args, &context).await,
        Verb::Revoke(args) => signal::revoke(args, &context).await,
        Verb::Resume(args) => signal::resume(args, &context).await,
        Verb::StartStep(args) => signal::start_step(args, &context).await,
        Verb::StopStep(args) => signal::stop_step(args, &context).await,
        Verb::Stop(args) => stop::run(args, &context).await,
        Verb::Output(args) => output::run(args, &context).await,
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        let exit = match failure.why {
            Why::Absent => Exit::Unreachable,
            _ => Exit::Failed,
        };
        Error::new(exit, quote(&failure.to_string())).hint(failure.hint)
    }
}

/// A document, and where it is; a file is nowhere.
struct Loaded {
    place: Option<Place>,
    text: DocumentText,
    document: Document,
}

/// A file, standard input, or a document of the one place that has it.
async fn load(context: &Context, cloud: &Cloud, name: &str, version: Option<&str>) -> Result<Loaded, Error> {
    if let Some(text) = file(name)? {
        let text = DocumentText {
            name: name.to_owned(),
            text,
            ..DocumentText::default()
        };
        return parsed(None, text);
    }
    let (place, text) = at_aws(context, cloud, name, version).await?;
    parsed(Some(place), text)
}

fn parsed(place: Option<Place>, text: DocumentText) -> Result<Loaded, Error> {
    let document = Document::parse(&text.text).map_err(|bad| {
        let kind = Some(text.kind.as_str())
            .filter(|kind| !kind.is_empty())
            .unwrap_or("document");
        Error::usage(format!(
            "{} ({kind}) cannot be understood: {}",
            quote(&text.name),
            quote(&bad.to_string())
        ))
    })?;
    Ok(Loaded {
        place,
        text,
        document,
    })
}

/// The text of a file, where there is one.
fn file(name: &str) -> Result<Option<String>, Error> {
    if name == "-" {
        let mut text = String::new();
        return std::io::Read::read_to_string(&mut std::io::stdin(), &mut text)
            .map(|_| Some(text))
            .map_err(|cause| Error::failed(format!("cannot read standard input: {cause}")));
    }
    match std::fs::read(name) {
        Ok(bytes) => String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| Error::usage(format!("{} is no text", quote(name)))),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            match name.ends_with(".yml") || name.ends_with(".yaml") || name.ends_with(".json") {
                true => Err(Error::unreachable(format!("there is no file {}", quote(name)))),
                false => Ok(None),
            }
        }
        Err(cause) => Err(Error::failed(format!("cannot read {}: {cause}", quote(name)))),
    }
}

/// The one place that has the document; exit 2 when several have it, 5 when none does.
async fn at_aws(
    context: &Context,
    cloud: &Cloud,
    name: &str,
    version: Option<&str>,
) -> Result<(Place, DocumentText), Error> {
    context.require_network()?;
    let places = cloud.places().await;
    let asked = places.found.iter().map(|place| async move {
        let text = cloud.fetch_document_version(place, name, version).await;
        text.map(|text| (place.clone(), text))
    });
    let (mut found, mut failed) = (Vec::new(), places.failed);
    for answer in join_all(asked).await {
        match answer {
            Ok(answer) => found.push(answer),
            Err(failure) => failed.push(failure),
        }
    }
    // The same text in every region of AWS's own documents is one document.
    let is_same = found.windows(2).all(|pair| pair[0].1.text == pair[1].1.text);
    match found.len() {
        0 => {
            let failure = failed
                .iter()
                .find(|failure| failure.why != Why::Absent)
                .or(failed.first());
            Err(match failure {
                Some(failure) => failure.clone().into(),
                None => Error::unreachable("there is no place to look in"),
            })
        }
        1 => Ok(found.remove(0)),
        _ if is_same && name.starts_with("AWS") => Ok(found.remove(0)),
        // The regions that are named are where it runs; it begins in the first of them.
        _ if is_same && begins_in(context, &found).is_some() => {
            Ok(found.remove(begins_in(context, &found).unwrap_or_default()))
        }
        _ => {
            let list: Vec<String> = found
                .iter()
                .map(|(place, _)| format!("{} {}", place.profile, place.region))
                .collect();
            Err(Error::usage(format!(
                "{} is in several places: {}",
                quote(name),
                list.join(", ")
            ))
            .hint("name one with --profile and --region"))
        }
    }
}

/// Which of the places is in the first region that `--region` names, where all are of one profile.
fn begins_in(context: &Context, found: &[(Place, DocumentText)]) -> Option<usize> {
    let first = context.regions.first()?;
    let is_one = found
        .windows(2)
        .all(|pair| pair[0].0.profile == pair[1].0.profile);
    found
        .iter()
        .position(|(place, _)| is_one && place.region == *first)
}

/// An automation by its id or what that begins with, wherever it is, with what it has begun.
async fn execution(context: &Context, cloud: &Cloud, id: &str) -> Result<(Place, Seen), Error> {
    let (place, execution) = alone(context, cloud, id).await?;
    let seen = document::with_children(cloud, &place, execution).await;
    Ok((place, seen))
}

/// The same without its children, for what does not need them.
async fn alone(context: &Context, cloud: &Cloud, id: &str) -> Result<(Place, Execution), Error> {
    context.require_network()?;
    let places = cloud.places().await;
    let id = &id::whole(cloud, &places.found, id).await?;
    let asked = places.found.iter().map(|place| async move {
        let execution = cloud.fetch_execution(place, id).await;
        execution.map(|execution| (place.clone(), execution))
    });
    let mut failed = places.failed;
    for answer in join_all(asked).await {
        match answer {
            Ok(found) => return Ok(found),
            Err(failure) => failed.push(failure),
        }
    }
    let failure = failed
        .iter()
        .find(|failure| failure.why != Why::Absent)
        .or(failed.first());
    Err(match failure {
        Some(failure) => failure.clone().into(),
        None => Error::unreachable("there is no place to look in"),
    })
}

/// That what it has begun cannot be listed, and why.
fn tell_unlisted(failure: &Failure) {
    notice(format!(
        "qd: what it has begun cannot be listed: {}\nhint: {}",
        quote(&failure.to_string()),
        failure.hint
    ));
}

/// What an approval is asked for with, and who has decided.
fn tell_asked(execution: &Execution) {
    for says in document::asked(execution)
        .iter()
        .flat_map(document::Approval::says)
    {
        notice(format!("    {}", quote(&says)));
    }
}

/// The names of machines, as this machine's list of the fleet has them; AWS is not asked for them.
fn names(context: &Context) -> HashMap<String, String> {
    let saved = fleet::load(&context.paths.cache_dir).unwrap_or_else(|bad| {
        notice(format!("qd: machines are told without their names: {bad}"));
        None
    });
    let nodes = saved.into_iter().flat_map(|saved| saved.nodes);
    let named = nodes.filter(|node| !node.name.is_empty());
    named.map(|node| (node.id.to_string(), node.name)).collect()
}

/// What tells a child from the others, a machine by its name as well.
fn called(names: &HashMap<String, String>, seen: &Seen, child: &ExecutionRow) -> Option<String> {
    seen.called(child).map(|called| named(names, called))
}

/// The same of a step, where it stands for a child; else its own name.
fn step_called(names: &HashMap<String, String>, seen: &Seen, step: &StepRun) -> String {
    let called = seen.step_called(step).map(|called| named(names, called));
    called.unwrap_or_else(|| step.name.clone())
}

/// A text behind the names of the machines in it.
fn named(names: &HashMap<String, String>, called: String) -> String {
    let ids = called.split([' ', '=', ',']);
    let mut words: Vec<&str> = ids.filter_map(|id| names.get(id)).map(String::as_str).collect();
    words.push(&called);
    words.join(" ")
}

/// Who acts on automations of a place, from here: what the audit log does not take is said.
fn desk(context: &Context, cloud: Cloud, place: Place, reason: String, mode: Mode) -> Desk {
    Desk {
        cloud,
        place,
        data_dir: context.paths.data_dir.clone(),
        reason,
        is_strict: mode == Mode::Strict,
        unwritten: Arc::new(|says| notice(format!("qd: {}", quote(says)))),
        touches: Vec::new(),
    }
}

/// What holds for a word to one that has begun: the fleet is asked for the machines that it names.
async fn standing(context: &Context, cloud: &Cloud, place: &Place, seen: &Seen) -> Result<Standing, Error> {
    let policy = Policy::of(&context.config)?;
    let roster = match seen.machines().is_empty() {
        true => Roster::default(),
        false => aim::gather(cloud).await,
    };
    let here = aim::here(cloud, place).await;
    let is_whole = roster.failures.is_empty();
    Ok(Standing::of(&policy, &roster.nodes, is_whole, &here, seen))
}

/// A text of several lines as one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Seconds as people say them.
fn lasted(from: Option<jiff::Timestamp>, to: Option<jiff::Timestamp>) -> String {
    let Some(from) = from else { return String::new() };
    let to = to.unwrap_or_else(jiff::Timestamp::now);
    match to.duration_since(from).as_secs().max(0) {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

fn connect(context: &Context) -> Cloud {
    cloud::connect(context)
}
