//! What a shell with integration says between its output: where prompts, typed lines and outputs begin (OSC 133 of
//! FinalTerm, 633 of VS Code), and its directory (OSC 7, 633 and 1337).

/// A longer sequence is no mark.
const LONGEST: usize = 4_096;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// A prompt begins.
    Prompt,
    /// The prompt has ended: what follows is typed.
    Input,
    /// The command line as the shell tells it.
    Line(String),
    /// The command runs, with its line where the shell tells it: what follows is its output.
    Output(Option<String>),
    Done(Option<i32>),
    Directory(String),
}

#[derive(Default)]
enum State {
    #[default]
    Ground,
    Escape,
    /// Inside an operating-system command; what of it has come, and whether the last byte was an escape.
    Command(Vec<u8>, bool),
}

/// Finds marks in the stream, however it is cut.
#[derive(Default)]
pub(super) struct Scanner {
    state: State,
    has_marks: bool,
}

impl Scanner {
    /// Whether the shell marks its prompts: then nothing needs to be inferred.
    pub fn has_marks(&self) -> bool {
        self.has_marks
    }

    /// Bytes up to the end of the next mark, and the mark; all of them if there is none.
    pub fn advance(&mut self, bytes: &[u8]) -> (usize, Option<Mark>) {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match &mut self.state {
                State::Ground => match memchr::memchr(0x1b, &bytes[at..]) {
                    Some(found) => {
                        at += found;
                        self.state = State::Escape;
                    }
                    None => return (bytes.len(), None),
                },
                State::Escape if *byte == b']' => self.state = State::Command(Vec::new(), false),
                State::Escape if *byte == 0x1b => {}
                State::Escape => self.state = State::Ground,
                State::Command(text, escaped) => {
                    let ends = *byte == 0x07 || (*escaped && *byte == b'\\');
                    if ends {
                        let mark = parse(text);
                        self.state = State::Ground;
                        if let Some(mark) = mark {
                            self.has_marks |= !matches!(mark, Mark::Directory(_));
                            return (at + 1, Some(mark));
                        }
                    } else if *escaped || text.len() >= LONGEST || matches!(*byte, 0x18 | 0x1a) {
                        self.state = State::Ground;
                    } else if *byte == 0x1b {
                        *escaped = true;
                    } else {
                        text.push(*byte);
                    }
                }
            }
            at += 1;
        }
        (bytes.len(), None)
    }
}

fn parse(command: &[u8]) -> Option<Mark> {
    let text = std::str::from_utf8(command).ok()?;
    let (number, rest) = text.split_once(';')?;
    match number {
        "133" | "633" => shell(rest),
        "7" => {
            let path = rest.strip_prefix("file://")?;
            let path = &path[path.find('/')?..];
            Some(Mark::Directory(unescape(path, '%')))
        }
        "1337" => Some(Mark::Directory(rest.strip_prefix("CurrentDir=")?.into())),
        _ => None,
    }
}

fn shell(text: &str) -> Option<Mark> {
    let (letter, rest) = text.split_once(';').unwrap_or((text, ""));
    Some(match letter {
        "A" => Mark::Prompt,
        "B" => Mark::Input,
        "C" => {
            let line = rest.split(';').find_map(|part| part.strip_prefix("cmdline_url="));
            Mark::Output(line.map(|line| unescape(line, '%')))
        }
        "D" => Mark::Done(rest.split(';').next().and_then(|code| code.parse().ok())),
        "E" => Mark::Line(unescape(rest.split(';').next().unwrap_or_default(), '\\')),
        "P" => Mark::Directory(unescape(rest.strip_prefix("Cwd=")?, '\\')),
        _ => return None,
    })
}

/// `%41`, or `\x41` and `\\`: the two ways in which text is told in marks.
fn unescape(text: &str, sign: char) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(sign) {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let after = &rest[at + 1..];
        let digits = if sign == '\\' {
            after.strip_prefix('x')
        } else {
            Some(after)
        };
        let byte = digits.and_then(|digits| u8::from_str_radix(digits.get(..2)?, 16).ok());
        rest = match (byte, digits) {
            (Some(byte), Some(digits)) => {
                bytes.push(byte);
                &digits[2..]
            }
            _ => {
                bytes.push(sign as u8);
                after.strip_prefix(sign).unwrap_or(after)
            }
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: &[u8] = b"x\x1b]133;A\x07$ \x1b]133;B\x1b\\ls\r\n\x1b]133;C\x07\x1b]0;t\x07out\x1b]133;D;3;k=v\x07\
        \x1b]7;file://web-01/var/log%20s\x07\x1b]633;E;a\\x3bb\\\\c;nonce\x07\x1b]1337;CurrentDir=/x\x07\x1b]633;P;Cwd=/y\x07";

    fn marks(pieces: impl Iterator<Item = Vec<u8>>) -> Vec<Mark> {
        let mut scanner = Scanner::default();
        let mut found = Vec::new();
        for piece in pieces {
            let mut rest = &piece[..];
            while !rest.is_empty() {
                let (taken, mark) = scanner.advance(rest);
                rest = &rest[taken..];
                found.extend(mark);
            }
        }
        found
    }

    #[test]
    fn marks_are_found_however_the_stream_is_cut() {
        let wanted = [
            Mark::Prompt,
            Mark::Input,
            Mark::Output(None),
            Mark::Done(Some(3)),
            Mark::Directory("/var/log s".into()),
            Mark::Line("a;b\\c".into()),
            Mark::Directory("/x".into()),
            Mark::Directory("/y".into()),
        ];
        for size in [1, 2, 3, 7, STREAM.len()] {
            assert_eq!(
                marks(STREAM.chunks(size).map(<[u8]>::to_vec)),
                wanted,
                "pieces of {size}"
            );
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_taken_whole(pieces: Vec<Vec<u8>>) {
            marks(pieces.into_iter());
        }

        #[test]
        fn hostile_marks_are_text_or_nothing(text in "(133|633|7|1337);[ABCDEP;=%x\\\\a-f/:é0-9]{0,30}") {
            let _ = parse(text.as_bytes());
        }
    }
}
