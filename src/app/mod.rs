//! The functional core: `update(&mut Model, Msg) -> Vec<Effect>`, synchronous, without I/O or a clock.

pub mod command;
mod document;
mod effect;
mod guard;
pub mod keymap;
mod model;
mod msg;
mod overlay;
mod perform;
#[cfg(test)]
pub(crate) mod play;
#[cfg(test)]
mod tests;
mod update;

pub use command::{Command, Place, Verb};
pub use document::{DocumentEffect, DocumentMsg};
pub use effect::{Effect, Key, Plan, ToPlayer, ToSession};
pub use guard::opens;
pub use keymap::{Bindings, Meaning};
pub use model::{Model, Room};
pub use msg::{Msg, Notice, PaneId, PlayerStatus, Progress, RunId, TunnelId, TunnelMove, Weight};
pub use overlay::{Ask, Overlay};
pub use perform::{narrow, perform};
pub use update::{begun, dispatch, to_session, update};
