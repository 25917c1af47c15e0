//! The ledger of commands under way: one small file each, written as soon as AWS has told the command's id and removed
//! when it has been followed to its end, so that the next start cancels what a console that was killed left running.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aws::{Cloud, Place};
use crate::session::owner::{self, Owner};
use crate::store;

const VERSION: u32 = 1;
/// No command runs for longer than two days, which is what its documents allow; then there is nothing left to cancel.
const LONGEST: Duration = Duration::from_secs(50 * 3600);

#[derive(Serialize, Deserialize)]
struct Line {
    command_id: String,
    nodes: usize,
    profile: String,
    region: String,
    #[serde(flatten)]
    owner: Owner,
}

/// One line of the ledger.
pub struct Entry(PathBuf);

impl Entry {
    /// A ledger that cannot be written costs a tidy end after a crash, not the run.
    pub fn save(data_dir: &Path, place: &Place, command_id: &str, nodes: usize) -> Self {
        let path = folder(data_dir).join(format!("{}.json", uuid::Uuid::new_v4()));
        let line = Line {
            command_id: command_id.to_owned(),
            nodes,
            profile: place.profile.clone(),
            region: place.region.clone(),
            owner: Owner::this(),
        };
        let saved = store::create_private_dir(&folder(data_dir))
            .and_then(|()| store::save_json(&path, VERSION, &line));
        if let Err(cause) = saved {
            tracing::warn!(%cause, "the ledger of commands was not written");
        }
        Self(path)
    }

    pub fn remove(self) {
        owner::remove(&self.0);
    }
}

/// A command that a crash left running, and whether AWS was told to cancel it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub command_id: String,
    pub nodes: usize,
    pub cancelled: Result<(), String>,
}

/// Cancels what processes that are gone left running; what has ended meanwhile stays as it is.
pub async fn cancel_left(cloud: &Cloud, data_dir: &Path) -> Vec<Left> {
    let mut all = Vec::new();
    let left = owner::left::<Line>(&folder(data_dir), VERSION, LONGEST, |line| &line.owner);
    for (path, line) in left {
        let place = Place {
            profile: line.profile,
            region: line.region,
        };
        let told = cloud.cancel_command(&place, &line.command_id).await;
        let is_old = owner::age(&path).is_some_and(|age| age > LONGEST);
        if told.is_ok() || is_old {
            owner::remove(&path);
        }
        all.push(Left {
            command_id: line.command_id,
            nodes: line.nodes,
            cancelled: told.map_err(|failure| failure.cause),
        });
    }
    all
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("commands")
}
