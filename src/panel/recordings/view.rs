//! Painting the list of recordings.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::panel::age;
use crate::panel::boxed;
use crate::recording::{Row as Recording, State, clock};
use crate::ui::cursor::Ids;
use crate::ui::table::{Column, Hit, Row, Rows, Sort, Table, Width};
use crate::ui::{Look, Role};

use super::find;

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let list = &model.recordings;
    if let Some(find) = &list.find {
        return find::view(find, area, buf, look);
    }
    let mut title = vec![
        Span::styled("Recordings", look.of(Role::Title)),
        Span::styled(format!("  {}", list.len()), look.of(Role::Dim)),
    ];
    if !list.filter.is_empty() {
        title.push(Span::styled(format!("  /{}", list.filter), look.of(Role::Accent)));
    }
    if let Some(says) = &list.bad_filter {
        title.push(Span::styled(format!("  {says}"), look.of(Role::Bad)));
    }
    if !list.table.marked.is_empty() {
        let says = format!("  {} marked", list.table.marked.len());
        title.push(Span::styled(says, look.of(Role::Info)));
    }
    let inner = boxed(area, buf, look, Line::from(title), true);
    let rows = Shown { model, look };
    table(model, &rows, |table| table.paint(inner, buf, look, &list.table));
}

/// The row under the mouse.
pub fn hit(model: &Model, area: Rect, x: u16, y: u16) -> Option<usize> {
    let inner = area.inner(Margin::new(1, 1));
    let plain = |_: Role| Style::new();
    let look = Look::new(&plain);
    let rows = Shown { model, look: &look };
    match table(model, &rows, |table| {
        table.hit(inner, &model.recordings.table, x, y)
    }) {
        Some(Hit::Row(at)) => Some(at),
        _ => None,
    }
}

fn table<T>(model: &Model, rows: &Shown, then: impl FnOnce(&Table<Shown>) -> T) -> T {
    let sort = if model.recordings.ascending {
        Sort::Up
    } else {
        Sort::Down
    };
    let columns = [
        Column::new("STARTED", Width::Fixed(19)).sorted(Some(sort)),
        Column::new("INSTANCE", Width::Fill(14)),
        Column::new("LENGTH", Width::Fixed(8)).right().drop(1),
        Column::new("SIZE", Width::Fixed(8)).right().drop(3),
        Column::new("STATE", Width::Fixed(10)),
        Column::new("EVIDENCE", Width::Fixed(10)).drop(2),
        Column::new("WHO", Width::Fill(10)).drop(2),
        Column::new("WHY", Width::Fill(12)).drop(4),
        Column::new("ID", Width::Fixed(13)).drop(5),
    ];
    then(&Table {
        columns: &columns,
        rows,
        focused: true,
        empty: match model.recordings.filter.is_empty() {
            true => "nothing is recorded yet: every session is, from its first byte on",
            false => "no recording matches the filter; s finds what was shown in them, C-x shows everything",
        },
    })
}

struct Shown<'a> {
    model: &'a Model,
    look: &'a Look<'a>,
}

impl Ids for Shown<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.model.recordings.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.model.recordings.id_at(index)
    }
}

impl Rows for Shown<'_> {
    fn row(&self, index: usize) -> Row<'_> {
        Row::Cells(
            self.model
                .recordings
                .row_at(index)
                .map(|row| self.cells(row))
                .unwrap_or_default(),
        )
    }
}

impl Shown<'_> {
    fn cells<'r>(&self, row: &'r Recording) -> Vec<Line<'r>> {
        let look = self.look;
        let dim = look.of(Role::Dim);
        let length = row.duration_us.map_or("…".to_owned(), clock);
        vec![
            Line::styled(age::stamp(row.started_at), dim),
            Line::styled(
                row.name.as_deref().or(row.target.as_deref()).unwrap_or("—"),
                look.of(Role::Text),
            ),
            Line::styled(length, look.of(Role::Text)),
            Line::styled(size(row.size), dim),
            self.state(row),
            Line::styled(row.evidence, look.of(evidence(row.evidence))),
            Line::styled(row.who().map_or("—", who), dim),
            Line::styled(row.reason.as_deref().unwrap_or("—"), dim),
            Line::styled(self.model.recordings.ids.of(&row.id).to_owned(), dim),
        ]
    }

    fn state(&self, row: &Recording) -> Line<'static> {
        let look = self.look;
        match self.model.recordings.verdicts.get(&row.id) {
            Some(verdict) if verdict.ok => {
                let says = match verdict.evidence {
                    "local" => "✓ verified".to_owned(),
                    level => format!("✓ {level}"),
                };
                return Line::styled(says, look.of(Role::Good));
            }
            Some(_) => return Line::styled("✗ bad", look.of(Role::Bad)),
            None => {}
        }
        let (says, role) = match row.state {
            State::Live => ("live", Role::BadgeLive),
            // Who else vouches for it says more than that it is closed.
            State::Sealed if row.evidence != "local" => (row.evidence, Role::Text),
            State::Sealed => ("sealed", Role::Text),
            State::Recovered => ("recovered", Role::Warn),
            State::Torn => ("torn", Role::Bad),
        };
        Line::styled(says, look.of(role))
    }
}

/// The further the trust reaches beyond this machine, the better.
fn evidence(level: &str) -> Role {
    match level {
        "local" => Role::Dim,
        "uploaded" => Role::Text,
        _ => Role::Good,
    }
}

/// The user or the role session of an ARN.
fn who(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or(arn)
}

/// Bytes in three digits and a unit.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "kB", "MB", "GB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}
