//! Savings Plans and reservations: how much of each is used, what goes unused, and how much of the use it covers; below,
//! the one under the cursor in a sentence.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::Key;
use crate::cost::{Commitment, Source};
use crate::ui::table::{Column, Table, Width};
use crate::ui::wrap::{Blanks, wrap_spans};
use crate::ui::{Look, Role, text};

use super::Costs;
use super::money::money;
use super::numbered::{self, Numbered};
use super::view::{put_all, short};

/// Cells of the bar of what is used.
const BAR: usize = 10;
/// Used less than this, in percent, a commitment loses money.
const WELL_USED: f64 = 90.0;

pub fn view(costs: &Costs, area: Rect, buf: &mut Buffer, look: &Look) {
    let room = usize::from(area.width.saturating_sub(2)).max(10);
    let Some(found) = costs.shown_commitments() else {
        let of = Key::Commitments;
        let says = match (costs.source(), costs.priced_for(&of), costs.refused_because(&of)) {
            (Some(Source::CostExplorer(_)), Some(price), _) => {
                format!("what became of commitments is not on this machine; u asks: {price}")
            }
            (Some(Source::CostExplorer(_)), None, Some(why)) => format!("{why}; u looks again"),
            (Some(Source::CostExplorer(_)), None, None) => "asking what became of commitments…".to_owned(),
            _ => "exports do not say what became of commitments; p goes on to Cost Explorer, which does"
                .to_owned(),
        };
        let lines = wrap_spans(&[Span::styled(says, look.of(Role::Dim))], room, Blanks::Fold);
        put_all(lines, area, buf);
        return;
    };
    let at = costs.entry.index(&numbered::rows(found.rows.len()));
    let says = at
        .and_then(|at| found.rows.get(at))
        .map_or_else(String::new, sentence);
    let says = Span::styled(text::quote(&says).into_owned(), look.of(Role::Text));
    let lines = wrap_spans(&[says], room, Blanks::Fold);
    let columns = [
        Column::new("COMMITMENT", Width::Fill(18)),
        Column::new("USED", Width::Fixed(BAR as u16)).drop(1),
        Column::new("%", Width::Fixed(6)).right(),
        Column::new("UNUSED", Width::Fixed(12)).right(),
        Column::new("COVERS %", Width::Fixed(8)).right(),
        Column::new("COMMITTED", Width::Fixed(12)).right().drop(2),
        Column::new("ON DEMAND", Width::Fixed(12)).right().drop(3),
        Column::new("SAVED", Width::Fixed(12)).right(),
    ];
    let empty = format!("no Savings Plans and no reservations in {}", found.period);
    let table = Table {
        columns: &columns,
        rows: &Numbered {
            len: found.rows.len(),
            cells: |at: usize| found.rows.get(at).map(|row| cells(row, &found.currency, look)),
        },
        focused: true,
        empty: &empty,
    };
    numbered::view(&table, &costs.entry, lines, area, buf, look);
}

/// `$40.00`, or `12.0 hours` where reservations are told in hours.
fn amount(amount: crate::cost::Amount, unit: &str) -> String {
    match unit {
        "hours" => format!("{} h", amount.grouped(0)),
        currency => money(amount, currency),
    }
}

fn percent(percent: Option<f64>) -> String {
    percent.map_or("–".into(), |percent| format!("{percent:.1}"))
}

fn sentence(row: &Commitment) -> String {
    let of = |part| amount(part, &row.unit);
    let used = match row.utilization_percent() {
        Some(used) => format!(
            "{used:.1} % of {} used, {} went unused",
            of(row.committed),
            of(row.unused)
        ),
        None => "nothing committed in these days".into(),
    };
    let covers = match row.coverage_percent() {
        Some(covers) => format!(
            "it covers {covers:.1} % of what it could, {} stayed on demand",
            of(row.on_demand)
        ),
        None => "there was nothing that it could cover".into(),
    };
    format!("{}: {used}; {covers}", short(&row.what))
}

/// Cells of the bar: full where nothing is unused and no sooner, empty where nothing is used; both as the figure beside it
/// reads.
fn cells_used(percent: f64) -> usize {
    let percent = (percent * 10.0).round() / 10.0;
    let cells = (percent.clamp(0.0, 100.0) / 100.0 * BAR as f64).round() as usize;
    match percent {
        none if none <= 0.0 => 0,
        whole if whole >= 100.0 => BAR,
        _ => cells.clamp(1, BAR - 1),
    }
}

fn cells(row: &Commitment, currency: &str, look: &Look) -> Vec<Line<'static>> {
    let (dim, plain) = (look.of(Role::Dim), look.of(Role::Text));
    let used = row.utilization_percent();
    let role = match used {
        Some(used) if used < WELL_USED => Role::Warn,
        Some(_) => Role::Good,
        None => Role::Dim,
    };
    let filled = used.map_or(0, cells_used);
    let bar = Line::from(vec![
        Span::styled("▓".repeat(filled), look.of(role)),
        Span::styled("░".repeat(BAR - filled), look.of(Role::Faint)),
    ]);
    vec![
        Line::styled(text::quote(short(&row.what)).into_owned(), plain),
        bar,
        Line::styled(percent(used), look.of(role)),
        Line::styled(amount(row.unused, &row.unit), look.of(role)),
        Line::styled(percent(row.coverage_percent()), plain),
        Line::styled(amount(row.committed, &row.unit), dim),
        Line::styled(amount(row.on_demand, &row.unit), dim),
        // Savings are money, whatever use is told in.
        Line::styled(money(row.net_savings, currency), look.of(Role::Good)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_where_nothing_is_unused_alone() {
        let bars = [0.0, 0.4, 50.0, 96.5, 99.9, 100.0, 120.0].map(cells_used);
        assert_eq!(bars, [0, 1, 5, 9, 9, 10, 10]);
        // What reads as 100.0 or as 0.0 is drawn so.
        let near = [99.999_999, 99.94, 0.06, 0.000_001];
        assert_eq!(
            near.map(|used| (percent(Some(used)), cells_used(used))),
            [("100.0", 10), ("99.9", 9), ("0.1", 1), ("0.0", 0)]
                .map(|(says, cells)| (says.to_owned(), cells))
        );
    }
}
