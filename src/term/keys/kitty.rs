//! Keys under the kitty keyboard protocol (https://sw.kovidgoyal.net/kitty/keyboard-protocol/), as far as
//! crossterm reports them.

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyEventState, KeyModifiers, MediaKeyCode as Media, ModifierKeyCode,
};

use super::{Form, form, legacy};
use crate::term::Modes;

const EVENT_TYPES: u8 = 2;
const ALTERNATES: u8 = 4;
const ALL_KEYS: u8 = 8;
const TEXT: u8 = 16;

pub(super) fn encode(key: &KeyEvent, modes: Modes) -> Option<Vec<u8>> {
    let flags = modes.keyboard;
    if key.kind == KeyEventKind::Release && flags & EVENT_TYPES == 0 {
        return None;
    }
    if matches!(key.code, KeyCode::Modifier(_)) && flags & ALL_KEYS == 0 {
        return None;
    }
    let bits = modifier_bits(key.modifiers);
    if flags & ALL_KEYS == 0 && is_text(key, bits) {
        return if key.kind == KeyEventKind::Release {
            None
        } else {
            legacy(key, modes)
        };
    }
    let keypad = key.state.contains(KeyEventState::KEYPAD);
    match form(key.code) {
        Some(Form::Letter('R')) => Some(sequence("13", key, flags, '~')),
        Some(Form::Letter(last)) if !keypad => {
            let number = if bits == 0 && event_type(key, flags).is_none() {
                ""
            } else {
                "1"
            };
            Some(sequence(number, key, flags, last))
        }
        Some(Form::Number(number)) if !keypad && number <= 24 => {
            Some(sequence(&number.to_string(), key, flags, '~'))
        }
        _ => {
            let code = code_point(key.code, keypad)?;
            let shifted = match key.code {
                KeyCode::Char(c) if flags & ALTERNATES != 0 && bits & 1 != 0 && u32::from(c) != code => {
                    format!("{code}:{}", u32::from(c))
                }
                _ => code.to_string(),
            };
            Some(sequence(&shifted, key, flags, 'u'))
        }
    }
}

/// Keys that stay what they were unless every key is to be escaped: those that make text, and Enter, Tab and
/// Backspace, so that a shell still works after a program left the protocol on.
fn is_text(key: &KeyEvent, bits: u8) -> bool {
    match key.code {
        KeyCode::Char(_) => bits & !1 == 0,
        KeyCode::Enter | KeyCode::Tab | KeyCode::Backspace => bits == 0,
        _ => false,
    }
}

fn sequence(number: &str, key: &KeyEvent, flags: u8, last: char) -> Vec<u8> {
    let bits = modifier_bits(key.modifiers);
    let event = event_type(key, flags);
    let text = match key.code {
        KeyCode::Char(c) if flags & TEXT != 0 && bits & !1 == 0 && key.kind != KeyEventKind::Release => {
            Some(u32::from(c))
        }
        _ => None,
    };
    let mut out = format!("\x1b[{number}");
    if bits != 0 || event.is_some() || text.is_some() {
        out += &format!(";{}", u16::from(bits) + 1);
        if let Some(event) = event {
            out += &format!(":{event}");
        }
    }
    if let Some(text) = text {
        out += &format!(";{text}");
    }
    out.push(last);
    out.into_bytes()
}

/// 2 for a repeat, 3 for a release; a press is the default.
fn event_type(key: &KeyEvent, flags: u8) -> Option<u8> {
    match key.kind {
        _ if flags & EVENT_TYPES == 0 => None,
        KeyEventKind::Press => None,
        KeyEventKind::Repeat => Some(2),
        KeyEventKind::Release => Some(3),
    }
}

pub(super) fn modifier_bits(mods: KeyModifiers) -> u8 {
    let order = [
        KeyModifiers::SHIFT,
        KeyModifiers::ALT,
        KeyModifiers::CONTROL,
        KeyModifiers::SUPER,
        KeyModifiers::HYPER,
        KeyModifiers::META,
    ];
    order
        .iter()
        .enumerate()
        .map(|(bit, held)| u8::from(mods.contains(*held)) << bit)
        .sum()
}

fn code_point(code: KeyCode, keypad: bool) -> Option<u32> {
    Some(match code {
        KeyCode::Char(digit @ '0'..='9') if keypad => 57399 + u32::from(digit) - u32::from('0'),
        KeyCode::Char('.') if keypad => 57409,
        KeyCode::Char('/') if keypad => 57410,
        KeyCode::Char('*') if keypad => 57411,
        KeyCode::Char('-') if keypad => 57412,
        KeyCode::Char('+') if keypad => 57413,
        KeyCode::Enter if keypad => 57414,
        KeyCode::Char('=') if keypad => 57415,
        KeyCode::Char(',') if keypad => 57416,
        KeyCode::Left => 57417,
        KeyCode::Right => 57418,
        KeyCode::Up => 57419,
        KeyCode::Down => 57420,
        KeyCode::PageUp => 57421,
        KeyCode::PageDown => 57422,
        KeyCode::Home => 57423,
        KeyCode::End => 57424,
        KeyCode::Insert => 57425,
        KeyCode::Delete => 57426,
        KeyCode::KeypadBegin => 57427,
        KeyCode::Char(c) => c.to_lowercase().next().map_or(u32::from(c), u32::from),
        KeyCode::Enter => 13,
        KeyCode::Tab | KeyCode::BackTab => 9,
        KeyCode::Backspace => 127,
        KeyCode::Esc => 27,
        KeyCode::Null => u32::from(' '),
        KeyCode::CapsLock => 57358,
        KeyCode::ScrollLock => 57359,
        KeyCode::NumLock => 57360,
        KeyCode::PrintScreen => 57361,
        KeyCode::Pause => 57362,
        KeyCode::Menu => 57363,
        KeyCode::F(n @ 13..=35) => 57376 + u32::from(n) - 13,
        KeyCode::F(_) => return None,
        KeyCode::Media(media) => media_code(media),
        KeyCode::Modifier(modifier) => modifier_code(modifier),
    })
}

fn media_code(media: Media) -> u32 {
    match media {
        Media::Play => 57428,
        Media::Pause => 57429,
        Media::PlayPause => 57430,
        Media::Reverse => 57431,
        Media::Stop => 57432,
        Media::FastForward => 57433,
        Media::Rewind => 57434,
        Media::TrackNext => 57435,
        Media::TrackPrevious => 57436,
        Media::Record => 57437,
        Media::LowerVolume => 57438,
        Media::RaiseVolume => 57439,
        Media::MuteVolume => 57440,
    }
}

fn modifier_code(modifier: ModifierKeyCode) -> u32 {
    match modifier {
        ModifierKeyCode::LeftShift => 57441,
        ModifierKeyCode::LeftControl => 57442,
        ModifierKeyCode::LeftAlt => 57443,
        ModifierKeyCode::LeftSuper => 57444,
        ModifierKeyCode::LeftHyper => 57445,
        ModifierKeyCode::LeftMeta => 57446,
        ModifierKeyCode::RightShift => 57447,
        ModifierKeyCode::RightControl => 57448,
        ModifierKeyCode::RightAlt => 57449,
        ModifierKeyCode::RightSuper => 57450,
        ModifierKeyCode::RightHyper => 57451,
        ModifierKeyCode::RightMeta => 57452,
        ModifierKeyCode::IsoLevel3Shift => 57453,
        ModifierKeyCode::IsoLevel5Shift => 57454,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use KeyModifiers as M;

    #[test]
    fn each_flag_of_the_protocol_changes_what_it_says() {
        for (code, mods, keyboard, bytes) in [
            (KeyCode::Char('a'), M::NONE, 1, "a"),
            (KeyCode::Char('A'), M::SHIFT, 1, "A"),
            (KeyCode::Char('c'), M::CONTROL, 1, "^[[99;5u"),
            (KeyCode::Char('x'), M::ALT, 1, "^[[120;3u"),
            (KeyCode::Esc, M::NONE, 1, "^[[27u"),
            (KeyCode::Enter, M::NONE, 1, "\r"),
            (KeyCode::Enter, M::SHIFT, 1, "^[[13;2u"),
            (KeyCode::Enter, M::NONE, 8, "^[[13u"),
            (KeyCode::Up, M::NONE, 1, "^[[A"),
            (KeyCode::Up, M::CONTROL, 1, "^[[1;5A"),
            (KeyCode::F(1), M::NONE, 1, "^[[P"),
            (KeyCode::F(3), M::NONE, 1, "^[[13~"),
            (KeyCode::F(13), M::NONE, 1, "^[[57376u"),
            (KeyCode::Delete, M::SHIFT, 1, "^[[3;2~"),
            (KeyCode::Char('a'), M::NONE, 8, "^[[97u"),
            (KeyCode::Char('A'), M::SHIFT, 8 | 4, "^[[97:65;2u"),
            (KeyCode::Char('a'), M::NONE, 8 | 16, "^[[97;1;97u"),
            (KeyCode::Tab, M::CONTROL, 1, "^[[9;5u"),
        ] {
            let modes = Modes {
                keyboard,
                ..Modes::default()
            };
            let sent = encode(&KeyEvent::new(code, mods), modes).expect("the key sends something");
            let sent = String::from_utf8(sent)
                .expect("keys send UTF-8")
                .replace('\x1b', "^[");
            assert_eq!(sent, bytes, "{code:?} with {mods:?} under {keyboard}");
        }
    }
}
