//! Which bytes of terminal output are text. Colours and the like may stand in the middle of a secret and are passed
//! over; what moves the cursor to another line, and the ends of titles and links, part one text from the next.

/// What a byte is to somebody who looks for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Text,
    /// Part of a sequence, or a control that shows nothing.
    Noise,
    /// What comes after does not belong to what came before.
    Border,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Plain {
    #[default]
    Ground,
    Escape,
    Intermediate,
    Csi,
    /// Of a title, a link, the clipboard: text as well, for secrets stand there too.
    Payload,
    PayloadEscape,
}

impl Plain {
    pub fn step(&mut self, byte: u8) -> Class {
        let (next, class) = match (*self, byte) {
            (Plain::Ground, 0x1b) => (Plain::Escape, Class::Noise),
            (Plain::Ground, b'\t' | b'\r' | b'\n' | 0x08) => (Plain::Ground, Class::Text),
            (Plain::Ground, 0..0x20 | 0x7f) => (Plain::Ground, Class::Noise),
            (Plain::Ground, _) => (Plain::Ground, Class::Text),
            (Plain::Payload, 0x07 | 0x18 | 0x1a) => (Plain::Ground, Class::Border),
            (Plain::Payload, 0x1b) => (Plain::PayloadEscape, Class::Border),
            (Plain::Payload, _) => (Plain::Payload, Class::Text),
            (_, 0x18 | 0x1a) => (Plain::Ground, Class::Noise),
            (_, 0x1b) => (Plain::Escape, Class::Noise),
            (Plain::PayloadEscape, b'\\') => (Plain::Ground, Class::Noise),
            (Plain::Escape | Plain::PayloadEscape, b'[') => (Plain::Csi, Class::Noise),
            (Plain::Escape | Plain::PayloadEscape, b']' | b'P' | b'_' | b'^' | b'X') => {
                (Plain::Payload, Class::Border)
            }
            (Plain::Escape | Plain::PayloadEscape | Plain::Intermediate, 0x20..0x30) => {
                (Plain::Intermediate, Class::Noise)
            }
            // Other line, other text: index, next line, reverse index, reset.
            (Plain::Escape, b'D' | b'E' | b'M' | b'c') => (Plain::Ground, Class::Border),
            (Plain::Escape | Plain::PayloadEscape | Plain::Intermediate, _) => (Plain::Ground, Class::Noise),
            (
                Plain::Csi,
                b'A' | b'B' | b'E' | b'F' | b'H' | b'J' | b'L' | b'M' | b'S' | b'T' | b'd' | b'f',
            ) => (Plain::Ground, Class::Border),
            (Plain::Csi, 0x40..0x7f) => (Plain::Ground, Class::Noise),
            (Plain::Csi, _) => (Plain::Csi, Class::Noise),
        };
        *self = next;
        class
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        let mut plain = Plain::default();
        let mut text = String::new();
        for byte in bytes {
            match plain.step(*byte) {
                Class::Text => text.push(char::from(*byte)),
                Class::Border => text.push('|'),
                Class::Noise => {}
            }
        }
        text
    }

    #[test]
    fn colours_do_not_part_a_word_and_lines_do() {
        assert_eq!(text(b"AK\x1b[1;31mIA\x1b[0m\x1b(B1"), "AKIA1");
        assert_eq!(text(b"a\x1b[5;1Hb\x1bDc"), "a|b|c");
        assert_eq!(
            text(b"a\x1b]0;title\x07b\x1b]8;;url\x1b\\c"),
            "a|0;title|b|8;;url|c"
        );
        assert_eq!(text(b"a\x1b[3\x18b\x1b[\x1b[mc"), "abc");
    }
}
