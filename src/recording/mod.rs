//! The recording container: written before display, signed, seekable.
