//! EBS snapshots of the account's own, and which of them its machine images are made of.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use jiff::Timestamp;

use crate::aws::machine::timestamp;
use crate::aws::paging::pages;
use crate::aws::{Cloud, Failure, Place};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub id: String,
    /// That it was taken of; it may be gone.
    pub volume: String,
    /// Of the volume, not of what is stored.
    pub gib: i32,
    pub started_at: Option<Timestamp>,
    /// In the archive tier a GiB costs a quarter.
    pub archived: bool,
    pub tags: BTreeMap<String, String>,
}

impl Cloud {
    pub async fn fetch_snapshots(&self, place: &Place) -> Result<Vec<Snapshot>, Failure> {
        let (cloud, at) = (self.clone(), self.at(place, "ec2", "DescribeSnapshots").await);
        let client = self.clients(place).await.ec2;
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .describe_snapshots()
                .owner_ids("self")
                .max_results(1000)
                .set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let snapshots = answer.snapshots.unwrap_or_default().into_iter();
                Ok((
                    snapshots.map(snapshot_from).collect::<Vec<_>>(),
                    answer.next_token,
                ))
            }
        })
        .try_concat()
        .await
    }

    /// Snapshots that the account's own images begin with.
    pub async fn fetch_imaged_snapshots(&self, place: &Place) -> Result<BTreeSet<String>, Failure> {
        let (cloud, at) = (self.clone(), self.at(place, "ec2", "DescribeImages").await);
        let client = self.clients(place).await.ec2;
        let found: Vec<String> = pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .describe_images()
                .owners("self")
                .max_results(1000)
                .set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let images = answer.images.unwrap_or_default().into_iter();
                let disks = images.flat_map(|image| image.block_device_mappings.unwrap_or_default());
                let ids = disks.filter_map(|disk| disk.ebs?.snapshot_id).collect::<Vec<_>>();
                Ok((ids, answer.next_token))
            }
        })
        .try_concat()
        .await?;
        Ok(found.into_iter().collect())
    }
}

fn snapshot_from(snapshot: aws_sdk_ec2::types::Snapshot) -> Snapshot {
    Snapshot {
        id: snapshot.snapshot_id.unwrap_or_default(),
        volume: snapshot.volume_id.unwrap_or_default(),
        gib: snapshot.volume_size.unwrap_or_default(),
        started_at: timestamp(snapshot.start_time),
        archived: snapshot
            .storage_tier
            .is_some_and(|tier| tier.as_str() == "archive"),
        tags: super::tags(snapshot.tags),
    }
}
