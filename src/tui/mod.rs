//! The loop, terminal set-up and restore, ownership of standard input.
