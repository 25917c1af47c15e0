//! Figures of the audit log: `cargo bench --bench audit`. What must hold: an append costs no more with a million
//! lines before it than with a thousand, beside the sync of the disk; `LEAVES` sets how long the long log is.
#![allow(clippy::unwrap_used)]

use quarterdeck::audit::{Actor, Event, Kind, Log};
use quarterdeck::recording::DeviceKey;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

const APPENDS: usize = 1_000;

fn main() {
    let leaves: u64 = std::env::var("LEAVES")
        .ok()
        .and_then(|leaves| leaves.parse().ok())
        .unwrap_or(1_000_000);
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path()).unwrap();
    println!("sync of one line alone: {}", spread(sync_alone(dir.path())));
    println!("append, empty log: {}", spread(append(&log)));
    let long = tempfile::tempdir().unwrap();
    let template = std::fs::read_dir(dir.path().join("audit"))
        .unwrap()
        .find_map(|file| {
            Some(file.ok()?.path()).filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        })
        .unwrap();
    let line = std::fs::read_to_string(template).unwrap();
    grow(long.path(), line.lines().next().unwrap(), leaves);
    let log = Log::open(long.path()).unwrap();
    let key = DeviceKey::load_or_create(long.path()).unwrap();
    let started = Instant::now();
    log.append(Event::new(Kind::Verified, Actor::local())).unwrap();
    println!("tree of {leaves} lines made anew, once: {:?}", started.elapsed());
    println!("append, {leaves} lines before it: {}", spread(append(&log)));
    let started = Instant::now();
    log.checkpoint(&key, Actor::local()).unwrap();
    println!("checkpoint: {:?}", started.elapsed());
    let started = Instant::now();
    let verdict = log.verify().unwrap();
    assert!(verdict.ok, "{verdict:?}");
    println!("verify {} leaves: {:?}", verdict.leaves, started.elapsed());
    let bytes = |name: &str| {
        std::fs::metadata(long.path().join("audit").join(name))
            .unwrap()
            .len()
    };
    println!(
        "tree: {:.1} bytes a leaf",
        bytes("tree") as f64 / verdict.leaves as f64
    );
}

fn append(log: &Log) -> Vec<Duration> {
    (0..APPENDS)
        .map(|n| {
            let event =
                Event::new(Kind::SessionCommand, Actor::local()).with("command", format!("uptime {n}"));
            let started = Instant::now();
            log.append(event).unwrap();
            started.elapsed()
        })
        .collect()
}

/// What the disk takes for as many bytes.
fn sync_alone(dir: &Path) -> Vec<Duration> {
    let mut file = std::fs::File::create(dir.join("alone")).unwrap();
    (0..APPENDS)
        .map(|_| {
            let started = Instant::now();
            file.write_all(&[b'x'; 700]).unwrap();
            file.sync_data().unwrap();
            started.elapsed()
        })
        .collect()
}

/// A chained log of many lines, as another process would have left it: without a tree.
fn grow(dir: &Path, line: &str, lines: u64) {
    let audit = dir.join("audit");
    std::fs::create_dir_all(&audit).unwrap();
    let name = "2026-01-01.jsonl";
    let mut out = std::io::BufWriter::new(std::fs::File::create(audit.join(name)).unwrap());
    let mut entry: serde_json::Value = serde_json::from_str(line).unwrap();
    let (mut prev, mut ends_at) = ("0".repeat(64), 0);
    entry["time"] = "2026-01-01T00:00:00.000000000Z".into();
    for seq in 1..=lines {
        entry["seq"] = seq.into();
        entry["prev"] = prev.into();
        let line = entry.to_string();
        prev = hex::encode(Sha256::digest(&line));
        ends_at += line.len() as u64 + 1;
        writeln!(out, "{line}").unwrap();
    }
    out.flush().unwrap();
    let head = serde_json::json!({"seq": lines, "hash": prev, "file": name, "ends_at": ends_at});
    std::fs::write(audit.join("head.json"), head.to_string()).unwrap();
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    format!(
        "p50 {:?}, p99 {:?}, worst {:?} of {}",
        at(0.5),
        at(0.99),
        at(1.0),
        times.len()
    )
}
