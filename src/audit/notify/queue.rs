//! What waits to be told: a file an item, named after event and receiver, so that queuing it twice is queuing it once.
//! Synced before the place in the log moves on. Bounded: the oldest give way.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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
        store::save_json(&self.path(item), VERSION, item)?;
        self.remove_unmarked(item);
        Ok(())
    }

    pub fn remove(&self, item: &Item) -> Result<(), Bad> {
        let path = self.path(item);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(store::Error::new("remove", &path, cause));
            }
            _ => self.remove_unmarked(item),
        }
        Ok(())
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
        items.sort_by(|a, b| (a.queued_at, &a.id, b.tries).cmp(&(b.queued_at, &b.id, a.tries)));
        items.dedup_by(|later, kept| later.id == kept.id);
        Ok(items)
    }

    /// A name may have any character in it and be long: the mark tells those apart that look the same here.
    fn path(&self, item: &Item) -> PathBuf {
        let mark = hex::encode(&Sha256::digest(&item.id)[..8]);
        self.dir
            .join("queue")
            .join(format!("{}-{mark}.json", plain(&item.id)))
    }

    /// An item that was queued before names had a mark goes with what takes its place.
    fn remove_unmarked(&self, item: &Item) {
        let path = self.dir.join("queue").join(format!("{}.json", plain(&item.id)));
        let is_it = |found: Item| found.id == item.id;
        if path.exists() && store::load_json(&path, VERSION).data.is_some_and(is_it) {
            let _ = fs::remove_file(&path);
        }
    }
}

fn plain(id: &str) -> String {
    let safe = |c: char| match c.is_ascii_alphanumeric() || "-.".contains(c) {
        true => c,
        false => '_',
    };
    id.chars().map(safe).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, Event, Kind};

    fn item(to: &str, entry: &Entry) -> Item {
        Item::new(to, entry.clone(), Timestamp::UNIX_EPOCH)
    }

    fn receivers(queue: &Queue) -> Vec<String> {
        let mut found: Vec<_> = queue.load().unwrap().into_iter().map(|item| item.to).collect();
        found.sort();
        found
    }

    #[test]
    fn receivers_whose_names_look_the_same_in_a_file_name_have_a_file_each() {
        let dir = tempfile::tempdir().unwrap();
        let queue = Queue::open(dir.path());
        let entry = Entry::sample(Event::new(Kind::SessionStart, Actor::default()));
        let long = "x".repeat(200);
        let names = ["大阪", "東京", &format!("{long}a"), &format!("{long}b")];
        for name in names {
            queue.save(&item(name, &entry)).unwrap();
        }
        let mut sorted = names.map(str::to_owned);
        sorted.sort();
        assert_eq!(receivers(&queue), sorted);
        queue.remove(&item("東京", &entry)).unwrap();
        assert_eq!(receivers(&queue).len(), 3);
        assert!(receivers(&queue).contains(&"大阪".to_owned()));
    }

    #[test]
    fn what_was_queued_under_an_unmarked_name_is_found_once_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let queue = Queue::open(dir.path());
        let entry = Entry::sample(Event::new(Kind::SessionStart, Actor::default()));
        let mut waiting = item("東京", &entry);
        queue.save(&waiting).unwrap();
        let unmarked = format!("{}.json", plain(&waiting.id));
        let unmarked = dir.path().join("notify/queue").join(unmarked);
        fs::rename(queue.path(&waiting), &unmarked).unwrap();
        waiting.put_off("refused".into(), String::new(), Timestamp::UNIX_EPOCH);
        let before = fs::read(&unmarked).unwrap();
        queue.save(&waiting).unwrap();
        assert!(!unmarked.exists());
        // A crash between the two leaves both: the newer one counts.
        fs::write(&unmarked, &before).unwrap();
        assert_eq!(queue.load().unwrap(), [waiting.clone()]);
        // One of another receiver is not taken along.
        queue.remove(&item("大阪", &entry)).unwrap();
        assert!(unmarked.exists());
        queue.remove(&waiting).unwrap();
        assert_eq!(queue.load().unwrap(), []);
    }
}
