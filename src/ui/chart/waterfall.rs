//! How one total became another: a row a step, each where the last one ended. More is to the right, less to the left,
//! told apart by colour and by sign. Totals that do not begin at nothing are broken, and say where they begin.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::BREAK;
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
    /// How a value reads beside a total that is cut.
    pub scale: &'a dyn Fn(f64) -> String,
}

/// Cells of the longest bar at least, before a name has as many as it can be told by.
pub const LEAST_BAR: u16 = 10;
const NAME: u16 = 24;

impl Waterfall<'_> {
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() || self.steps.is_empty() {
            return;
        }
        let widest = |of: &dyn Fn(&Step<'_>) -> usize| self.steps.iter().map(of).max().unwrap_or(0) as u16;
        let width = canvas.width();
        let says = widest(&|step| text::width(step.says)).min(width);
        let rest = width.saturating_sub(says + 2);
        let names = (rest / 2).max(NAME.min(rest.saturating_sub(LEAST_BAR)));
        let names = widest(&|step| text::width(step.name)).min(names);
        let room = width.saturating_sub(names + says + 2);
        let spans = spans(self.steps);
        let (least, most) = window(&spans);
        let shown = usize::from(canvas.height());
        let first = self.selected.map_or(0, |at| (at + 1).saturating_sub(shown));
        let rows = self.steps.iter().zip(spans).enumerate().skip(first);
        let mut is_said = false;
        for (y, (nth, (step, (from, to)))) in (0u16..canvas.height()).zip(rows) {
            let (symbol, role) = match step.kind {
                Kind::Total => ("█", Role::Info),
                Kind::Change if step.value > 0.0 => ("▓", Role::Warn),
                Kind::Change => ("▒", Role::Good),
            };
            let column = |value: f64| ((value - least) / (most - least) * f64::from(room)).round() as u16;
            let (start, end) = (
                column(from.min(to).max(least)),
                column(from.max(to).min(most)).max(1).min(room),
            );
            canvas.text(0, y, names, step.name, look.of(Role::Text));
            // A change of less than a cell takes the one where it ends, not one beyond.
            let start = start.min(end.saturating_sub(1));
            canvas.repeat(names + 1 + start, y, end - start, symbol, look.of(role));
            let cut = [(least > 0.0, least), (most < 0.0, most)]
                .into_iter()
                .find(|(is_cut, _)| *is_cut);
            if let (Kind::Total, Some((_, begin))) = (step.kind, cut) {
                // At the side where zero would be.
                let at = if begin > 0.0 {
                    u16::from(end > 1)
                } else {
                    end.saturating_sub(2).max(start)
                };
                canvas.text(names + 1 + at, y, 1, BREAK, look.of(role));
                let begins = (self.scale)(begin);
                let says = [
                    format!("{BREAK} bars begin at {begins}"),
                    format!("{BREAK} from {begins}"),
                ];
                let (from, beside) = match begin > 0.0 {
                    true => (end + 1, room.saturating_sub(end + 1)),
                    false => (0, start.saturating_sub(1)),
                };
                let fits = |says: &&String| text::width(says) <= usize::from(beside);
                if let Some(says) = says.iter().find(fits).filter(|_| !is_said) {
                    canvas.text(names + 1 + from, y, beside, says, look.of(Role::Dim));
                    is_said = true;
                }
            }
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
/// left, those of credits at the right.
fn window(spans: &[(f64, f64)]) -> (f64, f64) {
    let ends = || spans.iter().map(|(_, to)| *to);
    let (low, high) = (
        ends().fold(f64::INFINITY, f64::min),
        ends().fold(f64::NEG_INFINITY, f64::max),
    );
    let reach = (high - low).max(high.abs() / 1e6).max(f64::MIN_POSITIVE);
    if low > reach {
        let least = low - reach * 0.25;
        return (least, high.max(least + reach));
    }
    if high < -reach {
        let most = high + reach * 0.25;
        return (low.min(most - reach), most);
    }
    let (least, most) = (low.min(0.0), high.max(0.0));
    (least, most.max(least + reach))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    fn step(name: &'static str, value: f64, kind: Kind) -> Step<'static> {
        Step {
            name,
            value,
            says: "",
            kind,
        }
    }

    fn painted(steps: &[Step<'_>], width: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, steps.len() as u16);
        let mut buf = Buffer::empty(area);
        let look = Look::new(&|_| Style::new());
        Waterfall {
            steps,
            selected: None,
            scale: &|value| format!("{value:.0}"),
        }
        .paint(area, &mut buf, &look);
        let row = |y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>();
        (0..area.height).map(|y| row(y).trim_end().to_owned()).collect()
    }

    #[test]
    fn each_change_begins_where_the_last_one_ended() {
        let steps = [
            step("Oct", 30.0, Kind::Total),
            step("NAT", 40.0, Kind::Change),
            step("GPU", -20.0, Kind::Change),
            step("Nov", 50.0, Kind::Total),
        ];
        assert_eq!(
            spans(&steps),
            [(0.0, 30.0), (30.0, 70.0), (70.0, 50.0), (0.0, 50.0)]
        );
        assert_eq!(
            painted(&steps, 19),
            [
                "Oct ██████",
                "NAT       ▓▓▓▓▓▓▓▓",
                "GPU           ▒▒▒▒",
                "Nov ██████████"
            ]
        );
    }

    #[test]
    fn a_name_has_the_room_that_the_bars_can_spare() {
        let steps = [
            step("Oct", 30.0, Kind::Total),
            step("Elastic Load Balancing", 10.0, Kind::Change),
            step("Nov", 40.0, Kind::Total),
        ];
        assert!(painted(&steps, 34)[1].starts_with("Elastic Load Balancing "));
        assert!(painted(&steps, 30)[1].starts_with("Elastic Load Bala… "));
    }

    #[test]
    fn totals_that_do_not_begin_at_nothing_are_broken_and_say_where_they_begin() {
        let steps = [
            step("Oct", 22_560.0, Kind::Total),
            step("NAT", 2_077.0, Kind::Change),
            step("Nov", 24_637.0, Kind::Total),
        ];
        let rows = painted(&steps, 60);
        assert_eq!(rows[0], "Oct █≈█████████ ≈ bars begin at 22041");
        assert!(
            rows[2].starts_with("Nov █≈███") && !rows[2].contains("from"),
            "{rows:?}"
        );
        assert!(painted(&steps, 30)[0].ends_with(" ≈ from 22041"));
    }

    #[test]
    fn totals_of_credits_reach_to_the_left_from_zero_or_from_where_they_are_cut() {
        let steps = [
            step("Oct", -100.0, Kind::Total),
            step("Tax", 60.0, Kind::Change),
            step("Nov", -40.0, Kind::Total),
        ];
        assert_eq!(
            painted(&steps, 15),
            ["Oct ██████████", "Tax ▓▓▓▓▓▓", "Nov       ████"]
        );
        let steps = [
            step("Oct", -24_637.0, Kind::Total),
            step("Tax", 2_077.0, Kind::Change),
            step("Nov", -22_560.0, Kind::Total),
        ];
        let rows = painted(&steps, 60);
        assert!(
            rows[0].starts_with("Oct ██") && rows[0].ends_with("█≈█"),
            "{rows:#?}"
        );
        assert!(rows[2].starts_with("Nov ≈ bars begin at -22041 "), "{rows:#?}");
        assert!(rows[2].ends_with("█≈█"), "{rows:#?}");
    }

    #[test]
    fn a_change_of_less_than_a_cell_does_not_run_beyond_the_closing_bar() {
        let steps = [
            step("Oct", 100.0, Kind::Total),
            step("NAT", 60.0, Kind::Change),
            step("GPU", -40.0, Kind::Change),
            step("DNS", 0.1, Kind::Change),
            step("Nov", 120.1, Kind::Total),
        ];
        let rows = painted(&steps, 20);
        let end = |row: usize| rows[row].chars().count();
        assert_eq!(end(3), end(4), "{rows:#?}");
    }
}
