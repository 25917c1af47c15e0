//! What waits to be told: a file an item, named after event and receiver, so that queuing it twice is queuing it once.
//! Synced before the place in the log moves on. Bounded: the oldest give way.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::audit::{Entry, Position};
use crate::store;

const VERSION: u32 = 1;
/// More than this wait for nobody.
pub(super) const MOST: usize = 5_000;
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(5);
const LAST_RETRY: SignedDuration = SignedDuration::from_hours(1);

/// Why the queue cannot be kept.
pub type Bad = store::Error;

/// One event for one receiver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The same at every try: the event's `uid` and the receiver's name.
    pub id: String,
    pub to: String,
    pub entry: Entry,
    pub queued_at: Timestamp,
    pub tries: u32,
    pub next_at: Timestamp,
    /// Why the last try failed, and what to do about it.
    pub says: Option<String>,
    pub hint: Option<String>,
}

impl Item {
    pub(super) fn new(to: &str, entry: Entry, now: Timestamp) -> Item {
        Item {
            id: format!("{}.{to}", entry.uid),
            to: to.to_owned(),
            entry,
            queued_at: now,
            tries: 0,
            next_at: now,
            says: None,
            hint: None,
        }
    }

    /// Notes a failure and when to try again: twice as late each time, an hour at most.
    pub(super) fn put_off(&mut self, says: String, hint: String, now: Timestamp) {
        self.tries += 1;
        let doubled = 1_i32.checked_shl((self.tries - 1).min(12)).unwrap_or(1);
        let wait = FIRST_RETRY
            .checked_mul(doubled)
            .unwrap_or(LAST_RETRY)
            .min(LAST_RETRY);
        self.next_at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        self.says = Some(says);
        self.hint = Some(hint).filter(|hint| !hint.is_empty());
    }
}

/// The folder of what waits.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    dir: PathBuf,
}

impl Queue {
    pub fn open(data_dir: &Path) -> Queue {
        Queue {
            dir: data_dir.join("notify"),
        }
    }

    pub fn lock_path(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// How far the log has been taken in; `None` before the first time.
    pub fn load_position(&self) -> Option<Position> {
        let loaded = store::load_json(&self.dir.join("position.json"), VERSION);
        if let Some(warning) = loaded.warning {
            tracing::warn!(%warning, "events may be told a second time");
            return Some(Position::default());
        }
        loaded.data
    }

    pub fn save_position(&self, position: &Position) -> Result<(), Bad> {
        store::save_json(&self.dir.join("position.json"), VERSION, position)
    }

    pub fn save(&self, item: &Item) -> Result<(), Bad> {
        store::save_json(&self.path(item), VERSION, item)
    }

    pub fn remove(&self, item: &Item) -> Result<(), Bad> {
        let path = self.path(item);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                Err(store::Error::new("remove", &path, cause))
            }
            _ => Ok(()),
        }
    }

    /// What waits, oldest first. A file that cannot be read is passed over with a warning.
    pub fn load(&self) -> Result<Vec<Item>, Bad> {
        let dir = self.dir.join("queue");
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(store::Error::new("list", &dir, cause)),
        };
        let mut items: Vec<Item> = Vec::new();
        for entry in entries {
            let path = entry
                .map_err(|cause| store::Error::new("list", &dir, cause))?
                .path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let loaded = store::load_json(&path, VERSION);
            if let Some(warning) = loaded.warning {
                tracing::warn!(%warning, "a notification");
            }
            items.extend(loaded.data);
        }
        items.sort_by(|a, b| (a.queued_at, &a.id).cmp(&(b.queued_at, &b.id)));
        Ok(items)
    }

    fn path(&self, item: &Item) -> PathBuf {
        // A name may have any character in it.
        let safe: String = item
            .id
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || "-.".contains(c) {
                    c
                } else {
                    '_'
                }
            })
            .take(120)
            .collect();
        self.dir.join("queue").join(format!("{safe}.json"))
    }
}
