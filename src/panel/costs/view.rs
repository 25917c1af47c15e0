//! The panel on its area: the sentence, what it is a sentence about, the row of views, and the one in front.

use jiff::civil::Date;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::Widget;

use crate::app::{Model, Place};
pub use crate::cost::short;
use crate::cost::{Dimension, Line as Row};
use crate::panel::boxed;
use crate::ui::tabs::{Tab as Title, Tabs};
use crate::ui::{Look, Role, text};

use super::{
    Tab, anomalies, calendar, changes, commitments, days, head, ledger, moves, said, strip, table, trail,
    treemap,
};

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let sentences = head::lines(model, look, area.width.saturating_sub(1));
    let [head, strip, tabs, body] = Layout::vertical([
        Constraint::Length(sentences.len().min(usize::from(area.height / 4).max(4)) as u16),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
    ])
    .areas(area);
    put_all(sentences, head, buf);
    strip::view(model, strip, buf, look);
    titles(model, tabs, buf, look);
    let title = trail::title(model, usize::from(body.width.saturating_sub(4)), look);
    let inner = boxed(body, buf, look, title, true);
    let costs = &model.costs;
    let why = said::lines(costs, usize::from(inner.width.saturating_sub(2)), look);
    let most = inner.height / 2;
    let [over, inner] = Layout::vertical([
        Constraint::Length(u16::try_from(why.len()).unwrap_or(most).min(most)),
        Constraint::Fill(1),
    ])
    .areas(inner);
    put_all(why, over, buf);
    // Moves and anomalies stand on their own; all else is a view of the report.
    match (costs.tab, &costs.report) {
        // None of them is asked for before there is a report; moves are found by list prices without one, and what was taken
        // on is known.
        (Tab::Moves | Tab::Anomalies | Tab::Ledger | Tab::Commitments, None)
            if costs.trouble.is_some()
                && (!matches!(costs.tab, Tab::Moves | Tab::Ledger) || costs.source_or_first().is_none()) =>
        {
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
        (Tab::Days, Some(report)) => days::view(model, report, inner, buf, look),
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
        // What a wide glyph covers was reset, and its ground with it.
        for x in area.left()..area.right() {
            let wide = u16::try_from(text::width(buf[(x, y)].symbol())).unwrap_or(1);
            let style = buf[(x, y)].style();
            for covered in (x + 1..x.saturating_add(wide)).filter(|covered| *covered < area.right()) {
                buf[(covered, y)].set_style(style);
            }
        }
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

/// A day for readers in a year: `Oct 5`, of any other year `Oct 5 '25`.
pub fn dated(day: Date, year: i16) -> String {
    let form = if day.year() == year {
        "%b %-d"
    } else {
        "%b %-d '%y"
    };
    day.strftime(form).to_string()
}

/// A dimension in words.
pub fn plain(dimension: &Dimension) -> String {
    match dimension {
        Dimension::UsageType => "usage type".into(),
        Dimension::InstanceType => "instance type".into(),
        dimension => dimension.to_string(),
    }
}

/// A row by what its name stands for, where that is known.
pub fn row_named(row: &Row, by: &Dimension) -> String {
    row.label.clone().unwrap_or_else(|| named(by, &row.name))
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

#[cfg(test)]
mod tests {
    use ratatui::style::{Color, Style};

    use super::*;

    #[test]
    fn a_wide_glyph_keeps_the_ground_under_all_of_its_cells() {
        let area = Rect::new(0, 0, 12, 1);
        let mut buf = Buffer::empty(area);
        buf.set_style(area, Style::new().bg(Color::White));
        put(&Line::from("한국어 로그"), 0, area, &mut buf);
        assert!(
            buf.content.iter().all(|cell| cell.bg == Color::White),
            "{:?}",
            buf.content
        );
    }
}
