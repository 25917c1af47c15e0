//! Areas as large as what they cost, their colour by how that changed; Enter goes inside one. Credits have an area where
//! there is nothing else.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::cost::{Amount, Line as Cost, Report};
use crate::ui::chart::{self, Tile, Treemap};
use crate::ui::{Look, Role};

use super::Costs;
use super::money::{money, moved};
use super::view::{put_all, row_named};

pub fn view(costs: &Costs, report: &Report, area: Rect, buf: &mut Buffer, look: &Look) {
    let rows: Vec<&Cost> = costs.tiles.iter().filter_map(|name| report.row(name)).collect();
    let names: Vec<[String; 3]> = rows
        .iter()
        .map(|row| {
            let name = row_named(row, &report.query.by);
            let [_, percent] = moved(row);
            [name, money(row.cost, report.currency()), percent]
        })
        .collect();
    let tiles: Vec<Tile> = rows
        .iter()
        .zip(&names)
        .map(|(row, [name, says, more])| Tile {
            name,
            says,
            more,
            value: row.cost.approximate(),
            role: heat(row),
        })
        .collect();
    let selected = costs.table.cursor.index(costs);
    let map = Treemap {
        tiles: &tiles,
        selected,
    };
    let mut lines = match selected.and_then(|at| rows.get(at).zip(names.get(at))) {
        Some((row, [name, says, more])) => {
            let says = match row.change() {
                Some(_) => format!("{says} {more}  {}", moved(row)[0]),
                None => says.clone(),
            };
            under(row, name, &says, area.width.saturating_sub(1), look)
        }
        None => {
            let says = unknown(report);
            let says = says.unwrap_or_else(|| "nothing was charged or given back in these days".to_owned());
            vec![Line::styled(says, look.of(Role::Dim))]
        }
    };
    lines.extend(credits(report, map.is_of_credits(), look));
    let [above, below] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(lines.len() as u16)]).areas(area);
    map.paint(above, buf, look);
    put_all(lines, below, buf);
}

/// That nobody knows the time: no bill of nothing.
pub fn unknown(report: &Report) -> Option<String> {
    let period = report.comparison.current.in_full();
    let says = || format!("no day of {period} is known in {}", report.currency());
    report.summary.is_unknown().then(says)
}

/// The names that have a tile: what was spent, or where nothing was what was given back; the largest first.
pub fn names(report: &Report) -> Vec<String> {
    let of = |is_meant: fn(f64) -> bool| -> Vec<&Cost> {
        let rows = report.rows.iter();
        rows.filter(|row| is_meant(row.cost.approximate())).collect()
    };
    let mut rows = of(|cost| cost > 0.0);
    if rows.is_empty() {
        rows = of(|cost| cost < 0.0);
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.cost.magnitude()));
    rows.into_iter().map(|row| row.name.clone()).collect()
}

/// That credits have no area, or all of it.
fn credits(report: &Report, are_all: bool, look: &Look) -> Option<Line<'static>> {
    let costs = report.rows.iter().map(|row| row.cost);
    let credits: Amount = costs.filter(|cost| cost.is_negative()).sum();
    let says = chart::credits_say(are_all, &money(credits, report.currency()));
    let is_shown = credits.is_negative();
    is_shown.then(|| Line::styled(says, look.of(Role::Dim)))
}

/// The tile under the cursor, where it may be among the small ones; and what the colours say, below it where it has to be.
fn under(row: &Cost, name: &str, says: &str, room: u16, look: &Look) -> Vec<Line<'static>> {
    let name = crate::ui::text::quote(name).into_owned();
    let line = Line::from(vec![
        Span::styled(format!("▸ {name} "), look.of(Role::Accent)),
        Span::styled(format!("{says}   "), look.of(Role::Text)),
    ]);
    if row.change().is_none() {
        return vec![line];
    }
    let legend = Line::from(chart::legend(look));
    match line.width() + legend.width() <= usize::from(room) {
        true => vec![Line::from([line.spans, legend.spans].concat())],
        false => vec![line, legend],
    }
}

/// Dearer is hotter; where it is not known whole what it cost before nothing is.
fn heat(row: &Cost) -> Role {
    match row.change() {
        Some(_) => chart::heat(row.change_percent(), row.cost.is_negative()),
        None => Role::Info,
    }
}
