//! Configuration file, paths, themes, key map.
//! Nothing here is guessed at: a wrong key or value is an error that names file, line and what is allowed.

mod bad;
mod duty;
mod holiday;
pub mod keys;
mod load;
pub(crate) mod nearest;
mod notify;
mod paths;
pub mod pattern;
mod recipient;
mod redaction;
mod settings;
mod source;
pub mod theme;
mod unit;

pub use bad::{Bad, Fault};
pub use duty::{Approver, Duty};
pub use holiday::{BadHoliday, Holiday};
pub use notify::{Notify, Receiver, Risky, Secret, Severity};
pub use paths::Paths;
pub(crate) use recipient::is_private_key;
pub use redaction::{Redact, Redaction};
pub use settings::{
    Athena, Audit, Class, Config, Costs, DeviceKey, Encrypt, Endpoint, ExportKind, Forward, Incident, Keep,
    Lock, MOST_SESSIONS, Mode, Production, Reason, Recipient, Recording, RecordingRule, Run, Runbooks,
    Session, Store, Watch,
};
pub use theme::{Role, Theme};
pub use unit::{Counted, Unit};
