//! One command without a terminal and without standard input.
//!
//! The line is split into words and executed without a shell. Split mode streams both outputs and ends with the exit code;
//! merged mode sends everything after the command has ended, and no code.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeekExt};
use tokio::process::{Child, Command as Process};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::document::Command;
use super::launch::{Launch, Remains};
use super::session::{Ending, Input, Session};
use super::shell::{CHUNK, PACE};
use super::utf8::Hold;
use super::version::compare;
use crate::ssm::frame::Payload;

const INTERRUPT: u8 = 0x03;
const QUIT: u8 = 0x1C;
const SPLITS_FROM: &str = "3.1.1511.0";
/// The agent's pause between the code and the text of a command that could not be executed.
const REFUSAL_PAUSE: Duration = Duration::from_secs(1);

pub async fn run(session: &Session, command: &Command, input: mpsc::Receiver<Input>) -> Ending {
    // Older agents know no split streams.
    let is_split = command.split && compare(session.agent_version(), SPLITS_FROM).is_ge();
    let done = if is_split {
        split(session, command, input).await
    } else {
        merged(session, command, input).await
    };
    if let Err(text) = done {
        if is_split {
            exit_code(session, 1).await;
            sleep(REFUSAL_PAUSE).await;
        }
        session.send(Payload::Stderr, text.as_bytes()).await;
    }
    Ending::default()
}

async fn split(session: &Session, command: &Command, input: mpsc::Receiver<Input>) -> Result<(), String> {
    let (launch, mut child) = spawn(session, command, [Stdio::piped(), Stdio::piped()]).await?;
    let remains = Remains::of(&child);
    let stdout = pour(
        session,
        child.stdout.take(),
        Payload::Output,
        &command.stdout_prefix,
    );
    let stderr = pour(
        session,
        child.stderr.take(),
        Payload::Stderr,
        &command.stderr_prefix,
    );
    let interrupted = tokio::select! {
        _ = async { tokio::join!(stdout, stderr) } => false,
        () = watch_keys(&remains, input) => true,
    };
    let status = child.wait().await.map_err(|error| error.to_string())?;
    let code = match (interrupted, status.signal()) {
        (true, _) => 1,
        (false, Some(_)) => -1,
        (false, None) => status.code().unwrap_or(-1),
    };
    exit_code(session, code).await;
    drop(launch);
    Ok(())
}

async fn merged(session: &Session, command: &Command, input: mpsc::Receiver<Input>) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let file = tempfile::tempfile().map_err(text)?;
    let both = [
        file.try_clone().map_err(text)?.into(),
        file.try_clone().map_err(text)?.into(),
    ];
    let (launch, mut child) = spawn(session, command, both).await?;
    let remains = Remains::of(&child);
    tokio::select! {
        status = child.wait() => drop(status.map_err(text)?),
        () = watch_keys(&remains, input) => drop(child.wait().await.map_err(text)?),
    }
    drop(launch);
    let mut file = tokio::fs::File::from_std(file);
    file.rewind().await.map_err(text)?;
    let mut hold = Hold::default();
    let mut read = [0; CHUNK];
    while let Ok(count @ 1..) = file.read(&mut read).await {
        session.output(&hold.pass(&read[..count])).await;
        if session.options.pace {
            sleep(PACE).await;
        }
    }
    Ok(())
}

async fn spawn(
    session: &Session,
    command: &Command,
    [stdout, stderr]: [Stdio; 2],
) -> Result<(Launch, Child), String> {
    let words = shlex::split(&command.line)
        .filter(|words| !words.is_empty())
        .ok_or_else(|| format!("the command is empty or has an open quote: {}", command.line))?;
    let shown = words[0].clone();
    let launch = Launch::prepare(&session.options, session.start.hostname.as_deref(), Some(words))
        .await
        .map_err(|error| error.to_string())?;
    let child = Process::new(launch.program())
        .args(launch.arguments())
        .env_clear()
        .envs(launch.environment.iter().cloned())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("exec: \"{shown}\": executable file not found in $PATH"),
            _ => format!("fork/exec {shown}: {error}"),
        })?;
    Ok((launch, child))
}

/// Sends one output as it comes. A prefix goes before the first chunk and after each one that ended a line.
async fn pour(session: &Session, output: Option<impl AsyncRead + Unpin>, kind: Payload, prefix: &str) {
    let Some(mut output) = output else { return };
    let mut hold = Hold::default();
    let mut read = vec![0; CHUNK - prefix.len()];
    let mut starts_line = true;
    while let Ok(count @ 1..) = output.read(&mut read).await {
        let bytes = hold.pass(&read[..count]);
        if starts_line && !prefix.is_empty() {
            session.send(kind, &[prefix.as_bytes(), &bytes].concat()).await;
        } else {
            session.send(kind, &bytes).await;
        }
        starts_line = bytes.ends_with(b"\n");
    }
}

/// Looks for the two keys that become signals; returns after the first.
async fn watch_keys(remains: &Remains, mut input: mpsc::Receiver<Input>) {
    while let Some(input) = input.recv().await {
        let Input::Data(bytes) = input else { continue };
        let signal = bytes.iter().find_map(|byte| match *byte {
            INTERRUPT => Some(Signal::SIGINT),
            QUIT => Some(Signal::SIGQUIT),
            _ => None,
        });
        if let Some(signal) = signal {
            remains.signal(signal);
            return;
        }
    }
    std::future::pending().await
}

async fn exit_code(session: &Session, code: i32) {
    session
        .send(Payload::ExitCode, format!("EXIT_CODE: {code}").as_bytes())
        .await;
}
