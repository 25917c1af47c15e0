//! ListObjectsV2: keys in order, folded at a delimiter, in pages of at most a thousand.

use std::collections::BTreeMap;

use super::{NAMESPACE, Object, missing};
use crate::sim::call::Reply;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

const PAGE: usize = 1_000;

/// A row: an object, or what several have in common.
enum Row {
    Object { size: usize, at: jiff::Timestamp },
    Folder,
}

pub fn answer(world: &World, at: &Object<'_>) -> Result<Reply, Refusal> {
    let form = at.form;
    let prefix = form.get("prefix").unwrap_or_default();
    let delimiter = form.get("delimiter").filter(|text| !text.is_empty());
    let after = form.get("start-after").unwrap_or_default();
    let rows = at
        .buckets
        .with(at.account, at.name, |bucket| {
            let mut rows = BTreeMap::new();
            for key in bucket.objects.keys() {
                let Some(rest) = key.strip_prefix(prefix).filter(|_| key.as_str() > after) else {
                    continue;
                };
                let Some(version) = bucket.current(key) else {
                    continue;
                };
                match delimiter.and_then(|by| rest.find(by).map(|found| found + by.len())) {
                    Some(cut) => rows.insert(format!("{prefix}{}", &rest[..cut]), Row::Folder),
                    None => rows.insert(
                        key.clone(),
                        Row::Object {
                            size: version.bytes.as_ref().map_or(0, |bytes| bytes.len()),
                            at: version.at,
                        },
                    ),
                };
            }
            rows
        })
        .map_err(missing)?;
    let fingerprint = format!("s3/{}/{prefix}/{delimiter:?}/{after}", at.name);
    let offset = world
        .pager
        .offset(&fingerprint, form.get("continuation-token"))
        .map_err(|_| Refusal::new("InvalidArgument", "The continuation token provided is incorrect"))?;
    let size = form
        .get("max-keys")
        .and_then(|text| text.parse().ok())
        .unwrap_or(PAGE)
        .min(PAGE);
    let shown: Vec<_> = rows.iter().skip(offset).take(size).collect();
    let is_cut = offset + shown.len() < rows.len();
    Ok(Reply::xml(Xml::new().root("ListBucketResult", NAMESPACE, |x| {
        x.leaf("Name", at.name)
            .leaf("Prefix", prefix)
            .leaf_if("Delimiter", delimiter)
            .leaf("KeyCount", shown.len())
            .leaf("MaxKeys", size)
            .leaf("IsTruncated", is_cut);
        if is_cut {
            let token = world.pager.token(&fingerprint, offset + shown.len());
            x.leaf("NextContinuationToken", token);
        }
        for (key, row) in shown {
            match row {
                Row::Object { size, at } => x.within("Contents", |x| {
                    x.leaf("Key", key)
                        .leaf("LastModified", at.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
                        .leaf("Size", size)
                        .leaf("StorageClass", "STANDARD");
                }),
                Row::Folder => x.within("CommonPrefixes", |x| {
                    x.leaf("Prefix", key);
                }),
            };
        }
    })))
}
