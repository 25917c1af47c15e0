//! `qd connect TARGET -- CMD`: one command, its two streams apart and exact, its exit code passed through. Nothing of our
//! own is written on a stream while all is well.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;

use bytes::Bytes;
use tokio::signal::unix::SignalKind;
use tokio::sync::mpsc;

use crate::cli::signals::Signals;
use crate::cli::streams::Streams;
use crate::cli::{Error, Exit, Outcome, notice, quote};
use crate::session::{self, Live, Piece};

/// What the agent turns into SIGINT.
const INTERRUPT: &[u8] = &[0x03];

/// Such sessions have no input: what was meant for it would be lost without a word.
pub fn refuse_input() -> Result<(), Error> {
    let is_data = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .and_then(|fd| File::from(fd).metadata())
        .is_ok_and(|input| {
            let kind = input.file_type();
            kind.is_fifo() || kind.is_socket() || kind.is_file()
        });
    if is_data {
        return Err(
            Error::usage("a remote command takes no standard input, and something is piped into it")
                .hint("add `< /dev/null`, or send the data with `qd cp`"),
        );
    }
    Ok(())
}

/// Passes output until the command is over.
pub async fn attend(
    live: Live,
    pieces: mpsc::Receiver<Piece>,
    title: &str,
    clipboard: bool,
    agent: Option<&str>,
    mut signals: Signals,
) -> Outcome {
    let mut shown = tokio::task::spawn_blocking({
        let streams = Streams::new(title, clipboard);
        move || show(pieces, streams)
    });
    let mut stopped_by = None;
    let mut written = None;
    let mut unrecorded = None;
    let mut status = live.status();
    while !status.borrow_and_update().has_ended() {
        tokio::select! {
            changed = status.changed() => if changed.is_err() { break },
            signal = signals.next() => {
                // The first interrupt is for the command, anything else for us.
                let is_first = stopped_by.replace(signal).is_none();
                if signal == SignalKind::interrupt() && is_first {
                    live.input(Bytes::from_static(INTERRUPT));
                } else {
                    live.end();
                }
            }
            // Nobody reads any more.
            done = &mut shown, if written.is_none() => {
                written = Some(done);
                live.end();
            }
        }
        let failed = status.borrow().recording_failed.clone();
        if failed != unrecorded {
            match &failed {
                Some(says) => notice(format!("qd: NOT RECORDED: {says}")),
                None => notice("qd: recorded again"),
            }
            unrecorded = failed;
        }
    }
    let ended = live.ended().await;
    drop(live);
    let written = match written {
        Some(written) => written,
        None => shown.await,
    };
    match written {
        Ok(Ok(())) => {}
        Ok(Err(cause)) => return Err(Error::output(cause)),
        Err(cause) => return Err(Error::failed(cause.to_string())),
    }
    if let Some(signal) = stopped_by {
        return Ok(Exit::Remote(128 + signal.as_raw_value() as u8));
    }
    match session::Outcome::of(&ended, agent) {
        session::Outcome::Exited(code) => Ok(Exit::Remote(code)),
        session::Outcome::Killed => {
            notice("qd: a signal ended the command; the agent does not say which");
            Ok(Exit::Remote(128))
        }
        session::Outcome::Untold => {
            notice("qd: the command ended; this agent is older than 3.1.1511.0 and tells no exit code");
            Ok(Exit::Done)
        }
        session::Outcome::Lost(why) => Err(Error::connection(format!(
            "{}, before the command ended",
            quote(&why)
        ))),
    }
}

/// Writes what was recorded, each stream where it belongs.
pub fn show(mut pieces: mpsc::Receiver<Piece>, mut streams: Streams) -> io::Result<()> {
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::Output(bytes) => streams.output(&bytes)?,
            Piece::Stderr(bytes) => streams.stderr(&bytes)?,
        }
    }
    Ok(())
}
