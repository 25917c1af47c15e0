//! The functional core: `update(&mut Model, Msg) -> Vec<Effect>`, synchronous, without I/O or a clock.
