//! Runbooks: parse, library, search, steps.
