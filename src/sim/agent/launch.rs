//! How a program of a session is started: its words, environment, isolation, and that nothing is left of it.

use std::path::Path;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};

use super::Settings;
use super::isolate::{Isolation, sandbox};

/// The account that shells on instances run as.
pub const USER: &str = "ssm-user";
const NOTICE: &str =
    "\r\n*** This is a shell on this very machine: the system refuses the means to isolate it. ***\r\n\r\n";

/// A program and what it needs around it while it runs.
pub struct Launch {
    pub words: Vec<String>,
    pub environment: Vec<(String, String)>,
    /// Said before anything else where isolation was wanted and is not to be had.
    pub notice: Option<&'static str>,
    /// Files that a sandbox shows; gone with the launch.
    _files: Option<tempfile::TempDir>,
}

impl Launch {
    /// `words` is the program and its arguments; none is the usual shell.
    pub async fn prepare(
        options: &Settings,
        hostname: Option<&str>,
        words: Option<Vec<String>>,
    ) -> std::io::Result<Self> {
        hear_keys();
        let hostname = hostname.unwrap_or("ip-10-0-0-10").to_owned();
        let words = words.unwrap_or_else(|| match &options.shell {
            Some(command) => words_of(&["/bin/sh", "-c", command]),
            None => usual_shell(),
        });
        let isolation = options.isolation().await;
        let home = match isolation {
            Isolation::None => std::env::var("HOME").unwrap_or_else(|_| "/".to_owned()),
            _ => format!("/home/{USER}"),
        };
        let environment = environment(&hostname, &home);
        let notice = (options.isolate && *isolation == Isolation::None).then_some(NOTICE);
        let (words, files) = match isolation {
            Isolation::None => (words, None),
            Isolation::Namespaces { helper } => (sandbox::by_namespaces(helper, &hostname, words), None),
            Isolation::Bwrap { program } => {
                let (words, files) = sandbox::by_bwrap(program, &hostname, words)?;
                (words, Some(files))
            }
        };
        Ok(Self {
            words,
            environment,
            notice,
            _files: files,
        })
    }

    pub fn program(&self) -> &str {
        self.words.first().map_or("/bin/sh", String::as_str)
    }

    pub fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }
}

pub fn words_of(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn usual_shell() -> Vec<String> {
    if Path::new("/bin/bash").exists() {
        words_of(&["/bin/bash", "--norc", "--noprofile", "-i"])
    } else {
        words_of(&["/bin/sh", "-i"])
    }
}

/// Started in the background of a script, this process ignores the signals of keys, and so would every program that it
/// starts. A signal that is caught, even to no effect, is not ignored by children.
fn hear_keys() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default();
    for kind in [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit()] {
        if ignored & (1 << (kind.as_raw_value() - 1)) != 0 {
            // Without it that one key stays dead, and no more.
            let _ = signal(kind);
        }
    }
}

/// Nothing of the simulator's own environment: it may hold credentials.
fn environment(hostname: &str, home: &str) -> Vec<(String, String)> {
    let prompt = if Path::new("/bin/bash").exists() {
        format!("[{USER}@{hostname} \\W]\\$ ")
    } else {
        format!("[{USER}@{hostname}]$ ")
    };
    [
        (
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ),
        ("TERM", "xterm-256color"),
        ("LANG", "C.UTF-8"),
        ("HOME", home),
        ("USER", USER),
        ("LOGNAME", USER),
        ("SHELL", "/bin/sh"),
        ("HOSTNAME", hostname),
        ("PS1", &prompt),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Kills what is left of a program when dropped: its process group, and every process of its terminal session.
pub struct Remains(Option<Pid>);

impl Remains {
    pub fn of(child: &tokio::process::Child) -> Self {
        Self(
            child
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .map(Pid::from_raw),
        )
    }

    /// Sends a signal to the program's process group.
    pub fn signal(&self, signal: Signal) {
        if let Some(leader) = self.0 {
            // A group that is gone needs no signal.
            let _ = killpg(leader, signal);
        }
    }
}

impl Drop for Remains {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
        let Some(leader) = self.0 else { return };
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return;
        };
        for entry in entries.flatten() {
            let Some(id) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<i32>().ok())
            else {
                continue;
            };
            if session_of(&entry.path()) == Some(leader.as_raw()) {
                // It may have ended meanwhile.
                let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
            }
        }
    }
}

/// The terminal session of a process: the fourth field behind its name in parentheses.
fn session_of(process: &Path) -> Option<i32> {
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(3)?.parse().ok()
}
