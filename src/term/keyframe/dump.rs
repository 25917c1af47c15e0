//! Writing a dump.

use alacritty_terminal::grid::{Cursor, Dimensions, Grid};
use alacritty_terminal::index::Line;
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::Cell;
use alacritty_terminal::term::color::COUNT as COLORS;
use alacritty_terminal::vte::ansi::{CharsetIndex, CursorShape, CursorStyle, StandardCharset};

use super::VERSION;
use super::cells::Pen;
use super::wire::Out;
use crate::term::Screen;
use crate::term::engine::Engine;
use crate::term::modes::PRIVATE;

pub(super) const CHARSETS: [CharsetIndex; 4] = [
    CharsetIndex::G0,
    CharsetIndex::G1,
    CharsetIndex::G2,
    CharsetIndex::G3,
];
pub(super) const SHAPES: [CursorShape; 5] = [
    CursorShape::Block,
    CursorShape::Underline,
    CursorShape::Beam,
    CursorShape::HollowBlock,
    CursorShape::Hidden,
];

impl Screen {
    /// A keyframe: everything that continuing needs, without scrollback. It is whole only when `is_ground`.
    pub fn dump(&self) -> Vec<u8> {
        let engine = &self.engine;
        let mut out = Out::default();
        out.byte(VERSION);
        let size = engine.size();
        out.number(u64::from(size.cols));
        out.number(u64::from(size.rows));
        modes(&mut out, engine);
        out.count(engine.margins.start);
        out.count(engine.margins.end);
        engine.tabs.stops().chunks(8).for_each(|stops| {
            out.byte(
                stops
                    .iter()
                    .enumerate()
                    .map(|(bit, stop)| u8::from(*stop) << bit)
                    .sum(),
            );
        });
        out.byte(engine.charset as u8);
        out.text(&engine.title);
        out.count(engine.titles.len());
        engine.titles.iter().for_each(|title| out.text(title));
        for keyboard in &engine.keyboards {
            out.byte(keyboard.flags.bits());
            out.count(keyboard.pushed.len());
            keyboard.pushed.iter().for_each(|flags| out.byte(flags.bits()));
        }
        out.number(engine.preceding.map_or(0, |c| u64::from(u32::from(c)) + 1));
        out.number(engine.links);
        colors(&mut out, engine);
        let mut pen = Pen::default();
        screen(&mut out, &mut pen, engine.main());
        // What the alternate screen last held is gone when it is shown again, but not its saved cursor.
        if engine.on_alt() {
            screen(&mut out, &mut pen, engine.alt());
        } else {
            cursor(&mut out, &mut pen, &engine.alt().saved_cursor);
        }
        out.0
    }
}

fn modes(out: &mut Out, engine: &Engine) {
    let mode = engine.term.mode();
    let bits = PRIVATE
        .iter()
        .enumerate()
        .map(|(bit, (flag, _))| u64::from(mode.contains(*flag)) << bit);
    out.number(bits.sum());
    let public = [
        TermMode::INSERT,
        TermMode::LINE_FEED_NEW_LINE,
        TermMode::APP_KEYPAD,
    ];
    out.byte(
        public
            .iter()
            .enumerate()
            .map(|(bit, flag)| u8::from(mode.contains(*flag)) << bit)
            .sum(),
    );
    let CursorStyle { shape, blinking } = engine.term.cursor_style();
    let shape = SHAPES
        .iter()
        .position(|known| *known == shape)
        .unwrap_or_default();
    out.byte((shape as u8) << 1 | u8::from(blinking));
}

fn colors(out: &mut Out, engine: &Engine) {
    let colors = engine.term.colors();
    let set: Vec<_> = (0..COLORS)
        .filter_map(|index| Some((index, colors[index]?)))
        .collect();
    out.count(set.len());
    for (index, rgb) in set {
        out.count(index);
        out.0.extend([rgb.r, rgb.g, rgb.b]);
    }
}

fn screen(out: &mut Out, pen: &mut Pen, grid: &Grid<Cell>) {
    cursor(out, pen, &grid.cursor);
    cursor(out, pen, &grid.saved_cursor);
    pen.write(
        out,
        (0..grid.screen_lines() as i32).flat_map(|line| &grid[Line(line)]),
    );
}

fn cursor(out: &mut Out, pen: &mut Pen, cursor: &Cursor<Cell>) {
    out.count(cursor.point.line.0 as usize);
    out.count(cursor.point.column.0);
    let charsets = CHARSETS.map(|index| cursor.charsets[index]);
    let drawing = charsets.map(|set| set == StandardCharset::SpecialCharacterAndLineDrawing);
    let bits = drawing
        .iter()
        .enumerate()
        .map(|(bit, on)| u8::from(*on) << bit)
        .sum::<u8>();
    out.byte(bits | u8::from(cursor.input_needs_wrap) << 4);
    pen.write(out, std::iter::once(&cursor.template));
}
