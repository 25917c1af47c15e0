//! Volumes as they are attached, and what one is sold by.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Instance, Place, TURN};

/// What a volume is sold by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub gib: u32,
    /// As EC2 spells it.
    pub kind: &'static str,
    pub iops: u32,
    /// MiB a second; gp3 alone has one to choose.
    pub throughput: Option<u32>,
}

impl Shape {
    /// What a kind comes with. gp2 has three operations a second for each GiB, a hundred at least.
    pub fn usual(kind: &'static str, gib: u32) -> Shape {
        let iops = if kind == "gp2" {
            gib.saturating_mul(3).clamp(100, 16_000)
        } else {
            3_000
        };
        Shape {
            gib,
            kind,
            iops,
            throughput: (kind == "gp3").then_some(125),
        }
    }
}

/// The last change of a volume.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub at: Timestamp,
    pub from: Shape,
    pub to: Shape,
}

impl Change {
    /// EC2's word for how far it is.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match now.duration_since(self.at) {
            passed if passed < TURN => "modifying",
            passed if passed < TURN * 3 => "optimizing",
            _ => "completed",
        }
    }

    /// Percent.
    pub fn progress(&self, now: Timestamp) -> i64 {
        let passed = now.duration_since(self.at).as_millis().max(0);
        let whole = (TURN * 3).as_millis();
        i64::try_from(passed * 100 / whole).unwrap_or(100).min(100)
    }
}

/// When a volume was made, and its tags, where those are not its instance's.
#[derive(Debug, Clone)]
pub struct Made {
    pub at: Timestamp,
    pub tags: BTreeMap<String, String>,
}

/// An attached one.
#[derive(Debug, Clone)]
pub struct Volume {
    pub id: String,
    pub device: String,
    pub shape: Shape,
    /// None: with its instance.
    pub made: Option<Made>,
    /// None: when its instance was launched.
    pub attached_at: Option<Timestamp>,
    pub change: Option<Change>,
}

impl Instance {
    /// What a volume has that was made with its instance.
    pub fn disk_tags(&self) -> BTreeMap<String, String> {
        let tags = self.tags.iter().filter(|(key, _)| *key != "Name");
        tags.map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

impl Place {
    /// The volume's shape and last change, attached or not.
    pub fn volume_mut(&mut self, id: &str) -> Option<(&mut Shape, &mut Option<Change>)> {
        let attached = self.instances.iter_mut().flat_map(|one| &mut one.volumes);
        let attached = attached.map(|one| (&one.id, &mut one.shape, &mut one.change));
        let loose = self.estate.loose.iter_mut();
        let loose = loose.map(|one| (&one.id, &mut one.shape, &mut one.change));
        let mut all = attached.chain(loose);
        all.find(|(of, ..)| *of == id)
            .map(|(_, shape, change)| (shape, change))
    }
}
