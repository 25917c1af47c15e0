//! What a step prints, as much of it as is kept: all of it, or where it is longer its beginning and its end, and between them a
//! line that says how much is missing. Whole lines are kept, so that a secret at the border is not cut in two; of one line
//! that is longer than that, whole words.

use std::collections::VecDeque;

use super::record::Cut;

/// Of an output, more than this stands in the recording only.
pub(super) const KEPT: usize = 8 << 20;
/// A key that began in what is missing ends within this.
const KEY: usize = 16 << 10;

pub(super) struct Output {
    /// Bytes of the beginning, and as many of the end.
    half: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    printed: u64,
}

impl Default for Output {
    fn default() -> Output {
        Output {
            half: KEPT / 2,
            head: Vec::new(),
            tail: VecDeque::new(),
            printed: 0,
        }
    }
}

impl Output {
    /// More of it, without carriage returns.
    pub fn hear(&mut self, bytes: &[u8]) {
        self.printed += bytes.len() as u64;
        let room = self.half.saturating_sub(self.head.len()).min(bytes.len());
        let (head, tail) = bytes.split_at(room);
        self.head.extend(head);
        self.tail.extend(tail);
        let over = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..over);
    }

    /// The text that is kept, and where that is not all of it how much there was.
    pub fn text(&self) -> (String, Option<Cut>) {
        let (one, two) = self.tail.as_slices();
        let tail = [one, two].concat();
        if (self.head.len() + tail.len()) as u64 == self.printed {
            let whole = [self.head.as_slice(), &tail].concat();
            return (String::from_utf8_lossy(&whole).into_owned(), None);
        }
        let head = &self.head[..head(&self.head)];
        let tail = &tail[behind(&tail)..];
        let tail = &tail[key(tail)..];
        let left_out = self.printed - (head.len() + tail.len()) as u64;
        let text = format!(
            "{}\n[{left_out} of {} bytes are left out here: the recording has them]\n{}",
            String::from_utf8_lossy(head).trim_end_matches('\n'),
            self.printed,
            String::from_utf8_lossy(tail)
        );
        let cut = Cut {
            printed: self.printed,
            left_out,
        };
        (text, Some(cut))
    }
}

/// Where the beginning is cut: behind a whole line, or where its last line alone is longer than half of it, behind a word.
fn head(head: &[u8]) -> usize {
    let near = head.len() / 2;
    let last = |is: fn(&u8) -> bool| head.iter().rposition(is).map(|at| at + 1);
    let line = last(|byte| *byte == b'\n').filter(|at| *at >= near);
    let word = || last(|byte| is_gap(*byte)).filter(|at| *at >= near);
    line.or_else(word).unwrap_or(head.len())
}

/// The same of the end, whose first line has lost its beginning.
fn behind(tail: &[u8]) -> usize {
    let near = &tail[..tail.len() / 2];
    let first = |is: fn(&u8) -> bool| near.iter().position(is).map(|at| at + 1);
    let line = first(|byte| *byte == b'\n');
    line.or_else(|| first(|byte| is_gap(*byte))).unwrap_or(0)
}

/// What stands between the words of a line, and between the fields of one that has no blanks.
fn is_gap(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b','
}

/// How much at the beginning is the rest of a private key: without its first line nothing else tells that it is one.
fn key(tail: &[u8]) -> usize {
    let near = &tail[..tail.len().min(KEY)];
    let find = |what: &str| memchr::memmem::find(near, what.as_bytes());
    let Some(end) = find("-----END ").filter(|end| find("-----BEGIN ").is_none_or(|begin| begin > *end))
    else {
        return 0;
    };
    let line = near[end..].iter().position(|byte| *byte == b'\n');
    line.map_or(near.len(), |at| end + at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(half: usize, text: &str) -> (String, Option<Cut>) {
        let mut output = Output {
            half,
            ..Output::default()
        };
        text.as_bytes().chunks(7).for_each(|bytes| output.hear(bytes));
        output.text()
    }

    #[test]
    fn a_long_output_is_kept_by_its_ends_and_says_what_is_missing() {
        let text: String = (0..20).map(|nth| format!("line {nth:02}\n")).collect();
        assert_eq!(heard(80, &text), (text.clone(), None));
        let (kept, cut) = heard(20, &text);
        let says = "line 00\nline 01\n\
                    [128 of 160 bytes are left out here: the recording has them]\n\
                    line 18\nline 19\n";
        assert_eq!(kept, says);
        let wanted = Cut {
            printed: 160,
            left_out: 128,
        };
        assert_eq!(cut, Some(wanted));
        let (kept, cut) = heard(20, &"x".repeat(50));
        assert_eq!(kept.matches('x').count(), 40);
        assert_eq!(cut.map(|cut| cut.left_out), Some(10));
    }

    #[test]
    fn of_one_long_line_both_ends_are_kept_in_whole_words() {
        let words: Vec<String> = (0..20).map(|nth| format!("word-{nth:02}")).collect();
        for (between, end) in [(" ", "\n"), (",", ""), (" ", "\ndone\n")] {
            let text = format!("{{\n{}{end}", words.join(between));
            let (kept, cut) = heard(40, &text);
            let (first, last) = kept.split_once("\n[").unwrap();
            assert!(
                first.starts_with("{\nword-00") && first.contains("word-03"),
                "{kept}"
            );
            assert!(!first.contains("word-05"), "{kept}");
            let last = last.split_once("]\n").unwrap().1;
            assert!(
                last.ends_with(&format!("word-19{end}")) && last.starts_with("word-1"),
                "{kept}"
            );
            let told = (cut.unwrap().printed, text.len() as u64);
            assert_eq!(told.0, told.1);
        }
    }

    #[test]
    fn of_a_key_whose_beginning_is_missing_nothing_is_kept() {
        let dashes = "-----";
        let key = format!("{}{dashes}END PRIVATE KEY{dashes}\n", "MIIEow1B\n".repeat(40));
        let (kept, _) = heard(100, &format!("{}{key}behind\n", "noise\n".repeat(40)));
        assert!(!kept.contains("MIIE") && kept.ends_with("]\nbehind\n"), "{kept}");
    }
}
