//! From exec to the first frame, what an idle console weighs, and that it draws nothing.

use crate::figure::{Spans, judge, ms};
use crate::rig::Console;
use std::time::Duration;

const RUNS: usize = 20;
const FRAME_BAR: Duration = Duration::from_millis(50);
const RESIDENT_BAR: f64 = 60.0;
const IDLE: Duration = Duration::from_secs(10);
/// Nothing for this long: the fleet and the costs have arrived.
const SETTLED: Duration = Duration::from_secs(3);

pub fn measure() {
    let home = tempfile::tempdir().unwrap();
    let spans = (0..RUNS).map(|_| {
        let mut console = Console::start(home.path(), &["demo"], &[]);
        let at = console.wait("the first frame", |screen| screen.text().contains("Fleet"));
        at - console.started_at
    });
    let spans = Spans::new(spans.collect());
    let (best, half, worst) = (ms(spans.best()), ms(spans.at(50)), ms(spans.worst()));
    judge(
        "demo: first frame after exec",
        &format!("best {best:.1} ms, median {half:.1} ms, worst {worst:.1} ms of {RUNS}"),
        "50 ms",
        spans.at(50) <= FRAME_BAR,
    );
    let mut console = Console::start(home.path(), &["demo"], &[]);
    console.wait_for("Fleet");
    console.until_quiet_for(SETTLED);
    let resident = console.resident_mb();
    judge(
        "demo: resident, no session open",
        &format!("{resident:.1} MB"),
        "60 MB",
        resident <= RESIDENT_BAR,
    );
    let bytes = console.bytes_within(IDLE);
    judge(
        "demo: written in 10 idle seconds",
        &format!("{bytes} bytes"),
        "0 bytes",
        bytes == 0,
    );
}
