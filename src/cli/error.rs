//! How a run ends: exit codes that scripts may rely on, and the error that carries one.
//! An error says what failed and where; what to do about it is the hint, a separate field.

use std::fmt;
use std::io;
use std::process::ExitCode;

/// What a verb returns.
pub type Outcome = Result<Exit, Error>;

/// The exit codes of the command line contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: the work failed.
    Failed,
    /// 2: the command line or the configuration is wrong.
    Usage,
    /// 3: not allowed by policy or read-only mode.
    Refused,
    /// 4: a verification found tampering or a gap.
    Tampering,
    /// 5: the target was not found or is not reachable.
    Unreachable,
    /// 255: the connection itself failed, once connecting had begun.
    Connection,
    /// The exit code of a remote or local program, passed through.
    Remote(u8),
}

impl Exit {
    /// The number the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Tampering => 4,
            Exit::Unreachable => 5,
            Exit::Connection => 255,
            Exit::Remote(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// A failed run: printed once, at the edge.
#[derive(Debug)]
pub struct Error {
    pub exit: Exit,
    /// What failed and where: lower case, no full stop. Empty when there is nothing to say.
    pub says: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Error {
    pub fn new(exit: Exit, says: impl Into<String>) -> Error {
        Error {
            exit,
            says: says.into(),
            hint: None,
        }
    }

    /// Exit 1.
    pub fn failed(says: impl Into<String>) -> Error {
        Error::new(Exit::Failed, says)
    }

    /// Exit 2.
    pub fn usage(says: impl Into<String>) -> Error {
        Error::new(Exit::Usage, says)
    }

    /// Exit 3.
    pub fn refused(says: impl Into<String>) -> Error {
        Error::new(Exit::Refused, says)
    }

    /// Exit 4.
    pub fn tampering(says: impl Into<String>) -> Error {
        Error::new(Exit::Tampering, says)
    }

    /// Exit 5.
    pub fn unreachable(says: impl Into<String>) -> Error {
        Error::new(Exit::Unreachable, says)
    }

    /// Exit 255.
    pub fn connection(says: impl Into<String>) -> Error {
        Error::new(Exit::Connection, says)
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        let hint = hint.into();
        self.hint = (!hint.is_empty()).then_some(hint);
        self
    }

    /// Writing a result failed. A closed pipe is no failure: the reader has had enough, so the run ends
    /// quietly. (The signal itself stays ignored: it would also kill a recorded session whose socket closes.)
    pub fn output(cause: io::Error) -> Error {
        if cause.kind() == io::ErrorKind::BrokenPipe {
            return Error::new(Exit::Done, "");
        }
        Error::failed(format!("cannot write to standard output: {cause}"))
    }

    pub(super) fn print(&self) {
        if self.says.is_empty() {
            return;
        }
        // Standard error may be gone; then nobody is told, and the exit code stands.
        super::notice(format!("qd: {}", self.says));
        if let Some(hint) = &self.hint {
            super::notice(format!("hint: {hint}"));
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.says)
    }
}

impl std::error::Error for Error {}

impl From<crate::config::Bad> for Error {
    fn from(bad: crate::config::Bad) -> Error {
        Error::usage(bad.to_string())
    }
}

impl From<crate::store::Error> for Error {
    fn from(error: crate::store::Error) -> Error {
        Error::failed(error.to_string()).hint(error.hint().unwrap_or_default())
    }
}

impl From<crate::audit::Error> for Error {
    fn from(error: crate::audit::Error) -> Error {
        Error::failed(error.to_string()).hint(error.hint().unwrap_or_default())
    }
}

impl From<crate::session::Refused> for Error {
    fn from(refused: crate::session::Refused) -> Error {
        let exit = if refused.absent {
            Exit::Unreachable
        } else if refused.connecting {
            Exit::Connection
        } else {
            Exit::Failed
        };
        Error::new(exit, refused.says).hint(refused.hint)
    }
}
