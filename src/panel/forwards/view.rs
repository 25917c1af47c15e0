//! Painting the tunnels: one line each, its state in the colour of what it means, what goes each way, which side is
//! the limit; below them what is known of the one under the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::forward::{Limit, Rate, State};
use crate::panel::boxed;
use crate::ui::amount::bytes;
use crate::ui::cursor::Ids;
use crate::ui::table::{Column, Hit, Row as Painted, Rows, Table, Width};
use crate::ui::{Look, Role};

use super::{Forwards, Row, RowId, Stand, detail};

/// The table and, where asked for, the detail pane.
fn body(model: &Model, area: Rect) -> (Rect, Option<Rect>) {
    if !model.forwards.detail || model.forwards.is_empty() {
        return (area, None);
    }
    let wanted = u16::try_from(model.forwards.len())
        .unwrap_or(u16::MAX)
        .saturating_add(3);
    let table = wanted.max(6).min(area.height / 2);
    let [table, detail] = Layout::vertical([Constraint::Length(table), Constraint::Fill(1)]).areas(area);
    (table, Some(detail))
}

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let (left, right) = body(model, area);
    let inner = boxed(left, buf, look, title(&model.forwards, look), true);
    table(model, inner.width, look, |table| {
        table.paint(inner, buf, look, &model.forwards.table)
    });
    if let (Some(right), Some(row)) = (right, model.forwards.selected()) {
        detail::view(row, right, buf, look);
    }
}

/// The row under the mouse.
pub fn hit(model: &Model, area: Rect, x: u16, y: u16) -> Option<usize> {
    let inner = body(model, area).0.inner(Margin::new(1, 1));
    let plain = |_: Role| Style::new();
    match table(model, inner.width, &Look::new(&plain), |table| {
        table.hit(inner, &model.forwards.table, x, y)
    }) {
        Some(Hit::Row(at)) => Some(at),
        _ => None,
    }
}

fn title(forwards: &Forwards, look: &Look) -> Line<'static> {
    let mut spans = vec![
        Span::styled("Forwards", look.of(Role::Title)),
        Span::styled(
            format!("  {} of {} open", forwards.open(), forwards.len()),
            look.of(Role::Dim),
        ),
    ];
    let going = forwards.rate();
    if going != Rate::default() {
        let says = format!("  ↑ {}/s ↓ {}/s", bytes(going.up), bytes(going.down));
        spans.push(Span::styled(says, look.of(Role::Accent)));
    }
    Line::from(spans)
}

/// In fewer cells than these an address on this machine is its port, and the target stands with what it connects to.
const WIDE: u16 = 104;

fn table<T>(model: &Model, width: u16, look: &Look, then: impl FnOnce(&Table<Shown>) -> T) -> T {
    let terse = width < WIDE;
    let (rate, up, down) = if terse {
        (7, "UP/s", "DOWN/s")
    } else {
        (9, "UP", "DOWN")
    };
    let [connections, up, down, limit] = [
        Column::new("CONN", Width::Fixed(4)).right().drop(1),
        Column::new(up, Width::Fixed(rate)).right(),
        Column::new(down, Width::Fixed(rate)).right(),
        Column::new("LIMIT", Width::Fixed(8)).drop(2),
    ];
    let columns = if terse {
        vec![
            Column::new("NAME", Width::Fill(8)),
            Column::new("LOCAL", Width::Fixed(6)),
            Column::new("TO", Width::Fill(18)),
            Column::new("STATE", Width::Fixed(11)),
            connections,
            up,
            down,
            limit,
        ]
    } else {
        vec![
            Column::new("NAME", Width::Fill(10)),
            Column::new("LOCAL", Width::Fixed(15)),
            Column::new("TARGET", Width::Fill(12)),
            Column::new("REMOTE", Width::Fill(8)),
            Column::new("STATE", Width::Fill(17)),
            connections,
            up,
            down,
            limit,
        ]
    };
    let forwards = &model.forwards;
    then(&Table {
        columns: &columns,
        rows: &Shown {
            forwards,
            look,
            terse,
        },
        focused: true,
        empty: "no tunnel yet: a adds one, p in the fleet forwards a port, [[forwards]] names them for good",
    })
}

struct Shown<'a> {
    forwards: &'a Forwards,
    look: &'a Look<'a>,
    terse: bool,
}

impl Ids for Shown<'_> {
    type Id = RowId;

    fn len(&self) -> usize {
        self.forwards.len()
    }

    fn id_at(&self, index: usize) -> Option<RowId> {
        self.forwards.id_at(index)
    }
}

impl Rows for Shown<'_> {
    fn row(&self, index: usize) -> Painted<'_> {
        let row = self.forwards.rows.get(index);
        Painted::Cells(row.map(|row| self.cells(row)).unwrap_or_default())
    }
}

impl Shown<'_> {
    fn cells<'r>(&self, row: &'r Row) -> Vec<Line<'r>> {
        let look = self.look;
        let (text, dim) = (look.of(Role::Text), look.of(Role::Dim));
        let base = if row.is_open() { text } else { dim };
        let live = row.live();
        let amount = |rate: f64| match live {
            None => Line::raw(""),
            Some(_) if rate <= 0.0 => Line::styled("·", look.of(Role::Faint)),
            Some(_) if self.terse => Line::styled(bytes(rate), look.of(Role::Accent)),
            Some(_) => Line::styled(format!("{}/s", bytes(rate)), look.of(Role::Accent)),
        };
        let rate = live.map_or_else(Rate::default, |live| live.rate);
        let limit = live.and_then(|live| live.now.limit(live.rate));
        let connections = match (live, row.connections().len()) {
            (None, _) => Line::raw(""),
            (_, 0) => Line::styled("·", look.of(Role::Faint)),
            (_, many) => Line::styled(many.to_string(), text),
        };
        let (address, machine) = (
            row.address().unwrap_or_else(|| "picked".into()),
            row.machine.as_deref().unwrap_or(&row.target),
        );
        let name = Line::styled(row.name.as_str(), base);
        let mut cells = if self.terse {
            let local = address.strip_prefix("127.0.0.1").unwrap_or(&address).to_owned();
            let to = Line::styled(format!("{machine}:{}", remote(row)), dim);
            vec![name, Line::styled(local, base), to]
        } else {
            let machine = Line::styled(machine, dim);
            vec![
                name,
                Line::styled(address, base),
                machine,
                Line::styled(remote(row), dim),
            ]
        };
        cells.extend([
            state(row, look),
            connections,
            amount(rate.up),
            amount(rate.down),
            limit.map_or_else(Line::default, |limit| self.limit(limit)),
        ]);
        cells
    }

    fn limit(&self, limit: Limit) -> Line<'static> {
        let (says, role) = match limit {
            Limit::LocalReader => ("reader", Role::Warn),
            Limit::Pacing => ("agent", Role::Info),
            Limit::Window => ("acks", Role::Warn),
            Limit::Programs => ("programs", Role::Dim),
        };
        Line::styled(says, self.look.of(role))
    }
}

/// What the instance connects to.
pub(super) fn remote(row: &Row) -> String {
    let spec = row.spec.as_ref();
    spec.map_or_else(|_| "—".into(), |spec| spec.remote.to_string())
}

/// How a row stands, in words, and the colour of what they mean.
pub(super) fn stand(row: &Row) -> (String, Role) {
    let (says, role) = match &row.stand {
        Stand::Stopped => ("stopped", Role::Faint),
        Stand::Awaited => ("asking the fleet", Role::Info),
        Stand::Sought => ("asking for the task", Role::Info),
        Stand::Binding(_) => ("binding", Role::Info),
        Stand::Stopping(_) => ("stopping", Role::Warn),
        Stand::Failed(word) => (*word, Role::Bad),
        Stand::Up(live) => return (live.status.state.to_string(), role(&live.status.state)),
    };
    (says.to_owned(), role)
}

fn role(state: &State) -> Role {
    match state {
        State::Listening | State::Opening => Role::Info,
        State::Connected => Role::Good,
        State::Stalled { .. } | State::Resuming { .. } | State::Retrying { .. } => Role::Warn,
        State::Ended { .. } => Role::Bad,
    }
}

/// The same behind a mark that can be told apart without colour; the cause of a failure after it, as far as it fits.
fn state(row: &Row, look: &Look) -> Line<'static> {
    let (mut says, role) = stand(row);
    let mark = match (&row.stand, role) {
        (Stand::Stopped, _) => "·",
        (Stand::Up(live), Role::Info) if live.status.state == State::Listening => "○",
        (_, Role::Info) => "…",
        (_, Role::Good) => "●",
        (_, Role::Bad) => "✗",
        _ => "!",
    };
    match (&row.stand, &row.trouble) {
        (Stand::Failed(_), Some((why, _))) => says = format!("{says}: {why}"),
        (Stand::Up(live), _) => {
            if let State::Stalled { since } = live.status.state {
                says = format!("stalled {} s", since.elapsed().as_secs());
            }
        }
        _ => {}
    }
    Line::styled(format!("{mark} {says}"), look.of(role))
}
