//! The tunnel under the cursor: where it listens and leads, its sessions, what last went wrong, its connections.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

use crate::forward::{Seen, State};
use crate::panel::boxed;
use crate::ui::amount::bytes;
use crate::ui::cursor::Cursor;
use crate::ui::table::{self, Column, Row as Painted, Rows, Table, Width};
use crate::ui::wrap::wrap;
use crate::ui::{Ids, Look, Role, text};

use super::view::{remote, state};
use super::{Row, Stand};

/// Cells of a label and the blank after it.
const LABEL: usize = 9;

pub fn view(row: &Row, area: Rect, buf: &mut Buffer, look: &Look) {
    let title = Line::styled(text::quote(&row.name).into_owned(), look.of(Role::Title));
    let inner = boxed(area, buf, look, title, false).inner(Margin::new(1, 0));
    let facts = facts(row, usize::from(inner.width), look);
    for (y, line) in (inner.top()..inner.bottom()).zip(&facts) {
        buf.set_line(inner.x, y, line, inner.width);
    }
    let used = u16::try_from(facts.len()).unwrap_or(u16::MAX).saturating_add(1);
    if row.live().is_none() || used >= inner.height {
        return;
    }
    let below = Rect {
        y: inner.y + used,
        height: inner.height - used,
        ..inner
    };
    connections(row.connections(), below, buf, look);
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
    let because = live.and_then(|live| match &live.status.state {
        State::Resuming { because, .. } | State::Retrying { because, .. } => Some(because.as_str()),
        _ => None,
    });
    if let Some(because) = because {
        put("because", because, Role::Warn);
    }
    let listens = match live {
        Some(live) => live.listening.join(", "),
        None => row.address().unwrap_or_else(|| "a free port, picked at the start".into()),
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
        put("so far", &format!("{sent} up, {received} down{limit}"), Role::Text);
        match live.status.sessions.as_slice() {
            [] => put("session", "none: the next connection opens one", Role::Dim),
            sessions => put("session", &sessions.join(", "), Role::Text),
        }
    }
    if let Some((says, hint)) = &row.trouble {
        let ended = matches!(row.stand, Stand::Failed);
        put(if ended { "because" } else { "last" }, says, if ended { Role::Bad } else { Role::Warn });
        if !hint.is_empty() {
            put("", hint, Role::Dim);
        }
    }
    if live.is_none() {
        let mut line = state(row, look);
        line.spans.insert(0, Span::styled(text::fit("state", LABEL), look.of(Role::Dim)));
        lines.insert(0, line);
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
            Line::styled(format!("{} unread", bytes(seen.waiting as f64)), look.of(Role::Warn))
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
