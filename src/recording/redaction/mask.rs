//! What stands where a secret stood on a screen: `[redacted: RULE]`, cut or filled up to the columns that the secret took,
//! so that nothing else there moves. A text that keeps no columns has the whole word.

use super::rule::Rules;
use unicode_width::UnicodeWidthChar;

/// The place in a secret that is being covered.
#[derive(Default)]
pub(super) struct Mask {
    /// Rule and where its secret begins, counted in text.
    covering: Option<(usize, u64)>,
    column: usize,
    /// Bytes of the character whose first one was covered already.
    rest: usize,
}

impl Mask {
    /// Covers the character that begins `text`; bytes that are inside of one give nothing.
    pub fn cover(&mut self, rules: &Rules, rule: usize, secret_at: u64, text: &[u8], out: &mut Vec<u8>) {
        self.begin(rule, secret_at);
        let Some(first) = text.first() else { return };
        if self.rest > 0 && first & 0xc0 == 0x80 {
            self.rest -= 1;
            return;
        }
        self.rest = 0;
        if first.is_ascii_control() {
            out.push(*first);
            return;
        }
        let whole = (1..=text.len().min(4)).find_map(|len| std::str::from_utf8(&text[..len]).ok());
        let character = whole.and_then(|text| text.chars().next());
        self.rest = character.map_or(0, |c| c.len_utf8() - 1);
        for _ in 0..character.map_or(1, |c| c.width().unwrap_or(0)) {
            out.push(self.next(rules.name(rule)));
        }
    }

    /// What stands in the next column of a secret.
    pub fn sign(&mut self, rules: &Rules, rule: usize, secret_at: u64) -> u8 {
        self.begin(rule, secret_at);
        self.next(rules.name(rule))
    }

    fn begin(&mut self, rule: usize, secret_at: u64) {
        if self.covering != Some((rule, secret_at)) {
            *self = Mask {
                covering: Some((rule, secret_at)),
                ..Mask::default()
            };
        }
    }

    fn next(&mut self, rule: &str) -> u8 {
        let at = self.column;
        self.column += 1;
        const HEAD: &[u8] = b"[redacted: ";
        let in_rule = at.checked_sub(HEAD.len());
        let ends = in_rule.is_some_and(|at| at == rule.len());
        let label = HEAD.get(at).or_else(|| rule.as_bytes().get(in_rule?));
        match label {
            Some(byte) if byte.is_ascii_graphic() || *byte == b' ' => *byte,
            _ if ends => b']',
            _ => b'*',
        }
    }
}
