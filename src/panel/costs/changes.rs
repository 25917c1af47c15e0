//! How one total became the other: the largest drivers as steps, each split into more usage and a dearer rate. The steps
//! add up to the difference exactly, since what is not shown is one step as well.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::cost::driver::{self, Driver, Drivers, drivers};
use crate::cost::{Amount, Dimension, Report, Row};
use crate::ui::chart::{Kind, Step, Waterfall};
use crate::ui::wrap::{Blanks, wrap_spans};
use crate::ui::{Look, Role};

use super::Costs;
use super::columns::{Columns, Told, told};
use super::money::{about, change, money};
use super::view::put_all;

/// Below so many rows the one under the cursor is not told in words as well.
const LOW: u16 = 10;

impl Costs {
    /// Usage types can be told apart inside these rows.
    pub(super) fn can_split(&self) -> bool {
        !matches!(self.query.by, Dimension::Day | Dimension::Resource)
    }
}

/// The rows as drivers without quantities; none where not every day of both periods is known.
pub fn whole(report: &Report) -> Drivers {
    if !report.summary.is_whole() {
        return Drivers::default();
    }
    let rows = |cost: fn(&crate::cost::Line) -> Amount| -> Vec<Row> {
        let row = |line: &crate::cost::Line| Row {
            key: vec![line.name.clone()],
            cost: cost(line),
            quantity: None,
        };
        report.rows.iter().map(row).collect()
    };
    let mut all = drivers(&rows(|line| line.before), &rows(|line| line.cost));
    for row in &mut all.rows {
        // The last days of a longer month have none to be held against.
        let line = row.key.first().and_then(|name| report.row(name));
        row.is_whole = line.is_none_or(|line| line.change().is_some());
    }
    all
}

pub fn view(costs: &Costs, report: &Report, area: Rect, buf: &mut Buffer, look: &Look) {
    if let Some(why) = untold(report) {
        let room = usize::from(area.width.saturating_sub(2)).max(10);
        let says = wrap_spans(&[Span::styled(why, look.of(Role::Warn))], room, Blanks::Fold);
        put_all(says, area, buf);
        return;
    }
    if report.rows.is_empty() {
        let says = "nothing was charged in these days, nor in those before that they are held against";
        put_all([Line::styled(says, look.of(Role::Dim))], area, buf);
        return;
    }
    let all = &costs.changes;
    let at = costs.table.cursor.index(costs).unwrap_or(0);
    let chosen = all.rows.get(at).filter(|_| area.height >= LOW);
    let chosen = chosen.map(|row| told(row, report));
    let words = summary(costs, all, chosen.as_ref(), area.width, look);
    let height = u16::try_from(words.len())
        .unwrap_or(u16::MAX)
        .min(area.height / 3);
    let [chart, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(area);
    // Two totals, and one step for what is not shown.
    let room = usize::from(chart.height.saturating_sub(3)).max(1);
    let from = (at + 1).saturating_sub(room);
    let shown = &all.rows[from.min(all.rows.len())..(from + room).min(all.rows.len())];
    let sum: Amount = shown.iter().map(step).sum();
    let others = all.after - all.before - sum;
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
        value: step(row).approximate(),
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
    put_all(words, below, buf);
}

/// Why it is not told what changed, and the way out; `None` where every day of both periods is known.
fn untold(report: &Report) -> Option<String> {
    let summary = &report.summary;
    if summary.is_whole() {
        return None;
    }
    let why = match (summary.known_before, summary.known) {
        (0, _) => format!(
            "nothing is known of {} to compare with",
            report.comparison.previous.in_full()
        ),
        (_, 0) => format!(
            "no day of {} is known in full",
            report.comparison.current.in_full()
        ),
        _ => "what changed is not told: days that are missing did not cost nothing".to_owned(),
    };
    let way_out = report.remedy.iter().cloned();
    let ways = way_out.chain(["C compares other days".to_owned()]);
    Some(format!("{why}; {}", ways.collect::<Vec<_>>().join(", or ")))
}

/// What a row adds between the two totals, whether or not it has a day to be held against.
fn step(row: &Driver) -> Amount {
    row.after - row.before
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

/// All of it together, the row under the cursor with every part of it, and what the parts mean; in lines that hold every
/// amount whole.
fn summary(
    costs: &Costs,
    all: &Drivers,
    chosen: Option<&Told>,
    room: u16,
    look: &Look,
) -> Vec<Line<'static>> {
    let dim = look.of(Role::Dim);
    let whole = Span::styled(
        format!("{} together: ", signed(all.after - all.before)),
        look.of(Role::Text),
    );
    let parts = match costs.is_split {
        true => format!(
            "usage {}, rate {}, other charges {}",
            signed(all.usage),
            signed(all.rate),
            signed(all.fee)
        ),
        false if costs.can_split() => "not yet told apart into usage and rate".into(),
        false => "not told apart into usage and rate".into(),
    };
    let mut says = vec![vec![whole, Span::styled(parts, dim)]];
    says.extend(chosen.map(|told| {
        vec![
            Span::styled(format!("▸ {} ", told.name), look.of(Role::Accent)),
            Span::styled(told.in_full(), look.of(Role::Text)),
        ]
    }));
    says.push(vec![Span::styled(
        "usage: how much more at the old price; rate: how much dearer each became",
        dim,
    )]);
    let room = usize::from(room.saturating_sub(2)).max(10);
    says.iter()
        .flat_map(|spans| wrap_spans(spans, room, Blanks::Fold))
        .collect()
}
