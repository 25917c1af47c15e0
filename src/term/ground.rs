//! Follows the byte stream to know when the parser is between sequences, which the parser itself does not
//! tell. The states and transitions are those of the `vte` crate (Paul Williams' machine, 7-bit controls,
//! UTF-8 text), reduced to what decides where a sequence ends.

use memchr::memchr;

const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const ESC: u8 = 0x1b;

/// A string longer than this loses its tail: `vte` keeps operating system commands whole in memory.
pub(super) const STRING_LIMIT: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ground,
    Escape,
    EscapeIntermediate,
    Csi,
    DcsEntry,
    DcsParam,
    DcsIntermediate,
    DcsIgnore,
    DcsPassthrough,
    /// Length so far.
    Osc(usize),
    /// SOS, PM and APC.
    OtherString,
}

/// Position of the stream in the grammar of control sequences.
#[derive(Debug)]
pub(super) struct Ground {
    state: State,
    /// The last bytes of text, to recognise a character that is not yet whole.
    tail: [u8; 3],
    tail_len: usize,
}

/// How a run of bytes is to be taken: `pass` bytes go to the parser, the `skip` after them are the excess of
/// an overlong string.
pub(super) struct Taken {
    pub pass: usize,
    pub skip: usize,
}

impl Ground {
    pub fn new() -> Ground {
        Ground {
            state: State::Ground,
            tail: [0; 3],
            tail_len: 0,
        }
    }

    /// Between sequences and between characters.
    pub fn is_ground(&self) -> bool {
        self.state == State::Ground && self.partial() == 0
    }

    /// Trailing bytes of text that begin a character and do not finish it.
    pub fn partial(&self) -> usize {
        if self.state == State::Ground {
            partial_char(&self.tail[..self.tail_len])
        } else {
            0
        }
    }

    /// Follow `bytes`. Stops early only where an overlong string must be cut, so that the cut does not depend
    /// on how the stream was split.
    pub fn advance(&mut self, bytes: &[u8]) -> Taken {
        let mut at = 0;
        while at < bytes.len() {
            match self.state {
                State::Ground => at += self.text(&bytes[at..]),
                State::Osc(len) if len >= STRING_LIMIT => {
                    let skip = bytes[at..]
                        .iter()
                        .take_while(|b| !matches!(**b, 7 | CAN | SUB | ESC))
                        .count();
                    if skip > 0 {
                        return Taken { pass: at, skip };
                    }
                    self.control(bytes[at]);
                    at += 1;
                }
                _ => {
                    self.control(bytes[at]);
                    at += 1;
                }
            }
        }
        Taken { pass: at, skip: 0 }
    }

    fn text(&mut self, bytes: &[u8]) -> usize {
        match memchr(ESC, bytes) {
            Some(end) => {
                self.state = State::Escape;
                self.tail_len = 0;
                end + 1
            }
            None => {
                self.remember(bytes);
                bytes.len()
            }
        }
    }

    fn remember(&mut self, text: &[u8]) {
        let keep = 3usize.saturating_sub(text.len()).min(self.tail_len);
        self.tail.copy_within(self.tail_len - keep..self.tail_len, 0);
        let new = &text[text.len().saturating_sub(3)..];
        self.tail[keep..keep + new.len()].copy_from_slice(new);
        self.tail_len = keep + new.len();
    }

    fn control(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            (_, CAN | SUB) => State::Ground,
            (_, ESC) => State::Escape,
            (State::Escape, _) => after_escape(byte),
            (State::EscapeIntermediate, 0x30..=0x7e) => State::Ground,
            (State::Csi, 0x40..=0x7e) => State::Ground,
            (State::DcsEntry | State::DcsParam | State::DcsIntermediate, 0x40..=0x7e) => {
                State::DcsPassthrough
            }
            (State::DcsEntry | State::DcsParam, 0x20..=0x2f) => State::DcsIntermediate,
            (State::DcsEntry, 0x30..=0x3f) => State::DcsParam,
            (State::DcsParam, 0x3c..=0x3f) | (State::DcsIntermediate, 0x30..=0x3f) => State::DcsIgnore,
            (State::DcsPassthrough, 0x9c) => State::Ground,
            (State::Osc(_), 0x07) => State::Ground,
            (State::Osc(len), _) => State::Osc(len + 1),
            (state, _) => state,
        };
    }
}

fn after_escape(byte: u8) -> State {
    match byte {
        0x20..=0x2f => State::EscapeIntermediate,
        b'P' => State::DcsEntry,
        b'X' | b'^' | b'_' => State::OtherString,
        b'[' => State::Csi,
        b']' => State::Osc(0),
        0x30..=0x7e => State::Ground,
        _ => State::Escape,
    }
}

/// Length of an unfinished UTF-8 character at the end of text. Lead bytes are never continuation bytes, so
/// the last lead byte decides.
fn partial_char(tail: &[u8]) -> usize {
    let Some(lead) = tail.iter().rposition(|b| *b >= 0xc0) else {
        return 0;
    };
    match std::str::from_utf8(&tail[lead..]) {
        Err(e) if e.error_len().is_none() => tail.len() - lead,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alacritty_terminal::vte::{Params, Parser, Perform};
    use proptest::prelude::*;

    #[derive(Default)]
    struct Probe(Vec<char>);

    impl Perform for Probe {
        fn print(&mut self, c: char) {
            self.0.push(c);
        }
        fn execute(&mut self, _: u8) {
            self.0.push('!');
        }
        fn hook(&mut self, _: &Params, _: &[u8], _: bool, _: char) {
            self.0.push('!');
        }
        fn csi_dispatch(&mut self, _: &Params, _: &[u8], _: bool, _: char) {
            self.0.push('!');
        }
        fn esc_dispatch(&mut self, _: &[u8], _: bool, _: u8) {
            self.0.push('!');
        }
    }

    fn parser_is_ground(bytes: &[u8]) -> bool {
        let mut parser = Parser::new();
        parser.advance(&mut Probe::default(), bytes);
        let mut probe = Probe::default();
        parser.advance(&mut probe, b"a");
        probe.0 == ['a']
    }

    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            3 => any::<u8>(),
            3 => prop::sample::select(b"\x1b\x1b[]P^_X;?!0123\x07\x18\x1a\x9c\\mhq@~".to_vec()),
            1 => prop::sample::select("é€😀".as_bytes().to_vec()),
        ];
        prop::collection::vec(byte, 0..24)
    }

    proptest! {
        #[test]
        fn ground_is_where_the_parser_prints_the_next_letter(bytes in stream(), cut in 0usize..24) {
            let mut ground = Ground::new();
            let cut = cut.min(bytes.len());
            ground.advance(&bytes[..cut]);
            ground.advance(&bytes[cut..]);
            prop_assert_eq!(ground.is_ground(), parser_is_ground(&bytes), "{:?}", bytes);
        }
    }

    #[test]
    fn an_overlong_string_is_cut_at_the_same_byte_however_it_is_split() {
        let mut stream = b"\x1b]0;".to_vec();
        stream.resize(STRING_LIMIT + 5_000, b'x');
        stream.extend(b"\x07after");
        for step in [stream.len(), 4_096, 1_000_003] {
            let mut ground = Ground::new();
            let mut passed = 0;
            for mut chunk in stream.chunks(step) {
                while !chunk.is_empty() {
                    let taken = ground.advance(chunk);
                    passed += taken.pass;
                    chunk = &chunk[taken.pass + taken.skip..];
                }
            }
            assert_eq!(passed, 2 + STRING_LIMIT + 6, "step {step}");
            assert!(ground.is_ground());
        }
    }
}
