//! What burned when it was last asked, shown at once on the next start and marked with its age. Derived: what cannot be
//! read counts as absent, with a warning.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Alarm;
use crate::store::{self, Loaded};

const FILE: &str = "alarms.json";
const VERSION: u32 = 1;

/// A list and the moment it was true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub saved_at: Timestamp,
    pub alarms: Vec<Alarm>,
}

/// The last list, if there is one.
pub fn load(cache_dir: &Path) -> Loaded<Saved> {
    store::load_json(&cache_dir.join(FILE), VERSION)
}

pub fn save(cache_dir: &Path, saved: &Saved) -> Result<(), store::Error> {
    store::save_json(&cache_dir.join(FILE), VERSION, saved)
}
