//! The machines: EC2's view and Systems Manager's view joined into nodes that stream in place by place.
//! A slow or failing place never holds up another; its failure is a batch of its own.

mod cache;
mod container;
mod fetch;
pub mod filter;
mod near;
mod node;
mod policy;
mod roster;
mod rule;
mod sort;
mod target;

pub use cache::{Bad, Saved, load, save};
pub use container::{Absent, Container, find_container, is_container};
pub use fetch::{Batch, fetch};
pub use filter::{BadFilter, Filter};
pub use near::near;
pub use node::{Id, Kind, Node};
pub use policy::{BadRule, Policy, Terms};
pub use roster::{Roster, gather};
use rule::Rule;
pub use sort::SortKey;
pub use target::{Found, resolve};
