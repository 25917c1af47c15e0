//! A local program on a disk that is full more than once.

use super::*;
use crate::audit::{Log, Range};
use crate::recording::small_disk;

/// Bytes that no compression makes smaller.
fn noise() -> Bytes {
    (0..4096).map(|_| rand::random::<u8>() | 0x80).collect()
}

#[tokio::test]
async fn each_time_without_a_disk_is_in_the_audit_log_and_so_is_its_end() {
    if !small_disk::is_here(
        "ssh::tape::tests",
        "each_time_without_a_disk_is_in_the_audit_log_and_so_is_its_end",
    ) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let header = Header {
        mode: Mode::BestEffort,
        ..Header::new("local", (80, 24))
    };
    let mut tape = Tape::start_local(dir.path(), header, "noise").await.unwrap();
    for _ in 0..2 {
        let is_news = loop {
            let (shown, written) = tape.output(noise(), false);
            if let Err(cause) = written {
                break tape.show_unrecorded(&shown, &cause).await;
            }
        };
        assert!(is_news && tape.is_out());
        small_disk::set(1 << 30);
        // A full disk is asked again after a second.
        while !tape.goes_on().await {
            let (shown, written) = tape.output(noise(), false);
            if let Err(cause) = written {
                assert!(!tape.show_unrecorded(&shown, &cause).await, "told twice");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (path, _) = tape.place().unwrap();
        small_disk::set(std::fs::metadata(path).unwrap().len() + 20_000);
    }
    small_disk::set(1 << 30);
    tape.end("over", Some(0)).await.unwrap();
    let log = Log::open(dir.path()).unwrap();
    let entries = log.read(Range::default()).unwrap();
    let told: Vec<String> = entries.map(|entry| entry.unwrap().event).collect();
    let count = |kind: &str| told.iter().filter(|event| *event == kind).count();
    assert_eq!(count("session.recording.failed"), 2, "{told:?}");
    assert_eq!(count("session.recording.gap"), 2, "{told:?}");
}
