//! What the terminal sends, as the events that ratatui's widgets and the key map know.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyEventState, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use termina::{Parser, event as sent};

/// Hands bytes to the parser; `more` says that the terminal had more than was read.
///
/// The console asks the terminal nothing, so an escape that comes alone with `]` or `P` is Alt with that key: taken for
/// the begin of an answer, it would swallow every key after it.
pub fn feed(parser: &mut Parser, bytes: &[u8], more: bool) {
    match bytes {
        [0x1b, key @ (b']' | b'P')] if !more => {
            // As CSI u, in which every key has one meaning.
            parser.parse(format!("\x1b[{key};3u").as_bytes(), false);
        }
        _ => parser.parse(bytes, more),
    }
}

/// None for what the console never asked for.
pub fn event(event: sent::Event) -> Option<Event> {
    match event {
        sent::Event::Key(key) => decode_key(key).map(Event::Key),
        sent::Event::Mouse(mouse) => Some(Event::Mouse(MouseEvent {
            kind: decode_mouse(mouse.kind),
            column: mouse.column,
            row: mouse.row,
            modifiers: decode_modifiers(mouse.modifiers),
        })),
        sent::Event::Paste(text) => Some(Event::Paste(text)),
        sent::Event::FocusIn => Some(Event::FocusGained),
        sent::Event::FocusOut => Some(Event::FocusLost),
        sent::Event::WindowResized(_) | sent::Event::Csi(_) | sent::Event::Osc(_) | sent::Event::Dcs(_) => {
            None
        }
    }
}

fn decode_key(key: sent::KeyEvent) -> Option<KeyEvent> {
    let code = match key.code {
        sent::KeyCode::Char(char) => KeyCode::Char(char),
        sent::KeyCode::Enter => KeyCode::Enter,
        sent::KeyCode::Backspace => KeyCode::Backspace,
        sent::KeyCode::Tab => KeyCode::Tab,
        sent::KeyCode::BackTab => KeyCode::BackTab,
        sent::KeyCode::Escape => KeyCode::Esc,
        sent::KeyCode::Left => KeyCode::Left,
        sent::KeyCode::Right => KeyCode::Right,
        sent::KeyCode::Up => KeyCode::Up,
        sent::KeyCode::Down => KeyCode::Down,
        sent::KeyCode::Home => KeyCode::Home,
        sent::KeyCode::End => KeyCode::End,
        sent::KeyCode::PageUp => KeyCode::PageUp,
        sent::KeyCode::PageDown => KeyCode::PageDown,
        sent::KeyCode::Insert => KeyCode::Insert,
        sent::KeyCode::Delete => KeyCode::Delete,
        sent::KeyCode::KeypadBegin => KeyCode::KeypadBegin,
        sent::KeyCode::Menu => KeyCode::Menu,
        sent::KeyCode::Null => KeyCode::Null,
        sent::KeyCode::Function(number) => KeyCode::F(number),
        sent::KeyCode::CapsLock
        | sent::KeyCode::ScrollLock
        | sent::KeyCode::NumLock
        | sent::KeyCode::PrintScreen
        | sent::KeyCode::Pause
        | sent::KeyCode::Modifier(_)
        | sent::KeyCode::Media(_) => return None,
    };
    Some(KeyEvent {
        code,
        modifiers: decode_modifiers(key.modifiers),
        kind: match key.kind {
            sent::KeyEventKind::Press => KeyEventKind::Press,
            sent::KeyEventKind::Release => KeyEventKind::Release,
            sent::KeyEventKind::Repeat => KeyEventKind::Repeat,
        },
        state: KeyEventState::NONE,
    })
}

fn decode_modifiers(held: sent::Modifiers) -> KeyModifiers {
    [
        (sent::Modifiers::SHIFT, KeyModifiers::SHIFT),
        (sent::Modifiers::ALT, KeyModifiers::ALT),
        (sent::Modifiers::CONTROL, KeyModifiers::CONTROL),
        (sent::Modifiers::SUPER, KeyModifiers::SUPER),
        (sent::Modifiers::HYPER, KeyModifiers::HYPER),
        (sent::Modifiers::META, KeyModifiers::META),
    ]
    .into_iter()
    .filter(|(one, _)| held.contains(*one))
    .fold(KeyModifiers::NONE, |all, (_, one)| all | one)
}

fn decode_mouse(kind: sent::MouseEventKind) -> MouseEventKind {
    match kind {
        sent::MouseEventKind::Down(button) => MouseEventKind::Down(decode_button(button)),
        sent::MouseEventKind::Up(button) => MouseEventKind::Up(decode_button(button)),
        sent::MouseEventKind::Drag(button) => MouseEventKind::Drag(decode_button(button)),
        sent::MouseEventKind::Moved => MouseEventKind::Moved,
        sent::MouseEventKind::ScrollDown => MouseEventKind::ScrollDown,
        sent::MouseEventKind::ScrollUp => MouseEventKind::ScrollUp,
        sent::MouseEventKind::ScrollLeft => MouseEventKind::ScrollLeft,
        sent::MouseEventKind::ScrollRight => MouseEventKind::ScrollRight,
    }
}

fn decode_button(button: sent::MouseButton) -> MouseButton {
    match button {
        sent::MouseButton::Left => MouseButton::Left,
        sent::MouseButton::Right => MouseButton::Right,
        sent::MouseButton::Middle => MouseButton::Middle,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8]) -> Vec<Event> {
        let mut parser = Parser::default();
        feed(&mut parser, bytes, false);
        std::iter::from_fn(|| parser.pop()).filter_map(event).collect()
    }

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn keys_arrive_as_the_key_map_names_them() {
        let none = KeyModifiers::NONE;
        assert_eq!(decoded(b"j"), [key(KeyCode::Char('j'), none)]);
        assert_eq!(decoded(b"\x1b"), [key(KeyCode::Esc, none)]);
        assert_eq!(
            decoded(b"\r\t\x7f"),
            [KeyCode::Enter, KeyCode::Tab, KeyCode::Backspace].map(|code| key(code, none))
        );
        assert_eq!(decoded(b"\x07"), [key(KeyCode::Char('g'), KeyModifiers::CONTROL)]);
        assert_eq!(decoded(b"\x1b[Z"), [key(KeyCode::BackTab, KeyModifiers::SHIFT)]);
        assert_eq!(
            decoded(b"\x1b[1;5C"),
            [key(KeyCode::Right, KeyModifiers::CONTROL)]
        );
        assert_eq!(
            decoded(b"\x1bOP\x1b[15~"),
            [key(KeyCode::F(1), none), key(KeyCode::F(5), none)]
        );
        assert_eq!(
            decoded("한😀".as_bytes()),
            [key(KeyCode::Char('한'), none), key(KeyCode::Char('😀'), none)]
        );
        assert_eq!(decoded(b"A"), [key(KeyCode::Char('A'), KeyModifiers::SHIFT)]);
    }

    #[test]
    fn alt_with_a_key_that_begins_an_answer_swallows_nothing() {
        let mut parser = Parser::default();
        for bytes in [&b"\x1b]"[..], b"\x1bP", b"\x1bb", b"j"] {
            feed(&mut parser, bytes, false);
        }
        let events: Vec<_> = std::iter::from_fn(|| parser.pop()).filter_map(event).collect();
        let codes = events
            .iter()
            .filter_map(Event::as_key_event)
            .map(|key| (key.code, key.modifiers.contains(KeyModifiers::ALT)));
        let expected = [(']', true), ('P', true), ('b', true), ('j', false)]
            .map(|(char, alt)| (KeyCode::Char(char), alt));
        assert_eq!(codes.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_paste_longer_than_one_read_is_one_paste() {
        let text = "kubectl get pods\n".repeat(1_000);
        let sent = format!("\x1b[200~{text}\x1b[201~");
        let mut parser = Parser::default();
        for piece in sent.as_bytes().chunks(4_096) {
            feed(&mut parser, piece, piece.len() == 4_096);
        }
        let events: Vec<_> = std::iter::from_fn(|| parser.pop()).filter_map(event).collect();
        assert_eq!(events, [Event::Paste(text)]);
    }

    #[test]
    fn the_mouse_is_where_it_points() {
        let events = decoded(b"\x1b[<0;12;5M\x1b[<64;1;1M");
        let at = |kind, column, row| {
            Event::Mouse(MouseEvent {
                kind,
                column,
                row,
                modifiers: KeyModifiers::NONE,
            })
        };
        assert_eq!(
            events,
            [
                at(MouseEventKind::Down(MouseButton::Left), 11, 4),
                at(MouseEventKind::ScrollUp, 0, 0)
            ]
        );
    }

    proptest! {
        #[test]
        fn no_bytes_can_hurt_it(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20), more: bool) {
            let mut parser = Parser::default();
            for piece in &pieces {
                feed(&mut parser, piece, more);
                while let Some(sent) = parser.pop() {
                    event(sent);
                }
            }
        }
    }
}
