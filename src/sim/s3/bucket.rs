//! The objects of a run, in memory and bounded: where nothing is versioned, the oldest leave when there are too many
//! bytes. A bucket with Object Lock keeps every version.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;

use super::lock::Lock;

const BOUND: usize = 64 << 20;

/// One version of an object.
#[derive(Clone, Debug)]
pub struct Version {
    /// `null` where the bucket keeps none.
    pub id: String,
    /// `None` for a delete marker.
    pub bytes: Option<Bytes>,
    pub at: Timestamp,
    /// Base64, as it was stated.
    pub sha256: Option<String>,
    pub lock: Lock,
}

#[derive(Debug, Default)]
pub struct Bucket {
    /// The region that it was created in; `None` answers in all.
    pub region: Option<String>,
    /// Object Lock, and versions with it.
    pub locks: bool,
    /// Newest last.
    pub objects: BTreeMap<String, Vec<Version>>,
}

impl Bucket {
    /// The current version, unless it is a delete marker.
    pub fn current(&self, key: &str) -> Option<&Version> {
        let newest = self.objects.get(key)?.last()?;
        newest.bytes.is_some().then_some(newest)
    }

    pub fn version_mut(&mut self, key: &str, id: Option<&str>) -> Option<&mut Version> {
        let versions = self.objects.get_mut(key)?;
        match id {
            Some(id) => versions.iter_mut().find(|version| version.id == id),
            None => versions.last_mut().filter(|version| version.bytes.is_some()),
        }
    }
}

#[derive(Default)]
struct Store {
    /// By account and name.
    buckets: BTreeMap<(usize, String), Bucket>,
    /// Of unversioned objects, oldest first.
    order: VecDeque<(usize, String, String)>,
    bytes: usize,
}

pub struct Buckets(Mutex<Store>);

#[derive(Debug, PartialEq, Eq)]
pub struct NoBucket;

impl Buckets {
    /// Every account begins with a plain bucket and one with Object Lock.
    pub fn new<'a>(first: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let buckets = first.enumerate().flat_map(|(account, (plain, locked))| {
            let with_locks = Bucket {
                locks: true,
                ..Bucket::default()
            };
            [
                ((account, plain.to_owned()), Bucket::default()),
                ((account, locked.to_owned()), with_locks),
            ]
        });
        Self(Mutex::new(Store {
            buckets: buckets.collect(),
            ..Store::default()
        }))
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False when there is one of that name.
    pub fn create(&self, account: usize, name: &str, bucket: Bucket) -> bool {
        let mut store = self.store();
        let mut is_new = false;
        store
            .buckets
            .entry((account, name.to_owned()))
            .or_insert_with(|| {
                is_new = true;
                bucket
            });
        is_new
    }

    /// Works on a bucket, under the lock.
    pub fn with<T>(
        &self,
        account: usize,
        bucket: &str,
        then: impl FnOnce(&mut Bucket) -> T,
    ) -> Result<T, NoBucket> {
        let mut store = self.store();
        let bucket = store.buckets.get_mut(&(account, bucket.to_owned()));
        bucket.map(then).ok_or(NoBucket)
    }

    /// Stores an object and gives its version.
    pub fn put_version(
        &self,
        account: usize,
        name: &str,
        key: &str,
        mut version: Version,
    ) -> Result<String, NoBucket> {
        let mut store = self.store();
        let store = &mut *store;
        let bucket = store
            .buckets
            .get_mut(&(account, name.to_owned()))
            .ok_or(NoBucket)?;
        version.id = if bucket.locks {
            uuid::Uuid::now_v7().simple().to_string()
        } else {
            "null".into()
        };
        let id = version.id.clone();
        let versions = bucket.objects.entry(key.to_owned()).or_default();
        if bucket.locks {
            versions.push(version);
            return Ok(id);
        }
        store.bytes += version.bytes.as_ref().map_or(0, Bytes::len);
        if versions.is_empty() {
            store.order.push_back((account, name.to_owned(), key.to_owned()));
        }
        for old in versions.drain(..) {
            store.bytes -= old.bytes.map_or(0, |bytes| bytes.len());
        }
        versions.push(version);
        while store.bytes > BOUND
            && let Some((account, name, key)) = store.order.pop_front()
        {
            let gone = store
                .buckets
                .get_mut(&(account, name))
                .and_then(|bucket| bucket.objects.remove(&key));
            let freed: usize = gone
                .into_iter()
                .flatten()
                .filter_map(|version| version.bytes)
                .map(|bytes| bytes.len())
                .sum();
            store.bytes -= freed;
        }
        Ok(id)
    }

    /// The same for what the services themselves write.
    pub fn put(&self, account: usize, bucket: &str, key: &str, bytes: Bytes) -> Result<(), NoBucket> {
        let version = Version {
            id: String::new(),
            bytes: Some(bytes),
            at: Timestamp::now(),
            sha256: None,
            lock: Lock::default(),
        };
        self.put_version(account, bucket, key, version).map(drop)
    }

    /// Takes an unversioned object out.
    pub fn remove(&self, account: usize, name: &str, key: &str) {
        let mut store = self.store();
        let store = &mut *store;
        let place = (account, name.to_owned());
        let gone = store
            .buckets
            .get_mut(&place)
            .and_then(|bucket| bucket.objects.remove(key));
        for bytes in gone.into_iter().flatten().filter_map(|version| version.bytes) {
            store.bytes -= bytes.len();
        }
        store
            .order
            .retain(|(at, bucket, object)| (*at, bucket, object.as_str()) != (account, &place.1, key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_object_leaves_when_there_are_too_many_bytes() {
        let buckets = Buckets::new([("b", "locked")].into_iter());
        let big = Bytes::from(vec![0; BOUND / 2]);
        for key in ["1", "2", "2", "3"] {
            buckets.put(0, "b", key, big.clone()).unwrap();
        }
        for key in ["1", "2", "3"] {
            buckets.put(0, "locked", key, big.clone()).unwrap();
        }
        let keys = |name| {
            buckets
                .with(0, name, |bucket| {
                    bucket.objects.keys().cloned().collect::<Vec<_>>()
                })
                .unwrap()
        };
        assert_eq!(keys("b"), ["2", "3"]);
        assert_eq!(keys("locked"), ["1", "2", "3"]);
        assert_eq!(
            buckets.put(1, "b", "x", big),
            Err(NoBucket),
            "it is another account's"
        );
    }
}
