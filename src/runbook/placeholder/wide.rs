//! Placeholders in letters and signs beyond ASCII: `[인스턴스 ID]`, `【파드명】`, `＜日数＞`, `〇〇`; and in the signs of other
//! tools: `«host»`, `%HOST%`, `@node@`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::word::{Look, is_square, is_value, line, look, speaks};
use super::{Form, pattern};

static BRACKETS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"【[^【】\n]+】|＜[^＜＞\n]+＞|〈[^〈〉\n]+〉|《[^《》\n]+》|「[^「」\n]+」|『[^『』\n]+』|［[^［］\n]+］|｛[^｛｝\n]+｝|«[^«»\n]+»",
    )
});
/// Of which at least one letter is Korean, Chinese or Japanese.
static SQUARE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"\[[\w ]*[\p{Hangul}\p{Han}\p{Hiragana}\p{Katakana}][\w -]*\]|\{[\w ]*[\p{Hangul}\p{Han}\p{Hiragana}\p{Katakana}][\w -]*\}",
    )
});
static NOUN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?x) [\p{Hangul}\p{Han}\p{Hiragana}\p{Katakana}ー]+
        (?: [_-]?(?:ID|IP|ARN|이름|아이디|주소|번호|名前|番号|アドレス) | _(?:명|名) ) \b",
    )
});
static ANY: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"[〇○◯●△▲□■]{2,}"));
static PERCENT: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"%[A-Z][A-Z_]{2,}%"));
static AT: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"@[a-z][a-z_-]+@"));

pub(super) static LOOKS: [Look; 6] = [
    look(Form::Loose, &BRACKETS, is_free),
    look(Form::Loose, &SQUARE, |text, at| {
        is_free(text, at.clone()) && is_square(text, at.clone()) && !is_doubled(text, at)
    }),
    look(Form::Loose, &NOUN, is_noun),
    look(Form::Loose, &ANY, is_free),
    look(Form::Loose, &PERCENT, is_noun),
    look(Form::Loose, &AT, is_noun),
];

fn is_free(text: &str, at: Range<usize>) -> bool {
    is_value(text, &at) && !speaks(text, &at)
}

/// The inner one of two brackets, of which a template makes something: what it does not is one with both.
fn is_doubled(text: &str, at: Range<usize>) -> bool {
    text[..at.start].ends_with('{') && text[at.end..].starts_with('}')
}

/// A word of its own, or of a path.
fn is_noun(text: &str, at: Range<usize>) -> bool {
    let is_word = |c: char| c.is_whitespace() || "/:,\"='.".contains(c);
    let before = text[..at.start].chars().next_back().unwrap_or(' ');
    let after = text[at.end..].chars().next().unwrap_or(' ');
    let is_first = line(text, &at).trim().is_empty();
    is_word(before) && (is_word(after) || ";|&)".contains(after)) && !is_first && is_free(text, at)
}
