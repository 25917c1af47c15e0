//! Reading a dump. Any bytes give a screen or an error: bounds are checked before they are used, and what a
//! dump can make this program hold is bounded by the largest screen.

use alacritty_terminal::grid::{Cursor, Dimensions, Grid};
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::term::color::COUNT as COLORS;
use alacritty_terminal::vte::ansi::{
    CursorStyle, Handler, KeyboardModes, Mode, NamedMode, PrivateMode, Processor, Rgb, StandardCharset,
};

use super::cells::Reader;
use super::dump::{CHARSETS, SHAPES};
use super::wire::In;
use super::{BadDump, VERSION};
use crate::term::delegate::{STACK, TITLE_CHARS};
use crate::term::engine::{Engine, Keyboard};
use crate::term::modes::PRIVATE;
use crate::term::tabs::Tabs;
use crate::term::{Screen, Size};

/// Takes characters and shows nothing.
struct Nowhere;

impl Handler for Nowhere {}

impl Screen {
    /// The screen a dump describes, with empty scrollback of the given capacity.
    pub fn restore(dump: &[u8], scrollback: usize) -> Result<Screen, BadDump> {
        let mut input = In::new(dump);
        if input.byte()? != VERSION {
            return Err(input.bad("unknown version"));
        }
        let cols = u16::try_from(input.number()?).map_err(|_| input.bad("size out of range"))?;
        let rows = u16::try_from(input.number()?).map_err(|_| input.bad("size out of range"))?;
        let size = Size { cols, rows };
        if size != size.clamped() {
            return Err(input.bad("size out of range"));
        }
        let mut engine = Engine::new(size, scrollback);
        read_modes(&mut input, &mut engine)?;
        read_margins(&mut input, &mut engine)?;
        read_tabs(&mut input, &mut engine)?;
        let charset = input.count(CHARSETS.len() - 1, "unknown character set")?;
        engine.set_active_charset(CHARSETS[charset]);
        engine.title = input.text(4 * TITLE_CHARS)?.to_owned();
        for _ in 0..input.count(STACK, "too many titles")? {
            engine.titles.push(input.text(4 * TITLE_CHARS)?.to_owned());
        }
        for at in 0..engine.keyboards.len() {
            engine.keyboards[at] = read_keyboard(&mut input)?;
        }
        engine.apply_keyboard();
        engine.preceding = match input.number()?.checked_sub(1) {
            None => None,
            Some(code) => {
                let c = u32::try_from(code).ok().and_then(char::from_u32);
                Some(c.ok_or(input.bad("not a character"))?)
            }
        };
        engine.links = input.number()?;
        read_colors(&mut input, &mut engine)?;

        let mut reader = Reader::default();
        let on_alt = engine.on_alt();
        let Engine { term, other, .. } = &mut engine;
        let (main, alt) = if on_alt {
            (other, term.grid_mut())
        } else {
            (term.grid_mut(), other)
        };
        read_screen(&mut input, &mut reader, main)?;
        if on_alt {
            read_screen(&mut input, &mut reader, alt)?;
        } else {
            alt.saved_cursor = read_cursor(&mut input, &mut reader, alt)?;
        }
        input.end()?;

        let preceding = engine.preceding;
        let mut screen = Screen::from_engine(engine);
        if let Some(c) = preceding {
            let mut parser = Processor::new();
            parser.advance(&mut Nowhere, c.encode_utf8(&mut [0; 4]).as_bytes());
            screen.parser = parser;
        }
        Ok(screen)
    }
}

fn read_modes(input: &mut In<'_>, engine: &mut Engine) -> Result<(), BadDump> {
    let bits = input.count((1 << PRIVATE.len()) - 1, "unknown mode")?;
    for (bit, (_, mode)) in PRIVATE.iter().enumerate() {
        let mode = PrivateMode::from(*mode);
        if bits >> bit & 1 == 1 {
            engine.set_private_mode(mode)
        } else {
            engine.unset_private_mode(mode)
        }
    }
    let bits = input.count(7, "unknown mode")?;
    for (bit, mode) in [NamedMode::Insert, NamedMode::LineFeedNewLine]
        .into_iter()
        .enumerate()
    {
        if bits >> bit & 1 == 1 {
            engine.set_mode(Mode::from(mode));
        }
    }
    if bits >> 2 == 1 {
        engine.set_keypad_application_mode();
    }
    let style = input.count(2 * SHAPES.len() - 1, "unknown cursor style")?;
    engine.set_cursor_style(Some(CursorStyle {
        shape: SHAPES[style >> 1],
        blinking: style & 1 == 1,
    }));
    Ok(())
}

fn read_margins(input: &mut In<'_>, engine: &mut Engine) -> Result<(), BadDump> {
    let rows = engine.term.screen_lines();
    let top = input.count(rows, "margin out of range")?;
    let bottom = input.count(rows, "margin out of range")?;
    if top + 1 < bottom || (top, bottom) == (0, rows) {
        engine.set_scrolling_region(top + 1, Some(bottom));
        Ok(())
    } else {
        Err(input.bad("margins without rows"))
    }
}

fn read_tabs(input: &mut In<'_>, engine: &mut Engine) -> Result<(), BadDump> {
    let cols = engine.term.columns();
    let bytes = (0..cols.div_ceil(8))
        .map(|_| input.byte())
        .collect::<Result<Vec<_>, _>>()?;
    engine.tabs = Tabs::from_stops(
        (0..cols)
            .map(|col| bytes[col / 8] >> (col % 8) & 1 == 1)
            .collect(),
    );
    engine.apply_tabs();
    Ok(())
}

fn read_keyboard(input: &mut In<'_>) -> Result<Keyboard, BadDump> {
    let flags = KeyboardModes::from_bits_truncate(input.byte()?);
    let count = input.count(STACK, "too many keyboard modes")?;
    let pushed = (0..count).map(|_| input.byte().map(KeyboardModes::from_bits_truncate));
    Ok(Keyboard {
        flags,
        pushed: pushed.collect::<Result<_, _>>()?,
    })
}

fn read_colors(input: &mut In<'_>, engine: &mut Engine) -> Result<(), BadDump> {
    for _ in 0..input.count(COLORS, "too many colours")? {
        let index = input.count(COLORS - 1, "unknown colour")?;
        let rgb = Rgb {
            r: input.byte()?,
            g: input.byte()?,
            b: input.byte()?,
        };
        engine.set_color(index, rgb);
    }
    Ok(())
}

fn read_screen(input: &mut In<'_>, reader: &mut Reader, grid: &mut Grid<Cell>) -> Result<(), BadDump> {
    grid.cursor = read_cursor(input, reader, grid)?;
    grid.saved_cursor = read_cursor(input, reader, grid)?;
    let (rows, cols) = (grid.screen_lines(), grid.columns());
    let mut cells = vec![Cell::default(); rows * cols];
    reader.read(input, cells.iter_mut())?;
    let mut cells = cells.into_iter();
    for line in 0..rows as i32 {
        for (slot, cell) in (&mut grid[Line(line)]).into_iter().zip(cells.by_ref()) {
            *slot = cell;
        }
    }
    Ok(())
}

fn read_cursor(input: &mut In<'_>, reader: &mut Reader, grid: &Grid<Cell>) -> Result<Cursor<Cell>, BadDump> {
    let line = input.count(grid.screen_lines() - 1, "cursor off the screen")?;
    let column = input.count(grid.columns() - 1, "cursor off the screen")?;
    let bits = input.count(0x1f, "unknown character set")?;
    let mut cursor = Cursor {
        point: Point::new(Line(line as i32), Column(column)),
        input_needs_wrap: bits >> 4 == 1,
        ..Cursor::default()
    };
    for (bit, index) in CHARSETS.into_iter().enumerate() {
        if bits >> bit & 1 == 1 {
            cursor.charsets[index] = StandardCharset::SpecialCharacterAndLineDrawing;
        }
    }
    reader.read(input, std::iter::once(&mut cursor.template))?;
    let structure =
        Flags::WRAPLINE | Flags::WIDE_CHAR | Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER;
    if cursor.template.flags.intersects(structure) {
        return Err(input.bad("cursor with the attributes of a cell"));
    }
    Ok(cursor)
}
