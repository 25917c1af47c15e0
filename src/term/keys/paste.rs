//! Pasted text. It can hold no control sequence: above all not the marker that ends a bracketed paste, after
//! which the rest would run as if typed.

use crate::term::Modes;

/// Bytes for pasted text: line ends as Enter, controls other than tab removed, brackets if asked for.
pub fn encode(text: &str, modes: Modes) -> Vec<u8> {
    let mut clean = String::with_capacity(text.len() + 12);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                clean.push('\r');
            }
            '\n' => clean.push('\r'),
            '\t' => clean.push('\t'),
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    if modes.bracketed_paste {
        format!("\x1b[200~{clean}\x1b[201~").into_bytes()
    } else {
        clean.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_text_cannot_end_its_own_brackets() {
        let modes = Modes {
            bracketed_paste: true,
            ..Modes::default()
        };
        for evil in ["a\x1b[201~rm", "a\x1b[20\x1b[201~1~rm", "a\u{9b}201~rm"] {
            let sent = encode(evil, modes);
            let inner = &sent[6..sent.len() - 6];
            assert!(sent.starts_with(b"\x1b[200~") && sent.ends_with(b"\x1b[201~"));
            assert!(!inner.contains(&0x1b) && !inner.contains(&0x9b), "{sent:?}");
        }
    }

    #[test]
    fn line_ends_are_sent_as_enter() {
        assert_eq!(encode("a\r\nb\nc\td\x03", Modes::default()), b"a\rb\rc\td");
    }
}
