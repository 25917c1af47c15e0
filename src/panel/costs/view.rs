//! The panel on its area: the sentence, what it is a sentence about, the row of views, and the one in front.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::{Model, Place, Verb};
use crate::cost::Dimension;
pub use crate::cost::short;
use crate::panel::{age, boxed};
use crate::ui::tabs::{Tab as Title, Tabs};
use crate::ui::{Look, Role, text};

use super::{
    Tab, anomalies, calendar, changes, commitments, days, head, ledger, moves, strip, table, treemap,
};

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let sentences = head::lines(model, look, area.width.saturating_sub(1));
    let [head, strip, tabs, body] = Layout::vertical([
        Constraint::Length(sentences.len().min(4) as u16),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
    ])
    .areas(area);
    put_all(sentences, head, buf);
    strip::view(model, strip, buf, look);
    titles(model, tabs, buf, look);
    let inner = boxed(body, buf, look, trail(model, look), true);
    let costs = &model.costs;
    // Moves and anomalies stand on their own; all else is a view of the report.
    match (costs.tab, &costs.report) {
        // None of them is asked for before there is a report.
        (Tab::Moves | Tab::Anomalies | Tab::Ledger | Tab::Commitments, None) if costs.trouble.is_some() => {
            let says = Line::styled(
                "why there are no costs is said above; R asks again",
                look.of(Role::Dim),
            );
            put_all([says], inner, buf);
        }
        (Tab::Moves, _) => moves::view(costs, inner, buf, look),
        (Tab::Anomalies, _) => anomalies::view(model, inner, buf, look),
        (Tab::Ledger, _) => ledger::view(costs, inner, buf, look),
        (Tab::Commitments, _) => commitments::view(costs, inner, buf, look),
        (_, None) => {}
        (Tab::Table, Some(report)) => table::view(costs, report, inner, buf, look),
        (Tab::Days, Some(report)) => days::view(costs, report, inner, buf, look),
        (Tab::Treemap, Some(report)) => treemap::view(costs, report, inner, buf, look),
        (Tab::Calendar, Some(report)) => calendar::view(costs, report, inner, buf, look),
        (Tab::Changes, Some(report)) => changes::view(costs, report, inner, buf, look),
    }
}

/// A line in a row of an area, a cell from its left edge; nothing where there is no such row.
pub fn put(line: &Line, y: u16, area: Rect, buf: &mut Buffer) {
    let inset = Rect {
        x: area.x.saturating_add(1),
        width: area.width.saturating_sub(1),
        ..area
    };
    put_flush(line, y, inset, buf);
}

/// The same at the very edge.
pub fn put_flush(line: &Line, y: u16, area: Rect, buf: &mut Buffer) {
    if area.top() <= y && y < area.bottom() {
        line.render(Rect { y, height: 1, ..area }, buf);
    }
}

/// One below the other from the top of an area, as far as they fit.
pub fn put_all<'a>(lines: impl IntoIterator<Item = Line<'a>>, area: Rect, buf: &mut Buffer) {
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        put(&line, y, area, buf);
    }
}

/// The views with their keys; short where there is little room.
fn titles(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let title = |tab: &Tab, with_key: bool| {
        let keys = model.bindings.keys_of(Place::Costs, &tab.verb().into());
        match keys.first().filter(|_| with_key) {
            Some(key) => format!("{key} {}", tab.title()),
            None => tab.short().to_owned(),
        }
    };
    let with = |with_key| {
        Tab::ALL
            .iter()
            .map(|tab| title(tab, with_key))
            .collect::<Vec<_>>()
    };
    let wide = |titles: &[String]| titles.iter().map(|title| text::width(title) + 2).sum::<usize>();
    let long = with(true);
    let titles = if wide(&long) <= usize::from(area.width) {
        long
    } else {
        with(false)
    };
    let tabs: Vec<Title> = titles
        .iter()
        .map(|title| Title {
            title,
            stirred: false,
            prod: false,
        })
        .collect();
    let selected = Tab::ALL
        .iter()
        .position(|tab| *tab == model.costs.tab)
        .unwrap_or_default();
    Tabs {
        tabs: &tabs,
        selected,
    }
    .paint(area, buf, look);
}

/// Where one is between the organisation and a day, and what the rows are.
fn trail<'a>(model: &'a Model, look: &Look) -> Line<'a> {
    let costs = &model.costs;
    let (dim, accent) = (look.of(Role::Dim), look.of(Role::Accent));
    // Of what is shown, not of what was asked just now.
    let query = costs.report.as_ref().map_or(&costs.query, |report| &report.query);
    match costs.tab {
        Tab::Moves => return Line::styled("What to stop, reduce, rightsize and shift", look.of(Role::Title)),
        Tab::Anomalies => {
            let title = Span::styled("Days outside their band, the last thirty", look.of(Role::Title));
            let keys = model.bindings.keys_of(Place::Costs, &Verb::AwsAnomalies.into());
            let beside = match (costs.aws_asked_at(), keys.first()) {
                (Some(at), _) => format!("  and AWS's own, asked {} ago", age::since(at, model.now)),
                (None, Some(key)) => format!("  {key} adds AWS's own"),
                (None, None) => String::new(),
            };
            return Line::from(vec![title, Span::styled(beside, dim)]);
        }
        Tab::Ledger => {
            return Line::styled(
                "Moves that were taken on, and what they saved",
                look.of(Role::Title),
            );
        }
        Tab::Commitments => {
            return Line::styled(
                "Savings Plans and reservations, the last thirty days",
                look.of(Role::Title),
            );
        }
        _ => {}
    }
    let whole = if query.inside.is_empty() {
        look.of(Role::Title)
    } else {
        dim
    };
    let mut spans = vec![Span::styled("organisation", whole)];
    let last = query.inside.len().saturating_sub(1);
    for (at, (dimension, value)) in query.inside.iter().enumerate() {
        spans.push(Span::styled(" › ", dim));
        let shown = named(dimension, value);
        spans.push(Span::styled(
            text::quote(&shown).into_owned(),
            if at == last { accent } else { dim },
        ));
    }
    spans.push(Span::styled(
        format!("  by {}", plain(&query.by)),
        look.of(Role::Info),
    ));
    if !query.filter.is_empty() {
        spans.push(Span::styled(format!("  /{}", text::quote(&query.filter)), accent));
    }
    Line::from(spans)
}

/// A dimension in words.
pub fn plain(dimension: &Dimension) -> String {
    match dimension {
        Dimension::UsageType => "usage type".into(),
        Dimension::InstanceType => "instance type".into(),
        dimension => dimension.to_string(),
    }
}

/// A value as a row shows it.
pub fn named(dimension: &Dimension, value: &str) -> String {
    match (dimension, value) {
        (Dimension::Tag(_), "") => "untagged".into(),
        (_, "") => "without".into(),
        (Dimension::Service, name) => short(name).to_owned(),
        (_, value) => value.to_owned(),
    }
}
