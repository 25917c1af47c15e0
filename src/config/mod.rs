//! Configuration file, paths, themes, key map.
//! Nothing here is guessed at: a wrong key or value is an error that names file, line and what is allowed.

mod bad;
pub mod keys;
mod load;
pub(crate) mod nearest;
mod paths;
pub mod pattern;
mod redaction;
mod settings;
mod source;
pub mod theme;

pub use bad::{Bad, Fault};
pub use paths::Paths;
pub use redaction::{Redact, Redaction};
pub use settings::{
    Config, Costs, Forward, MOST_SESSIONS, Mode, Production, Reason, Recording, Run, Runbooks, Session,
};
pub use theme::{Role, Theme};
