//! Automations as they stand: what was seen last and how old it is, the step that is looked at, and the words that a
//! person has for one that waits.

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::{Ask, DocumentEffect, Effect, Model, Notice, Overlay, Room, Verb, Weight};
use crate::audit;
use crate::aws::{Execution, ExecutionRow, Failure, Place, Signal, Status, StepRun};
use crate::config::Mode;
use crate::document::{self, Output, Seen, Sight, Standing, Want, can_revoke, running, wants};
use crate::runbook::Level;
use crate::ui::Cursor;
use crate::ui::prompt::Prompt;

use super::{Documents, Front, begin};

#[derive(Debug)]
pub struct Run {
    pub id: String,
    pub place: Place,
    pub document: String,
    /// As the list told it, where it did; what was seen since is in `seen`.
    pub row: Option<ExecutionRow>,
    pub seen: Option<Arc<Seen>>,
    pub seen_at: Option<Timestamp>,
    /// Why it could not be asked for since.
    pub trouble: Option<String>,
    pub is_watched: bool,
    /// AWS took the word to stop it from here.
    pub is_stop_sent: bool,
    /// AWS took an approval from here that was not taken back.
    pub is_approval_sent: bool,
    pub at: Cursor<String>,
    /// The step whose outputs were fetched, and these.
    pub outputs: Option<(String, Vec<Output>)>,
    /// Lines of the step's text that are scrolled past.
    pub offset: usize,
}

impl Run {
    pub fn new(id: String, place: Place, document: String) -> Run {
        Run {
            row: None,
            id,
            place,
            document,
            seen: None,
            seen_at: None,
            trouble: None,
            is_watched: true,
            is_stop_sent: false,
            is_approval_sent: false,
            at: Cursor::default(),
            outputs: None,
            offset: 0,
        }
    }

    pub fn execution(&self) -> Option<&Execution> {
        self.seen.as_ref().map(|seen| &seen.execution)
    }

    /// `None`: AWS took its start and has not told yet how it stands.
    pub fn status(&self) -> Option<&Status> {
        let seen = self.execution().map(|execution| &execution.status);
        seen.or_else(|| self.row.as_ref().map(|row| &row.status))
    }

    pub fn is_over(&self) -> bool {
        self.status().is_some_and(Status::is_over)
    }

    pub fn is_going(&self) -> bool {
        self.is_watched && !self.is_over()
    }

    /// Whether there is an approval that may be taken back, as far as it is known.
    pub fn has_approval(&self) -> bool {
        let Some(execution) = self.execution() else {
            return false;
        };
        let told = document::asked(execution);
        let is_approved = execution.status == Status::Approved;
        is_approved || self.is_approval_sent || told.is_some_and(|asked| asked.has_any())
    }

    pub fn started_at(&self) -> Option<Timestamp> {
        let seen = self.execution().and_then(|execution| execution.started_at);
        seen.or(self.row.as_ref().and_then(|row| row.started_at))
    }

    /// Its document, else its id: a child is known by that alone until AWS tells more.
    pub fn called(&self) -> &str {
        match self.document.is_empty() {
            true => &self.id,
            false => &self.document,
        }
    }

    /// How it stands, in a few words. What nobody has told is not said to be not begun: it would be started twice.
    pub fn says(&self) -> &str {
        match self.status() {
            Some(status) => status.says(),
            None if self.is_stop_sent => "stop was sent; how it stands is not known yet",
            None => "begun; how it stands is not known yet",
        }
    }

    /// What is known where AWS has not told how it stands, and why not; nothing where it has.
    pub fn untold(&self) -> Option<String> {
        if self.status().is_some() {
            return None;
        }
        let why = self.trouble.as_ref().map(|trouble| format!(": {trouble}"));
        let why = why.unwrap_or_default();
        Some(format!("begun, {}; how it stands is not known yet{why}", self.id))
    }

    pub fn want(&self) -> Option<Want> {
        wants(self.execution()?)
    }

    /// Whether one of those is further down than a child, so that the way there has more than one step.
    pub fn is_awaited_below(&self) -> bool {
        let seen = self.seen.as_deref();
        seen.is_some_and(|seen| seen.waiting().any(|child| seen.deep(child).is_some()))
    }

    /// The step under the cursor, as it ran last.
    pub fn step(&self, name: &str) -> Option<&StepRun> {
        self.execution()?
            .steps
            .iter()
            .rev()
            .find(|step| step.name == name)
    }
}

/// What the watch tells.
pub fn seen(model: &mut Model, id: &str, sight: Sight) -> Vec<Effect> {
    let now = model.now;
    let Some(run) = model.documents.run_mut(id) else {
        return Vec::new();
    };
    let notice = match sight {
        Sight::Seen(seen) => {
            let before = (run.want(), run.awaited());
            run.trouble = None;
            run.seen_at = Some(now);
            run.document.clone_from(&seen.execution.document);
            let status = seen.execution.status.clone();
            run.seen = Some(seen);
            let want = run.want();
            let document = run.document.clone();
            match (status.is_over(), want) {
                (true, _) if status.is_success() => {
                    Some(Notice::new(Weight::Good, format!("{document} is done")))
                }
                (true, _) => Some(Notice::new(Weight::Bad, format!("{document}: {}", status.says()))),
                (false, Some(want)) if before.0.as_ref() != Some(&want) => {
                    Some(Notice::new(Weight::Warn, format!("{document}: {}", want.says())))
                }
                (false, None) => {
                    let fresh = run.awaited().into_iter().find(|says| !before.1.contains(says));
                    fresh.map(|says| Notice::new(Weight::Warn, format!("{document}: {says}")))
                }
                _ => None,
            }
        }
        Sight::Old(failure) => {
            run.trouble = Some(failure.cause.clone());
            let says = match run.untold() {
                Some(untold) => format!("{}: {untold}", run.called()),
                None => failure.cause,
            };
            Some(Notice::new(Weight::Warn, says).hint(failure.hint))
        }
        Sight::Again => {
            run.trouble = None;
            run.seen_at = Some(now);
            None
        }
        Sight::Gone(failure) => {
            run.trouble = Some(failure.cause.clone());
            run.is_watched = false;
            Some(Notice::new(Weight::Bad, failure.cause).hint(failure.hint))
        }
    };
    if let Some(notice) = notice {
        model.notice(notice);
    }
    Vec::new()
}

/// AWS took a word; how it stands because of it is told by the watch.
pub fn told(model: &mut Model, id: &str, signal: &Signal) -> Vec<Effect> {
    let run = model.documents.run_mut(id).map(|run| {
        run.is_approval_sent = match signal {
            Signal::Approve { .. } => true,
            Signal::Revoke { .. } => false,
            _ => run.is_approval_sent,
        };
        run.called()
    });
    let says = document::told(signal, run.unwrap_or(id));
    model.notice(Notice::new(Weight::Info, says));
    Vec::new()
}

/// AWS took the word to stop it; it may be long until it tells that it stands otherwise.
pub fn stopped(model: &mut Model, id: &str, completes: bool) -> Vec<Effect> {
    let run = model.documents.run_mut(id);
    let called = run.map_or(id.to_owned(), |run| {
        run.is_stop_sent = true;
        run.called().to_owned()
    });
    let how = match completes {
        true => ": it ends behind the steps that run",
        false => "",
    };
    let says = format!("{called}: stop was sent{how}");
    model.notice(Notice::new(Weight::Info, says));
    Vec::new()
}

/// Automations of every place.
pub fn executions(
    model: &mut Model,
    rows: Vec<(Place, ExecutionRow)>,
    failures: Vec<Failure>,
) -> Vec<Effect> {
    // Home tells it where it stands; who asked from there was looking at something else.
    if model.room == Room::Documents {
        for failure in failures.iter().cloned() {
            model.notice(Notice::new(Weight::Warn, failure.to_string()).hint(failure.hint));
        }
    }
    let mut is_changed = model.documents.unknown != failures;
    model.documents.unknown = failures;
    for (place, row) in rows {
        match model.documents.run_mut(&row.id) {
            Some(run) => {
                is_changed |= run.row.as_ref() != Some(&row);
                run.row = Some(row);
            }
            None => {
                is_changed = true;
                let mut run = Run::new(row.id.clone(), place, row.document.clone());
                run.is_watched = false;
                run.row = Some(row);
                model.documents.runs.push(run);
            }
        }
    }
    model
        .documents
        .runs
        .sort_by_key(|run| std::cmp::Reverse(run.started_at().unwrap_or(Timestamp::MAX)));
    model.unchanged = !is_changed && model.room != Room::Documents;
    Vec::new()
}

/// Looks into an automation, and follows it from now on.
pub fn look_into(model: &mut Model, id: String, place: Place) -> Vec<Effect> {
    let documents = &mut model.documents;
    documents.live = Some(id.clone());
    documents.front = Front::Live;
    if documents.run_mut(&id).is_none() {
        let run = Run {
            is_watched: false,
            ..Run::new(id.clone(), place.clone(), String::new())
        };
        documents.runs.push(run);
    }
    let Some(run) = documents.run_mut(&id).filter(|run| !run.is_watched) else {
        return Vec::new();
    };
    run.is_watched = true;
    vec![Effect::Document(DocumentEffect::Watch { place, id })]
}

/// Enter on a row of the live tree: the child that it began, else its outputs in full.
pub fn enter(model: &mut Model) -> Vec<Effect> {
    let Some(run) = model.documents.run() else {
        return Vec::new();
    };
    let Some(row) = super::tree::selected(&model.documents, run) else {
        return Vec::new();
    };
    if let Some(child) = row.child {
        let parent = run.id.clone();
        return match place_of(model, run, row.step.as_ref()) {
            Ok(place) => {
                model.documents.parents.push(parent);
                look_into(model, child, place)
            }
            Err(notice) => {
                model.notice(notice);
                Vec::new()
            }
        };
    }
    let place = run.place.clone();
    let Some(step) = row.step else {
        return Vec::new();
    };
    let id = run.id.clone();
    vec![Effect::Document(DocumentEffect::Outputs {
        place,
        id,
        step: Box::new(step),
    })]
}

/// Where the child of a step is.
fn place_of(model: &Model, run: &Run, step: Option<&StepRun>) -> Result<Place, Notice> {
    let mut place = run.place.clone();
    let Some(step) = step else { return Ok(place) };
    if let Some(region) = &step.region {
        place.region.clone_from(region);
    }
    let is_here = |account: &&String| **account == begin::here(model, &run.place).account;
    if let Some(account) = step.account.as_ref().filter(|account| !is_here(account)) {
        let mut nodes = model.fleet.nodes.iter();
        let known = nodes.find(|node| node.account == *account).ok_or_else(|| {
            let says = format!("{account} is the account of no profile here");
            Notice::new(Weight::Warn, says)
                .hint("show it with --profile, or look at it in that account's console")
        })?;
        place.profile.clone_from(&known.profile);
    }
    Ok(place)
}

pub fn outputs(model: &mut Model, id: &str, step: String, outputs: Vec<Output>) -> Vec<Effect> {
    if let Some(run) = model.documents.run_mut(id) {
        run.outputs = Some((step, outputs));
        run.offset = 0;
    }
    Vec::new()
}

/// The keys that answer and stop.
pub fn perform(model: &mut Model, verb: Verb, argument: &str) -> Vec<Effect> {
    let Some(run) = model
        .documents
        .run()
        .filter(|_| model.documents.front == Front::Live)
    else {
        model.notice(Notice::new(Weight::Info, "no automation is in front").hint("tab lists them"));
        return Vec::new();
    };
    let (place, id, document) = (run.place.clone(), run.id.clone(), run.document.clone());
    let standing = standing(model, run);
    let is_strict = standing.mode == Mode::Strict;
    let touches: Vec<audit::Target> = standing.nodes.iter().map(audit::Target::from).collect();
    let send = |signal| {
        vec![Effect::Document(DocumentEffect::Signal {
            touches: touches.clone(),
            place: place.clone(),
            id: id.clone(),
            document: document.clone(),
            signal,
            is_strict,
        })]
    };
    match (verb, run.want()) {
        (Verb::StopAutomation, _) if run.is_over() => {
            model.notice(Notice::new(Weight::Info, "it is over already"));
        }
        (Verb::StopAutomation, _) => {
            return vec![Effect::Document(DocumentEffect::Stop {
                place,
                id,
                document,
                completes: argument == "complete",
            })];
        }
        (Verb::StopStep, _) => match running_step(&model.documents, run, argument) {
            Some(step) => {
                let (id, step) = (step.id.clone(), step.name.clone());
                return send(Signal::StopStep { id, step });
            }
            None => {
                let notice = Notice::new(Weight::Info, "that step does not run");
                model.notice(notice.hint("j and k move to the one that does; x cancels the whole"));
            }
        },
        (Verb::ApproveStep | Verb::RejectStep | Verb::RevokeStep, _) if is_answered_by(run, verb) => {
            model.overlay = Some(Overlay::Prompt {
                ask: Ask::Approval { verb },
                prompt: Prompt::default(),
            });
        }
        (Verb::GoOnStep, Some(Want::Resume { step })) => return send(Signal::Resume { step }),
        (Verb::GoOnStep, Some(Want::Begin { step })) => return send(Signal::StartStep { step }),
        _ => model.notice(Notice::new(Weight::Info, "it does not wait for that")),
    }
    Vec::new()
}

/// The step to stop: the one that is named, else the one under the cursor, if it runs.
pub fn running_step<'a>(documents: &Documents, run: &'a Run, named: &str) -> Option<&'a StepRun> {
    let execution = run.execution()?;
    match named {
        "" => {
            let line = super::tree::selected(documents, run)?;
            let step = line.step?;
            running(execution, Some(&step.name)).filter(|running| running.id == step.id)
        }
        named => running(execution, Some(named)),
    }
}

/// What holds for a word to it.
fn standing(model: &Model, run: &Run) -> Standing {
    let unseen = Seen::default();
    let seen = run.seen.as_deref().unwrap_or(&unseen);
    let here = begin::here(model, &run.place);
    // The fleet may still be on its way: what it does not know counts as production.
    Standing::of(&model.policy, &model.fleet.nodes, false, &here, seen)
}

/// The question before one goes on in production; an approval asks for its comment anyway.
pub fn letting_go(model: &Model) -> Option<Vec<String>> {
    let documents = &model.documents;
    let run = documents.run().filter(|_| documents.front == Front::Live)?;
    let want = run.want()?;
    let step = want.step().to_owned();
    let signal = match &want {
        Want::Approval { .. } => return None,
        Want::Resume { .. } => Signal::Resume { step },
        Want::Begin { .. } => Signal::StartStep { step },
    };
    let standing = standing(model, run);
    if standing.level(&signal) == Level::None {
        return None;
    }
    let mut says = vec![format!("Let {} go on in PRODUCTION?", run.document), want.says()];
    let names: Vec<&str> = standing.nodes.iter().map(|node| node.name.as_str()).collect();
    if !names.is_empty() {
        says.push(format!("On {}", names.join(", ")));
    }
    Some(says)
}

/// Whether it stands so that an approval, a rejection or a word that takes one back has a meaning.
fn is_answered_by(run: &Run, verb: Verb) -> bool {
    match verb {
        Verb::RevokeStep => run.execution().is_some_and(can_revoke),
        _ => matches!(run.want(), Some(Want::Approval { .. })),
    }
}

/// What the prompt for the comment says.
pub fn asked(model: &Model, verb: Verb) -> &'static str {
    let is_production = || {
        let run = model.documents.run();
        run.is_some_and(|run| standing(model, run).is_production)
    };
    match verb {
        Verb::ApproveStep if is_production() => "PRODUCTION: approve, and say:",
        Verb::ApproveStep => "approve, and say:",
        Verb::RevokeStep => "take back your approval, and say:",
        _ => "reject, and say:",
    }
}

/// The comment that goes with an approval, a rejection, or an approval that is taken back.
pub fn said(model: &mut Model, verb: Verb, comment: String) -> Vec<Effect> {
    let Some(run) = model.documents.run() else {
        return Vec::new();
    };
    if !is_answered_by(run, verb) {
        model.notice(Notice::new(
            Weight::Warn,
            "it does not wait for approval any more",
        ));
        return Vec::new();
    }
    let comment = comment.trim().to_owned();
    let standing = standing(model, run);
    vec![Effect::Document(DocumentEffect::Signal {
        touches: standing.nodes.iter().map(audit::Target::from).collect(),
        place: run.place.clone(),
        id: run.id.clone(),
        document: run.document.clone(),
        is_strict: standing.mode == Mode::Strict,
        signal: match verb {
            Verb::ApproveStep => Signal::Approve { comment },
            Verb::RevokeStep => Signal::Revoke { comment },
            _ => Signal::Reject { comment },
        },
    })]
}
