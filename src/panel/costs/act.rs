//! What a key does to the panel. Another question is answered from this machine; what it lacks comes back as a price.

use crate::app::{Ask, Command, Effect, Model, Notice, Overlay, Verb, Weight};
use crate::cost::{Charge, Comparison, Dimension, Lens, Refresh, Saved, Source, Span, today};
use crate::panel::list::Step;
use crate::ui::prompt::Prompt;

use super::update::{ask, force, going, needs, step};
use super::{Tab, beside, drill, ledger, moves, pick};

/// What the group key goes through.
const DIMENSIONS: [&str; 6] = [
    "service",
    "account",
    "region",
    "usage_type",
    "category",
    "tag:team",
];
const LENSES: [Lens; 3] = [Lens::Unblended, Lens::Amortized, Lens::Net];

pub fn perform(model: &mut Model, command: Command) -> Vec<Effect> {
    model.costs.refused_now = None;
    if let Some(tab) = Tab::of(command.verb) {
        model.costs.tab = tab;
        return needs(model);
    }
    match command.verb {
        Verb::Group | Verb::GroupBy if !model.costs.tab.is_of_rows() => {
            let says = "what is listed here has no groups";
            model.notice(Notice::new(Weight::Info, says).hint("t goes to the rows, which have"));
            return Vec::new();
        }
        Verb::Group => {
            model.costs.query.by = next_dimension(model);
            model.costs.table = Default::default();
        }
        Verb::GroupBy if command.argument.is_empty() => return pick::open(model, false),
        Verb::GroupBy => return pick::take(model, false, &command.argument),
        Verb::SplitRow if command.argument.is_empty() => return pick::open(model, true),
        Verb::SplitRow => return pick::take(model, true, &command.argument),
        Verb::AwsAnomalies => return beside::ask_anomalies(model),
        Verb::AwsForecast => return beside::ask_forecast(model),
        Verb::Lens => {
            let query = &mut model.costs.query;
            let at = LENSES
                .iter()
                .position(|lens| *lens == query.lens)
                .unwrap_or_default();
            query.lens = LENSES[(at + 1) % LENSES.len()];
        }
        Verb::Tax => turn(model, Charge::Tax),
        Verb::Credit => turn(model, Charge::Credit),
        Verb::Refund => turn(model, Charge::Refund),
        Verb::Support => turn(model, Charge::Support),
        Verb::NextSpan => {
            let costs = &mut model.costs;
            let at = Span::PRESETS.iter().position(|span| *span == costs.query.span);
            let next = Span::PRESETS[at.map_or(0, |at| at + 1) % Span::PRESETS.len()];
            drill::turn(costs, next);
        }
        Verb::NextCurrency => return next_currency(model),
        Verb::NextSource => return next_source(model),
        Verb::FromSource => {
            let Some(source) = Source::parse(&command.argument) else {
                let says = format!("no source is called {}", command.argument);
                model.notice(Notice::new(Weight::Bad, says).hint("ce:PROFILE, files, files:NAME or athena"));
                return Vec::new();
            };
            return from(model, source);
        }
        Verb::CostRight | Verb::CostLeft if model.costs.tab == Tab::Moves => {
            moves::aside(&mut model.costs, command.verb == Verb::CostRight);
            return Vec::new();
        }
        Verb::CostRight | Verb::CostLeft if model.costs.tab == Tab::Calendar => {
            // Its columns are weeks.
            let days = if command.verb == Verb::CostRight { 7 } else { -7 };
            step(model, Step::By(days));
            return Vec::new();
        }
        Verb::DrillIn | Verb::CostRight => return drill::inward(model),
        Verb::DrillOut | Verb::CostLeft => return drill::outward(model),
        Verb::Compare if command.argument.is_empty() => {
            let text = model.costs.query.span.to_string();
            return prompt(model, Ask::Compare, text);
        }
        Verb::Compare => return compare(model, command.argument),
        Verb::Year => {
            model.costs.year = true;
        }
        Verb::SaveView if command.argument.is_empty() => return prompt(model, Ask::ViewName, String::new()),
        Verb::SaveView => return save(model, command.argument),
        Verb::OpenView => return open(model, &command.argument),
        Verb::ForgetView => return vec![Effect::ForgetCostView(command.argument)],
        Verb::AcceptMove => return moves::accept(model),
        Verb::SnoozeMove if command.argument.is_empty() => return moves::ask_snooze(model),
        Verb::SnoozeMove => return snooze(model, command.argument),
        Verb::WithdrawMove if command.argument.is_empty() => return ledger::ask_withdraw(model),
        Verb::WithdrawMove => return withdraw(model, command.argument),
        Verb::Pay => {
            let Some((_, effect)) = model.costs.pending.take() else {
                return Vec::new();
            };
            model.costs.paid = Some(effect.clone());
            if let Effect::FetchCosts {
                source, query, year, ..
            } = &*effect
            {
                let costs = &mut model.costs;
                // Nothing else that is paid for tells why there are no costs.
                costs.trouble = None;
                // As if it had been there for nothing.
                if let Some((tab, way)) = costs.wanted.take() {
                    costs.tab = tab;
                    costs.trail.extend(way);
                }
                costs.table = Default::default();
                costs.query = query.clone();
                costs.source.clone_from(source);
                costs.year = *year;
            }
            if let Effect::ListDimensions { .. } = &*effect {
                let inside = model.costs.picking.take();
                model.overlay = Some(pick::overlay(inside));
            }
            return vec![going(model, *effect)];
        }
        _ => return force(model),
    }
    ask(model, Refresh::Never)
}

fn turn(model: &mut Model, charge: Charge) {
    let without = &mut model.costs.query.without;
    if !without.remove(&charge) {
        without.insert(charge);
    }
}

fn next_dimension(model: &Model) -> Dimension {
    let query = &model.costs.query;
    let at = DIMENSIONS
        .iter()
        .position(|name| Dimension::parse(name).as_ref() == Ok(&query.by));
    let next = (0..DIMENSIONS.len())
        .map(|step| DIMENSIONS[(at.map_or(0, |at| at + 1) + step) % DIMENSIONS.len()])
        .filter_map(|name| Dimension::parse(name).ok())
        .find(|dimension| query.inside.iter().all(|(inside, _)| inside != dimension));
    next.unwrap_or(Dimension::Service)
}

/// Amounts of two are never added: one is shown, by its letters the next after that of the report.
fn next_currency(model: &mut Model) -> Vec<Effect> {
    let Some(report) = &model.costs.report else {
        return Vec::new();
    };
    let shown = report.currency();
    let mut all: Vec<&str> = report.others.iter().map(|of| of.currency.as_str()).collect();
    all.sort_unstable();
    let next = all.iter().find(|of| **of > shown).or(all.first());
    let Some(next) = next.map(|next| (*next).to_owned()) else {
        let says = format!("all of it is in {shown}");
        model.notice(Notice::new(Weight::Info, says));
        return Vec::new();
    };
    model.costs.query.currency = Some(next);
    ask(model, Refresh::Never)
}

fn next_source(model: &mut Model) -> Vec<Effect> {
    let costs = &model.costs;
    let last = costs.passed.clone().or_else(|| costs.source_or_first());
    let at = last.and_then(|source| costs.sources.iter().position(|of| *of == source));
    match costs.sources.len() {
        0 => vec![Effect::ListCostSources],
        1 => {
            let says = format!("costs come from {} alone", costs.sources[0]);
            model
                .notice(Notice::new(Weight::Info, says).hint("import an export, or configure more profiles"));
            Vec::new()
        }
        many => {
            let next = costs.sources[at.map_or(0, |at| at + 1) % many].clone();
            model.costs.passed = Some(next.clone());
            from(model, next)
        }
    }
}

/// Another bill begins at its whole.
fn from(model: &mut Model, source: Source) -> Vec<Effect> {
    // What was said is said of the last one.
    model.notice_for = 0;
    let costs = &mut model.costs;
    costs.source = Some(source);
    costs.query.inside.clear();
    costs.query.currency = None;
    costs.trail.clear();
    if matches!(costs.query.by, Dimension::Resource | Dimension::Day) {
        costs.query.by = Dimension::Service;
    }
    costs.table = Default::default();
    ask(model, Refresh::Never)
}

fn prompt(model: &mut Model, ask: Ask, text: String) -> Vec<Effect> {
    model.overlay = Some(Overlay::Prompt {
        ask,
        prompt: Prompt::new(text),
    });
    Vec::new()
}

/// What is typed as two periods, by their first and their last days: `..` ends before the second one.
pub fn reading(model: &Model, typed: &str) -> String {
    let now = today(model.now);
    let open = model.costs.report.as_ref().map_or(now, |report| report.today);
    let Ok(span) = Span::parse(typed) else {
        return String::new();
    };
    let Comparison { current, previous } = span.on(open);
    let [current, previous] = [current, previous].map(|period| period.in_year(now.year()));
    format!("{current} against {previous}; the day after .. is not in it")
}

/// Two periods, as they were typed.
pub fn compare(model: &mut Model, text: String) -> Vec<Effect> {
    match Span::parse(&text) {
        Ok(span) => {
            drill::turn(&mut model.costs, span);
            ask(model, Refresh::Never)
        }
        Err(says) => {
            model.notice(Notice::new(Weight::Warn, says));
            prompt(model, Ask::Compare, text)
        }
    }
}

/// Keeps what is shown under a name.
pub fn save(model: &mut Model, name: String) -> Vec<Effect> {
    let name = name.trim();
    if name.is_empty() {
        return Vec::new();
    }
    let costs = &model.costs;
    let saved = Saved::of(name, costs.source.as_ref(), costs.tab.name(), &costs.query);
    let says = format!("kept as {name}");
    let hint = "the palette (C-p) lists it";
    model.notice(Notice::new(Weight::Good, says).hint(hint));
    vec![Effect::SaveCostView(Box::new(saved))]
}

fn open(model: &mut Model, name: &str) -> Vec<Effect> {
    let Some(saved) = model.costs.views.iter().find(|view| view.name == name).cloned() else {
        let known: Vec<&str> = model.costs.views.iter().map(|view| view.name.as_str()).collect();
        let says = format!("no view is called {name}");
        let hint = format!("there is {}", known.join(", "));
        model.notice(Notice::new(Weight::Bad, says).hint(hint));
        return Vec::new();
    };
    match saved.query() {
        Ok(query) => {
            // What was said is said of what was looked at before.
            model.notice_for = 0;
            let costs = &mut model.costs;
            let source = saved.source.as_deref().and_then(Source::parse);
            let tab = Tab::parse(&saved.view).unwrap_or_default();
            let is_other = (&costs.query, &costs.source, costs.tab) != (&query, &source, tab);
            // Going out closes it again, where there was something before it.
            if costs.report.is_some() && is_other {
                drill::remember(costs);
            }
            (costs.query, costs.source, costs.tab) = (query, source, tab);
            costs.table = Default::default();
            model.go(crate::app::Room::Costs);
            ask(model, Refresh::Never)
        }
        Err(says) => {
            let notice = Notice::new(Weight::Bad, format!("the view {name} cannot be shown: {says}"));
            model.notice(notice.hint("keep it anew with V"));
            Vec::new()
        }
    }
}

/// Why the move under the cursor of the ledger is taken back.
pub fn withdraw(model: &mut Model, reason: String) -> Vec<Effect> {
    ledger::withdraw(model, &reason)
}

/// `DAY reason` for the move under the cursor.
pub fn snooze(model: &mut Model, text: String) -> Vec<Effect> {
    moves::snooze(model, &text)
}
