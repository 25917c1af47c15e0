//! A shell of this machine: a process of a group of its own on pipes, its output recorded before it is passed on.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex, mpsc, watch};
use uuid::Uuid;

use super::custody::{self, Trouble};
use super::ledger::Entry;
use super::{Opener, Refused};
use crate::recording::{Header, Marker, Mode};
use crate::runbook::run::wire::{self, Nonce};
use crate::ssh::Tape;

/// Credentials as the environment has them.
const KEYS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
/// A shell that was told to end has so long.
const FAREWELL: Duration = Duration::from_secs(2);

pub struct Here {
    id: Uuid,
    child: Child,
    input: Option<ChildStdin>,
    group: Option<Pid>,
    entry: Option<Entry>,
    mode: Mode,
    tape: Held,
}

/// A tape, for tasks that must not stand still with its disk.
#[derive(Clone)]
struct Held(Arc<Mutex<Option<Tape>>>);

impl Held {
    /// `None` once it is sealed.
    async fn with<T: Send + 'static>(&self, then: impl FnOnce(&mut Tape) -> T + Send + 'static) -> Option<T> {
        let mut held = self.0.clone().lock_owned().await;
        let done = tokio::task::spawn_blocking(move || held.as_mut().map(then));
        done.await.ok().flatten()
    }
}

/// What leads from the shell to the run: nothing is passed on before it is recorded, unless policy lets it.
struct Pump {
    tape: Held,
    mode: Mode,
    trouble: watch::Sender<Trouble>,
    pass: mpsc::Sender<Result<Bytes, String>>,
}

impl Pump {
    async fn run(self, output: Option<ChildStdout>) {
        let Some(mut output) = output else { return };
        let mut buffer = BytesMut::with_capacity(16 << 10);
        while let Ok(1..) = output.read_buf(&mut buffer).await {
            let bytes = buffer.split().freeze();
            let Some(said) = self.record(bytes).await else {
                return;
            };
            let is_over = said.is_err();
            if self.pass.send(said).await.is_err() || is_over {
                return;
            }
        }
    }

    async fn record(&self, bytes: Bytes) -> Option<Result<Bytes, String>> {
        let recorded = self.tape.with(move |tape| {
            let (shown, written) = tape.output(bytes, false);
            let is_again = written.is_ok() && !shown.is_empty() && tape.is_out();
            (shown, written, is_again)
        });
        let (shown, written, is_again) = recorded.await?;
        let Err(cause) = written else {
            if is_again && self.tape.0.lock().await.as_mut()?.goes_on().await {
                self.trouble.send_replace(None);
            }
            return Some(Ok(shown));
        };
        self.trouble.send_replace(Some(cause.to_string()));
        let mut held = self.tape.0.lock().await;
        let tape = held.as_mut()?;
        if self.mode == Mode::Strict {
            tape.fail(&cause);
            return Some(Err(format!("it can no longer be recorded: {cause}")));
        }
        tape.show_unrecorded(&shown, &cause).await;
        Some(Ok(shown))
    }
}

type Came = mpsc::Receiver<Result<Bytes, String>>;

impl Here {
    pub(super) async fn open(
        opener: &Opener,
        title: &str,
        nonce: &Nonce,
    ) -> Result<(Here, Came, watch::Receiver<Trouble>), Refused> {
        let header = Header {
            target_name: Some(format!("runbook {title}")),
            reason: Some(opener.reason.clone()).filter(|reason| !reason.is_empty()),
            mode: opener.mode,
            recipients: opener.recipients.keys().to_vec(),
            ..Header::new("local", (80, 24))
        };
        if !opener.folder.is_dir() {
            return Err(Refused {
                says: format!("the folder of the page is gone: {}", opener.folder.display()),
                hint: "steps begin there: make it again, or begin a new run".into(),
            });
        }
        let tape = Tape::start_local(&opener.data_dir, header, &format!("runbook {title}"))
            .await
            .map_err(|cause| Refused {
                says: cause.to_string(),
                hint: "nothing is run that cannot be recorded; see --data-dir".into(),
            })?;
        let id = tape.id;
        let started = ["bash", "sh"].into_iter().map(|program| {
            let mut command = Command::new(program);
            if let Some(profile) = &opener.profile {
                // Keys of the environment would come before the profile.
                for key in KEYS {
                    command.env_remove(key);
                }
                command.env("AWS_PROFILE", profile);
            }
            command
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
        let entry = child.id().map(|pid| Entry::write(&opener.data_dir, id, pid));
        let input = child.stdin.take();
        let output = child.stdout.take();
        let (trouble, recorded) = custody::of(tape.status());
        let tape = Held(Arc::new(Mutex::new(Some(tape))));
        let (pass, came) = mpsc::channel(64);
        let pump = Pump {
            tape: tape.clone(),
            mode: opener.mode,
            trouble,
            pass,
        };
        tokio::spawn(pump.run(output));
        let here = Here {
            id,
            child,
            input,
            group,
            entry,
            mode: opener.mode,
            tape,
        };
        Ok((here, came, recorded))
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
            // What has stopped itself takes no TERM before it goes on.
            let _ = killpg(group, Signal::SIGCONT);
        }
    }

    /// Waits for its end. No code where a signal ended it.
    pub(super) async fn ended(&mut self) -> Option<i32> {
        self.child.wait().await.ok().and_then(|status| status.code())
    }

    pub(super) async fn mark(&mut self, marker: Marker) {
        if let Some(Err(cause)) = self.tape.with(|tape| tape.mark(marker)).await {
            tracing::warn!(%cause, "a step is not marked in its recording");
        }
    }

    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    pub(super) async fn place(&self) -> Option<(PathBuf, u64)> {
        self.tape.with(|tape| tape.place()).await.flatten()
    }

    pub(super) async fn close(mut self, why: &str) -> String {
        // The end of its input is the end of the shell.
        self.input = None;
        let ended = tokio::time::timeout(FAREWELL, self.child.wait()).await;
        if ended.is_err() {
            self.urge(true);
            let _ = self.child.wait().await;
        }
        // As a terminal that goes away: what was left running behind `&` ends, and what asked to stay by `nohup` stays.
        if let Some(group) = self.group {
            let _ = killpg(group, Signal::SIGHUP);
        }
        if let Some(entry) = &self.entry {
            entry.remove();
        }
        let Some(mut tape) = self.tape.0.lock().await.take() else {
            return self.id.to_string();
        };
        let mut why = why.to_owned();
        let lost = tape.trouble().or(tape.failed().map(str::to_owned));
        if let Some(says) = lost.filter(|_| self.mode == Mode::Strict) {
            tape.fail(&says);
            why = format!("it can no longer be recorded: {says}");
        }
        if let Err(cause) = tape.end(&why, None).await {
            tracing::warn!(%cause, "the recording of a run is not sealed");
        }
        self.id.to_string()
    }
}
