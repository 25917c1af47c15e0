//! What changes the documents panel: its keys, and what the world tells it.

use ratatui::layout::Rect;

use crate::app::{DocumentEffect, DocumentMsg, Effect, Model, Notice, Room, Verb, Weight, begun as noted};
use crate::document::{Index, search};
use crate::panel::list::Step;

use super::{Front, Opened, Runs, Stored, begin, fill, live, tree};

pub fn heard(model: &mut Model, msg: DocumentMsg) -> Vec<Effect> {
    match msg {
        DocumentMsg::Listed(index) => listed(model, index),
        DocumentMsg::Executions { rows, failures } => live::executions(model, rows, failures),
        DocumentMsg::Stored { place, name, value } => {
            let opened = model.documents.opened.as_mut();
            if let Some(opened) = opened.filter(|opened| opened.place == place) {
                let stored = match value {
                    Ok(Some(value)) => Stored::Value(value),
                    Ok(None) => Stored::Secret,
                    Err(failure) => Stored::Unread(failure.cause),
                };
                opened.stored.insert(name, stored);
            }
            Vec::new()
        }
        DocumentMsg::Previewed { token, preview } => begin::previewed(model, &token, preview),
        DocumentMsg::Began { place, id, document } => begin::begun(model, place, id, document),
        DocumentMsg::Seen { id, sight } => live::seen(model, &id, sight),
        DocumentMsg::Told { id, signal } => live::told(model, &id, &signal),
        DocumentMsg::Stopped { id, completes } => live::stopped(model, &id, completes),
        DocumentMsg::Outputs { id, step, outputs } => live::outputs(model, &id, step, outputs),
    }
}

/// The panel comes to the front; what was never asked for is asked now.
pub fn open(model: &mut Model) -> Vec<Effect> {
    model.go(Room::Documents);
    match model.documents.is_asked {
        true => Vec::new(),
        false => refresh(model),
    }
}

pub fn refresh(model: &mut Model) -> Vec<Effect> {
    model.documents.is_asked = true;
    let list = noted(model, Effect::Document(DocumentEffect::List));
    vec![list, Effect::Document(DocumentEffect::Executions)]
}

fn listed(model: &mut Model, index: Index) -> Vec<Effect> {
    for failure in &index.failures {
        model.notice(Notice::new(Weight::Warn, failure.to_string()).hint(failure.hint.clone()));
    }
    model.documents.bodies = index.bodies;
    model.documents.failures = index.failures;
    let query = std::mem::take(&mut model.documents.query);
    let front = model.documents.front;
    let effects = narrow(model, query);
    // Whoever looks at automations meanwhile goes on doing so.
    if matches!(front, Front::Runs | Front::Live) {
        model.documents.front = front;
    }
    effects
}

/// The documents that hold every word.
pub fn narrow(model: &mut Model, text: String) -> Vec<Effect> {
    let documents = &mut model.documents;
    documents.shown = search(&documents.bodies, &text)
        .iter()
        .map(|found| found.at)
        .collect();
    if documents.query != text {
        documents.cursor = Default::default();
    }
    documents.query = text;
    documents.front = Front::List;
    understand(model);
    Vec::new()
}

/// Reads the document under the cursor, unless it is the one that was read.
fn understand(model: &mut Model) {
    let documents = &mut model.documents;
    let fresh = match documents.body() {
        Some(body) if documents.opened.as_ref().is_some_and(|opened| opened.is(body)) => return,
        Some(body) => Some(Opened::of(body)),
        None => None,
    };
    documents.opened = fresh;
}

pub fn step(model: &mut Model, step: Step) {
    let documents = &mut model.documents;
    match documents.front {
        Front::List => {
            let mut cursor = std::mem::take(&mut documents.cursor);
            step.apply(&mut cursor, documents);
            documents.cursor = cursor;
            understand(model);
        }
        Front::Form => {
            if let Some(opened) = &mut documents.opened {
                let mut cursor = std::mem::take(&mut opened.at);
                step.apply(&mut cursor, opened);
                opened.at = cursor;
            }
        }
        Front::Runs => {
            let mut cursor = std::mem::take(&mut documents.at_run);
            step.apply(&mut cursor, &Runs(&documents.runs));
            documents.at_run = cursor;
        }
        Front::Live => {
            let Some(run) = documents.run() else { return };
            let lines = tree::lines(documents, run);
            let mut cursor = tree::cursor(run, &lines);
            step.apply(&mut cursor, &lines);
            let id = run.id.clone();
            if let Some(run) = documents.run_mut(&id) {
                run.at = cursor;
                run.offset = 0;
            }
        }
    }
}

pub fn perform(model: &mut Model, verb: Verb, argument: &str) -> Vec<Effect> {
    let front = model.documents.front;
    match (verb, front) {
        (Verb::OpenDocument, Front::List) => {
            if let Some(opened) = &model.documents.opened {
                let asked = stored(opened);
                model.documents.front = Front::Form;
                return asked;
            }
        }
        (Verb::OpenDocument, Front::Form) => return fill::ask(model),
        (Verb::OpenDocument, Front::Runs) => {
            let id = model.documents.at_run.current(&Runs(&model.documents.runs));
            let run = id.and_then(|id| {
                model
                    .documents
                    .run_mut(&id)
                    .map(|run| (run.id.clone(), run.place.clone()))
            });
            if let Some((id, place)) = run {
                return live::look_into(model, id, place);
            }
        }
        (Verb::OpenDocument, Front::Live) => return live::enter(model),
        (Verb::TurnField, Front::Form) => return fill::turn(model),
        (Verb::TurnField, _) => {}
        (Verb::CloseDocument, _) => back(model),
        (Verb::Automations, Front::Runs | Front::Live) => model.documents.front = Front::List,
        (Verb::Automations, _) => {
            model.documents.parents.clear();
            model.documents.front = Front::Runs;
            return vec![Effect::Document(DocumentEffect::Executions)];
        }
        (Verb::StartDocument, Front::List | Front::Form) => return begin::begin(model, argument, false),
        (Verb::StartByStep, Front::List | Front::Form) => return begin::begin(model, argument, true),
        (Verb::StartDocument | Verb::StartByStep, _) => {
            model.notice(
                Notice::new(Weight::Info, "a document is started from the list").hint("tab goes there"),
            );
        }
        (Verb::OutputDown | Verb::OutputUp, _) => {
            let page = usize::from(model.rows / 2).max(1);
            let id = model.documents.live.clone().unwrap_or_default();
            if let Some(run) = model.documents.run_mut(&id) {
                run.offset = match verb {
                    Verb::OutputDown => run.offset.saturating_add(page),
                    _ => run.offset.saturating_sub(page),
                };
            }
        }
        _ => return live::perform(model, verb, argument),
    }
    Vec::new()
}

/// Asks what the defaults hold that only name a parameter.
fn stored(opened: &Opened) -> Vec<Effect> {
    let fields = opened.form.fields.iter();
    let named = fields.filter_map(|field| field.parameter.stored());
    let names: Vec<String> = named.map(str::to_owned).collect();
    let place = opened.place.clone();
    match names.is_empty() {
        true => Vec::new(),
        false => vec![Effect::Document(DocumentEffect::Stored { place, names })],
    }
}

/// A depth back.
pub fn back(model: &mut Model) {
    let documents = &mut model.documents;
    match documents.front {
        Front::List => {}
        Front::Form | Front::Runs => documents.front = Front::List,
        // The way back is the way in: from a child to what began it.
        Front::Live => match documents.parents.pop() {
            Some(parent) => documents.live = Some(parent),
            None => {
                documents.front = Front::Runs;
                documents.at_run.select(documents.live.take());
            }
        },
    }
}

/// A click on a row of the list selects it.
pub fn click(model: &mut Model, body: Rect, x: u16, y: u16) -> Vec<Effect> {
    if let Some(id) = super::view::hit(&model.documents, body, x, y) {
        model.documents.front = Front::List;
        model.documents.cursor.select(Some(id));
        understand(model);
    }
    Vec::new()
}
