//! A local program whose output is recorded before it is shown: on a pseudo-terminal of its own where a person sits,
//! on pipes elsewhere. What cannot be recorded ends a `strict` run at once. Neither side holds up the other: a terminal
//! that shows nothing keeps no key from the program, a program that takes no key keeps nothing from the terminal.

use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::{Buf, Bytes};
use pty_process::Size;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, watch};

use super::Tape;
use super::program::{Program, fails};
use crate::recording::Error;

/// Something in the background may hold the terminal open: after its program ended, only so much silence is waited for.
const SILENCE: Duration = Duration::from_millis(300);
const READ: usize = 16 << 10;
/// How long a terminal that shows nothing is waited for when the program was to end: what it does not take is recorded.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// What one piece of output leads to at most: itself, and a word about its recording.
const SHOWN_AT_ONCE: usize = 2;

#[cfg(test)]
mod tests;

/// What to run.
pub struct Run {
    pub program: OsString,
    pub args: Vec<OsString>,
    pub strict: bool,
}

/// From the user's terminal.
pub enum Order {
    Keys(Bytes),
    Resize { cols: u16, rows: u16 },
}

/// For the user's terminal or files.
pub enum Shown {
    Out(Bytes),
    Err(Bytes),
    /// A word of ours between the program's.
    Notice(String),
}

/// What leads from a program to its user: nothing is shown before it is recorded, and nothing that policy covers.
struct Way<'t> {
    tape: &'t mut Tape,
    strict: bool,
    show: mpsc::Sender<Shown>,
    hangup: watch::Receiver<bool>,
    /// What the terminal does not take at once is recorded only.
    is_given_up: bool,
}

impl<'t> Way<'t> {
    fn new(
        tape: &'t mut Tape,
        strict: bool,
        show: mpsc::Sender<Shown>,
        hangup: watch::Receiver<bool>,
    ) -> Self {
        Self {
            tape,
            strict,
            show,
            hangup,
            is_given_up: false,
        }
    }

    async fn pass(&mut self, came: Shown) -> io::Result<()> {
        let (bytes, is_stderr) = match came {
            Shown::Out(bytes) => (bytes, false),
            Shown::Err(bytes) => (bytes, true),
            Shown::Notice(_) => return Ok(()),
        };
        let (bytes, written) = self.tape.output(bytes, is_stderr);
        self.record(bytes, is_stderr, written).await
    }

    /// What was held because it might have begun a secret.
    async fn let_go(&mut self) -> io::Result<()> {
        let (bytes, is_stderr, written) = self.tape.let_go();
        self.record(bytes, is_stderr, written).await
    }

    async fn record(&mut self, bytes: Bytes, is_stderr: bool, written: Result<(), Error>) -> io::Result<()> {
        self.require_disk()?;
        match written {
            Err(cause) if self.strict => {
                self.tape.fail(&cause);
                return Err(io::Error::other(cause));
            }
            Err(cause) => {
                if self.tape.show_unrecorded(&bytes, &cause).await {
                    self.say(format!("NOT RECORDED: {cause}")).await;
                }
            }
            Ok(()) if !bytes.is_empty() && self.tape.goes_on().await => {
                self.say("recorded again".into()).await;
            }
            Ok(()) => {}
        }
        if !bytes.is_empty() {
            let shown = if is_stderr {
                Shown::Err(bytes)
            } else {
                Shown::Out(bytes)
            };
            self.show(shown).await;
        }
        Ok(())
    }

    /// A strict run is over when its disk does not keep it, though the write was done in the end.
    fn require_disk(&mut self) -> io::Result<()> {
        match self.tape.trouble().filter(|_| self.strict) {
            Some(says) => {
                self.tape.fail(&says);
                Err(io::Error::other(says))
            }
            None => Ok(()),
        }
    }

    fn resize(&mut self, cols: u16, rows: u16) -> io::Result<()> {
        match self.tape.resize(cols, rows) {
            Err(cause) if self.strict => {
                self.tape.fail(&cause);
                Err(io::Error::other(cause))
            }
            _ => Ok(()),
        }
    }

    async fn say(&mut self, words: String) {
        self.show(Shown::Notice(words)).await;
    }

    /// Who stopped looking still has it recorded.
    async fn show(&mut self, shown: Shown) {
        self.is_given_up = self.is_stuck().await;
        let _ = match self.is_given_up {
            true => self.show.try_send(shown).map_err(drop),
            false => self.show.send(shown).await.map_err(drop),
        };
    }

    /// Until what comes next can be shown without waiting, or nobody looks any more; true when the terminal is given up,
    /// because the program was to end and it still takes nothing.
    async fn is_stuck(&self) -> bool {
        let (mut hangup, mut recorded) = (self.hangup.clone(), self.tape.status());
        let given_up = async {
            tokio::select! {
                () = wanted(&mut hangup) => {}
                true = fails(&mut recorded), if self.strict => {}
            }
            tokio::time::sleep(PATIENCE).await;
        };
        self.is_given_up
            || tokio::select! {
                biased;
                _ = self.show.reserve_many(SHOWN_AT_ONCE) => false,
                () = given_up => true,
            }
    }

    /// Everything that is still held.
    async fn end(&mut self) -> io::Result<()> {
        while self.tape.held_until().is_some() {
            self.let_go().await?;
        }
        self.require_disk()
    }

    /// Until something must be let go; for ever where nothing is held.
    async fn held(&self) {
        match self.tape.held_until() {
            Some(at) => tokio::time::sleep_until(at.into()).await,
            None => std::future::pending().await,
        }
    }
}

/// Runs on a pseudo-terminal of that size until the program ends.
pub async fn on_terminal(
    run: Run,
    size: (u16, u16),
    tape: &mut Tape,
    mut orders: mpsc::Receiver<Order>,
    mut hangup: watch::Receiver<bool>,
    show: mpsc::Sender<Shown>,
) -> io::Result<ExitStatus> {
    let (pty, end) = pty_process::open().map_err(io::Error::other)?;
    pty.resize(Size::new(size.1, size.0)).map_err(io::Error::other)?;
    let child = pty_process::Command::new(&run.program)
        .args(&run.args)
        .kill_on_drop(true)
        .spawn(end)
        .map_err(io::Error::other)?;
    let (mut reader, mut writer) = pty.into_split();
    let mut read = vec![0; READ];
    let mut ended = None;
    let (mut listening, mut up, mut has_room) = (true, false, false);
    // What the program has not taken yet.
    let mut typed = Bytes::new();
    let typist = tape.typist();
    let strict = run.strict;
    let mut program = Program::keep(child, strict, tape.status(), show.clone());
    let mut way = Way::new(tape, strict, show, hangup.clone());
    loop {
        tokio::select! {
            biased;
            () = wanted(&mut hangup), if !up => {
                up = true;
                program.hang_up();
            }
            order = orders.recv(), if listening && typed.is_empty() => match order {
                Some(Order::Keys(bytes)) => {
                    if let Some(typist) = &typist {
                        typist.typed(&bytes);
                    }
                    typed = bytes;
                }
                Some(Order::Resize { cols, rows }) => {
                    writer.resize(Size::new(rows, cols)).map_err(io::Error::other)?;
                    way.resize(cols, rows)?;
                }
                None => listening = false,
            },
            taken = writer.write(&typed), if !typed.is_empty() => match taken {
                Ok(count) => typed.advance(count),
                // A program that has just ended takes no keys.
                Err(_) => typed.clear(),
            },
            is_stuck = way.is_stuck(), if !has_room => {
                has_room = true;
                way.is_given_up = is_stuck;
            }
            got = reader.read(&mut read), if has_room => match got {
                Ok(count @ 1..) => {
                    has_room = false;
                    way.pass(Shown::Out(Bytes::copy_from_slice(&read[..count]))).await?;
                }
                // The terminal answers with an error once its last program has gone.
                _ => break,
            },
            () = way.held(), if has_room => {
                has_room = false;
                way.let_go().await?;
            }
            () = tokio::time::sleep(SILENCE), if ended.is_some() && has_room => break,
            status = program.ended(), if ended.is_none() => ended = Some(status?),
        }
    }
    way.end().await?;
    match ended {
        Some(status) => Ok(status),
        None => program.ended().await,
    }
}

/// Runs with standard input as it is, and both outputs recorded on their way.
pub async fn on_pipes(
    run: Run,
    tape: &mut Tape,
    mut hangup: watch::Receiver<bool>,
    show: mpsc::Sender<Shown>,
) -> io::Result<ExitStatus> {
    let mut child = tokio::process::Command::new(&run.program)
        .args(&run.args)
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (came, mut coming) = mpsc::channel(16);
    if let Some(out) = child.stdout.take() {
        tokio::spawn(pour(out, Shown::Out, came.clone()));
    }
    if let Some(err) = child.stderr.take() {
        tokio::spawn(pour(err, Shown::Err, came.clone()));
    }
    drop(came);
    let mut ended = None;
    let (mut up, mut has_room) = (false, false);
    let strict = run.strict;
    let mut program = Program::keep(child, strict, tape.status(), show.clone());
    let mut way = Way::new(tape, strict, show, hangup.clone());
    loop {
        tokio::select! {
            biased;
            () = wanted(&mut hangup), if !up => {
                up = true;
                program.hang_up();
            }
            is_stuck = way.is_stuck(), if !has_room => {
                has_room = true;
                way.is_given_up = is_stuck;
            }
            shown = coming.recv(), if has_room => match shown {
                Some(shown) => {
                    has_room = false;
                    way.pass(shown).await?;
                }
                None => break,
            },
            () = way.held(), if has_room => {
                has_room = false;
                way.let_go().await?;
            }
            () = tokio::time::sleep(SILENCE), if ended.is_some() && has_room => break,
            status = program.ended(), if ended.is_none() => ended = Some(status?),
        }
    }
    way.end().await?;
    match ended {
        Some(status) => Ok(status),
        None => program.ended().await,
    }
}

/// Until the program is to be hung up; for ever where nobody can want it any more.
async fn wanted(hangup: &mut watch::Receiver<bool>) {
    if hangup.wait_for(|up| *up).await.is_err() {
        std::future::pending().await
    }
}

async fn pour(mut from: impl AsyncRead + Unpin, wrap: fn(Bytes) -> Shown, to: mpsc::Sender<Shown>) {
    let mut read = vec![0; READ];
    while let Ok(count @ 1..) = from.read(&mut read).await {
        if to
            .send(wrap(Bytes::copy_from_slice(&read[..count])))
            .await
            .is_err()
        {
            return;
        }
    }
}
