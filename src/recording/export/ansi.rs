//! A screen as the bytes that paint it: what an export of a later stretch begins with.

use crate::term::{Colour, Look, Run, Underline};
use std::fmt::Write;

/// Clears without scrolling, paints every row and puts the cursor where it was.
pub(super) fn paint(rows: &[Vec<Run>], cursor: Option<(u16, u16)>) -> String {
    let mut out = String::from("\x1b[m\x1b[H\x1b[J");
    for (row, runs) in rows.iter().enumerate() {
        for run in runs {
            let _ = write!(out, "\x1b[{};{}H", row + 1, run.col + 1);
            out.push_str(&sgr(&run.look));
            out.push_str(&run.text);
        }
    }
    out.push_str("\x1b[m");
    match cursor {
        Some((col, row)) => {
            let _ = write!(out, "\x1b[{};{}H\x1b[?25h", row + 1, col + 1);
        }
        None => out.push_str("\x1b[?25l"),
    }
    out
}

fn sgr(look: &Look) -> String {
    let mut codes = String::from("\x1b[0");
    for (is_on, code) in [
        (look.bold, ";1"),
        (look.faint, ";2"),
        (look.italic, ";3"),
        (look.reversed, ";7"),
        (look.struck, ";9"),
    ] {
        codes.push_str(if is_on { code } else { "" });
    }
    codes.push_str(match look.underline {
        Underline::None => "",
        Underline::Single => ";4",
        Underline::Double => ";4:2",
        Underline::Curl => ";4:3",
        Underline::Dotted => ";4:4",
        Underline::Dashed => ";4:5",
    });
    for (colour, named, bright, other) in [
        (look.fg, 30, 90, "38"),
        (look.bg, 40, 100, "48"),
        (look.underline_colour, 0, 0, "58"),
    ] {
        let _ = match colour {
            Colour::Default => Ok(()),
            Colour::Named(n) if named == 0 => write!(codes, ";58;5;{n}"),
            Colour::Named(n @ 0..8) => write!(codes, ";{}", named + u32::from(n)),
            Colour::Named(n) => write!(codes, ";{}", bright + u32::from(n) - 8),
            Colour::Rgb(r, g, b) => write!(codes, ";{other};2;{r};{g};{b}"),
        };
    }
    codes.push('m');
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::{Screen, Size};

    #[test]
    fn a_painted_screen_looks_like_the_one_it_was_taken_from() {
        let size = Size { cols: 40, rows: 5 };
        let mut screen = Screen::new(size, 0);
        screen.feed(
            "\x1b[1;4:3;38;5;200mab日本\x1b[0m e\u{301} \x1b[7;91mx\x1b[0m\r\n\x1b[44m  b\x1b[3;9H"
                .as_bytes(),
        );
        let mut again = Screen::new(size, 0);
        let rows: Vec<_> = (0..5).map(|row| screen.row_runs(row)).collect();
        again.feed(paint(&rows, screen.cursor()).as_bytes());
        for row in 0..5 {
            assert_eq!(again.row_runs(row), screen.row_runs(row));
        }
        assert_eq!(again.cursor(), screen.cursor());
    }
}
