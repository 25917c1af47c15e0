//! EBS volumes as EC2 describes them, page by page.
//! Facts: `DescribeVolumes` gives at most 1,000 a page; when a volume was detached it does not tell.

use std::collections::BTreeMap;

use futures_util::stream::{Stream, StreamExt};
use jiff::Timestamp;

use super::paging::pages;
use super::{Cloud, Failure, Place};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Disk {
    pub id: String,
    /// As EC2 spells it: `gp3`.
    pub kind: String,
    pub gib: i32,
    pub iops: Option<i32>,
    /// MiB a second.
    pub throughput: Option<i32>,
    /// The instance that has it.
    pub instance: Option<String>,
    pub created_at: Option<Timestamp>,
    pub tags: BTreeMap<String, String>,
}

impl Cloud {
    /// Every volume of a place.
    pub async fn fetch_disks(
        &self,
        place: &Place,
    ) -> impl Stream<Item = Result<Vec<Disk>, Failure>> + Send + Unpin + use<> {
        let (cloud, at) = (self.clone(), self.at(place, "ec2", "DescribeVolumes").await);
        let client = self.clients(place).await.ec2;
        pages(at.clone(), move |token| {
            let (cloud, at, client) = (cloud.clone(), at.clone(), client.clone());
            async move {
                let call = client
                    .describe_volumes()
                    .max_results(1000)
                    .set_next_token(token)
                    .send();
                let answer = cloud.call(&at, call).await?;
                let volumes = answer.volumes.unwrap_or_default();
                Ok((volumes.into_iter().map(disk_from).collect(), answer.next_token))
            }
        })
        .boxed()
    }
}

fn disk_from(volume: aws_sdk_ec2::types::Volume) -> Disk {
    let attached = volume.attachments.unwrap_or_default();
    let tags = volume.tags.unwrap_or_default();
    Disk {
        id: volume.volume_id.unwrap_or_default(),
        kind: volume
            .volume_type
            .map(|kind| kind.as_str().to_owned())
            .unwrap_or_default(),
        gib: volume.size.unwrap_or_default(),
        iops: volume.iops,
        throughput: volume.throughput,
        instance: attached.into_iter().find_map(|attachment| attachment.instance_id),
        created_at: volume
            .create_time
            .and_then(|at| Timestamp::from_second(at.secs()).ok()),
        tags: tags
            .into_iter()
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect(),
    }
}
