//! Areas as large as what they stand for: squarified, so that tiles are near to squares on a screen whose cells are
//! twice as high as wide. What would be too small to read is one last tile, named by how many it stands for. Credits have
//! no area beside costs; where there is nothing else the areas are theirs, and hatched.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::ui::canvas::Canvas;
use crate::ui::look::{Look, Role};
use crate::ui::text;

/// Below this a name cannot be read.
const LEAST: (u16, u16) = (8, 2);
/// Height of a cell by its width.
const ASPECT: f64 = 2.0;
/// What a tile of credits is filled with: seen without colour, too.
const HATCH: &str = "╱";

#[derive(Clone, Debug)]
pub struct Tile<'a> {
    pub name: &'a str,
    /// The value as it is read; left out where it would be cut.
    pub says: &'a str,
    /// What stands beside it where there is room for both.
    pub more: &'a str,
    /// Only what is positive has an area, unless nothing is.
    pub value: f64,
    pub role: Role,
}

pub struct Treemap<'a> {
    /// Largest first; of credits alone, those of which most was given back.
    pub tiles: &'a [Tile<'a>],
    pub selected: Option<usize>,
}

/// Where the tiles lie: those that are shown, in their order, then one for the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub shown: Vec<Rect>,
    /// How many have no tile of their own, and where they are together.
    pub rest: Option<(usize, Rect)>,
}

/// Whether something was given back, and nothing spent.
pub fn are_credits(mut values: impl Iterator<Item = f64> + Clone) -> bool {
    values.clone().any(|value| value < 0.0) && !values.any(|value| value > 0.0)
}

/// That credits have no area, or all of it.
pub fn credits_say(are_all: bool, credits: &str) -> String {
    match are_all {
        true => "all of it is credits: the areas are what was given back, and hatched".to_owned(),
        false => format!("credits of {credits} have no area"),
    }
}

impl Treemap<'_> {
    /// Whether there are credits, and nothing else.
    pub fn is_of_credits(&self) -> bool {
        are_credits(self.tiles.iter().map(|tile| tile.value))
    }

    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>) {
        let hatched = self.is_of_credits();
        let sign = if hatched { -1.0 } else { 1.0 };
        let values: Vec<f64> = self.tiles.iter().map(|tile| tile.value * sign).collect();
        let layout = layout(area.intersection(buf.area), &values);
        for (nth, (rect, tile)) in layout.shown.iter().zip(self.tiles).enumerate() {
            let mut canvas = Canvas::new(*rect, buf, look);
            paint(&mut canvas, tile, (self.selected == Some(nth), hatched));
        }
        if let Some((count, rect)) = layout.rest {
            let name = format!("{count} more");
            let tile = Tile {
                name: &name,
                says: "",
                more: "",
                value: 0.0,
                role: Role::Dim,
            };
            let selected = self.selected.is_some_and(|at| at >= layout.shown.len());
            paint(&mut Canvas::new(rect, buf, look), &tile, (selected, hatched));
        }
    }
}

/// A gap at the right and half a row below keep neighbours of one colour apart; a hatched tile has a blank around its words.
fn paint(canvas: &mut Canvas<'_, '_>, tile: &Tile<'_>, (selected, hatched): (bool, bool)) {
    let (width, height) = (canvas.width().saturating_sub(1), canvas.height());
    if width == 0 || height == 0 {
        return;
    }
    let edge = canvas.look.of(tile.role);
    let (fill, with) = match hatched {
        true => (edge, HATCH),
        false => (edge.add_modifier(Modifier::REVERSED), " "),
    };
    let rows = if height > 1 { height - 1 } else { height };
    for y in 0..rows {
        canvas.repeat(0, y, width, with, fill);
    }
    if height > 1 && !hatched {
        canvas.repeat(0, rows, width, "▀", edge);
    }
    if selected && rows > 1 {
        frame(canvas, width, rows, fill.add_modifier(Modifier::BOLD));
    }
    let padded = |text: &str| match hatched && !text.is_empty() {
        true => format!(" {text} "),
        false => text.to_owned(),
    };
    let name = match selected {
        true => format!("▸{} ", tile.name),
        false => padded(tile.name),
    };
    let room = width.saturating_sub(1 + u16::from(selected));
    if rows > 1 {
        canvas.text(1, 0, room, &name, fill.add_modifier(Modifier::BOLD));
        let free = room.saturating_sub(if hatched { 2 } else { 0 });
        canvas.text(1, 1, room, &padded(&figures(tile, free)), fill);
    } else {
        let figures = figures(tile, room.saturating_sub(5));
        let wide = text::width(&figures) as u16;
        let room = if wide > 0 { room - wide - 1 } else { room };
        canvas.text(1, 0, room, &name, fill.add_modifier(Modifier::BOLD));
        canvas.text(width - wide, 0, wide, &figures, fill);
    }
}

/// The value and what stands beside it, or the value alone, at last without its cents, as far as they fit whole: half a
/// figure reads as another one.
fn figures(tile: &Tile<'_>, room: u16) -> String {
    let both = format!("{} {}", tile.says, tile.more);
    let without_cents = tile.says.rsplit_once('.').map_or(tile.says, |(units, _)| units);
    let tries = [both.trim_end(), tile.says, without_cents];
    let fits = tries
        .into_iter()
        .find(|says| text::width(says) <= usize::from(room));
    fits.unwrap_or_default().to_owned()
}

/// The tile under the cursor keeps its colour, which says how its cost changed.
fn frame(canvas: &mut Canvas<'_, '_>, width: u16, rows: u16, style: Style) {
    let (right, below) = (width - 1, rows - 1);
    for y in [0, below] {
        canvas.repeat(0, y, width, "━", style);
    }
    for y in 0..rows {
        canvas.text(0, y, 1, "┃", style);
        canvas.text(right, y, 1, "┃", style);
    }
    for (x, y, corner) in [(0, 0, "┏"), (right, 0, "┓"), (0, below, "┗"), (right, below, "┛")] {
        canvas.text(x, y, 1, corner, style);
    }
}

/// Lays out values that are sorted, largest first; what is not positive has no place.
pub fn layout(area: Rect, values: &[f64]) -> Layout {
    let values: Vec<f64> = values
        .iter()
        .copied()
        .take_while(|value| value.is_finite() && *value > 0.0)
        .collect();
    for shown in (1..=values.len()).rev() {
        let mut sizes = values[..shown].to_vec();
        let rest: f64 = values[shown..].iter().sum();
        if rest > 0.0 {
            sizes.push(rest);
        }
        let mut rects = squarify(area, &sizes);
        let fits = |rect: &Rect| rect.width >= LEAST.0 && rect.height >= LEAST.1;
        if shown == 1 || rects.iter().all(fits) {
            let rest = (rest > 0.0).then(|| rects.pop()).flatten();
            return Layout {
                shown: rects,
                rest: rest.map(|rect| (values.len() - shown, rect)),
            };
        }
    }
    Layout {
        shown: Vec::new(),
        rest: None,
    }
}

/// Cuts the area row by row along its shorter side, each row as long as it makes its tiles squarer. The cuts are in whole
/// cells, each from what is left, so that the tiles always fill the area exactly.
fn squarify(mut area: Rect, sizes: &[f64]) -> Vec<Rect> {
    let mut rects = Vec::with_capacity(sizes.len());
    let mut at = 0;
    while at < sizes.len() {
        let left: f64 = sizes[at..].iter().sum();
        let (wide, high) = (f64::from(area.width), f64::from(area.height) * ASPECT);
        let side = wide.min(high);
        let scale = wide * high / left;
        let mut count = 1;
        while at + count < sizes.len()
            && worst(&sizes[at..at + count + 1], side, scale) <= worst(&sizes[at..at + count], side, scale)
        {
            count += 1;
        }
        let row = &sizes[at..at + count];
        let share = row.iter().sum::<f64>() / left;
        let last = at + count == sizes.len();
        let (strip, remains) = split(area, wide >= high, if last { 1.0 } else { share });
        rects.extend(along(strip, wide < high, row));
        area = remains;
        at += count;
    }
    rects
}

/// The worst ratio of sides in a row of tiles along a side.
fn worst(row: &[f64], side: f64, scale: f64) -> f64 {
    let sum: f64 = row.iter().sum::<f64>() * scale;
    let ratio = |size: &f64| {
        let size = size * scale;
        ((side * side * size) / (sum * sum)).max((sum * sum) / (side * side * size))
    };
    row.iter().map(ratio).fold(1.0, f64::max)
}

/// A part of an area by its share, and what remains; at the left, or above.
fn split(area: Rect, at_left: bool, share: f64) -> (Rect, Rect) {
    let cut = |length: u16| ((f64::from(length) * share).round() as u16).clamp(u16::from(length > 0), length);
    let (mut part, mut rest) = (area, area);
    if at_left {
        part.width = cut(area.width);
        (rest.x, rest.width) = (area.x + part.width, area.width - part.width);
    } else {
        part.height = cut(area.height);
        (rest.y, rest.height) = (area.y + part.height, area.height - part.height);
    }
    (part, rest)
}

fn along(mut strip: Rect, at_left: bool, row: &[f64]) -> Vec<Rect> {
    let mut left: f64 = row.iter().sum();
    let cut = |(nth, size): (usize, &f64)| {
        let share = if nth + 1 == row.len() { 1.0 } else { size / left };
        left -= size;
        let (part, rest) = split(strip, at_left, share);
        strip = rest;
        part
    };
    row.iter().enumerate().map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn areas_follow_values_and_are_near_to_squares() {
        let Layout { shown, rest } = layout(Rect::new(0, 0, 80, 20), &[60.0, 30.0, 10.0]);
        assert_eq!(rest, None);
        let areas: Vec<u32> = shown.iter().map(|rect| rect.area()).collect();
        assert_eq!(areas, [960, 480, 160]);
    }

    #[test]
    fn the_tile_under_the_cursor_keeps_its_colour_and_is_framed() {
        let tile = |name, value, role| Tile {
            name,
            says: "$60",
            more: "+8.0 %",
            value,
            role,
        };
        let tiles = [tile("EC2", 60.0, Role::Good), tile("S3", 40.0, Role::Bad)];
        let area = Rect::new(0, 0, 40, 8);
        let painted = |selected| {
            let mut buf = Buffer::empty(area);
            let look = Look::new(&crate::ui::tests::role_style);
            Treemap {
                tiles: &tiles,
                selected,
            }
            .paint(area, &mut buf, &look);
            buf
        };
        let (plain, chosen) = (painted(None), painted(Some(0)));
        for (a, b) in plain.content.iter().zip(&chosen.content) {
            assert_eq!((a.fg, a.bg), (b.fg, b.bg));
        }
        let row: String = (0..40).map(|x| chosen[(x, 0)].symbol()).collect();
        assert!(row.starts_with("┏▸EC2 ━━"), "{row}");
        assert!(chosen.content.iter().any(|cell| cell.symbol() == "┛"));
    }

    #[test]
    fn a_figure_is_whole_or_not_there() {
        let tile = Tile {
            name: "EU-NatGateway-Bytes",
            says: "$2,680",
            more: "+343.6 %",
            value: 1.0,
            role: Role::Good,
        };
        let shown = |room| figures(&tile, room);
        assert_eq!(
            [shown(15), shown(14), shown(6)],
            ["$2,680 +343.6 %", "$2,680", "$2,680"]
        );
        assert_eq!(shown(5), "");
        let tile = Tile {
            says: "1,333.03",
            more: "",
            ..tile
        };
        let shown = |room| figures(&tile, room);
        assert_eq!([shown(8), shown(7), shown(4)], ["1,333.03", "1,333", ""]);
    }

    #[test]
    fn credits_alone_have_areas_and_are_hatched() {
        let tile = |name, value| Tile {
            name,
            says: "-60.00",
            more: "",
            value,
            role: Role::Good,
        };
        let painted = |tiles: &[Tile]| {
            let area = Rect::new(0, 0, 40, 6);
            let mut buf = Buffer::empty(area);
            let map = Treemap {
                tiles,
                selected: None,
            };
            map.paint(area, &mut buf, &Look::new(&crate::ui::tests::role_style));
            let row = |y| (0..40).map(|x| buf[(x, y)].symbol()).collect::<String>();
            (map.is_of_credits(), (0..6).map(row).collect::<Vec<_>>())
        };
        let (of_credits, rows) = painted(&[tile("EC2", -60.0), tile("S3", -20.0)]);
        assert!(of_credits);
        assert!(rows[0].starts_with("╱ EC2 ╱╱╱"), "{rows:#?}");
        assert!(rows[1].starts_with("╱ -60.00 ╱") && rows[4].starts_with("╱╱╱╱"));
        assert!(rows[0].contains("╱ S3 ╱"));
        let (of_credits, rows) = painted(&[tile("EC2", 60.0), tile("S3", -20.0)]);
        assert!(!of_credits && !rows.concat().contains('╱') && !rows.concat().contains("S3"));
    }

    #[test]
    fn what_is_too_small_to_read_is_told_together() {
        let mut values = vec![900.0, 60.0];
        values.extend([0.5; 40]);
        let Layout { shown, rest } = layout(Rect::new(0, 0, 60, 12), &values);
        assert_eq!(shown.len() + rest.unwrap().0, 42);
        assert!(rest.unwrap().0 >= 30, "{rest:?}");
    }

    #[test]
    fn credits_have_no_area() {
        let found = layout(Rect::new(0, 0, 60, 12), &[5.0, 0.0, -3.0]);
        assert_eq!(found.shown, [Rect::new(0, 0, 60, 12)]);
        assert_eq!(layout(Rect::new(0, 0, 60, 12), &[-1.0, f64::NAN]).shown, []);
    }

    proptest! {
        #[test]
        fn tiles_fill_their_area_and_never_overlap(
            mut values in prop::collection::vec(0.01f64..1e7, 1..30),
            (width, height) in (0u16..180, 0u16..50),
        ) {
            values.sort_by(|a, b| b.total_cmp(a));
            let area = Rect::new(3, 5, width, height);
            let Layout { shown, rest } = layout(area, &values);
            let all: Vec<Rect> = shown.into_iter().chain(rest.map(|(_, rect)| rect)).collect();
            prop_assert_eq!(all.iter().map(|rect| rect.area()).sum::<u32>(), area.area());
            for (nth, rect) in all.iter().enumerate() {
                prop_assert!(rect.is_empty() || area.intersection(*rect) == *rect);
                prop_assert!(all[..nth].iter().all(|other| other.intersection(*rect).is_empty()));
            }
        }
    }
}
