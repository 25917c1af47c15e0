//! What a remote host sent, on its way to a terminal of the user's own: nothing in it steers that, or makes a line read
//! as another one. Files and pipes get everything as it is.

use super::super::is_reordering;

/// The text with such characters told by their numbers.
pub(super) fn harmless(text: &str, quoting: impl Fn(u32) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if c.is_control() || is_reordering(c) => out.push_str(&quoting(u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_steers_a_line_is_told_by_its_number() {
        let json = |c| format!("\\u{c:04x}");
        let text = "[0.1, \"o\", \"a\u{202e}b\u{85}\u{1b}[m \u{65e5}\"]\n";
        let shown = harmless(text, json);
        assert_eq!(shown, "[0.1, \"o\", \"a\\u202eb\\u0085\\u001b[m \u{65e5}\"]\n");
        let read = serde_json::from_str::<serde_json::Value>(&shown).unwrap();
        assert_eq!(read[2], "a\u{202e}b\u{85}\u{1b}[m \u{65e5}");
    }
}
