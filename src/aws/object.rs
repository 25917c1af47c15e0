//! Objects of S3: what Run Command left in a bucket, and the team store of recordings. Objects of the store are written
//! once, under a checksum and, where wanted, Object Lock; what a bucket refuses is told with its remedy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockMode};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use jiff::Timestamp;

use super::failure::Why;
use super::{Cloud, Failure, Place};

/// More of an object than this is not taken into memory.
const MOST: usize = 64 << 20;

/// How long, and how firmly, an object is kept. Governance yields to those who may bypass it, compliance to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retain {
    pub compliance: bool,
    pub until: Timestamp,
}

/// An object to write once.
#[derive(Clone, Debug)]
pub struct PutObject {
    pub bucket: String,
    pub key: String,
    pub bytes: Bytes,
    /// SHA-256 of the bytes, which S3 checks and keeps.
    pub sha256: [u8; 32],
    pub retain: Option<Retain>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    Stored {
        version: Option<String>,
    },
    /// There is an object of that name, and it was left alone.
    Exists {
        /// An earlier try of this very call may have put it there, whose answer was lost.
        may_be_ours: bool,
    },
}

/// Counts how often a call was tried.
#[derive(Clone, Debug, Default)]
struct Tries(Arc<AtomicUsize>);

impl Intercept for Tries {
    fn name(&self) -> &'static str {
        "Tries"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// What HeadObject tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectFacts {
    pub size: u64,
    /// S3's mark of these very bytes.
    pub tag: Option<String>,
    /// When these bytes were put there.
    pub modified_at: Option<Timestamp>,
    pub sha256: Option<[u8; 32]>,
    pub version: Option<String>,
    pub retain: Option<Retain>,
    pub hold: bool,
}

/// One row of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRow {
    pub key: String,
    pub size: u64,
    pub at: Option<Timestamp>,
}

impl Cloud {
    /// The keys below a prefix; at most 1,000.
    pub async fn fetch_keys(
        &self,
        place: &Place,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<String>, Failure> {
        let (rows, _) = self.fetch_page(place, bucket, prefix, None).await?;
        Ok(rows.into_iter().map(|row| row.key).collect())
    }

    /// Every object below a prefix, in the order of their keys.
    pub async fn fetch_objects(
        &self,
        place: &Place,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<ObjectRow>, Failure> {
        let (mut rows, mut token) = self.fetch_page(place, bucket, prefix, None).await?;
        while let Some(next) = token {
            let (more, after) = self.fetch_page(place, bucket, prefix, Some(next)).await?;
            rows.extend(more);
            token = after;
        }
        Ok(rows)
    }

    async fn fetch_page(
        &self,
        place: &Place,
        bucket: &str,
        prefix: &str,
        token: Option<String>,
    ) -> Result<(Vec<ObjectRow>, Option<String>), Failure> {
        let at = self.at(place, "s3", "ListBucket").await;
        let call = self
            .clients(place)
            .await
            .s3
            .list_objects_v2()
            .bucket(bucket)
            .prefix(prefix)
            .set_continuation_token(token)
            .send();
        let answer = self
            .call(&at, call)
            .await
            .map_err(|failure| of_bucket(failure, bucket))?;
        let row = |object: aws_sdk_s3::types::Object| {
            Some(ObjectRow {
                key: object.key?,
                size: object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
                at: object
                    .last_modified
                    .and_then(|at| Timestamp::from_second(at.secs()).ok()),
            })
        };
        let rows = answer.contents.unwrap_or_default().into_iter().filter_map(row);
        Ok((rows.collect(), answer.next_continuation_token))
    }

    /// One object, whole.
    pub async fn fetch_object(&self, place: &Place, bucket: &str, key: &str) -> Result<Vec<u8>, Failure> {
        self.fetch_part(place, bucket, key, None, None).await
    }

    /// One version of an object, which may be another than the newest. Needs s3:GetObjectVersion.
    pub async fn fetch_version(
        &self,
        place: &Place,
        bucket: &str,
        key: &str,
        version: &str,
        range: Option<(u64, u64)>,
    ) -> Result<Vec<u8>, Failure> {
        let range = range.map(|(first, len)| bytes_of(first, len));
        self.fetch_part(place, bucket, key, Some(version), range).await
    }

    /// `len` bytes of an object from `first` on; fewer where it ends.
    pub async fn fetch_range(
        &self,
        place: &Place,
        bucket: &str,
        key: &str,
        first: u64,
        len: u64,
    ) -> Result<Vec<u8>, Failure> {
        self.fetch_part(place, bucket, key, None, Some(bytes_of(first, len)))
            .await
    }

    async fn fetch_part(
        &self,
        place: &Place,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        range: Option<String>,
    ) -> Result<Vec<u8>, Failure> {
        let at = self.at(place, "s3", "GetObject").await;
        let call = self
            .clients(place)
            .await
            .s3
            .get_object()
            .bucket(bucket)
            .key(key)
            .set_version_id(version.map(str::to_owned))
            .set_range(range)
            .send();
        let answer = self
            .call(&at, call)
            .await
            .map_err(|failure| of_bucket(failure, bucket))?;
        let (mut body, mut bytes) = (answer.body, Vec::new());
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| Failure::faulty(&at, "an object that broke off"))?;
            if bytes.len() + chunk.len() > MOST {
                let says = format!("{key} is larger than {} MiB", MOST >> 20);
                return Err(Failure::refused(
                    &at,
                    &says,
                    "fetch it from the bucket with another tool",
                ));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Writes an object that is not there yet. Needs s3:PutObject, and s3:PutObjectRetention under a lock.
    pub async fn put_object(&self, place: &Place, put: PutObject) -> Result<Put, Failure> {
        let at = self.at(place, "s3", "PutObject").await;
        let PutObject {
            bucket,
            key,
            bytes,
            sha256,
            retain,
        } = put;
        let mut call = self
            .clients(place)
            .await
            .s3
            .put_object()
            .bucket(&bucket)
            .key(key)
            .checksum_sha256(BASE64.encode(sha256))
            .if_none_match("*")
            .body(ByteStream::from(bytes));
        if let Some(Retain { compliance, until }) = retain {
            let mode = match compliance {
                true => ObjectLockMode::Compliance,
                false => ObjectLockMode::Governance,
            };
            call = call.object_lock_mode(mode).object_lock_retain_until_date(
                aws_sdk_s3::primitives::DateTime::from_secs(until.as_second()),
            );
        }
        let tries = Tries::default();
        let answer = call.customize().interceptor(tries.clone()).send().await;
        if let Err(error) = &answer
            && error.raw_response().map(|response| response.status().as_u16()) == Some(412)
        {
            let may_be_ours = tries.0.load(Ordering::Relaxed) > 1;
            return Ok(Put::Exists { may_be_ours });
        }
        self.call(&at, std::future::ready(answer))
            .await
            .map(|answer| Put::Stored {
                version: answer.version_id,
            })
            .map_err(|failure| of_bucket(failure, &bucket))
    }

    /// What is known of an object; `None` where it is not there. Needs s3:GetObject.
    pub async fn fetch_facts(
        &self,
        place: &Place,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<Option<ObjectFacts>, Failure> {
        let at = self.at(place, "s3", "GetObject").await;
        let call = self
            .clients(place)
            .await
            .s3
            .head_object()
            .bucket(bucket)
            .key(key)
            .set_version_id(version.map(str::to_owned))
            .checksum_mode(ChecksumMode::Enabled)
            .send();
        let answer = match call.await {
            Ok(answer) => answer,
            Err(error) => {
                // An answer to HEAD has no body, so that its status says everything.
                let status = error.raw_response().map(|response| response.status().as_u16());
                return match status {
                    Some(404) => Ok(None),
                    Some(403) => Err(Failure {
                        why: Why::Denied,
                        ..Failure::refused(
                            &at,
                            &format!("s3:GetObject is not allowed on bucket {bucket}"),
                            "allow s3:GetObject to whoever reads the store",
                        )
                    }),
                    Some(status @ (429 | 503)) => Err(Failure::throttled(&at, status)),
                    _ => {
                        let failed = std::future::ready(Err::<(), _>(error));
                        self.call(&at, failed).await.map(|()| None)
                    }
                };
            }
        };
        let until = answer
            .object_lock_retain_until_date
            .and_then(|at| Timestamp::from_second(at.secs()).ok());
        let sha256 = answer
            .checksum_sha256
            .and_then(|text| BASE64.decode(text).ok()?.try_into().ok());
        Ok(Some(ObjectFacts {
            size: answer
                .content_length
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or(0),
            tag: answer.e_tag,
            modified_at: answer
                .last_modified
                .and_then(|at| Timestamp::from_second(at.secs()).ok()),
            sha256,
            version: answer.version_id,
            retain: answer.object_lock_mode.zip(until).map(|(mode, until)| Retain {
                compliance: mode == ObjectLockMode::Compliance,
                until,
            }),
            hold: answer.object_lock_legal_hold_status == Some(ObjectLockLegalHoldStatus::On),
        }))
    }

    /// Sets or lifts a legal hold. Needs s3:PutObjectLegalHold.
    pub async fn put_hold(
        &self,
        place: &Place,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        on: bool,
    ) -> Result<(), Failure> {
        let at = self.at(place, "s3", "PutObjectLegalHold").await;
        let status = if on {
            ObjectLockLegalHoldStatus::On
        } else {
            ObjectLockLegalHoldStatus::Off
        };
        let call = self
            .clients(place)
            .await
            .s3
            .put_object_legal_hold()
            .bucket(bucket)
            .key(key)
            .set_version_id(version.map(str::to_owned))
            .legal_hold(ObjectLockLegalHold::builder().status(status).build())
            .send();
        self.call(&at, call)
            .await
            .map(drop)
            .map_err(|failure| of_bucket(failure, bucket))
    }

    /// Deletes a version for good, if its lock lets go of it. Needs s3:DeleteObjectVersion.
    pub async fn delete_object(
        &self,
        place: &Place,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<(), Failure> {
        let at = self.at(place, "s3", "DeleteObject").await;
        let call = self
            .clients(place)
            .await
            .s3
            .delete_object()
            .bucket(bucket)
            .key(key)
            .set_version_id(version.map(str::to_owned))
            .send();
        self.call(&at, call)
            .await
            .map(drop)
            .map_err(|failure| of_bucket(failure, bucket))
    }
}

/// The header's words for `len` bytes from `first` on.
fn bytes_of(first: u64, len: u64) -> String {
    let last = first.saturating_add(len).saturating_sub(1);
    format!("bytes={first}-{last}")
}

/// What a bucket refuses, with its name and the remedy.
pub(super) fn of_bucket(mut failure: Failure, bucket: &str) -> Failure {
    let says = |code: &str| failure.cause.contains(code);
    let hint = if says("(NoSuchBucket)") {
        format!("create bucket {bucket} with Object Lock, or correct the name in [store]")
    } else if says("AuthorizationHeaderMalformed") || says("PermanentRedirect") {
        format!("bucket {bucket} is in another region: set region in [store] to the bucket's own")
    } else if says("Object Lock") || says("ObjectLock") {
        format!(
            "bucket {bucket} was created without Object Lock: enable it on the bucket, or set lock = \"none\" in [store]"
        )
    } else {
        if failure.why == Why::Denied {
            failure.cause = format!("{} (bucket {bucket})", failure.cause);
        }
        return failure;
    };
    failure.cause = format!("{} (bucket {bucket})", failure.cause);
    failure.hint = hint;
    failure
}
