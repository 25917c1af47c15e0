//! Painting runs: the list, or one run with its totals above its instances, or an output.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::Model;
use crate::panel::boxed;
use crate::ui::chart::{Part, Stack};
use crate::ui::cursor::Ids;
use crate::ui::table::Hit;
use crate::ui::{Look, Role, text};

use super::table::{span, state, with_runs, with_targets};
use super::{Run, Stand, page};

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let fanout = &model.fanout;
    if fanout.page.is_some() && fanout.target().is_some() {
        return page::view(fanout, area, buf, look);
    }
    match fanout.run().filter(|_| fanout.is_inside()) {
        Some(run) => one(model, run, area, buf, look),
        None => {
            let title = vec![
                Span::styled("Runs", look.of(Role::Title)),
                Span::styled(format!("  {}", fanout.len()), look.of(Role::Dim)),
            ];
            let inner = boxed(area, buf, look, Line::from(title), true);
            with_runs(model, look, |table| table.paint(inner, buf, look, &fanout.list));
        }
    }
}

/// What is under the mouse.
pub fn hit(model: &Model, area: Rect, x: u16, y: u16) -> Option<Hit> {
    let fanout = &model.fanout;
    let inner = area.inner(Margin::new(1, 1));
    let plain = |_: Role| Style::new();
    let look = Look::new(&plain);
    match fanout.run().filter(|_| fanout.is_inside()) {
        _ if fanout.page.is_some() => None,
        Some(run) => with_targets(model, run, &look, |table| {
            table.hit(parts(inner).2, &run.table, x, y)
        }),
        None => with_runs(model, &look, |table| table.hit(inner, &fanout.list, x, y)),
    }
}

/// Legend, bar, table; in a low window the table comes first.
fn parts(inner: Rect) -> (Rect, Rect, Rect) {
    let head = u16::from(inner.height >= 8);
    let [legend, bar, table] = Layout::vertical([
        Constraint::Length(head),
        Constraint::Length(head),
        Constraint::Fill(1),
    ])
    .areas(inner);
    (legend, bar, table)
}

fn one(model: &Model, run: &Run, area: Rect, buf: &mut Buffer, look: &Look) {
    let inner = boxed(area, buf, look, title(model, run, area.width, look), true);
    let (legend_area, bar, table) = parts(inner);
    let narrow = |area: Rect| Rect {
        x: area.x + 1.min(area.width),
        width: area.width.saturating_sub(2),
        ..area
    };
    legend(run, look).render(narrow(legend_area), buf);
    let counts = Stand::ALL.map(|stand| {
        let (role, symbol) = match stand {
            Stand::Waiting => (Role::GaugeTrack, "·"),
            Stand::Running => (Role::Info, "▒"),
            Stand::Away => (Role::Faint, "░"),
            Stand::Failed | Stand::Stopped | Stand::Good => (stand.role(), "█"),
        };
        let count = run.count(stand);
        Part { count, role, symbol }
    });
    Stack { parts: &counts }.paint(narrow(bar), buf, look);
    with_targets(model, run, look, |rows| rows.paint(table, buf, look, &run.table));
}

/// Each status with its count, as the bar has them.
fn legend(run: &Run, look: &Look) -> Line<'static> {
    let mut spans = Vec::new();
    for stand in Stand::ALL {
        let count = run.count(stand);
        if count > 0 {
            let says = format!("{} {count} {}   ", stand.mark(), stand.word());
            spans.push(Span::styled(says, look.of(stand.role())));
        }
    }
    Line::from(spans)
}

fn title<'a>(model: &Model, run: &'a Run, width: u16, look: &Look) -> Line<'a> {
    let (state, role) = state(run);
    let dim = look.of(Role::Dim);
    let mut rest = vec![
        Span::styled(format!("  {state}"), look.of(role)),
        Span::styled(
            format!(
                "  {} of {}  {}",
                run.over(),
                run.targets.len(),
                span(run.took(model.now))
            ),
            dim,
        ),
    ];
    if run.production > 0 {
        let says = format!("  {} production", run.production);
        rest.push(Span::styled(says, look.of(Role::Bad)));
    }
    if !run.filter.is_empty() {
        rest.push(Span::styled(format!("  /{}", run.filter), look.of(Role::Accent)));
    }
    let taken: usize = rest.iter().map(|span| text::width(&span.content)).sum();
    let room = usize::from(width).saturating_sub(taken + 8).max(8);
    let command = text::truncate(&text::quote(&run.text), room).into_owned();
    let mut spans = vec![
        Span::styled("$ ", dim),
        Span::styled(command, look.of(Role::Title)),
    ];
    spans.extend(rest);
    Line::from(spans)
}
