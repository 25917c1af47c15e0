//! What keeps a recording out of the store, or in it: AWS's refusal, the disk, or two stories that disagree.

use crate::aws::{Failure, Why};
use crate::recording;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Aws(#[from] Failure),
    #[error(transparent)]
    Recording(#[from] recording::Error),
    #[error(transparent)]
    Audit(#[from] crate::audit::Error),
    #[error(transparent)]
    Disk(#[from] crate::store::Error),
    /// The bucket holds something else than this machine.
    #[error("{says}")]
    Disagrees { says: String, hint: String },
    #[error("the store has no recording {0}")]
    Absent(String),
}

impl Error {
    pub(super) fn disagrees(says: impl Into<String>, hint: impl Into<String>) -> Error {
        Error::Disagrees {
            says: says.into(),
            hint: hint.into(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Error::Aws(failure) => failure.hint.clone(),
            Error::Recording(error) => error.hint().unwrap_or_default().into(),
            Error::Audit(error) => error.hint().unwrap_or_default().into(),
            Error::Disk(error) => error.hint().unwrap_or_default().into(),
            Error::Disagrees { hint, .. } => hint.clone(),
            Error::Absent(_) => "run `qd recordings ls --store` to see what it has".into(),
        }
    }

    /// There is no such object, or only what marks it as deleted.
    pub(super) fn is_no_object(failure: &Failure) -> bool {
        failure.why == Why::Refused && failure.cause.contains("(NoSuchKey)")
    }

    /// Not allowed, as opposed to not possible.
    pub(super) fn is_denied(&self) -> bool {
        matches!(self, Error::Aws(failure) if failure.why == Why::Denied)
    }
}
