//! Bytes come back as they went in, and the container is small.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod recording_sample;

use quarterdeck::recording::export::{self, Asciicast};
use quarterdeck::recording::{DeviceKey, Reader, What, import, verify};
use recording_sample::{STREAMS, sample, samples};
use std::fs;
use std::path::{Path, PathBuf};

fn casts() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["", "1", "2", "3"] {
        for entry in fs::read_dir(format!("{STREAMS}/asciinema-server/{folder}"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            let bad = ["invalid", "broken", "wrong", "stdout"]
                .iter()
                .any(|word| name.starts_with(word));
            if !bad && (name.ends_with(".cast") || name.ends_with(".json")) {
                found.push(entry.path());
            }
        }
    }
    if found.is_empty() {
        eprintln!("skipped: no casts below {STREAMS}");
    }
    found
}

/// The output of a cast by a reading of our own: all texts, joined.
fn output(cast: &Path) -> String {
    let text = fs::read_to_string(cast).unwrap();
    if let Ok(v1) = serde_json::from_str::<serde_json::Value>(&text)
        && v1["version"] == 1
    {
        return v1["stdout"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f[1].as_str().unwrap())
            .collect();
    }
    let events = text.lines().skip(1).filter(|l| l.starts_with('['));
    let events = events.map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
    events
        .filter(|e| e[1] == "o")
        .map(|e| e[2].as_str().unwrap().to_string())
        .collect()
}

fn raw(reader: &Reader) -> Vec<u8> {
    let mut out = Vec::new();
    export::raw(reader, &mut out).unwrap();
    out
}

fn shape(reader: &Reader) -> Vec<(u64, What)> {
    reader
        .events()
        .unwrap()
        .map(|e| e.unwrap())
        .map(|e| (e.at_us, e.what))
        .collect()
}

#[test]
fn casts_keep_their_bytes_and_times_through_the_container_and_both_exports() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    for cast in casts() {
        let sealed = import::asciicast(&cast, dir.path(), &key).unwrap();
        let reader = Reader::open(&sealed.path).unwrap();
        assert!(verify(&sealed.path).unwrap().ok);
        assert_eq!(raw(&reader), output(&cast).as_bytes(), "{}", cast.display());
        for version in [Asciicast::V2, Asciicast::V3] {
            let again = dir.path().join("again.cast");
            let report = export::asciicast(&reader, version, &mut fs::File::create(&again).unwrap()).unwrap();
            assert_eq!(report.replaced, 0);
            let back = import::asciicast(&again, dir.path(), &key).unwrap();
            let (mut one, mut two) = (shape(&reader), shape(&Reader::open(&back.path).unwrap()));
            if version == Asciicast::V2 {
                one.pop();
                two.pop();
            }
            assert_eq!(one, two, "{} {version:?}", cast.display());
        }
    }
}

#[test]
fn raw_streams_with_any_bytes_come_back_exactly() {
    for sample in samples(40) {
        let reader = Reader::open(&sample.path).unwrap();
        let shown: Vec<u8> = shape(&reader)
            .into_iter()
            .filter_map(|(_, what)| {
                if let What::Output(bytes) = what {
                    Some(bytes)
                } else {
                    None
                }
            })
            .flatten()
            .collect();
        assert_eq!(shown, sample.bytes);
    }
    let all: Vec<u8> = (0..=255).cycle().take(900_000).collect();
    let sample = sample(9, all.clone());
    let with_errors = raw(&Reader::open(&sample.path).unwrap());
    assert!(with_errors.len() >= all.len());
}

#[test]
fn bytes_that_are_no_text_are_counted_in_a_cast() {
    let sample = sample(4, b"a\xff\xfe\x80b".to_vec());
    let mut out = Vec::new();
    let report = export::asciicast(&Reader::open(&sample.path).unwrap(), Asciicast::V3, &mut out).unwrap();
    assert!(report.replaced >= 3);
}

#[test]
fn casts_take_a_quarter_of_their_size_in_asciicast_3() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    for cast in casts() {
        let sealed = import::asciicast(&cast, dir.path(), &key).unwrap();
        let mut v3 = Vec::new();
        export::asciicast(&Reader::open(&sealed.path).unwrap(), Asciicast::V3, &mut v3).unwrap();
        let ratio = sealed.len as f64 / v3.len() as f64;
        // What zstd itself cannot shrink below 0.71 gets the bound for single files; header and signatures rule
        // the tiniest ones.
        let bound = if cast.ends_with("big.cast") { 0.75 } else { 0.25 };
        if v3.len() > 2_000 {
            assert!(ratio <= bound, "{ratio:.3} for {}", cast.display());
        }
    }
}
