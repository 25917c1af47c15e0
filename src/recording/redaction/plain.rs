//! Which bytes of terminal output are text. Colours and the like may stand in the middle of a secret and are passed
//! over, and so is a cursor that comes back to where the text ended; what moves it to another line parts one text from
//! the next. Titles and links are a text of their own beside it.

/// What a byte is to somebody who looks for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Text,
    /// A carriage return: whether it parts anything depends on where text goes on.
    Return,
    /// Text that does not go on where the text before the last carriage return ended.
    Elsewhere,
    /// Text of a title, a link, the clipboard: secrets stand there too.
    Side,
    /// Such a text is over.
    SideBorder,
    /// Part of a sequence, or a control that shows nothing.
    Noise,
    /// What comes after does not belong to what came before.
    Border,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plain {
    state: State,
    /// The first two numbers of a sequence, and which of them is being read.
    numbers: [u32; 2],
    nth: usize,
    /// Where the cursor is in its line, as far as that can be told without a screen, and where the last text ended.
    column: u32,
    end: u32,
    is_returned: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    Escape,
    Intermediate,
    Csi,
    Payload,
    PayloadEscape,
}

impl Plain {
    pub fn step(&mut self, byte: u8) -> Class {
        let (next, class) = match (self.state, byte) {
            (State::Ground, 0x1b) => (State::Escape, Class::Noise),
            (State::Ground, b'\r') => (State::Ground, self.go_back()),
            (State::Ground, b'\t' | b'\n' | 0x08) => (State::Ground, self.control(byte)),
            (State::Ground, 0..0x20 | 0x7f) => (State::Ground, Class::Noise),
            (State::Ground, _) => (State::Ground, self.letter(byte)),
            (State::Payload, 0x07 | 0x18 | 0x1a) => (State::Ground, Class::SideBorder),
            (State::Payload, 0x1b) => (State::PayloadEscape, Class::SideBorder),
            (State::Payload, _) => (State::Payload, Class::Side),
            (_, 0x18 | 0x1a) => (State::Ground, Class::Noise),
            (_, 0x1b) => (State::Escape, Class::Noise),
            (State::PayloadEscape, b'\\') => (State::Ground, Class::Noise),
            (State::Escape | State::PayloadEscape, b'[') => {
                (self.numbers, self.nth) = ([0; 2], 0);
                (State::Csi, Class::Noise)
            }
            (State::Escape | State::PayloadEscape, b']' | b'P' | b'_' | b'^' | b'X') => {
                (State::Payload, Class::Noise)
            }
            (State::Escape | State::PayloadEscape | State::Intermediate, 0x20..0x30) => {
                (State::Intermediate, Class::Noise)
            }
            // Other line, other text: index, next line, reverse index, reset.
            (State::Escape, b'D' | b'M') => (State::Ground, self.jump(self.column)),
            (State::Escape, b'E' | b'c') => (State::Ground, self.jump(0)),
            (State::Escape | State::PayloadEscape | State::Intermediate, _) => (State::Ground, Class::Noise),
            (State::Csi, 0x40..0x7f) => (State::Ground, self.sequence(byte)),
            (State::Csi, _) => {
                self.number(byte);
                (State::Csi, Class::Noise)
            }
        };
        self.state = next;
        class
    }

    fn go_back(&mut self) -> Class {
        self.column = 0;
        self.is_returned = true;
        Class::Return
    }

    fn letter(&mut self, byte: u8) -> Class {
        let class = match self.is_returned && self.column != self.end {
            true => Class::Elsewhere,
            false => Class::Text,
        };
        self.is_returned = false;
        self.column += match byte {
            // The rest of a character, and the beginning of one that mostly takes two columns.
            0x80..0xc0 => 0,
            0xe3..0xee | 0xf0 => 2,
            _ => 1,
        };
        self.end = self.column;
        class
    }

    fn control(&mut self, byte: u8) -> Class {
        match byte {
            b'\t' => self.column = (self.column / 8 + 1) * 8,
            0x08 => self.column = self.column.saturating_sub(1),
            _ => {}
        }
        self.end = self.column;
        match std::mem::take(&mut self.is_returned) {
            true => Class::Elsewhere,
            false => Class::Text,
        }
    }

    fn number(&mut self, byte: u8) {
        match byte {
            b'0'..=b'9' if self.nth < 2 => {
                let number = &mut self.numbers[self.nth];
                *number = (*number * 10 + u32::from(byte - b'0')).min(u32::from(u16::MAX));
            }
            b';' => self.nth += 1,
            _ => {}
        }
    }

    fn sequence(&mut self, last: u8) -> Class {
        let [first, second] = self.numbers.map(|number| number.max(1));
        match last {
            b'H' | b'f' => return self.jump(second - 1),
            b'E' | b'F' => return self.jump(0),
            b'A' | b'B' | b'J' | b'L' | b'M' | b'S' | b'T' | b'd' => return self.jump(self.column),
            b'C' | b'a' => self.column += first,
            b'D' => self.column = self.column.saturating_sub(first),
            b'G' | b'`' => self.column = first - 1,
            _ => {}
        }
        Class::Noise
    }

    fn jump(&mut self, column: u32) -> Class {
        (self.column, self.end, self.is_returned) = (column, column, false);
        Class::Border
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text, and the other one behind a bar.
    fn text(bytes: &[u8]) -> String {
        let mut plain = Plain::default();
        let (mut text, mut side) = (String::new(), String::new());
        for byte in bytes {
            match plain.step(*byte) {
                Class::Text => text.push(char::from(*byte)),
                Class::Elsewhere => text.extend(['\r', char::from(*byte)]),
                Class::Border => text.push('|'),
                Class::Side => side.push(char::from(*byte)),
                Class::SideBorder => side.push('|'),
                Class::Noise | Class::Return => {}
            }
        }
        text + &side
    }

    #[test]
    fn colours_do_not_part_a_word_and_lines_do() {
        assert_eq!(text(b"AK\x1b[1;31mIA\x1b[0m\x1b(B1"), "AKIA1");
        assert_eq!(text(b"a\x1b[5;1Hb\x1bDc"), "a|b|c");
        assert_eq!(text(b"a\x1b[3\x18b\x1b[\x1b[mc"), "abc");
    }

    #[test]
    fn titles_and_links_stand_beside_the_text() {
        assert_eq!(
            text(b"a\x1b]0;title\x07b\x1b]8;;url\x1b\\c"),
            "abc0;title|8;;url|"
        );
    }

    #[test]
    fn a_cursor_that_comes_back_to_the_end_of_the_text_was_never_away() {
        assert_eq!(text(b"x: AKIA\r\x1b[7CIOSF"), "x: AKIAIOSF");
        assert_eq!(text(b"\x1b[9;4HAKIA\r\x1b[mIOSF"), "|AKIA\rIOSF");
        assert_eq!(text(b"\x1b[9;4HAKIA\r\x1b[8GIOSF"), "|AKIAIOSF");
        assert_eq!(text(b"10%\r20%\r\nnext"), "10%\r20%\r\nnext");
    }
}
