//! Text measured as a terminal shows it: by cells, a grapheme at a time.
//! Nothing here splits a wide character, and control characters come out as pictures, never raw.

use std::borrow::Cow;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

/// Cells that `text` takes on the screen, control characters counted as the picture that replaces them.
pub fn width(text: &str) -> usize {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return text.len();
    }
    text.graphemes(true).map(cells).sum()
}

/// Cells of one grapheme.
pub(super) fn cells(grapheme: &str) -> usize {
    let mut chars = grapheme.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if is_quoted(c) => 1,
        _ if grapheme.chars().any(is_quoted) => grapheme.chars().map(|c| cells_of_char(c).max(1)).sum(),
        _ => usize::from(grapheme.cell_width()),
    }
}

fn cells_of_char(c: char) -> usize {
    if is_quoted(c) {
        return 1;
    }
    unicode_width::UnicodeWidthChar::width(c).unwrap_or(1)
}

/// The text with every control character, and every mark that reorders text, shown as a picture one cell wide.
pub fn quote(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_quoted) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(picture).collect())
}

fn is_quoted(c: char) -> bool {
    c.is_control() || is_reordering(c)
}

/// Bidirectional overrides and isolates can make a line read as another one.
fn is_reordering(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn picture(c: char) -> char {
    match c {
        '\t' => ' ',
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        c if is_quoted(c) => '\u{fffd}',
        c => c,
    }
}

/// The longest beginning that fits into `room` cells, and the cells it takes.
pub fn head(text: &str, room: usize) -> (&str, usize) {
    let mut taken = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        let wide = cells(grapheme);
        if taken + wide > room {
            return (&text[..at], taken);
        }
        taken += wide;
    }
    (text, taken)
}

/// The longest end that fits into `room` cells.
pub fn tail(text: &str, room: usize) -> &str {
    let mut taken = 0;
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        taken += cells(grapheme);
        if taken > room {
            return &text[at + grapheme.len()..];
        }
    }
    text
}

/// The text in at most `room` cells; what does not fit gives way to `…`.
pub fn truncate(text: &str, room: usize) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    match room {
        0 => Cow::Borrowed(""),
        _ => Cow::Owned(format!("{}…", head(text, room - 1).0)),
    }
}

/// The text in at most `room` cells with its middle given way to `…`: both ends of an identifier tell it apart.
pub fn truncate_middle(text: &str, room: usize) -> Cow<'_, str> {
    if width(text) <= room || room < 3 {
        return truncate(text, room);
    }
    let back = (room - 1) / 2;
    let front = room - 1 - back;
    Cow::Owned(format!("{}…{}", head(text, front).0, tail(text, back)))
}

/// The text in exactly `room` cells: truncated, or filled with blanks at the end.
pub fn fit(text: &str, room: usize) -> String {
    let mut fitted = truncate(text, room).into_owned();
    let blanks = room.saturating_sub(width(&fitted));
    fitted.extend(std::iter::repeat_n(' ', blanks));
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn korean_and_emoji_take_two_cells() {
        assert_eq!(width("결제-서버"), 9);
        assert_eq!(width("🦀"), 2);
        assert_eq!(width("e\u{301}"), 1);
    }

    #[test]
    fn a_wide_character_is_never_split() {
        assert_eq!(truncate("결제서버", 4), "결…");
        assert_eq!(truncate("결제서버", 5), "결제…");
        assert_eq!(head("결제", 3), ("결", 2));
        assert_eq!(tail("결제", 3), "제");
    }

    #[test]
    fn control_characters_are_quoted() {
        assert_eq!(quote("a\x1b[31m\u{202e}\r\n"), "a␛[31m\u{fffd}␍␊");
        assert_eq!(width("\r\n"), 2);
    }

    #[test]
    fn both_ends_of_an_identifier_stay() {
        assert_eq!(truncate_middle("i-0123456789abcdef0", 9), "i-01…def0");
    }

    proptest! {
        #[test]
        fn a_fitted_text_takes_exactly_its_room(text in "\\PC{0,20}", room in 0usize..30) {
            prop_assert_eq!(width(&fit(&text, room)), room);
        }

        #[test]
        fn quoting_keeps_the_width_and_leaves_no_control(text in any::<String>()) {
            let quoted = quote(&text);
            prop_assert!(!quoted.chars().any(char::is_control));
        }
    }
}
