//! How one total became the other: the largest drivers as steps, each split into more usage and a dearer rate. The steps
//! add up to the difference exactly, since what is not shown is one step as well.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::cost::driver::{self, Driver, Drivers, drivers};
use crate::cost::{Amount, Dimension, Report, Row};
use crate::ui::chart::{Kind, Step, Waterfall};
use crate::ui::{Look, Role};

use super::Costs;
use super::columns::{Columns, Told, told};
use super::money::{about, change, money};
use super::view::{put, put_all};

/// Below this what is without a quantity is called by the shorter name that the rows use.
const ROOMY: u16 = 76;
/// Below so many rows the one under the cursor is not told in words as well.
const LOW: u16 = 10;

impl Costs {
    /// Usage types can be told apart inside these rows.
    pub(super) fn can_split(&self) -> bool {
        !matches!(self.query.by, Dimension::Day | Dimension::Resource)
    }
}

/// The rows as drivers without quantities.
pub fn whole(report: &Report) -> Drivers {
    let rows = |cost: fn(&crate::cost::Line) -> Amount| -> Vec<Row> {
        let row = |line: &crate::cost::Line| Row {
            key: vec![line.name.clone()],
            cost: cost(line),
            quantity: None,
        };
        report.rows.iter().map(row).collect()
    };
    drivers(&rows(|line| line.before), &rows(|line| line.cost))
}

pub fn view(costs: &Costs, report: &Report, area: Rect, buf: &mut Buffer, look: &Look) {
    if !report.summary.is_compared() {
        let says = match report.summary.known_before {
            0 => format!(
                "nothing is known of {} to compare with",
                report.comparison.previous.in_full()
            ),
            _ => format!(
                "no day of {} is known in full",
                report.comparison.current.in_full()
            ),
        };
        put(&Line::styled(says, look.of(Role::Warn)), area.y, area, buf);
        return;
    }
    let all = &costs.changes;
    let at = costs.table.cursor.index(costs).unwrap_or(0);
    let words = Constraint::Length(if area.height < LOW { 2 } else { 3 });
    let [chart, below] = Layout::vertical([Constraint::Fill(1), words]).areas(area);
    // Two totals, and one step for what is not shown.
    let room = usize::from(chart.height.saturating_sub(3)).max(1);
    let from = (at + 1).saturating_sub(room);
    let shown = &all.rows[from.min(all.rows.len())..(from + room).min(all.rows.len())];
    let sum: Amount = shown.iter().map(Driver::change).sum();
    let others = all.change() - sum;
    let hidden = all.rows.len() - shown.len();
    let totals = [all.before, all.after].map(|total| money(total, report.currency()));
    let periods = [report.comparison.previous, report.comparison.current].map(|period| period.to_string());
    let named: Vec<Told> = shown.iter().map(|row| told(row, report)).collect();
    let columns = Columns::within(&named, usize::from(area.width));
    let figures: Vec<String> = named.iter().map(|told| columns.of(told)).collect();
    let rest = (driver::others(hidden), change(others));
    let mut steps = vec![total(&periods[0], all.before, &totals[0])];
    let rows = shown.iter().zip(&named).zip(&figures);
    steps.extend(rows.map(|((row, told), says)| Step {
        name: &told.name,
        value: row.change().approximate(),
        says,
        kind: Kind::Change,
    }));
    if hidden > 0 {
        steps.push(Step {
            name: &rest.0,
            value: others.approximate(),
            says: &rest.1,
            kind: Kind::Change,
        });
    }
    steps.push(total(&periods[1], all.after, &totals[1]));
    Waterfall {
        steps: &steps,
        selected: (!shown.is_empty()).then_some(at - from + 1),
        scale: &|value| about(value, report.currency()),
    }
    .paint(chart, buf, look);
    let chosen = named.get(at - from).filter(|_| area.height >= LOW);
    put_all(summary(costs, all, chosen, below.width, look), below, buf);
}

fn total<'a>(name: &'a str, amount: Amount, says: &'a str) -> Step<'a> {
    Step {
        name,
        value: amount.approximate(),
        says,
        kind: Kind::Total,
    }
}

pub(super) fn signed(amount: Amount) -> String {
    let sign = if amount.is_negative() { "" } else { "+" };
    format!("{sign}{}", amount.grouped(2))
}

/// All of it together, the row under the cursor with every part of it, and what the parts mean.
fn summary(
    costs: &Costs,
    all: &Drivers,
    chosen: Option<&Told>,
    room: u16,
    look: &Look,
) -> Vec<Line<'static>> {
    let dim = look.of(Role::Dim);
    let whole = Span::styled(
        format!("{} together: ", signed(all.change())),
        look.of(Role::Text),
    );
    let parts = match costs.is_split {
        true => format!(
            "usage {}, rate {}, {} {}",
            signed(all.usage),
            signed(all.rate),
            if room < ROOMY {
                "other"
            } else {
                "without a quantity"
            },
            signed(all.fee)
        ),
        false if costs.can_split() => "not yet told apart into usage and rate".into(),
        false => "not told apart into usage and rate".into(),
    };
    let mut lines = vec![Line::from(vec![whole, Span::styled(parts, dim)])];
    if let Some(told) = chosen {
        let says = told.in_full();
        lines.push(Line::from(vec![
            Span::styled(format!("▸ {} ", told.name), look.of(Role::Accent)),
            Span::styled(says, look.of(Role::Text)),
        ]));
    }
    lines.push(Line::styled(
        "usage: how much more at the old price; rate: how much dearer each became",
        dim,
    ));
    lines
}
