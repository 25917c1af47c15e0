//! Runs on this machine, by the real shell.
