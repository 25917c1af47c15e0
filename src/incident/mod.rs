//! Incidents: what happened since something went wrong, by whom, and the report that this writes by itself. An incident is a
//! journal of chained lines on this machine; nothing that AWS refuses ever costs a line of it.

mod current;
pub mod figure;
pub mod journal;
pub mod link;
pub mod opsitem;
mod record;
pub mod report;
pub mod said;
mod state;
pub mod timeline;

/// Characters of a title.
pub const LONGEST_TITLE: usize = 200;

pub use current::{current, leave, switch};
pub use journal::{Error, append, find, list, start, states};
pub use record::{Alarm, Line, Link, Opened, Record, Severity, Who};
pub use state::{Item as OpsItem, State, Status, Took};
