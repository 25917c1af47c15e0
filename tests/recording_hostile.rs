//! Files that nobody honest wrote: whole records with any payload, each of them read in every way there is.
#![allow(clippy::unwrap_used)]

mod recording_sample;

use proptest::prelude::*;
use quarterdeck::recording::export::{self, Asciicast};
use quarterdeck::recording::{
    DeviceKey, End, Error, Header, Library, Marker, Player, Reader, Writer, recover, verify,
};
use recording_sample::frame;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn head(dir: &Path, size: (u16, u16)) -> PathBuf {
    let key = DeviceKey::load_or_create(dir).unwrap();
    let writer = Writer::create(dir, Header::new("local", size), &key).unwrap();
    writer.path().to_path_buf()
}

/// Reads a file in every way; only a panic or a hang is wrong.
fn read_all(path: &Path) {
    let _ = verify(path);
    let Ok(reader) = Reader::open(path) else { return };
    let _ = reader.marks();
    let _ = reader.events().unwrap().count();
    for segment in 0..reader.segments().len().min(8) {
        let _ = reader.dump(segment);
    }
    let mut sink = Vec::new();
    let _ = export::raw(&reader, &mut sink);
    let _ = export::asciicast(&reader, Asciicast::V3, &mut sink);
    let _ = export::text(&reader, &mut sink);
    if let Ok(mut player) = Player::open(path) {
        let _ = player.advance(Duration::from_secs(1_000));
        let _ = player.seek_percent(50.0);
        let _ = player.seek(u64::MAX);
        let _ = player.step(-3);
        let _ = player.search("a");
    }
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    let packed =
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|b| zstd::bulk::compress(&b, 1).unwrap());
    let timed = (
        any::<u8>(),
        r#"(\{"cause":"x","lost_bytes":9\}|"id"|\{"why":"x"\}|\{\})"#,
    )
        .prop_map(|(at, json)| [&[at & 0x7f], json.as_bytes()].concat());
    prop_oneof![prop::collection::vec(any::<u8>(), 0..60), packed, timed]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whole_records_with_hostile_payloads_never_panic(
        size in (0u16..150, 0u16..60),
        records in prop::collection::vec((prop::sample::select(b"DKCRMGPSEIZx".to_vec()), payload()), 0..8),
        tail in prop::collection::vec(any::<u8>(), 0..30),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = head(dir.path(), size);
        let mut bytes = std::fs::read(&path).unwrap();
        for (kind, payload) in &records {
            bytes.extend(frame(*kind, payload));
        }
        bytes.extend(tail);
        std::fs::write(&path, &bytes).unwrap();
        read_all(&path);
        let _ = Library::open(dir.path()).list();
        let _ = recover(&path, &DeviceKey::load_or_create(dir.path()).unwrap());
        read_all(&path);
    }

    #[test]
    fn bytes_that_are_no_recording_are_refused(bytes: Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.osr");
        std::fs::write(&path, &bytes).unwrap();
        prop_assert!(Reader::open(&path).is_err());
        prop_assert!(!verify(&path).unwrap().ok);
    }
}

#[test]
fn an_impossible_screen_size_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let path = head(dir.path(), (u16::MAX, u16::MAX));
    let player = Player::open(&path).unwrap();
    assert!(player.screen().size().cols <= 1_000 && player.screen().size().rows <= 1_000);
}

#[test]
fn the_smallest_and_the_largest_terminal_are_played_searched_and_exported() {
    for (cols, rows) in [(1, 1), (1_000, 1_000)] {
        let dir = tempfile::tempdir().unwrap();
        let key = DeviceKey::load_or_create(dir.path()).unwrap();
        let mut writer = Writer::create(dir.path(), Header::new("local", (cols, rows)), &key).unwrap();
        let path = writer.path().to_path_buf();
        writer
            .output(1_000, "\x1b[2J\x1b[Hwide \u{6f22}\u{5b57} \x1b[31mred".as_bytes())
            .unwrap();
        writer
            .output(2_000, format!("\x1b[{rows};{cols}Hz").as_bytes())
            .unwrap();
        writer.resize(3_000, rows, cols).unwrap();
        writer.output(4_000, b"\r\nlast").unwrap();
        writer.end(5_000, End::default()).unwrap();
        read_all(&path);
        let mut player = Player::open(&path).unwrap();
        for at_us in [2_500, 4_500, 500] {
            player.seek(at_us).unwrap();
        }
        let reader = Reader::open(&path).unwrap();
        let (mut page, mut text, mut picture) = (Vec::new(), Vec::new(), Vec::new());
        export::html(&reader, &mut page).unwrap();
        export::text(&reader, &mut text).unwrap();
        export::svg(&reader, &mut picture).unwrap();
        assert!(page.starts_with(b"<!") && picture.ends_with(b"</svg>\n"));
        let shown: String = String::from_utf8(text).unwrap().split_whitespace().collect();
        assert!(shown.contains("last"), "{cols}x{rows}: {shown}");
        assert!(verify(&path).unwrap().ok);
    }
}

#[test]
fn a_record_that_unfolds_without_end_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = head(dir.path(), (80, 24));
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend(frame(b'D', &zstd::bulk::compress(&vec![0; 64 << 20], 1).unwrap()));
    std::fs::write(&path, &bytes).unwrap();
    assert!(!verify(&path).unwrap().ok);
    read_all(&path);
}

/// The largest payload there may be.
const MOST: usize = 16 << 20;

/// Peak memory of this process in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn a_huge_recording_is_opened_listed_and_judged_in_constant_memory() {
    if !alone("a_huge_recording_is_opened_listed_and_judged_in_constant_memory") {
        return;
    }
    let megabytes: u64 = std::env::var("QD_TEST_HUGE_MB").map_or(128, |text| text.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let path = head(dir.path(), (80, 24));
    let mut at = std::fs::metadata(&path).unwrap().len();
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    // Records of a type nobody knows: holes in the file, but bytes to whoever reads it.
    let whole = frame(b'x', &vec![0; MOST]);
    let (start, crc) = (&whole[..whole.len() - 4 - MOST], &whole[whole.len() - 4..]);
    for _ in 0..megabytes / 16 {
        file.write_all_at(start, at).unwrap();
        at += whole.len() as u64;
        file.write_all_at(crc, at - 4).unwrap();
    }
    drop(whole);
    let before = peak();
    let verdict = verify(&path).unwrap();
    assert_eq!((verdict.ok, verdict.first_bad_offset), (false, Some(at)));
    assert_eq!(Library::open(dir.path()).list().unwrap().0[0].size, at);
    assert_eq!(Reader::open(&path).unwrap().events().unwrap().count(), 0);
    let grown = peak() - before;
    assert!(grown < 100 << 20, "{grown} bytes more for a file of {at}");
}

#[test]
fn more_keyframes_than_an_index_can_name_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = head(dir.path(), (80, 24));
    let mut bytes = std::fs::read(&path).unwrap();
    let one = frame(b'K', &[0, 0, 0]);
    bytes.extend(one.iter().cycle().take(one.len() * 400_010));
    std::fs::write(&path, &bytes).unwrap();
    let verdict = verify(&path).unwrap();
    assert!(verdict.says.contains("more segments"), "{}", verdict.says);
    assert!(Reader::open(&path).unwrap().segments().len() <= 400_000);
}

#[test]
fn lengths_are_taken_up_to_their_limits_and_not_beyond() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let reason = |letters: usize| Header {
        reason: Some("x".repeat(letters)),
        ..Header::new("shell", (80, 24))
    };
    let short = Writer::create(dir.path(), reason(1), &key).unwrap();
    let bytes = std::fs::read(short.path()).unwrap();
    let json = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    drop(short);
    let longest = 1 + (64 << 10) - json;
    let writer = Writer::create(dir.path(), reason(longest), &key).unwrap();
    assert!(Reader::open(writer.path()).is_ok());
    assert!(Writer::create(dir.path(), reason(longest + 1), &key).is_err());

    let mut writer = writer;
    let marker = |letters: usize| Marker {
        label: "x".repeat(letters),
        ..Marker::default()
    };
    assert!(matches!(
        writer.marker(1, marker(MOST)),
        Err(Error::TooLong { .. })
    ));
    writer.marker(2, marker(MOST - 40)).unwrap();
    let sealed = writer.end(3, End::default()).unwrap();
    let verdict = verify(&sealed.path).unwrap();
    assert!(
        verdict.ok && verdict.events == 2,
        "what was refused left no trace: {verdict:?}"
    );

    for (len, ok) in [(MOST, true), (MOST + 1, false)] {
        let path = head(dir.path(), (80, 24));
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend(frame(b'x', &vec![0; len]));
        std::fs::write(&path, &bytes).unwrap();
        let whole = verify(&path).unwrap().says.starts_with("torn");
        assert_eq!(whole, ok, "a record of {len} bytes");
    }
}

#[test]
fn a_second_writer_is_refused_and_the_first_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let header = Header::new("shell", (80, 24));
    let mut first = Writer::create(dir.path(), header.clone(), &key).unwrap();
    first.output(1, b"one").unwrap();
    assert!(Writer::create(dir.path(), header, &key).is_err());
    assert!(matches!(recover(first.path(), &key), Err(Error::Live { .. })));
    assert!(Library::open(dir.path()).recover_torn(&key).unwrap().is_empty());
    first.output(2, b"two").unwrap();
    let sealed = first.end(3, End::default()).unwrap();
    let verdict = verify(&sealed.path).unwrap();
    assert!(verdict.ok && verdict.events == 3, "{verdict:?}");
}

/// Whether this process runs nothing else, so that what it takes at most is this test's; else it has been run alone.
fn alone(test: &str) -> bool {
    const ALONE: &str = "QD_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
    false
}
