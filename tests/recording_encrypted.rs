//! Encrypted recordings: who can read them, what a file tells without a key, and that nothing else is lost by it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod recording_sample;

use quarterdeck::recording::export;
use quarterdeck::recording::{
    DeviceKey, End, Error, Event, Header, Keyring, Library, Marker, Participant, Player, Reader, State, What,
    Writer, create_identity, recover, verify,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use recording_sample::{sample_for, streams};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Cuts and flipped bits of one file each; the variables are for the long form.
fn often(variable: &str, usually: usize) -> usize {
    std::env::var(variable).map_or(usually, |text| text.parse().expect("a number"))
}

/// Files of identities and their public keys.
fn people(dir: &Path, count: usize) -> (Vec<PathBuf>, Vec<String>) {
    (0..count)
        .map(|n| {
            let path = dir.join(format!("person-{n}.txt"));
            let recipient = create_identity(&path).unwrap();
            (path, recipient)
        })
        .unzip()
}

fn unlocked(path: &Path, identity: &Path) -> Reader {
    let mut reader = Reader::open(path).unwrap();
    reader.unlock(&Keyring::new(vec![identity.into()])).unwrap();
    reader
}

fn events(reader: &Reader) -> Vec<Event> {
    reader.events().unwrap().collect::<Result<_, _>>().unwrap()
}

fn header_for(recipients: &[String]) -> Header {
    Header {
        recipients: recipients.to_vec(),
        ..Header::new("shell", (80, 24))
    }
}

#[test]
fn each_of_three_recipients_can_read_and_a_fourth_cannot() {
    let dir = tempfile::tempdir().unwrap();
    let (files, keys) = people(dir.path(), 4);
    let sample = sample_for(1, streams(1).remove(0), &keys[..3]);
    let mut seen = Vec::new();
    for file in &files[..3] {
        let reader = unlocked(&sample.path, file);
        let mut raw = Vec::new();
        export::raw(&reader, &mut raw).unwrap();
        seen.push((events(&reader), raw));
    }
    let shown = seen[0].0.iter().filter_map(|event| match &event.what {
        What::Output(bytes) => Some(bytes.clone()),
        _ => None,
    });
    assert_eq!(shown.flatten().collect::<Vec<u8>>(), sample.bytes);
    assert!(seen.iter().all(|one| *one == seen[0]));

    let mut reader = Reader::open(&sample.path).unwrap();
    let stranger = Keyring::new(vec![files[3].clone()]);
    let refused = reader.unlock(&stranger).unwrap_err();
    assert!(matches!(&refused, Error::Locked { recipients, .. } if recipients[..] == keys[..3]));
    assert!(matches!(reader.events(), Err(Error::Locked { .. })));
    assert!(matches!(reader.marks(), Err(Error::Locked { .. })));
    assert!(matches!(reader.dump(1), Err(Error::Locked { .. })));
    assert!(matches!(
        export::raw(&reader, &mut Vec::new()),
        Err(Error::Locked { .. })
    ));
    assert!(matches!(Player::open(&sample.path), Err(Error::Locked { .. })));
}

#[test]
fn nothing_that_was_shown_or_said_is_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let (files, keys) = people(dir.path(), 1);
    let device = DeviceKey::load_or_create(dir.path()).unwrap();
    let mut header = header_for(&keys);
    header.target = Some("i-0abc".into());
    let mut writer = Writer::create(dir.path(), header, &device).unwrap();
    let secret = b"hunter2-hunter2";
    writer.session_id(1, "ops-0123").unwrap();
    writer.output(2, secret).unwrap();
    writer.input(3, secret).unwrap();
    writer.stderr(4, secret).unwrap();
    let label = String::from_utf8(secret.to_vec()).unwrap();
    let marker = Marker {
        label: label.clone(),
        ..Marker::default()
    };
    writer.marker(5, marker).unwrap();
    let who = Participant {
        who: label.clone(),
        ..Participant::default()
    };
    writer.participant(6, who).unwrap();
    writer
        .gap(
            7,
            quarterdeck::recording::Gap {
                cause: "reconnect".into(),
                note: label.clone(),
                ..Default::default()
            },
        )
        .unwrap();
    // A dump of a screen this small is stored as it is by the compressor.
    writer.keyframe(8, secret).unwrap();
    let sealed = writer.end(9, End::default()).unwrap();
    let bytes = fs::read(&sealed.path).unwrap();
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
    assert!(!holds(b"hunter2") && !holds(hex::encode(secret).as_bytes()));
    assert!(holds(b"i-0abc") && holds(b"ops-0123") && holds(b"reconnect"));
    let reader = unlocked(&sealed.path, &files[0]);
    let text = format!("{:?}", events(&reader));
    assert_eq!(text.matches(&label).count(), 3, "{text}");
    assert_eq!(reader.dump(1).unwrap().unwrap(), secret);
}

#[test]
fn verification_needs_no_key_and_finds_every_flipped_bit() {
    let dir = tempfile::tempdir().unwrap();
    let (_, keys) = people(dir.path(), 1);
    let mut random = StdRng::seed_from_u64(5);
    let sample = sample_for(2, streams(2).remove(1), &keys);
    assert!(verify(&sample.path).unwrap().ok);
    let bytes = fs::read(&sample.path).unwrap();
    let file = OpenOptions::new().write(true).open(&sample.path).unwrap();
    for _ in 0..often("QD_TEST_FLIPS", 700) {
        let at = random.random_range(0..bytes.len());
        let flipped = bytes[at] ^ 1 << random.random_range(0..8);
        file.write_all_at(&[flipped], at as u64).unwrap();
        let verdict = verify(&sample.path).unwrap();
        assert!(
            !verdict.ok && verdict.first_bad_offset.unwrap() <= at as u64,
            "byte {at} of {}, {flipped:#04x} instead of {:#04x}: {verdict:?}",
            bytes.len(),
            bytes[at]
        );
        file.write_all_at(&[bytes[at]], at as u64).unwrap();
    }
}

#[test]
fn every_cut_of_an_encrypted_file_leaves_an_exact_prefix_and_is_recovered_without_a_key() {
    let dir = tempfile::tempdir().unwrap();
    let (files, keys) = people(dir.path(), 1);
    let mut random = StdRng::seed_from_u64(6);
    let sample = sample_for(3, streams(3).remove(2), &keys);
    let device = DeviceKey::load_or_create(sample.dir.path()).unwrap();
    let bytes = fs::read(&sample.path).unwrap();
    let whole = events(&unlocked(&sample.path, &files[0]));
    let first = Reader::open(&sample.path).unwrap().segments()[0].offset as usize;
    for round in 0..often("QD_TEST_CUTS", 400) {
        let cut = random.random_range(first..bytes.len());
        fs::write(&sample.path, &bytes[..cut]).unwrap();
        let locked = Reader::open(&sample.path).unwrap();
        let reader = unlocked(&sample.path, &files[0]);
        let left = events(&reader);
        assert!(whole.starts_with(&left), "not a prefix at {cut}");
        assert_eq!(reader.state(), State::Torn);
        assert_eq!(reader.summary().events as usize, left.len());
        assert_eq!(
            locked.summary().events as usize,
            left.len(),
            "counted without the key at {cut}"
        );
        if round % 8 == 0 {
            recover(&sample.path, &device).unwrap();
            let verdict = verify(&sample.path).unwrap();
            // Where only the trailer was cut off, nothing was left to recover.
            let state = match left.len() == whole.len() && verdict.state == State::Sealed {
                true => State::Sealed,
                false => State::Recovered,
            };
            assert!(verdict.ok && verdict.state == state, "at {cut}: {verdict:?}");
            let reader = unlocked(&sample.path, &files[0]);
            let kept = events(&reader);
            assert!(
                kept.starts_with(&left) && kept.len() - left.len() <= 2,
                "at {cut}"
            );
            // A checkpoint may be the last sign of life, after the last event.
            let (lasted, seen) = (reader.duration_us(), left.last().map_or(0, |event| event.at_us));
            assert!(lasted >= seen, "at {cut}: {lasted} of {seen} µs");
            assert_eq!(lasted, kept.last().map_or(0, |event| event.at_us), "at {cut}");
        }
    }
}

#[test]
fn a_live_encrypted_recording_can_be_followed_by_whoever_has_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let (files, keys) = people(dir.path(), 2);
    let device = DeviceKey::load_or_create(dir.path()).unwrap();
    let mut writer = Writer::create(dir.path(), header_for(&keys), &device).unwrap();
    writer.output(1_000, b"one").unwrap();
    writer.output(2_000, b"two").unwrap();
    let reader = unlocked(writer.path(), &files[1]);
    assert_eq!((reader.state(), reader.duration_us()), (State::Live, 2_000));
    assert_eq!(
        events(&reader).len(),
        2,
        "each write is in the file when it returns"
    );
    assert!(matches!(recover(writer.path(), &device), Err(Error::Live { .. })));
    let sealed = writer.end(3_000, End::default()).unwrap();
    let mut player = Player::of(unlocked(&sealed.path, &files[0])).unwrap();
    player.seek(2_000).unwrap();
    assert!(player.screen().text().starts_with("onetwo"));
    assert_eq!(Library::open(dir.path()).list().unwrap().0.len(), 1);
}

#[test]
fn a_recording_with_an_envelope_that_is_none_stays_locked() {
    let dir = tempfile::tempdir().unwrap();
    let (files, keys) = people(dir.path(), 1);
    let sample = sample_for(4, b"x".repeat(3_000), &keys);
    let mut bytes = fs::read(&sample.path).unwrap();
    let at = bytes
        .windows(10)
        .position(|part| part == b"\"envelope\"")
        .unwrap();
    bytes[at + 40] ^= 1;
    let end = Reader::open(&sample.path).unwrap().segments()[0].offset as usize;
    let crc = crc32c::crc32c(&bytes[..end - 4]).to_le_bytes();
    bytes[end - 4..end].copy_from_slice(&crc);
    fs::write(&sample.path, &bytes).unwrap();
    assert!(!verify(&sample.path).unwrap().ok, "the header is signed");
    let mut reader = Reader::open(&sample.path).unwrap();
    let refused = reader.unlock(&Keyring::new(files));
    assert!(matches!(refused, Err(Error::Locked { .. })));
}

#[test]
fn encryption_costs_a_tag_a_counter_and_an_envelope() {
    let dir = tempfile::tempdir().unwrap();
    let (_, keys) = people(dir.path(), 1);
    let (mut plain, mut sealed, mut files) = (0, 0, 0);
    for (seed, bytes) in streams(8).into_iter().enumerate() {
        let clear = sample_for(seed as u64, bytes.clone(), &[]);
        let closed = sample_for(seed as u64, bytes, &keys);
        let len = |path: &Path| fs::metadata(path).unwrap().len();
        let records = events(&Reader::open(&clear.path).unwrap()).len() as u64;
        let (one, two) = (len(&clear.path), len(&closed.path));
        // Tag and counter of each record, longer lengths and Base64 of notes, and what the header says of the key.
        assert!(
            two <= one + records * 26 + 1_200,
            "{one} B in clear, {two} B encrypted, {records} records"
        );
        (plain, sealed, files) = (plain + one, sealed + two, files + 1);
    }
    println!("{files} recordings: {plain} B in clear, {sealed} B encrypted");
}
