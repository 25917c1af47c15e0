//! Key strokes as people write them (`C-x`, `A-left`, `S-tab`, `g g`, `space`, `f5`, `?`) and the map from
//! sequences of them to whatever is bound. The same stroke has one form here however a terminal reports it.

mod map;
mod stroke;

use std::fmt;

pub use map::{Conflict, KeyMap, Pressed, Typed};
pub use stroke::Stroke;

/// One line of `[keys]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub strokes: Vec<Stroke>,
    /// A command line; empty unbinds the keys.
    pub command: String,
    /// The line of the configuration file, for errors about the command.
    pub line: usize,
}

/// Why a text names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{says}")]
pub struct BadKey {
    pub says: String,
    pub hint: String,
}

/// A sequence of strokes separated by blanks; never empty.
pub fn parse(text: &str) -> Result<Vec<Stroke>, BadKey> {
    let strokes: Vec<Stroke> = text
        .split_whitespace()
        .map(stroke::parse)
        .collect::<Result<_, _>>()?;
    if strokes.is_empty() {
        let hint = "write a key like C-x, A-left, f5 or g g".to_string();
        return Err(BadKey {
            says: "a key binding names no key".into(),
            hint,
        });
    }
    Ok(strokes)
}

/// A sequence as `parse` reads it.
pub fn print(strokes: &[Stroke]) -> impl fmt::Display {
    let names: Vec<String> = strokes.iter().map(Stroke::to_string).collect();
    names.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use proptest::prelude::*;

    fn typed(code: KeyCode, modifiers: KeyModifiers) -> Vec<Stroke> {
        vec![Stroke::of(&KeyEvent::new(code, modifiers)).unwrap()]
    }

    #[test]
    fn what_is_written_is_what_is_pressed() {
        let ctrl = KeyModifiers::CONTROL;
        let shift = KeyModifiers::SHIFT;
        let none = KeyModifiers::NONE;
        for (text, code, modifiers) in [
            ("C-x", KeyCode::Char('x'), ctrl),
            ("ctrl-x", KeyCode::Char('X'), ctrl),
            ("C-S-x", KeyCode::Char('X'), ctrl | shift),
            ("A-left", KeyCode::Left, KeyModifiers::ALT),
            ("S-tab", KeyCode::BackTab, shift),
            ("S-tab", KeyCode::BackTab, none),
            ("space", KeyCode::Char(' '), none),
            ("?", KeyCode::Char('?'), shift),
            ("G", KeyCode::Char('G'), shift),
            ("S-g", KeyCode::Char('G'), none),
            ("f5", KeyCode::F(5), none),
            ("C--", KeyCode::Char('-'), ctrl),
            ("-", KeyCode::Char('-'), none),
        ] {
            assert_eq!(parse(text).unwrap(), typed(code, modifiers), "{text}");
        }
    }

    #[test]
    fn a_wrong_key_is_named_with_what_is_allowed() {
        let bad = parse("C-entr").unwrap_err();
        assert_eq!(bad.says, "no key is called \"entr\"");
        assert_eq!(bad.hint, "did you mean \"enter\"?");
        assert_eq!(parse("X-a").unwrap_err().says, "\"X-\" is no modifier");
        assert_eq!(parse("C-C-a").unwrap_err().says, "\"C-\" is written twice");
        assert_eq!(parse("f99").unwrap_err().says, "no key is called \"f99\"");
        assert_eq!(parse("  ").unwrap_err().says, "a key binding names no key");
    }

    proptest! {
        #[test]
        fn any_text_parses_to_what_prints_and_parses_the_same(text in "[CASctrlalt -]{0,6}\\PC{0,6}") {
            if let Ok(strokes) = parse(&text) {
                prop_assert_eq!(parse(&print(&strokes).to_string()).unwrap(), strokes);
            }
        }
    }
}
