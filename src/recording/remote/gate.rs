//! Where the team's store is required, nothing is opened while it cannot be written. Decided once, before the first
//! session, and asked before each: no kind of session can forget to.

use std::sync::{Arc, OnceLock};

use super::{Bucket, Error};

static GATE: OnceLock<Gate> = OnceLock::new();

struct Gate {
    bucket: Arc<Bucket>,
    device: [u8; 32],
}

/// From now on every session asks this store first. A second call changes nothing.
pub fn require(bucket: Arc<Bucket>, device: [u8; 32]) {
    let _ = GATE.set(Gate { bucket, device });
}

/// An error means that no session may be opened now.
pub async fn admit() -> Result<(), Error> {
    match GATE.get() {
        Some(gate) => gate.bucket.introduce(&gate.device).await,
        None => Ok(()),
    }
}
