//! JSON in headers and records, read the one way that `FORMAT.md` tells: UTF-8 throughout, an object where one is due,
//! and not so deep that a reader in any language would fall. What nobody knows is passed over, but it keeps these rules.

use serde::Deserialize;

/// Objects and arrays in one another, the outermost counted.
const MOST_LEVELS: usize = 100;

/// A value of named fields; never a bare list of them, which serde would take as well.
pub(super) fn object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    let text = text_of(bytes)?;
    let begins = text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{');
    begins.then(|| serde_json::from_str(text).ok())?
}

/// A bare string.
pub(super) fn string(bytes: &[u8]) -> Option<String> {
    serde_json::from_str(text_of(bytes)?).ok()
}

fn text_of(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (depth(text.as_bytes()) <= MOST_LEVELS).then_some(text)
}

/// How deep it goes at most; of what is no JSON, something or other.
fn depth(json: &[u8]) -> usize {
    let (mut now, mut most, mut is_quoted, mut is_escaped) = (0usize, 0, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'[' | b'{' if !is_quoted => now += 1,
            b']' | b'}' if !is_quoted => now = now.saturating_sub(1),
            _ => {}
        }
        most = most.max(now);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{End, Gap};

    #[test]
    fn what_is_no_object_of_fields_is_refused() {
        let end = |text: &[u8]| object::<End>(text).map(|end| end.why);
        assert_eq!(end(b" \n{\"why\":\"x\"}\t").as_deref(), Some("x"));
        for text in [
            &b"[\"x\",0,false]"[..],
            b"[\"x\"]",
            b"\"x\"",
            b"\xef\xbb\xbf{\"why\":\"x\"}",
        ] {
            assert_eq!(end(text), None);
        }
        assert_eq!(object::<Gap>(b"[\"x\",null,0,\"n\"]"), None);
        assert_eq!(string(b" \"ops\" ").as_deref(), Some("ops"));
        assert_eq!(string(b"{}"), None);
    }

    #[test]
    fn what_nobody_knows_is_utf_8_and_not_too_deep_either() {
        let with = |extra: &[u8]| object::<End>(&[b"{\"why\":\"x\",\"z\":", extra, b"}"].concat()).is_some();
        let nested = |levels: usize| [b"[".repeat(levels), b"]".repeat(levels)].concat();
        assert!(with(&nested(99)) && !with(&nested(100)) && !with(&nested(20_000)));
        assert!(with(b"\"[[\\\"[[\"") && with(&b"9".repeat(5_000)) && with(b"1e999"));
        assert!(!with(b"\"\xff\"") && !with(b"\"\xed\xa0\x80\""));
    }
}
