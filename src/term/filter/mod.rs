//! What may reach the user's own terminal when there is no pane around it.
//!
//! A streaming filter that emits only whole sequences of known, harmless kinds, and text. Everything else is
//! dropped: clipboard access, device control, application, privacy and start-of-string commands, answerback,
//! 8-bit controls. It holds at most one unfinished sequence; the output does not depend on how the input
//! was split.

mod csi;
mod osc;

#[cfg(test)]
mod tests;

const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const ESC: u8 = 0x1b;

/// A control sequence longer than this is dropped.
const CSI_LIMIT: usize = 512;
/// A title or link longer than this is dropped.
const OSC_LIMIT: usize = 8 * 1024;
/// The same for text on its way to the clipboard, where that is allowed.
const CLIPBOARD_LIMIT: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    Escape,
    Csi,
    Osc,
    /// Inside of a string that is dropped. Only ESC, CAN or SUB end it; BEL and 8-bit ends do not.
    Dropped,
}

pub struct Filter {
    title_prefix: String,
    allow_clipboard: bool,
    state: State,
    /// The unfinished sequence without its introducer, or the unfinished character.
    held: Vec<u8>,
    too_long: bool,
}

impl Filter {
    /// Titles the remote sets are shown behind `title_prefix`. `allow_clipboard` lets it set the clipboard
    /// (never read it).
    pub fn new(title_prefix: &str, allow_clipboard: bool) -> Filter {
        Filter {
            title_prefix: title_prefix.to_owned(),
            allow_clipboard,
            state: State::Text,
            held: Vec::new(),
            too_long: false,
        }
    }

    /// Append to `out` what may be shown of `bytes`.
    pub fn pass(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while let [first, tail @ ..] = rest {
            if self.state == State::Text && self.held.is_empty() {
                let plain = rest.iter().take_while(|b| matches!(b, b' '..=b'~')).count();
                if plain > 0 {
                    out.extend_from_slice(&rest[..plain]);
                    rest = &rest[plain..];
                    continue;
                }
            }
            self.byte(*first, out);
            rest = tail;
        }
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        match self.state {
            State::Text => self.text(byte, out),
            State::Escape => self.escape(byte, out),
            State::Csi => self.csi(byte, out),
            State::Osc => self.osc(byte, out),
            State::Dropped => match byte {
                CAN | SUB => self.begin(State::Text),
                ESC => self.begin(State::Escape),
                _ => {}
            },
        }
    }

    fn begin(&mut self, state: State) {
        self.state = state;
        self.held.clear();
        self.too_long = false;
    }

    fn text(&mut self, byte: u8, out: &mut Vec<u8>) {
        if !self.held.is_empty() {
            if byte & 0xc0 == 0x80 {
                self.held.push(byte);
            }
            match std::str::from_utf8(&self.held) {
                Ok(text) => {
                    out.extend(text.chars().filter(|c| !c.is_control()).flat_map(utf8));
                    self.held.clear();
                    return;
                }
                Err(e) if e.error_len().is_none() && byte & 0xc0 == 0x80 => return,
                Err(_) => {
                    out.extend(utf8(char::REPLACEMENT_CHARACTER));
                    self.held.clear();
                    if byte & 0xc0 == 0x80 {
                        return;
                    }
                }
            }
        }
        match byte {
            ESC => self.begin(State::Escape),
            b' '..=b'~' => out.push(byte),
            0xc2..=0xf4 => self.held.push(byte),
            0x80..=0xff => out.extend(utf8(char::REPLACEMENT_CHARACTER)),
            _ => control(byte, out),
        }
    }

    fn escape(&mut self, byte: u8, out: &mut Vec<u8>) {
        match (byte, self.held.as_slice()) {
            (CAN | SUB, _) => self.begin(State::Text),
            (ESC, _) => self.begin(State::Escape),
            (0..0x20, _) => control(byte, out),
            (0x20..=0x2f, _) => self.hold(byte, CSI_LIMIT),
            (b'[', []) => self.begin(State::Csi),
            (b']', []) => self.begin(State::Osc),
            (b'P' | b'X' | b'^' | b'_', []) => self.begin(State::Dropped),
            (0x30..=0x7e, before) => {
                if harmless_escape(before, byte) {
                    out.push(ESC);
                    out.extend_from_slice(before);
                    out.push(byte);
                }
                self.begin(State::Text);
            }
            _ => {}
        }
    }

    fn csi(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            CAN | SUB => self.begin(State::Text),
            ESC => self.begin(State::Escape),
            0..0x20 => control(byte, out),
            0x20..=0x3f => self.hold(byte, CSI_LIMIT),
            0x40..=0x7e => {
                if !self.too_long {
                    csi::pass(&self.held, byte, out);
                }
                self.begin(State::Text);
            }
            _ => {}
        }
    }

    fn osc(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            BEL | ESC => {
                if !self.too_long {
                    osc::pass(&self.held, &self.title_prefix, self.allow_clipboard, out);
                }
                self.begin(if byte == ESC { State::Escape } else { State::Text });
            }
            CAN | SUB => self.begin(State::Text),
            0..0x20 => {}
            _ => {
                let clipboard = self.allow_clipboard && self.held.starts_with(b"52;");
                self.hold(byte, if clipboard { CLIPBOARD_LIMIT } else { OSC_LIMIT });
            }
        }
    }

    fn hold(&mut self, byte: u8, limit: usize) {
        if self.held.len() < limit {
            self.held.push(byte);
        } else {
            self.too_long = true;
        }
    }
}

fn utf8(c: char) -> impl Iterator<Item = u8> {
    c.to_string().into_bytes().into_iter()
}

/// Bell, backspace, tab, line ends and shifts. Not ENQ, whose answer the remote would read as typed.
fn control(byte: u8, out: &mut Vec<u8>) {
    if matches!(byte, BEL..=0x0f) {
        out.push(byte);
    }
}

/// Saving and restoring the cursor, index, tab stops, keypad modes, reset, character sets, alignment. Not the
/// switch out of UTF-8 (`ESC %`) nor to 8-bit controls (`ESC SP`).
fn harmless_escape(before: &[u8], last: u8) -> bool {
    match before {
        [] => matches!(
            last,
            b'7' | b'8' | b'=' | b'>' | b'D' | b'E' | b'H' | b'M' | b'Z' | b'c'
        ),
        // The sets that terminals know; another letter is a beginning of something else to a careless parser.
        [b'(' | b')' | b'*' | b'+'] => {
            matches!(last, b'0'..=b'9' | b'A'..=b'H' | b'K' | b'Q' | b'R' | b'Y' | b'Z' | b'<'..=b'>')
        }
        [b'#'] => matches!(last, b'3'..=b'6' | b'8'),
        _ => false,
    }
}
