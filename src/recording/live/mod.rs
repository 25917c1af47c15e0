//! Watching a recording that is still written. The bytes come from the growing file itself, so that no watcher, however
//! slow, is ever waited for; a socket beside it carries only who joins, who leaves, and the wish to end.

mod door;
mod follow;
mod visit;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Segment;

pub use door::{Door, Knock};
pub use follow::Follower;
pub use visit::Visit;

/// What a watcher says, a line of JSON each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    Join { who: String },
    End,
}

/// What it is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    /// Where the newest screen is in the file.
    Joined {
        start: Segment,
    },
    Ending,
    Refused {
        says: String,
    },
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("live")
}

fn name(id: Uuid) -> String {
    format!("{id}.sock")
}
