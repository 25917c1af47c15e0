//! What changes runs: what they tell, and the keys of their panel.

use ratatui::layout::Rect;

use crate::app::{Effect, Model, Notice, RunId, Verb, Weight, begun, dispatch};
use crate::fanout::{Event, busy};
use crate::fleet::Node;
use crate::panel::fleet;
use crate::panel::list::Step;
use crate::ui::table::Hit;
use crate::ui::text;

use super::run::Sort;
use super::view::hit;
use super::{Draft, Page, Run, Stand, draft, page};

/// Cells of a command in a notice.
const TOLD: usize = 24;

pub fn heard(model: &mut Model, id: RunId, events: Vec<Event>) -> Vec<Effect> {
    let now = model.now;
    for event in &events {
        let notice = match event {
            Event::Failed(failure) => {
                Notice::new(Weight::Bad, failure.to_string()).hint(failure.hint.clone())
            }
            Event::Unrecorded { says, over: true } => Notice::new(
                Weight::Bad,
                format!("a run can no longer be recorded, so it is cancelled: {says}"),
            )
            .hint("free some space, then run it again"),
            Event::Unrecorded { says, .. } => {
                Notice::new(Weight::Bad, format!("a run is NOT RECORDED: {says}"))
            }
            Event::Busy {
                node,
                at_least_seconds,
            } => Notice::new(Weight::Warn, busy(node, *at_least_seconds)),
            Event::Recorded => Notice::new(Weight::Info, "the run is recorded again"),
            _ => continue,
        };
        model.notice(notice);
    }
    if let Some(run) = model.fanout.run_mut(id) {
        events.into_iter().for_each(|event| run.hear(event, now));
        run.arrange();
    }
    Vec::new()
}

pub fn refused(model: &mut Model, id: RunId, says: String, hint: String) -> Vec<Effect> {
    let now = model.now;
    if let Some(run) = model.fanout.run_mut(id) {
        run.end(now, "NotSent", &says);
    }
    model.notice(Notice::new(Weight::Bad, says).hint(hint));
    Vec::new()
}

pub fn ended(model: &mut Model, id: RunId) -> Vec<Effect> {
    let now = model.now;
    let Some(run) = model.fanout.run_mut(id) else {
        return Vec::new();
    };
    run.end(now, "Unknown", "nothing more was heard of it");
    let (failed, skipped, all) = (run.failed(), run.skipped(), run.targets.len());
    let what = text::truncate(&run.text, TOLD).into_owned();
    let notice = match (failed, skipped) {
        (0, 0) => Notice::new(Weight::Good, format!("all {all} succeeded: {what}")),
        (0, _) => Notice::new(
            Weight::Warn,
            format!("{} succeeded, {skipped} not online: {what}", all - skipped),
        ),
        _ => Notice::new(Weight::Bad, format!("{failed} of {all} did not succeed: {what}")),
    };
    model.notice(notice);
    vec![begun(model, Effect::ListRecordings)]
}

pub fn perform(model: &mut Model, verb: Verb) -> Vec<Effect> {
    match verb {
        Verb::OpenRun => open(model),
        Verb::CloseRun if model.fanout.page.is_some() => model.fanout.page = None,
        Verb::CloseRun => model.fanout.open = None,
        Verb::CancelRun => return cancel(model),
        Verb::RunAgain => return again(model),
        Verb::RunShell => return shell(model),
        Verb::NextFound => page::turn(model, 1),
        _ => page::turn(model, -1),
    }
    Vec::new()
}

fn open(model: &mut Model) {
    let fanout = &mut model.fanout;
    match (fanout.target(), fanout.run()) {
        (Some(target), _) if fanout.page.is_none() => fanout.page = Some(Page::new(target.node.id.clone())),
        (None, Some(run)) => fanout.open = Some(run.id),
        _ => {}
    }
}

fn cancel(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.fanout.run().filter(|run| run.is_going()).map(|run| run.id) else {
        model.notice(Notice::new(Weight::Info, "it is over already"));
        return Vec::new();
    };
    if let Some(run) = model.fanout.run_mut(id) {
        run.cancelling = true;
    }
    vec![Effect::CancelRun(id)]
}

/// The same command where it did not succeed; instances as the fleet knows them now.
fn again(model: &mut Model) -> Vec<Effect> {
    let Some(run) = model.fanout.run() else {
        return Vec::new();
    };
    let missed = run.targets.iter().filter(|target| {
        let stand = target.stand();
        stand.is_over() && stand != Stand::Good
    });
    let now = |node: &Node| model.fleet.node(&node.id).unwrap_or(node).clone();
    let nodes: Vec<Node> = missed.map(|target| now(&target.node)).collect();
    let said = Draft {
        text: run.text.clone(),
        reason: run.reason.clone(),
        limits: run.limits.clone(),
        given: run.given.clone(),
        ..Draft::default()
    };
    if nodes.is_empty() {
        model.notice(Notice::new(Weight::Info, "nowhere did it fail"));
        return Vec::new();
    }
    draft::draft(model, nodes, said)
}

fn shell(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.fanout.target().map(|target| target.node.id.clone()) else {
        model.notice(Notice::new(Weight::Info, "no instance is chosen").hint("enter looks inside the run"));
        return Vec::new();
    };
    match model.fleet.node(&id).cloned() {
        Some(node) => fleet::connect_to(model, node),
        None => {
            model.notice(Notice::new(
                Weight::Warn,
                format!("{id} is no longer in the fleet"),
            ));
            Vec::new()
        }
    }
}

pub fn step(model: &mut Model, step: Step) {
    if model.fanout.page.is_some() {
        return page::step(model, step);
    }
    if let Some(run) = model.fanout.open_mut() {
        let mut cursor = std::mem::take(&mut run.table.cursor);
        step.apply(&mut cursor, run);
        run.table.cursor = cursor;
        return;
    }
    let mut cursor = std::mem::take(&mut model.fanout.list.cursor);
    step.apply(&mut cursor, &model.fanout);
    model.fanout.list.cursor = cursor;
}

/// Searches an output, filters the instances of a run.
pub fn narrow(model: &mut Model, text: String) {
    if model.fanout.page.is_some() {
        return page::search(model, text);
    }
    if let Some(run) = model.fanout.open_mut() {
        run.filter = text;
        run.arrange();
    }
}

pub fn sort(model: &mut Model, reverse: bool) {
    if let Some(run) = model.fanout.open_mut() {
        match (reverse, run.sort) {
            (true, _) => run.descending = !run.descending,
            (false, Sort::Stand) => run.sort = Sort::Name,
            (false, Sort::Name) => run.sort = Sort::Took,
            (false, Sort::Took) => run.sort = Sort::Stand,
        }
        run.arrange();
    }
}

/// A click selects; a click on what is selected looks inside.
pub fn click(model: &mut Model, area: Rect, x: u16, y: u16) -> Vec<Effect> {
    let Some(Hit::Row(at)) = hit(model, area, x, y) else {
        return Vec::new();
    };
    let select = |run: &mut Run| {
        let mut cursor = std::mem::take(&mut run.table.cursor);
        let same = cursor.index(run) == Some(at);
        cursor.select_index(run, at);
        run.table.cursor = cursor;
        same
    };
    let same = match model.fanout.open_mut() {
        Some(run) => select(run),
        None => {
            let mut cursor = std::mem::take(&mut model.fanout.list.cursor);
            let same = cursor.index(&model.fanout) == Some(at);
            cursor.select_index(&model.fanout, at);
            model.fanout.list.cursor = cursor;
            same
        }
    };
    if same {
        return dispatch(model, Verb::OpenRun.into());
    }
    Vec::new()
}
