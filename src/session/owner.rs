//! Whose entry in a ledger it is: a process, told from a later one with the same id by when it started. Only what
//! belongs to a process that is gone may be ended by another.

use std::fs;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Owner {
    pid: u32,
    /// Start time of the process in clock ticks since boot, against a reused pid.
    pid_started: Option<u64>,
}

impl Owner {
    /// This process.
    pub fn this() -> Self {
        let pid = std::process::id();
        Self {
            pid,
            pid_started: started(pid),
        }
    }

    /// Whether that very process still runs. Where the system tells no start times, any process of that id counts:
    /// better something left running than what a living console runs ended.
    pub fn is_alive(&self) -> bool {
        match (started(self.pid), self.pid_started) {
            (Some(now), Some(then)) => now == then,
            _ => i32::try_from(self.pid).is_ok_and(|pid| kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)),
        }
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
        let this = Owner::this();
        let with = |pid, pid_started| Owner { pid, pid_started };
        assert!(this.is_alive());
        assert!(with(this.pid, None).is_alive());
        if let Some(at) = this.pid_started {
            let reused = with(this.pid, Some(at + 1));
            assert!(!reused.is_alive(), "a reused id is another process");
        }
        assert!(!with(i32::MAX as u32, Some(1)).is_alive());
    }
}
