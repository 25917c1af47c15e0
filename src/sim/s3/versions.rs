//! ListObjectVersions: keys in order, of each its versions and delete markers, the newest first, in pages of at most a
//! thousand.

use super::{NAMESPACE, Object, missing};
use crate::sim::call::Reply;
use crate::sim::refusal::Refusal;
use crate::sim::xml::Xml;

const PAGE: usize = 1_000;

struct Row {
    key: String,
    id: String,
    at: jiff::Timestamp,
    /// `None` for a delete marker.
    size: Option<usize>,
    is_newest: bool,
}

pub fn answer(at: &Object<'_>) -> Result<Reply, Refusal> {
    let form = at.form;
    let prefix = form.get("prefix").unwrap_or_default();
    let rows = at.buckets.with(at.account, at.name, |bucket| {
        let keys = bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix));
        let rows = keys.flat_map(|(key, versions)| {
            versions.iter().rev().enumerate().map(|(nth, version)| Row {
                key: key.clone(),
                id: version.id.clone(),
                at: version.at,
                size: version.bytes.as_ref().map(|bytes| bytes.len()),
                is_newest: nth == 0,
            })
        });
        rows.collect::<Vec<_>>()
    });
    let rows = rows.map_err(missing)?;
    let start = match (form.get("key-marker"), form.get("version-id-marker")) {
        (Some(key), Some(id)) => rows
            .iter()
            .position(|row| row.key == key && row.id == id)
            .map_or(rows.len(), |found| found + 1),
        (Some(key), None) => rows.partition_point(|row| row.key.as_str() <= key),
        (None, _) => 0,
    };
    let most = form.get("max-keys").and_then(|text| text.parse().ok());
    let size = most.unwrap_or(PAGE).min(PAGE);
    let shown = rows
        .get(start..(start + size).min(rows.len()))
        .unwrap_or_default();
    let is_cut = start + shown.len() < rows.len();
    Ok(Reply::xml(Xml::new().root(
        "ListVersionsResult",
        NAMESPACE,
        |x| {
            x.leaf("Name", at.name)
                .leaf("Prefix", prefix)
                .leaf("MaxKeys", size)
                .leaf("IsTruncated", is_cut);
            if let Some(last) = shown.last().filter(|_| is_cut) {
                x.leaf("NextKeyMarker", &last.key)
                    .leaf("NextVersionIdMarker", &last.id);
            }
            for row in shown {
                let name = if row.size.is_some() {
                    "Version"
                } else {
                    "DeleteMarker"
                };
                x.within(name, |x| {
                    x.leaf("Key", &row.key)
                        .leaf("VersionId", &row.id)
                        .leaf("IsLatest", row.is_newest)
                        .leaf("LastModified", row.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
                        .leaf_if("Size", row.size);
                });
            }
        },
    )))
}
