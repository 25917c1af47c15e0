//! Which operating system commands pass: titles behind the target's name, links, questions about colours,
//! and, where allowed, setting the clipboard.

use crate::term::view::printable;

/// Characters of the remote's part of a title.
const TITLE_CHARS: usize = 256;

pub(super) fn pass(body: &[u8], title_prefix: &str, allow_clipboard: bool, out: &mut Vec<u8>) {
    let mut parts = body.splitn(2, |b| *b == b';');
    let (Some(code), Some(rest)) = (parts.next(), parts.next()) else {
        return;
    };
    match code {
        b"0" | b"1" | b"2" => {
            let title = String::from_utf8_lossy(rest);
            let title: String = printable(title_prefix)
                .chain(printable(&title).take(TITLE_CHARS))
                .collect();
            command(out, code, title.as_bytes());
        }
        b"8" if is_link(rest) => command(out, code, rest),
        b"4" if is_palette_question(rest) => command(out, code, rest),
        b"10" | b"11" | b"12" | b"17" | b"19" if rest == b"?" => command(out, code, rest),
        b"52" if allow_clipboard && sets_clipboard(rest) => command(out, code, rest),
        _ => {}
    }
}

fn command(out: &mut Vec<u8>, code: &[u8], rest: &[u8]) {
    out.extend(b"\x1b]");
    out.extend_from_slice(code);
    out.push(b';');
    out.extend_from_slice(rest);
    out.extend(b"\x1b\\");
}

/// `params;address`, all of it printable ASCII as the specification of OSC 8 asks.
fn is_link(rest: &[u8]) -> bool {
    rest.contains(&b';') && rest.iter().all(|b| matches!(b, b' '..=b'~'))
}

fn is_palette_question(rest: &[u8]) -> bool {
    let parts: Vec<&[u8]> = rest.split(|b| *b == b';').collect();
    let is_index = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    parts.len().is_multiple_of(2) && parts.chunks(2).all(|pair| is_index(pair[0]) && pair[1] == b"?")
}

fn sets_clipboard(rest: &[u8]) -> bool {
    let mut parts = rest.splitn(2, |b| *b == b';');
    let (Some(which), Some(data)) = (parts.next(), parts.next()) else {
        return false;
    };
    let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    which.iter().all(|b| b"cpqs01234567".contains(b)) && data.iter().all(is_base64)
}
