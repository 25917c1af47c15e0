//! A history and what was expected of it: the band is shaded, what left it stands out by colour and by sign.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::UP;
use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// `None`: not known, a gap.
    pub value: Option<f64>,
    /// Least and most that was expected; `None` while that is still learnt.
    pub band: Option<(f64, f64)>,
}

impl Point {
    fn role(&self) -> Role {
        match (self.value, self.band) {
            (Some(value), Some((_, upper))) if value > upper => Role::Bad,
            (Some(value), Some((lower, _))) if value < lower => Role::Warn,
            _ => Role::Info,
        }
    }
}

pub struct Banded<'a> {
    /// Oldest first; the newest are shown where not all fit.
    pub points: &'a [Point],
}

impl Banded<'_> {
    /// In one row a bar a day; in more a dot a day over its shaded band.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() {
            return;
        }
        let skipped = self.points.len().saturating_sub(usize::from(canvas.width()));
        let points = &self.points[skipped..];
        let high = |point: &Point| point.value.into_iter().chain(point.band.map(|band| band.1));
        let most = points.iter().flat_map(high).fold(0.0, f64::max);
        for (x, point) in (0u16..).zip(points) {
            match canvas.height() {
                1 => bar(&mut canvas, x, point, most),
                _ => dot(&mut canvas, x, point, most),
            }
        }
    }
}

fn bar(canvas: &mut Canvas<'_, '_>, x: u16, point: &Point, most: f64) {
    if let Some(value) = point.value {
        let style = canvas.look.of(point.role());
        canvas.text(x, 0, 1, UP[super::eighths(value, most, 1).max(1)], style);
    }
}

fn dot(canvas: &mut Canvas<'_, '_>, x: u16, point: &Point, most: f64) {
    let rows = canvas.height();
    // From above; the lowest row is zero.
    let row = |value: f64| {
        let up = if most > 0.0 {
            (value / most).clamp(0.0, 1.0)
        } else {
            0.0
        };
        rows - 1 - (up * f64::from(rows - 1)).round() as u16
    };
    if let Some((lower, upper)) = point.band {
        for y in row(upper)..=row(lower) {
            canvas.text(x, y, 1, "░", canvas.look.of(Role::Faint));
        }
    }
    if let Some(value) = point.value {
        let role = point.role();
        let sign = match role {
            Role::Bad => "▲",
            Role::Warn => "▼",
            _ => "•",
        };
        canvas.text(x, row(value), 1, sign, canvas.look.of(role));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    #[test]
    fn what_leaves_its_band_has_a_sign_of_its_own() {
        let area = Rect::new(0, 0, 4, 5);
        let mut buf = Buffer::empty(area);
        let look = Look::new(&|_| Style::new());
        let band = Some((40.0, 60.0));
        let points = [Some(50.0), Some(100.0), None, Some(0.0)].map(|value| Point { value, band });
        Banded { points: &points }.paint(area, &mut buf, &look);
        let row = |y| (0..4).map(|x| buf[(x, y)].symbol()).collect::<String>();
        assert_eq!(
            (0..5).map(row).collect::<Vec<_>>(),
            [" ▲  ", "    ", "•░░░", "    ", "   ▼"]
        );
    }
}
