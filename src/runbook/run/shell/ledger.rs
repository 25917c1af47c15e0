//! The ledger of shells of this machine: one small file each while it lives, so that the next run ends what a crash left
//! running. A shell is told from a later process with the same id by when it started.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use uuid::Uuid;

use crate::session::owner::{self, Owner};
use crate::store;

const VERSION: u32 = 1;
/// What another machine has not tidied up itself after this long.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);
/// Between HUP and KILL.
const GRACE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    /// Leads a process group of its own.
    shell: Owner,
    #[serde(flatten)]
    owner: Owner,
}

/// One line of the ledger.
pub(super) struct Entry(PathBuf);

impl Entry {
    /// A ledger that cannot be written costs a tidy end after a crash, not the step.
    pub fn write(data_dir: &Path, id: Uuid, pid: u32) -> Entry {
        let line = Line {
            shell: Owner::of(pid),
            owner: Owner::this(),
        };
        let dir = folder(data_dir);
        let path = dir.join(format!("{id}.json"));
        let written = store::create_private_dir(&dir).and_then(|()| store::save_json(&path, VERSION, &line));
        if let Err(cause) = written {
            tracing::warn!(%cause, "the ledger of shells was not written");
        }
        Entry(path)
    }

    /// The shell has ended.
    pub fn remove(&self) {
        owner::remove(&self.0);
    }
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("shells")
}

/// Ends what processes that are gone left running in their shells: for each that was there, why it could not be ended.
pub async fn end_left(data_dir: &Path) -> Vec<Result<(), String>> {
    let mut ended = Vec::new();
    for (path, line) in owner::left::<Line>(&folder(data_dir), VERSION, LONGEST, |line| &line.owner) {
        if !line.shell.is_gone(&path, LONGEST) {
            let done = end(&line.shell).await;
            let is_done = done.is_ok();
            ended.push(done);
            if !is_done {
                continue;
            }
        }
        owner::remove(&path);
    }
    ended
}

/// Hangs up on the group of a shell, as its terminal would; what ignores that is killed.
async fn end(shell: &Owner) -> Result<(), String> {
    let Some(pid) = shell.certain() else {
        return Err("this system does not tell whether its process is still the same".into());
    };
    let group = Pid::from_raw(pid);
    let _ = killpg(group, Signal::SIGHUP);
    let until = Instant::now() + GRACE;
    while killpg(group, None) != Err(Errno::ESRCH) && Instant::now() < until {
        tokio::time::sleep(PAUSE).await;
    }
    match killpg(group, Signal::SIGKILL) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(cause) => Err(format!("process group {pid} cannot be ended: {cause}")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    use super::*;

    fn shell() -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", "exec sleep 300"]).process_group(0);
        command.spawn().unwrap()
    }

    #[tokio::test]
    async fn a_shell_whose_owner_is_gone_is_ended_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let (mut left, mut own) = (shell(), shell());
        let pid = left.id();
        let path = Entry::write(dir.path(), Uuid::now_v7(), pid).0;
        let kept = Entry::write(dir.path(), Uuid::now_v7(), own.id());
        // As if it were of a process that was killed.
        let text = std::fs::read_to_string(&path).unwrap();
        let mut line: serde_json::Value = serde_json::from_str(&text).unwrap();
        let this = serde_json::Value::from(std::process::id());
        let gone = serde_json::Value::from(i32::MAX);
        replace(&mut line, &this, &gone);
        std::fs::write(&path, line.to_string()).unwrap();
        let is_known = Owner::of(pid).certain().is_some();
        // Reaped at once, as whoever inherits it does.
        let reaped = std::thread::spawn(move || left.wait().unwrap());
        let ended = end_left(dir.path()).await;
        if is_known {
            assert_eq!(ended, [Ok(())]);
            assert!(!path.exists());
        } else {
            let _ = killpg(Pid::from_raw(pid as i32), Signal::SIGKILL);
        }
        assert!(!reaped.join().unwrap().success());
        assert!(own.try_wait().unwrap().is_none() && kept.0.exists());
        kept.remove();
        assert!(!kept.0.exists());
        own.kill().unwrap();
        own.wait().unwrap();
    }

    fn replace(value: &mut serde_json::Value, this: &serde_json::Value, other: &serde_json::Value) {
        match value {
            value if value == this => *value = other.clone(),
            serde_json::Value::Object(fields) => {
                fields.values_mut().for_each(|field| replace(field, this, other));
            }
            _ => {}
        }
    }
}
