//! From a block of a page to keys in a session: values asked for, the whole shown, only then sent, and marked.

use crate::app::{Ask, Effect, Model, Notice, Overlay, ToSession, Weight};
use crate::runbook::placeholder::name;
use crate::runbook::{Block, Refused, Runnable, fill, prefilled};
use crate::ui::prompt::Prompt;

use super::Pending;

/// Begins with the selected block.
pub fn send(model: &mut Model) -> Vec<Effect> {
    let Some(block) = model.runbooks.block() else {
        model.notice(Notice::new(Weight::Info, "no command is selected").hint("tab selects the next one"));
        return Vec::new();
    };
    if model.sessions.current().is_none_or(|tab| !tab.is_live()) {
        model.notice(Notice::new(Weight::Warn, "no session is open").hint("open one from the fleet first"));
        return Vec::new();
    }
    know_target(model);
    go_on(model, block)
}

/// What is known of the focused instance fills its own placeholders.
fn know_target(model: &mut Model) {
    let Some(tab) = model.sessions.current() else {
        return;
    };
    let Some(node) = model.fleet.nodes.iter().find(|node| node.id.0 == tab.target) else {
        return;
    };
    let fields = [
        ("id", node.id.0.as_str()),
        ("name", &node.name),
        ("region", &node.region),
        ("account", &node.account),
        ("private_ip", node.private_ip.as_deref().unwrap_or_default()),
        ("instance_type", node.instance_type.as_deref().unwrap_or_default()),
        ("zone", node.zone.as_deref().unwrap_or_default()),
    ];
    let known = prefilled(fields.into_iter().filter(|(_, value)| !value.is_empty()));
    model.runbooks.values.extend(known);
}

fn go_on(model: &mut Model, block: Block) -> Vec<Effect> {
    match fill(&block, &model.runbooks.values) {
        Ok(commands) => preview(model, block, commands),
        Err(Refused::Missing(wanted)) => ask(model, block, wanted),
        Err(refused) => {
            let notice = Notice::new(Weight::Bad, refused.to_string()).hint(refused.hint());
            model.notice(notice);
            Vec::new()
        }
    }
}

fn ask(model: &mut Model, block: Block, wanted: Vec<String>) -> Vec<Effect> {
    if let Some(first) = wanted.first().cloned() {
        model.overlay = Some(Overlay::Prompt {
            ask: Ask::Variable { name: first },
            prompt: Prompt::default(),
        });
        model.runbooks.pending = Some(Pending { block, wanted });
    }
    Vec::new()
}

/// A value was typed; an empty one leaves the command unsent.
pub fn given(model: &mut Model, wanted: String, value: String) -> Vec<Effect> {
    let Some(pending) = model.runbooks.pending.take() else {
        return Vec::new();
    };
    if value.is_empty() {
        return abandon(model);
    }
    model.runbooks.values.insert(name(&wanted), value);
    go_on(model, pending.block)
}

pub fn abandon(model: &mut Model) -> Vec<Effect> {
    model.runbooks.pending = None;
    model.notice(Notice::new(Weight::Info, "nothing was sent"));
    Vec::new()
}

fn preview(model: &mut Model, block: Block, commands: Vec<String>) -> Vec<Effect> {
    let Some(tab) = model.sessions.current() else {
        return Vec::new();
    };
    let page = model
        .runbooks
        .page()
        .map(|page| page.name.clone())
        .unwrap_or_default();
    let mark = ToSession::Mark {
        runbook: page,
        lines: (block.start_line, block.end_line),
        sha256: block.sha256.clone(),
        text: commands.join("\n"),
    };
    let doubt = if block.runnable == Runnable::Maybe {
        "  (nothing says that this is a command)"
    } else {
        ""
    };
    let production = if tab.production { "PRODUCTION " } else { "" };
    model.overlay = Some(Overlay::Preview {
        title: format!("Send to {production}{}?{doubt}", tab.title),
        text: commands.join("\n"),
        yes: vec![
            Effect::Session(tab.pane, mark),
            Effect::Session(tab.pane, ToSession::Run(commands)),
        ],
    });
    Vec::new()
}
