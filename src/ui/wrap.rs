//! Wrapping of styled text at a width: between words where it can, inside a word only where it must.
//! No line is wider than asked (a single character wider than the whole line excepted), and nothing is lost.

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

/// One piece that a line cannot be broken inside of, unless it is wider than the line.
struct Word<'a> {
    glyphs: Vec<(&'a str, Style, usize)>,
    width: usize,
    blank: bool,
}

/// Plain text wrapped as prose.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    wrap_spans(&[Span::raw(text)], room, Blanks::Fold)
        .iter()
        .map(|line| line.to_string())
        .collect()
}

/// Styled text wrapped at `room` cells; at least one line, perhaps empty.
pub fn wrap_spans(spans: &[Span<'_>], room: usize, blanks: Blanks) -> Vec<Line<'static>> {
    let room = room.max(1);
    let quoted: Vec<(String, Style)> = spans
        .iter()
        .map(|span| (quote(&span.content).into_owned(), span.style))
        .collect();
    let mut lines = Lines::default();
    for word in words(&quoted) {
        if word.blank && blanks == Blanks::Fold {
            lines.pending = word.glyphs.first().copied();
            continue;
        }
        let gap = usize::from(lines.pending.is_some() && lines.width > 0);
        if lines.width + gap + word.width > room && lines.width > 0 && !(word.blank && blanks == Blanks::Keep)
        {
            lines.end();
        } else if gap == 1
            && let Some(blank) = lines.pending
        {
            lines.push(blank);
        }
        lines.pending = None;
        for glyph in word.glyphs {
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
pub fn longest_word(spans: &[Span<'_>]) -> usize {
    let quoted: Vec<(String, Style)> = spans
        .iter()
        .map(|span| (quote(&span.content).into_owned(), span.style))
        .collect();
    words(&quoted)
        .iter()
        .filter(|word| !word.blank)
        .map(|word| word.width)
        .max()
        .unwrap_or(0)
}

#[derive(Default)]
struct Lines<'a> {
    done: Vec<Line<'static>>,
    spans: Vec<Span<'static>>,
    width: usize,
    pending: Option<(&'a str, Style, usize)>,
}

impl<'a> Lines<'a> {
    fn push(&mut self, (text, style, width): (&'a str, Style, usize)) {
        self.width += width;
        match self.spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push_str(text),
            _ => self.spans.push(Span::styled(text.to_string(), style)),
        }
    }

    fn end(&mut self) {
        self.done.push(Line::from(std::mem::take(&mut self.spans)));
        self.width = 0;
    }
}

fn words<'a>(spans: &'a [(String, Style)]) -> Vec<Word<'a>> {
    let mut words: Vec<Word<'a>> = Vec::new();
    let mut joins = false;
    for (text, style) in spans {
        for glyph in text.graphemes(true) {
            let width = cells(glyph);
            let blank = glyph == " ";
            let ideograph = glyph.chars().next().is_some_and(is_ideograph);
            let closing = glyph.chars().next().is_some_and(is_closing);
            match words.last_mut() {
                Some(word) if word.blank == blank && (blank || closing || (joins && !ideograph)) => {
                    word.glyphs.push((glyph, *style, width));
                    word.width += width;
                }
                _ => words.push(Word {
                    glyphs: vec![(glyph, *style, width)],
                    width,
                    blank,
                }),
            }
            joins = !blank && !ideograph;
        }
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
