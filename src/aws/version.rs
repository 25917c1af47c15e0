//! Every version of the objects of S3: what was stored under a name first stays there, whatever was put over it or
//! deleted it since. Needs s3:ListBucketVersions.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::primitives::DateTime;
use jiff::Timestamp;

use super::object::of_bucket;
use super::{Cloud, Failure, Place};

/// One version of an object, or what marks it as deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectVersion {
    pub key: String,
    /// `None` where the bucket kept none when it was stored.
    pub id: Option<String>,
    pub size: u64,
    pub at: Option<Timestamp>,
    pub is_newest: bool,
    pub is_deletion: bool,
}

impl Cloud {
    /// Every version below a prefix: of each key the newest first, and what deletes it after them.
    pub async fn fetch_versions(
        &self,
        place: &Place,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<ObjectVersion>, Failure> {
        let at = self.at(place, "s3", "ListBucketVersions").await;
        let (mut rows, mut after) = (Vec::new(), (None, None));
        loop {
            let call = self
                .clients(place)
                .await
                .s3
                .list_object_versions()
                .bucket(bucket)
                .prefix(prefix)
                .set_key_marker(after.0.clone())
                .set_version_id_marker(after.1.clone())
                .send();
            let answer = self.call(&at, call).await;
            let mut answer = answer.map_err(|failure| of_bucket(failure, bucket))?;
            let next = (
                answer.next_key_marker.take(),
                answer.next_version_id_marker.take(),
            );
            let is_cut = answer.is_truncated == Some(true);
            rows.extend(rows_of(answer));
            match next {
                next if is_cut && next.0.is_some() && next != after => after = next,
                _ if is_cut => return Err(Failure::faulty(&at, "a list that has no way on")),
                _ => return Ok(rows),
            }
        }
    }
}

fn rows_of(answer: ListObjectVersionsOutput) -> Vec<ObjectVersion> {
    let instant = |at: Option<DateTime>| Timestamp::from_second(at?.secs()).ok();
    let id = |id: Option<String>| id.filter(|id| id != "null");
    let stored = answer.versions.unwrap_or_default().into_iter().filter_map(|row| {
        Some(ObjectVersion {
            key: row.key?,
            id: id(row.version_id),
            size: row.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            at: instant(row.last_modified),
            is_newest: row.is_latest == Some(true),
            is_deletion: false,
        })
    });
    let deleted = answer.delete_markers.unwrap_or_default().into_iter();
    let deleted = deleted.filter_map(|row| {
        Some(ObjectVersion {
            key: row.key?,
            id: id(row.version_id),
            size: 0,
            at: instant(row.last_modified),
            is_newest: row.is_latest == Some(true),
            is_deletion: true,
        })
    });
    stored.chain(deleted).collect()
}
