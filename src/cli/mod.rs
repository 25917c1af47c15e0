//! One file a verb: prints a table or JSON, never draws.
pub mod sim;
