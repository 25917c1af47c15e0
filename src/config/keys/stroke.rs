//! One stroke in its one form: a letter carries its own case, back-tab is `S-tab`, and shift is kept only
//! where the character does not already say it.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::BadKey;
use crate::config::nearest::suggest;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stroke {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// First the name that is printed, then the aliases that are understood.
const NAMES: [(&str, KeyCode); 23] = [
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("menu", KeyCode::Menu),
    ("return", KeyCode::Enter),
    ("ret", KeyCode::Enter),
    ("escape", KeyCode::Esc),
    ("del", KeyCode::Delete),
    ("ins", KeyCode::Insert),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
];

const MODIFIERS: [(&str, KeyModifiers); 6] = [
    ("C-", KeyModifiers::CONTROL),
    ("A-", KeyModifiers::ALT),
    ("S-", KeyModifiers::SHIFT),
    ("ctrl-", KeyModifiers::CONTROL),
    ("alt-", KeyModifiers::ALT),
    ("shift-", KeyModifiers::SHIFT),
];

impl Stroke {
    pub fn new(code: KeyCode, modifiers: KeyModifiers) -> Stroke {
        let mut modifiers = modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match code {
            KeyCode::BackTab => {
                modifiers |= KeyModifiers::SHIFT;
                KeyCode::Tab
            }
            // With control most terminals tell no case, and those that do report it either way.
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => KeyCode::Char(lower(c)),
            KeyCode::Char(' ') => code,
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::SHIFT) => {
                modifiers -= KeyModifiers::SHIFT;
                KeyCode::Char(upper(c))
            }
            code => code,
        };
        Stroke { code, modifiers }
    }

    /// What was pressed; `None` for a release and for a modifier or media key alone.
    pub fn of(key: &KeyEvent) -> Option<Stroke> {
        let bindable = !matches!(key.code, KeyCode::Modifier(_) | KeyCode::Media(_) | KeyCode::Null);
        (bindable && key.kind != KeyEventKind::Release).then(|| Stroke::new(key.code, key.modifiers))
    }

    /// The character this stroke types into a text, if it is one.
    pub fn character(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if (self.modifiers - KeyModifiers::SHIFT).is_empty() => Some(c),
            _ => None,
        }
    }
}

impl fmt::Display for Stroke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (prefix, modifier) in MODIFIERS.iter().take(3) {
            if self.modifiers.contains(*modifier) {
                f.write_str(prefix)?;
            }
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(number) => write!(f, "f{number}"),
            other => write!(f, "{}", other.to_string().to_lowercase()),
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Stroke, BadKey> {
    let mut rest = text;
    let mut modifiers = KeyModifiers::NONE;
    // A dash that ends the text is the key itself.
    while let Some(dash) = rest.find('-').filter(|dash| *dash > 0 && dash + 1 < rest.len()) {
        let prefix = &rest[..=dash];
        let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| *name == prefix) else {
            let hint = "allowed: C- (control), A- (alt), S- (shift)".to_string();
            return Err(BadKey {
                says: format!("{prefix:?} is no modifier"),
                hint,
            });
        };
        if modifiers.contains(*modifier) {
            let hint = "write each modifier once".to_string();
            return Err(BadKey {
                says: format!("{prefix:?} is written twice"),
                hint,
            });
        }
        modifiers |= *modifier;
        rest = &rest[dash + 1..];
    }
    Ok(Stroke::new(parse_code(rest)?, modifiers))
}

fn parse_code(name: &str) -> Result<KeyCode, BadKey> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next())
        && !c.is_control()
    {
        return Ok(KeyCode::Char(c));
    }
    let lowered = name.to_lowercase();
    if let Some((_, code)) = NAMES.iter().find(|(known, _)| *known == lowered) {
        return Ok(*code);
    }
    if let Some(number) = lowered
        .strip_prefix('f')
        .and_then(|number| number.parse::<u8>().ok())
        && (1..=24).contains(&number)
    {
        return Ok(KeyCode::F(number));
    }
    let mut names: Vec<&str> = NAMES.iter().take(16).map(|(name, _)| *name).collect();
    names.extend(["f1 to f24", "one character"]);
    Err(BadKey {
        says: format!("no key is called {name:?}"),
        hint: suggest(name, &names),
    })
}

/// Only where case is one character to one character, so that printing and parsing agree.
fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}
