//! What comes to the panel: reports, prices, explanations. An answer that failed leaves the last one, and its question.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::app::{Effect, Key, Model, Notice, Overlay, Verb, Weight, begun};
use crate::cost::advice::Board;
use crate::cost::anomaly::Judged;
use crate::cost::driver::Drivers;
use crate::cost::{
    Comparison, Filter, Price, Prospect, Refresh, Report, Saved, Source, Spent, Trouble, today,
};
use crate::panel::fleet;
use crate::panel::list::Step;
use crate::ui::{Cursor, Ids};

use super::{Costs, Place, Tab, changes, ledger, numbered, question, treemap};

/// Going there: the first look may ask what it takes, as home said before.
pub fn opened(model: &mut Model) -> Vec<Effect> {
    if model.costs.asked || model.costs.report.is_some() {
        return Vec::new();
    }
    let mut effects = ask(model, Refresh::Auto);
    effects.push(Effect::ListCostSources);
    effects
}

/// Asks for the query.
pub fn ask(model: &mut Model, refresh: Refresh) -> Vec<Effect> {
    model.costs.asked = true;
    let effect = model.costs.fetch(refresh);
    // What was paid for is not waited for any longer.
    model.costs.paid.take_if(|paid| paid.key() == effect.key());
    vec![going(model, effect)]
}

/// What is older than eight hours is asked for again.
pub fn refresh(model: &mut Model) -> Vec<Effect> {
    forget(model);
    ask(model, Refresh::Auto)
}

/// Everything that can still change is asked for again: the moves where they are looked at, else the report, and what was
/// made of the last one is made anew.
pub fn force(model: &mut Model) -> Vec<Effect> {
    let refused = model.costs.price().and_then(|price| {
        let costs = &model.costs;
        costs.unpayable("a refresh", &price, model.now)
    });
    if let Some(trouble) = refused {
        let kind = model.costs.tab.asks();
        refuse(model, Some(kind), &trouble);
        return Vec::new();
    }
    if let (Tab::Moves, Some(source)) = (model.costs.tab, model.costs.source_or_first()) {
        let effect = Effect::FindMoves {
            source,
            refresh: Refresh::Force,
        };
        return vec![going(model, effect)];
    }
    if let (Tab::Commitments, Some(source @ Source::CostExplorer(_))) =
        (model.costs.tab, model.costs.source())
    {
        let effect = Effect::AskCommitments {
            source,
            refresh: Refresh::Force,
        };
        return vec![going(model, effect)];
    }
    forget(model);
    if let Some(Source::Files(_)) = model.costs.source() {
        let says = "files were read again as they were imported";
        model.notice(Notice::new(Weight::Info, says).hint("`qd costs import` takes in what AWS wrote since"));
    }
    ask(model, Refresh::Force)
}

/// What was made of the bill is made anew of the next one.
pub(super) fn forget(model: &mut Model) {
    let costs = &mut model.costs;
    (costs.judged, costs.board, costs.ledger) = (None, None, None);
    costs.alone.clear();
}

/// What was made of a bill is of the day on which it was made.
pub(super) fn made(model: &mut Model, kind: Key) {
    model.costs.refusals.remove(&kind);
    model.costs.made_on.insert(kind, today(model.now));
}

pub fn arrived(model: &mut Model, mut report: Report) -> Vec<Effect> {
    if let Some(stale) = &report.origin.stale_because {
        model.notice(Notice::new(Weight::Warn, stale.to_string()).hint(stale.hint()));
    }
    let known = model.costs.report.as_ref().map(|last| &last.origin.doubts);
    if let Some((says, hint)) = &report.origin.doubts
        && known != Some(&report.origin.doubts)
    {
        let hint = format!("{hint} with p");
        model.notice(Notice::new(Weight::Warn, says.clone()).hint(hint));
    }
    if let Some(says) = report.origin.without
        && model.costs.report.as_ref().map(|last| last.origin.without) != Some(Some(says))
    {
        model.notice(Notice::new(Weight::Info, says));
    }
    let costs = &mut model.costs;
    if costs.by_cost {
        report.sort_by_cost();
    }
    costs.trouble = None;
    costs.pending = None;
    costs.passed = None;
    costs.refusals.remove(&Key::Costs);
    costs.refused_now.take_if(|of| *of == Key::Costs);
    costs.metered_on = Some(today(model.now));
    let names = report.accounts.iter();
    costs
        .accounts
        .extend(names.map(|(id, name)| (id.clone(), name.clone())));
    costs.prospect = None;
    costs.changes = changes::whole(&report);
    costs.is_split = false;
    costs.shown_source.clone_from(&costs.source);
    costs.dates = report.days.iter().map(|day| day.day).collect();
    let was = costs.report.as_ref().map(|last| last.comparison.current);
    let current = report.comparison.current;
    // Other days are in the headline now: the views of days go with it.
    let is_left = was.is_some_and(|was| was != current);
    let is_shown = |day: &Date| costs.dates.contains(day) && (!is_left || current.contains(*day));
    if costs.day.selected().is_none_or(|day| !is_shown(day)) {
        let wanted = match current.to < report.today {
            true => Some(current.from),
            false => report.today.yesterday().ok(),
        };
        let wanted = wanted.filter(|day| costs.dates.contains(day));
        costs.day.select(wanted);
    }
    costs.tiles = treemap::names(&report);
    let paid = report.origin.requests > 0;
    costs.report = Some(report);
    costs.name_accounts();
    let mut effects = needs(model);
    if paid {
        effects.extend(fleet::price(model));
    }
    effects
}

/// What was paid for may price instances too.
pub fn metered(model: &mut Model, spent: Spent) -> Vec<Effect> {
    if let Some(report) = &mut model.costs.report {
        report.origin.spent = Some(spent);
        model.costs.metered_on = Some(today(model.now));
    }
    fleet::price(model)
}

/// What the view in front has to show though there is no bill: moves by list prices, and what was taken on.
fn without_bill(model: &mut Model, source: Source) -> Vec<Effect> {
    let refresh = Refresh::Never;
    let costs = &model.costs;
    let (is_here, kind, effect) = match costs.tab {
        Tab::Moves => (
            costs.shown_board().is_some(),
            Key::Moves,
            Effect::FindMoves { source, refresh },
        ),
        Tab::Ledger => (
            costs.shown_ledger().is_some_and(|ledger| !ledger.is_open),
            Key::Ledger,
            Effect::ReadLedger { source, refresh },
        ),
        _ => return Vec::new(),
    };
    let is_going = model.busy.iter().any(|busy| busy.key == kind);
    let is_wanted = !is_here && !is_going;
    is_wanted.then(|| going(model, effect)).into_iter().collect()
}

/// What the view in front wants beside the report; for nothing if it is here.
pub fn needs(model: &mut Model) -> Vec<Effect> {
    let costs = &model.costs;
    let (report, source) = match (&costs.report, costs.source_or_first()) {
        (Some(report), Some(source)) => (report, source),
        (None, Some(source)) if costs.trouble.is_some() => return without_bill(model, source),
        _ => return Vec::new(),
    };
    // What was made on another day stays in front until that of today is here.
    let is_past = |kind| costs.made_on.get(&kind) != Some(&today(model.now));
    let effect = match costs.tab {
        // Days that are missing did not cost nothing: there is nothing to split.
        Tab::Changes if !costs.is_split && costs.can_split() && report.summary.is_whole() => {
            Effect::SplitCosts {
                source,
                query: costs.query.clone(),
                compared: report.comparison,
                refresh: Refresh::Never,
            }
        }
        Tab::Anomalies
            if costs.judged.as_ref().is_none_or(|(of, _)| *of != source) || is_past(Key::Anomalies) =>
        {
            Effect::FindAnomalies {
                source,
                refresh: Refresh::Never,
            }
        }
        Tab::Moves if costs.shown_board().is_none() || is_past(Key::Moves) => Effect::FindMoves {
            source,
            refresh: Refresh::Never,
        },
        Tab::Ledger if costs.shown_ledger().is_none_or(|ledger| ledger.is_open) || is_past(Key::Ledger) => {
            Effect::ReadLedger {
                source,
                refresh: Refresh::Never,
            }
        }
        Tab::Commitments if costs.shown_commitments().is_none() || is_past(Key::Commitments) => {
            match source {
                Source::CostExplorer(_) => Effect::AskCommitments {
                    source,
                    refresh: Refresh::Never,
                },
                // The view says that exports do not tell them.
                _ => return Vec::new(),
            }
        }
        _ => return Vec::new(),
    };
    // What is asked for already, perhaps for money, is not begun anew.
    let is_going = model
        .busy
        .iter()
        .any(|busy| Some(&busy.key) == effect.key().as_ref());
    let is_same = effect_source(&effect).is_some_and(|(key, of)| model.costs.asking.get(&key) == Some(of));
    if is_going && is_same {
        return Vec::new();
    }
    vec![going(model, effect)]
}

/// Begins it, and remembers of which source.
pub fn going(model: &mut Model, effect: Effect) -> Effect {
    if let Some(kind) = effect.key() {
        model.costs.refusals.remove(&kind);
        model.costs.refused_now.take_if(|of| *of == kind);
    }
    if let Some((key, source)) = effect_source(&effect) {
        model.costs.asking.insert(key, source.clone());
    }
    begun(model, effect)
}

fn effect_source(effect: &Effect) -> Option<(Key, &Source)> {
    match effect {
        Effect::FindAnomalies { source, .. }
        | Effect::FindMoves { source, .. }
        | Effect::ReadLedger { source, .. }
        | Effect::AskCommitments { source, .. } => Some((effect.key()?, source)),
        _ => None,
    }
}

impl Costs {
    /// What is asked next: what was chosen, else where the report is from.
    pub fn source(&self) -> Option<Source> {
        let shown = || Some(self.report.as_ref()?.origin.source.clone());
        self.source.clone().or_else(shown)
    }

    /// The same where there may be no report: what is asked first then.
    pub(super) fn source_or_first(&self) -> Option<Source> {
        let first = || self.sources.first().filter(|_| self.report.is_none()).cloned();
        self.source().or_else(first)
    }
}

pub fn foreseen(model: &mut Model, prospect: Prospect) -> Vec<Effect> {
    if let Some(report) = &mut model.costs.report {
        report.expect(&prospect);
        model.costs.name_accounts();
    }
    model.costs.prospect = Some(prospect);
    Vec::new()
}

/// Of another report than the one that is shown it is dropped.
pub fn split(model: &mut Model, currency: &str, compared: Comparison, drivers: Drivers) -> Vec<Effect> {
    let costs = &mut model.costs;
    let is_shown = |report: &Report| report.currency() == currency && report.comparison == compared;
    if costs.report.as_ref().is_some_and(is_shown) {
        costs.changes = drivers;
        costs.is_split = true;
    }
    Vec::new()
}

pub fn judged(model: &mut Model, judged: Judged) -> Vec<Effect> {
    if let Some(source) = model.costs.source() {
        made(model, Key::Anomalies);
        model.costs.judged = Some((source, judged));
        model.costs.mark();
        return made_anew(model);
    }
    Vec::new()
}

/// What was read for another view may reach further back than the report, so that it is sure by other months: it is made
/// anew of what is here. Of another question or day that might cost something; what tells use from fees is all here already.
fn made_anew(model: &mut Model) -> Vec<Effect> {
    let costs = &model.costs;
    let may_reach_further = |report: &&Report| {
        let is_asked = report.query == costs.query && costs.pending.is_none();
        let is_payer = matches!(report.origin.source, Source::CostExplorer(_));
        let is_shown = costs.source().as_ref() == Some(&report.origin.source);
        let is_of_today = today(report.origin.read_at) == today(model.now);
        report.usage.is_none() && is_payer && is_shown && is_asked && is_of_today
    };
    let is_going = model.busy.iter().any(|busy| busy.key == Key::Costs);
    match costs.report.as_ref().filter(may_reach_further) {
        Some(_) if !is_going => ask(model, Refresh::Never),
        _ => Vec::new(),
    }
}

pub fn advised(model: &mut Model, source: Source, board: Board, price: Option<Price>) -> Vec<Effect> {
    made(model, Key::Moves);
    model.costs.accounts.extend(board.accounts.clone());
    model.costs.name_accounts();
    model.costs.board = Some((source, board));
    model.costs.board_price = price;
    Vec::new()
}

pub fn listed(model: &mut Model, sources: Vec<Source>) -> Vec<Effect> {
    model.costs.sources = sources;
    needs(model)
}

pub fn kept(model: &mut Model, views: Vec<Saved>) -> Vec<Effect> {
    model.costs.views = views;
    Vec::new()
}

/// It is not here: what is shown stays, and whether to pay for the other is asked.
pub fn priced(model: &mut Model, says: String, effect: Box<Effect>) -> Vec<Effect> {
    let refused = model.costs.refused.as_ref().filter(|(of, _)| *of == effect);
    let question = match refused {
        Some((_, why)) => [why.as_slice(), &[format!("Asking again takes {says}.")]].concat(),
        None => question::of(&model.costs, &says, &effect),
    };
    model.costs.pending = Some((says, effect));
    model.costs.year = false;
    let tab = model.costs.tab;
    let way = back_to_shown(model);
    model.costs.wanted = Some((tab, way)).filter(|(_, way)| !way.is_empty());
    // A question that is open is about what was asked before: this is what will be paid for now.
    let is_older = matches!(&model.overlay, Some(Overlay::Confirm { then, .. }) if then.verb == Verb::Pay);
    if model.overlay.is_none() || is_older {
        model.overlay = Some(Overlay::Confirm {
            question,
            then: Verb::Pay.into(),
            grave: true,
        });
    }
    Vec::new()
}

pub fn failed(model: &mut Model, of: Option<Key>, says: String, hint: String) -> Vec<Effect> {
    model.notice(Notice::new(Weight::Bad, says.clone()).hint(hint.clone()));
    let is_paid = |paid: &mut Box<Effect>| of.is_some() && paid.key() == of;
    if let Some(effect) = model.costs.paid.take_if(is_paid) {
        let why = [format!("The last time it failed: {says}"), hint.clone()];
        model.costs.refused = Some((effect, why.into_iter().filter(|line| !line.is_empty()).collect()));
    }
    told(model, of, (says.clone(), hint.clone()));
    model.costs.trouble = Some((says, hint));
    back_to_shown(model);
    Vec::new()
}

/// What cannot be paid for: said at once, and nothing is asked.
pub fn refuse(model: &mut Model, of: Option<Key>, trouble: &Trouble) {
    let (says, hint) = (trouble.to_string(), trouble.hint());
    model.notice(Notice::new(Weight::Warn, says.clone()).hint(hint.clone()));
    told(model, of, (says, hint));
}

/// Keeps why a kind of question has no answer, for the pane to say in full.
fn told(model: &mut Model, of: Option<Key>, why: (String, String)) {
    let Some(kind) = of else { return };
    model.costs.refusals.insert(kind.clone(), why);
    model.costs.refused_now = Some(kind);
}

/// What was asked could not be answered: the last answer stays, and so does its question. Returns what of the way is gone
/// back.
fn back_to_shown(model: &mut Model) -> Vec<Place> {
    let costs = &mut model.costs;
    let Some(report) = &costs.report else {
        return Vec::new();
    };
    costs.query = report.query.clone();
    costs.source.clone_from(&costs.shown_source);
    let is_left = |place: &Place| place.query == report.query;
    let kept = costs.trail.iter().rposition(|place| !is_left(place));
    let way = costs.trail.split_off(kept.map_or(0, |at| at + 1));
    if let Some(place) = way.first() {
        costs.tab = place.tab;
    }
    way
}

/// The filter, once it was entered.
pub fn narrow(model: &mut Model, text: String) -> Vec<Effect> {
    if let Err(bad) = Filter::parse(&text) {
        model.notice(Notice::new(Weight::Warn, bad.to_string()));
        return Vec::new();
    }
    if model.costs.query.filter == text.trim() {
        return Vec::new();
    }
    model.costs.query.filter = text.trim().to_owned();
    ask(model, Refresh::Never)
}

pub fn step(model: &mut Model, step: Step) {
    let costs = &mut model.costs;
    match costs.tab {
        Tab::Days | Tab::Calendar => {
            let mut cursor = std::mem::take(&mut costs.day);
            let step = match (costs.tab, step) {
                // In the calendar a page is a week: to the side.
                (Tab::Calendar, Step::Page(pages)) => Step::By(pages * 7),
                (_, step) => step,
            };
            step.apply(&mut cursor, costs.dates.as_slice());
            costs.day = cursor;
        }
        Tab::Anomalies => {
            let all = numbered::rows(costs.anomalies());
            move_in(&mut costs.anomaly, step, &all);
        }
        Tab::Ledger => {
            let all = numbered::rows(costs.shown_ledger().map_or(0, ledger::rows));
            move_in(&mut costs.entry, step, &all);
        }
        Tab::Commitments => {
            let found = costs.shown_commitments();
            let all = numbered::rows(found.map_or(0, |found| found.rows.len()));
            move_in(&mut costs.entry, step, &all);
        }
        Tab::Moves => {
            let ids = costs.move_ids();
            move_in(&mut costs.move_, step, ids.as_slice());
        }
        Tab::Table | Tab::Treemap | Tab::Changes => {
            let mut cursor = std::mem::take(&mut costs.table.cursor);
            step.apply(&mut cursor, costs);
            costs.table.cursor = cursor;
        }
    }
}

fn move_in<All: Ids + ?Sized>(cursor: &mut Cursor<All::Id>, step: Step, ids: &All) {
    let mut moved = std::mem::take(cursor);
    step.apply(&mut moved, ids);
    *cursor = moved;
}

/// By cost, or by how much it changed.
pub fn sort(model: &mut Model, _reverse: bool) {
    let costs = &mut model.costs;
    costs.by_cost = !costs.by_cost;
    if let Some(report) = &mut costs.report {
        match costs.by_cost {
            true => report.sort_by_cost(),
            false => report.sort_by_change(),
        }
    }
}

/// A day against the same weekday a week before.
pub fn week_before(day: jiff::civil::Date) -> crate::cost::Comparison {
    let one = |from: jiff::civil::Date| crate::cost::Period {
        from,
        to: from.saturating_add(1.day()),
    };
    crate::cost::Comparison {
        current: one(day),
        previous: one(day.saturating_sub(7.days())),
    }
}
