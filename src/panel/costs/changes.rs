//! How one total became the other: the largest drivers as steps, each split into more usage and a dearer rate. The steps
//! add up to the difference exactly, since what is not shown is one step as well.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::cost::driver::{self, Driver, Drivers, Kind as What, drivers};
use crate::cost::{Amount, Dimension, Report, Row};
use crate::ui::chart::{Kind, Step, Waterfall};
use crate::ui::{Look, Role, text};

use super::Costs;
use super::money::{about, change, money};
use super::view::{named, put, put_all};

/// Below this what is without a quantity is called by the shorter name that the rows use.
const ROOMY: u16 = 76;

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
    let [chart, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(2)]).areas(area);
    // Two totals, and one step for what is not shown.
    let room = usize::from(chart.height.saturating_sub(3)).max(1);
    let at = costs.table.cursor.index(costs).unwrap_or(0);
    let from = (at + 1).saturating_sub(room);
    let shown = &all.rows[from.min(all.rows.len())..(from + room).min(all.rows.len())];
    let sum: Amount = shown.iter().map(Driver::change).sum();
    let others = all.change() - sum;
    let hidden = all.rows.len() - shown.len();
    let totals = [all.before, all.after].map(|total| money(total, report.currency()));
    let periods = [report.comparison.previous, report.comparison.current].map(|period| period.to_string());
    let named: Vec<(String, String)> = shown.iter().map(|row| told(row, report)).collect();
    let rest = (driver::others(hidden), change(others));
    let mut steps = vec![total(&periods[0], all.before, &totals[0])];
    steps.extend(shown.iter().zip(&named).map(|(row, (name, says))| Step {
        name,
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
    put_all(summary(costs, all, below.width, look), below, buf);
}

fn total<'a>(name: &'a str, amount: Amount, says: &'a str) -> Step<'a> {
    Step {
        name,
        value: amount.approximate(),
        says,
        kind: Kind::Total,
    }
}

/// A driver's name, and its change with its parts.
fn told(row: &Driver, report: &Report) -> (String, String) {
    let name = row.key.first().map_or("", String::as_str);
    let label = report.row(name).and_then(|row| row.label.clone());
    let name = label.unwrap_or_else(|| named(&report.query.by, name));
    let mut says = String::new();
    let mut part = |what: &str, amount: Amount| {
        if amount.approximate().abs() >= 0.005 {
            says += &format!("{what} {}  ", signed(amount));
        }
    };
    match row.kind {
        What::New => part("new", row.usage),
        What::Gone => part("gone", row.usage),
        What::Unknown => {}
        What::Changed | What::Unpriced => {
            part("usage", row.usage);
            part("rate", row.rate);
        }
    }
    if row.usage != Amount::ZERO || row.rate != Amount::ZERO {
        part("other", row.fee);
    }
    // A day that nobody knows did not change by what the one before it cost.
    if report
        .row(row.key.first().map_or("", String::as_str))
        .is_some_and(|row| !row.is_compared)
    {
        return (text::quote(&name).into_owned(), "not known".to_owned());
    }
    let says = format!("{}{:>12}", says, change(row.change()));
    (text::quote(&name).into_owned(), says)
}

fn signed(amount: Amount) -> String {
    let sign = if amount.is_negative() { "" } else { "+" };
    format!("{sign}{}", amount.grouped(2))
}

fn summary(costs: &Costs, all: &Drivers, room: u16, look: &Look) -> [Line<'static>; 2] {
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
    [
        Line::from(vec![whole, Span::styled(parts, dim)]),
        Line::styled(
            "usage: how much more at the old price; rate: how much dearer each became",
            dim,
        ),
    ]
}
