//! Areas as large as what they cost, their colour by how that changed; Enter goes inside one.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::cost::{Line as Cost, Report};
use crate::ui::chart::{Tile, Treemap};
use crate::ui::{Look, Role};

use super::Costs;
use super::money::{money, moved};
use super::view::{named, put};

pub fn view(costs: &Costs, report: &Report, area: Rect, buf: &mut Buffer, look: &Look) {
    let [map, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    let rows: Vec<&Cost> = costs.tiles.iter().filter_map(|name| report.row(name)).collect();
    let names: Vec<(String, String)> = rows
        .iter()
        .map(|row| {
            let name = row
                .label
                .clone()
                .unwrap_or_else(|| named(&report.query.by, &row.name));
            let [_, percent] = moved(row);
            let says = format!("{} {percent}", money(row.cost, report.currency()));
            (name, says)
        })
        .collect();
    let tiles: Vec<Tile> = rows
        .iter()
        .zip(&names)
        .map(|(row, (name, says))| Tile {
            name,
            says,
            value: row.cost.approximate(),
            role: heat(row),
        })
        .collect();
    let selected = costs.table.cursor.index(costs);
    Treemap {
        tiles: &tiles,
        selected,
    }
    .paint(map, buf, look);
    let line = match selected.and_then(|at| rows.get(at).zip(names.get(at))) {
        Some((row, (name, says))) => under(row, name, says, below.width, look),
        None => Line::styled("nothing has a positive cost in these days", look.of(Role::Dim)),
    };
    put(&line, below.y, below, buf);
}

/// The tile under the cursor, where it may be among the small ones.
fn under(row: &Cost, name: &str, says: &str, room: u16, look: &Look) -> Line<'static> {
    let name = crate::ui::text::quote(name).into_owned();
    let mut line = Line::from(vec![
        Span::styled(format!("▸ {name} "), look.of(Role::Accent)),
        Span::styled(format!("{says}  {}", moved(row)[0]), look.of(Role::Text)),
    ]);
    let legend = "   colour: more than a quarter dearer, dearer, as before, cheaper";
    if line.width() + legend.len() <= usize::from(room) {
        line.push_span(Span::styled(legend, look.of(Role::Dim)));
    }
    line
}

/// Dearer is hotter.
fn heat(row: &Cost) -> Role {
    if !row.is_compared {
        return Role::Info;
    }
    match row.cost.change_percent(row.before) {
        None => Role::Bad,
        Some(more) if more > 25.0 => Role::Bad,
        Some(more) if more > 5.0 => Role::Warn,
        Some(less) if less < -5.0 => Role::Good,
        Some(_) => Role::Info,
    }
}
