//! Days as a heat map: a column a week, a row a weekday, Monday first. A weekend switched off is seen at once. A day
//! without an answer is a dot, never a cold day, and one that is known in part has a mark of its own; one of credits has
//! their sign, and a heat among its own kind.

use jiff::civil::Date;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};

/// From cold to hot; told apart without colour.
const HEAT: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];
/// The same of what was given back.
const CREDIT: [&str; 5] = ["  ", "-░", "-▒", "-▓", "-█"];
/// A day of which more is to come, or not all is known: no heat, since a part of it is no cheap day.
pub const IN_PART: &str = "//";
const WEEKDAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
const GUTTER: u16 = 3;

/// Columns and rows of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub wide: u16,
    pub high: u16,
}

/// From the smallest on, each near to a square on a screen whose cells are twice as high as wide.
const CELLS: [Cell; 4] = [
    Cell { wide: 2, high: 1 },
    Cell { wide: 5, high: 2 },
    Cell { wide: 7, high: 3 },
    Cell { wide: 9, high: 4 },
];

impl Default for Cell {
    fn default() -> Cell {
        CELLS[0]
    }
}

impl Cell {
    /// Rows of a calendar: the months, then the weekdays.
    pub const fn rows(self) -> u16 {
        1 + 7 * self.high
    }
}

pub struct Calendar<'a> {
    /// In the order of time, none left out.
    pub days: &'a [(Date, Option<f64>)],
    /// Those of them of which a part alone is known.
    pub in_part: &'a [Date],
    pub selected: Option<Date>,
    pub cell: Cell,
}

/// Of all days so many are as hot as it gets, and as many as cold, in percent: the fees of each month's first days would
/// leave every other day cold.
const HOTTEST: usize = 12;
/// Days that differ by less than this share are of one heat.
const LEAST_SPREAD: f64 = 0.02;
/// What is less is what adding up doubles leaves behind.
const NOTHING: f64 = 1e-9;

/// A shade, and up to which value it goes; the last has no end.
pub type Shade = (&'static str, Option<f64>);

/// What days are shaded by: as their sign says, since a refund is no cheap day.
#[derive(Clone, Copy)]
enum Sign {
    Spent,
    Credit,
}

impl Sign {
    /// What a day is of this sign; nothing where it is of the other.
    fn amount(self, value: f64) -> f64 {
        match self {
            Sign::Spent => value,
            Sign::Credit => -value,
        }
    }

    fn shades(self) -> [&'static str; 5] {
        match self {
            Sign::Spent => HEAT,
            Sign::Credit => CREDIT,
        }
    }

    fn role(self) -> Role {
        match self {
            Sign::Spent => Role::Info,
            Sign::Credit => Role::Good,
        }
    }
}

impl Calendar<'_> {
    /// The amounts of all days of one sign that are known whole, the smallest first.
    fn amounts(&self, sign: Sign) -> Vec<f64> {
        let whole = self.days.iter().filter(|(day, _)| !self.in_part.contains(day));
        let known = whole.filter_map(|(_, value)| *value);
        let mut amounts: Vec<f64> = known.map(|value| sign.amount(value)).collect();
        amounts.retain(|amount| *amount > NOTHING);
        amounts.sort_by(f64::total_cmp);
        amounts
    }

    /// Up to which amount a day is as cold as one gets that is not empty, and from which on as hot as it gets.
    fn range(&self, sign: Sign) -> (f64, f64) {
        let values = self.amounts(sign);
        let outer = values.len() * HOTTEST / 100;
        let at = |place: usize| values.get(place).copied().unwrap_or(0.0);
        let (cold, hot) = (at(outer), at(values.len().saturating_sub(outer + 1)));
        match hot - cold < hot * LEAST_SPREAD {
            true => (0.0, hot),
            false => (cold, hot),
        }
    }

    /// Each shade that a day may have, with its role: those of days with costs, unless all there is are credits, and those of
    /// credits, where there are any.
    pub fn shades(&self) -> Vec<(Role, [Shade; 4])> {
        let has_credits = !self.amounts(Sign::Credit).is_empty();
        let has_costs = !has_credits || !self.amounts(Sign::Spent).is_empty();
        let signs = [(Sign::Spent, has_costs), (Sign::Credit, has_credits)];
        let shown = signs.into_iter().filter(|(_, is_there)| *is_there);
        shown.map(|(sign, _)| (sign.role(), self.of(sign))).collect()
    }

    fn of(&self, sign: Sign) -> [Shade; 4] {
        let (cold, hot) = self.range(sign);
        let upto = |step: usize| sign.amount(cold + (hot - cold) * step as f64 / 4.0);
        [1, 2, 3, 4].map(|step| (sign.shades()[step], (step < 4).then(|| upto(step))))
    }

    /// The weeks before the first day that are left out, where so many columns have no room for all; and days of the first
    /// week that are of the time before.
    fn skipped(&self, width: u16) -> (usize, usize) {
        let (weeks, first) = self.weeks();
        let room = usize::from(width.saturating_sub(GUTTER) / self.cell.wide);
        (weeks.saturating_sub(room), first)
    }

    /// The weeks of all days, and days of the first one that are of the time before.
    fn weeks(&self) -> (usize, usize) {
        let first = self.days.first().map_or(0, |(first, _)| {
            usize::from(first.weekday().to_monday_zero_offset().unsigned_abs())
        });
        ((first + self.days.len()).div_ceil(7), first)
    }

    /// The same with the largest cells that leave room for every week in so many columns and rows.
    pub fn grown(self, width: u16, rows: u16) -> Self {
        let weeks = u16::try_from(self.weeks().0).unwrap_or(u16::MAX);
        let fits = |cell: &Cell| {
            GUTTER.saturating_add(weeks.saturating_mul(cell.wide)) <= width && cell.rows() <= rows
        };
        let cell = CELLS.into_iter().rev().find(fits).unwrap_or_default();
        Calendar { cell, ..self }
    }

    /// The first day that is shown in so many columns, where others before it are not.
    pub fn begins(&self, width: u16) -> Option<Date> {
        let (skipped, before) = self.skipped(width);
        let (day, _) = self.days.get((skipped * 7).checked_sub(before)?)?;
        (skipped > 0).then_some(*day)
    }

    /// The newest weeks are shown where not all fit.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        let Cell { wide, high } = self.cell;
        if self.days.is_empty() || canvas.width() <= GUTTER + wide {
            return;
        }
        let (skipped, before) = self.skipped(canvas.width());
        let ranges = [Sign::Spent, Sign::Credit].map(|sign| (sign, self.range(sign)));
        for (nth, name) in (0..).zip(WEEKDAYS) {
            canvas.text(0, 1 + nth * high + (high - 1) / 2, 2, name, look.of(Role::Dim));
        }
        let mut free_from = GUTTER;
        for (nth, (day, value)) in self.days.iter().enumerate() {
            let place = before + nth;
            let Some(week) = (place / 7).checked_sub(skipped) else {
                continue;
            };
            let x = GUTTER + week as u16 * wide;
            let y = 1 + (place % 7) as u16 * high;
            let (symbol, role) = match value {
                None => ("· ", Role::Faint),
                Some(_) if self.in_part.contains(day) => (IN_PART, Role::Dim),
                Some(value) => shade(*value, ranges),
            };
            let style = match self.selected == Some(*day) {
                true => look.of(Role::Selected),
                false => look.of(role),
            };
            // A large cell has a blank at its side, which sets it off from the next.
            let shown = wide - wide % 2;
            let shades = symbol.repeat(usize::from(shown / 2));
            for y in y..y + high {
                canvas.text(x, y, shown, &shades, style);
            }
            if day.day() == 1 && x >= free_from {
                free_from = canvas.text(x, 0, 4, &day.strftime("%b").to_string(), look.of(Role::Dim)) + 1;
            }
        }
    }
}

fn shade(value: f64, ranges: [(Sign, (f64, f64)); 2]) -> (&'static str, Role) {
    let own = ranges.into_iter().find(|(sign, _)| sign.amount(value) > NOTHING);
    own.map_or((HEAT[0], Role::Info), |(sign, range)| {
        (sign.shades()[heat(sign.amount(value), range)], sign.role())
    })
}

/// What is there shows, however little.
fn heat(amount: f64, (cold, hot): (f64, f64)) -> usize {
    (((amount - cold) / (hot - cold) * 4.0).ceil().max(0.0) as usize).clamp(1, 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    fn painted(days: &[(Date, Option<f64>)], width: u16) -> Vec<String> {
        painted_in(days, width, Cell::default().rows())
    }

    fn calendar(days: &[(Date, Option<f64>)]) -> Calendar<'_> {
        Calendar {
            days,
            in_part: &[],
            selected: None,
            cell: Cell::default(),
        }
    }

    fn painted_in(days: &[(Date, Option<f64>)], width: u16, rows: u16) -> Vec<String> {
        let calendar = calendar(days).grown(width, rows);
        let area = Rect::new(0, 0, width, calendar.cell.rows());
        let mut buf = Buffer::empty(area);
        let look = Look::new(&|_| Style::new());
        calendar.paint(area, &mut buf, &look);
        let row = |y| {
            (0..width)
                .map(|x| buf[(x, y)].symbol().to_owned())
                .collect::<String>()
        };
        (0..area.height).map(|y| row(y).trim_end().to_owned()).collect()
    }

    #[test]
    fn days_grow_where_every_week_has_the_room_and_never_at_the_cost_of_one() {
        let first: Date = "2026-10-26".parse().unwrap();
        let days = first.series(jiff::Span::new().days(1)).take(28);
        let days: Vec<(Date, Option<f64>)> = days.map(|day| (day, Some(1.0))).collect();
        let grown = painted_in(&days, 23, 20);
        assert_eq!(grown.len(), 15, "{grown:#?}");
        let wanted = [
            "Mo ████ ████ ████ ████",
            "   ████ ████ ████ ████",
            "Tu ████ ████ ████ ████",
        ];
        assert_eq!(grown[1..4], wanted);
        for (width, rows, wanted) in [(22, 20, 8), (23, 14, 8), (60, 21, 15), (31, 22, 22), (60, 60, 29)] {
            assert_eq!(painted_in(&days, width, rows).len(), wanted, "{width}x{rows}");
        }
    }

    #[test]
    fn a_quiet_weekend_stands_out_and_a_missing_day_is_no_quiet_one() {
        let first: Date = "2026-10-28".parse().unwrap();
        let mut day = first;
        let mut days = Vec::new();
        for nth in 0..12 {
            let weekend = day.weekday().to_monday_zero_offset() >= 5;
            days.push((day, (nth != 11).then_some(if weekend { 0.0 } else { 10.0 })));
            day = day.tomorrow().unwrap();
        }
        let rows = painted(&days, 12);
        assert_eq!(rows[0], "   Nov", "its first day is in the first week");
        assert_eq!(rows[1], "Mo   ██");
        assert_eq!(rows[3], "We ████");
        assert_eq!(rows[6], "Sa");
        assert_eq!(rows[7], "Su   ·");
    }

    #[test]
    fn where_not_all_weeks_have_room_it_says_which_day_is_the_first() {
        let first: Date = "2026-10-28".parse().unwrap();
        let days = first.series(jiff::Span::new().days(1)).take(20);
        let days: Vec<(Date, Option<f64>)> = days.map(|day| (day, Some(1.0))).collect();
        let calendar = calendar(&days);
        assert_eq!(calendar.begins(11), None);
        assert_eq!(calendar.begins(10), Some("2026-11-02".parse().unwrap()));
        assert_eq!(calendar.begins(7), Some("2026-11-09".parse().unwrap()));
    }

    #[test]
    fn a_weekend_that_costs_a_little_less_is_of_another_shade_and_one_dear_day_hides_nothing() {
        let mut day: Date = "2026-10-05".parse().unwrap();
        let mut days = Vec::new();
        for nth in 0..56 {
            let weekend = day.weekday().to_monday_zero_offset() >= 5;
            let cost = if weekend { 270.0 } else { 318.0 };
            days.push((day, Some(if nth == 8 { 9_000.0 } else { cost })));
            day = day.tomorrow().unwrap();
        }
        let rows = painted(&days, 20);
        assert_eq!(rows[1], format!("Mo {}", "██".repeat(8)));
        assert_eq!(rows[6], format!("Sa {}", "░░".repeat(8)));
        let shades: Vec<_> = calendar(&days).shades();
        let [(Role::Info, shades)] = shades[..] else {
            panic!("credits where there are none: {shades:?}")
        };
        assert_eq!(
            shades.map(|(_, upto)| upto),
            [Some(282.0), Some(294.0), Some(306.0), None]
        );
    }

    #[test]
    fn a_day_that_is_known_in_part_is_no_cheap_one() {
        let first: Date = "2026-10-05".parse().unwrap();
        let days = first.series(jiff::Span::new().days(1)).take(7);
        let values = [40.0, 40.0, 3.0, 40.0, 40.0, 40.0, -2.0].map(Some);
        let days: Vec<(Date, Option<f64>)> = days.zip(values).collect();
        let in_part = [days[2].0, days[6].0];
        let calendar = Calendar {
            in_part: &in_part,
            ..calendar(&days)
        };
        let area = Rect::new(0, 0, 6, calendar.cell.rows());
        let mut buf = Buffer::empty(area);
        calendar.paint(area, &mut buf, &Look::new(&|_| Style::new()));
        let cell = |y: u16| [3, 4].map(|x| buf[(x, y)].symbol()).concat();
        assert_eq!([2, 3, 4, 7].map(cell), ["██", IN_PART, "██", IN_PART]);
        // Neither do the others stand against it.
        assert_eq!(calendar.range(Sign::Spent), (0.0, 40.0));
        assert!(calendar.amounts(Sign::Credit).is_empty());
    }

    #[test]
    fn a_day_of_refunds_has_their_sign_and_a_heat_among_refunds() {
        let first: Date = "2026-10-05".parse().unwrap();
        let week = |values: [f64; 7]| -> Vec<(Date, Option<f64>)> {
            let days = first.series(jiff::Span::new().days(1));
            days.zip(values.map(Some)).collect()
        };
        let days = week([300.0, -1.0, -20.0, 0.0, -1e-13, -4.0, 300.0]);
        let rows = painted(&days, 6);
        assert_eq!(rows[1..6], ["Mo ██", "Tu -░", "We -█", "Th", "Fr"]);
        assert_eq!(rows[6..], ["Sa -░", "Su ██"]);
        let roles = |days: &[(Date, Option<f64>)]| -> Vec<Role> {
            calendar(days)
                .shades()
                .into_iter()
                .map(|(role, _)| role)
                .collect()
        };
        assert_eq!(roles(&days), [Role::Info, Role::Good]);
        let refunds = week([-8.0; 7]);
        assert_eq!(roles(&refunds), [Role::Good]);
        assert_eq!(calendar(&refunds).shades()[0].1[0], ("-░", Some(-2.0)));
        assert_eq!(painted(&refunds, 6)[1], "Mo -█");
    }
}
