//! What a person feels in a session of the demo: how soon a prompt shows, and a key's echo. The demo records every
//! session; the recording is looked for at the end, so that the figures cannot be those of an unrecorded one.

use crate::cloud::configure;
use crate::figure::Spans;
use crate::rig::Console;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const PROMPTS: usize = 100;
const PROMPT_BAR: Duration = Duration::from_millis(100);
const ECHOES: usize = 500;
const ECHO_BAR: Duration = Duration::from_millis(5);
const LINE: usize = 50;

pub fn measure() {
    let (home, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    configure(home.path(), "");
    let mut console = Console::start(
        home.path(),
        &["--data-dir", data.path().to_str().unwrap(), "demo"],
        &[],
    );
    open_shell(&mut console, "]$");
    prompts(&mut console);
    echoes(&mut console);
    drop(console);
    let recordings = quarterdeck::recording::Library::open(data.path())
        .list()
        .unwrap()
        .0;
    assert_eq!(recordings.len(), 1, "the session was recorded");
}

/// Opens a session on the first instance that can be reached, in full screen.
pub fn open_shell(console: &mut Console, prompt: &str) {
    console.wait_for("Fleet");
    console.press("2");
    console.wait_for("INSTANCE");
    console.press("/");
    console.press("ping:online state:running\r");
    console.wait("a filtered list", |screen| {
        screen.text().contains("/ping:online") && screen.text().contains(" i-")
    });
    console.until_quiet_for(Duration::from_secs(1));
    console.press("\r");
    console.wait_for(prompt);
}

/// The shell writes into each prompt when it wrote it.
fn prompts(console: &mut Console) {
    console.press("PS1='at=${EPOCHREALTIME}>' PS0=; clear\r");
    console.wait("a stamped prompt", |screen| stamps(&screen.text()).len() == 1);
    let mut spans = Vec::new();
    for _ in 0..PROMPTS {
        let before = stamps(&console.screen.text());
        console.press("\r");
        let newest = |text: &str| stamps(text).last().copied();
        let shown_at = console.wait("the next prompt", |screen| {
            newest(&screen.text()) != before.last().copied()
        });
        let since_shown = shown_at.elapsed();
        let shown_us = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() - since_shown;
        let sent_us = newest(&console.screen.text()).unwrap();
        spans.push(shown_us.saturating_sub(Duration::from_micros(sent_us)));
    }
    Spans::new(spans).print("prompt: written by the shell to on screen", PROMPT_BAR);
}

/// Microseconds of Unix time in the prompts on the screen, downwards.
fn stamps(text: &str) -> Vec<u64> {
    let whole = |after: &str| {
        after
            .split_once('>')
            .map(|(stamp, _)| stamp.replace(['.', ','], ""))
    };
    text.split("at=")
        .skip(1)
        .filter_map(|after| whole(after)?.parse().ok())
        .collect()
}

/// Single letters at the prompt of a shell; each is on the screen before the next is typed.
fn echoes(console: &mut Console) {
    let mut spans = Vec::new();
    while spans.len() < ECHOES {
        console.press("\x15");
        console.press("clear\r");
        console.wait("an empty line", |screen| {
            let text = screen.text();
            stamps(&text).len() == 1 && !text.contains("clear")
        });
        for count in 1..=LINE {
            // Nothing else may be on its way to the screen when the key is struck.
            console.until_quiet_for(Duration::from_millis(8));
            let typed: Instant = console.press("x");
            let wanted = format!(">{}", "x".repeat(count));
            let shown = console.wait("the echo", |screen| screen.text().contains(&wanted));
            spans.push(shown - typed);
        }
    }
    Spans::new(spans).print("echo: key struck to echo on screen", ECHO_BAR);
}
