//! sudo's I/O logs: times, resizes, compressed and torn files.

use super::*;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::Write;

fn write_log(dir: &Path, timing: &str, ttyout: &[u8], packed: bool) {
    std::fs::write(dir.join("timing"), timing).unwrap();
    std::fs::write(
        dir.join("log"),
        "1731000000:alice:root:root:/dev/pts/3:30:100\n/home/alice\n/bin/bash\n",
    )
    .unwrap();
    let mut bytes = ttyout.to_vec();
    if packed {
        let mut packer = GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(ttyout).unwrap();
        bytes = packer.finish().unwrap();
    }
    std::fs::write(dir.join("ttyout"), bytes).unwrap();
    std::fs::write(dir.join("ttyin"), "hunter2").unwrap();
}

#[test]
fn a_log_is_taken_packed_or_not_and_without_what_was_typed() {
    for packed in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let timing = "4 0.500000000 5\n3 0.25 7\n5 0.25 40 120\n7 1 TSTP\n4 1.000000001 3\n";
        write_log(dir.path(), timing, b"caf\xff\nend", packed);
        let taken = load(dir.path()).unwrap();
        assert_eq!(taken.header.size, (100, 30));
        assert_eq!(taken.header.started_at, 1_731_000_000_000_000);
        assert_eq!(taken.header.local_user.as_deref(), Some("alice"));
        assert_eq!(taken.events[0], (500_000, What::Output(b"caf\xff\n".to_vec())));
        assert_eq!(taken.events[1], (1_000_000, What::Resize { cols: 120, rows: 40 }));
        assert!(matches!(&taken.events[2], (2_000_000, What::Marker(m)) if m.label == "SIGTSTP"));
        assert_eq!(taken.events[3], (3_000_000, What::Output(b"end".to_vec())));
        assert_eq!(taken.events.len(), 4);
    }
}

#[test]
fn the_environment_of_a_log_stays_where_it_is() {
    let log = json!({
        "timestamp": { "seconds": 1_731_000_000, "nanoseconds": 5 }, "columns": 132, "lines": 43, "submituser": "bob",
        "submithost": "web1", "runuser": "root", "runargv": ["bash", "-l"], "runenv": ["TOKEN=hunter2"],
    });
    let header = of_json(&log, jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(
        (header.size, header.local_host.as_deref()),
        ((132, 43), Some("web1"))
    );
    assert_eq!(header.target_name.as_deref(), Some("web1"));
    assert!(!serde_json::to_string(&header).unwrap().contains("hunter2"));
}

#[test]
fn faults_are_named_with_their_file_and_place() {
    let dir = tempfile::tempdir().unwrap();
    write_log(dir.path(), "4 0.5 5\n4 0.5 99\n", b"abcdefg", false);
    let says = load(dir.path()).err().unwrap().to_string();
    assert!(
        says.ends_with("timing, line 2: it wants 99 bytes of ttyout, which has 2 more"),
        "{says}"
    );
    write_log(dir.path(), "4 0.5 5\n", b"abcdefg", true);
    let packed = std::fs::read(dir.path().join("ttyout")).unwrap();
    std::fs::write(dir.path().join("ttyout"), &packed[..packed.len() - 6]).unwrap();
    let says = load(dir.path()).err().unwrap().to_string();
    assert!(
        says.contains("ttyout, byte 7: its gzip stream is broken"),
        "{says}"
    );
}

proptest! {
    #[test]
    fn hostile_logs_never_panic(lines in prop::collection::vec("[0-9]{1,2} [0-9.e-]{0,9} [0-9A-Z ]{0,12}", 0..8), text in "\\PC{0,60}", bytes: Vec<u8>) {
        let file = |bytes: &[u8]| File::of(bytes.to_vec(), Path::new("x"), jiff::Timestamp::UNIX_EPOCH);
        let header = || Header::new("import", USUAL);
        let mut streams: Vec<_> = STREAMS.iter().map(|_| (file(&bytes), 0)).collect();
        let _ = combine(header(), &file(lines.join("\n").as_bytes()), &mut streams);
        let _ = combine(header(), &file(&bytes), &mut streams);
        let _ = of_text(&text, jiff::Timestamp::UNIX_EPOCH);
    }
}
