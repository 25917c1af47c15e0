//! Snapshots of volumes: taken in a moment, whole a while later.

use jiff::Timestamp;

use super::Tags;
use crate::sim::dice::Dice;
use crate::sim::fleet::{Place, TURN};

#[derive(Debug, Clone)]
pub struct Snapshot {
    pub id: String,
    pub volume: String,
    pub gib: u32,
    pub started_at: Timestamp,
    pub says: String,
    pub tags: Tags,
    /// When it was sent to the archive.
    pub archived_at: Option<Timestamp>,
}

impl Snapshot {
    /// EC2's word for it, and how far it is in percent.
    pub fn state(&self, now: Timestamp) -> (&'static str, i64) {
        let passed = now.duration_since(self.started_at);
        if passed >= TURN {
            return ("completed", 100);
        }
        let share = passed.as_millis().max(0) * 100 / TURN.as_millis();
        ("pending", i64::try_from(share).unwrap_or(0))
    }
}

impl Snapshot {
    /// Where it lies: the archive takes a while.
    pub fn tier(&self, now: Timestamp) -> &'static str {
        let is_archived = self.archived_at.is_some_and(|at| now.duration_since(at) >= TURN);
        if is_archived { "archive" } else { "standard" }
    }
}

impl Place {
    /// Takes one of a volume that is there, attached or not.
    pub fn snap(
        &mut self,
        seed: u64,
        volume: &str,
        says: &str,
        tags: Tags,
        now: Timestamp,
    ) -> Option<Snapshot> {
        let (shape, _) = self.volume_mut(volume)?;
        let gib = shape.gib;
        let made = Snapshot {
            id: format!("snap-0{}", Dice::new(seed, &format!("{volume}/{now}")).hex(16)),
            volume: volume.to_owned(),
            gib,
            started_at: now,
            says: says.to_owned(),
            tags,
            archived_at: None,
        };
        self.estate.snapshots.push(made.clone());
        Some(made)
    }
}
