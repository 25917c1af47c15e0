//! What changed, as rows of figures: how much by usage, by rate and otherwise, and together. Where there is little room for
//! names the parts go first, the last of them before the others; the change stays.

use crate::cost::driver::{Driver, Kind as What};
use crate::cost::{Amount, Report};
use crate::ui::chart::LEAST_BAR;
use crate::ui::text;

use super::changes::signed;
use super::money::change;
use super::view::{named, row_named};

/// A driver as it is read.
pub(super) struct Told {
    pub name: String,
    /// Usage (or that it is new or gone), rate, and what has no quantity; empty where it did not change by it.
    parts: [String; PARTS],
    change: String,
}

const PARTS: usize = 3;

pub(super) fn told(row: &Driver, report: &Report) -> Told {
    let name = row.key.first().map_or("", String::as_str);
    let shown = match report.row(name) {
        Some(row) => row_named(row, &report.query.by),
        None => named(&report.query.by, name),
    };
    let name = text::quote(&shown).into_owned();
    let Some(moved) = row.change() else {
        return Told {
            name,
            parts: Default::default(),
            change: "not known".to_owned(),
        };
    };
    let part = |what: &str, amount: Amount| match amount.approximate().abs() >= 0.005 {
        true => format!("{what} {}", signed(amount)),
        false => String::new(),
    };
    let [usage, rate] = match row.kind {
        What::New => [part("new", row.usage), String::new()],
        What::Gone => [part("gone", row.usage), String::new()],
        What::Unknown => Default::default(),
        What::Changed | What::Unpriced => [part("usage", row.usage), part("rate", row.rate)],
    };
    let is_split = row.usage != Amount::ZERO || row.rate != Amount::ZERO;
    let other = if is_split {
        part("other", row.fee)
    } else {
        String::new()
    };
    Told {
        name,
        parts: [usage, rate, other],
        change: change(moved),
    }
}

impl Told {
    /// Every part, and what they come to.
    pub fn in_full(&self) -> String {
        let parts = self.parts.iter().filter(|part| !part.is_empty());
        let all: Vec<&str> = parts.chain([&self.change]).map(String::as_str).collect();
        all.join(", ")
    }
}

/// Cells of each part, and of the change; the parts that names need the room of are left out.
pub(super) struct Columns {
    parts: [usize; PARTS],
    change: usize,
}

/// Cells of a name at least, where it is that long, before parts stand beside it.
const NAME: usize = 20;
/// Cells of a change at least.
const CHANGE: usize = 12;
/// Cells between two parts.
const APART: usize = 2;

impl Columns {
    pub fn within(rows: &[Told], room: usize) -> Columns {
        let widest =
            |of: &dyn Fn(&Told) -> &str| rows.iter().map(|row| text::width(of(row))).max().unwrap_or(0);
        let mut columns = Columns {
            parts: [0, 1, 2].map(|at| widest(&|row: &Told| row.parts[at].as_str())),
            change: widest(&|row: &Told| row.change.as_str()).max(CHANGE),
        };
        let name = widest(&|row: &Told| row.name.as_str()).min(NAME);
        for at in (0..PARTS).rev() {
            let needed = name + 2 + usize::from(LEAST_BAR) + columns.width();
            if needed > room {
                columns.parts[at] = 0;
            }
        }
        columns
    }

    fn width(&self) -> usize {
        let parts = self.parts.iter().filter(|wide| **wide > 0);
        parts.map(|wide| wide + APART).sum::<usize>() + self.change
    }

    /// A row's figures, each at the right of its column.
    pub fn of(&self, told: &Told) -> String {
        let parts = self.parts.iter().zip(&told.parts).filter(|(wide, _)| **wide > 0);
        let cells = parts.map(|(wide, part)| format!("{}{:APART$}", flush(part, *wide), ""));
        cells.chain([flush(&told.change, self.change)]).collect()
    }
}

fn flush(says: &str, wide: usize) -> String {
    format!("{}{says}", " ".repeat(wide.saturating_sub(text::width(says))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_room_and_parts_go_from_the_last() {
        let rows = [Told {
            name: "Elastic Load Balancing".into(),
            parts: ["usage +1,234.56", "rate -12.30", "other +0.50"].map(str::to_owned),
            change: "▲ 1,222.76".into(),
        }];
        let says = |room| Columns::within(&rows, room).of(&rows[0]);
        assert_eq!(
            says(120),
            "usage +1,234.56  rate -12.30  other +0.50    ▲ 1,222.76"
        );
        assert_eq!(says(78), "usage +1,234.56  rate -12.30    ▲ 1,222.76");
        assert_eq!(says(70), "usage +1,234.56    ▲ 1,222.76");
        assert_eq!(says(40), "  ▲ 1,222.76");
        assert_eq!(
            rows[0].in_full(),
            "usage +1,234.56, rate -12.30, other +0.50, ▲ 1,222.76"
        );
    }
}
