//! Where a bracket in a here-document ends, which hands what is in it to a shell again.

/// Bytes up to the closing one, with what is nested; all where it never comes, or where a quote, a comment or a `case` may
/// hold one that does not close.
pub(super) fn closed(bytes: &[u8], opening: Option<u8>, closing: u8) -> usize {
    let mut depth = 1_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let is_command = closing == b')';
        match byte {
            b'\\' => at += 1,
            b'\'' | b'"' => break,
            b'#' | b'<' if is_command => break,
            b'`' if closing != b'`' => break,
            b'$' if !is_command && closing != b'`' => break,
            _ if is_command && bytes[at..].starts_with(b"case") => break,
            _ if byte == closing => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ if Some(byte) == opening => depth += 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}
