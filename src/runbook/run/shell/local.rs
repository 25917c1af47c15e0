//! A shell of this machine: a process of a group of its own on pipes, its output recorded before it is passed on.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{Opener, Refused};
use crate::recording::{Header, Marker};
use crate::runbook::run::wire::{self, Nonce};
use crate::ssh::Tape;

/// A shell that was told to end has so long.
const FAREWELL: Duration = Duration::from_secs(2);

pub struct Here {
    id: Uuid,
    child: Child,
    input: Option<ChildStdin>,
    group: Option<Pid>,
    tape: Arc<Mutex<Option<Tape>>>,
}

type Came = mpsc::Receiver<Result<Bytes, String>>;

impl Here {
    pub(super) async fn open(opener: &Opener, title: &str, nonce: &Nonce) -> Result<(Here, Came), Refused> {
        let header = Header {
            target_name: Some(format!("runbook {title}")),
            reason: Some(opener.reason.clone()).filter(|reason| !reason.is_empty()),
            ..Header::new("local", (80, 24))
        };
        let tape = Tape::start_local(&opener.data_dir, header, &format!("runbook {title}"))
            .await
            .map_err(|cause| Refused {
                says: cause.to_string(),
                hint: "nothing is run that cannot be recorded; see --data-dir".into(),
            })?;
        let id = tape.id;
        let started = ["bash", "sh"].into_iter().map(|program| {
            Command::new(program)
                .args(wire::arguments(nonce))
                .current_dir(&opener.folder)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::inherit())
                .process_group(0)
                .kill_on_drop(true)
                .spawn()
        });
        let mut last = None;
        let mut child = None;
        for attempt in started {
            match attempt {
                Ok(started) => {
                    child = Some(started);
                    break;
                }
                Err(cause) => last = Some(cause),
            }
        }
        let Some(mut child) = child else {
            let says = last.map_or_else(String::new, |cause| cause.to_string());
            // The tape is of nothing; it says so.
            let _ = tape
                .end(&format!("no shell could be started: {says}"), None)
                .await;
            return Err(Refused {
                says: format!("no shell can be started here: {says}"),
                hint: "bash or sh must be on PATH".into(),
            });
        };
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .map(Pid::from_raw);
        let input = child.stdin.take();
        let output = child.stdout.take();
        let tape = Arc::new(Mutex::new(Some(tape)));
        let (pass, came) = mpsc::channel(64);
        let recorded = tape.clone();
        tokio::spawn(async move {
            let Some(mut output) = output else { return };
            let mut buffer = BytesMut::with_capacity(16 << 10);
            while let Ok(1..) = output.read_buf(&mut buffer).await {
                let bytes = buffer.split().freeze();
                let written = recorded.lock().as_mut().map(|tape| tape.output(bytes, false));
                let said = match written {
                    Some((shown, Ok(()))) => Ok(shown),
                    Some((_, Err(cause))) => Err(format!("it can no longer be recorded: {cause}")),
                    None => return,
                };
                let is_over = said.is_err();
                if pass.send(said).await.is_err() || is_over {
                    return;
                }
            }
        });
        let here = Here {
            id,
            child,
            input,
            group,
            tape,
        };
        Ok((here, came))
    }

    pub(super) async fn send(&mut self, text: String) {
        if let Some(input) = &mut self.input {
            // A shell that has ended takes nothing; its output's end says so.
            let _ = input.write_all(text.as_bytes()).await;
        }
    }

    /// TERM to everything that runs, which leaves the shell; or KILL, which does not.
    pub(super) fn urge(&mut self, at_once: bool) {
        let signal = if at_once { Signal::SIGKILL } else { Signal::SIGTERM };
        if let Some(group) = self.group {
            let _ = killpg(group, signal);
        }
    }

    pub(super) fn mark(&mut self, marker: Marker) {
        if let Some(Err(cause)) = self.tape.lock().as_mut().map(|tape| tape.mark(marker)) {
            tracing::warn!(%cause, "a step is not marked in its recording");
        }
    }

    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    pub(super) fn place(&self) -> Option<(PathBuf, u64)> {
        self.tape.lock().as_ref().and_then(Tape::place)
    }

    pub(super) async fn close(mut self, why: &str) -> String {
        // The end of its input is the end of the shell.
        self.input = None;
        let ended = tokio::time::timeout(FAREWELL, self.child.wait()).await;
        if ended.is_err() {
            self.urge(true);
            let _ = self.child.wait().await;
        }
        let tape = self.tape.lock().take();
        if let Some(tape) = tape
            && let Err(cause) = tape.end(why, None).await
        {
            tracing::warn!(%cause, "the recording of a run is not sealed");
        }
        self.id.to_string()
    }
}
