//! Rows of cells as a picture that scales: text as text, each character at its column; blocks, braille and box drawing as
//! shapes, so that no font decides how they meet. Only numbers and escaped text get into it.

mod line;
mod shape;
mod style;

use std::fmt::Write;

pub use style::{Fill, Styles, named, themes};

use super::{Colour, Look, Run, Size, Underline};
use shape::Shapes;
use style::colours;

/// Of a cell, and from its top to the line that letters stand on.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;
const BASE: f64 = 13.5;
const EDGE: f64 = 10.0;
/// Of letters.
const FONT: f64 = 14.0;

/// What cells without colours of their own are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Dark or light, as the viewer prefers.
    Viewer,
    /// Text and page; runs then name no colour but by its parts.
    Fixed { text: Colour, page: Colour },
}

pub struct Picture<'a> {
    pub title: &'a str,
    pub size: Size,
    /// From the top; those that are absent are empty.
    pub rows: Vec<Vec<Run>>,
    /// Column and row.
    pub cursor: Option<(u16, u16)>,
    pub ground: Ground,
}

impl Picture<'_> {
    pub fn svg(&self) -> String {
        let (mut styles, mut backs, mut shapes) = (Styles::default(), Backs::default(), Shapes::default());
        let mut text = String::new();
        for (row, runs) in (0..self.size.rows).zip(&self.rows) {
            for run in runs {
                let run = &Run {
                    look: self.grounded(run.look),
                    ..run.clone()
                };
                backs.add(run, row);
                shapes.begin();
                letters(&mut text, &mut shapes, run, row, &mut styles);
            }
        }
        let (wide, high) = place(self.size.cols, self.size.rows);
        let (wide, high) = (wide + EDGE, high + EDGE);
        let (themes, ink, page) = match self.ground {
            Ground::Viewer => (themes(false), "var(--fg)".to_owned(), "var(--bg)".to_owned()),
            Ground::Fixed { text, page } => {
                (String::new(), style::ink(text, "--fg"), style::ink(page, "--bg"))
            }
        };
        let cursor = self.cursor.map(|(col, row)| {
            let (x, y) = place(col, row);
            format!(
                "<rect class=\"cursor\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n"
            )
        });
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide:.1} {high:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" xml:space=\"preserve\">\n\
             <title>{}</title>\n<style>{themes}text{{font:{FONT}px ui-monospace,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;\
             fill:{ink};white-space:pre}}path{{fill:{ink}}}.cursor{{fill:none;stroke:{ink}}}\n{}</style>\n\
             <rect width=\"100%\" height=\"100%\" rx=\"6\" style=\"fill:{page}\"/>\n<g shape-rendering=\"crispEdges\">\n{}</g>\n{}{}{text}</svg>\n",
            escaped(self.title),
            styles.css(Fill::Svg),
            backs.svg(),
            cursor.unwrap_or_default(),
            shapes.svg(),
        )
    }
}

impl Picture<'_> {
    /// A look with the fixed colours in place of the viewer's, which such a picture does not name.
    fn grounded(&self, look: Look) -> Look {
        let Ground::Fixed { text, page } = self.ground else {
            return look;
        };
        let or = |colour, fixed| if colour == Colour::Default { fixed } else { colour };
        match (look == Look::default(), look.reversed) {
            (true, _) => look,
            (false, true) => Look {
                fg: or(look.fg, text),
                bg: or(look.bg, page),
                ..look
            },
            (false, false) => Look {
                fg: or(look.fg, text),
                ..look
            },
        }
    }
}

fn place(col: u16, row: u16) -> (f64, f64) {
    (EDGE + f64::from(col) * WIDTH, EDGE + f64::from(row) * HEIGHT)
}

fn cells(run: &Run) -> u16 {
    let count = if run.joined { 1 } else { run.text.chars().count() };
    u16::try_from(count).unwrap_or(u16::MAX) * if run.wide { 2 } else { 1 }
}

/// Backgrounds, those that lie exactly below each other as one.
#[derive(Default)]
struct Backs {
    all: Vec<Back>,
}

struct Back {
    col: u16,
    cells: u16,
    row: u16,
    rows: u16,
    colour: String,
}

impl Backs {
    fn add(&mut self, run: &Run, row: u16) {
        let Some(colour) = colours(&run.look).1 else {
            return;
        };
        let (col, cells) = (run.col, cells(run));
        // Beside the one before it in its row: one colour is one rectangle, whatever stands on it.
        if let Some(last) = self.all.last_mut()
            && (last.row, last.rows, &last.colour) == (row, 1, &colour)
            && last.col + last.cells == col
        {
            last.cells += cells;
            return;
        }
        self.all.push(Back {
            col,
            cells,
            row,
            rows: 1,
            colour,
        });
    }

    fn svg(self) -> String {
        let mut merged: Vec<Back> = Vec::new();
        for back in self.all {
            let mut above = merged
                .iter_mut()
                .rev()
                .take_while(|above| above.row + above.rows + 1 >= back.row);
            let above = above.find(|above| {
                (above.col, above.cells, &above.colour) == (back.col, back.cells, &back.colour)
                    && above.row + above.rows == back.row
            });
            match above {
                Some(above) => above.rows += 1,
                None => merged.push(back),
            }
        }
        let mut out = String::new();
        for Back {
            col,
            cells,
            row,
            rows,
            colour,
        } in merged
        {
            let (x, y) = place(col, row);
            let (width, height) = (f64::from(cells) * WIDTH, f64::from(rows) * HEIGHT);
            let _ = writeln!(
                out,
                r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height}" style="fill:{colour}"/>"#
            );
        }
        out
    }
}

/// Text as text; what has a shape goes to the shapes instead.
fn letters(out: &mut String, shapes: &mut Shapes, run: &Run, row: u16, styles: &mut Styles) {
    let lined = run.look.underline != Underline::None || run.look.struck;
    if run.text.trim().is_empty() && !lined {
        return;
    }
    let class = match styles.number(run.look) {
        0 => String::new(),
        number => format!(" class=\"s{number}\""),
    };
    let (left, y) = place(run.col, row);
    let step = if run.wide { 2.0 * WIDTH } else { WIDTH };
    // A wide letter is as wide as it is high, in a place a little wider.
    let inset = if run.wide { (step - FONT) / 2.0 } else { 0.0 };
    // A place for each character: fonts do not agree about widths.
    let (mut text, mut places) = (String::new(), String::new());
    for (nth, c) in run.text.chars().enumerate() {
        let x = left + nth as f64 * step;
        if !run.joined && shapes.add(c, (x, y), &class) {
            continue;
        }
        if text.is_empty() || !run.joined {
            let _ = write!(
                places,
                "{}{:.1}",
                if places.is_empty() { "" } else { " " },
                x + inset
            );
        }
        text.push(c);
    }
    if !text.trim().is_empty() || (lined && !text.is_empty()) {
        let _ = writeln!(
            out,
            "<text x=\"{places}\" y=\"{:.1}\"{class}>{}</text>",
            y + BASE,
            escaped(&text)
        );
    }
}

fn escaped(text: &str) -> String {
    // What XML 1.0 has no place for is not drawn either.
    let clean = text
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    let mut out = String::new();
    for c in clean {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
