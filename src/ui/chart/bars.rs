//! Stacked bars over days: each bar is made of series, what was spent up from zero and what was given back down from it.
//! An unfinished day is hatched, a day without an answer shows `?`, so that nobody takes it for a day without cost. Few
//! days that tower above all others are cut, and marked: they would leave no room for the parts of the rest.

mod side;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::BREAK;
use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};
use crate::ui::text;
use side::{Way, pieces, shown};

/// One day.
#[derive(Clone, Debug, Default)]
pub struct Bar<'a> {
    /// Below the bar, where there is room.
    pub label: &'a str,
    /// One value a series, the nearest to zero first; `None`: not known. Negative values (credits) do not shrink the bar:
    /// they are one of their own, below zero.
    pub parts: Option<&'a [f64]>,
    /// The day is not over.
    pub unfinished: bool,
    /// Saturday or Sunday: what is above the bar is dotted.
    pub weekend: bool,
}

pub struct Bars<'a> {
    pub bars: &'a [Bar<'a>],
    /// Which bar the cursor stands on; the last bars are shown where not all fit.
    pub selected: Option<usize>,
    /// How a value reads on the scale at the left.
    pub scale: &'a dyn Fn(f64) -> String,
}

/// So many of a hundred bars may be cut, if one of them is more than twice as high as the rest, and there are enough to tell.
const CUT: usize = 10;
const TOWERS: f64 = 2.0;
const ENOUGH: usize = 10;
/// Room above the highest that is not cut.
const ABOVE: f64 = 1.25;
/// A side of zero that is smaller than this share of the other cannot be seen, and gets no row.
const SEEN: f64 = 0.005;
/// What is less is what adding up doubles leaves behind.
const NOTHING: f64 = 1e-9;

/// What one side of zero shows.
#[derive(Clone, Copy)]
struct Side {
    way: Way,
    /// Up to which amount, in how many rows.
    most: f64,
    rows: u16,
    /// What is larger is cut.
    top: f64,
}

impl Bars<'_> {
    /// Up to which amount the bars are drawn, either way.
    fn top(&self) -> f64 {
        let mut totals: Vec<f64> = self.bars.iter().filter_map(reach).collect();
        totals.sort_by(f64::total_cmp);
        let most = totals.last().copied().unwrap_or(0.0);
        let rest = totals.len().saturating_sub(1 + totals.len() * CUT / 100);
        match totals.get(rest) {
            Some(high) if totals.len() >= ENOUGH && *high > 0.0 && most > high * TOWERS => high * ABOVE,
            _ => most,
        }
    }

    /// Whether some are higher than is drawn.
    pub fn is_cut(&self) -> bool {
        let top = self.top();
        self.bars.iter().filter_map(reach).any(|total| total > top)
    }

    /// The amounts that are drawn above zero and below it.
    fn ends(&self) -> [f64; 2] {
        let top = self.top();
        let most = |side: usize| self.bars.iter().filter_map(move |bar| Some(sides(bar)?[side]));
        let [up, down] = [0, 1].map(|side| most(side).fold(0.0, f64::max).min(top));
        let seen = |side: f64, other: f64| {
            if side < NOTHING.max(other * SEEN) {
                0.0
            } else {
                side
            }
        };
        [seen(up, down), seen(down, up)]
    }

    /// Whether anything hangs below zero.
    pub fn has_credits(&self) -> bool {
        self.ends()[1] > 0.0
    }

    /// The rows shared out between both sides of zero, a row worth as much on either.
    fn shared(&self, rows: u16) -> [Side; 2] {
        let [up, down] = self.ends();
        let below = match (up > 0.0, down > 0.0) {
            (_, false) => 0,
            (false, true) => rows,
            _ if rows < 2 => 0,
            _ => ((f64::from(rows) * down / (up + down)).round() as u16).clamp(1, rows - 1),
        };
        let above = rows - below;
        let each = (up / f64::from(above.max(1))).max(down / f64::from(below.max(1)));
        let side = |way, alone: f64, rows: u16, others: u16| Side {
            way,
            most: match others {
                0 => alone,
                _ => each * f64::from(rows),
            },
            rows,
            top: self.top(),
        };
        [
            side(Way::Up, up, above, below),
            side(Way::Down, down, below, above),
        ]
    }

    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let mut canvas = Canvas::new(area, buf, look);
        if canvas.is_empty() || self.bars.is_empty() {
            return;
        }
        let axis = u16::from(canvas.height() >= 3);
        let height = canvas.height() - axis;
        let shared = self.shared(height);
        let labels = self.labels(shared);
        let widest = labels.iter().map(|(_, label)| text::width(label)).max();
        let gutter = match widest.unwrap_or(0) as u16 + 1 {
            wide if wide + 4 <= canvas.width() && canvas.height() >= 3 => wide,
            _ => 0,
        };
        for (y, label) in labels.iter().filter(|_| gutter > 0) {
            let x = (gutter - 1).saturating_sub(text::width(label) as u16);
            canvas.text(x, *y, gutter, label, look.of(Role::Dim));
        }
        let room = canvas.width() - gutter;
        let (first, count, wide, gap) = self.layout(room);
        let mut plot = canvas.part(gutter, 0, room, height + axis);
        let place = |nth: usize| (nth - first) as u16 * (wide + gap);
        // The label under the cursor comes first: others make room for it.
        let kept = self.selected.filter(|at| (first..first + count).contains(at));
        let kept = kept.and_then(|at| {
            let long = text::width(self.bars.get(at)?.label) as u16;
            Some((at, place(at).min(room.saturating_sub(long)), long))
        });
        let mut label_end = 0;
        for (nth, bar) in self.bars.iter().enumerate().skip(first).take(count) {
            let x = place(nth);
            let selected = self.selected == Some(nth);
            self.bar(&mut plot, bar, (x, wide), shared);
            let label_wide = text::width(bar.label) as u16;
            let from = match kept {
                Some((at, from, _)) if at == nth => from,
                _ => x,
            };
            let is_near = |(at, from, long): (usize, u16, u16)| {
                at != nth && x < from + long + 1 && from < x + label_wide + 1
            };
            let fits = (selected || x >= label_end) && from + label_wide <= room;
            if axis == 1 && fits && !kept.is_some_and(is_near) {
                let style = look.of(if selected { Role::Accent } else { Role::Dim });
                label_end = plot.text(from, height, label_wide, bar.label, style) + 1;
            }
        }
    }

    /// What stands on the scale, and in which rows: both ends, and zero in a row that no other has.
    fn labels(&self, [up, down]: [Side; 2]) -> Vec<(u16, String)> {
        let mut labels = Vec::new();
        if up.rows > 0 {
            labels.push((0, (self.scale)(up.most)));
        }
        if down.rows > 0 {
            labels.push((up.rows + down.rows - 1, (self.scale)(-down.most)));
        }
        let near = [up.rows.checked_sub(1), Some(up.rows).filter(|_| down.rows > 0)];
        let is_free = |y: &u16| labels.iter().all(|(taken, _)| taken != y);
        if let Some(y) = near.into_iter().flatten().find(is_free) {
            labels.push((y, (self.scale)(0.0)));
        }
        labels
    }

    /// First bar shown, how many, cells of each, cells between them.
    fn layout(&self, room: u16) -> (usize, usize, u16, u16) {
        let bars = self.bars.len();
        let each = room / u16::try_from(bars).unwrap_or(u16::MAX).max(1);
        let (wide, gap) = match each {
            0 | 1 => (1, 0),
            2 => (1, 1),
            each => ((each - 1).min(8), 1),
        };
        let count = usize::from((room + gap) / (wide + gap)).min(bars);
        let first = match self.selected {
            Some(at) if at < bars - count => at,
            _ => bars - count,
        };
        (first, count, wide, gap)
    }

    fn bar(&self, plot: &mut Canvas<'_, '_>, bar: &Bar<'_>, (x, wide): (u16, u16), shared: [Side; 2]) {
        let [above, below] = shared.map(|side| side.rows);
        let Some(parts) = bar.parts else {
            plot.repeat(x, above.saturating_sub(1), wide, "?", plot.look.of(Role::Warn));
            return;
        };
        if bar.weekend {
            for y in 0..above + below {
                plot.repeat(x, y, wide, "·", plot.look.of(Role::Faint));
            }
        }
        let reached = sides(bar).unwrap_or_default();
        for (side, reached) in shared.into_iter().zip(reached) {
            let way = side.way;
            let parts: Vec<f64> = parts.iter().map(|part| way.amount(*part)).collect();
            let pieces = pieces(&parts, side.most, side.rows);
            let filled = pieces.last().map_or(0, |(.., to)| *to);
            for row in 0..filled.div_ceil(8) {
                if let Some((symbol, style)) = way.cell(&shown(&pieces, row), bar.unfinished, &plot.look) {
                    plot.repeat(x, way.row(row as u16, above), wide, symbol, style);
                }
            }
            if reached > side.top && side.rows > 0 {
                let last = pieces.last().map_or(0, |(nth, ..)| *nth);
                plot.repeat(
                    x,
                    way.row(side.rows - 1, above),
                    wide,
                    BREAK,
                    plot.look.series(last),
                );
            }
        }
    }
}

/// What a bar has above zero, and what below.
fn sides(bar: &Bar<'_>) -> Option<[f64; 2]> {
    let parts = bar.parts?;
    Some([Way::Up, Way::Down].map(|way| parts.iter().map(|value| way.amount(*value)).sum()))
}

/// How far it goes either way.
fn reach(bar: &Bar<'_>) -> Option<f64> {
    sides(bar).map(|[up, down]| up.max(down))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::role_style;
    use ratatui::style::{Color, Modifier};

    fn painted(all: &[&[f64]], height: u16) -> Buffer {
        let bars: Vec<Bar> = all
            .iter()
            .map(|parts| Bar {
                parts: Some(parts),
                ..Bar::default()
            })
            .collect();
        let area = Rect::new(0, 0, all.len() as u16, height);
        let mut buf = Buffer::empty(area);
        Bars {
            bars: &bars,
            selected: None,
            scale: &|value| format!("{value:.0}"),
        }
        .paint(area, &mut buf, &Look::new(&role_style));
        buf
    }

    fn colours(buf: &Buffer) -> Vec<usize> {
        let all: Vec<Color> = buf.content.iter().flat_map(|cell| [cell.fg, cell.bg]).collect();
        let look = Look::new(&role_style);
        let is_there = |nth: &usize| look.series(*nth).fg.is_some_and(|colour| all.contains(&colour));
        (0..6).filter(is_there).collect()
    }

    #[test]
    fn what_has_no_other_cell_is_not_hidden_by_its_neighbours() {
        // In two rows, of which the lower is the first part's: an eighth is a sixteenth of the whole.
        assert_eq!(colours(&painted(&[&[70.0, 12.0, 18.0]], 2)), [0, 1, 2]);
        assert_eq!(colours(&painted(&[&[70.0, 12.0, 1.0, 17.0]], 2)), [0, 1, 3]);
        assert_eq!(colours(&painted(&[&[50.0, 0.0, 50.0]], 1)), [0, 2]);
    }

    #[test]
    fn a_day_that_towers_above_all_others_is_cut_and_they_keep_their_height() {
        let day: &[f64] = &[60.0, 40.0];
        let mut days = vec![day; 20];
        days[7] = &[60.0, 1_940.0];
        let buf = painted(&days, 11);
        let column = |x: u16| (0..10).map(|y| buf[(x, y)].symbol()).collect::<String>();
        let tops: Vec<String> = (0..20).map(column).collect();
        assert_eq!(
            tops.iter().filter(|of| of.starts_with('≈')).count(),
            1,
            "{tops:?}"
        );
        assert!(
            tops.iter().any(|of| of.starts_with("  █")),
            "eight of ten rows: {tops:?}"
        );
        let even = vec![day; 20];
        assert!(!painted(&even, 11).content.iter().any(|cell| cell.symbol() == "≈"));
    }

    fn column(buf: &Buffer, x: u16) -> String {
        let rows = 0..buf.area.height;
        rows.map(|y| match &buf[(x, y)] {
            cell if cell.modifier.contains(Modifier::REVERSED) => format!("-{}", cell.symbol()),
            cell => cell.symbol().to_owned(),
        })
        .collect()
    }

    #[test]
    fn what_was_given_back_hangs_below_zero_as_large_as_what_was_spent_stands_above_it() {
        let buf = painted(&[&[30.0], &[-10.0], &[20.0, -5.0], &[0.0]], 5);
        let columns: Vec<String> = (0..4).map(|x| column(&buf, x)).collect();
        assert_eq!(columns, ["███  ", "   █ ", " ██-▄ ", "     "]);
        let look = Look::new(&role_style);
        assert_eq!(buf[(2, 3)].fg, look.series(1).fg.unwrap(), "in its own colour");
        let few = painted(&[&[1_000.0], &[-0.01]], 5);
        assert_eq!(column(&few, 0), "████ ", "what cannot be seen takes no row");
    }

    #[test]
    fn days_of_refunds_alone_hang_from_the_top_and_the_scale_says_their_sign() {
        let days: Vec<Vec<f64>> = (1..=12).map(|nth| vec![f64::from(-nth), -1.0]).collect();
        let bars: Vec<Bar> = days
            .iter()
            .map(|parts| Bar {
                parts: Some(parts),
                ..Bar::default()
            })
            .collect();
        let area = Rect::new(0, 0, 40, 7);
        let mut buf = Buffer::empty(area);
        let bars = Bars {
            bars: &bars,
            selected: None,
            scale: &|value| format!("{value:.0}"),
        };
        bars.paint(area, &mut buf, &Look::new(&role_style));
        assert!(bars.has_credits() && !bars.is_cut());
        let gutter = |y: u16| (0..4).map(|x| buf[(x, y)].symbol()).collect::<String>();
        assert_eq!((gutter(0), gutter(5)), ("  0 ".into(), "-13 ".into()));
        let last = column(&buf, 4 + 3 * 11);
        assert!(last.chars().filter(|c| !c.is_whitespace()).count() >= 6, "{last}");
        let mut towers: Vec<&[f64]> = vec![&[-5.0]; 20];
        towers[3] = &[-500.0];
        let cut = painted(&towers, 6);
        assert_eq!(cut[(3, 4)].symbol(), "≈");
    }
}
