//! Replay: a seek shows what straight playing shows, wherever it starts from.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod recording_sample;

use quarterdeck::recording::{DeviceKey, End, Header, Marker, Player, Reader, Recorder, Writer};
use quarterdeck::recording::{What, export};
use quarterdeck::term::{Screen, Size};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use recording_sample::streams;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// Real streams one after another: enough for several keyframes.
fn recording() -> (TempDir, PathBuf) {
    let mut random = StdRng::seed_from_u64(11);
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let header = Header {
        term: Some("xterm-256color".into()),
        ..Header::new("local", (80, 24))
    };
    let mut recorder = Recorder::create(dir.path(), header, &key, 100).unwrap();
    let mut at = 0;
    for (i, stream) in streams(60).into_iter().cycle().take(90).enumerate() {
        if i % 7 == 3 {
            recorder.resize(100, 30).unwrap();
        }
        let mut rest = &stream[..];
        while !rest.is_empty() {
            let (head, tail) = rest.split_at(random.random_range(1..=rest.len().min(900)));
            at += random.random_range(0..300_000);
            recorder.output_at(at, head).unwrap();
            rest = tail;
        }
    }
    let path = recorder.path().to_path_buf();
    recorder.end(End::default()).unwrap();
    (dir, path)
}

fn linear(reader: &Reader, upto: impl Fn(usize, u64) -> bool) -> Screen {
    let (cols, rows) = reader.header().size;
    let mut screen = Screen::new(Size { cols, rows }, 0);
    for (n, event) in reader.events().unwrap().map(|e| e.unwrap()).enumerate() {
        if !upto(n, event.at_us) {
            break;
        }
        match event.what {
            What::Output(bytes) | What::Stderr(bytes) => screen.feed(&bytes),
            What::Resize { cols, rows } => screen.resize(Size { cols, rows }),
            _ => {}
        }
    }
    screen
}

fn same(player: &Player, screen: &Screen, when: &str) {
    assert_eq!(player.screen().text(), screen.text(), "{when}");
    assert_eq!(player.screen().cursor(), screen.cursor(), "{when}");
    if screen.is_ground() {
        assert!(
            player.screen().dump() == screen.dump(),
            "{when}: the dumps differ"
        );
    }
}

#[test]
fn seeking_shows_what_playing_shows() {
    let (_dir, path) = recording();
    let reader = Reader::open(&path).unwrap();
    assert!(
        reader.segments().len() > 3,
        "only {} segments",
        reader.segments().len()
    );
    assert!(reader.segments()[1..].iter().all(|s| s.has_keyframe));
    let mut random = StdRng::seed_from_u64(5);
    let mut player = Player::open(&path).unwrap();
    for _ in 0..40 {
        let at = random.random_range(0..=reader.duration_us());
        player.seek(at).unwrap();
        assert_eq!(player.at_us(), at);
        same(
            &player,
            &linear(&reader, |_, t| t <= at),
            &format!("after a seek to {at}"),
        );
    }
    for segment in reader.segments() {
        player.seek(segment.at_us).unwrap();
        same(
            &player,
            &linear(&reader, |_, t| t <= segment.at_us),
            "at a keyframe",
        );
    }
    player.seek_percent(100.0).unwrap();
    assert!(player.is_at_end());
}

#[test]
fn a_step_back_undoes_a_step_forward_even_over_a_keyframe() {
    let (_dir, path) = recording();
    let reader = Reader::open(&path).unwrap();
    let border = reader.segments()[2].first_event;
    let mut player = Player::open(&path).unwrap();
    player.seek(reader.segments()[1].at_us).unwrap();
    player.step(-100_000).unwrap();
    assert_eq!(player.at_us(), 0);
    player.step(border as i32 + 3).unwrap();
    same(
        &player,
        &linear(&reader, |n, _| (n as u64) < border + 3),
        "after the border",
    );
    player.step(-5).unwrap();
    same(
        &player,
        &linear(&reader, |n, _| (n as u64) < border - 2),
        "before the border",
    );
    assert!(player.is_paused());
}

fn talk(events: &[(u64, &str)]) -> (TempDir, Player) {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let mut writer = Writer::create(dir.path(), Header::new("local", (40, 4)), &key).unwrap();
    for (at, text) in events {
        if *at == 9_000_000 {
            writer
                .marker(
                    7_000_000,
                    Marker {
                        label: "here".into(),
                        ..Marker::default()
                    },
                )
                .unwrap();
        }
        writer.output(*at, text.as_bytes()).unwrap();
    }
    let sealed = writer.end(20_000_000, End::default()).unwrap();
    (dir, Player::open(&sealed.path).unwrap())
}

#[test]
fn speed_pause_and_idle_time_move_the_position() {
    let (_dir, mut player) = talk(&[(1_000_000, "one"), (9_000_000, " two")]);
    player.advance(Duration::from_millis(999)).unwrap();
    assert_eq!(player.screen().text(), "");
    assert!(player.advance(Duration::from_millis(1)).unwrap());
    assert_eq!(player.screen().text(), "one");
    player.set_speed(100.0);
    assert_eq!(player.speed(), 32.0);
    player.set_speed(2.0);
    player.advance(Duration::from_secs(1)).unwrap();
    assert_eq!(player.at_us(), 3_000_000);
    player.set_paused(true);
    assert!(!player.advance(Duration::from_secs(9)).unwrap());
    assert_eq!(player.at_us(), 3_000_000);
    player.set_paused(false);
    player.set_speed(1.0);
    player.seek(1_000_000).unwrap();
    player.set_idle_limit(Some(Duration::from_millis(500)));
    player.advance(Duration::from_millis(400)).unwrap();
    assert_eq!(player.at_us(), 1_400_000);
    player.advance(Duration::from_millis(100)).unwrap();
    assert_eq!(
        player.at_us(),
        7_000_000,
        "the marker after half a second of the six"
    );
    player.advance(Duration::from_millis(500)).unwrap();
    assert_eq!(
        (player.at_us(), player.screen().text().as_str()),
        (9_000_000, "one two")
    );
    player.advance(Duration::from_secs(60)).unwrap();
    assert!(player.is_at_end());
    assert_eq!(player.markers().unwrap().len(), 2);
}

#[test]
fn search_finds_what_was_shown_and_when() {
    let rush: String = (0..500).map(|n| format!("line {n}\r\n")).collect();
    let (_dir, player) = talk(&[
        (1_000_000, "\x1b[31mal\x1b[0mpha\r\n"),
        (2_000_000, "Beta\r\n"),
        (3_000_000, &rush),
        (4_000_000, "\x1b[2J\x1b[Halpha again"),
        (9_000_000, "\x1b[2J"),
    ]);
    let times = |text: &str| {
        player
            .search(text)
            .unwrap()
            .iter()
            .map(|h| h.at_us)
            .collect::<Vec<_>>()
    };
    assert_eq!(times("alpha"), [1_000_000, 4_000_000]);
    assert_eq!(times("beta"), [2_000_000]);
    assert_eq!(times("BETA"), [] as [u64; 0]);
    assert_eq!(times("line 250"), [3_000_000]);
    assert_eq!(times(""), [] as [u64; 0]);
    let mut text = Vec::new();
    export::text(player.reader(), &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    for n in 0..500 {
        assert!(text.contains(&format!("line {n}\n")), "line {n} is missing");
    }
    assert!(text.starts_with("alpha\nBeta\nline 0\n") && !text.contains('\x1b'));
}
