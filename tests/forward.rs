//! Tunnels through the embedded AWS: what arrives, what is on record, what a lost session costs, and `qd forward` as a
//! script and an operator meet it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

#[path = "forward/command.rs"]
mod command;
#[path = "forward/life.rs"]
mod life;
#[path = "forward/rig.rs"]
mod rig;
#[path = "forward/traffic.rs"]
mod traffic;
