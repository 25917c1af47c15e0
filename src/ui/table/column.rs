//! Columns of a table: how wide each is, and which give way first when the window is narrow.

/// How much room a column asks for, in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Exactly this much.
    Fixed(u16),
    /// At least this much and not more than needed: room beyond it goes to the columns that fill.
    Min(u16),
    /// At least this much, and an equal share of what is left over.
    Fill(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Align {
    #[default]
    Left,
    Right,
}

/// Which way a column is sorted, shown beside its title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Up,
    Down,
}

#[derive(Clone, Debug)]
pub struct Column<'a> {
    pub title: &'a str,
    pub width: Width,
    pub align: Align,
    /// Dropped first when highest; 0 is never dropped.
    pub drop: u8,
    pub sort: Option<Sort>,
}

impl<'a> Column<'a> {
    pub fn new(title: &'a str, width: Width) -> Column<'a> {
        Column {
            title,
            width,
            align: Align::Left,
            drop: 0,
            sort: None,
        }
    }

    pub fn right(mut self) -> Self {
        self.align = Align::Right;
        self
    }

    pub fn drop(mut self, drop: u8) -> Self {
        self.drop = drop;
        self
    }

    pub fn sorted(mut self, sort: Option<Sort>) -> Self {
        self.sort = sort;
        self
    }

    fn least(&self) -> u16 {
        match self.width {
            Width::Fixed(width) | Width::Min(width) | Width::Fill(width) => width,
        }
    }
}

/// Blanks between two columns.
const GAP: u16 = 1;

/// A column that has a place: its index, its first cell, and its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub column: usize,
    pub x: u16,
    pub width: u16,
}

/// Gives the columns their places in `room` cells, dropping what does not fit. The last column left is cut
/// rather than dropped.
pub(super) fn places(columns: &[Column<'_>], room: u16) -> Vec<Place> {
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    let needed = |kept: &[usize]| {
        let cells: u32 = kept.iter().map(|&at| u32::from(columns[at].least())).sum();
        cells + u32::from(GAP) * (kept.len().saturating_sub(1)) as u32
    };
    while needed(&kept) > u32::from(room) {
        let first_to_go = kept
            .iter()
            .enumerate()
            .filter(|(_, column)| columns[**column].drop > 0)
            .max_by_key(|(place, column)| (columns[**column].drop, *place));
        match first_to_go {
            Some((place, _)) => {
                kept.remove(place);
            }
            None => break,
        }
    }
    let slack = u32::from(room).saturating_sub(needed(&kept)) as u16;
    let takes_slack = |column: usize| match columns[column].width {
        Width::Fill(_) => true,
        Width::Min(_) => !columns.iter().any(|other| matches!(other.width, Width::Fill(_))),
        Width::Fixed(_) => false,
    };
    let shares = kept.iter().filter(|&&column| takes_slack(column)).count() as u16;
    let mut left = slack;
    let mut shares_left = shares;
    let mut x = 0;
    let mut places = Vec::with_capacity(kept.len());
    for column in kept {
        let mut width = columns[column].least();
        if takes_slack(column) && shares_left > 0 {
            let share = left / shares_left;
            width = width.saturating_add(share);
            left -= share;
            shares_left -= 1;
        }
        let width = width.min(room.saturating_sub(x));
        if width > 0 {
            places.push(Place { column, x, width });
        }
        x = x.saturating_add(width).saturating_add(GAP).min(room);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column<'static>> {
        vec![
            Column::new("NAME", Width::Fill(10)),
            Column::new("STATE", Width::Fixed(8)).drop(1),
            Column::new("ZONE", Width::Fixed(10)).drop(2),
        ]
    }

    fn shown(room: u16) -> Vec<(usize, u16)> {
        places(&columns(), room)
            .iter()
            .map(|place| (place.column, place.width))
            .collect()
    }

    #[test]
    fn what_is_left_over_goes_to_the_column_that_fills() {
        assert_eq!(shown(40), [(0, 20), (1, 8), (2, 10)]);
    }

    #[test]
    fn the_least_important_column_is_dropped_first() {
        assert_eq!(shown(25), [(0, 16), (1, 8)]);
        assert_eq!(shown(12), [(0, 12)]);
        assert_eq!(shown(4), [(0, 4)]);
    }
}
