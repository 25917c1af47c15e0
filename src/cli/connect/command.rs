//! `qd connect TARGET -- CMD`: one command, its two streams apart and exact, its exit code passed through. Nothing of our
//! own is written on a stream while all is well.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;

use bytes::Bytes;
use tokio::signal::unix::SignalKind;
use tokio::sync::mpsc;

use crate::cli::signals::Signals;
use crate::cli::{Error, Exit, Outcome, notice, quote};
use crate::session::{self, Live, Piece};
use crate::term::filter::Filter;

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
        let filters = Filters::new(title, clipboard);
        move || show(pieces, filters)
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

/// A filter for each stream that is a terminal; pipes and files get the bytes as they came.
pub struct Filters {
    output: Option<Filter>,
    stderr: Option<Filter>,
}

impl Filters {
    pub fn new(title: &str, clipboard: bool) -> Self {
        let filter = |is_terminal: bool| is_terminal.then(|| Filter::new(title, clipboard));
        Self {
            output: filter(io::stdout().is_terminal()),
            stderr: filter(io::stderr().is_terminal()),
        }
    }
}

/// Writes what was recorded, each stream where it belongs.
pub fn show(mut pieces: mpsc::Receiver<Piece>, mut filters: Filters) -> io::Result<()> {
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let mut passed = Vec::new();
    while let Some(piece) = pieces.blocking_recv() {
        let (to, filter, bytes): (&mut dyn Write, _, _) = match piece {
            Piece::Output(bytes) => (&mut out, &mut filters.output, bytes),
            Piece::Stderr(bytes) => (&mut err, &mut filters.stderr, bytes),
        };
        match filter {
            Some(filter) => {
                passed.clear();
                filter.pass(&bytes, &mut passed);
                to.write_all(&passed)?;
            }
            None => to.write_all(&bytes)?,
        }
        to.flush()?;
    }
    Ok(())
}
