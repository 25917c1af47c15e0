//! The one place where SDK types are known.
