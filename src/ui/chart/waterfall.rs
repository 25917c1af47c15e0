//! How one total became another: a row a step, each where the last one ended. More is to the right, less to the left,
//! told apart by colour and by sign.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};
use crate::ui::text;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Stands on its own, from zero.
    Total,
    /// Starts where the row above ended.
    Change,
}

#[derive(Clone, Debug)]
pub struct Step<'a> {
    pub name: &'a str,
    pub value: f64,
    /// The value as it is read.
    pub says: &'a str,
    pub kind: Kind,
}

pub struct Waterfall<'a> {
    pub steps: &'a [Step<'a>],
    pub selected: Option<usize>,
}

impl Waterfall<'_> {
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() || self.steps.is_empty() {
            return;
        }
        let widest = |of: &dyn Fn(&Step<'_>) -> usize| self.steps.iter().map(of).max().unwrap_or(0) as u16;
        let width = canvas.width();
        let says = widest(&|step| text::width(step.says)).min(width);
        let names = widest(&|step| text::width(step.name)).min(width.saturating_sub(says + 2) * 2 / 5);
        let room = width.saturating_sub(names + says + 2);
        let spans = spans(self.steps);
        let (least, most) = window(&spans);
        let shown = usize::from(canvas.height());
        let first = self.selected.map_or(0, |at| (at + 1).saturating_sub(shown));
        let rows = self.steps.iter().zip(spans).enumerate().skip(first);
        for (y, (nth, (step, (from, to)))) in (0u16..canvas.height()).zip(rows) {
            let (symbol, role) = match step.kind {
                Kind::Total => ("█", Role::Info),
                Kind::Change if step.value > 0.0 => ("▓", Role::Warn),
                Kind::Change => ("▒", Role::Good),
            };
            let column = |value: f64| ((value - least) / (most - least) * f64::from(room)).round() as u16;
            let (start, end) = (column(from.min(to)), column(from.max(to)));
            canvas.text(0, y, names, step.name, look.of(Role::Text));
            let start = start.min(room.saturating_sub(1));
            canvas.repeat(
                names + 1 + start,
                y,
                end.saturating_sub(start).max(1).min(room),
                symbol,
                look.of(role),
            );
            let blank = says.saturating_sub(text::width(step.says) as u16);
            canvas.text(width - says + blank, y, says, step.says, look.of(role));
            if self.selected == Some(nth) {
                canvas.tint_row(y, look.of(Role::Selected));
            }
        }
    }
}

/// Where each step begins and ends.
fn spans(steps: &[Step<'_>]) -> Vec<(f64, f64)> {
    let mut at = 0.0;
    let span = |step: &Step<'_>| {
        let from = match step.kind {
            Kind::Total => 0.0,
            Kind::Change => at,
        };
        at = from + step.value;
        (from, at)
    };
    steps.iter().map(span).collect()
}

/// What the bars show: all of it, but not the long way from zero to where something changes. Totals are then cut at the
/// left, as their numbers tell.
fn window(spans: &[(f64, f64)]) -> (f64, f64) {
    let ends = || spans.iter().map(|(_, to)| *to);
    let (low, high) = (
        ends().fold(f64::INFINITY, f64::min),
        ends().fold(f64::NEG_INFINITY, f64::max),
    );
    let reach = (high - low).max(high.abs() / 1e6).max(f64::MIN_POSITIVE);
    let least = if low > reach {
        low - reach * 0.25
    } else {
        low.min(0.0)
    };
    (least, high.max(least + reach))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    #[test]
    fn each_change_begins_where_the_last_one_ended() {
        let step = |name, value, kind| Step {
            name,
            value,
            says: "",
            kind,
        };
        let steps = [
            step("Oct", 100.0, Kind::Total),
            step("NAT", 40.0, Kind::Change),
            step("GPU", -20.0, Kind::Change),
            step("Nov", 120.0, Kind::Total),
        ];
        assert_eq!(
            spans(&steps),
            [(0.0, 100.0), (100.0, 140.0), (140.0, 120.0), (0.0, 120.0)]
        );
        let area = Rect::new(0, 0, 16, 4);
        let mut buf = Buffer::empty(area);
        let look = Look::new(&|_| Style::new());
        Waterfall {
            steps: &steps,
            selected: None,
        }
        .paint(area, &mut buf, &look);
        let row = |y| (0..16).map(|x| buf[(x, y)].symbol()).collect::<String>();
        let rows: Vec<String> = (0..4).map(|y| row(y).trim_end().to_owned()).collect();
        assert_eq!(
            rows,
            ["Oct ██", "NAT   ▓▓▓▓▓▓▓▓▓", "GPU        ▒▒▒▒", "Nov ███████"]
        );
    }
}
