//! Systems Manager documents: parsed into typed parameters and steps, shown as a tree, previewed, started, followed.
//! Nothing here starts anything that was not previewed and confirmed by its caller, and a status that could not be
//! asked for is told as old, never left out.

mod abroad;
mod approval;
mod branch;
mod called;
mod child;
mod deep;
mod flow;
mod impact;
mod index;
mod live;
mod map;
mod output;
mod parameter;
mod parse;
mod preview;
mod scope;
mod standing;
mod start;
mod step;
mod stop;
mod target;
mod told;
mod touched;
mod watch;
mod written;

#[cfg(test)]
mod tests;

pub use abroad::may_be_production;
pub use approval::{Approval, Decision, asked};
pub use branch::Choice;
pub use child::with_children;
pub use deep::Deep;
pub use flow::{Row, To, What, flow};
pub use impact::Impact;
pub use index::{Body, Found, Index, Listed, search};
pub use live::{Want, can_revoke, running, wants};
pub use map::{mapped, parse_map, reach};
pub use output::{Output, outputs};
pub use parameter::{Field, Form, Parameter, Refused, Type, Values};
pub use parse::{BadDocument, Document, Kind};
pub use preview::{Preview, foresee};
pub use scope::{abroad, is_named, lies_in, phrase};
pub use standing::Standing;
pub use start::{Desk, Unwritten, shown};
pub use step::{OnTrouble, Step};
pub use stop::{cancel_anywhere, stop_anywhere};
pub use target::{Aim, BadTarget, is_account, is_unit, names, parse_target, target_parameter};
pub use told::told;
pub use watch::{Seen, Sight, look, watch};
pub use written::{Value, Written, indented};
