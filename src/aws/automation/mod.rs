//! Automations: starting one, how it and each of its steps stand, telling it something, stopping it, and AWS's own
//! preview of what it would change. Every list is read to its end.

mod ask;
mod execution;
mod preview;
mod start;
mod status;

pub(super) use execution::time;
pub use execution::{Execution, ExecutionRow, Named, StepRun};
pub use preview::{Foreseen, PreviewState};
pub use start::{Location, Signal, StartAutomation, StopAlarm};
pub use status::{Mode, Status};
