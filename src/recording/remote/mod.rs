//! The team store: a bucket in which recordings stand while they are still written. Each segment is an object of its
//! own that is never replaced, so that what it holds survives this machine and, under Object Lock, its writer.
//! Writing needs s3:PutObject alone (and s3:PutObjectRetention under a lock); reading back is optional. Every writer may
//! put something over what another stored: readers that may list versions take what came first.

mod bucket;
mod card;
mod confirm;
mod cut;
mod error;
mod follow;
mod gate;
mod history;
mod hold;
mod journal;
mod keeper;
mod listing;
mod manifest;
mod proof;
mod prune;
mod pull;
mod push;
mod range;
mod retention;
mod vouch;

pub use bucket::Bucket;
pub use confirm::{Confirmed, confirm};
pub use error::Error;
pub use follow::Mirror;
pub use gate::{admit, require};
pub use history::Seen;
pub use hold::{Hold, hold, load_hold};
pub use journal::{Standing, standing};
pub use keeper::{Keeper, Report, ship};
pub use listing::{Listed, list, locate};
pub use manifest::{Manifest, Part};
pub use prune::{Fate, expire, judge};
pub use pull::{Pulled, pull};
pub use push::{Push, Sent};
pub use range::Ranged;
pub use retention::Retention;
pub use vouch::Vouched;
