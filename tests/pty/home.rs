//! A home of its own for every program a test starts: nothing of the user's is read or written.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use pty_process::blocking;
use serde_json::Value;

pub struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.path().join("data")
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let home = self.path().display().to_string();
        vec![
            ("HOME", home.clone()),
            ("XDG_CONFIG_HOME", format!("{home}/config")),
            ("XDG_DATA_HOME", format!("{home}/share")),
            ("XDG_CACHE_HOME", format!("{home}/cache")),
            ("XDG_STATE_HOME", format!("{home}/state")),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("PATH", std::env::var("PATH").unwrap()),
            ("LANG", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
            ("USER", "watch".into()),
        ]
    }

    /// `qd` for a pseudo-terminal of true colour.
    pub fn console(&self, args: &[&str]) -> blocking::Command {
        self.untold(args)
            .args(["--data-dir", &self.data_dir().display().to_string()])
    }

    /// The same, not told where its data goes.
    pub fn untold(&self, args: &[&str]) -> blocking::Command {
        blocking::Command::new(env!("CARGO_BIN_EXE_qd"))
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .envs(self.variables())
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
    }

    /// `qd` without a terminal.
    pub fn qd(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command
            .args(args)
            .args(["--data-dir", &self.data_dir().display().to_string()]);
        command
            .current_dir(self.path())
            .env_clear()
            .envs(self.variables())
            .stdin(Stdio::null());
        command
    }

    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let Output {
            status,
            stdout,
            stderr,
        } = self.qd(args).arg("--json").output().unwrap();
        let says = String::from_utf8_lossy(&stderr).into_owned();
        assert!(status.success(), "{args:?}: {status} {says}");
        serde_json::from_slice(&stdout).unwrap_or_else(|bad| panic!("{args:?}: {bad}: {says}"))
    }

    /// Rows of `qd recordings ls`.
    #[track_caller]
    pub fn recordings(&self) -> Vec<Value> {
        self.json(&["recordings", "ls"])["recordings"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// Events of the audit log.
    #[track_caller]
    pub fn audit(&self) -> Vec<Value> {
        let out = self.qd(&["audit", "ls", "--json"]).output().unwrap();
        String::from_utf8(out.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}
