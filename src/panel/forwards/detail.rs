//! The tunnel under the cursor: how it stands and why, where it listens and leads, its sessions, its
//! connections.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::text::{Line, Span};

use crate::forward::Seen;
use crate::panel::boxed;
use crate::ui::amount::bytes;
use crate::ui::cursor::Cursor;
use crate::ui::table::{self, Column, Row as Painted, Rows, Table, Width};
use crate::ui::wrap::wrap;
use crate::ui::{Ids, Look, Role, text};

use super::view::{remote, stand};
use super::{Row, Stand};

/// Cells of a label and the blank after it.
const LABEL: usize = 9;

/// From here on the connections stand beside the facts, below them otherwise.
const WIDE: u16 = 120;

pub fn view(row: &Row, area: Rect, buf: &mut Buffer, look: &Look) {
    let title = Line::styled(text::quote(&row.name).into_owned(), look.of(Role::Title));
    let inner = boxed(area, buf, look, title, false).inner(Margin::new(1, 0));
    let (left, right) = if inner.width >= WIDE {
        let parts = [Constraint::Fill(1), Constraint::Length(2), Constraint::Fill(1)];
        let [left, _, right] = Layout::horizontal(parts).areas(inner);
        (left, Some(right))
    } else {
        (inner, None)
    };
    let facts = facts(row, usize::from(left.width), look);
    for (y, line) in (left.top()..left.bottom()).zip(&facts) {
        buf.set_line(left.x, y, line, left.width);
    }
    let used = u16::try_from(facts.len()).unwrap_or(u16::MAX).saturating_add(1);
    let right = right.unwrap_or(Rect {
        // The cursor's column of the table stands left of what is aligned.
        x: inner.x.saturating_sub(1),
        y: inner.y.saturating_add(used),
        width: inner.width + 1,
        height: inner.height.saturating_sub(used),
    });
    if row.live().is_some() {
        connections(row.connections(), right, buf, look);
    }
}

/// Labelled lines, long ones wrapped under their label.
fn facts(row: &Row, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut put = |label: &str, says: &str, role: Role| {
        let room = width.saturating_sub(LABEL).max(1);
        for (at, part) in wrap(&text::quote(says), room).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            lines.push(Line::from(vec![
                Span::styled(text::fit(label, LABEL), look.of(Role::Dim)),
                Span::styled(part, look.of(role)),
            ]));
        }
    };
    let live = row.live();
    let because = row
        .trouble
        .as_ref()
        .filter(|_| matches!(row.stand, Stand::Failed(_)));
    let (says, role) = stand(row);
    put("state", because.map_or(&says, |(says, _)| says), role);
    if let Some((_, hint)) = because.filter(|(_, hint)| !hint.is_empty()) {
        put("", hint, Role::Dim);
    }
    let listens = match live {
        Some(live) => live.listening.join(", "),
        None => row
            .address()
            .unwrap_or_else(|| "a free port, picked at the start".into()),
    };
    put("local", &listens, Role::Text);
    let machine = match &row.machine {
        Some(machine) if *machine != row.target => format!("{machine} ({})", row.target),
        _ => row.target.clone(),
    };
    put("to", &format!("{} on {machine}", remote(row)), Role::Text);
    if let Some(live) = live {
        let (sent, received) = (bytes(live.now.sent as f64), bytes(live.now.received as f64));
        let limit = live.now.limit(live.rate);
        let limit = limit.map_or_else(String::new, |limit| format!("; {limit}"));
        put(
            "so far",
            &format!("{sent} up, {received} down{limit}"),
            Role::Text,
        );
        match live.status.sessions.as_slice() {
            [] => put("session", "none: the next connection opens one", Role::Dim),
            sessions => put("session", &sessions.join(", "), Role::Text),
        }
    }
    if let (Some((says, _)), None) = (&row.trouble, because) {
        put("last", says, Role::Warn);
    }
    lines
}

struct Shown<'a> {
    connections: &'a [Seen],
    look: &'a Look<'a>,
}

impl Ids for Shown<'_> {
    type Id = usize;

    fn len(&self) -> usize {
        self.connections.len()
    }

    /// They are looked at only.
    fn id_at(&self, _: usize) -> Option<usize> {
        None
    }
}

impl Rows for Shown<'_> {
    fn row(&self, index: usize) -> Painted<'_> {
        let Some(seen) = self.connections.get(index) else {
            return Painted::Cells(Vec::new());
        };
        let look = self.look;
        let (text, dim) = (look.of(Role::Text), look.of(Role::Dim));
        let amount = |count: u64| Line::styled(bytes(count as f64), text);
        let stand = if seen.waiting > 0 {
            Line::styled(
                format!("{} unread", bytes(seen.waiting as f64)),
                look.of(Role::Warn),
            )
        } else {
            Line::styled("open", look.of(Role::Good))
        };
        Painted::Cells(vec![
            Line::styled(seen.peer.as_str(), text),
            Line::styled(seen.opened_at.strftime("%H:%M:%S").to_string(), dim),
            amount(seen.sent),
            amount(seen.received),
            stand,
        ])
    }
}

/// Newest last, as they came.
fn connections(connections: &[Seen], area: Rect, buf: &mut Buffer, look: &Look) {
    let columns = [
        Column::new("PEER", Width::Fill(14)),
        Column::new("SINCE", Width::Fixed(8)),
        Column::new("UP", Width::Fixed(7)).right(),
        Column::new("DOWN", Width::Fixed(7)).right(),
        Column::new("STATE", Width::Fixed(13)),
    ];
    let state = table::State {
        cursor: Cursor::default(),
        ..table::State::default()
    };
    Table {
        columns: &columns,
        rows: &Shown { connections, look },
        focused: false,
        empty: "no connection",
    }
    .paint(area, buf, look, &state);
}
