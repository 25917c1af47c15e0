//! The worked example of `FORMAT.md`: a whole recording from fixed keys and a fixed clock, byte by byte as printed there.

use super::checkpoint::Checkpoint;
use super::cipher::{Cipher, FileKey};
use super::event::{End, What};
use super::header::{self, Header, Mode};
use super::index::{Index, Segment, trailer};
use super::record::{self, frame};
use super::stream::{Packer, Side};
use super::{DeviceKey, Reader, verify};
use sha2::{Digest, Sha256};
use std::os::unix::fs::PermissionsExt;

const FORMAT: &str = include_str!("FORMAT.md");
const STARTED_AT: i64 = 1_790_000_000_000_000;

/// The key whose seed is one byte, 32 times.
fn key(seed: u8) -> DeviceKey {
    let dir = tempfile::tempdir().unwrap();
    let keys = dir.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    let path = keys.join("device.key");
    std::fs::write(&path, hex::encode([seed; 32])).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    DeviceKey::load_or_create(dir.path()).unwrap()
}

fn example_header() -> Header {
    Header {
        id: "01990000-0000-7000-8000-000000000001".parse().unwrap(),
        local_user: None,
        local_host: None,
        target: Some("i-0abc".into()),
        started_at: STARTED_AT,
        tool_version: "0".into(),
        mode: Mode::Strict,
        session_key: key(2).public(),
        ..Header::new("shell", (80, 24))
    }
}

fn example_data() -> Vec<u8> {
    let (mut packer, mut packed) = (Packer::new().unwrap(), Vec::new());
    packer.push(Side::Output, 1_500, b"hi\r\n", &mut packed).unwrap();
    packer.flush(&mut packed).unwrap();
    packed
}

fn example() -> Vec<u8> {
    let mut file = header::encode(&example_header(), &key(1)).unwrap().unwrap();
    let first = file.len() as u64;
    frame(&mut file, record::DATA, &example_data());
    let end = End {
        why: "closed".into(),
        exit_code: Some(0),
        abnormal: false,
    };
    let (kind, payload) = What::End(end).encode(2_000, None).unwrap();
    frame(&mut file, kind, &payload);
    let mut index = Index {
        segments: vec![Segment {
            at_us: 0,
            offset: first,
            first_event: 0,
            output_before: 0,
            has_keyframe: false,
        }],
        ..Index::default()
    };
    index.summary.duration_us = 2_000;
    index.summary.events = 2;
    index.summary.output_bytes = 4;
    index.summary.why = Some("closed".into());
    index.summary.exit_code = Some(0);
    let index_offset = file.len() as u64;
    frame(&mut file, record::INDEX, &index.encode());
    let checkpoint = Checkpoint {
        is_final: true,
        is_recovered: false,
        is_elsewhere: false,
        offset: file.len() as u64,
        at_us: 2_000,
        wall_us: STARTED_AT as u64 + 2_000,
        events: 2,
        sequence: Some(7),
        hash: Sha256::digest(&file).into(),
        next_key: [0; 32],
    };
    frame(
        &mut file,
        record::CHECKPOINT,
        &checkpoint.encode_by_device(&key(2)).unwrap(),
    );
    file.extend(trailer(index_offset));
    file
}

/// The bytes of the code block that follows `<!-- NAME -->`; what is behind `|` or `#` explains them.
fn printed(name: &str) -> Vec<u8> {
    let (_, after) = FORMAT.split_once(&format!("<!-- {name} -->")).unwrap();
    let block = after.split("```").nth(1).unwrap();
    let lines = block.lines().skip(1);
    let digits: String = lines.map(|line| line.split(['|', '#']).next().unwrap()).collect();
    hex::decode(digits.replace(' ', "")).unwrap()
}

fn shown(bytes: &[u8]) -> String {
    let line = |part: &[u8]| part.iter().map(|byte| format!("{byte:02x} ")).collect::<String>();
    bytes
        .chunks(32)
        .map(|part| line(part).trim_end().to_owned() + "\n")
        .collect()
}

#[test]
fn the_worked_example_is_what_is_printed_and_verifies() {
    let bytes = example();
    assert!(bytes == printed("example"), "it is now:\n{}", shown(&bytes));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("example.osr");
    std::fs::write(&path, &bytes).unwrap();
    let verdict = verify(&path).unwrap();
    assert!(verdict.ok, "{verdict:?}");
    let reader = Reader::open(&path).unwrap();
    let events: Vec<_> = reader.events().unwrap().map(Result::unwrap).collect();
    assert_eq!(events[0].at_us, 1_500);
    assert_eq!(events[0].what, What::Output(b"hi\r\n".to_vec()));
}

#[test]
fn the_encrypted_record_is_what_is_printed() {
    let mut file_key = FileKey::default();
    (0..).zip(file_key.iter_mut()).for_each(|(n, byte)| *byte = n);
    let mut cipher = Cipher::new(&file_key, example_header().id).unwrap();
    let mut sealed = Vec::new();
    cipher.seal(record::DATA, &example_data(), &mut sealed).unwrap();
    let mut bytes = Vec::new();
    frame(&mut bytes, record::DATA, &sealed);
    assert!(bytes == printed("encrypted"), "it is now:\n{}", shown(&bytes));
}
