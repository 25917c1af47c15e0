//! Whose entry in a ledger it is: a process of a machine, told from a later one with the same id by when it started.
//! Only what belongs to a process that is gone may be ended by another, and a home may be shared by several machines.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::store;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Owner {
    pid: u32,
    /// Start time of the process in clock ticks since boot, against a reused pid.
    pid_started: Option<u64>,
    /// Where that pid means something; an entry of before has none, and is taken for one of here.
    #[serde(flatten)]
    site: Site,
}

/// Processes of one site see each other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Site {
    /// A hash of what tells this machine, or this container, from others.
    #[serde(default)]
    machine: Option<String>,
    #[serde(default)]
    boot: Option<String>,
    /// The pid namespace.
    #[serde(default)]
    pids: Option<String>,
}

impl Site {
    fn here() -> Self {
        let line = |path: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            Some(text.trim().to_owned()).filter(|line| !line.is_empty())
        };
        // Cloned disks share an id of the machine, and many containers have none: the name tells them apart.
        let name = nix::unistd::gethostname()
            .ok()
            .map(|name| name.into_encoded_bytes());
        let id = line("/etc/machine-id");
        let machine = (id.is_some() || name.is_some()).then(|| {
            let hash = Sha256::new()
                .chain_update("quarterdeck owner\n")
                .chain_update(id.unwrap_or_default())
                .chain_update("\n")
                .chain_update(name.unwrap_or_default());
            hex::encode(&hash.finalize()[..16])
        });
        let pids = fs::read_link("/proc/self/ns/pid").ok();
        Self {
            machine,
            boot: line("/proc/sys/kernel/random/boot_id"),
            pids: pids.map(|link| link.to_string_lossy().into_owned()),
        }
    }

    /// What can be said from `here` of processes of this site without looking at any.
    fn seen_from(&self, here: &Site) -> Seen {
        let differs = |a: &Option<String>, b: &Option<String>| a.is_some() && a != b;
        if differs(&self.machine, &here.machine) {
            return Seen::NotAtAll;
        }
        // After a new start of this machine nothing of before runs, in whatever container it ran.
        if self.machine.is_some() && differs(&self.boot, &here.boot) && here.boot.is_some() {
            return Seen::Gone;
        }
        // A container that was begun again, or another one that lives beside it: nobody here can tell.
        match differs(&self.pids, &here.pids) {
            true => Seen::NotAtAll,
            false => Seen::ByPid,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Seen {
    ByPid,
    Gone,
    NotAtAll,
}

impl Owner {
    /// This process.
    pub fn this() -> Self {
        Self::of(std::process::id())
    }

    /// A process of this machine.
    pub fn of(pid: u32) -> Self {
        Self {
            pid,
            pid_started: started(pid),
            site: Site::here(),
        }
    }

    /// Its id, where that names this very process and no later one.
    pub fn certain(&self) -> Option<i32> {
        let is_same = self.pid_started.is_some() && started(self.pid) == self.pid_started;
        i32::try_from(self.pid).ok().filter(|_| is_same)
    }

    /// Whether what this entry at `path` tells of is left over: its process is gone for certain. Of another machine that
    /// cannot be told: better something left running than what a living console runs ended. AWS ends what is idle
    /// itself, and an entry that nobody may judge is taken away when it is older than `longest`.
    pub fn is_gone(&self, path: &Path, longest: Duration) -> bool {
        match self.site.seen_from(&Site::here()) {
            Seen::ByPid => !self.runs(),
            Seen::Gone => true,
            Seen::NotAtAll => {
                if age(path).is_some_and(|age| age > longest) {
                    let _ = fs::remove_file(path);
                }
                false
            }
        }
    }

    /// Whether that very process still runs here. Where the system tells no start times, any process of that id counts.
    fn runs(&self) -> bool {
        match (started(self.pid), self.pid_started) {
            (Some(now), Some(then)) => now == then,
            (None, _) if is_over(self.pid) => false,
            _ => i32::try_from(self.pid).is_ok_and(|pid| kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)),
        }
    }
}

/// The entries of a ledger's folder whose process is gone, with their paths. `longest`: see [`Owner::is_gone`].
pub(crate) fn left<L: DeserializeOwned>(
    folder: &Path,
    version: u32,
    longest: Duration,
    owner: fn(&L) -> &Owner,
) -> Vec<(PathBuf, L)> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| {
            let path = file.path();
            let line = store::load_json::<L>(&path, version).data?;
            owner(&line).is_gone(&path, longest).then_some((path, line))
        })
        .collect()
}

/// What an entry told of is over.
pub(crate) fn remove(path: &Path) {
    if let Err(cause) = fs::remove_file(path)
        && cause.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%cause, path = %path.display(), "a ledger entry was not removed");
    }
}

/// How long ago an entry was written last.
pub(crate) fn age(path: &Path) -> Option<Duration> {
    fs::metadata(path).ok()?.modified().ok()?.elapsed().ok()
}

/// Field 22 of `/proc/PID/stat`, see proc(5); `None` when there is no such process, or only what is left of it until
/// its parent asks, which the first process of a container may never do.
fn started(pid: u32) -> Option<u64> {
    let mut fields = stat(pid)?.into_iter();
    match fields.next()?.as_str() {
        "Z" | "X" => None,
        _ => fields.nth(18)?.parse().ok(),
    }
}

/// The fields behind the name, from the state on.
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    Some(after_name.split_whitespace().map(str::to_owned).collect())
}

/// Where the system tells of processes at all, one without a start time is over.
fn is_over(pid: u32) -> bool {
    stat(pid).is_some() && started(pid).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn a_process_is_itself_only_with_its_start_time() {
        let this = Owner::this();
        let gone = |pid, pid_started| {
            let site = this.site.clone();
            let owner = Owner {
                pid,
                pid_started,
                site,
            };
            owner.is_gone(Path::new("/nowhere"), LONG)
        };
        assert!(!gone(this.pid, this.pid_started));
        assert!(!gone(this.pid, None));
        if let Some(at) = this.pid_started {
            assert!(gone(this.pid, Some(at + 1)), "a reused id is another process");
        }
        assert!(gone(i32::MAX as u32, Some(1)));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_that_nobody_has_waited_for_is_gone() {
        use std::io::Read;
        let mut child = std::process::Command::new("/bin/sh")
            .args(["-c", "read line"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let owner = Owner::of(child.id());
        assert!(!owner.is_gone(Path::new("/nowhere"), LONG));
        child.kill().unwrap();
        // Its end closes what it wrote to; what is left of it shows a moment later.
        let mut rest = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
        while stat(child.id()).is_some_and(|fields| fields[0] != "Z") {
            std::thread::yield_now();
        }
        assert!(owner.is_gone(Path::new("/nowhere"), LONG));
        child.wait().unwrap();
    }

    #[test]
    fn a_process_of_another_machine_is_not_judged_and_one_of_before_the_start_is_gone() {
        let here = Site {
            machine: Some("m".into()),
            boot: Some("b".into()),
            pids: Some("p".into()),
        };
        let change = |change: fn(&mut Site)| {
            let mut site = here.clone();
            change(&mut site);
            site.seen_from(&here)
        };
        assert_eq!(change(|_| ()), Seen::ByPid);
        assert_eq!(change(|site| *site = Site::default()), Seen::ByPid);
        assert_eq!(change(|site| site.machine = Some("n".into())), Seen::NotAtAll);
        assert_eq!(change(|site| site.pids = Some("q".into())), Seen::NotAtAll);
        assert_eq!(change(|site| site.boot = Some("c".into())), Seen::Gone);
        assert_eq!(
            change(|site| (site.boot, site.pids) = (Some("c".into()), Some("q".into()))),
            Seen::Gone
        );
        assert_eq!(
            change(|site| (site.machine, site.boot) = (Some("n".into()), Some("c".into()))),
            Seen::NotAtAll
        );
        assert_eq!(Site::here(), Site::here());
        let before: Owner = serde_json::from_str(r#"{"pid":1,"pid_started":null}"#).unwrap();
        assert_eq!(before.site, Site::default());
    }

    #[test]
    fn an_entry_that_nobody_may_judge_is_forgotten_in_the_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut owner = Owner::this();
        owner.pid = i32::MAX as u32;
        owner.site.machine = Some("another".into());
        assert!(!owner.is_gone(file.path(), LONG) && file.path().exists());
        assert!(!owner.is_gone(file.path(), Duration::ZERO) && !file.path().exists());
    }
}
