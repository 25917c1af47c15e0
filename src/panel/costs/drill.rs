//! The way in and out: organisation, account, service, usage type, resource, day. Each view has its own thing under the
//! cursor; going out comes back to exactly where Enter was pressed.

use crate::app::{Effect, Model, Notice, Weight};
use crate::cost::{Dimension, Query, Refresh, Source, Span};

use super::update::{ask, needs, week_before};
use super::{Costs, Place, Tab, moves};

/// The longest that can be held against as much before it where fourteen days are all there is.
const WEEK: Span = Span::Days(7);

/// What Enter does.
pub fn inward(model: &mut Model) -> Vec<Effect> {
    match model.costs.tab {
        Tab::Days | Tab::Calendar => into_day(model, None),
        Tab::Anomalies => into_anomaly(model),
        Tab::Moves => moves::look(model),
        Tab::Table | Tab::Treemap | Tab::Changes => into_row(model, None),
        // What they list is not of the bill's rows.
        Tab::Ledger | Tab::Commitments => Vec::new(),
    }
}

pub fn remember(costs: &mut Costs) {
    costs.trail.push(Place {
        query: costs.query.clone(),
        source: costs.source.clone(),
        tab: costs.tab,
        selected: costs.table.cursor.selected().cloned(),
    });
}

/// Another period of the same rows: going out leads back to the one before the first of several.
pub fn turn(costs: &mut Costs, span: Span) {
    if costs.query.span == span {
        return;
    }
    let before = costs.trail.last().filter(|place| place.tab == costs.tab);
    let before = before.map(|place| &place.query).filter(|query| {
        let same = Query {
            span: costs.query.span,
            ..(*query).clone()
        };
        same == costs.query
    });
    match before {
        None => remember(costs),
        // It is back where it began.
        Some(query) if query.span == span => drop(costs.trail.pop()),
        Some(_) => {}
    }
    costs.query.span = span;
}

/// Rows of what is inside the one under the cursor: by a chosen dimension, else by the next one on the way in.
pub fn into_row(model: &mut Model, by: Option<Dimension>) -> Vec<Effect> {
    // The last way in has no answer yet: its rows are not the ones that are shown.
    let shown = model.costs.report.as_ref().map(|report| &report.query.by);
    if shown.is_some_and(|by| *by != model.costs.query.by) {
        return Vec::new();
    }
    let Some(name) = model.costs.table.cursor.current(&model.costs) else {
        return Vec::new();
    };
    if model.costs.query.by == Dimension::Day {
        model.costs.day.select(name.parse().ok());
        return into_day(model, by);
    }
    let Some(next) = by.or_else(|| model.costs.query.next_inward()) else {
        model.notice(
            Notice::new(Weight::Info, "nothing is smaller than this")
                .hint("S looks inside by any other dimension; backspace goes back out"),
        );
        return Vec::new();
    };
    let few_days = few_days(model, &next);
    let costs = &mut model.costs;
    remember(costs);
    if few_days {
        costs.query.span = WEEK;
    }
    let by = std::mem::replace(&mut costs.query.by, next);
    costs.query.inside.push((by, name));
    costs.table = Default::default();
    ask(model, Refresh::Never)
}

/// The same rows, split by another dimension.
pub fn split(model: &mut Model, by: Dimension) -> Vec<Effect> {
    let few_days = few_days(model, &by);
    let costs = &mut model.costs;
    if few_days {
        turn(costs, WEEK);
    }
    costs.query.by = by;
    costs.table = Default::default();
    ask(model, Refresh::Never)
}

/// Whether the source tells single resources for two weeks alone, which is said.
fn few_days(model: &mut Model, by: &Dimension) -> bool {
    let is_ce = matches!(model.costs.source(), Some(Source::CostExplorer(_)));
    let few_days = *by == Dimension::Resource && is_ce;
    if few_days {
        let says = "Cost Explorer tells resources of the last 14 days: a week against the week before";
        model.notice(Notice::new(Weight::Info, says).hint("an imported export tells them for longer"));
    }
    few_days
}

/// What one day was made of, against the same weekday a week before.
fn into_day(model: &mut Model, by: Option<Dimension>) -> Vec<Effect> {
    let costs = &mut model.costs;
    let Some(day) = costs.day.current(costs.dates.as_slice()) else {
        return Vec::new();
    };
    let span = Span::Chosen(week_before(day));
    if costs.query.span == span && costs.query.by != Dimension::Day {
        return Vec::new();
    }
    remember(costs);
    costs.query.span = span;
    costs.tab = Tab::Table;
    costs.table = Default::default();
    match by {
        Some(by) => costs.query.by = by,
        None if costs.query.by == Dimension::Day => costs.query.by = costs.by_of_days(),
        None => {}
    }
    ask(model, Refresh::Never)
}

/// The service that an anomaly is about, by usage types.
fn into_anomaly(model: &mut Model) -> Vec<Effect> {
    let costs = &mut model.costs;
    let (service, account) = match (costs.told(), costs.theirs_alone()) {
        (Some(told), _) => (told.anomaly.service(), told.anomaly.account()),
        (None, Some(foreign)) => (foreign.service.as_deref(), foreign.account.as_deref()),
        (None, None) => return Vec::new(),
    };
    let inside: Vec<(Dimension, String)> = [(Dimension::Account, account), (Dimension::Service, service)]
        .into_iter()
        .filter_map(|(of, value)| Some((of, value?.to_owned())))
        .collect();
    remember(costs);
    costs.query.by = match inside.is_empty() {
        true => Dimension::Service,
        false => Dimension::UsageType,
    };
    costs.query.inside = inside;
    costs.tab = Tab::Table;
    costs.table = Default::default();
    ask(model, Refresh::Never)
}

pub fn outward(model: &mut Model) -> Vec<Effect> {
    let costs = &mut model.costs;
    let Some(place) = costs.trail.pop() else {
        let Some((by, name)) = costs.query.inside.pop() else {
            return Vec::new();
        };
        costs.query.by = by;
        costs.table = Default::default();
        costs.table.cursor.select(Some(name));
        return ask(model, Refresh::Never);
    };
    costs.tab = place.tab;
    costs.table = Default::default();
    costs.table.cursor.select(place.selected);
    if costs.query == place.query && costs.source == place.source {
        return needs(model);
    }
    costs.query = place.query;
    costs.source = place.source;
    ask(model, Refresh::Never)
}

impl Costs {
    /// What the whole of a day is broken down by: where its days were looked at.
    fn by_of_days(&self) -> Dimension {
        let known = |of: &Dimension| self.query.inside.iter().any(|(inside, _)| inside == of);
        [Dimension::Service, Dimension::UsageType, Dimension::Account]
            .into_iter()
            .find(|of| !known(of))
            .unwrap_or(Dimension::Region)
    }
}
