//! Which runs of three characters a transcript has: a set of bits that tells without reading the text that a word is not
//! in it. It may say "perhaps" of what is absent, never "no" of what is there.

use std::collections::HashSet;

/// Bytes of the smallest and of the largest set; four hours of a shell fill about a third of the latter.
const SIZES: (usize, usize) = (64, 32 << 10);

/// Three characters of ASCII, small letters for capitals, as one number.
type Trigram = u32;

/// The set of a whole text, as large as it needs.
pub(super) fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<u8> {
    let mut trigrams = HashSet::new();
    for text in texts {
        each(text, |trigram| {
            trigrams.insert(trigram);
        });
    }
    // Two bytes a member leave one bit of sixteen set: a word of five letters passes by chance once in four thousand.
    let size = (trigrams.len() * 2).next_power_of_two().clamp(SIZES.0, SIZES.1);
    let mut bits = vec![0; size];
    for trigram in trigrams {
        let (byte, bit) = place(trigram, size);
        bits[byte] |= bit;
    }
    bits
}

/// Whether a text may hold a word: no for certain, or perhaps.
pub(super) fn may_hold(bits: &[u8], word: &str) -> bool {
    if !bits.len().is_power_of_two() {
        return true;
    }
    let mut may = true;
    each(word, |trigram| {
        let (byte, bit) = place(trigram, bits.len());
        may &= bits[byte] & bit != 0;
    });
    may
}

/// Tells every run of three. What is not ASCII ends a run, but for the two letters that a search without capitals takes
/// for `k` and `s`.
fn each(text: &str, mut tell: impl FnMut(Trigram)) {
    let (mut run, mut length) = (0, 0);
    for c in text.chars() {
        let folded = match c {
            '\u{212a}' => b'k',
            '\u{17f}' => b's',
            c if c.is_ascii() && c != '\n' => c.to_ascii_lowercase() as u8,
            _ => {
                length = 0;
                continue;
            }
        };
        run = (run << 8 | u32::from(folded)) & 0xff_ffff;
        length += 1;
        if length >= 3 {
            tell(run);
        }
    }
}

/// `size` is a power of two.
fn place(trigram: Trigram, size: usize) -> (usize, u8) {
    // Multiplicative hashing, the multiplier being the golden ratio: the upper bits are the mixed ones.
    let mixed = (u64::from(trigram).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize;
    ((mixed / 8) & (size - 1), 1 << (mixed & 7))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::RegexBuilder;

    #[test]
    fn what_is_absent_is_mostly_known_to_be() {
        let text: String = (0..20_000)
            .map(|nth| format!("request {nth} took {} ms\n", nth % 977))
            .collect();
        let bits = of([text.as_str()].into_iter());
        assert!(may_hold(&bits, "request 19999") && may_hold(&bits, "TOOK 5"));
        assert!(!may_hold(&bits, "refused") && !may_hold(&bits, "no space left"));
        assert!(
            may_hold(&bits, "ms") && may_hold(&bits, "한국어"),
            "too short to tell"
        );
    }

    proptest! {
        #[test]
        fn what_is_there_is_never_denied(
            texts in prop::collection::vec("[a-dKSkſK \\n한]{0,40}|\\PC{0,30}", 0..6),
            word in "[a-dKSks ]{1,6}|\\PC{1,4}",
        ) {
            let bits = of(texts.iter().map(String::as_str));
            let sought = RegexBuilder::new(&regex::escape(&word)).case_insensitive(true).build().unwrap();
            let is_there = texts.iter().flat_map(|text| text.lines()).any(|line| sought.is_match(line));
            prop_assert!(!is_there || may_hold(&bits, &word));
        }
    }
}
