//! From a filled form to a running automation: everything checked, looked ahead, shown and asked about; production is
//! confirmed by a word that is typed.

use crate::app::{Ask, Command, DocumentEffect, Effect, Model, Notice, Overlay, Room, Verb, Weight};
use crate::audit;
use crate::aws::{Place, StartAutomation};
use crate::config::Mode;
use crate::document::{self, Document, Kind, Preview, Values, may_be_production, names, reach};
use crate::fanout::Given;
use crate::fleet::Node;
use crate::panel::fanout;
use crate::runbook::Level;
use crate::ui::prompt::Prompt;

use super::live::Run;
use super::reach::Row;
use super::{Front, Opened};

/// Machines that a question names.
const NAMED: usize = 6;

/// What is about to be started.
#[derive(Debug)]
pub struct Pending {
    pub place: Place,
    pub start: StartAutomation,
    /// `None` while AWS looks ahead.
    pub preview: Option<Preview>,
    pub nodes: Vec<Node>,
    pub is_production: bool,
}

impl Pending {
    fn level(&self) -> Level {
        // Nothing is started by one key alone: what only reads wants enter.
        self.preview
            .as_ref()
            .map_or(Level::Type, |preview| preview.level(self.is_production))
            .max(Level::Enter)
    }

    /// What must be typed for production.
    fn phrase(&self) -> &str {
        document::phrase(&self.start, self.preview.as_ref(), &self.nodes)
    }
}

/// Checks the form and asks AWS what would happen. `now` is the confirmed second half.
pub fn begin(model: &mut Model, argument: &str, is_interactive: bool) -> Vec<Effect> {
    if argument == "now" {
        return launch(model);
    }
    let Some(opened) = &model.documents.opened else {
        model.notice(Notice::new(Weight::Info, "no document is selected"));
        return Vec::new();
    };
    let document = match &opened.document {
        Ok(document) if matches!(document.kind, Kind::Automation | Kind::Command) => document.clone(),
        Ok(document) => {
            let says = format!("a {} document is not started here", document.kind);
            model.notice(Notice::new(Weight::Info, says).hint("it is used by sessions"));
            return Vec::new();
        }
        Err(bad) => {
            let says = bad.to_string();
            model.notice(Notice::new(Weight::Bad, says));
            return Vec::new();
        }
    };
    let is_command = document.kind == Kind::Command;
    let filled = match is_command {
        true => Ok(Vec::new()),
        false => opened.reach.filled(&document),
    };
    let filled = match filled {
        Ok(filled) => filled,
        Err(says) => {
            let row = opened.reach.row_of_targets();
            return misaimed(model, row, says);
        }
    };
    let parameters = match opened.form.values(&filled) {
        Ok(parameters) => parameters,
        Err(refused) => {
            let first = refused.first().cloned();
            if let (Some(opened), Some(first)) = (&mut model.documents.opened, &first) {
                opened.at.select(Some(format!("= {}", first.name)));
            }
            model.documents.front = Front::Form;
            let says: Vec<String> = refused.iter().map(ToString::to_string).collect();
            model.notice(Notice::new(Weight::Warn, says.join("; ")).hint("enter fills the field"));
            return Vec::new();
        }
    };
    if is_command {
        return command(model, &document, parameters);
    }
    let (place, mut start) = (opened.place.clone(), start_of(opened, parameters, is_interactive));
    let aimed = opened.reach.apply(model, &place, filled, &mut start);
    let aimed = match aimed {
        Ok(aimed) => aimed,
        Err(says) => return misaimed(model, Row::Targets, says),
    };
    let told = start.maps.iter().flat_map(Values::values).flatten();
    let told = start.parameters.values().flatten().chain(told);
    let (mut nodes, mut is_production) = touched(model, &place, &told.collect::<Vec<_>>());
    is_production |= aimed.iter().any(|node| model.is_production(node));
    // AWS finds what a key chooses; what the fleet does not know of it may be production.
    is_production |= start.targets.is_some() && aimed.is_empty();
    let sent = start
        .locations
        .iter()
        .map(|at| (&at.accounts[..], &at.regions[..]));
    is_production |= may_be_production(&model.policy, sent, &here(model, &place));
    nodes.extend(aimed);
    nodes.sort_by(|a, b| a.id.cmp(&b.id));
    nodes.dedup_by(|a, b| a.id == b.id);
    let effect = DocumentEffect::Preview {
        place: place.clone(),
        start: Box::new(start.clone()),
        document: Box::new(document),
    };
    model.documents.pending = Some(Pending {
        place,
        start,
        preview: None,
        nodes,
        is_production,
    });
    model.notice(Notice::new(Weight::Info, "AWS is asked what it would do"));
    vec![Effect::Document(effect)]
}

fn misaimed(model: &mut Model, row: Row, says: String) -> Vec<Effect> {
    if let Some(opened) = &mut model.documents.opened {
        opened.at.select(Some(row.id().to_owned()));
    }
    model.documents.front = Front::Form;
    model.notice(Notice::new(Weight::Warn, says).hint("enter fills the field"));
    Vec::new()
}

/// A Command document goes the way of every command on many machines: shown, asked about, followed, recorded.
fn command(model: &mut Model, document: &Document, parameters: Values) -> Vec<Effect> {
    let Some(opened) = &model.documents.opened else {
        return Vec::new();
    };
    let nodes = match opened.reach.machines(model, &opened.place) {
        Ok(nodes) if nodes.is_empty() => {
            return misaimed(
                model,
                Row::Targets,
                "a Command document runs on instances, and none is named".into(),
            );
        }
        Ok(nodes) => nodes,
        Err(says) => return misaimed(model, Row::Targets, says),
    };
    let told: Vec<&String> = parameters.values().flatten().collect();
    let (_, is_production) = touched(model, &opened.place, &told);
    let is_production = is_production || nodes.iter().any(|node| model.is_production(node));
    let level = Preview::of(document, "AWS looks ahead for automations only").level(is_production);
    let given = Given {
        document: opened.name.clone(),
        version: opened.version.clone(),
        parameters,
    };
    fanout::document(model, nodes, given, level)
}

fn start_of(opened: &Opened, parameters: Values, is_interactive: bool) -> StartAutomation {
    StartAutomation {
        document: opened.name.clone(),
        version: opened.version.clone(),
        parameters,
        token: uuid::Uuid::new_v4().to_string(),
        is_interactive,
        ..StartAutomation::default()
    }
}

/// Machines that the values name, and whether production is touched. An instance that nobody knows counts as production.
fn touched(model: &Model, place: &Place, values: &[&String]) -> (Vec<Node>, bool) {
    let is_named = |node: &&Node| values.iter().any(|value| names(value, &node.id.0));
    let nodes: Vec<Node> = model.fleet.nodes.iter().filter(is_named).cloned().collect();
    let is_unknown = values.iter().any(|value| {
        (value.starts_with("i-") || value.starts_with("mi-"))
            && !nodes.iter().any(|node| names(value, &node.id.0))
    });
    let is_production = is_unknown
        || model.is_production(&here(model, place))
        || nodes.iter().any(|node| model.is_production(node));
    (nodes, is_production)
}

/// The account and region themselves, which a rule may call production.
pub(super) fn here(model: &Model, place: &Place) -> Node {
    let mut nodes = model.fleet.nodes.iter();
    let account = nodes.find(|node| node.profile == place.profile);
    let mut here = Node::default();
    here.region.clone_from(&place.region);
    here.profile.clone_from(&place.profile);
    here.account = account.map(|node| node.account.clone()).unwrap_or_default();
    here
}

/// What would happen is known: the question.
pub fn previewed(model: &mut Model, token: &str, preview: Preview) -> Vec<Effect> {
    let Some(pending) = model
        .documents
        .pending
        .as_mut()
        .filter(|pending| pending.start.token == token)
    else {
        return Vec::new();
    };
    pending.preview = Some(preview);
    if model.overlay.is_some() || model.room != Room::Documents {
        model.notice(Notice::new(Weight::Info, "AWS has looked ahead").hint("s asks again"));
        return Vec::new();
    }
    let level = pending.level();
    if level >= Level::Type {
        model.overlay = Some(Overlay::Prompt {
            ask: Ask::DocumentPhrase,
            prompt: Prompt::default(),
        });
        return Vec::new();
    }
    model.overlay = Some(Overlay::Confirm {
        question: question(pending),
        then: Command {
            verb: Verb::StartDocument,
            argument: "now".into(),
        },
        grave: level >= Level::Yes,
    });
    Vec::new()
}

fn question(pending: &Pending) -> Vec<String> {
    let badge = if pending.is_production { "PRODUCTION, " } else { "" };
    let (start, place) = (&pending.start, &pending.place);
    let here = format!("{} {}", place.profile, place.region);
    let elsewhere = match start.locations.is_empty() {
        true => here,
        false => format!("the accounts and regions below, from {here}"),
    };
    let mut says = vec![format!("Start {} in {badge}{elsewhere}?", start.document)];
    if let Some(preview) = &pending.preview {
        says.extend(preview.lines());
        if !start.locations.is_empty() {
            says.extend(reach(start));
            says.extend(whatever(start));
            says.extend(document::abroad(start, preview, &pending.nodes));
            return says;
        }
    }
    let named = pending.nodes.iter().take(NAMED);
    let mut names: Vec<String> = named.map(|node| format!("{} {}", node.id, node.name)).collect();
    let more = pending.nodes.len().saturating_sub(NAMED);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    if !names.is_empty() {
        let count = match pending.nodes.len() {
            1 => String::new(),
            all => format!("{all} instances: "),
        };
        says.push(format!("On {count}{}", names.join(", ")));
    }
    if names.is_empty() {
        says.extend(whatever(start));
    }
    says.extend(reach(start));
    says
}

fn whatever(start: &StartAutomation) -> Option<String> {
    let (key, values) = start.targets.as_ref()?;
    Some(format!("On whatever has {key}={}", values.join(",")))
}

/// The word that production wants.
pub fn phrase(model: &Model) -> String {
    let pending = model.documents.pending.as_ref();
    pending
        .map(|pending| pending.phrase().to_owned())
        .unwrap_or_default()
}

/// All that is about to begin, as far as it is known.
pub fn asked_about(model: &Model) -> Vec<String> {
    let pending = model.documents.pending.as_ref();
    pending.map(question).unwrap_or_default()
}

/// What was typed for production.
pub fn typed(model: &mut Model, text: &str) -> Vec<Effect> {
    let is_it = model
        .documents
        .pending
        .as_ref()
        .is_some_and(|pending| pending.phrase() == text.trim());
    if is_it {
        return launch(model);
    }
    model.documents.pending = None;
    model.notice(Notice::new(
        Weight::Warn,
        "that is another word; nothing was started",
    ));
    Vec::new()
}

/// Starts what was confirmed.
pub fn launch(model: &mut Model) -> Vec<Effect> {
    let Some(pending) = model.documents.pending.take() else {
        return Vec::new();
    };
    let level = pending.level();
    let mode = model.policy.of_automation(&pending.nodes, pending.is_production);
    let Some(preview) = pending.preview else {
        return Vec::new();
    };
    vec![Effect::Document(DocumentEffect::Start {
        touches: pending.nodes.iter().map(audit::Target::from).collect(),
        place: pending.place,
        start: Box::new(pending.start),
        preview: Box::new(preview),
        level,
        is_strict: mode == Mode::Strict,
    })]
}

/// It has begun: the run comes to the front, and its id is told whether or not AWS tells how it stands.
pub fn begun(model: &mut Model, place: Place, id: String, document: String) -> Vec<Effect> {
    let says = format!("{document} is begun: {id}");
    let documents = &mut model.documents;
    documents
        .runs
        .insert(0, Run::new(id.clone(), place.clone(), document));
    documents.at_run.select(Some(id.clone()));
    documents.live = Some(id.clone());
    documents.parents.clear();
    documents.front = Front::Live;
    model.notice(Notice::new(Weight::Info, says));
    model.go(Room::Documents);
    vec![Effect::Document(DocumentEffect::Watch { place, id })]
}
