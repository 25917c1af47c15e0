//! The days as a heat map of weeks and weekdays, with what each month and a usual weekday cost: a weekend that was
//! switched off is seen at once.

use jiff::civil::Date;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::cost::{Period, Report};
use crate::ui::chart::{Calendar, Cell, IN_PART};
use crate::ui::{Look, Role};

use super::Costs;
use super::days::{is_weekend, selected};
use super::money::about;
use super::view::{put, put_all};

pub fn view(costs: &Costs, report: &Report, area: Rect, buf: &mut Buffer, look: &Look) {
    let days: Vec<(Date, Option<f64>)> = report
        .days
        .iter()
        .map(|day| (day.day, day.shown().map(|parts| parts.iter().sum())))
        .collect();
    let at = costs.day.index(costs.dates.as_slice());
    let in_part: Vec<Date> = days_in_part(report).collect();
    let calendar = Calendar {
        days: &days,
        in_part: &in_part,
        selected: at.and_then(|at| costs.dates.get(at)).copied(),
        cell: Cell::default(),
    };
    let mut legend = legend(&calendar, report, look);
    if let Some(first) = calendar.begins(area.width) {
        let says = format!(
            "from {} on: a wider window shows the weeks before",
            first.strftime("%b %-d, %Y")
        );
        legend.push(Line::styled(says, look.of(Role::Dim)));
    }
    let words = 1 + legend.len() as u16;
    let room = usize::from(area.width.saturating_sub(1));
    let lines: Vec<Line> = weekdays(report, room, look)
        .into_iter()
        .chain(months(report, look))
        .collect();
    // Days grow with what the words leave.
    let rest = area
        .height
        .saturating_sub(words)
        .saturating_sub(lines.len() as u16);
    let calendar = calendar.grown(area.width, rest);
    let [map, says, below] = Layout::vertical([
        Constraint::Length(calendar.cell.rows()),
        Constraint::Length(words),
        Constraint::Fill(1),
    ])
    .areas(area);
    calendar.paint(map, buf, look);
    for (y, line) in (says.y + 1..).zip(&legend) {
        put(line, y, says, buf);
    }
    if let Some(day) = at.and_then(|at| report.days.get(at)) {
        let line = selected(report, day, says.width, look);
        put(&line, says.y, says, buf);
    }
    put_all(lines, below, buf);
}

/// Those that are not finished, and those of which not all is known: with what is known of them they would look cheap.
fn days_in_part(report: &Report) -> impl Iterator<Item = Date> {
    let days = report.days.iter();
    days.filter(|day| day.unfinished || day.in_part.is_some())
        .map(|day| day.day)
}

/// What the shades stand for: a line for costs, one for credits, and one for days that are known in part.
fn legend(calendar: &Calendar<'_>, report: &Report, look: &Look) -> Vec<Line<'static>> {
    let entry = |role: Role, (shade, upto): (&'static str, Option<f64>)| {
        let says = match (upto, role) {
            (Some(upto), _) => format!(" to {}   ", about(upto, report.currency())),
            (None, Role::Good) => " more credits".to_owned(),
            (None, _) => " more".to_owned(),
        };
        [
            Span::styled(shade, look.of(role)),
            Span::styled(says, look.of(Role::Dim)),
        ]
    };
    let line = |(role, shades): (Role, [(&'static str, Option<f64>); 4])| {
        Line::from_iter(shades.into_iter().flat_map(|shade| entry(role, shade)))
    };
    let mut lines: Vec<Line> = calendar.shades().into_iter().map(line).collect();
    let is_shown = |day: &crate::cost::Day| day.shown().is_some() && calendar.in_part.contains(&day.day);
    if report.days.iter().any(is_shown) {
        lines.push(Line::from(vec![
            Span::styled(IN_PART, look.of(Role::Dim)),
            Span::styled(" not finished, or known in part", look.of(Role::Dim)),
        ]));
    }
    lines
}

/// A usual day of the week against one of the weekend, of the last eight weeks' finished days: fees come on any.
fn weekdays(report: &Report, room: usize, look: &Look) -> Vec<Line<'static>> {
    let finished: Vec<(Date, f64)> = report
        .days
        .iter()
        .filter(|day| !day.unfinished)
        .filter_map(|day| Some((day.day, day.cost()?)))
        .collect();
    let recent = &finished[finished.len().saturating_sub(56)..];
    let usual = |weekend: bool| {
        let mut costs: Vec<f64> = recent
            .iter()
            .filter(|(day, _)| is_weekend(*day) == weekend)
            .map(|(_, cost)| *cost)
            .collect();
        costs.sort_by(f64::total_cmp);
        costs.get(costs.len() / 2).copied()
    };
    let (Some(week), Some(weekend)) = (usual(false), usual(true)) else {
        return vec![Line::default()];
    };
    let share = if week > 0.0 {
        format!(", {:.0} %", weekend / week * 100.0)
    } else {
        String::new()
    };
    let mut line = Line::from(vec![
        Span::styled("a weekday ", look.of(Role::Dim)),
        Span::styled(about(week, report.currency()), look.of(Role::Text)),
        Span::styled("  a weekend day ", look.of(Role::Dim)),
        Span::styled(about(weekend, report.currency()), look.of(Role::Text)),
        Span::styled(share, look.of(Role::Info)),
    ]);
    let basis = format!("median of the last {} finished days", recent.len());
    let basis = Span::styled(basis, look.of(Role::Dim));
    if line.width() + 2 + basis.width() > room {
        return vec![line, Line::from(basis)];
    }
    line.push_span(Span::raw("  "));
    line.push_span(basis);
    vec![line]
}

/// What each month cost, the newest first; one of which days are missing says so, and one of which all are has no cost.
fn months(report: &Report, look: &Look) -> impl Iterator<Item = Line<'static>> {
    let mut months: Vec<(Period, f64, u32, u32)> = Vec::new();
    for day in report.days.iter().rev() {
        let month = Period::month_of(day.day);
        if months.last().is_none_or(|(last, ..)| *last != month) {
            months.push((month, 0.0, 0, 0));
        }
        if let (Some(last), Some(parts)) = (months.last_mut(), day.shown()) {
            last.1 += parts.iter().sum::<f64>();
            last.2 += u32::from(day.parts.is_some());
            last.3 += u32::from(day.in_part.is_some());
        }
    }
    let most = months.iter().map(|(_, cost, ..)| cost.abs()).fold(0.0, f64::max);
    let currency = report.currency().to_owned();
    let styles = [Role::Dim, Role::Text, Role::Chart1, Role::Warn, Role::Good].map(|role| look.of(role));
    months.into_iter().map(move |(month, cost, days, partly)| {
        let bar = if most > 0.0 {
            (cost.abs() / most * 24.0).round() as usize
        } else {
            0
        };
        let says = match days + partly {
            0 => "not known".to_owned(),
            _ => about(cost, &currency),
        };
        let part = match (days, partly) {
            (_, 1..) => format!("  {days} of {} days, {partly} more in part", month.days()),
            (0, _) => String::new(),
            _ if days < month.days() => format!("  {days} of {} days", month.days()),
            _ => String::new(),
        };
        Line::from(vec![
            Span::styled(format!("{} ", month.from.strftime("%b %Y")), styles[0]),
            Span::styled(format!("{says:>12} "), styles[1]),
            match cost < 0.0 {
                true => Span::styled("▒".repeat(bar), styles[4]),
                false => Span::styled("█".repeat(bar), styles[2]),
            },
            Span::styled(part, styles[3]),
        ])
    })
}
