//! Keeps a shell of the simulator away from this machine.
//!
//! Own mounts (read-only system, private home and /tmp), processes, host name, IPC and network; an unprivileged user;
//! nothing of the machine's homes or data is visible. By Linux namespaces, else by `bwrap`, else not at all, which is said.

mod mount;
pub mod sandbox;
mod skeleton;
mod stage;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use stage::enter;

/// The hidden subcommand, before anything else of the program runs.
pub const SUBCOMMAND: &str = "__isolate";

/// How shells are kept away, as found out by trying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Isolation {
    /// `helper` is a program that understands the subcommand.
    Namespaces {
        helper: PathBuf,
    },
    Bwrap {
        program: PathBuf,
    },
    /// Not at all.
    None,
}

impl Isolation {
    /// The best that works here. Starts processes and waits for them.
    pub fn probe(helper: Option<&Path>) -> Self {
        let trial = || vec!["/bin/sh".to_owned(), "-c".to_owned(), "exit 17".to_owned()];
        if let Some(helper) = helper
            && runs(&sandbox::by_namespaces(helper, "probe", trial()))
        {
            return Isolation::Namespaces {
                helper: helper.to_owned(),
            };
        }
        let program = Path::new("/usr/bin/bwrap");
        if program.exists()
            && let Ok((words, _files)) = sandbox::by_bwrap(program, "probe", trial())
            && runs(&words)
        {
            return Isolation::Bwrap {
                program: program.to_owned(),
            };
        }
        Isolation::None
    }

    pub fn as_str(&self) -> &'static str {
        match self {
            Isolation::Namespaces { .. } => "namespaces",
            Isolation::Bwrap { .. } => "bwrap",
            Isolation::None => "none",
        }
    }
}

/// Whether the trial command ran inside, told by its exit code.
fn runs(words: &[String]) -> bool {
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    Command::new(program)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.code() == Some(17))
}
