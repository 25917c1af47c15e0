//! The days as bars: the five largest and all others, credits below zero, weekends marked, unfinished days hatched, what is
//! an estimate said.

use jiff::civil::Weekday;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::cost::{Report, SERIES, today};
use crate::ui::chart::{Bar, Bars};
use crate::ui::{Look, Role, text};

use super::money::{about, short as figure};
use super::view::{dated, put, put_all, row_named};

/// What is less is what adding up doubles leaves behind.
const NOTHING: f64 = 1e-9;

pub fn view(model: &Model, report: &Report, area: Rect, buf: &mut Buffer, look: &Look) {
    let costs = &model.costs;
    let at = costs.day.index(costs.dates.as_slice());
    let labels = labels(report, at, today(model.now).year());
    let bars: Vec<Bar> = report
        .days
        .iter()
        .zip(&labels)
        .map(|(day, label)| Bar {
            label,
            parts: day.shown(),
            unfinished: day.unfinished || day.in_part.is_some(),
            weekend: is_weekend(day.day),
        })
        .collect();
    let bars = Bars {
        bars: &bars,
        selected: at,
        scale: &figure,
    };
    let legend = legend(report, (bars.is_cut(), bars.has_credits()), area.width, look);
    let [chart, says, below] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(legend.len().min(4) as u16),
    ])
    .areas(area);
    bars.paint(chart, buf, look);
    if let Some(day) = at.and_then(|at| report.days.get(at)) {
        put(&selected(report, day, says.width, look), says.y, says, buf);
    }
    put_all(legend, below, buf);
}

/// More days than this are told by their Mondays, with the month.
const FEW_DAYS: usize = 21;

/// Below each day what it is called, the first of each month with the month's name; of many days only Mondays and the one under
/// the cursor, always with it.
fn labels(report: &Report, at: Option<usize>, year: i16) -> Vec<String> {
    let label = |(nth, day): (usize, &crate::cost::Day)| {
        let is_told = day.day.weekday() == Weekday::Monday || at == Some(nth);
        let begins = nth == 0 || day.day.day() == 1;
        match (report.days.len() > FEW_DAYS, is_told) {
            (false, _) if begins => dated(day.day, year),
            (false, _) => day.day.day().to_string(),
            (true, true) => dated(day.day, year),
            (true, false) => String::new(),
        }
    };
    report.days.iter().enumerate().map(label).collect()
}

pub fn is_weekend(day: jiff::civil::Date) -> bool {
    day.weekday().to_monday_zero_offset() >= 5
}

/// The day under the cursor in words, with as many of its largest parts as there is room for.
pub fn selected(report: &Report, day: &crate::cost::Day, room: u16, look: &Look) -> Line<'static> {
    let cost = day.shown().map_or("no answer".into(), |parts| {
        about(parts.iter().sum(), report.currency())
    });
    let mut spans = vec![
        Span::styled(
            format!("▸ {} ", day.day.strftime("%a %b %-d %Y")),
            look.of(Role::Accent),
        ),
        Span::styled(cost, look.of(Role::Text)),
    ];
    let note = match (day.unfinished, day.estimated) {
        _ if day.in_part.is_some() => "  known in part",
        (true, _) => "  not finished",
        (false, true) => "  estimated until the bill is closed",
        _ => "",
    };
    spans.push(Span::styled(note, look.of(Role::Warn)));
    let mut parts: Vec<(f64, String)> = Vec::new();
    for (nth, part) in day.shown().into_iter().flatten().enumerate() {
        let row = report.series.get(nth).and_then(|at| report.rows.get(*at));
        let name = row.map_or("others".into(), |row| row_named(row, &report.query.by));
        parts.push((*part, name));
    }
    parts.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let mut line = Line::from(spans);
    for (part, name) in parts.into_iter().take(3).filter(|(part, _)| part.abs() > NOTHING) {
        let says = format!("  {} {}", text::truncate(&text::quote(&name), 24), figure(part));
        if line.width() + text::width(&says) >= usize::from(room) {
            break;
        }
        line.push_span(Span::styled(says, look.of(Role::Dim)));
    }
    line
}

/// Colours with their names, in as many lines as they take.
fn legend(
    report: &Report,
    (is_cut, has_credits): (bool, bool),
    room: u16,
    look: &Look,
) -> Vec<Line<'static>> {
    let names = report.series.iter().filter_map(|at| report.rows.get(*at));
    let names = names.map(|row| row_named(row, &report.query.by));
    let mut entries: Vec<Vec<Span>> = names
        .enumerate()
        .map(|(nth, name)| entry("■", &name, look.series(nth), look))
        .collect();
    let charged = report.rows.iter().filter(|row| !row.is_expected).count();
    if charged > report.series.len() && !report.series.is_empty() {
        entries.push(entry("■", "others", look.series(SERIES), look));
    }
    let hatched = match report.days.iter().any(|day| day.in_part.is_some()) {
        true => "not finished, or known in part",
        false => "not finished",
    };
    entries.push(entry("▒", hatched, look.of(Role::Dim), look));
    if has_credits {
        entries.push(entry("↓", "credits, below zero", look.of(Role::Dim), look));
    }
    if is_cut {
        entries.push(entry("≈", "beyond the scale", look.of(Role::Dim), look));
    }
    if report.days.iter().any(|day| day.estimated) {
        entries.push(entry("~", "this month is an estimate", look.of(Role::Warn), look));
    }
    let mut lines: Vec<Line> = vec![Line::default()];
    for entry in entries {
        let wide: usize = entry.iter().map(Span::width).sum();
        let last = lines.last().map_or(0, Line::width);
        if last > 0 && last + wide > usize::from(room.saturating_sub(2)) {
            lines.push(Line::default());
        }
        if let Some(line) = lines.last_mut() {
            line.spans.extend(entry);
        }
    }
    lines
}

fn entry(mark: &'static str, name: &str, style: ratatui::style::Style, look: &Look) -> Vec<Span<'static>> {
    let name = text::truncate(&text::quote(name), 30).into_owned();
    vec![
        Span::styled(mark, style),
        Span::styled(format!(" {name}  "), look.of(Role::Dim)),
    ]
}
