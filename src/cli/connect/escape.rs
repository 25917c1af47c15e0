//! `~.` and its like, as `ssh` has them: looked for at the beginning of a line, never sent unless doubled.

use bytes::Bytes;

/// What the keys amount to.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    Bytes(Bytes),
    End,
    Help,
}

pub struct Escape {
    /// Whether standard input is a person's terminal; a pipe has no escapes.
    watches: bool,
    at_line_start: bool,
    tilde: bool,
}

impl Escape {
    pub fn new(watches: bool) -> Self {
        Self {
            watches,
            at_line_start: true,
            tilde: false,
        }
    }

    pub fn pass(&mut self, bytes: &[u8]) -> Vec<Typed> {
        if !self.watches {
            return vec![Typed::Bytes(Bytes::copy_from_slice(bytes))];
        }
        let mut pieces = Vec::new();
        let mut plain = Vec::new();
        for &byte in bytes {
            if std::mem::take(&mut self.tilde) {
                match byte {
                    b'.' => {
                        flush(&mut plain, &mut pieces);
                        pieces.push(Typed::End);
                        return pieces;
                    }
                    b'?' => {
                        flush(&mut plain, &mut pieces);
                        pieces.push(Typed::Help);
                        self.at_line_start = true;
                        continue;
                    }
                    b'~' => {}
                    _ => plain.push(b'~'),
                }
            } else if byte == b'~' && self.at_line_start {
                self.tilde = true;
                continue;
            }
            plain.push(byte);
            self.at_line_start = matches!(byte, b'\r' | b'\n');
        }
        flush(&mut plain, &mut pieces);
        pieces
    }
}

fn flush(plain: &mut Vec<u8>, pieces: &mut Vec<Typed>) {
    if !plain.is_empty() {
        pieces.push(Typed::Bytes(std::mem::take(plain).into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(chunks: &[&[u8]]) -> Vec<Typed> {
        let mut escape = Escape::new(true);
        chunks.iter().flat_map(|chunk| escape.pass(chunk)).collect()
    }

    fn bytes(text: &'static str) -> Typed {
        Typed::Bytes(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn tilde_dot_ends_at_the_beginning_of_a_line_only() {
        assert_eq!(typed(&[b"~."]), [Typed::End]);
        assert_eq!(typed(&[b"ls\r~."]), [bytes("ls\r"), Typed::End]);
        assert_eq!(typed(&[b"a~."]), [bytes("a~.")]);
    }

    #[test]
    fn keys_may_come_one_by_one() {
        assert_eq!(typed(&[b"\r", b"~", b"."]), [bytes("\r"), Typed::End]);
        assert_eq!(typed(&[b"~", b"x"]), [bytes("~x")]);
    }

    #[test]
    fn a_doubled_tilde_is_one() {
        assert_eq!(typed(&[b"~~."]), [bytes("~.")]);
    }

    #[test]
    fn a_pipe_has_no_escapes() {
        assert_eq!(Escape::new(false).pass(b"~."), [bytes("~.")]);
    }
}
