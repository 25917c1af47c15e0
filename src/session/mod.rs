//! A live session: one source, many sinks, recorded before it is shown.
