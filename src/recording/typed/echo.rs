//! Output as an echo is looked for in it: its text, without the sequences that colour it or move about, and its line ends.

const ESC: u8 = 0x1b;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Text(u8),
    /// A carriage return: alone, a line is drawn again.
    Return,
    /// A line feed.
    Break,
}

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Ground,
    Escape,
    Control,
    Text,
    TextEscape,
}

#[derive(Default)]
pub(super) struct Echo {
    state: State,
    /// A blank that follows wipes out a character.
    after_back: bool,
}

impl Echo {
    pub fn next(&mut self, byte: u8) -> Option<Shown> {
        use State::*;
        let (state, shown) = match (self.state, byte) {
            (_, 0x18 | 0x1a) => (Ground, None),
            (Text, 7) => (Ground, None),
            (Text, ESC) => (TextEscape, None),
            (Text, _) => (Text, None),
            (TextEscape, b'\\') => (Ground, None),
            (_, ESC) => (Escape, None),
            (TextEscape | Escape, b'[') => (Control, None),
            (TextEscape | Escape, b']' | b'P' | b'X' | b'^' | b'_') => (Text, None),
            (TextEscape | Escape, 0x20..=0x2f) => (Escape, None),
            (TextEscape | Escape, 0x30..=0x7e) => (Ground, None),
            (Control, 0x40..=0x7e) => (Ground, None),
            (Control, 0x20..=0x3f) => (Control, None),
            (state, b'\r') => (state, Some(Shown::Return)),
            (state, b'\n') => (state, Some(Shown::Break)),
            (Ground, b' ') if self.after_back => (Ground, None),
            (Ground, 0x20..=0x7e | 0x80..) => (Ground, Some(Shown::Text(byte))),
            (state, _) => (state, None),
        };
        self.state = state;
        self.after_back = byte == 8;
        shown
    }
}
