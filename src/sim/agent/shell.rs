//! A program on a terminal of its own: shells and interactive commands.
//!
//! The terminal starts without a size until the client states one; output is read in chunks of 1,024 bytes. The exit
//! status does not travel in such sessions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pty_process::{Command, OwnedReadPty, OwnedWritePty, Size};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::launch::{Launch, Remains, words_of};
use super::session::{Ending, Input, Session};
use super::utf8::Hold;

pub const CHUNK: usize = 1_024;
pub const PACE: Duration = Duration::from_millis(1);
/// How long a silent terminal may outlive its program, held open by something in the background.
const LINGER: Duration = Duration::from_secs(2);

/// Runs `command` by `sh -c`, or the usual shell, into which `profile` is typed.
pub async fn run(
    session: &Session,
    command: Option<&str>,
    profile: &str,
    input: mpsc::Receiver<Input>,
) -> Ending {
    match start(session, command).await {
        Ok((launch, pty, child)) => {
            if let Some(notice) = launch.notice {
                session.output(notice.as_bytes()).await;
            }
            attend(session, pty, child, profile, input).await;
            drop(launch);
            Ending::default()
        }
        Err(error) => {
            sleep(LINGER).await;
            Ending::failed(format!("Unable to start command: {error}"))
        }
    }
}

async fn start(
    session: &Session,
    command: Option<&str>,
) -> Result<(Launch, pty_process::Pty, tokio::process::Child), String> {
    let words = match command {
        // In containers a line is split and executed without a shell.
        Some(command) if session.start.target.starts_with("ecs:") => {
            Some(shlex::split(command).ok_or("the command has an open quote")?)
        }
        command => command.map(|command| words_of(&["/bin/sh", "-c", command])),
    };
    let launch = Launch::prepare(&session.options, session.start.hostname.as_deref(), words)
        .await
        .map_err(|error| error.to_string())?;
    let (pty, end) = pty_process::open().map_err(|error| error.to_string())?;
    let child = Command::new(launch.program())
        .args(launch.arguments())
        .env_clear()
        .envs(launch.environment.iter().cloned())
        .current_dir("/")
        .kill_on_drop(true)
        .spawn(end)
        .map_err(|error| format!("{}: {error}", launch.program()))?;
    Ok((launch, pty, child))
}

async fn attend(
    session: &Session,
    pty: pty_process::Pty,
    mut child: tokio::process::Child,
    profile: &str,
    input: mpsc::Receiver<Input>,
) {
    let _remains = Remains::of(&child);
    let (reader, mut writer) = pty.into_split();
    if !profile.is_empty() {
        // A terminal that is gone already says so to its reader.
        let _ = writer.write_all(format!("{profile}\n").as_bytes()).await;
    }
    let moved = AtomicBool::new(false);
    let ended = async {
        // Only that it ended matters: the status does not travel.
        let _ = child.wait().await;
        loop {
            moved.store(false, Ordering::Relaxed);
            sleep(LINGER).await;
            if !moved.load(Ordering::Relaxed) && !session.is_holding() {
                return;
            }
        }
    };
    tokio::select! {
        () = carry_output(session, reader, &moved) => {}
        () = carry_input(writer, input) => {}
        () = ended => {}
    }
}

async fn carry_output(session: &Session, mut pty: OwnedReadPty, moved: &AtomicBool) {
    sleep(session.options.start_pause_for).await;
    let mut hold = Hold::default();
    let mut read = [0; CHUNK];
    // The terminal answers with an error once its last program has gone.
    while let Ok(count @ 1..) = pty.read(&mut read).await {
        moved.store(true, Ordering::Relaxed);
        session.output(&hold.pass(&read[..count])).await;
        if session.options.pace {
            sleep(PACE).await;
        }
    }
}

async fn carry_input(mut pty: OwnedWritePty, mut input: mpsc::Receiver<Input>) {
    while let Some(input) = input.recv().await {
        let done = match input {
            Input::Data(bytes) => pty.write_all(&bytes).await.is_ok(),
            Input::Size { cols, rows } => pty.resize(Size::new(rows, cols)).is_ok(),
            // Shells ignore flags.
            Input::Flag(_) => true,
        };
        if !done {
            break;
        }
    }
    // The program has gone: its last output decides when the session ends.
    std::future::pending().await
}
