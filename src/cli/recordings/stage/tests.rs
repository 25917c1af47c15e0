//! The replay in a terminal: its keys and what the last line says.

use super::*;
use crate::recording::{Catalogue, DeviceKey, End, Header, Keyring, Player, Writer};

fn stage() -> (tempfile::TempDir, Stage) {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let mut writer = Writer::create(dir.path(), Header::new("local", (40, 4)), &key).unwrap();
    writer.output(0, b"first\r\n").unwrap();
    writer.output(50_000_000, b"\x1b]0;pwned\x07second\r\n").unwrap();
    let sealed = writer.end(100_000_000, End::default()).unwrap();
    let deck = Deck::from(Player::open(&sealed.path).unwrap());
    let score = Score::new(
        Catalogue::open(dir.path(), Keyring::default()),
        vec![sealed.path],
        None,
    );
    (dir, Stage::new(deck, PaneLook::default(), score, None))
}

fn press(stage: &mut Stage, keys: &str) {
    for c in keys.chars() {
        let code = match c {
            '→' => KeyCode::Right,
            '←' => KeyCode::Left,
            '⏎' => KeyCode::Enter,
            c => KeyCode::Char(c),
        };
        assert_eq!(
            stage.key(KeyEvent::new(code, KeyModifiers::NONE)).unwrap(),
            Flow::Draw
        );
    }
}

fn painted(stage: &Stage, width: u16) -> Vec<String> {
    let area = Rect::new(0, 0, width, 5);
    let mut buf = Buffer::empty(area);
    stage.paint(area, &mut buf);
    let row = |y| {
        (0..width)
            .map(|x| buf[(x, y)].symbol())
            .collect::<String>()
            .trim_end()
            .to_string()
    };
    (0..5).map(row).collect()
}

#[test]
fn keys_move_through_the_recording() {
    let (_dir, mut stage) = stage();
    press(&mut stage, "5");
    assert_eq!(stage.deck.at_us(), 50_000_000);
    press(&mut stage, "→→←");
    assert_eq!(stage.deck.at_us(), 55_000_000);
    stage
        .key(KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT))
        .unwrap();
    assert_eq!(stage.deck.at_us(), 0);
    press(&mut stage, "]] i");
    assert_eq!((stage.deck.speed(), stage.deck.is_paused()), (4.0, true));
    assert!(stage.deck.idle_limit().is_some());
    press(&mut stage, "i");
    assert!(stage.deck.idle_limit().is_none());
}

#[test]
fn a_search_goes_to_the_time_and_says_so() {
    let (_dir, mut stage) = stage();
    press(&mut stage, "/second⏎");
    assert_eq!(stage.deck.at_us(), 50_000_000);
    let rows = painted(&stage, 120);
    assert_eq!(rows[1], "second");
    assert!(
        rows[4].contains("00:50 / 01:40 50%") && rows[4].contains("\"second\" 1 of 1"),
        "{}",
        rows[4]
    );
    press(&mut stage, "/nowhere⏎");
    assert!(painted(&stage, 120)[4].contains("never shown"));
}

#[test]
fn any_width_is_painted_and_quitting_keys_quit() {
    let (_dir, mut stage) = stage();
    for width in 1..90 {
        painted(&stage, width);
    }
    assert!(painted(&stage, 20)[4].starts_with(" playing 00:00"));
    let quit = stage
        .key(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE))
        .unwrap();
    assert_eq!(quit, Flow::Quit);
}

#[test]
fn two_side_by_side_have_names_and_what_begins_later_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let player = |name: &str, started_at: i64| {
        let header = Header {
            target_name: Some(name.into()),
            started_at,
            ..Header::new("shell", (40, 4))
        };
        let mut writer = Writer::create(dir.path(), header, &key).unwrap();
        writer.output(1_000, name.to_uppercase().as_bytes()).unwrap();
        Player::open(&writer.end(100_000_000, End::default()).unwrap().path).unwrap()
    };
    let deck = Deck::pair(player("web-1", 0), player("web-2", 90_000_000));
    let score = Score::new(Catalogue::open(dir.path(), Keyring::default()), Vec::new(), None);
    let mut stage = Stage::new(deck, PaneLook::default(), score, None);
    press(&mut stage, "1");
    let rows = painted(&stage, 80);
    assert!(
        rows[0].starts_with("web-1  1970-01-01 00:00:00") && rows[0].ends_with("web-2  begins in 01:11"),
        "{rows:?}"
    );
    assert!(
        rows[1].starts_with("WEB-1") && !rows[1].contains("WEB-2"),
        "{rows:?}"
    );
    press(&mut stage, "9");
    let rows = painted(&stage, 80);
    assert!(
        rows[0].ends_with("web-2  1970-01-01 00:01:30") && rows[1].contains("WEB-2"),
        "{rows:?}"
    );
}

#[test]
fn the_screen_is_copied_and_there_is_nothing_to_go_on_to_before_a_search() {
    let (_dir, mut stage) = stage();
    press(&mut stage, "5n");
    assert!(painted(&stage, 120)[4].contains("nothing is sought yet"));
    let copied = stage
        .key(KeyEvent::new(KeyCode::Char('y'), KeyModifiers::NONE))
        .unwrap();
    assert!(matches!(copied, Flow::Copy(text) if text.starts_with("first\nsecond")));
}

#[test]
fn what_only_the_screen_has_whole_is_covered_on_it_and_in_a_copy() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let mut writer = Writer::create(dir.path(), Header::new("local", (40, 4)), &key).unwrap();
    writer
        .output(0, b"key: AKIA____________MPLE\x1b[10GIOSFODNN7EXA")
        .unwrap();
    let sealed = writer.end(1, End::default()).unwrap();
    let deck = Deck::from(Player::open(&sealed.path).unwrap());
    let score = Score::new(Catalogue::open(dir.path(), Keyring::default()), Vec::new(), None);
    let rules = crate::recording::redaction::Rules::new(&[]).unwrap();
    let veil = Veil::new(std::sync::Arc::new(rules));
    let mut stage = Stage::new(deck, PaneLook::default(), score, Some(veil));
    stage.deck.seek(1).unwrap();
    assert_eq!(painted(&stage, 40)[0], "key: AKIA[redacted: aws-a");
    let copied = stage.key(KeyEvent::new(KeyCode::Char('y'), KeyModifiers::NONE));
    assert_eq!(copied.unwrap(), Flow::Copy("key: AKIA[redacted: aws-a".into()));
}
