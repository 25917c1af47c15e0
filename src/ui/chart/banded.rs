//! A history and what was expected of it: the band is shaded, what left it stands out by colour and by sign.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::UP;
use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};
use crate::ui::text;

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
    /// Below each point, where there is room; empty ones are left out.
    pub labels: &'a [String],
    /// How a value reads on the scale at the left.
    pub scale: &'a dyn Fn(f64) -> String,
}

/// Rows from which on labels stand below the plot, and the middle of the scale beside it.
const LABELLED: u16 = 5;
const MIDDLED: u16 = 9;
/// Cells of a point at most.
const WIDEST: u16 = 4;
/// What is least stands at the foot, unless zero is as near to it as this share of what is most.
const NEAR_ZERO: f64 = 0.25;

/// Where what is drawn: the gutter of the scale, the first point shown, the cells of each, the rows of the plot.
struct Laid {
    gutter: u16,
    first: usize,
    each: u16,
    rows: u16,
    /// The least and the most that is drawn.
    ends: (f64, f64),
}

impl Banded<'_> {
    /// Where the first point that an area has room for stands among all.
    pub fn first(&self, area: Rect) -> usize {
        self.laid(area).first
    }

    fn laid(&self, area: Rect) -> Laid {
        let rows = match area.height {
            low if low < LABELLED => low,
            high => high - 1,
        };
        let ends = ends(self.points);
        let widest = marks(rows, ends).map(|(_, value)| text::width(&(self.scale)(value)));
        let gutter = match widest.max().unwrap_or(0) as u16 + 1 {
            wide if rows > 1 && wide * 4 <= area.width => wide,
            _ => 0,
        };
        let room = area.width - gutter;
        let count = u16::try_from(self.points.len()).unwrap_or(u16::MAX);
        Laid {
            gutter,
            first: self.points.len().saturating_sub(usize::from(room)),
            each: (room / count.max(1)).clamp(1, WIDEST),
            rows,
            ends,
        }
    }

    /// In one row a bar a day; in more a dot a day over its shaded band, with a scale that need not begin at zero.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() || self.points.is_empty() {
            return;
        }
        let laid = self.laid(canvas.area);
        let shown = self.points.get(laid.first..).unwrap_or_default();
        if laid.rows == 1 {
            for (x, point) in (0u16..).zip(shown) {
                bar(&mut canvas, x, point, laid.ends.1);
            }
            return;
        }
        if laid.gutter > 0 {
            for (y, value) in marks(laid.rows, laid.ends) {
                let says = (self.scale)(value);
                let x = (laid.gutter - 1).saturating_sub(text::width(&says) as u16);
                canvas.text(x, y, laid.gutter, &says, look.of(Role::Dim));
            }
        }
        let (room, height) = (canvas.width() - laid.gutter, canvas.height());
        let mut plot = canvas.part(laid.gutter, 0, room, height);
        let mut label_end = 0;
        for (nth, point) in shown.iter().enumerate() {
            let x = nth as u16 * laid.each;
            dot(&mut plot, x, point, &laid);
            let label = self.labels.get(laid.first + nth).map_or("", String::as_str);
            let wide = text::width(label) as u16;
            if laid.rows < height && wide > 0 && x >= label_end && x + wide <= room {
                label_end = plot.text(x, laid.rows, wide, label, look.of(Role::Dim)) + 1;
            }
        }
    }
}

/// From the least to the most of what is known and of what was expected. Nothing is expected below zero that was not there.
fn ends(points: &[Point]) -> (f64, f64) {
    let values = || points.iter().filter_map(|point| point.value);
    let bands = || points.iter().filter_map(|point| point.band);
    let floor = values().fold(0.0, f64::min);
    let most = values().chain(bands().map(|band| band.1)).fold(floor, f64::max);
    let lower = bands().map(|band| band.0.max(floor));
    let least = values().chain(lower).fold(most, f64::min);
    match least {
        near if near >= 0.0 && near <= most * NEAR_ZERO => (0.0, most),
        least => (least, most),
    }
}

/// The rows of the scale that are told, with what stands in them.
fn marks(rows: u16, (least, most): (f64, f64)) -> impl Iterator<Item = (u16, f64)> {
    let last = rows.saturating_sub(1);
    let middle = Some(last / 2).filter(|_| rows >= MIDDLED);
    [Some(0), middle, Some(last)].into_iter().flatten().map(move |y| {
        let down = f64::from(y) / f64::from(last.max(1));
        (y, most - (most - least) * down)
    })
}

fn bar(canvas: &mut Canvas<'_, '_>, x: u16, point: &Point, most: f64) {
    if let Some(value) = point.value {
        let style = canvas.look.of(point.role());
        canvas.text(x, 0, 1, UP[super::eighths(value, most, 1).max(1)], style);
    }
}

fn dot(plot: &mut Canvas<'_, '_>, x: u16, point: &Point, laid: &Laid) {
    let (least, most) = laid.ends;
    let row = |value: f64| {
        let up = if most > least {
            ((value - least) / (most - least)).clamp(0.0, 1.0)
        } else {
            0.0
        };
        laid.rows - 1 - (up * f64::from(laid.rows - 1)).round() as u16
    };
    if let Some((lower, upper)) = point.band {
        // All of it has the colour that a sign stands on, so that no cell of it is another.
        let faint = plot.look.of(Role::Faint);
        let style = match plot.look.of(Role::Band).fg {
            Some(shade) => faint.bg(shade),
            None => faint,
        };
        for y in row(upper)..=row(lower) {
            plot.repeat(x, y, laid.each, "░", style);
        }
    }
    if let Some(value) = point.value {
        let role = point.role();
        let sign = match role {
            Role::Bad => "▲",
            Role::Warn => "▼",
            _ => "•",
        };
        let (y, style) = (row(value), plot.look.of(role));
        let is_on_band = point
            .band
            .is_some_and(|(lower, upper)| (row(upper)..=row(lower)).contains(&y));
        // The sign takes the place of the shade, which goes on behind it.
        let style = match plot.look.of(Role::Band).fg.filter(|_| is_on_band) {
            Some(shade) => style.bg(shade),
            None => style,
        };
        plot.text(x + (laid.each - 1) / 2, y, 1, sign, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    fn painted(points: &[Point], width: u16, height: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        let look = Look::new(&|_| Style::new());
        let labels: Vec<String> = (0..points.len()).map(|nth| format!("d{nth}")).collect();
        Banded {
            points,
            labels: &labels,
            scale: &|value| format!("{value:.0}"),
        }
        .paint(area, &mut buf, &look);
        let row = |y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>();
        (0..height).map(|y| row(y).trim_end().to_owned()).collect()
    }

    fn days(values: &[Option<f64>], band: (f64, f64)) -> Vec<Point> {
        let day = |value: &Option<f64>| Point {
            value: *value,
            band: Some(band),
        };
        values.iter().map(day).collect()
    }

    #[test]
    fn what_leaves_its_band_has_a_sign_of_its_own() {
        let points = days(&[Some(50.0), Some(100.0), None, Some(0.0)], (40.0, 60.0));
        assert_eq!(
            painted(&points, 20, 6),
            [
                "100      ▲",
                "",
                "    ░•░░░░░░░░░░░░░░",
                "",
                "  0              ▼",
                "    d0  d1  d2  d3"
            ]
        );
        assert_eq!(painted(&points, 4, 3)[1], "•░░░");
    }

    #[test]
    fn a_point_inside_its_band_stands_in_no_hole_of_it() {
        use crate::ui::tests::role_style;
        let points = days(&[Some(50.0), Some(100.0), Some(52.0)], (40.0, 60.0));
        let area = Rect::new(0, 0, 3, 4);
        let mut buf = Buffer::empty(area);
        let look = Look::new(&role_style);
        Banded {
            points: &points,
            labels: &[],
            scale: &|value| format!("{value:.0}"),
        }
        .paint(area, &mut buf, &look);
        let shade = look.of(Role::Band).fg;
        let marks: Vec<(&str, bool)> = buf
            .content
            .iter()
            .filter(|cell| ["•", "▲"].contains(&cell.symbol()))
            .map(|cell| (cell.symbol(), Some(cell.bg) == shade))
            .collect();
        assert_eq!(marks, [("▲", false), ("•", true), ("•", true)]);
    }

    #[test]
    fn a_scale_far_above_zero_begins_at_the_least_and_says_so() {
        let rows = painted(&days(&[Some(900.0), Some(1000.0)], (880.0, 1020.0)), 40, 10);
        assert!(
            rows[0].starts_with("1020 ░") && rows[4].starts_with(" 950 "),
            "{rows:#?}"
        );
        assert!(
            rows[8].starts_with(" 880 ░") && rows[7].contains('•'),
            "{rows:#?}"
        );
        let near = painted(&days(&[Some(20.0), Some(1000.0)], (10.0, 500.0)), 40, 10);
        assert!(near[8].starts_with("   0 "), "{near:#?}");
    }

    #[test]
    fn the_newest_are_shown_where_not_all_fit_and_credits_lie_below_zero() {
        let points = days(&[Some(-30.0), Some(0.0), Some(30.0)], (-10.0, 10.0));
        let area = Rect::new(0, 0, 2, 1);
        let banded = Banded {
            points: &points,
            labels: &[],
            scale: &|value| format!("{value:.0}"),
        };
        assert_eq!(banded.first(area), 1);
        let rows = painted(&points, 30, 6);
        assert!(
            rows[0].starts_with(" 30") && rows[4].starts_with("-30") && rows[4].contains('▼'),
            "{rows:#?}"
        );
    }
}
