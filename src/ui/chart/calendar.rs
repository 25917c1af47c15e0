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

/// Of all days so many are as hot as it gets, and as many as cold, in percent: the fees of each month's first days would
/// leave every other day cold.
const HOTTEST: usize = 12;
/// Days that differ by less than this share are of one heat.
const LEAST_SPREAD: f64 = 0.02;

impl Calendar<'_> {
    /// Up to which value a day is as cold as one gets that cost something, and from which on as hot as it gets.
    fn range(&self) -> (f64, f64) {
        let spent = self.days.iter().filter_map(|(_, value)| *value);
        let mut values: Vec<f64> = spent.filter(|value| *value > 0.0).collect();
        values.sort_by(f64::total_cmp);
        let outer = values.len() * HOTTEST / 100;
        let at = |place: usize| values.get(place).copied().unwrap_or(0.0);
        let (cold, hot) = (at(outer), at(values.len().saturating_sub(outer + 1)));
        match hot - cold < hot * LEAST_SPREAD {
            true => (0.0, hot),
            false => (cold, hot),
        }
    }

    /// Each shade that a day with costs may have, and up to which value; the last has no end.
    pub fn shades(&self) -> [(&'static str, Option<f64>); 4] {
        let (cold, hot) = self.range();
        let upto = |step: usize| cold + (hot - cold) * step as f64 / 4.0;
        [1, 2, 3, 4].map(|step| (HEAT[step], (step < 4).then(|| upto(step))))
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
        let range = self.range();
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
                Some(value) => (HEAT[heat(*value, range)], Role::Info),
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
fn heat(value: f64, (cold, hot): (f64, f64)) -> usize {
    if value <= 0.0 || hot <= 0.0 {
        return 0;
    }
    (((value - cold) / (hot - cold) * 4.0).ceil().max(0.0) as usize).clamp(1, 4)
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
        let calendar = Calendar {
            days: &days,
            selected: None,
        };
        let shades = calendar.shades().map(|(_, upto)| upto);
        assert_eq!(shades, [Some(282.0), Some(294.0), Some(306.0), None]);
    }
}
