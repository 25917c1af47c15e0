//! Which objects came first. Object Lock keeps versions and not names: whoever may write can put another object over
//! any of them. What was stored first counts, and what came later is named.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Bucket, Error};
use crate::aws::{Failure, ObjectVersion, Why};

/// Whether it is known what came first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The bucket keeps versions, and they were listed.
    First,
    /// The bucket keeps none.
    NoVersions,
    /// They may not be listed.
    Unlisted { cause: String },
}

impl Seen {
    pub(super) const UNLISTED: &str = "unlisted";

    pub fn as_str(&self) -> &'static str {
        match self {
            Seen::First => "first",
            Seen::NoVersions => "none",
            Seen::Unlisted { .. } => Seen::UNLISTED,
        }
    }

    /// What cannot be told without it, for a person.
    pub fn remark(&self) -> Option<String> {
        match self {
            Seen::First => None,
            Seen::NoVersions => {
                Some("the bucket keeps no versions: whether anything was put over it cannot be told".into())
            }
            Seen::Unlisted { cause } => Some(format!(
                "whether anything was put over it cannot be told without s3:ListBucketVersions: {cause}"
            )),
        }
    }
}

/// What is newest under a name, besides what came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    Same,
    Other,
    Deleted,
}

/// An object as it came first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// `None` where the bucket keeps no versions, or they are not known.
    pub version: Option<String>,
    pub size: u64,
    pub now: Now,
}

/// The objects below a prefix as they came first, when something came last, and whether the first is known. Where
/// versions may not be listed, the newest stand for the first.
pub(super) async fn list(
    bucket: &Bucket,
    below: &str,
) -> Result<(BTreeMap<String, (Stored, Option<Timestamp>)>, Seen), Failure> {
    match bucket.versions(below).await {
        Ok(rows) => Ok((first_of(rows), Seen::First)),
        Err(failure) if matches!(failure.why, Why::Denied | Why::Unsupported | Why::Refused) => {
            let rows = bucket.list(below).await?.into_iter().map(|row| {
                let stored = Stored {
                    version: None,
                    size: row.size,
                    now: Now::Same,
                };
                (row.key, (stored, row.at))
            });
            let cause = failure.cause;
            Ok((rows.collect(), Seen::Unlisted { cause }))
        }
        Err(failure) => Err(failure),
    }
}

fn first_of(rows: Vec<ObjectVersion>) -> BTreeMap<String, (Stored, Option<Timestamp>)> {
    let mut keys: BTreeMap<String, Vec<ObjectVersion>> = BTreeMap::new();
    for row in rows {
        keys.entry(row.key.clone()).or_default().push(row);
    }
    let described = keys.into_iter().filter_map(|(key, rows)| {
        // By S3's own clock; of the same second the last of the list.
        let stored = rows.iter().filter(|row| !row.is_deletion);
        let first = stored.rev().min_by_key(|row| row.at)?;
        let now = match rows.iter().find(|row| row.is_newest) {
            Some(newest) if newest.is_deletion => Now::Deleted,
            Some(newest) if newest.id != first.id => Now::Other,
            _ => Now::Same,
        };
        let stored = Stored {
            version: first.id.clone(),
            size: first.size,
            now,
        };
        Some((key, (stored, rows.iter().filter_map(|row| row.at).max())))
    });
    described.collect()
}

/// An object as it came first, or `range` of it. Needs s3:GetObjectVersion where something else is in its place.
pub(super) async fn fetch(
    bucket: &Bucket,
    key: &str,
    stored: &Stored,
    range: Option<(u64, u64)>,
) -> Result<Vec<u8>, Error> {
    if let Some(version) = &stored.version {
        match bucket.fetch_version(key, version, range).await {
            Err(failure) if failure.why == Why::Denied && stored.now == Now::Same => {}
            fetched => return Ok(fetched?),
        }
    }
    Ok(match range {
        Some((first, len)) => bucket.fetch_range(key, first, len).await?,
        None => bucket.fetch(key).await?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, second: i64, is_newest: bool, is_deletion: bool) -> ObjectVersion {
        ObjectVersion {
            key: "a".into(),
            id: Some(id.into()),
            size: second as u64,
            at: Timestamp::from_second(second).ok(),
            is_newest,
            is_deletion,
        }
    }

    #[test]
    fn the_oldest_version_counts_and_of_one_second_the_last_of_the_list() {
        let cases = [
            (vec![row("1", 5, true, false)], Some(("1", Now::Same))),
            (
                vec![
                    row("3", 7, true, false),
                    row("2", 5, false, false),
                    row("1", 5, false, false),
                ],
                Some(("1", Now::Other)),
            ),
            (
                vec![row("1", 5, false, false), row("2", 9, true, true)],
                Some(("1", Now::Deleted)),
            ),
            (vec![row("1", 5, true, true)], None),
        ];
        for (rows, expected) in cases {
            let found = first_of(rows);
            let first = found.get("a").map(|(stored, _)| stored);
            let first = first.map(|stored| (stored.version.as_deref().unwrap(), stored.now));
            assert_eq!(first, expected);
        }
    }
}
