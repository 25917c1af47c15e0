//! The beginning of a run, new or gone on with: the page and its steps are on record before anything else happens.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};

use super::desk::Desk;
use super::event::{Answer, Event, Question};
use super::journal::{self, Journal};
use super::purse::Purse;
use super::record::{Listed, Machine, Outcome, Record, Who};
use super::sequence::Sequence;
use super::shell::{Opener, Stop};
use super::state::State;
use super::tab::Tabs;
use super::target::Target;
use super::whereabouts::whereabouts;
use super::{Request, Run, Told};
use crate::recording::DeviceKey;
use crate::recording::redaction::masked;
use crate::runbook::Values;
use crate::runbook::fence::Kind;
use crate::runbook::placeholder::name;
use crate::runbook::plan::Plan;
use crate::runbook::variable::Source;

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
#[error("{says}")]
pub struct Refused {
    pub says: String,
    pub hint: String,
}

impl From<journal::Error> for Refused {
    fn from(cause: journal::Error) -> Refused {
        Refused {
            says: cause.to_string(),
            hint: cause.hint().to_owned(),
        }
    }
}

/// Starts a run. Needs a tokio runtime; it goes on when the handle is dropped, and ends when its last event is told.
pub async fn start(request: Request) -> Result<(Run, mpsc::Receiver<Event>), Refused> {
    crate::recording::remote::admit().await.map_err(|cause| Refused {
        says: format!("nothing is run without the team store: {cause}"),
        hint: cause.hint(),
    })?;
    let key_dir = request.data_dir.clone();
    let device =
        tokio::task::spawn_blocking(move || DeviceKey::load_or_create(&key_dir).map(|key| key.public()));
    let own_key = match device.await {
        Ok(loaded) => loaded.map_err(|cause| Refused {
            says: format!("nothing is run that cannot be signed for: {cause}"),
            hint: cause.hint().unwrap_or("see --data-dir").into(),
        })?,
        Err(cause) => {
            return Err(Refused {
                says: format!("the device key cannot be read: {cause}"),
                hint: "nothing is run that cannot be signed for; see --data-dir".into(),
            });
        }
    };
    let (run, journal, lines) = match &request.resume {
        Some(wanted) => {
            let run = journal::find(&request.data_dir, wanted)?;
            let (journal, lines) = Journal::open(&request.data_dir, &run)?;
            (run, journal, lines)
        }
        None => {
            let run = uuid::Uuid::now_v7().to_string();
            let journal = Journal::create(&request.data_dir, &run, &request.plan.text)?;
            (run, journal, Vec::new())
        }
    };
    let mut targets = request.targets.iter().chain(request.named.values().flatten());
    let is_strict = targets.any(Target::is_strict);
    let desk = Desk::new(
        &run,
        &request.plan.name,
        request.data_dir.clone(),
        journal,
        is_strict,
    );
    let (events, heard) = mpsc::channel(256);
    let (stop, stopped) = watch::channel(Stop::No);
    let handle = Run {
        id: run.clone(),
        stop,
    };
    let state = State::of(&lines);
    let task = begin(request, desk, state, events, stopped, own_key);
    // The handle's sender lives in the task as well, so that a dropped handle is no stop.
    let kept = handle.stop.clone();
    tokio::spawn(async move {
        task.await;
        drop(kept);
    });
    Ok((handle, heard))
}

async fn begin(
    mut request: Request,
    desk: Desk,
    mut state: State,
    events: Told,
    stop: watch::Receiver<Stop>,
    own_key: [u8; 32],
) {
    let is_resumed = request.resume.is_some();
    let _ = events
        .send(Event::Opened {
            run: desk.run().to_owned(),
        })
        .await;
    let still = super::tidy::tidy(&request, &events).await;
    let written = match is_resumed {
        false => open(&request, &desk, &mut state).await.map(|()| true),
        true => resume(&mut request, &desk, &mut state, &events).await,
    };
    let closed = match written {
        Ok(true) => None,
        Ok(false) => Some((Outcome::Stopped, "the page was not taken".to_owned())),
        Err(cause) => Some((Outcome::Failed, cause.to_string())),
    };
    if let Some((outcome, says)) = closed {
        let hint = String::new();
        let _ = events.send(Event::Closed { outcome, says, hint }).await;
        return;
    }
    state.take_facts(&mut request.facts, &mut request.terms.production);
    let mut values = request.values.clone();
    state.take_values(&mut values);
    let captured = state.captured_beside(&request.values);
    tell_lost(&state, &request.values, &events).await;
    let purse = Purse::new(values, request.facts.clone()).of(&request.plan);
    let mut purse = purse.with(captured).under(request.terms.profile.as_deref());
    state.covered.keys().for_each(|(name, _)| purse.hide(name));
    let opener = Opener {
        data_dir: request.data_dir.clone(),
        reason: request.reason.clone(),
        folder: request.folder.clone(),
        profile: request.terms.profile.clone(),
        mode: request.terms.mode,
        recipients: request.terms.recipients.clone(),
    };
    let lost = super::lost::since_before(&request.plan, &state);
    let tabs = Tabs::of(&request.plan, Some(&state), &request.terms.tabs);
    Sequence {
        plan: Arc::new(request.plan),
        targets: request.targets,
        named: request.named,
        only: request.only,
        from: request.from,
        assumes_yes: request.assumes_yes,
        approvals: request.approvals,
        terms: request.terms,
        own_key,
        unknown_are_done: request.unknown_are_done,
        by: who(None).user.unwrap_or_default(),
        purse: Arc::new(Mutex::new(purse)),
        desk,
        state,
        events,
        stop,
        opener,
        shells: Default::default(),
        lost,
        unexported: Default::default(),
        still,
        recordings: Default::default(),
        phases: Default::default(),
        tabs,
        hint: String::new(),
    }
    .run()
    .await;
}

/// The page, its steps, and what was given for its variables.
async fn open(request: &Request, desk: &Desk, state: &mut State) -> Result<(), journal::Error> {
    desk.append(opened(request, desk.run())).await?;
    give(request, desk, state).await
}

/// Writes down what is given for variables and is not what the journal has last: a later process goes on with that.
async fn give(request: &Request, desk: &Desk, state: &mut State) -> Result<(), journal::Error> {
    let mut purse = Purse::new(request.values.clone(), Values::new()).of(&request.plan);
    state.hidden().for_each(|name| purse.hide(name));
    for (name, value) in &request.values {
        if state.values.get(&(name.clone(), None)) != Some(value) || state.captured.has(name) {
            let record = purse.valued(name, Source::Given, value, None, None);
            state.hear(&record);
            desk.append(record).await?;
        }
    }
    Ok(())
}

fn who(arn: Option<String>) -> Who {
    let host = nix::unistd::gethostname()
        .ok()
        .map(|name| name.to_string_lossy().into_owned());
    Who {
        user: crate::audit::Actor::local().user,
        host,
        arn,
    }
}

fn listed(plan: &Plan) -> Vec<Listed> {
    let all = plan.steps.iter().chain(&plan.rollbacks);
    all.map(|step| Listed {
        step: step.id.clone(),
        title: step.title.clone(),
        phase: step.phase.clone(),
        lines: step.lines,
        sha256: step.sha256(),
        undoes: (step.attributes.kind == Kind::Rollback).then(|| plan.names_undone_by(step)),
    })
    .collect()
}

/// Every machine of the run, once.
fn machines(request: &Request) -> Vec<Machine> {
    let all = request.targets.iter().chain(request.named.values().flatten());
    let mut known = std::collections::BTreeSet::new();
    all.map(|target| target.machine.clone())
        .filter(|machine| known.insert(machine.id.clone()))
        .collect()
}

fn target_ids(request: &Request) -> Vec<String> {
    let targets = request.targets.iter();
    targets.map(|target| target.machine.id.clone()).collect()
}

fn opened(request: &Request, run: &str) -> Record {
    let plan = &request.plan;
    Record::Opened {
        run: run.to_owned(),
        runbook: whereabouts(&plan.path).display().to_string(),
        name: plan.name.clone(),
        title: plan.title.clone(),
        sha256: plan.sha256.clone(),
        git_blob: git_blob(plan.text.as_bytes()),
        who: Box::new(who(request.arn.clone())),
        reason: request.reason.clone(),
        machines: machines(request),
        targets: target_ids(request),
        steps: listed(plan),
        alarm: request.alarm.clone(),
        facts: kept(&request.facts),
        production: named(&request.facts, &request.terms.production),
        tool: format!("quarterdeck {}", env!("CARGO_PKG_VERSION")),
    }
}

/// Facts as the journal may have them: one that the rules of redaction would cover is not kept.
fn kept(facts: &Values) -> Values {
    let whole = |(_, value): &(&String, &String)| masked(value) == **value;
    let facts = facts.iter().filter(whole);
    facts.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Those of the machines that the facts name.
fn named(facts: &Values, machines: &BTreeSet<String>) -> BTreeSet<String> {
    let named = facts.values().filter(|fact| machines.contains(*fact));
    named.cloned().collect()
}

/// The id that git gives a file of these bytes.
fn git_blob(bytes: &[u8]) -> String {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY);
    context.update(format!("blob {}\0", bytes.len()).as_bytes());
    context.update(bytes);
    hex::encode(context.finish())
}

/// False when the page has changed or is gone, and nobody took what there is of it.
async fn resume(
    request: &mut Request,
    desk: &Desk,
    state: &mut State,
    events: &Told,
) -> Result<bool, journal::Error> {
    let who = who(request.arn.clone());
    let by = who.user.clone().unwrap_or_default();
    let resumed = Record::Resumed {
        who,
        machines: machines(request),
        targets: target_ids(request),
    };
    desk.append(resumed).await?;
    give(request, desk, state).await?;
    if request.plan.sha256 == state.sha256 {
        let page = state.runbook.clone();
        let is_kept = request.plan.path == Path::new(&page) && super::is_gone(&request.plan.path);
        return Ok(!is_kept || takes_kept(page, request.assumes_yes, events).await);
    }
    let before = desk.page()?;
    let diff = similar::TextDiff::from_lines(before.as_str(), request.plan.text.as_str())
        .unified_diff()
        .context_radius(3)
        .header("when the run began", "now")
        .to_string();
    match ask(events, Question::Changed { diff }).await {
        Answer::Yes => {
            let record = Record::Changed {
                sha256: request.plan.sha256.clone(),
                by,
                steps: listed(&request.plan),
            };
            desk.replace_page(&request.plan.text)?;
            state.hear(&record);
            desk.append(record).await?;
            Ok(true)
        }
        Answer::No => {
            let plan = &request.plan;
            let old = Plan::parse(&plan.path, &plan.name, &before);
            // It was read when the run began, by this program or an older one.
            match old {
                Ok(old) => request.plan = old,
                Err(cause) => {
                    let told = Event::Told {
                        says: cause.to_string(),
                        hint: "take the page as it is now".into(),
                    };
                    let _ = events.send(told).await;
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Whether a run goes on without its page, with what was kept of it.
async fn takes_kept(page: String, assumes_yes: bool, events: &Told) -> bool {
    if assumes_yes {
        let told = Event::Told {
            says: format!("{page} is gone: this goes on with the page as it was when the run began"),
            hint: String::new(),
        };
        let _ = events.send(told).await;
        return true;
    }
    ask(events, Question::Gone { page }).await == Answer::Yes
}

/// Values that an earlier process knew and the journal may not hold: a step that names one asks for it, what looks for it in
/// its environment finds none.
async fn tell_lost(state: &State, given: &Values, events: &Told) {
    let mut lost: Vec<&str> = state.hidden().map(String::as_str).collect();
    lost.retain(|lost| !given.keys().any(|given| name(given) == name(lost)));
    lost.sort_unstable();
    lost.dedup();
    let Some(first) = lost.first() else { return };
    let told = Event::Told {
        says: format!(
            "the journal may not hold the value of {}: programs that look for it find none",
            lost.join(", ")
        ),
        hint: format!("--set {first}=VALUE says it again; a step that names it asks for it"),
    };
    let _ = events.send(told).await;
}

/// Asks, and waits for as long as the answer takes.
pub(super) async fn ask(events: &Told, question: Question) -> Answer {
    let (answer, answered) = tokio::sync::oneshot::channel();
    if events.send(Event::Asked(question, answer)).await.is_err() {
        return Answer::Nobody;
    }
    answered.await.unwrap_or(Answer::Nobody)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_page_has_the_id_that_git_gives_it() {
        // printf 'hello\n' | git hash-object --stdin
        assert_eq!(
            super::git_blob(b"hello\n"),
            "ce013625030ba8dba906f756967f9e9ca394464a"
        );
    }
}
