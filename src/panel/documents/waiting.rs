//! Automations that wait for a person, whoever began them: home and the documents tell of them, and one key leads there.

use crate::app::{DocumentEffect, Effect, Model, Notice, Place, Verb, Weight};
use crate::aws::{ExecutionRow, Mode};
use crate::document::Want;

use super::live::{self, Run};
use super::{Documents, Front};

/// One of them, in words.
pub struct Waiting<'a> {
    pub called: &'a str,
    pub says: String,
    pub place: String,
}

impl Run {
    /// What it waits for, as far as the watch or the list has told.
    pub fn waits(&self) -> Option<String> {
        if self.is_over() {
            return None;
        }
        if self.execution().is_some() {
            let want = self.want().map(|want| want.says());
            return want.or_else(|| self.awaited().into_iter().next());
        }
        self.row.as_ref().and_then(listed)
    }

    /// What it has begun, at any depth, and waits for a person, in a sentence each.
    pub fn awaited(&self) -> Vec<String> {
        let Some(seen) = &self.seen else { return Vec::new() };
        let says = |child: &ExecutionRow| {
            let begun_by = seen.step_of(child).map(|step| step.name.clone());
            let called = seen
                .called(child)
                .or(begun_by)
                .map(|called| format!(" ({called})"));
            let step = child.current_step.as_ref().map(|step| format!(" at {step}"));
            let (called, step) = (called.unwrap_or_default(), step.unwrap_or_default());
            format!("{}{called} waits for a person{step}", child.document)
        };
        seen.waiting().map(says).collect()
    }
}

/// The same of a row of the list.
fn listed(row: &ExecutionRow) -> Option<String> {
    let step = row.current_step.clone();
    let want = match (row.current_action.as_deref(), step) {
        (Some("aws:approve"), Some(step)) => Some(Want::Approval { step }),
        (Some("aws:pause"), Some(step)) => Some(Want::Resume { step }),
        (_, Some(step)) if row.mode == Mode::Interactive && row.status.wants_somebody() => {
            Some(Want::Begin { step })
        }
        _ => None,
    };
    let says = || {
        row.status
            .wants_somebody()
            .then(|| "waits for a person".to_owned())
    };
    want.map(|want| want.says()).or_else(says)
}

impl Documents {
    pub fn waiting(&self) -> impl Iterator<Item = Waiting<'_>> {
        self.runs.iter().filter_map(|run| {
            Some(Waiting {
                called: run.called(),
                says: run.waits()?,
                place: format!("{} {}", run.place.profile, run.place.region),
            })
        })
    }
}

/// The key that leads to them.
pub fn key(model: &Model, place: Place) -> String {
    let keys = model.bindings.keys_of(place, &Verb::GoWaiting.into());
    let named = || format!(":{}", Verb::GoWaiting.spec().name);
    keys.into_iter().next().unwrap_or_else(named)
}

/// Asks again which there are; nothing is shown of the asking.
pub fn ask() -> Effect {
    Effect::Document(DocumentEffect::Executions)
}

/// Looks into the one behind the one that is in front, else into the first.
pub fn go(model: &mut Model) -> Vec<Effect> {
    let documents = &mut model.documents;
    let all: Vec<&Run> = documents
        .runs
        .iter()
        .filter(|run| run.waits().is_some())
        .collect();
    let in_front = documents.live.as_ref().filter(|_| documents.front == Front::Live);
    let at = all.iter().position(|run| Some(&run.id) == in_front);
    let next = at.map_or(0, |at| (at + 1) % all.len());
    let Some((id, place)) = all.get(next).map(|run| (run.id.clone(), run.place.clone())) else {
        model.notice(
            Notice::new(Weight::Info, "no automation is known to wait for a person")
                .hint("tab in the documents lists all"),
        );
        return vec![ask()];
    };
    documents.parents.clear();
    let mut effects = super::open(model);
    effects.extend(live::look_into(model, id, place));
    effects
}
