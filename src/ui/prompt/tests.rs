//! The input line by its keys: editing, history, wide characters, what is shown when it is too long.

use super::*;
use proptest::prelude::*;

fn key(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
    KeyEvent::new(code, modifiers)
}

fn typed(text: &str) -> Prompt {
    let mut prompt = Prompt::default();
    for c in text.chars() {
        prompt.press(&key(KeyCode::Char(c), KeyModifiers::NONE));
    }
    prompt
}

#[test]
fn backspace_takes_a_whole_grapheme() {
    let mut prompt = typed("결e\u{301}");
    prompt.press(&key(KeyCode::Backspace, KeyModifiers::NONE));
    assert_eq!(prompt.text(), "결");
    prompt.press(&key(KeyCode::Backspace, KeyModifiers::NONE));
    assert_eq!(prompt.text(), "");
}

#[test]
fn control_w_takes_the_word_and_control_y_brings_it_back() {
    let mut prompt = typed("tag.team:pay -web ");
    prompt.press(&key(KeyCode::Char('w'), KeyModifiers::CONTROL));
    assert_eq!(prompt.text(), "tag.team:pay ");
    prompt.press(&key(KeyCode::Char('y'), KeyModifiers::CONTROL));
    assert_eq!(prompt.text(), "tag.team:pay -web ");
}

#[test]
fn a_paste_stays_on_one_line_and_brings_no_escape_sequence() {
    let mut prompt = typed("a");
    prompt.paste("b\r\nc\x1b[31m\td\n");
    assert_eq!(prompt.text(), "ab c[31m d");
}

#[test]
fn history_comes_back_by_its_beginning_and_then_the_draft() {
    let mut prompt = Prompt::default().with_history(vec!["web".into(), "pay".into(), "web-2".into()]);
    prompt.set("we");
    let up = key(KeyCode::Up, KeyModifiers::NONE);
    let down = key(KeyCode::Down, KeyModifiers::NONE);
    prompt.press(&up);
    assert_eq!(prompt.text(), "web-2");
    prompt.press(&up);
    assert_eq!(prompt.text(), "web");
    prompt.press(&down);
    prompt.press(&down);
    assert_eq!(prompt.text(), "we");
}

#[test]
fn words_are_crossed_in_one_step() {
    let mut prompt = typed("drain web-node");
    prompt.press(&key(KeyCode::Left, KeyModifiers::CONTROL));
    assert_eq!(&prompt.text()[prompt.cursor()..], "node");
    prompt.press(&key(KeyCode::Char('d'), KeyModifiers::ALT));
    assert_eq!(prompt.text(), "drain web-");
}

proptest! {
    #[test]
    fn any_keys_leave_the_cursor_inside_the_text(keys in prop::collection::vec((0usize..14, any::<char>()), 0..60)) {
        let mut prompt = Prompt::default();
        for (which, c) in keys {
            let (code, modifiers) = match which {
                0 => (KeyCode::Left, KeyModifiers::NONE),
                1 => (KeyCode::Right, KeyModifiers::CONTROL),
                2 => (KeyCode::Backspace, KeyModifiers::NONE),
                3 => (KeyCode::Delete, KeyModifiers::NONE),
                4 => (KeyCode::Char('w'), KeyModifiers::CONTROL),
                5 => (KeyCode::Char('y'), KeyModifiers::CONTROL),
                6 => (KeyCode::Home, KeyModifiers::NONE),
                7 => (KeyCode::Up, KeyModifiers::NONE),
                8 => (KeyCode::Enter, KeyModifiers::NONE),
                _ => (KeyCode::Char(c), KeyModifiers::NONE),
            };
            prompt.press(&key(code, modifiers));
            prop_assert!(prompt.text().is_char_boundary(prompt.cursor()));
        }
    }
}
