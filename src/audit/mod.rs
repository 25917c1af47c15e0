//! The audit log: chained JSON lines.
