//! What changes the fleet panel.

use std::time::Duration;

use ratatui::layout::Rect;

use crate::app::{Ask, Effect, Model, Notice, Overlay, Verb, Weight, dispatch};
use crate::cost::{Machine, NodeCosts};
use crate::fleet::{Batch, Filter, Node, SortKey, gather};
use crate::panel::list::Step;
use crate::panel::sessions;
use crate::ui::prompt::Prompt;
use crate::ui::table::Hit;

use super::view::{hit, sort_key};

pub fn cached(model: &mut Model, nodes: Vec<Node>, age: Duration) -> Vec<Effect> {
    let fleet = &mut model.fleet;
    if fleet.answered {
        return Vec::new();
    }
    for node in nodes {
        let id = node.id.clone();
        fleet.put(node);
        fleet.stale.insert(id);
    }
    fleet.cached_for = Some(age);
    fleet.reorder();
    Vec::new()
}

pub fn arrive(model: &mut Model, batch: Batch) -> Vec<Effect> {
    let fleet = &mut model.fleet;
    match batch {
        Batch::Rows(nodes) => {
            fleet.answered = true;
            nodes.into_iter().for_each(|node| fleet.put(node));
        }
        Batch::Failed(failure) => gather(&mut fleet.failures, failure),
        Batch::Done {
            place,
            complete: true,
            ..
        } => {
            fleet.answered = true;
            fleet
                .retain(|node, stale| !stale || node.profile != place.profile || node.region != place.region);
        }
        Batch::Done { .. } => {}
    }
    fleet.reorder();
    Vec::new()
}

/// Every place has answered or failed.
pub fn ended(model: &mut Model) -> Vec<Effect> {
    let fleet = &mut model.fleet;
    fleet.loading = false;
    if fleet.stale.is_empty() {
        fleet.cached_for = None;
    }
    model.busy.retain(|busy| busy.key != crate::app::Key::Fleet);
    Vec::new()
}

/// Asks what each node costs a day, of what this machine knows.
pub fn price(model: &mut Model) -> Vec<Effect> {
    let machine = |node: &Node| Machine {
        id: node.id.0.clone(),
        account: node.account.clone(),
        region: node.region.clone(),
        kind: node.instance_type.clone(),
        spot: node.spot,
        running: node.state.as_deref() == Some("running"),
    };
    vec![Effect::PriceNodes(
        model.fleet.nodes.iter().map(machine).collect(),
    )]
}

pub fn priced(model: &mut Model, costs: NodeCosts) -> Vec<Effect> {
    model.fleet.costs = costs;
    model.fleet.reorder();
    Vec::new()
}

/// Asks again; what is known stays, marked, until its place has answered.
pub fn refresh(model: &mut Model) -> Effect {
    let fleet = &mut model.fleet;
    fleet.stale = fleet.nodes.iter().map(|node| node.id.clone()).collect();
    fleet.failures.clear();
    fleet.loading = true;
    Effect::FetchFleet
}

/// The filter, as it is typed. A text that is no filter leaves the last good one in force and says why.
pub fn narrow(model: &mut Model, text: String) {
    let fleet = &mut model.fleet;
    match Filter::parse(&text) {
        Ok(filter) => {
            fleet.filter = filter;
            fleet.bad_filter = None;
            fleet.narrow();
        }
        Err(bad) => fleet.bad_filter = Some(bad.to_string()),
    }
    fleet.filter_text = text;
}

pub fn sort(model: &mut Model, reverse: bool) {
    let fleet = &mut model.fleet;
    if reverse {
        fleet.descending = !fleet.descending;
    } else {
        let at = SortKey::ALL
            .iter()
            .position(|key| *key == fleet.sort)
            .unwrap_or_default();
        fleet.sort = SortKey::ALL[(at + 1) % SortKey::ALL.len()];
    }
    fleet.reorder();
}

pub fn step(model: &mut Model, step: Step) {
    let mut cursor = std::mem::take(&mut model.fleet.table.cursor);
    step.apply(&mut cursor, &model.fleet);
    model.fleet.table.cursor = cursor;
}

/// A click on a title sorts, on a row selects, on what is selected opens a session.
pub fn click(model: &mut Model, area: Rect, x: u16, y: u16) -> Vec<Effect> {
    match hit(model, area, x, y) {
        Some(Hit::Title(column)) => {
            if let Some(key) = sort_key(column) {
                model.fleet.descending = model.fleet.sort == key && !model.fleet.descending;
                model.fleet.sort = key;
                model.fleet.reorder();
            }
        }
        Some(Hit::Row(at)) if model.fleet.table.cursor.index(&model.fleet) == Some(at) => {
            return dispatch(model, Verb::Connect.into());
        }
        Some(Hit::Row(at)) => {
            let mut cursor = std::mem::take(&mut model.fleet.table.cursor);
            cursor.select_index(&model.fleet, at);
            model.fleet.table.cursor = cursor;
        }
        None => {}
    }
    Vec::new()
}

/// Opens a session on the selected node, or says why that cannot be.
pub fn connect(model: &mut Model) -> Vec<Effect> {
    if let Some(failure) = model.fleet.selected_failure() {
        let notice = Notice::new(Weight::Bad, failure.cause.clone()).hint(failure.hint.clone());
        model.notice(notice);
        return Vec::new();
    }
    match model.fleet.selected().cloned() {
        Some(node) => connect_to(model, node),
        None => Vec::new(),
    }
}

/// Opens a session on a node, after the reason that policy may want.
pub fn connect_to(model: &mut Model, node: Node) -> Vec<Effect> {
    if node.agent_known && !node.is_online() {
        model.notice(unreachable(&node));
        return Vec::new();
    }
    if model.policy.on(&node).wants_reason {
        let ask = Ask::Reason { node: Box::new(node) };
        model.overlay = Some(Overlay::Prompt {
            ask,
            prompt: Prompt::default(),
        });
        return Vec::new();
    }
    open(model, node, String::new())
}

pub fn open(model: &mut Model, node: Node, reason: String) -> Vec<Effect> {
    let size = sessions::pane_size(model);
    vec![crate::app::begun(
        model,
        Effect::Open {
            node: Box::new(node),
            reason,
            size,
        },
    )]
}

fn unreachable(node: &Node) -> Notice {
    let (says, hint) = match node.ping.as_deref() {
        None => (
            "has no Systems Manager agent that ever reported",
            "install or start amazon-ssm-agent, and give the instance a role with AmazonSSMManagedInstanceCore",
        ),
        Some(_) if node.state.as_deref().is_some_and(|state| state != "running") => {
            ("is not running", "start the instance first")
        }
        Some(_) => (
            "has lost its agent's connection",
            "see the runbook for an agent that is offline",
        ),
    };
    Notice::new(Weight::Warn, format!("{} {says}", node.name)).hint(hint)
}
