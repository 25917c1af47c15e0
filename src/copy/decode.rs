//! The stream of a download: a line that says what comes, the content as base64 or hexadecimal digits, and a line with a
//! dot, the sum and, for a tree, the packer's exit code. Content is given on as it comes; whatever else arrives is an error, never a guess.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Lines before ours: what a remote's own start-up may print.
const MOST_NOISE: usize = 64 << 10;
const LONGEST_TAIL: usize = 256;

/// What the remote is about to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub is_tree: bool,
    /// Of the whole file; `None` for a tree, which nobody has measured.
    pub size: Option<u64>,
    pub mode: u32,
    pub offset: u64,
    /// Bytes that this session sends.
    pub length: u64,
    is_hex: bool,
}

impl Head {
    fn parse(line: &str) -> Option<Head> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["qd1", writing, kind, size, mode, offset, length] = words[..] else {
            return None;
        };
        Some(Head {
            is_hex: match writing {
                "b64" => false,
                "hex" => true,
                _ => return None,
            },
            is_tree: match kind {
                "file" => false,
                "tree" => true,
                _ => return None,
            },
            size: if size == "-" {
                None
            } else {
                Some(size.parse().ok()?)
            },
            mode: u32::from_str_radix(mode, 8).ok()? & 0o777,
            offset: offset.parse().ok()?,
            length: length.parse().ok()?,
        })
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the remote sent something else than the copy: {0}")]
pub struct Garbled(&'static str);

#[derive(Debug)]
enum State {
    Head,
    Body,
    Tail,
}

/// Takes the stream apart.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    head: Option<Head>,
    /// What is not yet whole: a line, or digits of a group.
    rest: Vec<u8>,
    noise: usize,
    /// The last line, without its dot.
    tail: Option<String>,
    /// Base64 ends where it is padded.
    padded: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            state: State::Head,
            head: None,
            rest: Vec::new(),
            noise: 0,
            tail: None,
            padded: false,
        }
    }
}

impl Decoder {
    /// Takes bytes in, appends content to `out`.
    pub fn feed(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Garbled> {
        while !bytes.is_empty() {
            bytes = match &self.state {
                State::Head => self.feed_head(bytes)?,
                State::Body => self.feed_body(bytes, out)?,
                State::Tail => self.feed_tail(bytes)?,
            };
        }
        Ok(())
    }

    /// What is coming, once that was said.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The sum of the whole, as hexadecimal digits, once everything has come; `-` for a range.
    pub fn sum(&self) -> Option<&str> {
        let tail = self.tail.as_deref()?;
        Some(tail.split(' ').next().unwrap_or_default())
    }

    /// Whether the remote's packer left something out.
    pub fn is_partial(&self) -> bool {
        let code = self.tail.as_deref().and_then(|tail| tail.split(' ').nth(1));
        code.is_some_and(|code| code != "0")
    }

    fn feed_head<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Garbled> {
        let Some(end) = memchr::memchr(b'\n', bytes) else {
            self.rest.extend(bytes);
            self.noise += bytes.len();
            return self.within_noise().map(|()| &bytes[..0]);
        };
        self.rest.extend(&bytes[..end]);
        self.noise += end;
        self.within_noise()?;
        let line = String::from_utf8_lossy(&self.rest).into_owned();
        self.rest.clear();
        if line.starts_with("qd1 ") {
            let head = Head::parse(&line).ok_or(Garbled("its first line cannot be read"))?;
            self.head = Some(head);
            self.state = State::Body;
        }
        Ok(&bytes[end + 1..])
    }

    fn within_noise(&self) -> Result<(), Garbled> {
        if self.noise > MOST_NOISE {
            return Err(Garbled("too much before its first line"));
        }
        Ok(())
    }

    fn feed_body<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], Garbled> {
        let (body, tail) = match memchr::memchr(b'.', bytes) {
            Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
            None => (bytes, None),
        };
        for line in body.split(|byte| matches!(byte, b'\n' | b'\r' | b' ')) {
            self.rest.extend(line);
        }
        let is_hex = self.head.as_ref().is_some_and(|head| head.is_hex);
        self.pass(is_hex, out)?;
        let Some(tail) = tail else {
            return Ok(&bytes[..0]);
        };
        if !self.rest.is_empty() {
            return Err(Garbled("its content ends in the middle of a group"));
        }
        self.state = State::Tail;
        Ok(tail)
    }

    /// Whole groups become bytes.
    fn pass(&mut self, is_hex: bool, out: &mut Vec<u8>) -> Result<(), Garbled> {
        let group = if is_hex { 2 } else { 4 };
        let whole = self.rest.len() - self.rest.len() % group;
        if whole == 0 {
            return Ok(());
        }
        if self.padded {
            return Err(Garbled("content after its end"));
        }
        let digits = &self.rest[..whole];
        let done = if is_hex {
            let bytes = hex::decode(digits).map_err(|_| Garbled("digits that are none"))?;
            out.extend(bytes);
            false
        } else {
            STANDARD
                .decode_vec(digits, out)
                .map_err(|_| Garbled("base64 that is none"))?;
            digits.ends_with(b"=")
        };
        self.padded = done;
        self.rest.drain(..whole);
        Ok(())
    }

    fn feed_tail<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Garbled> {
        if self.tail.is_some() {
            return Ok(&bytes[..0]);
        }
        let end = memchr::memchr(b'\n', bytes);
        self.rest.extend(&bytes[..end.unwrap_or(bytes.len())]);
        if self.rest.len() > LONGEST_TAIL {
            return Err(Garbled("its last line is too long"));
        }
        if end.is_some() {
            self.tail = Some(String::from_utf8_lossy(&self.rest).trim_end().to_owned());
        }
        Ok(end.map_or(&bytes[..0], |end| &bytes[end + 1..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fed(stream: &[u8], cuts: &[usize]) -> Result<(Decoder, Vec<u8>), Garbled> {
        let (mut decoder, mut out, mut from) = (Decoder::default(), Vec::new(), 0);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
        cuts.sort_unstable();
        for cut in cuts.into_iter().chain([stream.len()]) {
            decoder.feed(&stream[from..cut], &mut out)?;
            from = cut;
        }
        Ok((decoder, out))
    }

    fn stream(content: &[u8], hex_digits: bool, width: usize) -> Vec<u8> {
        let (writing, text) = if hex_digits {
            ("hex", hex::encode(content))
        } else {
            ("b64", STANDARD.encode(content))
        };
        let mut whole = format!(
            "motd\nqd1 {writing} file {} 640 0 {}\n",
            content.len(),
            content.len()
        );
        for line in text.as_bytes().chunks(width) {
            whole.push_str(std::str::from_utf8(line).unwrap());
            whole.push('\n');
        }
        whole.push_str("\n.abc123\n");
        whole.into_bytes()
    }

    proptest! {
        #[test]
        fn content_comes_out_whatever_the_pieces(
            content in prop::collection::vec(any::<u8>(), 0..600),
            hex_digits in any::<bool>(),
            width in 1usize..80,
            cuts in prop::collection::vec(any::<usize>(), 0..12),
        ) {
            let (decoder, out) = fed(&stream(&content, hex_digits, width), &cuts).unwrap();
            prop_assert_eq!(out, content);
            prop_assert_eq!(decoder.sum(), Some("abc123"));
        }

        #[test]
        fn hostile_bytes_are_refused_or_wait_but_never_break(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            cuts in prop::collection::vec(any::<usize>(), 0..6),
        ) {
            let _ = fed(&bytes, &cuts);
            let _ = fed(&[b"qd1 b64 file 9 644 0 9\n", &bytes[..]].concat(), &cuts);
        }
    }

    #[test]
    fn the_first_line_says_what_comes() {
        let mut decoder = Decoder::default();
        decoder
            .feed(b"qd1 b64 file 10 4755 3 7\n", &mut Vec::new())
            .unwrap();
        let head = decoder.head().unwrap();
        assert_eq!(
            (head.size, head.mode, head.offset, head.length),
            (Some(10), 0o755, 3, 7)
        );
    }

    #[test]
    fn a_packer_that_left_something_out_says_so_behind_the_sum() {
        for (tail, sum, partial) in [
            ("abc", "abc", false),
            ("abc 0", "abc", false),
            ("abc 2", "abc", true),
            (" 2", "", true),
        ] {
            let (decoder, _) =
                fed(format!("qd1 b64 tree - 755 0 0\nYQ==\n.{tail}\n").as_bytes(), &[]).unwrap();
            assert_eq!(
                (decoder.sum(), decoder.is_partial()),
                (Some(sum), partial),
                "{tail:?}"
            );
        }
    }

    #[test]
    fn a_cut_group_and_a_broken_line_are_errors() {
        let first = "qd1 b64 file 3 644 0 3\n";
        assert!(fed(format!("{first}YW\n.x\n").as_bytes(), &[]).is_err());
        assert!(fed(format!("{first}YQ==YQ==\n.x\n").as_bytes(), &[]).is_err());
        assert!(fed(b"qd1 rot13 file 3 644 0 3\n", &[]).is_err());
    }
}
