//! 100 MB of log lines: into a recorder with its screen alone, then from a shell through the simulator's data channel
//! into a pane of the console, while keys of the console are struck.

use crate::cloud::Cloud;
use crate::figure::{Spans, judge, note};
use crate::keys::open_shell;
use crate::rig::Console;
use quarterdeck::recording::{DeviceKey, End, Header, Recorder};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

const BYTES: usize = 100_000_000;
const RATE_BAR: f64 = 15.0;
const KEY_BAR: Duration = Duration::from_millis(16);
const CHUNK: usize = 16 << 10;
const LINE: &str =
    "2026-11-21T04:11:01Z \x1b[32mINFO\x1b[0m request served path=/health status=200 took=3ms\r\n";

pub fn measure() {
    alone();
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("log");
    write_log(&log);
    channel(home.path(), &log, false);
    channel(home.path(), &log, true);
}

fn alone() {
    let data = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(data.path()).unwrap();
    let mut recorder = Recorder::create(data.path(), Header::new("local", (140, 38)), &key, 5_000).unwrap();
    let bytes: Vec<u8> = LINE.bytes().cycle().take(BYTES).collect();
    let started = Instant::now();
    bytes
        .chunks(CHUNK)
        .for_each(|chunk| recorder.output(chunk).unwrap());
    let rate = BYTES as f64 / 1e6 / started.elapsed().as_secs_f64();
    recorder.end(End::default()).unwrap();
    judge(
        "drain: recorder and screen alone, 100 MB",
        &format!("{rate:.1} MB/s"),
        "15 MB/s",
        rate >= RATE_BAR,
    );
}

fn write_log(path: &Path) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let line = LINE.replace('\r', "");
    // The shell's terminal adds the carriage returns.
    for _ in 0..BYTES / LINE.len() {
        file.write_all(line.as_bytes()).unwrap();
    }
}

/// The whole way: shell, its terminal, agent, web socket, acknowledgements, recorder, screen, frames.
fn channel(home: &Path, log: &Path, with_keys: bool) {
    let shell = format!(
        "printf 'ready$ '; read go; cat {}; printf 'all-of-it\\n'; read end",
        log.display()
    );
    let cloud = Cloud::start(&["--scale", "4/1", "--unpaced", "--shell", &shell]);
    cloud.furnish(home, cloud.endpoint_url());
    let mut console = Console::start(home, &[], &[]);
    open_shell(&mut console, "ready$");
    let started_at = console.press("\r");
    let mut spans = Vec::new();
    if with_keys {
        console.wait("output", |screen| screen.text().contains("/health"));
        console.press("\x07");
        while !console.screen.text().contains("all-of-it") {
            spans.push(help(&mut console, true));
            spans.push(help(&mut console, false));
        }
    }
    let ended_at = console.wait_for("all-of-it");
    let rate = BYTES as f64 / 1e6 / (ended_at - started_at).as_secs_f64();
    if with_keys {
        Spans::new(spans).print("drain: key answered meanwhile", KEY_BAR);
    }
    let name = format!(
        "drain: whole data channel{}",
        if with_keys { ", with keys" } else { "" }
    );
    judge(&name, &format!("{rate:.1} MB/s"), "15 MB/s", rate >= RATE_BAR);
    let work = format!(
        "console {:.1} s, simulator {:.1} s of processor time",
        console.worked_s(),
        cloud.worked_s()
    );
    note("  of which", &work);
}

/// Opens or closes the help over the pane; a key of the console's own, answered whatever the remote does.
fn help(console: &mut Console, open: bool) -> Duration {
    let at = console.press(if open { "?" } else { "\x1b" });
    let shown = console.wait("the help", |screen| {
        screen.text().contains("take the keys back") == open
    });
    shown - at
}
