//! From a block of a page to keys in a session: what the page says of it is minded, values are asked for, the whole is
//! shown, only then sent, and marked. What a session that is typed into cannot give, a run of the page can.

use crate::alarm;
use crate::app::{Ask, Effect, Model, Notice, Overlay, ToSession, Weight};
use crate::panel::sessions::Tab;
use crate::runbook::fence::On;
use crate::runbook::placeholder::name;
use crate::runbook::plan::{Plan, Step};
use crate::runbook::run::{Need, Purse, declared, target};
use crate::runbook::{Level, Values};
use crate::ui::prompt::Prompt;

use super::Pending;

/// Begins with the selected block.
pub fn send(model: &mut Model) -> Vec<Effect> {
    let span = model.runbooks.span();
    let Some(block) = model.runbooks.block().or_else(|| span.clone()) else {
        model.notice(Notice::new(Weight::Info, "no command is selected").hint("tab selects the next one"));
        return Vec::new();
    };
    let Some(target) = model.sessions.current().filter(|tab| tab.is_live()) else {
        model.notice(Notice::new(Weight::Warn, "no session is open").hint("open one from the fleet first"));
        return Vec::new();
    };
    let (pane, target) = (target.pane, target.target.clone());
    let Some(page) = model.runbooks.page() else {
        return Vec::new();
    };
    let plan = match Plan::parse(&page.path, &page.name, &page.text) {
        Ok(plan) => plan,
        Err(bad) => return refuse(model, bad.in_page(), "e edits the page"),
    };
    // A value that was given for one machine, or for another page, means something else here.
    let place = Some((page.path.clone(), target));
    if model.runbooks.values_of != place {
        model.runbooks.values.clear();
        model.runbooks.values_of = place;
    }
    if let Some(span) = span {
        let step = Step::of_span(span);
        let is_typed_only = true;
        return go_on(
            model,
            Pending {
                pane,
                plan,
                step,
                is_typed_only,
            },
        );
    }
    let lines = (block.start_line, block.end_line);
    let mut steps = plan.steps.iter().chain(&plan.rollbacks);
    match steps.find(|step| step.lines == lines).cloned() {
        Some(step) => {
            let is_typed_only = false;
            go_on(
                model,
                Pending {
                    pane,
                    plan,
                    step,
                    is_typed_only,
                },
            )
        }
        None => refuse(
            model,
            "the page has no step there".into(),
            "r reads the pages again",
        ),
    }
}

fn refuse(model: &mut Model, says: String, hint: impl Into<String>) -> Vec<Effect> {
    model.notice(Notice::new(Weight::Bad, says).hint(hint));
    Vec::new()
}

impl Pending {
    /// The session that it is for, as long as that is live.
    fn tab<'m>(&self, model: &'m Model) -> Option<&'m Tab> {
        let mut tabs = model.sessions.tabs.iter();
        tabs.find(|tab| tab.pane == self.pane && tab.is_live())
    }

    fn level(&self, model: &Model) -> Level {
        let production = self.tab(model).is_none_or(|tab| tab.production);
        self.step.level(&self.plan.manifest, production)
    }

    /// Why it is nothing to type into a session, whatever its values are.
    fn obstacle(&self, model: &Model) -> Option<String> {
        if self.level(model) == Level::Two {
            return Some("it wants a second person's word".into());
        }
        self.step.obstacle_in_session()
    }

    /// What is known of the instance that the session is on.
    fn facts(&self, model: &Model) -> Values {
        let id = self.tab(model).map(|tab| tab.target.as_str());
        let mut nodes = model.fleet.nodes.iter();
        let node = nodes.find(|node| Some(node.id.0.as_str()) == id);
        node.map(target::facts).unwrap_or_default()
    }
}

fn go_on(model: &mut Model, pending: Pending) -> Vec<Effect> {
    if let Some(why) = pending.obstacle(model) {
        return refuse(model, why, "R carries the page out");
    }
    match filled(model, &pending) {
        Ok(_) if pending.level(model) == Level::Type => wait(model, Ask::SendPhrase, pending),
        Ok(commands) => preview(model, &pending, commands),
        Err(Need::Value(name) | Need::Differs(name)) => wait(model, Ask::Variable { name }, pending),
        Err(Need::Secret(wanted)) => {
            let says = format!("the secret {wanted} would be typed in clear, and stand in the recording");
            refuse(model, says, "R carries the page out, and gives it unseen")
        }
        Err(Need::Refused(refused)) => refuse(model, refused.to_string(), refused.hint()),
    }
}

/// What would be typed.
fn filled(model: &Model, pending: &Pending) -> Result<Vec<String>, Need> {
    let Pending { plan, step, .. } = pending;
    let led = model.alarms.led_to(&plan.path);
    let of_alarm = led.map(|led| alarm::facts(&led.alarm, led.node.as_ref()));
    let mut given = model.runbooks.filled_values();
    given.extend(model.runbooks.values.clone());
    let purse = Purse::new(given, of_alarm.unwrap_or_default());
    let filled = purse.fill(&plan.manifest, step, &pending.facts(model), false)?;
    filled.typed(step.is_powershell()).map_err(Need::Refused)
}

fn wait(model: &mut Model, ask: Ask, pending: Pending) -> Vec<Effect> {
    model.overlay = Some(Overlay::Prompt {
        ask,
        prompt: Prompt::default(),
    });
    model.runbooks.pending = Some(pending);
    Vec::new()
}

/// A value was typed; an empty one leaves the command unsent, and one that the page does not take is asked for again.
pub fn given(model: &mut Model, wanted: String, value: String) -> Vec<Effect> {
    let Some(pending) = model.runbooks.pending.take() else {
        return Vec::new();
    };
    let block = pending.step.block();
    if value.is_empty() && !block.is_some_and(|block| block.is_optional(&wanted)) {
        return abandon(model);
    }
    let variable = declared(&pending.plan.manifest, &wanted).map(|(_, variable)| variable);
    if let Some(bad) = variable.and_then(|variable| variable.accept(&value).err()) {
        model.notice(Notice::new(Weight::Warn, bad.to_string()));
        return wait(model, Ask::Variable { name: wanted }, pending);
    }
    model.runbooks.values.insert(name(&wanted), value);
    go_on(model, pending)
}

/// What is to be typed before a block goes to the session.
pub fn phrase(model: &Model) -> &str {
    let tab = model
        .runbooks
        .pending
        .as_ref()
        .and_then(|pending| pending.tab(model));
    tab.map_or("", |tab| tab.title.as_str())
}

/// The name of the session was typed, or something else.
pub fn named(model: &mut Model, text: &str) -> Vec<Effect> {
    let is_right = !phrase(model).is_empty() && text.trim() == phrase(model);
    let Some(pending) = model.runbooks.pending.take().filter(|_| is_right) else {
        return abandon(model);
    };
    match filled(model, &pending) {
        Ok(commands) => preview(model, &pending, commands),
        Err(_) => abandon(model),
    }
}

pub fn abandon(model: &mut Model) -> Vec<Effect> {
    model.runbooks.pending = None;
    model.notice(Notice::new(Weight::Info, "nothing was sent"));
    Vec::new()
}

fn preview(model: &mut Model, pending: &Pending, commands: Vec<String>) -> Vec<Effect> {
    let Pending {
        plan,
        step,
        is_typed_only,
        ..
    } = pending;
    let Some(tab) = pending.tab(model) else {
        return abandon(model);
    };
    if *is_typed_only && commands.iter().any(|line| line.contains('\n')) {
        return refuse(
            model,
            "a line's end in a value would be an enter at the prompt".into(),
            "type it there",
        );
    }
    let text = commands.join(if *is_typed_only { "; " } else { "\n" });
    let mark = ToSession::Mark {
        runbook: plan.name.clone(),
        lines: step.lines,
        sha256: step.sha256(),
        text: text.clone(),
    };
    let doubt = match &step.attributes.on {
        _ if *is_typed_only => "  (enter runs it there)".to_owned(),
        _ if step.is_printed() => "  (it seems to be what a command has printed)".to_owned(),
        _ if step.is_unsure() => "  (nothing says that this is a command)".to_owned(),
        On::Local => "  (the page runs it on this machine)".to_owned(),
        On::Named(there) => format!("  (the page runs it on {there})"),
        On::Untold | On::Each => String::new(),
    };
    let production = if tab.production { "PRODUCTION " } else { "" };
    let (asks, sent) = match is_typed_only {
        // Variables are set on the same line: only one enter is pressed.
        true => ("Put to the prompt of", ToSession::Paste(text.clone())),
        false => ("Send to", ToSession::Run(commands)),
    };
    model.overlay = Some(Overlay::Preview {
        title: format!("{asks} {production}{}?{doubt}", tab.title),
        text,
        yes: vec![Effect::Session(tab.pane, mark), Effect::Session(tab.pane, sent)],
        grave: step.is_printed(),
    });
    Vec::new()
}

#[cfg(test)]
mod tests;
