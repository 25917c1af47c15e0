//! The embedded AWS: wire formats on loopback.

pub mod agent;
