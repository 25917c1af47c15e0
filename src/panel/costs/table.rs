//! Rows with what they cost, how that changed, the days with the band they were expected in, and where the month will end.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::cost::{Dimension, Line as Cost, Period, Report, RowProspect};
use crate::ui::table::{Align, Column, Row, Rows, Sort, Table, Width};
use crate::ui::{Ids, Look, Role, text};

use super::money::{self, about, role};
use super::view::{named, plain};
use super::{Costs, treemap};

/// Cells of a bar that is the whole.
const SHARE: u16 = 8;
/// Cells of a forecast, at least and at most: one of millions of won is longer than one of dollars.
const FORECAST: (u16, u16) = (12, 18);
/// Days of the trend where there is much room, and where there is little.
const TREND: (u16, u16) = (30, 14);
const WIDE: u16 = 110;
/// Places of the columns that a series needs.
const TREND_AT: usize = 2;
const FORECAST_AT: usize = 7;

pub fn view(costs: &Costs, report: &Report, area: Rect, buf: &mut Buffer, look: &Look) {
    let trend = if area.width >= WIDE { TREND.0 } else { TREND.1 };
    let name = plain(&report.query.by).to_uppercase();
    let last = format!("LAST {trend} DAYS");
    // Days stand in their order, and are no series of their own.
    let is_days = report.query.by == Dimension::Day;
    let is_month = report.query.span == crate::cost::Span::Month && !is_days;
    // Where no change is known the rows come by what they cost.
    let by_cost = costs.by_cost || !report.summary.is_whole();
    let (current, ends) = (spent(report, is_month), ends(report));
    // A day is held against the day at its place in the other period.
    let delta = match is_days {
        true => {
            let before = report.comparison.previous.from;
            before.strftime("Δ TO %b").to_string().to_uppercase()
        }
        false => "Δ".to_owned(),
    };
    let mut columns = vec![
        Column::new("", Width::Fixed(1)).drop(1),
        Column::new(&name, Width::Fill(16)),
        Column::new(&last, Width::Fixed(trend)).drop(3),
        Column {
            align: Align::Right,
            ..Column::new(&current, Width::Fixed(12))
        }
        .sorted((by_cost && !is_days).then_some(Sort::Down)),
        Column::new(&delta, Width::Fixed(12))
            .right()
            .sorted((!by_cost && !is_days).then_some(Sort::Down)),
        Column::new("Δ %", Width::Fixed(9)).right().drop(2),
        Column::new("SHARE", Width::Fixed(SHARE)).drop(5),
        Column::new(&ends, Width::Fixed(forecast_width(costs, report)))
            .right()
            .drop(4),
    ];
    if is_days {
        columns[TREND_AT].width = Width::Fixed(0);
        columns.truncate(FORECAST_AT);
    }
    let shown = Shown {
        costs,
        report,
        look,
        trend: usize::from(trend),
    };
    let unknown = treemap::unknown(report);
    Table {
        columns: &columns,
        rows: &shown,
        focused: true,
        empty: unknown.as_deref().unwrap_or("nothing was charged in these days"),
    }
    .paint(area, buf, look, &costs.table);
}

/// What the days of the report are, as a column's name: of a month that has ended `SEP COST`, of one so far `MTD`.
fn spent(report: &Report, is_month: bool) -> String {
    let current = report.comparison.current;
    match is_month {
        true if current == Period::month_of(current.from) => {
            current.from.strftime("%b COST").to_string().to_uppercase()
        }
        true => "MTD".to_owned(),
        false => "COST".to_owned(),
    }
}

/// Cells that the longest forecast takes.
fn forecast_width(costs: &Costs, report: &Report) -> u16 {
    let rows = costs.prospect.iter().flat_map(|all| all.rows.values());
    let ends = rows.filter_map(|row| row.end);
    let widest = ends.map(|end| text::width(&about(end, report.currency()))).max();
    let widest = u16::try_from(widest.unwrap_or(0)).unwrap_or(u16::MAX);
    widest.clamp(FORECAST.0, FORECAST.1)
}

/// The month that is foreseen, which the days shown need not be of: that of the headline.
fn ends(report: &Report) -> String {
    report.today.strftime("%b FORECAST").to_string().to_uppercase()
}

struct Shown<'a> {
    costs: &'a Costs,
    report: &'a Report,
    look: &'a Look<'a>,
    trend: usize,
}

impl Ids for Shown<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.report.rows.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.report.rows.get(index).map(|row| row.name.clone())
    }
}

impl Rows for Shown<'_> {
    fn row(&self, index: usize) -> Row<'_> {
        let row = self.report.rows.get(index);
        Row::Cells(row.map(|row| self.cells(row)).unwrap_or_default())
    }
}

impl Shown<'_> {
    fn cells(&self, row: &Cost) -> Vec<Line<'static>> {
        let look = self.look;
        let dim = look.of(Role::Dim);
        let prospect = self
            .costs
            .prospect
            .as_ref()
            .and_then(|all| all.rows.get(&row.name));
        let dot = match prospect.and_then(|row| row.breach) {
            Some(crate::cost::band::Side::High) => Span::styled("●", look.of(Role::Bad)),
            Some(crate::cost::band::Side::Low) => Span::styled("○", look.of(Role::Warn)),
            None => Span::raw(" "),
        };
        let end = prospect.and_then(|row| row.end);
        let (cost, [changed, percent]) = match row.is_known {
            false => (
                Line::styled("–", dim),
                ["–", "–"].map(|dash| Line::styled(dash, dim)),
            ),
            true if row.is_expected => (
                Line::styled("–", dim),
                ["expected", "–"].map(|says| Line::styled(says, dim)),
            ),
            true => (
                Line::styled(row.cost.grouped(2), look.of(Role::Text)),
                money::moved(row).map(|says| Line::styled(says, look.of(role(row)))),
            ),
        };
        vec![
            Line::from(dot),
            self.name(row),
            self.trend(row, prospect),
            cost,
            changed,
            percent,
            self.share(row),
            Line::styled(
                end.map_or("–".into(), |end| about(end, self.report.currency())),
                dim,
            ),
        ]
    }

    fn name(&self, row: &Cost) -> Line<'static> {
        let look = self.look;
        let name = named(&self.report.query.by, &row.name);
        let name = text::quote(&name).into_owned();
        match (&row.label, &self.report.query.by) {
            (Some(label), Dimension::Day) => Line::styled(label.clone(), look.of(Role::Text)),
            (Some(label), _) => Line::from(vec![
                Span::styled(text::quote(label).into_owned(), look.of(Role::Text)),
                Span::styled(format!(" {name}"), look.of(Role::Dim)),
            ]),
            _ => Line::styled(name, look.of(Role::Text)),
        }
    }

    /// A bar of what is spent; a credit has none, unless there is nothing else.
    fn share(&self, row: &Cost) -> Line<'static> {
        let costs = || self.report.rows.iter().map(|row| row.cost.approximate());
        let (most, role) = match costs().fold(0.0, f64::max) {
            most if most > 0.0 => (most, Role::Chart1),
            _ => (costs().fold(0.0, f64::min), Role::Good),
        };
        let share = if most == 0.0 {
            0.0
        } else {
            row.cost.approximate() / most
        };
        let eighths = (share * f64::from(SHARE) * 8.0).round();
        let eighths = if eighths.is_finite() && eighths > 0.0 {
            eighths as usize
        } else {
            0
        };
        const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        let bar = format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8]);
        Line::styled(bar, self.look.of(role))
    }

    /// Finished days between nothing and their most, of credits alone how much they are; those inside their band stand on it, those outside in its colour.
    fn trend(&self, row: &Cost, prospect: Option<&RowProspect>) -> Line<'static> {
        let last = self
            .report
            .days
            .iter()
            .rposition(|day| day.day < self.report.today);
        let days = row.shown();
        let to = last.map_or(0, |at| at + 1).min(days.len());
        let from = to.saturating_sub(self.trend);
        let days = &days[from..to];
        let bands = prospect.and_then(|row| row.bands.get(from..to));
        let most = match days.iter().flatten().copied().fold(0.0, f64::max) {
            most if most > 0.0 => most,
            _ => days.iter().flatten().copied().fold(0.0, f64::min),
        };
        let spans = days.iter().enumerate().map(|(at, day)| {
            let band = bands.and_then(|bands| bands[at]);
            let (symbol, style) = self.step(*day, band.map(|band| (band.lower, band.upper)), most);
            Span::styled(symbol, style)
        });
        Line::from(spans.collect::<Vec<_>>())
    }

    fn step(&self, day: Option<f64>, band: Option<(f64, f64)>, most: f64) -> (&'static str, Style) {
        let look = self.look;
        let Some(cost) = day else {
            return (" ", look.of(Role::Faint));
        };
        let shaded = look.of(Role::Info);
        let style = match band {
            Some((_, upper)) if cost > upper && upper >= 0.0 => look.of(Role::Bad),
            Some((lower, _)) if cost < lower => look.of(Role::Warn),
            Some(_) => match look.of(Role::Band).fg {
                Some(colour) => shaded.bg(colour),
                None => shaded,
            },
            None => look.of(Role::Dim),
        };
        (spark(cost, most), style)
    }
}

/// From nothing on, so that what is steady stands high; never a whole cell, so that rows stay apart.
fn spark(cost: f64, most: f64) -> &'static str {
    const STEPS: [&str; 6] = ["▁", "▂", "▃", "▄", "▅", "▆"];
    if most == 0.0 {
        return STEPS[0];
    }
    let at = (cost / most * 5.0).round().max(0.0) as usize;
    STEPS[at.min(5)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_name_the_month_that_has_ended_and_the_one_that_is_foreseen() {
        let mut model = crate::app::play::model();
        let report = model.costs.report.as_mut().unwrap();
        report.comparison = crate::cost::Span::Month.on(jiff::civil::date(2024, 10, 1));
        report.today = jiff::civil::date(2024, 10, 1);
        assert_eq!(
            (spent(report, true), ends(report)),
            ("SEP COST".into(), "OCT FORECAST".into())
        );
        report.comparison = crate::cost::Span::Month.on(jiff::civil::date(2024, 10, 4));
        assert_eq!(
            (spent(report, true), spent(report, false)),
            ("MTD".into(), "COST".into())
        );
    }

    #[test]
    fn what_is_steady_stands_high_and_a_small_step_is_small() {
        let line = |days: &[f64]| -> String {
            let most = days.iter().copied().fold(0.0, f64::max);
            days.iter().map(|day| spark(*day, most)).collect()
        };
        assert_eq!(line(&[40.0, 40.0, 40.0]), "▆▆▆");
        assert_eq!(line(&[100.0, 100.0, 105.0]), "▆▆▆");
        assert_eq!(line(&[0.0, 50.0, 100.0, -3.0]), "▁▄▆▁");
        assert_eq!(line(&[0.0, 0.0]), "▁▁", "nothing is nothing");
        assert_eq!([-1.0, -10.0, 0.0].map(|day| spark(day, -10.0)), ["▂", "▆", "▁"]);
    }
}
