//! `qd runbooks run`: a page carried out step by step. What it prints on standard output are the steps' own outputs, or
//! one JSON object an event; questions and progress are on standard error, and what nobody can answer is refused first.

mod alone;
mod answer;
mod led;
pub(super) mod place;
mod show;
mod sight;

use std::path::{Path, PathBuf};

use crate::alarm;
use crate::audit;
use crate::cli::aim::note;
use crate::cli::signals::Signals;
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::config::Config;
use crate::fleet::{Node, Policy};
use crate::recording::Mode;
use crate::runbook::Values;
use crate::runbook::catalogue::Forbidden;
use crate::runbook::plan::{BadGiven, BadPlan, Plan};
use crate::runbook::run::{self, Event, Request, Scene, State, journal};

use super::Paths;
use alone::Alone;
use answer::Person;
use show::Show;

/// Bytes of a page that is not read at once: tens of thousands of commands.
const LONG: usize = 1 << 20;

#[derive(clap::Args)]
pub struct Args {
    /// A file, or a name or title from the library; not needed with --resume
    #[arg(required_unless_present = "resume")]
    file: Option<String>,
    /// Where steps run that do not say where: a TARGET, or an expression as `fleet ls --filter` takes; default: with --alarm what that is about, else here
    #[arg(long, value_name = "TARGET|EXPR")]
    on: Option<String>,
    /// A value, repeatable; names may be spelt as in the page, which refuses those that it has no use for
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    values: Vec<(String, String)>,
    /// The alarm that leads to it, by its name or its ARN: variables are filled from it and from its instance
    #[arg(long, value_name = "NAME")]
    alarm: Option<String>,
    /// Only this step, by name or number
    #[arg(long, value_name = "STEP", conflicts_with = "from")]
    only: Option<String>,
    /// Nothing before this step
    #[arg(long, value_name = "STEP")]
    from: Option<String>,
    /// Of tabs that stand beside each other the one that is meant, by its title, repeatable; one title serves every set that has it
    #[arg(long = "tab", value_name = "TITLE")]
    tabs: Vec<String>,
    /// Print what would run, where, and what must be confirmed; run nothing
    #[arg(long, conflicts_with = "resume")]
    dry_run: bool,
    /// Only the steps that look, before anything is changed: no change, no task, and on behind a failure
    #[arg(long, conflicts_with = "resume")]
    checks: bool,
    /// Give confirmations ahead, except where a name must be typed or a second person asked
    #[arg(long)]
    yes: bool,
    /// Go on with a run by its id, or the beginning of it; `last` is the newest
    #[arg(long, value_name = "RUN")]
    resume: Option<String>,
    /// With --resume: nothing but undoing what is done, the last step first, each asked about
    #[arg(long, requires = "resume", conflicts_with_all = ["only", "from"])]
    undo: bool,
    /// A second person's approval of a step, from `qd runbooks approve`, repeatable
    #[arg(long = "approval", value_name = "FILE")]
    approvals: Vec<PathBuf>,
    /// With --resume: how steps stand whose end nobody saw; otherwise it is asked
    #[arg(long, value_name = "HOW", requires = "resume", value_parser = ["done", "again"])]
    unknown: Option<String>,
    /// Why: goes to AWS, into recordings and the journal (also QD_REASON)
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    library: Paths,
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    if value.contains('\0') {
        return Err("a value cannot hold a NUL character".into());
    }
    Ok((name.to_owned(), value.to_owned()))
}

impl From<BadPlan> for Error {
    fn from(bad: BadPlan) -> Error {
        Error::usage(quote(&bad.to_string()))
            .hint("`qd runbooks check` finds everything that is wrong with a page")
    }
}

impl From<run::Refused> for Error {
    fn from(refused: run::Refused) -> Error {
        Error::failed(quote(&refused.says)).hint(refused.hint)
    }
}

impl From<journal::Error> for Error {
    fn from(cause: journal::Error) -> Error {
        let exit = match &cause {
            journal::Error::Absent(_) => Exit::Unreachable,
            journal::Error::Several(..) => Exit::Usage,
            _ => Exit::Failed,
        };
        Error::new(exit, quote(&cause.to_string())).hint(cause.hint())
    }
}

pub async fn run(args: Args, context: Context) -> Outcome {
    if !args.dry_run {
        context.require_write("run a runbook")?;
    }
    let before = resumed(&args, &context)?;
    let plan = plan(&args, before.as_ref(), &context).await?;
    let catalogue = super::catalogue::catalogue(&context).await;
    let title = plan.title.clone();
    let on_record = |refused: &Error| {
        let page = audit::Target {
            name: Some(format!("runbook {title}")),
            ..audit::Target::default()
        };
        note(&context, page, None, refused);
    };
    catalogue
        .check(&plan)
        .map_err(Error::from)
        .inspect_err(on_record)?;
    if catalogue.is_only {
        must_be_of_library(&plan, &args, &context)
            .await
            .inspect_err(on_record)?;
    }
    for wanted in [&args.only, &args.from].into_iter().flatten() {
        if plan.step(wanted).is_none() {
            let steps: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
            return Err(
                Error::usage(format!("{} has no step {}", quote(&plan.name), quote(wanted)))
                    .hint(format!("its steps are {}", quote(&steps.join(", ")))),
            );
        }
    }
    let state = before.as_ref().map(|(_, state)| state);
    let unfit = |bad: run::Refused| Error::usage(quote(&bad.says)).hint(quote(&bad.hint));
    run::may_take(&plan, state, &args.tabs).map_err(unfit)?;
    for wanted in [&args.only, &args.from].into_iter().flatten() {
        run::may_name(&plan, wanted, &args.tabs).map_err(unfit)?;
    }
    let plan = match &args.only {
        Some(wanted) => plan.alone(wanted),
        None => plan,
    };
    if plan.steps.is_empty() && plan.rollbacks.is_empty() {
        let hint = match plan.path.strip_prefix("ssm:") {
            Ok(_) => format!("it is a document: `qd documents start {}`", quote(&plan.title)),
            Err(_) => "`qd runbooks blocks FILE` tells which blocks can run".to_owned(),
        };
        return Err(Error::usage(format!("{} has no step to run", quote(&plan.name))).hint(hint));
    }
    let given = plan.named(args.values.iter().cloned().collect());
    check_values(&plan, &given)?;
    let mut values = given.clone();
    if let Some((_, state)) = &before {
        state.take_values(&mut values);
    }
    let led = led::led(&args, before.as_ref().map(|(run, _)| run.as_str()), &context).await?;
    let about = led::about(&args, led.as_ref(), before.is_some(), &plan);
    let on = args.on.clone().or_else(|| about.map(|node| node.id.0.clone()));
    let here = place::Wanted {
        on: on.as_deref(),
        before: before.as_ref().map(|(_, state)| state),
        reason: &args.reason,
        only: args.only.as_deref(),
        is_dry: args.dry_run,
    };
    let mut places = place::find(&here, &plan, &values, &context).await?;
    if let Some((_, Some(node))) = &led
        && is_production(node, &context)
    {
        places.production.insert(node.id.0.clone());
    }
    let mut facts = led
        .as_ref()
        .map(|(alarm, node)| alarm::facts(alarm, node.as_ref()))
        .unwrap_or_default();
    if let Some((_, state)) = &before {
        state.take_facts(&mut facts, &mut places.production);
    }
    let profile = context.only_profile();
    let scene = Scene {
        plan: &plan,
        targets: &places.targets,
        named: &places.named,
        values: given.clone(),
        before: before.as_ref().map(|(_, state)| state),
        facts: facts.clone(),
        production: &places.production,
        only: args.only.as_deref(),
        from: args.from.as_deref(),
        looks_only: args.checks,
        tabs: &args.tabs,
        fleet: &places.fleet,
        home: places.home.as_ref().map(|(_, place)| place),
        profile: profile.as_deref(),
    };
    let previews = scene.preview();
    alone::must_have_run(&plan, state, args.only.as_deref(), &previews)?;
    if args.dry_run {
        sight::print(&previews, &plan, &context)?;
        return Ok(Exit::Done);
    }
    let approvals = approvals(&args.approvals)?;
    let mut person = Person::here();
    if args.undo && !person.is_there() {
        let says = "what is undone is for a person to say, and nobody is here";
        return Err(Error::refused(says).hint("--resume RUN --only STEP runs one rollback"))
            .inspect_err(on_record);
    }
    if !person.is_there() {
        let alone = Alone {
            plan: &plan,
            before: before.as_ref().map(|(_, state)| state),
            assumes_yes: args.yes,
            is_decided: args.unknown.is_some(),
            only: args.only.as_deref(),
            approvals: &approvals,
            context: &context,
        };
        alone.must_need_nobody(&previews).inspect_err(on_record)?;
    }
    let request = Request {
        folder: folder_of(&plan.path),
        targets: places.targets,
        named: places.named,
        values: given,
        facts,
        alarm: led.and_then(|(alarm, _)| serde_json::to_value(&alarm).ok()),
        reason: places.reason,
        only: args.only,
        from: args.from,
        assumes_yes: args.yes,
        approvals,
        unknown_are_done: args.unknown.map(|how| how == "done"),
        arn: places.arn,
        resume: before.map(|(run, _)| run),
        data_dir: context.paths.data_dir.clone(),
        terms: run::Terms {
            looks_only: args.checks,
            undoes: args.undo,
            tabs: args.tabs,
            profile,
            production: places.production,
            fleet: places.fleet,
            home: places.home,
            approvers: approvers(&context.config),
            mode: context.config.recording.mode.map(Mode::from).unwrap_or_default(),
            recipients: places.here,
        },
        plan,
    };
    let mut show = Show::new(&context, &request);
    follow(request, &mut show, &mut person).await
}

/// Shows what comes and answers what is asked, until the run is closed.
async fn follow(request: Request, show: &mut Show, person: &mut Person) -> Outcome {
    let mut signals = Signals::listen()?;
    let (run, mut events) = run::start(request).await?;
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            _ = signals.next() => {
                run.stop();
                notice("qd: stopping; once more kills what runs");
                continue;
            }
        };
        match event {
            Some(Event::Asked(question, answer)) => {
                let said = tokio::select! {
                    said = person.answer(&question) => said,
                    _ = signals.next() => {
                        run.stop();
                        notice("");
                        run::Answer::Abort
                    }
                };
                // A run that has gone needs no answer.
                let _ = answer.send(said);
            }
            Some(Event::Closed { outcome, says, hint }) => return show.close(&run.id, outcome, &says, hint),
            Some(event) => show.tell(&event),
            None => return Err(Error::failed("the run was interrupted").hint(format!("--resume {}", run.id))),
        }
    }
}

fn approvals(files: &[PathBuf]) -> Result<Vec<run::Approval>, Error> {
    let read = |file: &PathBuf| {
        let hint = "`qd runbooks approve PAGE STEP` writes such a file";
        run::Approval::load(file).map_err(|says| Error::usage(says).hint(hint))
    };
    files.iter().map(read).collect()
}

fn approvers(config: &Config) -> Vec<run::Approver> {
    let approver = |approver: &crate::config::Approver| run::Approver {
        name: approver.name.clone(),
        key: approver.key,
    };
    config.runbooks.approvers.iter().map(approver).collect()
}

/// From a catalogue only pages are run that others have put there, as they are there.
async fn must_be_of_library(plan: &Plan, args: &Args, context: &Context) -> Result<(), Error> {
    let stranger = || Error::from(Forbidden::Stranger(plan.path.display().to_string()));
    if !args.library.is_configured() {
        return Err(stranger());
    }
    let same = |path: &Path| path == plan.path || path.canonicalize().ok() == plan.path.canonicalize().ok();
    let library = args.library.gather(context).await?;
    let page = library.pages.iter().find(|page| same(&page.path));
    let is_same = page.is_some_and(|page| *page.text == plan.text);
    is_same.then_some(()).ok_or_else(stranger)
}

/// The run to go on with, and how it stands.
fn resumed(args: &Args, context: &Context) -> Result<Option<(String, State)>, Error> {
    let Some(wanted) = &args.resume else {
        return Ok(None);
    };
    let data_dir = &context.paths.data_dir;
    let run = journal::find(data_dir, wanted)?;
    // What is under way there has not died.
    if journal::is_live(data_dir, &run) {
        return Err(journal::Error::Busy(run).into());
    }
    let lines = journal::load(data_dir, &run)?;
    let verdict = journal::verify(data_dir, &run)?;
    if let Some(fault) = verdict.faults.first() {
        return Err(Error::tampering(format!(
            "the journal of {run} cannot be trusted from line {}: {}",
            fault.line, fault.says
        ))
        .hint("look what happened there, and begin a new run"));
    }
    if lines.is_empty() {
        return Err(Error::unreachable(format!(
            "{run} was killed before its first step: nothing of it was done"
        ))
        .hint("begin a new run"));
    }
    Ok(Some((run, State::of(&lines))))
}

async fn plan(args: &Args, before: Option<&(String, State)>, context: &Context) -> Result<Plan, Error> {
    let file = match (&args.file, before) {
        (Some(file), _) => file.clone(),
        (None, Some((_, state))) => state.runbook.clone(),
        (None, None) => String::new(),
    };
    let (path, text) = match before.filter(|_| args.file.is_none() && run::is_gone(Path::new(&file))) {
        Some((run, _)) => must_be_wanted(&file, run, args, context)?,
        None => super::seek(&file, &args.library, context).await?,
    };
    let name = path
        .file_name()
        .map_or_else(|| file.clone(), |name| name.to_string_lossy().into_owned());
    if text.len() > LONG {
        let size = text.len() >> 20;
        notice(format!(
            "qd: {} holds {size} MB, reading it takes a while",
            quote(&name)
        ));
    }
    Ok(Plan::parse(&path, &name, &text)?)
}

/// The page that a run keeps, where somebody can say that it goes on with that.
fn must_be_wanted(file: &str, run: &str, args: &Args, context: &Context) -> Result<(PathBuf, String), Error> {
    if !args.yes && !Person::here().is_there() {
        let says = format!("{} is gone, and nobody is here to go on without it", quote(file));
        return Err(Error::refused(says).hint(
            "--yes goes on with the page as it was when the run began; one that has moved is named before --resume",
        ));
    }
    let text = journal::load_page(&context.paths.data_dir, run)?;
    Ok((PathBuf::from(file), text))
}

/// By the rules of the configuration; those that are no filters were refused at the start.
pub(super) fn is_production(node: &Node, context: &Context) -> bool {
    Policy::of(&context.config).is_ok_and(|policy| policy.is_production(node))
}

/// Where local commands begin: beside the page, as its relative paths mean.
fn folder_of(path: &Path) -> PathBuf {
    let parent = path.parent();
    let parent = parent.filter(|parent| parent.is_absolute() || parent.is_dir());
    parent.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

pub(super) fn check_values(plan: &Plan, values: &Values) -> Result<(), Error> {
    for (name, value) in values {
        plan.accepts(name, value).map_err(|bad| {
            let says = Error::usage(format!("--set {}", quote(&bad.to_string())));
            match bad {
                BadGiven::Secret(_) => says.hint("a command line is no place for a secret"),
                BadGiven::Stranger(..) => says.hint(
                    "declare it under `vars` if something that the page runs reads it from its environment",
                ),
                BadGiven::Own(_) => says.hint("take the line out that sets it, or declare it under `vars`"),
                BadGiven::NoName(_) | BadGiven::Form(..) => says,
            }
        })?;
    }
    Ok(())
}
