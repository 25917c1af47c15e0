//! Figures of search and of the player: `cargo bench --bench search`, or parts of it: `library`, `frame`. What must hold:
//! over 1,000 session-hours the first hit in 200 ms and all in 2 s; the first frame of a 4 h recording in 50 ms with at
//! most 30 MB resident.
#![allow(clippy::unwrap_used)]

use quarterdeck::recording::{
    Catalogue, Deck, DeviceKey, End, Header, Keyring, Player, Query, Recorder, search,
};
use quarterdeck::term::PaneLook;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

const HOURS_4_US: u64 = 4 * 3_600_000_000;
/// Sessions in the library: 1,000 hours. `QD_BENCH_SESSIONS` of them differ, the others are the same under other names.
const SESSIONS: usize = 250;
/// Of text in a busy session of four hours.
const TEXT: usize = 2_100_000;

fn main() {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    if let [part, path] = &args[..]
        && part == "child"
    {
        return first_frame(Path::new(path));
    }
    let wanted = |part: &str| args.is_empty() || args.iter().any(|arg| arg == part);
    let dir = tempfile::tempdir().unwrap();
    if wanted("library") {
        library(dir.path());
    }
    if wanted("frame") {
        frames(dir.path());
    }
}

/// Lines that come at once.
const BURST: usize = 20;

/// Words from a small vocabulary and numbers, so that it compresses as logs do; one command every two minutes.
fn session(dir: &Path, key: &DeviceKey, nth: usize) -> PathBuf {
    const WORDS: [&str; 16] = [
        "request",
        "served",
        "upstream",
        "timeout",
        "worker",
        "connection",
        "from",
        "cache",
        "miss",
        "retry",
        "GET",
        "/api/v1/orders",
        "status",
        "error",
        "latency",
        "pool",
    ];
    let mut recorder = Recorder::create(dir, Header::new("shell", (120, 40)), key, 1_000).unwrap();
    let mut dice = nth as u64 + 1;
    let mut next = |most: u64| {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % most
    };
    let lines = TEXT / 70;
    let mut text = String::new();
    for line in 0..lines {
        let at_us = line as u64 * HOURS_4_US / lines as u64;
        if line % (lines / 120) == 0 {
            text.push_str(&format!(
                "\x1b]133;A\x07web $ \x1b]133;B\x07tail -f log.{line}\r\n\x1b]133;C\x07"
            ));
        }
        if line == lines / 2 {
            text.push_str(&format!("needle-{nth} once in this session\r\n"));
        }
        for _ in 0..6 {
            text.push_str(WORDS[next(16) as usize]);
            text.push(' ');
        }
        text.push_str(&format!("{:08x} {}\r\n", next(1 << 32), next(9_000)));
        if (line + 1) % (lines / 120) == 0 {
            text.push_str(&format!("\x1b]133;D;{}\x07", next(3)));
        }
        if line % BURST == 0 || line + 1 == lines {
            recorder.output_at(at_us, text.as_bytes()).unwrap();
            text.clear();
        }
    }
    recorder.end(End::default()).unwrap().path
}

fn library(dir: &Path) {
    let key = DeviceKey::load_or_create(dir).unwrap();
    let distinct = std::env::var("QD_BENCH_SESSIONS")
        .ok()
        .and_then(|text| text.parse().ok());
    let distinct: usize = distinct.unwrap_or(25).clamp(1, SESSIONS);
    let paths: Vec<PathBuf> = (0..distinct).map(|nth| session(dir, &key, nth)).collect();
    let catalogue = Catalogue::open(dir, Keyring::default());
    let started = Instant::now();
    let (read, failed) = catalogue.refresh(|| true).unwrap();
    assert!(failed.is_empty());
    println!("text of {read} sessions of 4 h: {:?}", started.elapsed());
    for path in &paths {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = dir.join("index").join(format!("{stem}.text"));
        for copy in 1..SESSIONS / distinct {
            // The same file under another name: same size, same time.
            let name = format!("{}{copy:03}", &stem[..stem.len() - 3]);
            std::fs::hard_link(path, path.with_file_name(format!("{name}.osr"))).unwrap();
            std::fs::hard_link(&text, text.with_file_name(format!("{name}.text"))).unwrap();
        }
    }
    let size = |folder: &str| -> u64 {
        let mut folders = vec![dir.join(folder)];
        let mut sum = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let found = entry.metadata().unwrap();
                if found.is_dir() {
                    folders.push(entry.path());
                } else {
                    sum += found.len();
                }
            }
        }
        sum / 1_000_000
    };
    println!(
        "{} hours: recordings {} MB, index {} MB",
        paths.len() * (SESSIONS / distinct) * 4,
        size("recordings"),
        size("index")
    );
    for query in [
        "needle-7",
        "\"never shown\"",
        "timeout 00000",
        "/needle-1\\d once/",
        "needle-3 after:1d",
        "cmd:log.0",
        "exit:!0 cmd:log.1",
        "upstream -cache -retry -error deadbeef",
    ] {
        one(&catalogue, query);
    }
}

fn one(catalogue: &Catalogue, text: &str) {
    let query = Query::parse(text, jiff::Timestamp::now()).unwrap();
    let mut firsts = Vec::new();
    let mut wholes = Vec::new();
    let mut hits = 0;
    for _ in 0..5 {
        let started = Instant::now();
        let mut first = None;
        hits = 0;
        search(catalogue, &query, &AtomicBool::new(false), |found| {
            found.unwrap();
            first.get_or_insert_with(|| started.elapsed());
            hits += 1;
            true
        })
        .unwrap();
        wholes.push(started.elapsed());
        firsts.extend(first);
    }
    wholes.sort();
    firsts.sort();
    let worst = |of: &[Duration]| of.last().copied().unwrap_or_default();
    println!(
        "{text}: {hits} hits, first {:?}, all {:?} (worst of 5)",
        worst(&firsts),
        worst(&wholes)
    );
}

/// A process of its own for each, so that what is resident is the player's.
fn frames(dir: &Path) {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/terminal/alacritty");
    let streams: Vec<u8> = [
        "vim_large_window_scroll",
        "tmux_htop",
        "tmux_git_log",
        "vim_24bitcolors_bce",
    ]
    .iter()
    .filter_map(|name| std::fs::read(format!("{data}/{name}/alacritty.recording")).ok())
    .flatten()
    .collect();
    if streams.is_empty() {
        return println!("skipped: no terminal streams below {data}");
    }
    let key = DeviceKey::load_or_create(dir).unwrap();
    let mut recorder = Recorder::create(dir, Header::new("local", (120, 40)), &key, 1_000).unwrap();
    let whole: Vec<u8> = streams.into_iter().cycle().take(47_000_000).collect();
    let parts = whole.chunks(157);
    let many = parts.len() as u64;
    for (nth, part) in parts.enumerate() {
        recorder.output_at(nth as u64 * HOURS_4_US / many, part).unwrap();
    }
    let sealed = recorder.end(End::default()).unwrap();
    for _ in 0..3 {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .arg("child")
            .arg(&sealed.path)
            .status();
        assert!(child.unwrap().success());
    }
}

fn first_frame(path: &Path) {
    let started = Instant::now();
    let mut deck = Deck::from(Player::open(path).unwrap());
    let area = Rect::new(0, 0, 120, 40);
    let mut buf = Buffer::empty(area);
    deck.player_mut(0)
        .screen()
        .paint(area, &mut buf, &PaneLook::default());
    let first = started.elapsed();
    let mut times: Vec<Duration> = (0..300u64)
        .map(|n| {
            let at = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % HOURS_4_US;
            let started = Instant::now();
            deck.seek(at).unwrap();
            deck.player_mut(0)
                .screen()
                .paint(area, &mut buf, &PaneLook::default());
            started.elapsed()
        })
        .collect();
    times.sort();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or("VmHWM unknown");
    println!(
        "4 h, 47 MB: first frame {first:?}; seek and paint p50 {:?}, p99 {:?}, worst {:?}; {}",
        times[150],
        times[297],
        times[299],
        peak.split_whitespace().collect::<Vec<_>>().join(" ")
    );
}
