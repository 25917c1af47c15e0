//! Figures of the recording room: `cargo bench --bench recording`. What must hold: 15 MB/s through the recorder with
//! its screen; a seek in a 4 h, 47 MB recording at p50 5 ms and p99 20 ms, cold open included; a file of at most a
//! quarter of its asciicast 3. Streams are read from where the tests find them. `-- observers`: fifty watchers of one session.
#![allow(clippy::unwrap_used)]

use quarterdeck::recording::export::{self, Asciicast};
use quarterdeck::recording::live::Follower;
use quarterdeck::recording::{
    DeviceKey, End, Header, Keyring, Library, Player, Reader, Recorder, What, Writer, create_identity,
    import, verify,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/terminal");
const MB: f64 = 1e6;
const HOURS_4_US: u64 = 4 * 3_600_000_000;
const LONG_BYTES: usize = 47_000_000;
const LONG_EVENTS: usize = 300_000;

fn main() {
    if std::env::args().any(|arg| arg == "observers") {
        return observers();
    }
    let streams: Vec<Vec<u8>> = [
        "vim_large_window_scroll",
        "tmux_htop",
        "tmux_git_log",
        "vim_24bitcolors_bce",
    ]
    .iter()
    .filter_map(|name| std::fs::read(format!("{DATA}/alacritty/{name}/alacritty.recording")).ok())
    .collect();
    if streams.is_empty() {
        eprintln!("skipped: no terminal streams below {DATA}");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let tiled: Vec<u8> = streams.concat().into_iter().cycle().take(LONG_BYTES).collect();
    throughput(dir.path(), &key, &[], &tiled);
    let recipient = create_identity(&dir.path().join("auditor.txt")).unwrap();
    throughput(dir.path(), &key, std::slice::from_ref(&recipient), &tiled);
    let long = four_hours(dir.path(), &key, &tiled);
    seeks(&long);
    let started = Instant::now();
    assert!(verify(&long).unwrap().ok);
    println!("verify 4 h: {:?}", started.elapsed());
    let started = Instant::now();
    let hits = Player::open(&long)
        .unwrap()
        .search("no such words anywhere")
        .unwrap()
        .len();
    println!("search 4 h: {:?}, {hits} hits", started.elapsed());
    let started = Instant::now();
    let rows = Library::open(dir.path()).list().unwrap().0.len();
    println!("list {rows} recordings: {:?}", started.elapsed());
    sizes(dir.path(), &key, &recipient);
}

fn recorder(dir: &Path, key: &DeviceKey, recipients: &[String]) -> Recorder {
    let header = Header {
        recipients: recipients.to_vec(),
        ..Header::new("local", (120, 40))
    };
    Recorder::create(dir, header, key, 5_000).unwrap()
}

fn throughput(dir: &Path, key: &DeviceKey, recipients: &[String], bytes: &[u8]) {
    let how = if recipients.is_empty() {
        "record"
    } else {
        "encrypt and record"
    };
    for chunk in [16 << 10, 1 << 10, 150] {
        let mut recorder = recorder(dir, key, recipients);
        let started = Instant::now();
        let mut slowest = Duration::ZERO;
        for part in bytes.chunks(chunk) {
            let one = Instant::now();
            recorder.output(part).unwrap();
            slowest = slowest.max(one.elapsed());
        }
        let took = started.elapsed();
        let per_event = took / bytes.chunks(chunk).len() as u32;
        let rate = bytes.len() as f64 / MB / took.as_secs_f64();
        println!(
            "{how} with screen, {chunk} B a write: {rate:.1} MB/s, {per_event:?} each, slowest {slowest:?}"
        );
        let path = recorder.path().to_path_buf();
        recorder.end(End::default()).unwrap();
        std::fs::remove_file(path).unwrap();
    }
}

fn four_hours(dir: &Path, key: &DeviceKey, bytes: &[u8]) -> PathBuf {
    let mut recorder = recorder(dir, key, &[]);
    for (n, part) in bytes.chunks(LONG_BYTES / LONG_EVENTS).enumerate() {
        recorder
            .output_at(n as u64 * HOURS_4_US / LONG_EVENTS as u64, part)
            .unwrap();
    }
    let sealed = recorder.end(End::default()).unwrap();
    let reader = Reader::open(&sealed.path).unwrap();
    let keyframes = reader.segments().iter().filter(|s| s.has_keyframe).count();
    let (size, events) = (sealed.len as f64 / MB, sealed.summary.events);
    println!(
        "4 h: {:.1} MB of output, {events} events, file {size:.2} MB, {keyframes} keyframes",
        bytes.len() as f64 / MB
    );
    sealed.path
}

fn seeks(path: &Path) {
    let mut times: Vec<Duration> = (0..300u64)
        .map(|n| {
            let at = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % HOURS_4_US;
            let started = Instant::now();
            let mut player = Player::open(path).unwrap();
            player.seek(at).unwrap();
            let text = player.screen().text();
            let took = started.elapsed();
            assert_eq!(player.at_us(), at);
            std::hint::black_box(text);
            took
        })
        .collect();
    times.sort();
    println!(
        "open and seek in 4 h: p50 {:?}, p99 {:?}, max {:?}",
        times[150], times[297], times[299]
    );
}

fn sizes(dir: &Path, key: &DeviceKey, recipient: &str) {
    for name in ["welcome.cast", "big.cast"] {
        let cast = PathBuf::from(format!("{DATA}/asciinema-server/{name}"));
        if !cast.is_file() {
            continue;
        }
        let sealed = import::asciicast(&cast, dir, key).unwrap();
        let mut v3 = Vec::new();
        export::asciicast(&Reader::open(&sealed.path).unwrap(), Asciicast::V3, &mut v3).unwrap();
        let live = as_if_live(dir, key, &[], &sealed.path);
        let encrypted = as_if_live(dir, key, &[recipient.to_owned()], &sealed.path);
        let of = |len: u64| len as f64 / v3.len() as f64;
        let (whole, ratio, live_ratio) = (v3.len(), of(sealed.len), of(live));
        println!(
            "{name}: {whole} B as v3, imported {} ({ratio:.2}), as a live session {live} ({live_ratio:.2}), \
             encrypted {encrypted}",
            sealed.len
        );
    }
}

/// The same events, each flushed by itself.
fn as_if_live(dir: &Path, key: &DeviceKey, recipients: &[String], path: &Path) -> u64 {
    let header = Header {
        recipients: recipients.to_vec(),
        ..Header::new("local", (80, 24))
    };
    let mut writer = Writer::create(dir, header, key).unwrap();
    for event in Reader::open(path).unwrap().events().unwrap() {
        let event = event.unwrap();
        if let What::Output(bytes) = event.what {
            writer.output(event.at_us, &bytes).unwrap();
        }
    }
    writer.end(0, End::default()).unwrap().len
}

/// A session that writes at the rate Session Manager's agent allows, alone and with fifty who follow its file as
/// `qd watch` does, every 16 ms: 100 ms to see its screen, at most a hundredth of its throughput lost.
fn observers() {
    const OBSERVERS: usize = 50;
    const LASTS: Duration = Duration::from_secs(10);
    const EVERY: Duration = Duration::from_micros(1_400);
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let mut recorder = recorder(dir.path(), &key, &[]);
    let line = "drwxr-xr-x 2 root root 4096 Nov 21 10:50 \x1b[34msome-directory\x1b[0m\r\n".repeat(15);
    let run = |recorder: &mut Recorder, who: &str| {
        let (began, mut took) = (Instant::now(), Vec::new());
        while began.elapsed() < LASTS {
            let due = began + EVERY * took.len() as u32;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let at = Instant::now();
            recorder.output(line.as_bytes()).unwrap();
            took.push(at.elapsed());
        }
        took.sort_unstable();
        println!(
            "{who}: {:.3} MB/s, a write p50 {:?}, p99 {:?}, worst {:?}",
            (took.len() * line.len()) as f64 / MB / began.elapsed().as_secs_f64(),
            took[took.len() / 2],
            took[took.len() * 99 / 100],
            took[took.len() - 1],
        );
    };
    run(&mut recorder, "alone");
    let path = recorder.path().to_path_buf();
    let stop = AtomicBool::new(false);
    let mut attached = Vec::new();
    let followers: Vec<Follower> = (0..OBSERVERS)
        .map(|_| {
            let at = Instant::now();
            let follower = Follower::open(&path, Some(recorder.newest_start()), &Keyring::default()).unwrap();
            attached.push(at.elapsed());
            follower
        })
        .collect();
    attached.sort_unstable();
    let (half, worst) = (attached[OBSERVERS / 2], attached[OBSERVERS - 1]);
    println!("{OBSERVERS} attach: p50 {half:?}, worst {worst:?}");
    let follow = |mut follower: Follower| {
        while !stop.load(Ordering::Relaxed) {
            follower.advance(|_| {}).unwrap();
            std::thread::sleep(Duration::from_millis(16));
        }
        follower.advance(|_| {}).unwrap();
        follower.screen().text()
    };
    std::thread::scope(|scope| {
        let follow = &follow;
        let threads: Vec<_> = followers
            .into_iter()
            .map(|follower| scope.spawn(move || follow(follower)))
            .collect();
        run(&mut recorder, "watched");
        stop.store(true, Ordering::Relaxed);
        let shown = recorder.screen().text();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap() == shown));
    });
}
