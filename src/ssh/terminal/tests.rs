//! Programs that print more than is looked at, and take less than is typed.

use super::*;
use crate::recording::{Header, Mode};
use std::path::Path;

const LONG: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Run {
    Run {
        program: "sh".into(),
        args: vec!["-c".into(), script.into()],
        strict: false,
    }
}

async fn tape(dir: &Path) -> Tape {
    let header = Header {
        mode: Mode::BestEffort,
        ..Header::new("local", (80, 24))
    };
    Tape::start_local(dir, header, "sh").await.unwrap()
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waited = tokio::time::timeout(LONG, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "{what} never came");
}

#[tokio::test]
async fn a_paste_into_a_program_that_prints_comes_through_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut tape = tape(dir.path()).await;
    let (give, orders) = mpsc::channel(16);
    let (show, mut shown) = mpsc::channel(16);
    let (hang_up, hangup) = watch::channel(false);
    let run = on_terminal(
        shell("stty raw -echo; printf .; exec cat"),
        (80, 24),
        &mut tape,
        orders,
        hangup,
        show,
    );
    let paste: Bytes = (0..400_000).map(|at| b'a' + (at % 26) as u8).collect();
    let talk = async {
        let mut got = Vec::new();
        while got.len() <= paste.len() {
            match shown.recv().await.unwrap() {
                Shown::Out(bytes) if got.is_empty() => {
                    got.extend(bytes);
                    give.send(Order::Keys(paste.clone())).await.unwrap();
                }
                Shown::Out(bytes) => got.extend(bytes),
                _ => {}
            }
        }
        hang_up.send_replace(true);
        while shown.recv().await.is_some() {}
        got
    };
    let both = async { tokio::join!(run, talk) };
    let (status, got) = tokio::time::timeout(LONG, both).await.unwrap();
    status.unwrap();
    assert!(got[1..] == paste);
    tape.end("over", None).await.unwrap();
}

#[tokio::test]
async fn a_terminal_that_is_stuck_for_good_does_not_keep_the_recording_open_once_the_end_is_wanted() {
    for on_pty in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let mut tape = tape(dir.path()).await;
        let (give, orders) = mpsc::channel(16);
        // Its receiver stays, and takes nothing.
        let (show, _shown) = mpsc::channel(4);
        let (hang_up, hangup) = watch::channel(false);
        let (run, runs) = flood(dir.path());
        let full = show.clone();
        let run = async {
            let ended = match on_pty {
                true => on_terminal(run, (80, 24), &mut tape, orders, hangup, show).await,
                false => on_pipes(run, &mut tape, hangup, show).await,
            };
            tape.end("over", None).await.unwrap();
            ended
        };
        let talk = async {
            until("a full terminal", || full.capacity() < SHOWN_AT_ONCE && runs()).await;
            hang_up.send_replace(true);
        };
        let both = async { tokio::join!(run, talk) };
        let (status, ()) = tokio::time::timeout(LONG, both).await.unwrap();
        assert!(!status.unwrap().success());
        drop(give);
    }
}

/// A program that floods until a signal ends it, and whether it is there.
fn flood(dir: &Path) -> (Run, impl Fn() -> bool) {
    let file = dir.join("pid");
    let run = shell(&format!("echo $$ >'{}'; exec yes", file.display()));
    let runs = move || {
        let pid = std::fs::read_to_string(&file).unwrap_or_default();
        let pid = pid.trim().parse().map(nix::unistd::Pid::from_raw);
        pid.is_ok_and(|pid| nix::sys::signal::kill(pid, None).is_ok())
    };
    (run, runs)
}

#[tokio::test]
async fn a_key_reaches_a_program_whose_output_nobody_takes() {
    let dir = tempfile::tempdir().unwrap();
    let mut tape = tape(dir.path()).await;
    let (give, orders) = mpsc::channel(16);
    let (show, mut shown) = mpsc::channel(4);
    let (_hang_up, hangup) = watch::channel(false);
    let (run, runs) = flood(dir.path());
    let full = show.clone();
    let run = on_terminal(run, (80, 24), &mut tape, orders, hangup, show);
    let talk = async {
        until("a full terminal", || full.capacity() < SHOWN_AT_ONCE && runs()).await;
        drop(full);
        give.send(Order::Keys(Bytes::from_static(b"\x03"))).await.unwrap();
        until("the end by a key", || !runs()).await;
        while shown.recv().await.is_some() {}
    };
    let (status, ()) = tokio::join!(run, talk);
    assert!(!status.unwrap().success());
    tape.end("over", None).await.unwrap();
}

#[tokio::test]
async fn a_hangup_reaches_a_program_whose_output_nobody_takes() {
    for on_pty in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let mut tape = tape(dir.path()).await;
        let (give, orders) = mpsc::channel(16);
        let (show, mut shown) = mpsc::channel(4);
        let (hang_up, hangup) = watch::channel(false);
        let (run, runs) = flood(dir.path());
        let full = show.clone();
        let run = async {
            match on_pty {
                true => on_terminal(run, (80, 24), &mut tape, orders, hangup, show).await,
                false => on_pipes(run, &mut tape, hangup, show).await,
            }
        };
        let talk = async {
            until("no room", || full.capacity() < SHOWN_AT_ONCE && runs()).await;
            drop(full);
            hang_up.send_replace(true);
            until("the end by a hangup", || !runs()).await;
            while shown.recv().await.is_some() {}
        };
        let (status, ()) = tokio::join!(run, talk);
        assert!(!status.unwrap().success());
        drop(give);
        tape.end("over", None).await.unwrap();
    }
}
