//! Lines packed together: their text in one piece, which is what a search reads, and beside it times and kinds. The
//! same on disk, compressed.

use crate::recording::wire::{Cut, put_varint};
use std::io;

const LEVEL: i32 = 3;
/// No page is larger: a bound against hostile files.
const MOST: usize = 16 << 20;

/// What is known of a line besides its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// From this time on it stood on the screen as it reads; microseconds since the start.
    pub at_us: u64,
    /// Seen on a screen and gone, not scrolled away.
    pub on_screen: bool,
    /// Where in the text the screen's next row began, for a line that wrapped.
    pub breaks: Vec<u32>,
    start: usize,
    end: usize,
}

impl Line {
    pub(super) fn scrolled(at_us: u64) -> Line {
        Line {
            at_us,
            ..Line::default()
        }
    }

    pub(super) fn of_screen(at_us: u64) -> Line {
        Line {
            at_us,
            on_screen: true,
            ..Line::default()
        }
    }
}

/// About 128 KiB of lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    text: String,
    lines: Vec<Line>,
}

impl Page {
    pub(super) fn push(&mut self, line: Line, text: &str) {
        let start = self.text.len();
        // Screens hold no control characters; a line feed would tear the page.
        self.text.extend(text.chars().filter(|c| !c.is_control()));
        let end = self.text.len();
        self.text.push('\n');
        self.lines.push(Line { start, end, ..line });
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// All lines, each ended by a line feed.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn lines(&self) -> impl Iterator<Item = (&Line, &str)> {
        self.lines
            .iter()
            .map(|line| (line, self.text.get(line.start..line.end).unwrap_or_default()))
    }

    /// The line that a byte of the text is in.
    pub fn line_at(&self, byte: usize) -> Option<(&Line, &str)> {
        let nth = self.lines.partition_point(|line| line.end < byte);
        let line = self.lines.get(nth)?;
        Some((line, self.text.get(line.start..line.end)?))
    }

    /// Two compressed parts: text, and what is known of the lines.
    pub(in crate::recording) fn pack(&self) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let mut facts = Vec::new();
        let mut last_us = 0i64;
        for line in &self.lines {
            let at_us = i64::try_from(line.at_us).unwrap_or(i64::MAX);
            let by = at_us.wrapping_sub(last_us);
            last_us = at_us;
            put_varint(&mut facts, (by.wrapping_shl(1) ^ (by >> 63)) as u64);
            let many = line.breaks.len() as u64;
            put_varint(&mut facts, many << 1 | u64::from(line.on_screen));
            for at in &line.breaks {
                put_varint(&mut facts, u64::from(*at));
            }
        }
        let pack = |bytes: &[u8]| zstd::bulk::compress(bytes, LEVEL);
        Ok((pack(self.text.as_bytes())?, pack(&facts)?))
    }

    /// The text alone; `None` for bytes that are no page.
    pub(in crate::recording) fn unpack_text(packed: &[u8]) -> Option<Page> {
        let text = String::from_utf8(unpack(packed)?).ok()?;
        let lines = Vec::new();
        (text.is_empty() || text.ends_with('\n')).then_some(Page { text, lines })
    }

    /// Completes what `unpack_text` gave.
    pub(in crate::recording) fn unpack_lines(&mut self, packed: &[u8]) -> Option<()> {
        let facts = unpack(packed)?;
        let mut cut = Cut(&facts);
        let mut lines = Vec::new();
        let (mut start, mut last_us) = (0, 0i64);
        for end in memchr::memchr_iter(b'\n', self.text.as_bytes()) {
            let by = cut.varint()?;
            last_us = last_us.wrapping_add((by >> 1) as i64 ^ -((by & 1) as i64));
            let head = cut.varint()?;
            let mut breaks = Vec::new();
            for _ in 0..head >> 1 {
                breaks.push(u32::try_from(cut.varint()?).ok()?);
            }
            lines.push(Line {
                at_us: u64::try_from(last_us).ok()?,
                on_screen: head & 1 == 1,
                breaks,
                start,
                end,
            });
            start = end + 1;
        }
        self.lines = lines;
        cut.0.is_empty().then_some(())
    }
}

fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let len = zstd::zstd_safe::get_frame_content_size(packed).ok()??;
    let len = usize::try_from(len).ok().filter(|len| *len <= MOST)?;
    zstd::bulk::decompress(packed, len).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_page_survives_and_hostile_bytes_are_refused(
            lines in prop::collection::vec(("\\PC{0,20}", any::<u32>(), any::<bool>(), prop::collection::vec(any::<u32>(), 0..3)), 0..20),
            bytes: Vec<u8>,
        ) {
            let mut page = Page::default();
            for (text, at, on_screen, breaks) in lines {
                page.push(Line { at_us: at.into(), on_screen, breaks, ..Line::default() }, &text);
            }
            let (text, facts) = page.pack().unwrap();
            let mut again = Page::unpack_text(&text).unwrap();
            again.unpack_lines(&facts).unwrap();
            prop_assert_eq!(&again, &page);
            let _ = Page::unpack_text(&bytes);
            let _ = again.unpack_lines(&bytes);
        }
    }
}
