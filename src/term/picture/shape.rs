//! Characters that are drawn and not written: block elements, shades and braille by their geometry, box drawing by its
//! lines. Neighbours that belong together are one path, so that no seam shows between them.

use std::fmt::Write;

use super::{HEIGHT, WIDTH, line};

/// Of a dot of braille.
const DOT: f64 = 1.3;

/// Paths in the order in which they came.
#[derive(Default)]
pub struct Shapes {
    paths: Vec<Path>,
    /// The last path may go on: it is of the same run.
    open: bool,
}

struct Path {
    /// The `class` attribute, or nothing.
    class: String,
    ink: Ink,
    data: String,
    /// The last piece as left, right, top and bottom, while it may still grow to the right.
    piece: Option<[f64; 4]>,
}

/// How a shape is filled.
#[derive(Clone, Copy, PartialEq)]
enum Ink {
    /// Edges on whole pixels: what stands side by side meets.
    Crisp,
    /// A share of the ground shows through, in percent of ink.
    Shade(u8),
    Smooth,
}

impl Shapes {
    /// What comes next belongs to another run.
    pub fn begin(&mut self) {
        self.open = false;
    }

    /// Draws a character whose cell begins at a place; false when it is to be written instead.
    pub fn add(&mut self, c: char, (x, y): (f64, f64), class: &str) -> bool {
        match c {
            '─'..='╿' => {
                let smooth = line::is_smooth(c);
                let path = self.path(if smooth { Ink::Smooth } else { Ink::Crisp }, class);
                path.settle();
                line::draw(c, (x, y), &mut path.data);
            }
            '░' | '▒' | '▓' => {
                let ink = [25, 50, 75][c as usize - '░' as usize];
                self.path(Ink::Shade(ink), class).rect(x, y, [0.0, 0.0, 1.0, 1.0]);
            }
            '▀'..='▟' => {
                let path = self.path(Ink::Crisp, class);
                block(c).iter().for_each(|part| path.rect(x, y, *part));
            }
            '⠀'..='⣿' => dots(c, (x, y), self.path(Ink::Smooth, class)),
            _ => return false,
        }
        true
    }

    fn path(&mut self, ink: Ink, class: &str) -> &mut Path {
        let goes_on = self.open
            && self
                .paths
                .last()
                .is_some_and(|last| last.ink == ink && last.class == class);
        if !goes_on {
            self.paths.push(Path {
                class: class.to_owned(),
                ink,
                data: String::new(),
                piece: None,
            });
        }
        self.open = true;
        let last = self.paths.len() - 1;
        &mut self.paths[last]
    }

    pub fn svg(self) -> String {
        let mut out = String::new();
        for mut path in self.paths {
            path.settle();
            let ink = match path.ink {
                Ink::Crisp => " shape-rendering=\"crispEdges\"".to_owned(),
                Ink::Shade(percent) => format!(" shape-rendering=\"crispEdges\" fill-opacity=\".{percent}\""),
                Ink::Smooth => String::new(),
            };
            if !path.data.is_empty() {
                let _ = writeln!(out, "<path{}{ink} d=\"{}\"/>", path.class, path.data.trim_end());
            }
        }
        out
    }
}

impl Path {
    /// A part of the cell at a place: left, top, right and bottom in shares of it.
    fn rect(&mut self, x: f64, y: f64, [left, top, right, bottom]: [f64; 4]) {
        let [left, right] = [x + left * WIDTH, x + right * WIDTH];
        let [top, bottom] = [y + top * HEIGHT, y + bottom * HEIGHT];
        match &mut self.piece {
            Some([_, end, up, down]) if (*end - left).abs() < 0.01 && (*up, *down) == (top, bottom) => {
                *end = right
            }
            _ => {
                self.settle();
                self.piece = Some([left, right, top, bottom]);
            }
        }
    }

    fn settle(&mut self) {
        if let Some([left, right, top, bottom]) = self.piece.take() {
            rect(&mut self.data, left, top, right - left, bottom - top);
        }
    }
}

/// A rectangle as a path.
pub fn rect(out: &mut String, x: f64, y: f64, width: f64, height: f64) {
    let _ = write!(out, "M{x:.2} {y:.2}h{width:.2}v{height:.2}h-{width:.2}z");
}

/// The parts of a block element, in shares of the cell.
fn block(c: char) -> Vec<[f64; 4]> {
    const UPPER_LEFT: [f64; 4] = [0.0, 0.0, 0.5, 0.5];
    const UPPER_RIGHT: [f64; 4] = [0.5, 0.0, 1.0, 0.5];
    const LOWER_LEFT: [f64; 4] = [0.0, 0.5, 0.5, 1.0];
    const LOWER_RIGHT: [f64; 4] = [0.5, 0.5, 1.0, 1.0];
    let nth = |from: char| (c as u32 - from as u32) as f64;
    match c {
        '▀' => vec![[0.0, 0.0, 1.0, 0.5]],
        '▁'..='█' => vec![[0.0, 1.0 - (nth('▁') + 1.0) / 8.0, 1.0, 1.0]],
        '▉'..='▏' => vec![[0.0, 0.0, (7.0 - nth('▉')) / 8.0, 1.0]],
        '▐' => vec![[0.5, 0.0, 1.0, 1.0]],
        '▔' => vec![[0.0, 0.0, 1.0, 0.125]],
        '▕' => vec![[0.875, 0.0, 1.0, 1.0]],
        '▖' => vec![LOWER_LEFT],
        '▗' => vec![LOWER_RIGHT],
        '▘' => vec![UPPER_LEFT],
        '▙' => vec![UPPER_LEFT, [0.0, 0.5, 1.0, 1.0]],
        '▚' => vec![UPPER_LEFT, LOWER_RIGHT],
        '▛' => vec![[0.0, 0.0, 1.0, 0.5], LOWER_LEFT],
        '▜' => vec![[0.0, 0.0, 1.0, 0.5], LOWER_RIGHT],
        '▝' => vec![UPPER_RIGHT],
        '▞' => vec![UPPER_RIGHT, LOWER_LEFT],
        '▟' => vec![UPPER_RIGHT, [0.0, 0.5, 1.0, 1.0]],
        _ => Vec::new(),
    }
}

/// The dots of a braille cell, by their bits.
fn dots(c: char, (x, y): (f64, f64), path: &mut Path) {
    const PLACES: [(f64, f64); 8] = [
        (0.0, 0.0),
        (0.0, 1.0),
        (0.0, 2.0),
        (1.0, 0.0),
        (1.0, 1.0),
        (1.0, 2.0),
        (0.0, 3.0),
        (1.0, 3.0),
    ];
    let bits = c as u32 - '⠀' as u32;
    for (nth, (col, row)) in PLACES.iter().enumerate() {
        if bits >> nth & 1 == 1 {
            let (x, y) = (x + (0.25 + col * 0.5) * WIDTH, y + (0.125 + row * 0.25) * HEIGHT);
            let _ = write!(
                path.data,
                "M{:.2} {y:.2}a{DOT} {DOT} 0 1 0 {:.2} 0a{DOT} {DOT} 0 1 0 -{:.2} 0z",
                x - DOT,
                2.0 * DOT,
                2.0 * DOT
            );
        }
    }
}
