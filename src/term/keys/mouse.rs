//! Mouse events as the remote asked for them: SGR, UTF-8 or the old form.

use crossterm::event::{KeyModifiers, MouseButton, MouseEventKind};

use crate::term::{Modes, Mouse};

/// Lines a turn of the wheel moves a full-screen program that knows no mouse.
const WHEEL_LINES: usize = 3;

/// Bytes for a mouse event at a cell of the pane, counted from 0; none if the remote did not ask for it.
pub fn encode(
    kind: MouseEventKind,
    mods: KeyModifiers,
    (col, row): (u16, u16),
    modes: Modes,
) -> Option<Vec<u8>> {
    let wanted = match kind {
        MouseEventKind::Drag(_) => matches!(modes.mouse, Mouse::Drag | Mouse::Motion),
        MouseEventKind::Moved => modes.mouse == Mouse::Motion,
        _ => modes.mouse != Mouse::Off,
    };
    if !wanted {
        return wheel_as_arrows(kind, modes);
    }
    let mut code = match kind {
        MouseEventKind::Down(button) | MouseEventKind::Up(button) => number(button),
        MouseEventKind::Drag(button) => 32 + number(button),
        MouseEventKind::Moved => 35,
        MouseEventKind::ScrollUp => 64,
        MouseEventKind::ScrollDown => 65,
        MouseEventKind::ScrollLeft => 66,
        MouseEventKind::ScrollRight => 67,
    };
    let up = matches!(kind, MouseEventKind::Up(_));
    if up && !modes.sgr_mouse {
        code = 3;
    }
    code += u16::from(mods.contains(KeyModifiers::SHIFT)) * 4
        + u16::from(mods.contains(KeyModifiers::ALT)) * 8
        + u16::from(mods.contains(KeyModifiers::CONTROL)) * 16;
    let (col, row) = (col.saturating_add(1), row.saturating_add(1));
    if modes.sgr_mouse {
        let last = if up { 'm' } else { 'M' };
        return Some(format!("\x1b[<{code};{col};{row}{last}").into_bytes());
    }
    let mut bytes = b"\x1b[M".to_vec();
    for value in [code, col, row] {
        push_old(&mut bytes, value + 32, modes.utf8_mouse)?;
    }
    Some(bytes)
}

fn number(button: MouseButton) -> u16 {
    match button {
        MouseButton::Left => 0,
        MouseButton::Middle => 1,
        MouseButton::Right => 2,
    }
}

/// The old forms end where a value no longer fits; such an event is not sent at all.
fn push_old(bytes: &mut Vec<u8>, value: u16, utf8: bool) -> Option<()> {
    if utf8 {
        let c = char::from_u32(u32::from(value)).filter(|c| c.len_utf8() <= 2)?;
        bytes.extend(c.encode_utf8(&mut [0; 2]).bytes());
    } else {
        bytes.push(u8::try_from(value).ok()?);
    }
    Some(())
}

fn wheel_as_arrows(kind: MouseEventKind, modes: Modes) -> Option<Vec<u8>> {
    let last = match kind {
        MouseEventKind::ScrollUp => b'A',
        MouseEventKind::ScrollDown => b'B',
        _ => return None,
    };
    if modes.mouse != Mouse::Off || !modes.alt_screen || !modes.alternate_scroll {
        return None;
    }
    Some([0x1b, if modes.app_cursor { b'O' } else { b'[' }, last].repeat(WHEEL_LINES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use MouseEventKind as Kind;

    const LEFT: MouseButton = MouseButton::Left;

    #[test]
    fn mouse_events_take_the_form_the_remote_asked_for() {
        let click = Modes {
            mouse: Mouse::Click,
            ..Modes::default()
        };
        let sgr = Modes {
            sgr_mouse: true,
            ..click
        };
        let utf8 = Modes {
            utf8_mouse: true,
            ..click
        };
        let none = KeyModifiers::NONE;
        assert_eq!(encode(Kind::Down(LEFT), none, (0, 0), Modes::default()), None);
        assert_eq!(
            encode(Kind::Down(LEFT), none, (0, 1), click),
            Some(b"\x1b[M !\"".to_vec())
        );
        assert_eq!(
            encode(Kind::Up(LEFT), none, (0, 1), click),
            Some(b"\x1b[M#!\"".to_vec())
        );
        assert_eq!(encode(Kind::Down(LEFT), none, (230, 1), click), None);
        assert_eq!(
            encode(Kind::Down(LEFT), none, (230, 1), utf8),
            Some("\x1b[M \u{107}\"".into())
        );
        assert_eq!(
            encode(Kind::Up(LEFT), KeyModifiers::CONTROL, (300, 9), sgr),
            Some(b"\x1b[<16;301;10m".to_vec())
        );
        assert_eq!(encode(Kind::Drag(LEFT), none, (0, 0), sgr), None);
        let drag = Modes {
            mouse: Mouse::Drag,
            ..sgr
        };
        assert_eq!(
            encode(Kind::Drag(LEFT), none, (0, 0), drag),
            Some(b"\x1b[<32;1;1M".to_vec())
        );
        assert_eq!(encode(Kind::Moved, none, (0, 0), drag), None);
        assert_eq!(
            encode(Kind::ScrollDown, none, (4, 4), sgr),
            Some(b"\x1b[<65;5;5M".to_vec())
        );
    }

    #[test]
    fn the_wheel_sends_arrows_to_a_full_screen_program_without_mouse() {
        let less = Modes {
            alt_screen: true,
            alternate_scroll: true,
            app_cursor: true,
            ..Modes::default()
        };
        let sent = encode(Kind::ScrollUp, KeyModifiers::NONE, (0, 0), less);
        assert_eq!(sent, Some(b"\x1bOA\x1bOA\x1bOA".to_vec()));
    }
}
