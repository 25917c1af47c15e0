//! The objects of a run, in memory and bounded: the oldest leave when there are too many bytes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

const BOUND: usize = 64 << 20;

#[derive(Default)]
struct Store {
    /// By account and name.
    buckets: BTreeMap<(usize, String), BTreeMap<String, Bytes>>,
    /// Oldest first.
    order: VecDeque<(usize, String, String)>,
    bytes: usize,
}

pub struct Buckets(Mutex<Store>);

#[derive(Debug, PartialEq, Eq)]
pub struct NoBucket;

impl Buckets {
    /// Every account begins with one bucket.
    pub fn new<'a>(first: impl Iterator<Item = &'a str>) -> Self {
        let buckets = first
            .enumerate()
            .map(|(account, name)| ((account, name.to_owned()), BTreeMap::new()))
            .collect();
        Self(Mutex::new(Store {
            buckets,
            ..Store::default()
        }))
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn create(&self, account: usize, name: &str) {
        self.store()
            .buckets
            .entry((account, name.to_owned()))
            .or_default();
    }

    pub fn put(&self, account: usize, bucket: &str, key: &str, bytes: Bytes) -> Result<(), NoBucket> {
        let mut store = self.store();
        let store = &mut *store;
        let objects = store
            .buckets
            .get_mut(&(account, bucket.to_owned()))
            .ok_or(NoBucket)?;
        store.bytes += bytes.len();
        match objects.insert(key.to_owned(), bytes) {
            Some(old) => store.bytes -= old.len(),
            None => store
                .order
                .push_back((account, bucket.to_owned(), key.to_owned())),
        }
        while store.bytes > BOUND
            && let Some((account, bucket, key)) = store.order.pop_front()
        {
            let gone = store
                .buckets
                .get_mut(&(account, bucket))
                .and_then(|objects| objects.remove(&key));
            store.bytes -= gone.map_or(0, |bytes| bytes.len());
        }
        Ok(())
    }

    /// `Ok(None)`: the bucket has no such object.
    pub fn get(&self, account: usize, bucket: &str, key: &str) -> Result<Option<Bytes>, NoBucket> {
        let store = self.store();
        let objects = store.buckets.get(&(account, bucket.to_owned())).ok_or(NoBucket)?;
        Ok(objects.get(key).cloned())
    }

    /// Keys and sizes below a prefix, in order.
    pub fn list(&self, account: usize, bucket: &str, prefix: &str) -> Result<Vec<(String, usize)>, NoBucket> {
        let store = self.store();
        let objects = store.buckets.get(&(account, bucket.to_owned())).ok_or(NoBucket)?;
        Ok(objects
            .iter()
            .filter(|(key, _)| key.starts_with(prefix))
            .map(|(key, bytes)| (key.clone(), bytes.len()))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_object_leaves_when_there_are_too_many_bytes() {
        let buckets = Buckets::new(["b"].into_iter());
        let big = Bytes::from(vec![0; BOUND / 2]);
        for key in ["1", "2", "2", "3"] {
            buckets.put(0, "b", key, big.clone()).unwrap();
        }
        let keys = buckets.list(0, "b", "").unwrap();
        assert_eq!(
            keys.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
            ["2", "3"]
        );
        assert_eq!(
            buckets.put(1, "b", "x", big),
            Err(NoBucket),
            "it is another account's"
        );
    }
}
