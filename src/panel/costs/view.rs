//! Painting the costs: headline, daily bars, the table with its change and its history.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::cost::{Amount, Dimension, Lens, Line as Cost, Report, SERIES};
use crate::panel::{age, boxed};
use crate::ui::chart::{Bar, Bars};
use crate::ui::table::{Align, Column, Row, Rows, Sort, Table, Width};
use crate::ui::{Ids, Look, Role};

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let [head, chart, table] = Layout::vertical([
        Constraint::Length(5.min(area.height)),
        Constraint::Length(if area.height >= 26 { 11 } else { 0 }),
        Constraint::Fill(1),
    ])
    .areas(area);
    let inner = boxed(head, buf, look, title(model, look), false);
    for (y, line) in (inner.top()..inner.bottom()).zip(headline(model, look)) {
        buf.set_line(
            inner.x + 1.min(inner.width),
            y,
            &line,
            inner.width.saturating_sub(2),
        );
    }
    if let Some(report) = &model.costs.report {
        if chart.height > 2 {
            bars(report, chart, buf, look);
        }
        rows(model, report, table, buf, look);
    }
}

fn title<'a>(model: &'a Model, look: &Look) -> Line<'a> {
    let query = &model.costs.query;
    let mut spans = vec![Span::styled("Costs", look.of(Role::Title))];
    if let Some(report) = &model.costs.report {
        spans.push(Span::styled(
            format!("  {} ({})", report.profile, report.account),
            look.of(Role::Dim),
        ));
    }
    for (dimension, value) in &query.inside {
        spans.push(Span::styled(
            format!("  {dimension} {value} ›"),
            look.of(Role::Accent),
        ));
    }
    spans.push(Span::styled(format!("  by {}", query.by), look.of(Role::Accent)));
    let lens = match query.lens {
        Lens::Unblended => "unblended",
        Lens::Amortized => "amortized",
        Lens::Net => "net",
        Lens::List => "list",
    };
    spans.push(Span::styled(format!("  {lens}"), look.of(Role::Info)));
    Line::from(spans)
}

/// What to know first, in three lines; home shows them too.
pub fn headline(model: &Model, look: &Look) -> Vec<Line<'static>> {
    let dim = look.of(Role::Dim);
    if let (Some((says, hint)), None) = (&model.costs.trouble, &model.costs.report) {
        return vec![
            Line::styled(says.clone(), look.of(Role::Bad)),
            Line::styled(hint.clone(), dim),
        ];
    }
    let Some(report) = &model.costs.report else {
        let asking = model.busy.iter().any(|busy| busy.key == crate::app::Key::Costs);
        let says = if asking {
            "asking Cost Explorer…"
        } else {
            "5 asks Cost Explorer: $0.01 a page, kept for 8 hours"
        };
        return vec![Line::styled(says, dim)];
    };
    let change = report.summary.change_percent.unwrap_or_default();
    let role = if change > 10.0 { Role::Warn } else { Role::Text };
    let mut first = vec![Span::styled(report.summary.says(), look.of(role))];
    for other in &report.others {
        let also = format!("  and {} {}", other.current.grouped(2), other.currency);
        first.push(Span::styled(also, look.of(Role::Text)));
    }
    let mut lines = vec![Line::from(first)];
    lines.push(match &report.month_end {
        Ok(end) => {
            let between = match (&end.lower, &end.upper) {
                (Some(lower), Some(upper)) => {
                    format!(
                        ", {} % sure of {} to {}",
                        end.interval_percent,
                        lower.grouped(0),
                        upper.grouped(0)
                    )
                }
                _ => String::new(),
            };
            Line::styled(
                format!(
                    "the month will end at about {} {}{between}",
                    end.mean.grouped(0),
                    end.currency
                ),
                look.of(Role::Text),
            )
        }
        Err(trouble) => Line::styled(format!("no forecast: {trouble}"), look.of(Role::Warn)),
    });
    let spent = report.spent;
    let cents = |requests: u32| format!("${}.{:02}", requests / 100, requests % 100);
    let meter = format!(
        "read {} ago · {} requests today {} · this month {} · cap {}",
        age::since(report.fetched_at, model.now),
        spent.today,
        cents(spent.today),
        cents(spent.month),
        cents(spent.cap),
    );
    lines.push(Line::styled(meter, dim));
    lines
}

fn bars(report: &Report, area: Rect, buf: &mut Buffer, look: &Look) {
    let mut title = vec![Span::styled("By day", look.of(Role::Title))];
    for (at, row) in report.rows.iter().take(SERIES).enumerate() {
        title.push(Span::styled("  ■ ", look.series(at)));
        title.push(Span::styled(short(&row.name), look.of(Role::Dim)));
    }
    let inner = boxed(area, buf, look, Line::from(title), false);
    let labels: Vec<String> = report
        .days
        .iter()
        .map(|(day, _, _)| day.day().to_string())
        .collect();
    let bars: Vec<Bar> = report
        .days
        .iter()
        .zip(&labels)
        .map(|((_, parts, unfinished), label)| Bar {
            label,
            parts: parts.as_deref(),
            unfinished: *unfinished,
        })
        .collect();
    Bars {
        bars: &bars,
        selected: None,
        scale: &|value| format!("{value:.0}"),
    }
    .paint(inner, buf, look);
}

/// A service's name without the words that all of them share.
fn short(name: &str) -> String {
    let name = name
        .strip_prefix("Amazon ")
        .or(name.strip_prefix("AWS "))
        .unwrap_or(name);
    let name = if name.is_empty() { "none" } else { name };
    crate::ui::text::truncate(name, 22).into_owned()
}

fn rows(model: &Model, report: &Report, area: Rect, buf: &mut Buffer, look: &Look) {
    let title = Line::from(vec![
        Span::styled(
            format!("{}", report.summary.comparison.current),
            look.of(Role::Title),
        ),
        Span::styled(
            format!("  against {}", report.summary.comparison.previous),
            look.of(Role::Dim),
        ),
        Span::styled(
            format!("  total {} {}", report.total.grouped(2), report.currency),
            look.of(Role::Text),
        ),
    ]);
    let inner = boxed(area, buf, look, title, true);
    let by_change = model.costs.by_change;
    let name = report.query.by.to_string().to_uppercase();
    let columns = [
        Column::new(&name, Width::Fill(20)),
        Column {
            align: Align::Right,
            ..Column::new("COST", Width::Fixed(13))
        }
        .sorted((!by_change).then_some(Sort::Down)),
        Column::new("SHARE", Width::Fixed(6)).right().drop(2),
        Column::new("CHANGE", Width::Fixed(12))
            .right()
            .sorted(by_change.then_some(Sort::Down)),
        Column::new("%", Width::Fixed(8)).right().drop(1),
        Column::new("LAST 30 DAYS", Width::Fixed(30)).drop(3),
    ];
    let shown = Shown { model, report, look };
    Table {
        columns: &columns,
        rows: &shown,
        focused: true,
        empty: "nothing was spent",
    }
    .paint(inner, buf, look, &model.costs.table);
}

struct Shown<'a> {
    model: &'a Model,
    report: &'a Report,
    look: &'a Look<'a>,
}

impl Ids for Shown<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.model.costs.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.model.costs.id_at(index)
    }
}

impl Rows for Shown<'_> {
    fn row(&self, index: usize) -> Row<'_> {
        Row::Cells(
            self.report
                .rows
                .get(index)
                .map(|row| self.cells(row))
                .unwrap_or_default(),
        )
    }
}

impl Shown<'_> {
    fn cells(&self, row: &Cost) -> Vec<Line<'static>> {
        let look = self.look;
        let dim = look.of(Role::Dim);
        let change = row.cost - row.before;
        // A tenth more or less, and enough money to be worth a look.
        let tenth = row.before.approximate().abs() / 10.0;
        let role = match change.approximate() {
            change if change > tenth.max(20.0) => Role::Warn,
            change if change < -tenth.max(20.0) => Role::Good,
            _ => Role::Dim,
        };
        let share =
            100.0 * row.cost.approximate() / self.report.total.approximate().abs().max(f64::MIN_POSITIVE);
        let percent = row
            .cost
            .change_percent(row.before)
            .map_or("new".into(), |percent| format!("{percent:+.1}"));
        let name = match (&self.report.query.by, row.name.as_str()) {
            (Dimension::Tag(_), "") => "untagged",
            (_, "") => "without",
            (_, name) => name,
        };
        vec![
            Line::styled(crate::ui::text::quote(name).into_owned(), look.of(Role::Text)),
            Line::styled(row.cost.grouped(2), look.of(Role::Text)),
            Line::styled(format!("{share:.1}"), dim),
            Line::styled(signed(change), look.of(role)),
            Line::styled(percent, look.of(role)),
            Line::styled(spark(&row.days), look.of(Role::Info)),
        ]
    }
}

fn signed(amount: Amount) -> String {
    if amount.is_negative() {
        amount.grouped(2)
    } else {
        format!("+{}", amount.grouped(2))
    }
}

/// Thirty days between their least and their most; never a whole cell, so that rows stay apart. A day without an
/// answer is a gap.
fn spark(days: &[Option<f64>]) -> String {
    const STEPS: [char; 6] = ['▁', '▂', '▃', '▄', '▅', '▆'];
    let days = &days[days.len().saturating_sub(30)..];
    let known = || days.iter().flatten().copied();
    let (least, most) = (
        known().fold(f64::INFINITY, f64::min).max(0.0),
        known().fold(0.0, f64::max),
    );
    let step = |cost: f64| ((cost - least).max(0.0) / (most - least) * 5.0).round() as usize;
    days.iter()
        .map(|day| match day {
            None => ' ',
            Some(_) if most - least <= f64::EPSILON => STEPS[0],
            Some(cost) => STEPS[step(*cost).min(5)],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_without_an_answer_is_a_gap_and_not_a_zero() {
        assert_eq!(spark(&[Some(0.0), None, Some(7.0)]), "▁ ▆");
    }
}
