//! From chosen instances to a run: the command asked for, the reason that policy may want, all of it shown, only then
//! sent.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::{Ask, Effect, Model, Notice, Overlay, Room, Weight};
use crate::fleet::Node;
use crate::ui::popup::Confirm;
use crate::ui::prompt::Prompt;
use crate::ui::{Look, Role};

use super::Run;

/// Names that a question tells.
const NAMED: usize = 6;

/// What is about to run.
#[derive(Debug, Default)]
pub struct Draft {
    nodes: Vec<Node>,
    /// How many were chosen that do not run.
    resting: usize,
    /// How many of those that are asked are production.
    production: usize,
    text: String,
    reason: String,
}

/// On what the fleet panel has chosen.
pub fn begin(model: &mut Model) -> Vec<Effect> {
    let chosen = model.fleet.chosen().into_iter().cloned().collect();
    draft(model, chosen, String::new(), String::new())
}

/// Asks for the command; what was run before stands there already.
pub(super) fn draft(model: &mut Model, chosen: Vec<Node>, text: String, reason: String) -> Vec<Effect> {
    let runs = |node: &Node| matches!(node.state.as_deref(), None | Some("running"));
    let (nodes, resting): (Vec<Node>, Vec<Node>) = chosen.into_iter().partition(runs);
    if !nodes.iter().any(Node::is_online) {
        let says = match nodes.len() + resting.len() {
            0 => "there is no instance to run it on".to_owned(),
            all => format!("no agent is online on any of {}", instances(all)),
        };
        model.notice(Notice::new(Weight::Warn, says).hint("mark others, or change the filter"));
        return Vec::new();
    }
    let touched = nodes.iter().filter(|node| node.is_online());
    let production = touched.filter(|node| model.is_production(node)).count();
    let is_known = !text.is_empty();
    model.fanout.draft = Some(Draft {
        nodes,
        resting: resting.len(),
        production,
        text,
        reason,
    });
    if is_known { go_on(model) } else { ask(model) }
}

pub fn ask(model: &mut Model) -> Vec<Effect> {
    if let Some(draft) = &model.fanout.draft {
        let prompt = Prompt::new(draft.text.clone()).with_history(model.fanout.history.clone());
        model.overlay = Some(Overlay::Prompt {
            ask: Ask::Run,
            prompt,
        });
    }
    Vec::new()
}

/// Before what is typed.
pub fn label(model: &Model) -> String {
    match &model.fanout.draft {
        Some(draft) if draft.production > 0 => format!(
            "run on {}, {} production:",
            instances(draft.nodes.len()),
            draft.production
        ),
        Some(draft) => format!("run on {}:", instances(draft.nodes.len())),
        None => String::new(),
    }
}

pub fn typed(model: &mut Model, text: String) -> Vec<Effect> {
    let text = text.trim();
    if text.is_empty() {
        return abandon(model);
    }
    if let Some(draft) = &mut model.fanout.draft {
        draft.text = text.to_owned();
    }
    go_on(model)
}

fn go_on(model: &mut Model) -> Vec<Effect> {
    let wanted = model.config.session.reason;
    let missing = |draft: &Draft| draft.reason.is_empty() && wanted.is_required(draft.production > 0);
    model.overlay = Some(if model.fanout.draft.as_ref().is_some_and(missing) {
        Overlay::Prompt {
            ask: Ask::RunReason,
            prompt: Prompt::default(),
        }
    } else {
        Overlay::Run
    });
    Vec::new()
}

pub fn explained(model: &mut Model, reason: String) -> Vec<Effect> {
    if reason.trim().is_empty() {
        model.notice(Notice::new(
            Weight::Warn,
            "a reason is wanted for these instances",
        ));
    }
    if let Some(draft) = &mut model.fanout.draft {
        draft.reason = reason.trim().to_owned();
    }
    go_on(model)
}

pub fn abandon(model: &mut Model) -> Vec<Effect> {
    model.fanout.draft = None;
    model.notice(Notice::new(Weight::Info, "nothing was run"));
    Vec::new()
}

/// Production is at stake: enter alone is no answer.
pub fn is_grave(model: &Model) -> bool {
    model
        .fanout
        .draft
        .as_ref()
        .is_some_and(|draft| draft.production > 0)
}

pub fn launch(model: &mut Model) -> Vec<Effect> {
    let Some(draft) = model.fanout.draft.take() else {
        return Vec::new();
    };
    let now = model.now;
    model.fanout.history.retain(|earlier| *earlier != draft.text);
    model.fanout.history.push(draft.text.clone());
    let run = model.fanout.add(|id| {
        let mut run = Run::new(
            id,
            draft.text.clone(),
            draft.reason.clone(),
            draft.nodes.clone(),
            now,
        );
        run.production = draft.production;
        run
    });
    model.go(Room::Runs);
    vec![Effect::Run {
        run,
        nodes: draft.nodes,
        text: draft.text,
        reason: draft.reason,
    }]
}

/// All that is known before it runs.
pub fn preview(model: &Model, whole: Rect, buf: &mut Buffer, look: &Look) {
    let Some(draft) = &model.fanout.draft else { return };
    let grave = draft.production > 0;
    let says = says(draft, look);
    Confirm {
        title: if grave { "Sure?" } else { "Run it?" },
        says: &says,
        yes: (if grave { "y" } else { "enter" }, "run it, e to change it"),
        no: ("n", "leave it"),
        grave,
    }
    .paint(whole, buf, look);
}

fn says(draft: &Draft, look: &Look) -> Vec<Line<'static>> {
    let line = |text: String, role| Line::from(Span::styled(text, look.of(role)));
    let of = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let (online, away): (Vec<&Node>, Vec<&Node>) = draft.nodes.iter().partition(|node| node.is_online());
    let regions: BTreeSet<_> = online.iter().map(|node| &node.region).collect();
    let accounts: BTreeSet<_> = online.iter().map(|node| &node.account).collect();
    let where_to = [
        instances(online.len()),
        of(regions.len(), "region"),
        of(accounts.len(), "account"),
    ];
    let command = Line::from(vec![
        Span::styled("$ ", look.of(Role::Dim)),
        Span::styled(draft.text.clone(), look.of(Role::Code)),
    ]);
    let mut says = vec![
        command,
        Line::default(),
        line(format!("on {}", where_to.join(", ")), Role::Text),
        line(names(&online), Role::Dim),
    ];
    if draft.production > 0 {
        let count = match online.len() {
            all if all == draft.production => "all of them production".to_owned(),
            _ => format!("{} of them production", draft.production),
        };
        says.push(line(count, Role::Bad));
    }
    if !away.is_empty() {
        let count = format!("{} not online, skipped: {}", away.len(), names(&away));
        says.push(line(count, Role::Warn));
    }
    if draft.resting > 0 {
        let count = format!("{} not running, left out", instances(draft.resting));
        says.push(line(count, Role::Dim));
    }
    let is_windows = |node: &&&Node| node.platform.to_lowercase().contains("windows");
    match online.iter().filter(is_windows).count() {
        0 => {}
        all if all == online.len() => says.push(line("PowerShell runs it".into(), Role::Info)),
        some => {
            let count = format!("PowerShell runs it on {some} of them, sh on the others");
            says.push(line(count, Role::Info));
        }
    }
    if !draft.reason.is_empty() {
        says.push(line(format!("why: {}", draft.reason), Role::Dim));
    }
    says
}

fn instances(count: usize) -> String {
    format!("{count} instance{}", if count == 1 { "" } else { "s" })
}

fn names(nodes: &[&Node]) -> String {
    let label = |node: &&Node| match node.name.as_str() {
        "" => node.id.to_string(),
        name => name.to_owned(),
    };
    let named: Vec<String> = nodes.iter().take(NAMED).map(label).collect();
    let more = match nodes.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    named.join(", ") + &more
}
