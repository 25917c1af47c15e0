//! Painting a picture's figures with the charts of the console.

use jiff::civil::Date;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::show::UNKNOWN;
use super::fold::fold;
use super::gather::{Day, Figures, Scene, joined};
use super::tiles;
use crate::cost::driver::{self, Driver, Drivers};
use crate::cost::{Amount, Comparison, short};
use crate::panel::boxed;
use crate::ui::chart::{Bar, Bars, Calendar, Cell, Kind, Step, Waterfall};
use crate::ui::table::{Column, Row, Rows, State, Table, Width};
use crate::ui::wrap::wrap;
use crate::ui::{Ids, Look, Role, text};

/// Of a name in the legend.
const NAME: usize = 28;

/// Lines for the headline and the notes; where they take more the picture grows.
const HEAD: usize = 2;
/// Room around the figures: frame, headline, notes and a blank row.
const AROUND: u16 = 5;

/// Columns and rows that a scene needs, within reason.
pub fn size(scene: &Scene) -> (u16, u16) {
    let (columns, rows) = needed(scene);
    let head = head(scene, usize::from(columns.saturating_sub(4))).len();
    (columns, rows + head.saturating_sub(HEAD) as u16)
}

/// What is said above the figures, in lines of so many cells.
fn head(scene: &Scene, room: usize) -> Vec<(String, Role)> {
    let parts = [
        (scene.headline(), Role::Text),
        (scene.notes().join("; "), Role::Warn),
    ];
    let said = parts.into_iter().filter(|(says, _)| !says.is_empty());
    let lines = said.flat_map(|(says, role)| wrap(&says, room).into_iter().map(move |line| (line, role)));
    lines.collect()
}

fn needed(scene: &Scene) -> (u16, u16) {
    let rows = |count: usize| u16::try_from(count).unwrap_or(u16::MAX).clamp(6, 80) + AROUND;
    match &scene.figures {
        // Two columns a day, and the scale; as many as there may be for a year of days.
        Figures::Bars(_, days) => ((days.len() * 2 + 14).clamp(100, 400) as u16, 32),
        // Two rows for what the colours say.
        Figures::Tiles(..) => (120, 38),
        Figures::Days(days) => (
            (days.len() / 7 * 2 + 14).clamp(80, 220) as u16,
            // Two rows for what the shades say.
            Cell::default().rows() + 3 + AROUND,
        ),
        Figures::Changes(_, all) => (120, rows(all.rows.len() + 2)),
        Figures::Rows(names, all) => (
            (names.len() * 30 + 40).clamp(100, 220) as u16,
            rows(all.len() + 2),
        ),
    }
}

pub fn paint(scene: &Scene, buf: &mut Buffer, look: &Look<'_>) {
    buf.set_style(buf.area, look.of(Role::Background));
    let area = buf.area;
    let inner = boxed(
        area,
        buf,
        look,
        Line::styled("Costs", look.of(Role::Title)),
        false,
    );
    let inner = inner.inner(ratatui::layout::Margin::new(1, 0));
    let mut lines = head(scene, usize::from(inner.width));
    // A small picture is more figures than words.
    let most = usize::from(inner.height / 2).max(1);
    if lines.len() > most {
        lines.truncate(most);
        if let Some((line, _)) = lines.last_mut() {
            line.push('…');
        }
    }
    for (y, (line, role)) in (inner.y..inner.bottom()).zip(&lines) {
        let shown = text::truncate(line, usize::from(inner.width));
        buf.set_line(inner.x, y, &Line::styled(shown, look.of(*role)), inner.width);
    }
    let head = (lines.len().max(HEAD) as u16 + 1).min(inner.height);
    let below = Rect {
        y: inner.y + head,
        height: inner.height - head,
        ..inner
    };
    match &scene.figures {
        Figures::Bars(series, days) => bars(series, days, below, buf, look),
        Figures::Tiles(tiles, _) => tiles::paint(tiles, below, buf, look),
        Figures::Days(days) => calendar(days, below, buf, look),
        Figures::Changes(comparison, all) => waterfall(comparison, all, below, buf, look),
        Figures::Rows(names, rows) => table(scene, names, rows, below, buf, look),
    }
}

/// The weeks, and below them what the shades stand for, those of costs and those of credits.
fn calendar(days: &[(Date, Option<Amount>)], area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let days: Vec<(Date, Option<f64>)> = days
        .iter()
        .map(|(day, cost)| (*day, cost.map(Amount::approximate)))
        .collect();
    let calendar = Calendar {
        days: &days,
        in_part: &[],
        selected: None,
        cell: Cell::default(),
    };
    calendar.paint(area, buf, look);
    let mut y = calendar.cell.rows() + 1;
    for (nth, (role, shades)) in calendar.shades().into_iter().enumerate() {
        let more = if role == Role::Good {
            " more credits  "
        } else {
            " more  "
        };
        let mut legend = Vec::new();
        for (shade, upto) in shades {
            let says = upto.map_or(more.to_owned(), |upto| format!(" to {upto:.2}  "));
            legend.push(Span::styled(shade, look.of(role)));
            legend.push(Span::styled(says, look.of(Role::Dim)));
        }
        if nth == 0 {
            legend.extend([Span::styled("· no answer  ", look.of(Role::Dim)), Span::raw("")]);
            let begins = calendar.begins(area.width);
            let says = begins.map(|day| format!("no room for days before {day}"));
            legend.extend(says.map(|says| Span::styled(says, look.of(Role::Warn))));
        }
        let rest = Rect {
            y: area.y.saturating_add(y),
            height: area.height.saturating_sub(y),
            ..area
        };
        y += wrapped(&legend, rest, buf);
    }
}

/// Amounts below this have cents on a scale.
const SMALL: f64 = 10.0;

/// A value on a scale.
fn scaled(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        small if small < SMALL => format!("{value:.2}"),
        _ => Amount::from_double(value).map_or_else(String::new, |of| of.amount.grouped(0)),
    }
}

/// The legend above, the days below.
fn bars(series: &[String], days: &[Day], area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let total: Amount = days
        .iter()
        .flat_map(|day| day.parts.iter().flatten())
        .map(|part| part.magnitude())
        .sum();
    // No label of the scale is longer than that of the whole, with its sign.
    let widest = text::width(&scaled(-total.approximate())).max(text::width(&scaled(-SMALL)));
    let room = usize::from(area.width).saturating_sub(widest + 1);
    let (days, each) = &fold(days, room);
    let parts: Vec<Option<Vec<f64>>> = days
        .iter()
        .map(|day| {
            Some(
                day.parts
                    .as_ref()?
                    .iter()
                    .map(|part| part.approximate())
                    .collect(),
            )
        })
        .collect();
    let labels: Vec<String> = days
        .iter()
        .map(|day| day.day.strftime("%-d %b").to_string())
        .collect();
    let bar = |nth: usize| Bar {
        label: &labels[nth],
        parts: parts[nth].as_deref(),
        unfinished: days[nth].unfinished,
        weekend: *each == 1 && days[nth].day.weekday().to_monday_zero_offset() >= 5,
    };
    let all: Vec<Bar> = (0..days.len()).map(bar).collect();
    let bars = Bars {
        bars: &all,
        selected: None,
        scale: &scaled,
    };
    let mut legend = Vec::new();
    if *each > 1 {
        let says = format!("each bar {each} days  ");
        legend.extend([Span::styled(says, look.of(Role::Text)), Span::raw("")]);
    }
    for (nth, name) in series.iter().enumerate() {
        legend.push(Span::styled("■ ", look.series(nth)));
        legend.push(Span::styled(
            format!("{}  ", text::truncate(short(name), NAME)),
            look.of(Role::Dim),
        ));
    }
    let more = [
        (bars.has_credits(), "▀ credits, below zero  "),
        (bars.is_cut(), "≈ beyond the scale  "),
    ];
    for (_, says) in more.into_iter().filter(|(is_so, _)| *is_so) {
        legend.extend([Span::styled(says, look.of(Role::Dim)), Span::raw("")]);
    }
    if days.iter().any(|day| day.unfinished) {
        let says = if *each > 1 {
            "▒ not whole"
        } else {
            "▒ not over"
        };
        legend.push(Span::styled(says, look.of(Role::Dim)));
    }
    if days.iter().any(|day| day.parts.is_none()) {
        legend.push(Span::styled("  ? no answer", look.of(Role::Warn)));
    }
    let height = wrapped(&legend, area, buf);
    let rest = Rect {
        y: area.y + height + 1,
        height: area.height.saturating_sub(height + 1),
        ..area
    };
    bars.paint(rest, buf, look);
}

/// Writes pairs of spans, a new line where one does not fit; returns the rows that they took.
fn wrapped(spans: &[Span<'_>], area: Rect, buf: &mut Buffer) -> u16 {
    let (mut x, mut y) = (0, 0);
    for pair in spans.chunks(2) {
        let wide: u16 = pair.iter().map(|span| span.width() as u16).sum();
        if x > 0 && x + wide > area.width {
            (x, y) = (0, y + 1);
        }
        if y >= area.height {
            break;
        }
        buf.set_line(area.x + x, area.y + y, &Line::from(pair.to_vec()), area.width - x);
        x += wide;
    }
    y + 1
}

fn waterfall(comparison: &Comparison, all: &Drivers, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let signed = |amount: Amount| match amount.is_negative() {
        true => amount.grouped(2),
        false => format!("+{}", amount.grouped(2)),
    };
    let (top, others) = all.top(usize::from(area.height.saturating_sub(3)));
    let total = |name: String, amount: Amount| (name, amount, amount.grouped(2), Kind::Total);
    let mut steps = vec![total(comparison.previous.in_full(), all.before)];
    let change = |name: String, amount: Amount| (name, amount, signed(amount), Kind::Change);
    // Where days are missing the two totals stand alone, and the scene says why.
    let step = |of: &Driver| Some(change(short(&joined(&of.key)).to_owned(), of.change()?));
    steps.extend(top.iter().filter_map(step));
    if let Some(others) = others.filter(|_| all.rows.len() > top.len()) {
        steps.push(change(driver::others(all.rows.len() - top.len()), others));
    }
    steps.push(total(comparison.current.in_full(), all.after));
    let steps: Vec<Step> = steps
        .iter()
        .map(|(name, amount, says, kind)| Step {
            name,
            value: amount.approximate(),
            says,
            kind: *kind,
        })
        .collect();
    Waterfall {
        steps: &steps,
        selected: None,
        scale: &scaled,
    }
    .paint(area, buf, look);
}

fn table(
    scene: &Scene,
    names: &[String],
    rows: &[(Vec<String>, Option<Amount>)],
    area: Rect,
    buf: &mut Buffer,
    look: &Look<'_>,
) {
    let room = usize::from(area.height.saturating_sub(2));
    let mut shown: Vec<(Vec<String>, Option<Amount>)> = rows.iter().take(room).cloned().collect();
    if rows.len() > room {
        shown.pop();
        let left = rows.len() - shown.len();
        let rest: Amount = rows[shown.len()..].iter().filter_map(|(_, cost)| *cost).sum();
        shown.push((vec![driver::others(left)], Some(rest)));
    }
    shown.push((vec!["total".into()], Some(scene.total)));
    let titles: Vec<String> = names.iter().map(|name| name.to_uppercase()).collect();
    let mut columns: Vec<Column> = titles
        .iter()
        .map(|name| Column::new(name, Width::Fill(10)))
        .collect();
    columns.push(Column::new(&scene.currency, Width::Fixed(16)).right());
    columns.push(Column::new("%", Width::Fixed(7)).right());
    let rows = Shown {
        keys: names.len(),
        rows: shown,
        total: scene.total,
        look,
    };
    Table {
        columns: &columns,
        rows: &rows,
        focused: false,
        empty: "nothing was spent",
    }
    .paint(area, buf, look, &State::default());
}

struct Shown<'a> {
    keys: usize,
    rows: Vec<(Vec<String>, Option<Amount>)>,
    total: Amount,
    look: &'a Look<'a>,
}

impl Ids for Shown<'_> {
    type Id = usize;

    fn len(&self) -> usize {
        self.rows.len()
    }

    /// Nothing in a picture can be chosen.
    fn id_at(&self, _index: usize) -> Option<usize> {
        None
    }
}

impl Rows for Shown<'_> {
    fn row(&self, index: usize) -> Row<'_> {
        let Some((key, cost)) = self.rows.get(index) else {
            return Row::Cells(Vec::new());
        };
        let is_last = index + 1 == self.rows.len();
        let style = self.look.of(if is_last { Role::Title } else { Role::Text });
        let part = |nth: usize| match key.get(nth).map(String::as_str) {
            Some("") => "none".to_owned(),
            Some(text) => text.to_owned(),
            None => String::new(),
        };
        let mut cells: Vec<Line> = (0..self.keys).map(|nth| Line::styled(part(nth), style)).collect();
        let says = cost.map_or(UNKNOWN.to_owned(), |cost| cost.grouped(2));
        cells.push(Line::styled(says, style));
        let whole = self.total.approximate().abs().max(f64::MIN_POSITIVE);
        let share = cost.map(|cost| format!("{:.1}", cost.approximate() / whole * 100.0));
        cells.push(Line::styled(share.unwrap_or_default(), self.look.of(Role::Dim)));
        Row::Cells(cells)
    }
}
