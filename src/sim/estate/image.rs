//! Machine images: the account's own, and those of Amazon that its machines began with.

use jiff::Timestamp;

use crate::sim::dice::Dice;
use crate::sim::fleet::{Place, Platform, Size, TURN};

#[derive(Debug, Clone)]
pub struct Image {
    pub id: String,
    pub name: String,
    pub disks: Vec<Disk>,
    pub platform: Platform,
    /// As EC2 spells it.
    pub architecture: &'static str,
    pub created_at: Timestamp,
    /// Not the account's own.
    pub is_amazons: bool,
}

/// What a machine that is made of an image has under a device's name.
#[derive(Debug, Clone)]
pub struct Disk {
    pub device: String,
    pub snapshot: String,
    pub gib: u32,
}

impl Image {
    /// EC2's word for it: an image is made of snapshots, which take a while.
    pub fn state(&self, now: Timestamp) -> &'static str {
        if now.duration_since(self.created_at) < TURN {
            "pending"
        } else {
            "available"
        }
    }

    /// Whether a machine of a size can begin with it.
    pub fn fits(&self, size: &Size) -> bool {
        self.architecture == size.architecture()
    }
}

impl Place {
    /// Its own, then Amazon's: those of its machines, and the newest Amazon Linux for ARM.
    pub fn images(&self, seed: u64, region: &str) -> Vec<Image> {
        let mut found = self.estate.images.clone();
        for one in &self.instances {
            if !found.iter().any(|image| image.id == one.image_id) {
                found.push(stock(&one.image_id, one.platform, one.size.architecture()));
            }
        }
        if !self.instances.is_empty() {
            let id = format!("ami-0{}", Dice::new(seed, &format!("arm/{region}")).hex(16));
            found.push(stock(&id, Platform::AmazonLinux2023, "arm64"));
        }
        found
    }

    /// Of an own image that was made in this run: a machine's disks as they are.
    pub fn photograph(&mut self, seed: u64, instance: &str, name: &str, now: Timestamp) -> Option<Image> {
        let one = self.instances.iter().find(|one| one.id == instance)?;
        let (platform, architecture) = (one.platform, one.size.architecture());
        let volumes: Vec<(String, String)> = one
            .volumes
            .iter()
            .map(|volume| (volume.device.clone(), volume.id.clone()))
            .collect();
        let id = format!("ami-0{}", Dice::new(seed, &format!("{instance}/{now}")).hex(16));
        let says = format!("Created by CreateImage({instance}) for {id}");
        let mut disks = Vec::new();
        for (device, volume) in volumes {
            let made = self.snap(seed, &volume, &says, Default::default(), now)?;
            disks.push(Disk {
                device,
                snapshot: made.id,
                gib: made.gib,
            });
        }
        let made = Image {
            id,
            name: name.to_owned(),
            disks,
            platform,
            architecture,
            created_at: now,
            is_amazons: false,
        };
        self.estate.images.push(made.clone());
        Some(made)
    }
}

fn stock(id: &str, platform: Platform, architecture: &'static str) -> Image {
    let (_, name, version) = platform.managed();
    let words = format!("{name} {version} {architecture}").to_lowercase();
    let disk = Disk {
        device: platform.root_device().to_owned(),
        snapshot: id.replacen("ami-", "snap-", 1),
        gib: 8,
    };
    Image {
        id: id.to_owned(),
        name: words.replace([' ', '/'], "-"),
        disks: vec![disk],
        platform,
        architecture,
        // 2026-01-14T00:00:00Z
        created_at: Timestamp::from_second(1_768_348_800).unwrap_or(Timestamp::UNIX_EPOCH),
        is_amazons: true,
    }
}
