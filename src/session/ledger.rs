//! The ledger of open sessions: one small file each, so that the next start ends at AWS what a crash left open.
//! A session whose owner process still lives is left alone.

use std::fs;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aws::{Cloud, Place};
use crate::store;

use super::open::Request;

const VERSION: u32 = 1;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    session_id: String,
    target: String,
    profile: String,
    region: String,
    pid: u32,
    /// Start time of the process in clock ticks since boot, against a reused pid.
    pid_started: Option<u64>,
}

/// One line of the ledger, removed when its session has ended.
pub(super) struct Entry {
    path: Option<PathBuf>,
}

impl Entry {
    /// A ledger that cannot be written costs a tidy end after a crash, not the session.
    pub fn write(request: &Request, id: Uuid, session_id: &str) -> Self {
        let pid = std::process::id();
        let line = Line {
            session_id: session_id.to_owned(),
            target: request.target.clone(),
            profile: request.place.profile.clone(),
            region: request.place.region.clone(),
            pid,
            pid_started: started(pid),
        };
        let dir = folder(&request.data_dir);
        let path = dir.join(format!("{id}.json"));
        let written = store::create_private_dir(&dir).and_then(|()| store::save_json(&path, VERSION, &line));
        if let Err(cause) = &written {
            tracing::warn!(%cause, "the ledger of open sessions was not written");
        }
        Self {
            path: written.is_ok().then_some(path),
        }
    }

    pub fn remove(&mut self) {
        if let Some(path) = self.path.take()
            && let Err(cause) = fs::remove_file(&path)
        {
            tracing::warn!(%cause, path = %path.display(), "a ledger entry was not removed");
        }
    }
}

/// A session that a crash left open, and whether it is ended now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub session_id: String,
    pub target: String,
    pub ended: Result<(), String>,
}

/// Ends what processes that are gone left open.
pub async fn end_left(cloud: &Cloud, data_dir: &Path) -> Vec<Left> {
    let mut ended = Vec::new();
    let Ok(files) = fs::read_dir(folder(data_dir)) else {
        return ended;
    };
    for file in files.flatten() {
        let path = file.path();
        let Some(line) = store::load_json::<Line>(&path, VERSION).data else {
            continue;
        };
        if is_alive(line.pid, line.pid_started) {
            continue;
        }
        let place = Place {
            profile: line.profile,
            region: line.region,
        };
        let outcome = cloud.terminate_session(&place, &line.session_id).await;
        let outcome = outcome.map_err(|failure| failure.cause);
        if outcome.is_ok() {
            let _ = fs::remove_file(&path);
        }
        ended.push(Left {
            session_id: line.session_id,
            target: line.target,
            ended: outcome,
        });
    }
    ended
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("sessions")
}

/// Whether that very process still runs. Where the system tells no start times, any process of that id counts:
/// better a session left open than one of a living console ended.
fn is_alive(pid: u32, then: Option<u64>) -> bool {
    match (started(pid), then) {
        (Some(now), Some(then)) => now == then,
        _ => i32::try_from(pid).is_ok_and(|pid| kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)),
    }
}

/// Field 22 of `/proc/PID/stat`, see proc(5); `None` when there is no such process.
fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    after_name.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_itself_only_with_its_start_time() {
        let pid = std::process::id();
        assert!(is_alive(pid, started(pid)));
        assert!(is_alive(pid, None));
        if let Some(at) = started(pid) {
            assert!(!is_alive(pid, Some(at + 1)), "a reused id is another process");
        }
        assert!(!is_alive(i32::MAX as u32, Some(1)));
    }
}
