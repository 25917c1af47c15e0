//! Executes effects and owns the long-lived actors.
