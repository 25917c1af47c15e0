//! Files that nobody honest wrote: whole records with any payload, each of them read in every way there is.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use quarterdeck::recording::export::{self, Asciicast};
use quarterdeck::recording::{DeviceKey, Header, Library, Player, Reader, Writer, recover, verify};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn head(dir: &Path, size: (u16, u16)) -> PathBuf {
    let key = DeviceKey::load_or_create(dir).unwrap();
    let writer = Writer::create(dir, Header::new("local", size), &key).unwrap();
    writer.path().to_path_buf()
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![kind];
    let mut len = payload.len();
    while len >= 0x80 {
        out.push(len as u8 | 0x80);
        len >>= 7;
    }
    out.push(len as u8);
    out.extend(payload);
    out.extend(crc32c::crc32c(&out).to_le_bytes());
    out
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
fn a_record_that_unfolds_without_end_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = head(dir.path(), (80, 24));
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend(frame(b'D', &zstd::bulk::compress(&vec![0; 64 << 20], 1).unwrap()));
    std::fs::write(&path, &bytes).unwrap();
    assert!(!verify(&path).unwrap().ok);
    read_all(&path);
}
