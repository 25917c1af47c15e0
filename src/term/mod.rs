//! The terminal emulator behind one type, `Screen`.
