//! Wrapping of styled text at a width: between words where it can, inside a word only where it must.
//! No line is wider than asked (a single character wider than the whole line excepted), and nothing is lost.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use super::text::{cells, quote};

/// How blanks are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blanks {
    /// Runs of blanks become one, none begins or ends a line: prose.
    Fold,
    /// Every blank stays: code.
    Keep,
}

/// Text with what is to be said of it: a style, or a style and a link.
pub type Piece<Ink> = (String, Ink);

/// One glyph with its cells.
type Glyph<'a, Ink> = (&'a str, Ink, usize);

/// What a line cannot be broken inside of, unless it is wider than the line: a stretch of glyphs.
struct Word {
    glyphs: Range<usize>,
    width: usize,
    blank: bool,
}

/// Plain text wrapped as prose.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let lines = wrap_pieces(&[(quote(text).into_owned(), ())], room, Blanks::Fold);
    lines
        .into_iter()
        .map(|line| line.into_iter().map(|(text, ())| text).collect())
        .collect()
}

/// Styled text wrapped at `room` cells; at least one line, perhaps empty.
pub fn wrap_spans(spans: &[Span<'_>], room: usize, blanks: Blanks) -> Vec<Line<'static>> {
    let pieces: Vec<Piece<Style>> = spans
        .iter()
        .map(|span| (quote(&span.content).into_owned(), span.style))
        .collect();
    let line = |line: Vec<Piece<Style>>| {
        Line::from_iter(line.into_iter().map(|(text, style)| Span::styled(text, style)))
    };
    wrap_pieces(&pieces, room, blanks).into_iter().map(line).collect()
}

/// Pieces, already free of control characters, wrapped at `room` cells; at least one line, perhaps empty.
pub fn wrap_pieces<Ink>(pieces: &[Piece<Ink>], room: usize, blanks: Blanks) -> Vec<Vec<Piece<Ink>>>
where
    Ink: Copy + PartialEq,
{
    let room = room.max(1);
    let mut lines = Lines {
        done: Vec::new(),
        line: Vec::new(),
        width: 0,
    };
    let mut pending: Option<Glyph<'_, Ink>> = None;
    let glyphs = glyphs(pieces);
    for word in words(&glyphs) {
        if word.blank && blanks == Blanks::Fold {
            pending = Some(glyphs[word.glyphs.start]);
            continue;
        }
        let gap = usize::from(pending.is_some() && lines.width > 0);
        let hangs = word.blank && blanks == Blanks::Keep;
        if lines.width + gap + word.width > room && lines.width > 0 && !hangs {
            lines.end();
        } else if let Some(blank) = pending.filter(|_| gap == 1) {
            lines.push(blank);
        }
        pending = None;
        for &glyph in &glyphs[word.glyphs] {
            if lines.width > 0 && lines.width + glyph.2 > room {
                lines.end();
            }
            lines.push(glyph);
        }
    }
    lines.end();
    lines.done
}

/// The widest piece of prose that would have to be broken inside if the line were narrower.
pub fn longest_word<Ink: Copy + PartialEq>(pieces: &[Piece<Ink>]) -> usize {
    words(&glyphs(pieces))
        .iter()
        .filter(|word| !word.blank)
        .map(|word| word.width)
        .max()
        .unwrap_or(0)
}

struct Lines<Ink> {
    done: Vec<Vec<Piece<Ink>>>,
    line: Vec<Piece<Ink>>,
    width: usize,
}

impl<Ink: Copy + PartialEq> Lines<Ink> {
    fn push(&mut self, (text, ink, width): Glyph<'_, Ink>) {
        self.width += width;
        match self.line.last_mut() {
            Some((last, last_ink)) if *last_ink == ink => last.push_str(text),
            _ => self.line.push((text.to_string(), ink)),
        }
    }

    fn end(&mut self) {
        self.done.push(std::mem::take(&mut self.line));
        self.width = 0;
    }
}

fn glyphs<Ink: Copy>(pieces: &[Piece<Ink>]) -> Vec<Glyph<'_, Ink>> {
    let mut glyphs = Vec::new();
    for (text, ink) in pieces {
        if text.is_ascii() {
            // Nearly all code and much prose; segmentation would cost more than all the rest.
            glyphs.extend((0..text.len()).map(|at| (&text[at..=at], *ink, 1)));
        } else {
            glyphs.extend(text.graphemes(true).map(|glyph| (glyph, *ink, cells(glyph))));
        }
    }
    glyphs
}

fn words<Ink>(glyphs: &[Glyph<'_, Ink>]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut joins = false;
    for (at, (glyph, _, width)) in glyphs.iter().enumerate() {
        let blank = *glyph == " ";
        let first = glyph.chars().next();
        let ideograph = first.is_some_and(is_ideograph);
        let closing = first.is_some_and(is_closing);
        match words.last_mut() {
            Some(word) if word.blank == blank && (blank || closing || (joins && !ideograph)) => {
                word.glyphs.end = at + 1;
                word.width += width;
            }
            _ => words.push(Word {
                glyphs: at..at + 1,
                width: *width,
                blank,
            }),
        }
        joins = !blank && !ideograph;
    }
    words
}

/// Scripts written without blanks break between any two characters; Korean has blanks and is broken at them.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Must not begin a line.
fn is_closing(c: char) -> bool {
    matches!(
        c,
        '、' | '。'
            | '，'
            | '．'
            | '！'
            | '？'
            | '：'
            | '；'
            | '）'
            | '」'
            | '』'
            | '】'
            | '〉'
            | '》'
            | 'ー'
    )
}

#[cfg(test)]
mod tests {
    use super::super::text::width;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prose_breaks_between_words() {
        assert_eq!(wrap("drain the  web node", 9), ["drain the", "web node"]);
    }

    #[test]
    fn a_word_wider_than_the_line_is_broken_inside() {
        assert_eq!(wrap("see abcdefghij", 4), ["see", "abcd", "efgh", "ij"]);
    }

    #[test]
    fn korean_breaks_at_blanks_and_chinese_anywhere() {
        assert_eq!(wrap("결제 서버를 다시", 8), ["결제", "서버를", "다시"]);
        assert_eq!(wrap("重启服务器。", 5), ["重启", "服务", "器。"]);
    }

    #[test]
    fn blanks_of_code_stay() {
        let lines = wrap_spans(&[Span::raw("  a   b")], 20, Blanks::Keep);
        assert_eq!(lines[0].to_string(), "  a   b");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_wide(text in "[ a-z결제服务🦀\\-]{0,40}", room in 2usize..20) {
            for blanks in [Blanks::Fold, Blanks::Keep] {
                let lines = wrap_spans(&[Span::raw(&text)], room, blanks);
                let squeezed = |text: &str| text.replace(' ', "");
                let joined: String = lines.iter().map(|line| line.to_string()).collect();
                prop_assert_eq!(squeezed(&joined), squeezed(&text));
                prop_assert!(lines.iter().all(|line| width(&line.to_string()) <= room));
            }
        }
    }
}
