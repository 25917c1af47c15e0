//! 20,000 instances in 20 regions, one of them slow and one failing. A relay before the simulator stamps the first
//! bytes of the first list of instances; the console's rows are measured from there.

use crate::cloud::Cloud;
use crate::figure::{Spans, judge, ms, note};
use crate::rig::Console;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

const FAULTS: &str = "latency.us-east-2=5s,fail.us-west-1=error";
const ROWS_BAR: Duration = Duration::from_millis(300);
const FRAME_BAR: Duration = Duration::from_millis(16);
const TYPED: [&str; 4] = ["pay", "eu-west tag.env:prod", "i-0a", "-state:running web"];
const ROUNDS: usize = 8;
/// Rows without those of the failing region, which has a twentieth of all and at most one more.
const ANSWERING: usize = 18_999;

pub fn measure() {
    let cloud = Cloud::start(&["--scale", "20000/20", "--faults", FAULTS]);
    let first = Arc::new(OnceLock::new());
    let relay = relay(cloud.address(), first.clone());
    let home = tempfile::tempdir().unwrap();
    cloud.furnish(home.path(), &relay);
    let mut console = Console::start(home.path(), &[], &[]);
    console.wait_for("Fleet");
    console.press("2");
    let rows_at = console.wait("the first rows", |screen| screen.text().contains(" i-"));
    let answered_at = *first.get().unwrap();
    let took = rows_at.saturating_duration_since(answered_at);
    judge(
        "fleet: first answer to first rows",
        &format!("{:.0} ms", ms(took)),
        "300 ms",
        took <= ROWS_BAR,
    );
    let all_at = console.wait("every region", |screen| {
        counted(&screen.text()) >= Some(ANSWERING)
    });
    note(
        "fleet: exec to all rows, a region at 5 s",
        &format!("{:.1} s", (all_at - console.started_at).as_secs_f64()),
    );
    // The failing region is a row below the nodes.
    console.wait_for("1 failure");
    console.press("G");
    console.wait_for("scale us-west-1 ");
    console.press("gg");
    note(
        "fleet: resident with 19,000 rows",
        &format!("{:.0} MB", console.resident_mb()),
    );
    filter(&mut console);
}

/// Each letter typed and taken back; a frame counts when it shows the text as it is now.
fn filter(console: &mut Console) {
    let mut spans = Vec::new();
    console.press("/");
    console.until_quiet_for(Duration::from_millis(100));
    for text in TYPED.iter().cycle().take(ROUNDS * TYPED.len()) {
        let (forth, back) = (1..=text.len(), (0..text.len()).rev());
        let mut before = 0;
        for length in forth.chain(back) {
            let key = if length > before {
                &text[before..length]
            } else {
                "\x7f"
            };
            before = length;
            let wanted = &text[..length];
            let struck_at = console.press(key);
            let shown_at = console.wait("the filter's frame", |screen| {
                shown(&screen.text()) == wanted.trim_end()
            });
            if !text[..length].ends_with(' ') && !text[..=length.min(text.len() - 1)].ends_with(' ') {
                spans.push(shown_at - struck_at);
            }
            console.until_quiet_for(Duration::from_millis(8));
        }
    }
    Spans::new(spans).print("fleet: filter key to its frame", FRAME_BAR);
}

/// The filter in the panel's title.
fn shown(text: &str) -> &str {
    let title = text
        .lines()
        .find(|line| line.contains("╭ Fleet"))
        .unwrap_or_default();
    let after = title.split_once("  /").map_or("", |(_, after)| after);
    after
        .split(['─', '╮', '┐'])
        .next()
        .unwrap_or_default()
        .split("  ")
        .next()
        .unwrap_or_default()
        .trim_end()
}

/// The number after the panel's name.
fn counted(text: &str) -> Option<usize> {
    let title = text.lines().find(|line| line.contains("╭ Fleet  "))?;
    let number: String = title
        .split_once("Fleet  ")?
        .1
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    number.parse().ok()
}

/// Passes everything on, and notes when the first list of instances began to come back.
fn relay(to: String, first: Arc<OnceLock<Instant>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(&to).unwrap();
            let (there, back) = (
                (client.try_clone().unwrap(), server.try_clone().unwrap()),
                (server, client),
            );
            std::thread::spawn(move || pass(there.0, there.1, |_| {}));
            let first = first.clone();
            std::thread::spawn(move || {
                pass(back.0, back.1, |bytes| {
                    let is_list = bytes.windows(25).any(|part| part == b"DescribeInstancesResponse");
                    if first.get().is_none() && is_list {
                        let _ = first.set(Instant::now());
                    }
                });
            });
        }
    });
    format!("http://{address}")
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut seen: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 256 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        seen(&buffer[..count]);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
