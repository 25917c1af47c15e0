//! Colours as theme files write them, and what a terminal of fewer colours shows instead.

use ratatui::style::Color;

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// `NO_COLOR`: modifiers only.
    Plain,
    Ansi16,
    Ansi256,
    True,
}

impl Depth {
    /// From `NO_COLOR`, `COLORTERM` and `TERM`.
    pub fn from_environment() -> Depth {
        let variable = |name| std::env::var(name).unwrap_or_default();
        Depth::of(&variable("NO_COLOR"), &variable("COLORTERM"), &variable("TERM"))
    }

    fn of(no_color: &str, colorterm: &str, term: &str) -> Depth {
        if !no_color.is_empty() {
            return Depth::Plain;
        }
        let known = [
            "-direct",
            "kitty",
            "alacritty",
            "ghostty",
            "wezterm",
            "foot",
            "contour",
        ];
        if matches!(colorterm, "truecolor" | "24bit") || known.iter().any(|name| term.contains(name)) {
            return Depth::True;
        }
        if term.contains("256color") {
            Depth::Ansi256
        } else {
            Depth::Ansi16
        }
    }
}

const NAMED: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright_black", Color::DarkGray),
    ("bright_red", Color::LightRed),
    ("bright_green", Color::LightGreen),
    ("bright_yellow", Color::LightYellow),
    ("bright_blue", Color::LightBlue),
    ("bright_magenta", Color::LightMagenta),
    ("bright_cyan", Color::LightCyan),
    ("bright_white", Color::White),
];

pub(super) const ALLOWED: &str = "\"#rrggbb\", \"default\", or one of the 16 terminal colours from \"black\" to \"white\" \
     and \"bright_black\" to \"bright_white\"";

/// `#rrggbb`, `default` or one of the sixteen names.
pub(super) fn parse(text: &str) -> Option<Color> {
    if let Some(digits) = text.strip_prefix('#') {
        let is_hex = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let [_, r, g, b] = u32::from_str_radix(digits, 16)
            .ok()
            .filter(|_| is_hex)?
            .to_be_bytes();
        return Some(Color::Rgb(r, g, b));
    }
    NAMED
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, colour)| *colour)
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NAMED.iter().map(|(name, _)| *name)
}

/// The nearest colour of the fixed part of the 256-colour palette (xterm: a 6x6x6 cube from 16, 24 greys
/// from 232). The first sixteen are left out: users redefine them.
pub(super) fn to_256(colour: Color) -> Color {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let Color::Rgb(r, g, b) = colour else {
        return colour;
    };
    let cube = (0..216u8).map(|index| {
        let step = |divisor: u8| STEPS[usize::from(index / divisor % 6)];
        (16 + index, [step(36), step(6), step(1)])
    });
    let greys = (0..24u8).map(|index| (232 + index, [8 + 10 * index; 3]));
    let nearest = cube
        .chain(greys)
        .min_by_key(|(_, candidate)| distance([r, g, b], *candidate));
    nearest.map_or(colour, |(index, _)| Color::Indexed(index))
}

/// Squared distance, weighted roughly as the eye weighs red, green and blue.
fn distance(left: [u8; 3], right: [u8; 3]) -> u32 {
    let apart = |index: usize| u32::from(left[index].abs_diff(right[index])).pow(2);
    2 * apart(0) + 4 * apart(1) + 3 * apart(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides_the_depth() {
        assert_eq!(Depth::of("1", "truecolor", "xterm-256color"), Depth::Plain);
        assert_eq!(Depth::of("", "truecolor", "xterm"), Depth::True);
        assert_eq!(Depth::of("", "", "xterm-kitty"), Depth::True);
        assert_eq!(Depth::of("", "", "screen-256color"), Depth::Ansi256);
        assert_eq!(Depth::of("", "", "linux"), Depth::Ansi16);
    }

    #[test]
    fn only_six_hexadecimal_digits_are_a_colour() {
        assert_eq!(parse("#0e1a26"), Some(Color::Rgb(0x0e, 0x1a, 0x26)));
        for wrong in ["#fff", "#12345g", "#+12345", "0e1a26", "Red", ""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn exact_colours_of_the_palette_keep_their_index() {
        assert_eq!(to_256(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(to_256(Color::Rgb(18, 18, 18)), Color::Indexed(233));
        assert_eq!(to_256(Color::Rgb(95, 135, 175)), Color::Indexed(67));
        assert_eq!(to_256(Color::Red), Color::Red);
    }
}
