//! The map of the house. An arrow means "may use"; nothing points up.
//!
//! ```text
//! cli/ ──┐
//! tui/ ──┼─> app/ panel/ ui/ ──> fleet session forward fanout ssh copy ──> aws net ssm term store config phrase
//! runtime/ ┘  (pure core)        recording audit cost runbook document alarm   (edges)
//!                                (domains: no screen, no SDK type)
//! sim/  (embedded AWS: speaks the wire formats, knows no panel)
//! ```

pub mod app;
pub mod cli;
pub mod panel;
pub mod runtime;
pub mod tui;
pub mod ui;

pub mod alarm;
pub mod audit;
pub mod copy;
pub mod cost;
pub mod document;
pub mod fanout;
pub mod fleet;
pub mod forward;
pub mod incident;
pub mod recording;
pub mod runbook;
pub mod session;
pub mod ssh;

pub mod aws;
pub mod config;
pub mod net;
pub mod phrase;
pub mod ssm;
pub mod store;
pub mod term;

pub mod sim;
