//! The embedded AWS: wire formats on loopback.
