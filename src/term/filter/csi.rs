//! Which control sequences pass. Those that print, report the screen or the title, move the window, lock the
//! keyboard or change how bytes are read do not.

/// ANSI modes: insert, new line.
const ANSI_MODES: [u16; 2] = [4, 20];

/// DEC and xterm private modes of cursor, keypad, screen, mouse, paste and updates.
const PRIVATE_MODES: [u16; 34] = [
    1, 3, 5, 6, 7, 8, 9, 12, 25, 45, 47, 66, 69, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016,
    1035, 1036, 1039, 1045, 1047, 1048, 1049, 2004, 2026, 2027, 2031,
];

/// Emit `CSI body last` if it may pass, with the modes that may not taken out.
pub(super) fn pass(body: &[u8], last: u8, out: &mut Vec<u8>) {
    let (prefix, rest) = match body {
        [mark @ b'<'..=b'?', rest @ ..] => (Some(*mark), rest),
        _ => (None, body),
    };
    let params = rest.iter().take_while(|b| matches!(b, 0x30..=0x3b)).count();
    let (params, intermediates) = rest.split_at(params);
    if intermediates.iter().any(|b| !matches!(b, 0x20..=0x2f)) {
        return;
    }
    let first = number(params.split(|b| *b == b';').next().unwrap_or_default());
    let passes = match (prefix, intermediates, last) {
        (None, [], b'h' | b'l') => return modes(prefix, params, last, &ANSI_MODES, out),
        (Some(b'?'), [], b'h' | b'l' | b'r' | b's') => {
            return modes(prefix, params, last, &PRIVATE_MODES, out);
        }
        (None, [], b'@'..=b'M' | b'P' | b'S' | b'T' | b'X' | b'Z' | b'`' | b'a' | b'b') => true,
        (None, [], b'd'..=b'g' | b'm' | b'r' | b's' | b'u') => true,
        (None, [], b'c') => first == Some(0),
        (None, [], b'n') => matches!(first, Some(5 | 6)),
        (None, [], b't') => matches!(first, Some(14 | 16 | 18 | 19 | 22 | 23)),
        (None, [b' '], b'q' | b'@' | b'A') => true,
        (None, [b'!'], b'p') | (None | Some(b'?'), [b'$'], b'p') | (None, [b'"'], b'q') => true,
        (Some(b'?'), [], b'J' | b'K' | b'W' | b'm' | b'u') => true,
        (Some(b'?'), [], b'n') => matches!(first, Some(6 | 996)),
        (Some(b'>'), [], b'c' | b'q') | (Some(b'='), [], b'c') => first == Some(0),
        (Some(b'>'), [], b'm') => first == Some(4),
        (Some(b'<' | b'=' | b'>'), [], b'u') => true,
        _ => false,
    };
    if passes {
        out.extend(b"\x1b[");
        out.extend_from_slice(body);
        out.push(last);
    }
}

fn modes(prefix: Option<u8>, params: &[u8], last: u8, allowed: &[u16], out: &mut Vec<u8>) {
    let kept: Vec<&[u8]> = params
        .split(|b| *b == b';')
        .filter(|param| number(param).is_some_and(|mode| allowed.contains(&mode)))
        .collect();
    if !kept.is_empty() {
        out.extend(b"\x1b[");
        out.extend(prefix);
        out.extend(kept.join(&b';'));
        out.push(last);
    }
}

/// An absent parameter is 0.
fn number(param: &[u8]) -> Option<u16> {
    if param.is_empty() {
        Some(0)
    } else {
        std::str::from_utf8(param).ok()?.parse().ok()
    }
}
