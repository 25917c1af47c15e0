//! What verification accepts, and that it finds every changed bit.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod recording_sample;

use quarterdeck::audit::{Kind, Log};
use quarterdeck::recording::evidence::{self, Level, Proof, save_proof};
use quarterdeck::recording::{
    DeviceKey, End, Error, Gap, Header, Library, Reader, State, What, Writer, recover, recover_elsewhere,
    sealing_event, verify,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use recording_sample::{Sample, samples, with_a_second_index};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;

#[test]
fn every_flipped_bit_is_found() {
    let mut random = StdRng::seed_from_u64(3);
    for Sample { path, .. } in samples(3) {
        assert!(verify(&path).unwrap().ok);
        let mut bytes = fs::read(&path).unwrap();
        let first = Reader::open(&path).unwrap().segments()[0].offset as usize;
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        let flips = std::env::var("QD_TEST_FLIPS").map_or(700, |text| text.parse().expect("a number"));
        let spread = (0..flips).map(|_| random.random_range(0..bytes.len()));
        let ends = (0..first).step_by(3).chain(bytes.len() - 500..bytes.len());
        for at in spread.chain(ends).collect::<Vec<_>>() {
            let bit = 1u8 << random.random_range(0..8);
            file.write_all_at(&[bytes[at] ^ bit], at as u64).unwrap();
            let verdict = verify(&path).unwrap();
            assert!(!verdict.ok, "bit {bit} of byte {at} was changed unseen");
            assert!(
                verdict.first_bad_offset.unwrap() <= at as u64,
                "byte {at}: {verdict:?}"
            );
            file.write_all_at(&[bytes[at]], at as u64).unwrap();
        }
        bytes.push(0);
        fs::write(&path, &bytes).unwrap();
        assert!(!verify(&path).unwrap().ok, "a byte after the end was not seen");
    }
}

#[test]
fn a_record_left_out_is_found_though_every_checksum_holds() {
    let sample = samples(1).remove(0);
    let bytes = fs::read(&sample.path).unwrap();
    let segments = Reader::open(&sample.path).unwrap().segments().to_vec();
    let [a, b] = [segments[0].offset as usize, segments[1].offset as usize];
    fs::write(&sample.path, [&bytes[..a], &bytes[b..]].concat()).unwrap();
    assert!(!verify(&sample.path).unwrap().ok);
}

#[test]
fn segments_that_changed_places_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let mut writer = Writer::create(dir.path(), Header::new("shell", (80, 24)), &key).unwrap();
    for at in 1..5 {
        writer.output(at, b"the same\r\n").unwrap();
        writer.keyframe(at, b"").unwrap();
    }
    let path = writer.end(9, End::default()).unwrap().path;
    let bytes = fs::read(&path).unwrap();
    let starts: Vec<usize> = Reader::open(&path)
        .unwrap()
        .segments()
        .iter()
        .map(|s| s.offset as usize)
        .collect();
    let [a, b, c] = [starts[1], starts[2], starts[3]];
    fs::write(
        &path,
        [&bytes[..a], &bytes[b..c], &bytes[a..b], &bytes[c..]].concat(),
    )
    .unwrap();
    let verdict = verify(&path).unwrap();
    assert!(
        !verdict.ok && verdict.first_bad_offset.unwrap() >= a as u64,
        "{verdict:?}"
    );
}

#[test]
fn a_recording_certified_by_a_foreign_key_is_told_from_ones_own() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let own = DeviceKey::load_or_create(dir.path()).unwrap();
    let foreign = DeviceKey::load_or_create(other.path()).unwrap();
    let writer = Writer::create(dir.path(), Header::new("shell", (80, 24)), &foreign).unwrap();
    let path = writer.end(1, End::default()).unwrap().path;
    let verdict = verify(&path).unwrap();
    assert!(verdict.ok, "it is whole: {verdict:?}");
    assert_eq!(verdict.device_key, Some(foreign.public()));
    assert_ne!(verdict.device_key, Some(own.public()));
}

#[test]
fn a_live_file_stands_and_a_torn_one_is_recovered() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let mut writer = Writer::create(dir.path(), Header::new("shell", (80, 24)), &key).unwrap();
    let path = writer.path().to_path_buf();
    writer.output(5, b"one").unwrap();
    let verdict = verify(&path).unwrap();
    assert_eq!((verdict.ok, verdict.state), (true, State::Live), "{verdict:?}");
    assert!(matches!(recover(&path, &key), Err(Error::Live { .. })));
    writer.checkpoint().unwrap();
    writer.output(9, b"two").unwrap();
    drop(writer);
    let len = fs::metadata(&path).unwrap().len();
    let verdict = verify(&path).unwrap();
    assert_eq!(
        (verdict.ok, verdict.state, verdict.first_bad_offset),
        (false, State::Torn, Some(len))
    );

    OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .write_all_at(b"D\x20half", len)
        .unwrap();
    let done = Library::open(dir.path()).recover_torn(&key).unwrap();
    assert_eq!(done.len(), 1);
    let verdict = verify(&path).unwrap();
    assert_eq!(
        (verdict.ok, verdict.state),
        (true, State::Recovered),
        "{verdict:?}"
    );
    assert!(verdict.says.contains("1 of 4 events"), "{}", verdict.says);
    assert_eq!(fs::read(path.with_extension("osr.tail")).unwrap(), b"D\x20half");
    let reader = Reader::open(&path).unwrap();
    let last = reader.events().unwrap().last().unwrap().unwrap();
    assert!(matches!(last.what, What::End(End { abnormal: true, .. })));
    assert!(matches!(recover(&path, &key), Err(Error::Sealed { .. })));
}

#[test]
fn only_the_device_that_made_it_recovers_a_file() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let writer = Writer::create(dir.path(), Header::new("shell", (80, 24)), &key).unwrap();
    let path = writer.path().to_path_buf();
    drop(writer);
    let stranger = DeviceKey::load_or_create(other.path()).unwrap();
    assert!(matches!(recover(&path, &stranger), Err(Error::Damaged { .. })));
}

#[test]
fn another_device_closes_only_what_the_session_signed_and_is_named() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let stranger = DeviceKey::load_or_create(other.path()).unwrap();
    let mut writer = Writer::create(dir.path(), Header::new("shell", (80, 24)), &key).unwrap();
    let path = writer.path().to_path_buf();
    writer.output(5, b"signed").unwrap();
    writer.checkpoint().unwrap();
    let signed = fs::metadata(&path).unwrap().len();
    writer.output(9, b"loose").unwrap();
    drop(writer);
    recover_elsewhere(&path, &stranger).unwrap();
    let verdict = verify(&path).unwrap();
    assert_eq!(
        (verdict.ok, verdict.state),
        (true, State::Recovered),
        "{verdict:?}"
    );
    let name = hex::encode(&stranger.public()[..8]);
    assert!(
        verdict.says.contains(&format!("by another device ({name})")),
        "{}",
        verdict.says
    );
    let events = Reader::open(&path).unwrap().events().unwrap();
    let shown: Vec<What> = events.map(|event| event.unwrap().what).collect();
    assert!(matches!(&shown[..], [What::Output(one), What::Gap(_), What::End(_)] if one == b"signed"));
    assert!(fs::metadata(path.with_extension("osr.tail")).unwrap().len() > 5);
    assert!(fs::metadata(&path).unwrap().len() > signed);
    let (size, sha256) = evidence::fingerprint(&path).unwrap();
    let proof = Proof {
        level: Level::Locked,
        at: "2026-05-01T00:00:00Z".into(),
        size,
        sha256,
        detail: Default::default(),
        noted: None,
    };
    save_proof(&path, &proof.noted_by(&stranger).unwrap()).unwrap();
    assert_eq!(verify(&path).unwrap().evidence, "local");
}

#[test]
fn what_the_log_tells_to_be_sealed_is_not_recovered_by_whatever_path_it_is_named() {
    let sample = samples(1).remove(0);
    let key = DeviceKey::load_or_create(sample.dir.path()).unwrap();
    let log = Log::open(sample.dir.path()).unwrap();
    log.append(sealing_event(Kind::SessionEnd, &sample.path).unwrap())
        .unwrap();
    let bytes = fs::read(&sample.path).unwrap();
    fs::write(&sample.path, &bytes[..bytes.len() / 2]).unwrap();
    let day = sample.path.parent().unwrap();
    let name = sample.path.file_name().unwrap();
    let around = day.join("..").join(day.file_name().unwrap()).join(name);
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join(name);
    std::os::unix::fs::symlink(&sample.path, &link).unwrap();
    for path in [&sample.path, &around, &link] {
        let refused = recover(path, &key).unwrap_err().to_string();
        assert!(refused.contains("the audit log tells"), "{refused}");
    }
    let copy = elsewhere.path().join("copy.osr");
    fs::copy(&sample.path, &copy).unwrap();
    let refused = Library::open(sample.dir.path()).recover(&copy, &key).unwrap_err();
    assert!(refused.to_string().contains("the audit log tells"), "{refused}");
    // A log that cannot be asked is no answer.
    fs::create_dir(sample.dir.path().join("audit/2020-01-01.jsonl")).unwrap();
    let refused = recover(&sample.path, &key).unwrap_err();
    assert!(matches!(refused, Error::Unclear { .. }), "{refused}");
}

#[test]
fn an_index_behind_the_last_signature_is_nobodys() {
    let sample = samples(1).remove(0);
    let key = DeviceKey::load_or_create(sample.dir.path()).unwrap();
    let bytes = fs::read(&sample.path).unwrap();
    let tell = |text: String| text.replace("\"output_bytes\":", "\"output_bytes\":9");
    let forged = with_a_second_index(&bytes, tell);
    fs::write(&sample.path, &forged).unwrap();
    let verdict = verify(&sample.path).unwrap();
    assert!(!verdict.ok, "{verdict:?}");
    assert_eq!(verdict.first_bad_offset, Some(bytes.len() as u64 - 22));
    assert!(matches!(recover(&sample.path, &key), Err(Error::Damaged { .. })));
    // Without its trailer it is only a tail, and recovery puts the honest one there.
    fs::write(&sample.path, &forged[..forged.len() - 22]).unwrap();
    recover(&sample.path, &key).unwrap();
    assert!(fs::read(&sample.path).unwrap() == bytes);
    assert!(verify(&sample.path).unwrap().ok);
}

#[test]
fn a_cut_behind_the_last_signature_costs_nothing() {
    let sample = samples(1).remove(0);
    let key = DeviceKey::load_or_create(sample.dir.path()).unwrap();
    let bytes = fs::read(&sample.path).unwrap();
    for missing in 1..=22 {
        fs::write(&sample.path, &bytes[..bytes.len() - missing]).unwrap();
        assert_eq!(verify(&sample.path).unwrap().state, State::Torn);
        recover(&sample.path, &key).unwrap();
        let verdict = verify(&sample.path).unwrap();
        assert_eq!((verdict.ok, verdict.state), (true, State::Sealed), "{verdict:?}");
        assert!(
            fs::read(&sample.path).unwrap() == bytes,
            "{missing} bytes were cut"
        );
    }
}

#[test]
fn a_hole_in_the_sequence_does_not_verify_and_a_seam_does() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    for (sequence, ok) in [((7, 8), true), ((7, 9), false)] {
        let mut writer = Writer::create(dir.path(), Header::new("shell", (80, 24)), &key).unwrap();
        let gap = Gap {
            cause: "reconnect".into(),
            sequence: Some(sequence),
            ..Gap::default()
        };
        writer.gap(3, gap).unwrap();
        let sealed = writer.end(4, End::default()).unwrap();
        assert_eq!(verify(&sealed.path).unwrap().ok, ok);
    }
}

#[test]
fn times_never_run_backwards_and_ids_are_found_by_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let header = Header::new("shell", (80, 24));
    let id = header.id.to_string();
    let mut writer = Writer::create(dir.path(), header, &key).unwrap();
    writer.output(50, b"late").unwrap();
    writer.output(20, b"early").unwrap();
    let sealed = writer.end(10, End::default()).unwrap();
    let reader = Reader::open(&sealed.path).unwrap();
    let times: Vec<u64> = reader.events().unwrap().map(|e| e.unwrap().at_us).collect();
    assert_eq!(times, [50, 50, 50]);
    let library = Library::open(dir.path());
    assert_eq!(library.find(&id[..13]).unwrap(), sealed.path);
    assert!(matches!(library.find("zz"), Err(Error::NotFound(_))));
    let (rows, failures) = library.list().unwrap();
    assert_eq!((rows.len(), failures.len()), (1, 0));
    assert_eq!(rows[0].duration_us, Some(50));
}

#[test]
fn a_cut_file_that_somebody_holds_is_live_nowhere_but_where_writers_write() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let mut writer = Writer::create(dir.path(), Header::new("shell", (80, 24)), &key).unwrap();
    writer.output(5, b"one").unwrap();
    let whole = fs::read(writer.end(6, End::default()).unwrap().path).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("cut.osr");
    fs::write(&path, &whole[..whole.len() - 22]).unwrap();
    let held = fs::File::open(&path).unwrap();
    held.try_lock().unwrap();
    let verdict = verify(&path).unwrap();
    assert_eq!((verdict.ok, verdict.state), (false, State::Torn), "{verdict:?}");
    assert!(
        verdict.says.starts_with("live or cut: somebody holds it"),
        "{}",
        verdict.says
    );
}

#[test]
fn a_recording_from_the_future_verifies_with_a_remark() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let begun = |ahead_us: i64| {
        let now = Header::new("shell", (80, 24));
        let header = Header {
            started_at: now.started_at.saturating_add(ahead_us),
            ..now
        };
        let writer = Writer::create(dir.path(), header, &key).unwrap();
        verify(&writer.end(6, End::default()).unwrap().path).unwrap()
    };
    assert_eq!((begun(0).ok, begun(0).remark), (true, None));
    assert_eq!(begun(200_000_000).remark, None);
    for ahead_us in [86_400_000_000, i64::MAX] {
        let verdict = begun(ahead_us);
        assert!(verdict.ok, "{verdict:?}");
        assert!(
            verdict
                .remark
                .as_ref()
                .unwrap()
                .contains("which is still to come"),
            "{verdict:?}"
        );
    }
}
