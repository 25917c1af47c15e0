//! From chosen instances to a run: the command asked for, the reason that policy may want, all of it shown, only then
//! sent.

use crate::app::{Ask, Effect, Model, Notice, Overlay, Room, Weight};
use crate::document::shown;
use crate::fanout::{Given, Limit, Limits};
use crate::fleet::Node;
use crate::runbook::Level;
use crate::ui::prompt::Prompt;

use super::Run;
use super::preview::{self, instances};

/// What is about to run.
#[derive(Debug, Default)]
pub struct Draft {
    pub(super) nodes: Vec<Node>,
    /// How many were chosen that do not run.
    pub(super) resting: usize,
    /// How many of those that are asked are production.
    pub(super) production: usize,
    pub(super) text: String,
    pub(super) reason: String,
    pub(super) limits: Limits,
    /// A Command document in the place of a command that is typed.
    pub(super) given: Option<Given>,
    /// How much its document asks for, where it is one.
    pub(super) wanted: Option<Level>,
}

impl Draft {
    /// What a person has to say before it runs.
    pub(super) fn level(&self) -> Level {
        let of_a_command = match self.production {
            0 => Level::Enter,
            _ => Level::Yes,
        };
        self.wanted
            .map_or(of_a_command, |wanted| wanted.max(Level::Enter))
    }

    /// What must be typed for production.
    fn phrase(&self) -> &str {
        match self.nodes.as_slice() {
            [node] if !node.name.is_empty() => &node.name,
            _ => "production",
        }
    }
}

/// On what the fleet panel has chosen.
pub fn begin(model: &mut Model) -> Vec<Effect> {
    let chosen = model.fleet.chosen().into_iter().cloned().collect();
    draft(model, chosen, Draft::default())
}

/// A Command document with its values, on these machines; `wanted` is what it asks for there, here as on a command line.
pub fn document(model: &mut Model, nodes: Vec<Node>, given: Given, wanted: Level) -> Vec<Effect> {
    let values = given.parameters.iter();
    let values = values.map(|(name, values)| format!("{name}={}", shown(name, values).join(",")));
    let words: Vec<String> = std::iter::once(given.document.clone()).chain(values).collect();
    let said = Draft {
        text: words.join(" "),
        given: Some(given),
        wanted: Some(wanted),
        ..Draft::default()
    };
    draft(model, nodes, said)
}

/// Asks for the command; what was run before stands there already.
pub(super) fn draft(model: &mut Model, chosen: Vec<Node>, said: Draft) -> Vec<Effect> {
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
    let is_known = !said.text.is_empty();
    model.fanout.draft = Some(Draft {
        nodes,
        resting: resting.len(),
        production,
        ..said
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

/// Whether policy wants a reason that nobody has given yet.
fn lacks_reason(model: &Model) -> bool {
    let wanted = model.config.session.reason;
    let lacks = |draft: &Draft| draft.reason.is_empty() && wanted.is_required(draft.production > 0);
    model.fanout.draft.as_ref().is_some_and(lacks)
}

fn go_on(model: &mut Model) -> Vec<Effect> {
    model.overlay = Some(if lacks_reason(model) {
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
    if let Some(draft) = &mut model.fanout.draft {
        draft.reason = reason.trim().to_owned();
    }
    if lacks_reason(model) {
        model.notice(Notice::new(
            Weight::Warn,
            "a reason is wanted for these instances",
        ));
    }
    go_on(model)
}

/// A key of the preview that changes what is about to run; `None` for any other.
pub fn change(model: &mut Model, key: char) -> Option<Vec<Effect>> {
    let draft = model.fanout.draft.as_ref()?;
    let (ask, prompt) = match key {
        'e' if draft.given.is_some() => {
            let says = "the document's form says what it is given";
            model.notice(Notice::new(Weight::Info, says).hint("n goes back to it"));
            return Some(Vec::new());
        }
        'e' => return Some(ask(model)),
        'w' => (Ask::RunReason, Prompt::new(draft.reason.clone())),
        key => {
            let limit = preview::limit_of(key)?;
            (Ask::RunLimit(limit), Prompt::new(draft.limits.typed(limit)))
        }
    };
    model.overlay = Some(Overlay::Prompt { ask, prompt });
    Some(Vec::new())
}

/// Back to the preview; what was wrong is said and asked for again.
pub fn limited(model: &mut Model, limit: Limit, typed: String) -> Vec<Effect> {
    let Some(draft) = &mut model.fanout.draft else {
        return Vec::new();
    };
    match draft.limits.set(limit, &typed) {
        Ok(()) => {
            model.overlay = Some(Overlay::Run);
            // What was wrong before is not any more.
            model.notice_for = 0;
        }
        Err(bad) => {
            model.notice(Notice::new(Weight::Warn, bad.to_string()));
            model.overlay = Some(Overlay::Prompt {
                ask: Ask::RunLimit(limit),
                prompt: Prompt::new(typed),
            });
        }
    }
    Vec::new()
}

/// Escape from a field of the preview leaves it as it was; from the questions before it, nothing is run.
pub fn left(model: &mut Model) -> Vec<Effect> {
    let is_written = model
        .fanout
        .draft
        .as_ref()
        .is_some_and(|draft| !draft.text.is_empty());
    if !is_written || lacks_reason(model) {
        return abandon(model);
    }
    model.overlay = Some(Overlay::Run);
    Vec::new()
}

pub fn abandon(model: &mut Model) -> Vec<Effect> {
    model.fanout.draft = None;
    model.notice(Notice::new(Weight::Info, "nothing was run"));
    Vec::new()
}

/// Enter alone is no answer.
pub fn is_grave(model: &Model) -> bool {
    let draft = model.fanout.draft.as_ref();
    draft.is_some_and(|draft| draft.level() >= Level::Yes)
}

/// A yes to what is shown: it runs, unless a word has to be typed for it.
pub fn agree(model: &mut Model) -> Vec<Effect> {
    let draft = model.fanout.draft.as_ref();
    if draft.is_none_or(|draft| draft.level() < Level::Type) {
        return launch(model);
    }
    model.overlay = Some(Overlay::Prompt {
        ask: Ask::RunPhrase,
        prompt: Prompt::default(),
    });
    Vec::new()
}

/// The word that production wants.
pub fn phrase(model: &Model) -> String {
    let draft = model.fanout.draft.as_ref();
    draft.map(|draft| draft.phrase().to_owned()).unwrap_or_default()
}

/// What was typed for it; another word leads back to what is shown.
pub fn confirmed(model: &mut Model, typed: &str) -> Vec<Effect> {
    let is_it = |draft: &Draft| draft.phrase() == typed.trim();
    if model.fanout.draft.as_ref().is_some_and(is_it) {
        return launch(model);
    }
    model.overlay = Some(Overlay::Run);
    model.notice(Notice::new(Weight::Warn, "that is another word; nothing was run"));
    Vec::new()
}

fn launch(model: &mut Model) -> Vec<Effect> {
    let Some(draft) = model.fanout.draft.take() else {
        return Vec::new();
    };
    let now = model.now;
    if draft.given.is_none() {
        model.fanout.history.retain(|earlier| *earlier != draft.text);
        model.fanout.history.push(draft.text.clone());
    }
    let run = model.fanout.add(|id| {
        let mut run = Run::new(
            id,
            draft.text.clone(),
            draft.reason.clone(),
            draft.nodes.clone(),
            now,
        );
        run.production = draft.production;
        run.limits = draft.limits.clone();
        run.given.clone_from(&draft.given);
        run
    });
    model.go(Room::Runs);
    vec![Effect::Run {
        run,
        nodes: draft.nodes,
        text: draft.text,
        reason: draft.reason,
        limits: draft.limits,
        given: draft.given.map(Box::new),
    }]
}
