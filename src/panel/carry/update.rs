//! What changes the view of a run: what the run tells, and the keys that answer it.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::app::{Ask, Effect, Model, Notice, Overlay, Room, Verb, Weight};
use crate::panel::list::Step;
use crate::panel::runbooks;
use crate::runbook::plan::Plan;
use crate::runbook::run::{Answer, Event, Fleet, Outcome, Question, value_lines};
use crate::runbook::{Again, Level, Page};
use crate::ui::prompt::Prompt;

use super::place::Place;
use super::start::Start;
use super::{Carry, Choice, Mark};

/// A key that comes again sooner is held down.
const HELD: SignedDuration = SignedDuration::from_millis(300);

const NONE_WAITS: &str = "no question waits yet: the run goes on";

/// Begins with the page in front, by asking what of it is wanted.
pub fn begin(model: &mut Model) -> Vec<Effect> {
    if model.carry.is_going() {
        // The key that leads here is held a moment too long: it answers nothing.
        model.carry.pressed_at = Some(model.now);
        model.go(Room::Carry);
        return Vec::new();
    }
    let Some(page) = model.runbooks.page() else {
        model.notice(Notice::new(Weight::Info, "no runbook is selected"));
        return Vec::new();
    };
    // What is asked about is what was read; a page that has changed since is shown first.
    let looks: Vec<Effect> = runbooks::look(model).into_iter().collect();
    let plan = match Plan::parse(&page.path, &page.name, &page.text) {
        Ok(plan) => plan,
        Err(bad) => {
            model.notice(Notice::new(Weight::Bad, bad.in_page()).hint("e edits the page"));
            return looks;
        }
    };
    if plan.steps.is_empty() {
        model.notice(Notice::new(Weight::Info, "this page has no step to run"));
        return looks;
    }
    let nodes = match model.fleet.marks() {
        0 => {
            let tab = model.sessions.current().filter(|tab| tab.is_live());
            let node = tab.and_then(|tab| model.fleet.nodes.iter().find(|node| node.id.0 == tab.target));
            node.cloned().into_iter().collect()
        }
        _ => model.fleet.chosen().into_iter().cloned().collect(),
    };
    let lines = model.runbooks.block_lines();
    let start = Start::of(model, plan, nodes, lines);
    model.overlay = Some(Overlay::Start(Box::new(start)));
    looks
}

/// Asked before another page is begun, and before the run that goes on is brought to the front from there.
pub fn going(model: &Model) -> Option<Vec<String>> {
    let carry = &model.carry;
    let page = model.runbooks.page()?;
    let stands = carry.stands().filter(|_| !carry.is_of(&page.path))?;
    Some(vec![
        format!(
            "{} {stands} on {}: one run goes on at a time.",
            carry.title, carry.target
        ),
        format!("{} is not begun. Show the run of {}?", page.title, carry.title),
    ])
}

pub(super) fn carry_out(
    model: &mut Model,
    plan: Plan,
    place: Place,
    choice: Choice,
    resume: Option<(String, String)>,
) -> Vec<Effect> {
    // A run that is gone on with keeps the alarm it was begun for.
    let led = model
        .alarms
        .led_to(&plan.path)
        .filter(|_| resume.is_none())
        .cloned();
    model.carry = Carry::of(&plan, place.label, place.production);
    model.carry.undoes = choice.undoes;
    model.carry.is_many = place.nodes.len() > 1 || place.named.values().any(|nodes| nodes.len() > 1);
    let nodes = place.nodes.iter().chain(place.named.values().flatten());
    let named = nodes.filter(|node| !node.name.is_empty());
    model.carry.names = named.map(|node| (node.id.0.clone(), node.name.clone())).collect();
    step(model, Step::Top);
    model.go(Room::Carry);
    let of_alarm = led.iter().filter_map(|led| led.node.as_ref());
    let known = model.fleet.nodes.iter().chain(of_alarm);
    let production = known.filter(|node| model.is_production(node));
    let production = production.map(|node| node.id.0.clone()).collect();
    let fleet = match plan.chooses() {
        true => Fleet {
            nodes: Arc::new(model.fleet.nodes.clone()),
            is_whole: model.fleet.answered && !model.fleet.loading && model.fleet.failures.is_empty(),
        },
        false => Fleet::default(),
    };
    // A page that is in no library any more is run as its run has kept it.
    let library = &model.runbooks.library;
    let page = library.index_of(&plan.path).map(|at| library.pages[at].clone());
    vec![Effect::CarryOut {
        page: page.filter(|page| page.has_file() || page.is_of_bucket()),
        production,
        fleet,
        plan: Box::new(plan),
        nodes: place.nodes,
        named: place.named,
        choice: Box::new(choice),
        resume,
        led: led.map(Box::new),
    }]
}

pub fn step(model: &mut Model, step: Step) {
    let mut cursor = std::mem::take(&mut model.carry.cursor);
    step.apply(&mut cursor, &model.carry);
    model.carry.cursor = cursor;
}

/// What the run tells.
pub fn told(model: &mut Model, event: Event) -> Vec<Effect> {
    let now = model.now;
    let carry = &mut model.carry;
    let is_many = carry.is_many;
    match event {
        Event::Opened { run } => {
            model.carry_left.retain(|left| left.run != run);
            carry.run = Some(run);
        }
        Event::Began {
            step,
            target,
            commands,
            ..
        } => {
            let name = carry.name_of(&target).to_owned();
            carry.redo(&step);
            if let Some(row) = carry.row(&step) {
                row.begin(&name, now, is_many);
                row.commands = commands;
            }
            carry.cursor.select(Some(step));
        }
        Event::Output { step, target, bytes } => {
            let text = String::from_utf8_lossy(&bytes);
            let name = carry.name_of(&target).to_owned();
            match carry.row(&step) {
                // Outputs come in whole lines.
                Some(row) if is_many => {
                    for line in text.lines() {
                        row.hear(&format!("{name} | {line}\n"));
                    }
                }
                Some(row) => row.hear(&text),
                None => {}
            }
        }
        Event::Ended {
            step,
            target,
            outcome,
            lasted,
            says,
            ..
        } => {
            let name = carry.name_of(&target).to_owned();
            if let Some(row) = carry.row(&step) {
                row.end(name, outcome, lasted, says);
            }
        }
        Event::Ticked { step } => carry.mark(&step, Mark::Ticked),
        Event::Skipped { step, why } => carry.mark(&step, Mark::LeftOut(why)),
        Event::Stood { step, .. } => carry.mark(&step, Mark::Stood),
        Event::Told { says, hint } => model.notice(Notice::new(Weight::Warn, says).hint(hint)),
        Event::Closed { outcome, says, hint } => {
            carry.question = None;
            carry.closed = Some((outcome, says.clone()));
            let notice = match carry.undoes {
                true => told_undone(carry, outcome, says),
                false => told_over(carry, outcome, says, hint),
            };
            model.notice(notice);
        }
        Event::Asked(..) => {}
    }
    Vec::new()
}

fn told_over(carry: &Carry, outcome: Outcome, says: String, hint: String) -> Notice {
    match outcome {
        Outcome::Success => Notice::new(Weight::Good, "the runbook is done"),
        _ if !hint.is_empty() => Notice::new(Weight::Bad, says).hint(hint),
        _ => Notice::new(Weight::Bad, says).hint(match carry.is_undoable() {
            true => "u undoes what is done, `:runbook.resume` goes on with it",
            false => "`:runbook.resume` goes on with it",
        }),
    }
}

/// Of a run that was over: undoing what it did makes it no other one.
fn told_undone(carry: &Carry, outcome: Outcome, says: String) -> Notice {
    let undone = carry.undone();
    let is_success = outcome == Outcome::Success;
    match undone.as_slice() {
        _ if carry.has_kept() => Notice::new(Weight::Bad, says).hint("u tries again to undo what is left"),
        [] if is_success => Notice::new(Weight::Info, "nothing was undone"),
        [] => Notice::new(
            Weight::Warn,
            format!("nothing was undone; the run ended so: {says}"),
        ),
        undone if is_success => Notice::new(Weight::Good, format!("undone: {}", undone.join(", "))),
        // It names what is rolled back.
        _ => Notice::new(Weight::Warn, format!("the run stays as it ended: {says}")),
    }
}

/// A question waits; its step comes into view.
pub fn asked(model: &mut Model, question: Question) -> Vec<Effect> {
    let step = match &question {
        Question::Confirm { step, .. }
        | Question::Task { step, .. }
        | Question::Failed { step, .. }
        | Question::Blocked { step, .. }
        | Question::Unknown { step, .. }
        | Question::Rollback { step, .. } => Some(step.clone()),
        Question::Value { .. } | Question::Changed { .. } | Question::Gone { .. } => None,
    };
    if let (Question::Confirm { values, commands, .. }, Some(row)) =
        (&question, step.as_ref().and_then(|id| model.carry.row(id)))
    {
        row.commands = value_lines(values);
        row.commands.extend_from_slice(commands);
    }
    if step.is_some() {
        model.carry.cursor.select(step);
    }
    // What was said while none waited is not so any longer.
    if model.notices.last().is_some_and(|last| last.says == NONE_WAITS) {
        model.notice_for = 0;
    }
    if model.room != Room::Carry {
        let notice = Notice::new(
            Weight::Warn,
            format!("{} waits for your answer", model.carry.title),
        );
        model.notice(notice.hint("6, then R shows it"));
    }
    // Whoever typed a value that was refused types on: digits would lead to other panels.
    let types_on = matches!(question, Question::Value { refused: Some(_), .. });
    if types_on && model.room == Room::Carry && model.overlay.is_none() {
        model.overlay = Some(Overlay::Prompt {
            ask: Ask::Step,
            prompt: Prompt::default(),
        });
    }
    model.carry.question = Some(question);
    Vec::new()
}

/// Nothing was begun.
pub fn refused(model: &mut Model, says: String, hint: String) -> Vec<Effect> {
    model.carry.closed = Some((Outcome::Failed, says.clone()));
    model.notice(Notice::new(Weight::Bad, says).hint(hint));
    Vec::new()
}

/// Nothing was begun: the page's file says something else by now, which is shown.
pub fn stale(model: &mut Model, before: &Page, now: Again) -> Vec<Effect> {
    model.carry = Carry::default();
    if model.room == Room::Carry {
        model.room = model.came_from.pop().unwrap_or_default();
    }
    runbooks::show_stale(model, before, now)
}

pub fn perform(model: &mut Model, verb: Verb) -> Vec<Effect> {
    if verb == Verb::StepAbort && model.carry.is_going() {
        let waits = model.carry.question.take().is_some();
        return match waits {
            true => vec![Effect::AnswerStep(Answer::Abort)],
            false => vec![Effect::StopCarry],
        };
    }
    // A key that is held down answers one question, not the next as well.
    let last = model.carry.pressed_at.replace(model.now);
    if last.is_some_and(|last| model.now.duration_since(last) < HELD) {
        return Vec::new();
    }
    let Some(question) = model.carry.question.take() else {
        model.notice(match &model.carry.closed {
            Some(_) => Notice::new(Weight::Info, "the run is over").hint("esc leads back to the page"),
            None => Notice::new(Weight::Info, NONE_WAITS),
        });
        return Vec::new();
    };
    // Enter alone says yes only where nothing is at stake.
    if verb == Verb::StepEnter && wants_yes(&question) {
        model.notice(Notice::new(Weight::Info, "enter alone is no yes to this").hint("y says yes"));
        model.carry.question = Some(question);
        return Vec::new();
    }
    let verb = if verb == Verb::StepEnter {
        Verb::StepYes
    } else {
        verb
    };
    let answer = match (verb, &question) {
        (Verb::StepSkip, Question::Rollback { .. } | Question::Changed { .. } | Question::Gone { .. }) => {
            Answer::No
        }
        (Verb::StepSkip, _) => Answer::Skip,
        (Verb::StepRetry, Question::Failed { .. } | Question::Blocked { .. } | Question::Unknown { .. }) => {
            Answer::Retry
        }
        (
            Verb::StepYes,
            Question::Value { .. }
            | Question::Blocked {
                wants_approval: true, ..
            }
            | Question::Confirm {
                level: Level::Type | Level::Two,
                ..
            },
        ) => {
            let text = match &question {
                Question::Value { default, .. } => default.clone().unwrap_or_default(),
                _ => String::new(),
            };
            let prompt = Prompt::new(text.as_str());
            model.overlay = Some(Overlay::Prompt {
                ask: Ask::Step,
                prompt,
            });
            model.carry.question = Some(question);
            return Vec::new();
        }
        // What failed is tried again by its own key, never by the one that says yes to anything.
        (Verb::StepYes, Question::Failed { .. } | Question::Blocked { .. }) | (Verb::StepRetry, _) => {
            model.carry.question = Some(question);
            return Vec::new();
        }
        _ => Answer::Yes,
    };
    vec![Effect::AnswerStep(answer)]
}

/// Whether the question is answered by a key of its own: what changes something, undoes it, or cannot be taken back.
fn wants_yes(question: &Question) -> bool {
    match question {
        Question::Confirm { level, .. } => *level == Level::Yes,
        Question::Rollback { .. }
        | Question::Unknown { .. }
        | Question::Changed { .. }
        | Question::Gone { .. } => true,
        Question::Value { .. }
        | Question::Task { .. }
        | Question::Failed { .. }
        | Question::Blocked { .. } => false,
    }
}

/// What was typed for a question that wants a text.
pub fn given(model: &mut Model, text: String) -> Vec<Effect> {
    model.carry.pressed_at = Some(model.now);
    match model.carry.question.take() {
        Some(_) => vec![Effect::AnswerStep(Answer::Text(text))],
        None => Vec::new(),
    }
}

/// Whether what is typed for the question is not to be seen.
pub(in crate::panel) fn is_secret(model: &Model) -> bool {
    matches!(
        model.carry.question,
        Some(Question::Value { is_secret: true, .. })
    )
}

/// What the input line is called.
pub(in crate::panel) fn label(model: &Model) -> String {
    match &model.carry.question {
        Some(Question::Value { name, prompt, .. }) if prompt.is_empty() => format!("{name} ="),
        Some(Question::Value { prompt, .. }) => prompt.clone(),
        Some(Question::Blocked { .. }) => "the path of the approval:".into(),
        Some(Question::Confirm { phrase, .. }) => format!("type {phrase} to run it:"),
        _ => String::new(),
    }
}
