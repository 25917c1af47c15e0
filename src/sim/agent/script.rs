//! Scripts of Run Command: the same isolated shell as sessions have, without a terminal and without input. Output beyond
//! a bound is read and thrown away, so that no script fills the memory.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command as Process;
use tokio::sync::watch;

use super::Settings;
use super::launch::{Launch, Remains, words_of};

/// Bytes kept of each stream.
const KEPT: usize = 4 << 20;

/// Runs scripts on the instances of one registry.
#[derive(Clone)]
pub struct Runner(pub(super) Arc<Settings>);

#[derive(Debug, Clone, Default)]
pub struct Script {
    pub hostname: Option<String>,
    pub text: String,
    /// Where it runs, instead of the root.
    pub folder: Option<String>,
    pub lasts_at_most: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Exited(i32),
    TimedOut,
    Cancelled,
}

#[derive(Debug, Clone)]
pub struct Ran {
    pub verdict: Verdict,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Runner {
    /// Whether the pauses of a real agent are kept.
    pub fn is_paced(&self) -> bool {
        self.0.pace
    }

    /// An error says why the shell could not be started.
    pub async fn run(&self, script: Script, mut cancelled: watch::Receiver<bool>) -> Result<Ran, String> {
        let text = match &script.folder {
            Some(folder) => {
                let folder = shlex::try_quote(folder).map_err(|bad| bad.to_string())?;
                format!("cd {folder} || exit 1\n{}", script.text)
            }
            None => script.text,
        };
        let words = words_of(&["/bin/sh", "-c", &text]);
        let launch = Launch::prepare(&self.0, script.hostname.as_deref(), Some(words))
            .await
            .map_err(|error| error.to_string())?;
        let mut child = Process::new(launch.program())
            .args(launch.arguments())
            .env_clear()
            .envs(launch.environment.iter().cloned())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| error.to_string())?;
        let remains = Remains::of(&child);
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let done = async { tokio::join!(keep(out, &mut stdout), keep(err, &mut stderr)) };
        let stopped = tokio::select! {
            _ = done => None,
            () = tokio::time::sleep(script.lasts_at_most) => Some(Verdict::TimedOut),
            _ = cancelled.wait_for(|cancelled| *cancelled) => Some(Verdict::Cancelled),
        };
        if stopped.is_some() {
            remains.signal(nix::sys::signal::Signal::SIGKILL);
        }
        let status = child.wait().await.map_err(|error| error.to_string())?;
        drop(launch);
        Ok(Ran {
            verdict: stopped.unwrap_or(Verdict::Exited(status.code().unwrap_or(-1))),
            stdout,
            stderr,
        })
    }
}

async fn keep(stream: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut stream) = stream else { return };
    let mut read = vec![0; 16 << 10];
    while let Ok(count @ 1..) = stream.read(&mut read).await {
        let room = KEPT.saturating_sub(kept.len());
        kept.extend_from_slice(&read[..count.min(room)]);
    }
}
