//! What changes the costs panel. Each step asks anew; what was paid for once is answered from the disk.

use crate::app::{Effect, Model, Notice, Verb, Weight, begun};
use crate::cost::{Dimension, Report};
use crate::panel::list::Step;

use super::LENSES;

pub fn arrived(model: &mut Model, mut report: Report) -> Vec<Effect> {
    if let Some(stale) = &report.stale_because {
        model.notice(Notice::new(Weight::Warn, stale.to_string()).hint(stale.hint()));
    }
    if model.costs.by_change {
        order(&mut report);
    }
    model.costs.trouble = None;
    model.costs.report = Some(report);
    model.costs.answered = model.costs.profile;
    Vec::new()
}

pub fn failed(model: &mut Model, says: String, hint: String) -> Vec<Effect> {
    model.notice(Notice::new(Weight::Bad, says.clone()).hint(hint.clone()));
    model.costs.trouble = Some((says, hint));
    // What was asked could not be answered: the last answer stays, and so does its question.
    if let Some(report) = &model.costs.report {
        model.costs.query = report.query.clone();
        model.costs.profile = model.costs.answered;
    }
    Vec::new()
}

fn ask(model: &mut Model, forced: bool) -> Vec<Effect> {
    model.costs.asked = true;
    vec![begun(model, model.costs.fetch(forced))]
}

pub fn perform(model: &mut Model, verb: Verb) -> Vec<Effect> {
    match verb {
        Verb::Group => model.costs.query.by = model.costs.next_dimension(),
        Verb::NextProfile => {
            model.costs.profile = model.costs.profile.wrapping_add(1);
            model.costs.query.inside.clear();
            model.costs.query.by = Dimension::Service;
        }
        Verb::Lens => {
            let at = LENSES
                .iter()
                .position(|lens| *lens == model.costs.query.lens)
                .unwrap_or_default();
            model.costs.query.lens = LENSES[(at + 1) % LENSES.len()];
        }
        Verb::DrillIn => {
            let Some(name) = model.costs.table.cursor.current(&model.costs) else {
                return Vec::new();
            };
            let inner = match model.costs.query.by {
                Dimension::Service => Dimension::UsageType,
                _ => Dimension::Service,
            };
            if model.costs.is_inside() {
                let says = "Cost Explorer groups by two dimensions at most";
                model.notice(Notice::new(Weight::Info, says).hint("backspace goes back out"));
                return Vec::new();
            }
            let by = std::mem::replace(&mut model.costs.query.by, inner);
            model.costs.query.inside.push((by, name));
        }
        Verb::DrillOut => match model.costs.query.inside.pop() {
            Some((by, _)) => model.costs.query.by = by,
            None => return Vec::new(),
        },
        _ => return ask(model, true),
    }
    model.costs.table = Default::default();
    ask(model, false)
}

pub fn step(model: &mut Model, step: Step) {
    let mut cursor = std::mem::take(&mut model.costs.table.cursor);
    step.apply(&mut cursor, &model.costs);
    model.costs.table.cursor = cursor;
}

/// By cost, or by how much it changed.
pub fn sort(model: &mut Model, _reverse: bool) {
    model.costs.by_change = !model.costs.by_change;
    let by_change = model.costs.by_change;
    if let Some(report) = &mut model.costs.report {
        if by_change {
            order(report);
        } else {
            report.rows.sort_by_key(|row| std::cmp::Reverse(row.cost));
        }
    }
}

fn order(report: &mut Report) {
    report.rows.sort_by(|a, b| {
        let change = |row: &crate::cost::Line| (row.cost - row.before).approximate().abs();
        change(b).total_cmp(&change(a))
    });
}
