//! Colours of cells by their parts: a picture has no terminal that would know what `red` is.

use ratatui::style::Color;

use crate::term::Colour;
use crate::term::picture::named;

/// Text and page where the theme leaves both to the terminal.
pub const TEXT: Colour = Colour::Rgb(0xd7, 0xda, 0xe0);
pub const PAGE: Colour = Colour::Rgb(0x16, 0x18, 0x1d);

/// Steps of the colour cube of 256 colours.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// `None`: the terminal's own.
pub fn of(colour: Color) -> Option<Colour> {
    Some(match colour {
        Color::Reset => return None,
        Color::Rgb(r, g, b) => Colour::Rgb(r, g, b),
        Color::Indexed(n) => indexed(n),
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(8),
        Color::LightRed => named(9),
        Color::LightGreen => named(10),
        Color::LightYellow => named(11),
        Color::LightBlue => named(12),
        Color::LightMagenta => named(13),
        Color::LightCyan => named(14),
        Color::White => named(15),
    })
}

fn indexed(n: u8) -> Colour {
    match n {
        0..16 => named(n),
        16..232 => {
            let n = usize::from(n - 16);
            Colour::Rgb(STEPS[n / 36], STEPS[n / 6 % 6], STEPS[n % 6])
        }
        _ => {
            let grey = 8 + 10 * (n - 232);
            Colour::Rgb(grey, grey, grey)
        }
    }
}
