//! The strip below a recording that plays: how much happened when, where the marks are, where one stands.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::chart::Sparkline;
use super::look::{Look, Role};

/// A place in the recording.
#[derive(Clone, Debug)]
pub struct Mark {
    pub at_us: i64,
    /// One column wide; marks of one kind have one sign, so that they can be told apart without colours.
    pub sign: &'static str,
    pub role: Role,
}

pub struct Timeline<'a> {
    pub duration_us: i64,
    pub at_us: i64,
    /// Bytes of output in equal stretches of the whole; any number of them.
    pub activity: &'a [u64],
    /// Where several fall on one column the last is seen.
    pub marks: &'a [Mark],
}

impl Timeline<'_> {
    /// Two rows: activity, then the line with marks and position; with one row only the line.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() {
            return;
        }
        let (width, line) = (canvas.width(), canvas.height() - 1);
        if line > 0 {
            let values = resample(self.activity, usize::from(width));
            let above = canvas.part(0, line - 1, width, 1).area;
            Sparkline {
                values: &values,
                role: Role::Chart1,
            }
            .paint(above, canvas.buf, look);
        }
        let here = self.column(self.at_us, width);
        canvas.repeat(0, line, width, "─", look.of(Role::Dim));
        canvas.repeat(0, line, here, "━", look.of(Role::Accent));
        for mark in self.marks {
            canvas.text(
                self.column(mark.at_us, width),
                line,
                1,
                mark.sign,
                look.of(mark.role),
            );
        }
        canvas.text(here, line, 1, "●", look.of(Role::Accent));
    }

    /// The instant under a column, for a click.
    pub fn at(&self, area: Rect, x: u16) -> i64 {
        let column = i64::from(x.saturating_sub(area.x));
        let last = i64::from(area.width.saturating_sub(1).max(1));
        i64::try_from(i128::from(self.duration_us) * i128::from(column.min(last)) / i128::from(last))
            .unwrap_or(0)
    }

    fn column(&self, at_us: i64, width: u16) -> u16 {
        let last = i128::from(width.saturating_sub(1));
        let whole = i128::from(self.duration_us.max(1));
        (i128::from(at_us).clamp(0, whole) * last / whole) as u16
    }
}

/// Sums over so many equal stretches; a quiet one is a gap. On a square-root scale, so that a burst leaves
/// typing visible.
fn resample(activity: &[u64], columns: usize) -> Vec<Option<f64>> {
    let stretch = |column: usize| {
        let from = column * activity.len() / columns;
        let to = ((column + 1) * activity.len()).div_ceil(columns).max(from + 1);
        let sum: u64 = activity
            .get(from..to.min(activity.len()))
            .unwrap_or_default()
            .iter()
            .sum();
        (sum > 0).then(|| (sum as f64).sqrt())
    };
    (0..columns).map(stretch).collect()
}
