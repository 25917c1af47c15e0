//! Days as a heat map: a column a week, a row a weekday, Monday first. A weekend switched off is seen at once. A day
//! without an answer is a dot, never a cold day.

use jiff::civil::Date;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};

/// From cold to hot; told apart without colour.
const HEAT: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];
const WEEKDAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
const GUTTER: u16 = 3;
const WIDE: u16 = 2;

pub struct Calendar<'a> {
    /// In the order of time, none left out.
    pub days: &'a [(Date, Option<f64>)],
    pub selected: Option<Date>,
}

/// Of all days so many are as hot as it gets, in percent: a yearly fee would leave every other day cold.
const HOTTEST: usize = 6;

impl Calendar<'_> {
    /// From this value on a day is as hot as it gets.
    fn hot(&self) -> f64 {
        let mut values: Vec<f64> = self.days.iter().filter_map(|(_, value)| *value).collect();
        values.sort_by(|a, b| b.total_cmp(a));
        values.get(values.len() * HOTTEST / 100).copied().unwrap_or(0.0)
    }

    /// Rows that it takes: the months, then the weekdays.
    pub const HEIGHT: u16 = 8;

    /// The newest weeks are shown where not all fit.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        let Some((first, _)) = self.days.first() else {
            return;
        };
        if canvas.width() <= GUTTER + WIDE {
            return;
        }
        let before = usize::from(first.weekday().to_monday_zero_offset().unsigned_abs());
        let weeks = (before + self.days.len()).div_ceil(7);
        let room = usize::from((canvas.width() - GUTTER) / WIDE);
        let skipped = weeks.saturating_sub(room);
        let most = self.hot();
        for (y, name) in (1..).zip(WEEKDAYS) {
            canvas.text(0, y, 2, name, look.of(Role::Dim));
        }
        let mut free_from = GUTTER;
        for (nth, (day, value)) in self.days.iter().enumerate() {
            let place = before + nth;
            let Some(week) = (place / 7).checked_sub(skipped) else {
                continue;
            };
            let x = GUTTER + week as u16 * WIDE;
            let y = 1 + (place % 7) as u16;
            let (symbol, role) = match value {
                None => ("· ", Role::Faint),
                Some(value) => (HEAT[heat(*value, most)], Role::Info),
            };
            let style = match self.selected == Some(*day) {
                true => look.of(Role::Selected),
                false => look.of(role),
            };
            canvas.text(x, y, WIDE, symbol, style);
            if day.day() == 1 && x >= free_from {
                free_from = canvas.text(x, 0, 4, &day.strftime("%b").to_string(), look.of(Role::Dim)) + 1;
            }
        }
    }
}

/// 0 is nothing spent; what was spent shows, however little.
fn heat(value: f64, most: f64) -> usize {
    if value <= 0.0 || most <= 0.0 {
        return 0;
    }
    ((value / most * 4.0).ceil() as usize).clamp(1, 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    fn painted(days: &[(Date, Option<f64>)], width: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, Calendar::HEIGHT);
        let mut buf = Buffer::empty(area);
        let look = Look::new(&|_| Style::new());
        Calendar { days, selected: None }.paint(area, &mut buf, &look);
        let row = |y| {
            (0..width)
                .map(|x| buf[(x, y)].symbol().to_owned())
                .collect::<String>()
        };
        (0..Calendar::HEIGHT)
            .map(|y| row(y).trim_end().to_owned())
            .collect()
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
}
