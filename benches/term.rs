//! How fast a screen takes output, makes a keyframe and goes on from one: `cargo bench --bench term`.
//!
//! Prints megabytes per second for four kinds of output, and microseconds for a dump and a restore.

use std::hint::black_box;
use std::time::{Duration, Instant};

use quarterdeck::term::filter::Filter;
use quarterdeck::term::{SCROLLBACK, Screen, Size};

const SIZE: Size = Size { cols: 200, rows: 50 };
const BYTES: usize = 64 << 20;
const CHUNK: usize = 16 << 10;

fn main() {
    for (name, line) in [
        ("plain text", plain()),
        ("log with colours", log()),
        ("cursor addressed", addressed()),
        (
            "wide and combining",
            "日本語テキスト e\u{301}é ünïcödé 한국어 ".repeat(8) + "\r\n",
        ),
    ] {
        let bytes = line
            .as_bytes()
            .iter()
            .copied()
            .cycle()
            .take(BYTES)
            .collect::<Vec<_>>();
        let mut screen = Screen::new(SIZE, SCROLLBACK);
        let fed = time(|| bytes.chunks(CHUNK).for_each(|chunk| screen.feed(chunk)));
        let (mut filter, mut out) = (Filter::new("host: ", false), Vec::with_capacity(2 * CHUNK));
        let passed = time(|| {
            for chunk in bytes.chunks(CHUNK) {
                out.clear();
                filter.pass(chunk, &mut out);
                black_box(&out);
            }
        });
        let (dump, dumped) = best(|| screen.dump());
        let (_, restored) = best(|| Screen::restore(&dump, SCROLLBACK));
        println!(
            "{name:20} feed {:6.1} MB/s   filter {:6.1} MB/s   dump {:5} us ({} bytes)   restore {:5} us",
            rate(fed),
            rate(passed),
            dumped.as_micros(),
            dump.len(),
            restored.as_micros()
        );
    }
}

fn plain() -> String {
    "The quick brown fox jumps over the lazy dog, again and again; ".repeat(2) + "then a line ends.\r\n"
}

fn log() -> String {
    "\x1b[90m2026-11-21T04:11:01Z\x1b[0m \x1b[32mINFO\x1b[0m request served path=/health status=200 took=3ms\r\n".into()
}

fn addressed() -> String {
    (1..=50)
        .map(|row| format!("\x1b[{row};{}H\x1b[{}m{row:4}%\x1b[K", row * 3 % 90, 30 + row % 8))
        .collect()
}

fn time(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn best<T>(work: impl Fn() -> T) -> (T, Duration) {
    let mut fastest = Duration::MAX;
    for _ in 0..50 {
        fastest = fastest.min(time(|| drop(black_box(work()))));
    }
    (work(), fastest)
}

fn rate(took: Duration) -> f64 {
    BYTES as f64 / 1e6 / took.as_secs_f64()
}
