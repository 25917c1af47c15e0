//! A handle on the store: where it is, how its keys are made, and the calls upon it. Object Lock is added here.

use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::Retention;
use super::manifest::Part;
use crate::aws::{Cloud, Failure, ObjectFacts, ObjectRow, ObjectVersion, Place, Put, PutObject, Retain};
use crate::recording::Header;

pub struct Bucket {
    cloud: Cloud,
    place: Place,
    pub name: String,
    pub prefix: String,
    pub retention: Retention,
}

impl Bucket {
    /// The store as `cloud`'s first profile and region reach it; nothing is asked yet.
    pub async fn open(
        cloud: Cloud,
        name: &str,
        prefix: &str,
        retention: Retention,
    ) -> Result<Bucket, Failure> {
        let mut places = cloud.places().await;
        let Some(place) = places.found.into_iter().next() else {
            return Err(places.failed.remove(0));
        };
        Ok(Bucket {
            cloud,
            place,
            name: name.into(),
            prefix: prefix.into(),
            retention,
        })
    }

    /// `PREFIXrec/DAY/ID/`, the day on which it started, in UTC.
    pub fn folder(&self, header: &Header) -> String {
        let started = Timestamp::from_microsecond(header.started_at).unwrap_or(Timestamp::UNIX_EPOCH);
        format!(
            "{}rec/{}/{}/",
            self.prefix,
            started.strftime("%Y-%m-%d"),
            header.id
        )
    }

    pub fn segment_key(folder: &str, n: u64) -> String {
        format!("{folder}{n:06}.seg")
    }

    pub fn manifest_key(folder: &str) -> String {
        format!("{folder}manifest.json")
    }

    /// Its address for a person.
    pub fn address(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.name)
    }

    pub async fn put(&self, key: &str, bytes: Bytes, retain: Option<Retain>) -> Result<Put, Failure> {
        let put = PutObject {
            bucket: self.name.clone(),
            key: key.into(),
            sha256: Sha256::digest(&bytes).into(),
            bytes,
            retain,
        };
        self.cloud.put_object(&self.place, put).await
    }

    pub async fn facts(&self, key: &str, version: Option<&str>) -> Result<Option<ObjectFacts>, Failure> {
        self.cloud
            .fetch_facts(&self.place, &self.name, key, version)
            .await
    }

    pub async fn list(&self, below: &str) -> Result<Vec<ObjectRow>, Failure> {
        self.cloud.fetch_objects(&self.place, &self.name, below).await
    }

    /// Every version below a prefix. Needs s3:ListBucketVersions.
    pub async fn versions(&self, below: &str) -> Result<Vec<ObjectVersion>, Failure> {
        self.cloud.fetch_versions(&self.place, &self.name, below).await
    }

    pub async fn fetch(&self, key: &str) -> Result<Vec<u8>, Failure> {
        self.cloud.fetch_object(&self.place, &self.name, key).await
    }

    pub async fn fetch_range(&self, key: &str, first: u64, len: u64) -> Result<Vec<u8>, Failure> {
        self.cloud
            .fetch_range(&self.place, &self.name, key, first, len)
            .await
    }

    /// A segment as it was stored, whatever was put over it or deleted it since, or `range` of it: first byte and
    /// length. Needs s3:GetObjectVersion, and a bucket that keeps versions.
    pub async fn fetch_stored(
        &self,
        folder: &str,
        part: &Part,
        range: Option<(u64, u64)>,
    ) -> Option<Result<Vec<u8>, Failure>> {
        let (key, version) = (Self::segment_key(folder, part.n), part.version_id.as_deref()?);
        Some(self.fetch_version(&key, version, range).await)
    }

    pub async fn fetch_version(
        &self,
        key: &str,
        version: &str,
        range: Option<(u64, u64)>,
    ) -> Result<Vec<u8>, Failure> {
        self.cloud
            .fetch_version(&self.place, &self.name, key, version, range)
            .await
    }

    pub async fn put_hold(&self, key: &str, version: Option<&str>, on: bool) -> Result<(), Failure> {
        self.cloud
            .put_hold(&self.place, &self.name, key, version, on)
            .await
    }
}
