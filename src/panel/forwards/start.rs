//! From a row, a specification or a node to a tunnel that is asked for: the target found in the fleet, the reason that
//! policy wants given once for all that are started together.

use crate::app::{Ask, Effect, Model, Notice, Overlay, Plan, Room, Weight};
use crate::fleet::{self, Found, Node, is_container};
use crate::forward::{Bad, Spec};
use crate::ui::prompt::Prompt;
use crate::ui::text;

use super::{Row, RowId, Stand};

const NO_TARGET: &str = "no target";

/// What stands between a row and its tunnel.
enum Aim {
    Found(Box<Node>),
    /// Regions have still to answer.
    Later,
    /// AWS must be asked for the container.
    Inside,
    Nowhere {
        says: String,
        hint: String,
    },
}

fn aim(model: &Model, row: &Row) -> Aim {
    let (fleet, target) = (&model.fleet, row.target.as_str());
    if is_container(target) {
        return row.container.clone().map_or(Aim::Inside, Aim::Found);
    }
    let nowhere = |says: String, hint: &str| Aim::Nowhere {
        says,
        hint: hint.into(),
    };
    // An id is its own proof; a name is unique only when every region has answered.
    let known = fleet.nodes.iter().find(|node| node.id.0 == target);
    let found = match known {
        Some(node) => Found::One(Box::new(node.clone())),
        None if fleet.loading => return Aim::Later,
        None => fleet::resolve(target, &fleet.nodes, &fleet.failures),
    };
    match found {
        Found::One(node) => match unreachable(&node) {
            None => Aim::Found(node),
            Some((says, hint)) => nowhere(format!("{target} {says}"), hint),
        },
        Found::None => nowhere(
            format!("no instance or managed node is {target}"),
            "2 shows the fleet: give an id, a Name tag or key=value tags",
        ),
        Found::Many(nodes) => {
            let ids: Vec<&str> = nodes.iter().take(4).map(|node| node.id.0.as_str()).collect();
            let says = format!("{target} is {} instances: {}", nodes.len(), ids.join(", "));
            nowhere(says, "name one by its id")
        }
        Found::Unproven { silent } => nowhere(
            format!(
                "{target} may be elsewhere too: no answer from {}",
                silent.join(", ")
            ),
            "give the instance's id, or see that all regions answer",
        ),
        Found::Container { .. } => Aim::Inside,
    }
}

fn unreachable(node: &Node) -> Option<(&'static str, &'static str)> {
    if !node.agent_known || node.is_online() {
        return None;
    }
    Some(match node.ping {
        None => (
            "has no Systems Manager agent that ever reported",
            "install or start amazon-ssm-agent, and see `qd doctor`",
        ),
        Some(_) => (
            "has lost its agent's connection",
            "see that it runs and reaches AWS: `qd doctor` says what is missing",
        ),
    })
}

/// Starts what is not open; asks for a reason first where policy wants one that the configuration does not give.
pub fn start(model: &mut Model, rows: &[RowId]) -> Vec<Effect> {
    let (mut effects, mut unexplained) = (Vec::new(), Vec::new());
    for id in rows {
        let Some(row) = model.forwards.row(*id).filter(|row| !row.is_open()).cloned() else {
            continue;
        };
        if let Err(bad) = &row.spec {
            fail(model, *id, "no forwarding", bad.to_string(), Bad::HINT.into());
            continue;
        }
        match aim(model, &row) {
            Aim::Found(node) if row.reason.is_empty() && wants_reason(model, &node) => unexplained.push(*id),
            Aim::Found(node) => effects.extend(open(model, *id, *node)),
            Aim::Later => {
                if let Some(row) = model.forwards.row_mut(*id) {
                    row.stand = Stand::Awaited;
                }
            }
            Aim::Inside => {
                if let Some(row) = model.forwards.row_mut(*id) {
                    row.stand = Stand::Sought;
                    row.trouble = None;
                }
                effects.push(Effect::FindContainer(*id, row.target));
            }
            Aim::Nowhere { says, hint } => fail(model, *id, NO_TARGET, says, hint),
        }
    }
    if !unexplained.is_empty() {
        ask(model, Ask::ForwardReason { rows: unexplained }, String::new());
    }
    effects
}

fn wants_reason(model: &Model, node: &Node) -> bool {
    model.policy.on(node).wants_reason
}

fn open(model: &mut Model, id: RowId, node: Node) -> Option<Effect> {
    let tunnel = model.forwards.next_tunnel();
    let row = model.forwards.row_mut(id)?;
    let spec = row.spec.clone().ok()?;
    row.stand = Stand::Binding(tunnel);
    row.trouble = None;
    row.container = None;
    row.machine = Some(node.name.clone()).filter(|name| !name.is_empty());
    let plan = Plan {
        node,
        spec,
        bind: row.bind.clone(),
        sessions: row.sessions,
        lazy: row.lazy,
        reason: row.reason.clone(),
    };
    Some(Effect::OpenTunnel(tunnel, Box::new(plan)))
}

/// The row says so, and the user is told.
pub fn fail(model: &mut Model, id: RowId, word: &'static str, says: String, hint: String) {
    let Some(row) = model.forwards.row_mut(id) else {
        return;
    };
    row.stand = Stand::Failed(word);
    row.trouble = Some((says.clone(), hint.clone()));
    let says = format!("{}: {says}", row.name);
    model.notice(Notice::new(Weight::Bad, says).hint(hint));
}

/// Every region has answered or failed: those that waited for it are looked for again.
pub fn fleet_answered(model: &mut Model) -> Vec<Effect> {
    let rows = model.forwards.rows.iter();
    let waited = rows.filter(|row| matches!(row.stand, Stand::Awaited));
    let waited: Vec<RowId> = waited.map(|row| row.id).collect();
    for id in &waited {
        if let Some(row) = model.forwards.row_mut(*id) {
            row.stand = Stand::Stopped;
        }
    }
    start(model, &waited)
}

/// Of the containers that were asked for together the last one starts them all: one reason serves those that want one.
pub fn container_found(
    model: &mut Model,
    id: RowId,
    found: Result<Box<Node>, (String, String)>,
) -> Vec<Effect> {
    let is_sought = |row: &Row| matches!(row.stand, Stand::Sought);
    // One that was stopped meanwhile takes no answer, but others may have waited for it.
    if let Some(row) = model.forwards.row_mut(id).filter(|row| is_sought(row)) {
        match found {
            Ok(node) => row.container = Some(node),
            Err((says, hint)) => fail(model, id, NO_TARGET, says, hint),
        }
    }
    let sought = model.forwards.rows.iter().filter(|row| is_sought(row));
    if sought.clone().any(|row| row.container.is_none()) {
        return Vec::new();
    }
    let ready: Vec<RowId> = sought.map(|row| row.id).collect();
    for id in &ready {
        if let Some(row) = model.forwards.row_mut(*id) {
            row.stand = Stand::Stopped;
        }
    }
    start(model, &ready)
}

/// `SPEC on TARGET`, at once or from the prompt.
pub fn add(model: &mut Model, argument: &str) -> Vec<Effect> {
    if argument.is_empty() {
        ask(model, Ask::Forward { node: None }, String::new());
        return Vec::new();
    }
    typed(model, None, argument.to_owned())
}

/// Asks which port of the node under the cursor of the fleet.
pub fn of_node(model: &mut Model) -> Vec<Effect> {
    if let Some(node) = model.fleet.selected().cloned() {
        let node = Some(Box::new(node));
        ask(model, Ask::Forward { node }, String::new());
    }
    Vec::new()
}

/// What the prompt was given; asked again, with the words still there, where that is no forwarding.
pub fn typed(model: &mut Model, node: Option<Box<Node>>, typed: String) -> Vec<Effect> {
    let (spec, target) = match &node {
        Some(node) => (typed.trim(), node.id.to_string()),
        None => match typed.split_once(" on ") {
            Some((spec, target)) => (spec.trim(), target.trim().to_owned()),
            None => (typed.trim(), String::new()),
        },
    };
    let parsed = spec.parse::<Spec>();
    let says = match &parsed {
        Err(bad) => Some((bad.to_string(), Bad::HINT)),
        Ok(_) if target.is_empty() => Some((
            format!("{spec} of which instance?"),
            "write SPEC on TARGET, such as 15432:5432 on web-01",
        )),
        Ok(_) => None,
    };
    if let Some((says, hint)) = says {
        model.notice(Notice::new(Weight::Warn, says).hint(hint));
        ask(model, Ask::Forward { node }, typed);
        return Vec::new();
    }
    let machine = node.map(|node| node.name).filter(|name| !name.is_empty());
    let shown = machine.as_ref().unwrap_or(&target);
    let name = match &parsed {
        Ok(spec) => format!("{shown} {}", spec.remote),
        Err(_) => shown.clone(),
    };
    let id = model.forwards.put(|id| Row {
        id,
        name,
        target,
        machine,
        spec: parsed,
        bind: Vec::new(),
        sessions: 1,
        lazy: false,
        reason: String::new(),
        named: false,
        container: None,
        stand: Stand::Stopped,
        trouble: None,
    });
    model.forwards.table.cursor.select(Some(id));
    model.go(Room::Forwards);
    start(model, &[id])
}

/// The reason for tunnels that waited for one.
pub fn explained(model: &mut Model, rows: Vec<RowId>, reason: String) -> Vec<Effect> {
    let reason = reason.trim();
    if reason.is_empty() {
        model.notice(Notice::new(Weight::Warn, "a reason is wanted for this instance"));
        ask(model, Ask::ForwardReason { rows }, String::new());
        return Vec::new();
    }
    for id in &rows {
        if let Some(row) = model.forwards.row_mut(*id) {
            row.reason = reason.to_owned();
        }
    }
    let effects = start(model, &rows);
    // It was for this once: what the configuration does not give is asked for again.
    for id in &rows {
        if let Some(row) = model.forwards.row_mut(*id) {
            row.reason.clear();
        }
    }
    effects
}

/// The question for the reason.
pub fn label(model: &Model, rows: &[RowId]) -> String {
    let first = rows.first().and_then(|id| model.forwards.row(*id));
    let name = first.map_or_else(String::new, |row| text::quote(&row.name).into_owned());
    match rows.len() {
        0 | 1 => format!("why forward {name}?"),
        many => format!("why forward {name} and {} more?", many - 1),
    }
}

fn ask(model: &mut Model, ask: Ask, text: String) {
    let prompt = Prompt::new(text.as_str());
    model.overlay = Some(Overlay::Prompt { ask, prompt });
}
