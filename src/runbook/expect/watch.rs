//! What a page expects of an output, looked for as the output comes, so that none is too long to be judged. One that fits into
//! a window is judged as a whole; a longer one window by window, each with the end of the one before.

use regex_automata::meta::Regex;
use regex_automata::{Input, util::syntax};

use super::{Unmet, matches};
use crate::runbook::fence::inside_slashes;

/// Bytes that are looked through at a time.
const WINDOW: usize = 8 << 20;
/// Of those, so many are looked through with the next ones again.
const OVERLAP: usize = 64 << 10;

/// What is looked for.
enum Sought {
    /// `None` where it is no pattern, which nothing is like.
    Pattern(Option<Box<Regex>>),
    Line(String),
    Part(String),
}

/// A text, and whether an output begins and ends with it. Where it does not, the character at that end is not looked through
/// any more: it says whether a line begins or ends there.
#[derive(Clone, Copy)]
struct Window<'a> {
    text: &'a str,
    is_first: bool,
    is_last: bool,
}

impl Sought {
    fn of(wanted: &str) -> Sought {
        let lines = |pattern: &str| {
            let syntax = syntax::Config::new().multi_line(true).crlf(true);
            let built = Regex::builder().syntax(syntax).build(pattern);
            built.ok().map(Box::new)
        };
        match inside_slashes(wanted) {
            Some(pattern) => Sought::Pattern(lines(pattern)),
            None if wanted.contains("[..]") => Sought::Line(wanted.trim_end().to_owned()),
            None => Sought::Part(wanted.to_owned()),
        }
    }

    fn is_in(&self, window: Window) -> bool {
        let text = window.text;
        match self {
            Sought::Pattern(None) => false,
            Sought::Pattern(Some(pattern)) => {
                let (from, to) = window.between();
                pattern.is_match(Input::new(text).span(from..to.max(from)))
            }
            Sought::Line(wanted) => window
                .lines()
                .lines()
                .any(|line| matches(line.trim_end(), wanted)),
            Sought::Part(wanted) => text.contains(wanted.as_str()),
        }
    }
}

impl<'a> Window<'a> {
    /// Where a match may stand.
    fn between(self) -> (usize, usize) {
        let first = self.text.chars().next().map_or(0, char::len_utf8);
        let last = self.text.char_indices().next_back().map_or(0, |(at, _)| at);
        (
            if self.is_first { 0 } else { first },
            if self.is_last { self.text.len() } else { last },
        )
    }

    /// Its whole lines.
    fn lines(self) -> &'a str {
        let behind = match self.is_first {
            true => self.text,
            false => self.text.split_once('\n').map_or("", |(_, behind)| behind),
        };
        match self.is_last {
            true => behind,
            false => behind.rsplit_once('\n').map_or("", |(before, _)| before),
        }
    }
}

/// Whether it is in a whole output.
pub(super) fn is_in(output: &str, wanted: &str) -> bool {
    Sought::of(wanted).is_in(Window {
        text: output,
        is_first: true,
        is_last: true,
    })
}

/// An expectation of an output under way.
pub struct Watch {
    wanted: String,
    sought: Sought,
    size: usize,
    window: Vec<u8>,
    is_first: bool,
    is_found: bool,
}

impl Watch {
    pub fn of(wanted: &str) -> Watch {
        Watch {
            wanted: wanted.to_owned(),
            sought: Sought::of(wanted),
            size: WINDOW,
            window: Vec::new(),
            is_first: true,
            is_found: false,
        }
    }

    /// More of the output, without carriage returns.
    pub fn hear(&mut self, bytes: &[u8]) {
        if self.is_found {
            return;
        }
        self.window.extend_from_slice(bytes);
        if self.window.len() > self.size {
            self.look(false);
            self.go_on();
        }
    }

    /// The output has ended.
    pub fn end(mut self) -> Result<(), Unmet> {
        if !self.is_found {
            self.look(true);
        }
        match (self.is_found, self.is_first) {
            (true, _) => Ok(()),
            (false, true) => Err(Unmet::Absent(self.wanted)),
            (false, false) => Err(Unmet::AbsentInParts(self.wanted)),
        }
    }

    fn look(&mut self, is_last: bool) {
        let until = match is_last {
            true => self.window.len(),
            false => self.until() + 1,
        };
        self.is_found = self.sought.is_in(Window {
            text: &String::from_utf8_lossy(&self.window[..until]),
            is_first: self.is_first,
            is_last,
        });
    }

    /// Where its last line ends, or its last byte where that line is most of it.
    fn until(&self) -> usize {
        let ended = self.window.iter().rposition(|byte| *byte == b'\n');
        let ended = ended.filter(|at| *at >= self.window.len() / 2);
        ended.unwrap_or(self.window.len().saturating_sub(1))
    }

    /// What the next window begins with: the line that has not ended, and as much before it as the overlap has room for.
    fn go_on(&mut self) {
        if self.is_found {
            self.window = Vec::new();
            return;
        }
        let until = self.until();
        let from = until.saturating_sub(OVERLAP.min(self.size / 2));
        // With a line feed, which says that a line begins behind it; but not with the last one alone, which a match may end with.
        let newline = self.window[from..until].iter().position(|byte| *byte == b'\n');
        self.window.drain(..from + newline.unwrap_or(0));
        self.is_first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(output: &str, wanted: &str, size: usize, at_once: usize) -> Result<(), Unmet> {
        let mut watch = Watch {
            size,
            ..Watch::of(wanted)
        };
        for bytes in output.as_bytes().chunks(at_once) {
            watch.hear(bytes);
        }
        watch.end()
    }

    #[test]
    fn what_is_in_an_output_is_found_wherever_it_stands_and_however_it_comes() {
        let noise: String = (0..400).map(|nth| format!("line {nth} of it\n")).collect();
        for before in [0, 1, 17, 2000, noise.len()] {
            let (head, tail) = noise.split_at(noise[..before].rfind('\n').map_or(0, |at| at + 1));
            let output = format!("{head}DRAINED in 7 s\n{tail}");
            for wanted in [
                "/^DRAINED in \\d s$/",
                "DRAINED in [..] s",
                "AINED in",
                "/7 s\\nline|s\\n\\z/",
            ] {
                for (size, at_once) in [(64, 7), (64, 500), (1000, 64), (WINDOW, 999)] {
                    let told = heard(&output, wanted, size, at_once);
                    assert_eq!(told, Ok(()), "{wanted} at {before} in windows of {size}");
                }
            }
        }
    }

    #[test]
    fn the_border_of_a_window_is_no_border_of_a_line_or_of_the_output() {
        let lines = "abcdefgh\n".repeat(100);
        let long = "abcdefgh".repeat(100);
        for size in [16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64] {
            for (output, wanted) in [(&lines, r"/h\n\z/"), (&long, r"/h\z/"), (&long, "/h$/")] {
                let ended = format!("{output}more");
                assert_eq!(heard(output, wanted, size, 5), Ok(()), "{wanted} in {size}");
                let told = heard(&ended, wanted, size, 5);
                assert_eq!(
                    told,
                    Err(Unmet::AbsentInParts(wanted.into())),
                    "{wanted} in {size}"
                );
            }
            for wanted in [r"/\Ad/", "/^d/", "d[..]", "[..]d", "/d$/", "/^$/", "x"] {
                for output in [lines.clone() + "ene", format!("{long}\nene")] {
                    let told = heard(&output, wanted, size, 5);
                    assert!(told.is_err(), "{wanted} in windows of {size}");
                }
            }
        }
    }
}
