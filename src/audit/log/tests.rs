//! The chained log under several writers, torn ends and tampering.

mod forgery;

use super::*;
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn event(text: &str) -> Event {
    Event::new(Kind::SessionCommand, Actor::local()).with("command", text)
}

fn day(day: u8) -> Timestamp {
    format!("2024-11-{day:02}T12:00:00Z").parse().unwrap()
}

/// Six events over three days, a signed checkpoint among them.
fn written() -> (tempfile::TempDir, Log) {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path()).unwrap();
    for (at, text) in [(1, "uptime"), (1, "df -h"), (2, "빌드 확인"), (3, "exit")] {
        log.append_at(event(text), || day(at)).unwrap();
    }
    log.checkpoint(&SigningKey::from_bytes(&[7; 32]), Actor::local())
        .unwrap();
    log.append(event("last")).unwrap();
    (dir, log)
}

fn entries(log: &Log) -> Vec<Entry> {
    log.read(Range::default())
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn the_chain_goes_on_over_days() {
    let (dir, log) = written();
    let verdict = log.verify().unwrap();
    assert_eq!(verdict.says, "6 events, unbroken, 1 signed checkpoints");
    assert!(verdict.ok && verdict.keys.len() == 1);
    let seqs: Vec<u64> = entries(&log).iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6]);
    assert!(dir.path().join("audit/2024-11-02.jsonl").exists());
}

#[test]
fn a_line_has_every_field_of_the_envelope_and_absent_is_null() {
    let (dir, _) = written();
    let text = std::fs::read_to_string(dir.path().join("audit/2024-11-01.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "v",
        "uid",
        "time",
        "mono_ns",
        "seq",
        "event",
        "code",
        "severity",
        "outcome",
        "reason",
        "actor",
        "target",
        "sid",
        "ssm_session_id",
        "ticket",
        "tool",
        "rec",
        "prev",
        "body",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(line["time"], "2024-11-01T12:00:00.000000000Z");
    assert_eq!(
        (&line["code"], &line["severity"]),
        (&"R4000I".into(), &"info".into())
    );
    assert!(line["target"].is_null() && line["sid"].is_null());
}

#[test]
fn a_range_is_read_without_its_end() {
    let (_dir, log) = written();
    let range = Range {
        from: Some(day(2)),
        to: Some(day(3)),
    };
    let seqs: Vec<u64> = log.read(range).unwrap().map(|entry| entry.unwrap().seq).collect();
    assert_eq!(seqs, [3]);
}

#[test]
fn a_torn_line_is_set_aside_and_recorded() {
    let (dir, log) = written();
    let files = read::day_files(&dir.path().join("audit")).unwrap();
    let last = files.last().unwrap();
    std::fs::OpenOptions::new()
        .append(true)
        .open(last)
        .unwrap()
        .write_all(b"{\"v\":1,\"uid\":\"01")
        .unwrap();
    let verdict = log.verify().unwrap();
    assert!(!verdict.ok && verdict.says.contains("torn"), "{verdict:?}");

    log.append(event("after")).unwrap();
    assert!(log.verify().unwrap().ok);
    let recovered = &entries(&log)[6];
    assert_eq!(recovered.event, "session.integrity.recovered");
    let kept = dir
        .path()
        .join("audit")
        .join(recovered.body["kept_in"].as_str().unwrap());
    assert_eq!(std::fs::read(kept).unwrap(), b"{\"v\":1,\"uid\":\"01");
}

#[test]
fn a_head_left_behind_by_a_crash_catches_up() {
    let (dir, log) = written();
    let head = std::fs::read(dir.path().join("audit/head.json")).unwrap();
    log.append(event("one")).unwrap();
    log.append(event("two")).unwrap();
    std::fs::write(dir.path().join("audit/head.json"), head).unwrap();
    assert!(log.verify().unwrap().ok);
    assert_eq!(log.append(event("three")).unwrap().seq, 9);
    assert!(log.verify().unwrap().ok);
}

#[test]
fn a_missing_head_is_recorded_not_ignored() {
    let (dir, log) = written();
    std::fs::remove_file(dir.path().join("audit/head.json")).unwrap();
    assert!(!log.verify().unwrap().ok);
    log.append(event("next")).unwrap();
    assert_eq!(entries(&log)[6].event, "session.integrity.recovered");
    assert!(log.verify().unwrap().ok);
}

#[test]
fn cutting_the_end_off_is_found_and_stays_found() {
    let (dir, log) = written();
    let files = read::day_files(&dir.path().join("audit")).unwrap();
    let last = files.last().unwrap();
    let bytes = std::fs::read(last).unwrap();
    std::fs::write(last, &bytes[..bytes.len() - 100]).unwrap();
    assert!(!log.verify().unwrap().ok);
    log.append(event("next")).unwrap();
    log.append(event("and next")).unwrap();
    let tampers = log
        .read(Range::default())
        .unwrap()
        .flatten()
        .filter(|entry| entry.code == "R2202E");
    assert_eq!(tampers.count(), 1);
    assert!(!log.verify().unwrap().ok);
}

#[test]
fn a_disk_that_refuses_is_a_typed_error_and_so_is_a_huge_event() {
    let (_dir, log) = written();
    let error = log.append(event(&"x".repeat(MAX_LINE_BYTES))).unwrap_err();
    assert!(matches!(
        error,
        Error::TooLong {
            event: "session.command",
            ..
        }
    ));
    assert!(log.verify().unwrap().ok);

    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path()).unwrap();
    std::fs::create_dir(dir.path().join("audit/head.next")).unwrap();
    assert!(matches!(log.append(event("x")).unwrap_err(), Error::Disk(_)));
}

const CHILD: &str = "QD_TEST_AUDIT_DIR";

#[test]
fn a_range_has_the_lines_that_follow_a_clock_which_was_ahead() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path()).unwrap();
    for (text, at) in [("one", 3), ("ahead", 9), ("two", 3)] {
        log.append_at(event(text), || day(at)).unwrap();
    }
    let range = Range {
        from: Some(day(1)),
        to: Some(day(4)),
    };
    let found: Vec<_> = log.read(range).unwrap().map(|entry| entry.unwrap()).collect();
    let texts: Vec<&str> = found
        .iter()
        .filter_map(|entry| entry.body["command"].as_str())
        .collect();
    assert_eq!(texts, ["one", "two"]);
}

#[test]
fn several_processes_and_threads_keep_one_chain() {
    if let Some(dir) = std::env::var_os(CHILD) {
        let log = Log::open(Path::new(&dir)).unwrap();
        (0..10).for_each(|_| drop(log.append(event("child")).unwrap()));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let name = "audit::log::tests::several_processes_and_threads_keep_one_chain";
    let mut children: Vec<_> = (0..3)
        .map(|_| {
            let mut child = std::process::Command::new(std::env::current_exe().unwrap());
            child
                .args([name, "--exact"])
                .env(CHILD, dir.path())
                .stdout(std::process::Stdio::null());
            child.spawn().unwrap()
        })
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let log = Log::open(dir.path()).unwrap();
                (0..10).for_each(|_| drop(log.append(event("thread")).unwrap()));
            });
        }
    });
    children
        .iter_mut()
        .for_each(|child| assert!(child.wait().unwrap().success()));
    let verdict = Log::open(dir.path()).unwrap().verify().unwrap();
    assert_eq!((verdict.ok, verdict.events), (true, 60), "{verdict:?}");
}

/// The day files of a log, by name.
fn bytes_of(log: &Log) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = read::day_files(&log.dir).unwrap();
    files
        .into_iter()
        .map(|file| (file.clone(), std::fs::read(&file).unwrap()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn any_changed_byte_is_found_in_its_line(at in any::<prop::sample::Index>(), xor in 1u8..) {
        thread_local!(static WRITTEN: (tempfile::TempDir, Log) = written());
        WRITTEN.with(|(_dir, log)| {
            let files = bytes_of(log);
            let total: usize = files.values().map(Vec::len).sum();
            let mut at = at.index(total);
            let (file, bytes) = files.iter().find(|(_, bytes)| {
                let here = at < bytes.len();
                at -= if here { 0 } else { bytes.len() };
                here
            }).unwrap();
            let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            let mut changed = bytes.clone();
            changed[at] ^= xor;
            std::fs::write(file, &changed).unwrap();
            let verdict = log.verify().unwrap();
            std::fs::write(file, bytes).unwrap();
            prop_assert!(!verdict.ok);
            prop_assert_eq!(verdict.first_bad, Some(crate::audit::Place { file: file.clone(), line }));
            Ok(())
        })?;
    }
}

#[test]
fn deleting_moving_doubling_or_cutting_lines_is_found() {
    let (_dir, log) = written();
    let whole = bytes_of(&log);
    let lines: Vec<(PathBuf, Vec<u8>)> = whole
        .iter()
        .flat_map(|(file, bytes)| {
            bytes
                .split_inclusive(|b| *b == b'\n')
                .map(|line| (file.clone(), line.to_vec()))
        })
        .collect();
    let refused = |lines: &[(PathBuf, Vec<u8>)], what: &str| {
        whole.keys().for_each(|file| std::fs::write(file, b"").unwrap());
        for (file, line) in lines {
            std::fs::OpenOptions::new()
                .append(true)
                .open(file)
                .unwrap()
                .write_all(line)
                .unwrap();
        }
        assert!(!log.verify().unwrap().ok, "{what}");
    };
    for at in 0..lines.len() {
        let mut without = lines.clone();
        without.remove(at);
        refused(&without, "a line was deleted");
        refused(&lines[..at], "the end was cut off");
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at].clone());
        refused(&doubled, "a line was doubled");
        for other in at + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped[at].1 = lines[other].1.clone();
            swapped[other].1 = lines[at].1.clone();
            refused(&swapped, "two lines were swapped");
        }
    }
}
