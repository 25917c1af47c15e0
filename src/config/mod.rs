//! Configuration file, paths, themes, key map.
//! Nothing here is guessed at: a wrong key or value is an error that names file, line and what is allowed.

mod bad;
mod paths;
mod settings;

pub use bad::Bad;
pub use paths::Paths;
pub use settings::{Config, Costs, Mode, Production, Reason, Recording, Runbooks, Session};
