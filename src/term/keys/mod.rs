//! Keys, mouse, paste and focus as the bytes a remote program expects under the modes it has set.
//!
//! Without the kitty keyboard protocol the encoding is xterm's (ctlseqs, "PC-Style Function Keys").

mod kitty;
mod mouse;
mod paste;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyEventState, KeyModifiers};

use super::Modes;

pub use mouse::encode as encode_mouse;
pub use paste::encode as encode_paste;

/// Bytes for a key; none for a key that sends nothing, such as a release or a bare modifier.
pub fn encode(key: &KeyEvent, modes: Modes) -> Option<Vec<u8>> {
    if modes.keyboard != 0 {
        return kitty::encode(key, modes);
    }
    if key.kind == KeyEventKind::Release {
        None
    } else {
        legacy(key, modes)
    }
}

/// Report of the pane gaining or losing focus, if the remote asked for it (mode 1004).
pub fn encode_focus(gained: bool, modes: Modes) -> Option<Vec<u8>> {
    modes.focus_events.then(|| {
        if gained {
            b"\x1b[I".to_vec()
        } else {
            b"\x1b[O".to_vec()
        }
    })
}

fn legacy(key: &KeyEvent, modes: Modes) -> Option<Vec<u8>> {
    let mods = key.modifiers;
    if modes.app_keypad
        && key.state.contains(KeyEventState::KEYPAD)
        && let Some(last) = keypad(key.code)
    {
        return Some(vec![0x1b, b'O', last]);
    }
    let plain = match key.code {
        KeyCode::Char(c) if mods.contains(KeyModifiers::CONTROL) => match control(c) {
            Some(byte) => vec![byte],
            None => c.to_string().into_bytes(),
        },
        KeyCode::Char(c) => c.to_string().into_bytes(),
        KeyCode::Enter if modes.newline => b"\r\n".to_vec(),
        KeyCode::Enter => b"\r".to_vec(),
        KeyCode::Tab if mods.contains(KeyModifiers::SHIFT) => b"\x1b[Z".to_vec(),
        KeyCode::Tab => b"\t".to_vec(),
        KeyCode::BackTab => b"\x1b[Z".to_vec(),
        KeyCode::Backspace if mods.contains(KeyModifiers::CONTROL) => vec![0x08],
        KeyCode::Backspace => vec![0x7f],
        KeyCode::Esc => vec![0x1b],
        KeyCode::Null => vec![0],
        code => return function(code, mods, modes.app_cursor),
    };
    let mut bytes = Vec::with_capacity(plain.len() + 1);
    if mods.contains(KeyModifiers::ALT) {
        bytes.push(0x1b);
    }
    bytes.extend(plain);
    Some(bytes)
}

/// The control character of a key held with Ctrl.
fn control(c: char) -> Option<u8> {
    Some(match c {
        'a'..='z' | 'A'..='Z' => c as u8 & 0x1f,
        '@' | ' ' | '2' => 0,
        '[' | '3' => 0x1b,
        '\\' | '4' => 0x1c,
        ']' | '5' => 0x1d,
        '^' | '6' => 0x1e,
        '_' | '/' | '7' => 0x1f,
        '?' | '8' => 0x7f,
        _ => return None,
    })
}

/// Last byte of the application keypad's `ESC O` sequences.
fn keypad(code: KeyCode) -> Option<u8> {
    Some(match code {
        KeyCode::Char(digit @ '0'..='9') => b'p' + (digit as u8 - b'0'),
        KeyCode::Char('.') => b'n',
        KeyCode::Char(',') => b'l',
        KeyCode::Char('+') => b'k',
        KeyCode::Char('-') => b'm',
        KeyCode::Char('*') => b'j',
        KeyCode::Char('/') => b'o',
        KeyCode::Char('=') => b'X',
        KeyCode::Enter => b'M',
        _ => return None,
    })
}

fn function(code: KeyCode, mods: KeyModifiers, app_cursor: bool) -> Option<Vec<u8>> {
    let sum = 1 + kitty::modifier_bits(mods) % 8;
    let text = match (form(code)?, sum) {
        (Form::Letter(last), 1) if app_cursor || last.is_ascii_lowercase() || is_pf(last) => {
            format!("\x1bO{last}")
        }
        (Form::Letter(last), 1) => format!("\x1b[{last}"),
        (Form::Letter(last), sum) => format!("\x1b[1;{sum}{last}"),
        (Form::Number(number), 1) => format!("\x1b[{number}~"),
        (Form::Number(number), sum) => format!("\x1b[{number};{sum}~"),
    };
    Some(text.into_bytes())
}

/// PF1 to PF4 are `ESC O` in every mode.
fn is_pf(last: char) -> bool {
    matches!(last, 'P'..='S')
}

/// The two shapes of a function key: `CSI 1 ; mods LETTER` and `CSI NUMBER ; mods ~`.
#[derive(Debug, Clone, Copy)]
enum Form {
    Letter(char),
    Number(u8),
}

fn form(code: KeyCode) -> Option<Form> {
    const NUMBERS: [u8; 16] = [15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34];
    Some(match code {
        KeyCode::Up => Form::Letter('A'),
        KeyCode::Down => Form::Letter('B'),
        KeyCode::Right => Form::Letter('C'),
        KeyCode::Left => Form::Letter('D'),
        KeyCode::KeypadBegin => Form::Letter('E'),
        KeyCode::End => Form::Letter('F'),
        KeyCode::Home => Form::Letter('H'),
        KeyCode::Insert => Form::Number(2),
        KeyCode::Delete => Form::Number(3),
        KeyCode::PageUp => Form::Number(5),
        KeyCode::PageDown => Form::Number(6),
        KeyCode::F(n @ 1..=4) => Form::Letter(char::from(b'O' + n)),
        KeyCode::F(n @ 5..=20) => Form::Number(NUMBERS[usize::from(n) - 5]),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use KeyModifiers as M;

    fn sent(code: KeyCode, mods: M, modes: Modes) -> String {
        let bytes = encode(&KeyEvent::new(code, mods), modes).expect("the key sends something");
        String::from_utf8(bytes)
            .expect("keys send UTF-8")
            .replace('\x1b', "^[")
    }

    #[test]
    fn keys_follow_xterm() {
        let plain = Modes::default();
        let app = Modes {
            app_cursor: true,
            ..plain
        };
        for (code, mods, modes, bytes) in [
            (KeyCode::Char('a'), M::NONE, plain, "a"),
            (KeyCode::Char('é'), M::ALT, plain, "^[é"),
            (KeyCode::Char('c'), M::CONTROL, plain, "\x03"),
            (KeyCode::Char(' '), M::CONTROL, plain, "\0"),
            (KeyCode::Char('x'), M::CONTROL | M::ALT, plain, "^[\x18"),
            (KeyCode::Enter, M::NONE, plain, "\r"),
            (
                KeyCode::Enter,
                M::NONE,
                Modes {
                    newline: true,
                    ..plain
                },
                "\r\n",
            ),
            (KeyCode::BackTab, M::SHIFT, plain, "^[[Z"),
            (KeyCode::Backspace, M::NONE, plain, "\x7f"),
            (KeyCode::Backspace, M::ALT, plain, "^[\x7f"),
            (KeyCode::Up, M::NONE, plain, "^[[A"),
            (KeyCode::Up, M::NONE, app, "^[OA"),
            (KeyCode::Left, M::CONTROL, app, "^[[1;5D"),
            (KeyCode::Home, M::NONE, app, "^[OH"),
            (KeyCode::End, M::SHIFT | M::ALT, plain, "^[[1;4F"),
            (KeyCode::Delete, M::NONE, plain, "^[[3~"),
            (KeyCode::PageUp, M::SHIFT, plain, "^[[5;2~"),
            (KeyCode::F(1), M::NONE, plain, "^[OP"),
            (KeyCode::F(4), M::CONTROL, plain, "^[[1;5S"),
            (KeyCode::F(5), M::NONE, plain, "^[[15~"),
            (KeyCode::F(12), M::ALT, plain, "^[[24;3~"),
        ] {
            assert_eq!(sent(code, mods, modes), bytes, "{code:?} with {mods:?}");
        }
    }

    #[test]
    fn the_keypad_has_sequences_of_its_own_in_application_mode() {
        let mut key = KeyEvent::new(KeyCode::Char('5'), M::NONE);
        key.state = KeyEventState::KEYPAD;
        assert_eq!(encode(&key, Modes::default()), Some(b"5".to_vec()));
        assert_eq!(
            encode(
                &key,
                Modes {
                    app_keypad: true,
                    ..Modes::default()
                }
            ),
            Some(b"\x1bOu".to_vec())
        );
    }

    #[test]
    fn releases_send_nothing_unless_asked_for() {
        let mut key = KeyEvent::new(KeyCode::Up, M::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(encode(&key, Modes::default()), None);
        assert_eq!(
            encode(
                &key,
                Modes {
                    keyboard: 3,
                    ..Modes::default()
                }
            ),
            Some(b"\x1b[1;1:3A".to_vec())
        );
    }

    #[test]
    fn focus_is_reported_when_asked_for() {
        assert_eq!(encode_focus(true, Modes::default()), None);
        let asked = Modes {
            focus_events: true,
            ..Modes::default()
        };
        assert_eq!(encode_focus(false, asked), Some(b"\x1b[O".to_vec()));
    }
}
