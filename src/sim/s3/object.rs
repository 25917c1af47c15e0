//! One object: PutObject with its conditions, checksum and lock; GetObject and HeadObject with versions and ranges;
//! DeleteObject; retention and legal hold. Facts: the S3 API reference, version 2006-03-01.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::HeaderMap;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::bucket::{NoBucket, Version};
use super::lock::{Lock, Mode, Retention, check_future};
use super::{NAMESPACE, Object, missing};
use crate::sim::call::Reply;
use crate::sim::refusal::Refusal;
use crate::sim::xml::Xml;

pub fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

pub fn put(at: &Object<'_>, body: Bytes) -> Result<Reply, Refusal> {
    let headers = at.headers;
    let sum = BASE64.encode(Sha256::digest(&body));
    let said = header(headers, "x-amz-checksum-sha256");
    if said.is_some_and(|said| said != sum) {
        return Err(Refusal::new(
            "BadDigest",
            "The SHA256 you specified did not match the calculated checksum.",
        ));
    }
    let lock = lock(at)?;
    let other_sum = ["content-md5", "x-amz-checksum-crc32", "x-amz-checksum-crc64nvme"];
    if lock != Lock::default() {
        if !at.bucket(|bucket| bucket.locks)? {
            return Err(Refusal::new(
                "InvalidRequest",
                "Bucket is missing Object Lock Configuration",
            ));
        }
        if said.is_none() && other_sum.iter().all(|name| !headers.contains_key(*name)) {
            return Err(Refusal::new(
                "InvalidRequest",
                "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock \
                 parameters",
            ));
        }
    }
    let exists = at.bucket(|bucket| bucket.current(at.key).is_some())?;
    if exists && header(headers, "if-none-match") == Some("*") {
        return Err(Refusal::new(
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        )
        .with_status(StatusCode::PRECONDITION_FAILED));
    }
    let tag = etag(&body);
    let version = Version {
        id: String::new(),
        bytes: Some(body),
        at: at.now,
        sha256: said.map(str::to_owned),
        lock,
    };
    let id = at
        .buckets
        .put_version(at.account, at.name, at.key, version)
        .map_err(missing)?;
    let mut reply = Reply::empty(StatusCode::OK);
    reply.headers.push(("etag", tag));
    push_version(&mut reply, &id);
    reply
        .headers
        .extend(said.map(|said| ("x-amz-checksum-sha256", said.to_owned())));
    Ok(reply)
}

/// The lock that a PutObject asks for.
fn lock(at: &Object<'_>) -> Result<Lock, Refusal> {
    let wrong = || {
        Refusal::new(
            "InvalidArgument",
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
        )
    };
    let mode = header(at.headers, "x-amz-object-lock-mode");
    let until = header(at.headers, "x-amz-object-lock-retain-until-date");
    let retention = match (mode, until) {
        (None, None) => None,
        (Some(mode), Some(until)) => {
            let until: Timestamp = until.parse().map_err(|_| wrong())?;
            check_future(until, at.now)?;
            let mode = Mode::parse(mode)
                .ok_or_else(|| Refusal::new("InvalidArgument", "Unknown wormMode directive."))?;
            Some(Retention { mode, until })
        }
        _ => return Err(wrong()),
    };
    Ok(Lock {
        retention,
        hold: header(at.headers, "x-amz-object-lock-legal-hold") == Some("ON"),
    })
}

/// GetObject; HeadObject is the same, and the server leaves the body out.
pub fn get(at: &Object<'_>) -> Result<Reply, Refusal> {
    let found = at.bucket(|bucket| match at.version() {
        Some(id) => bucket.version_mut(at.key, Some(id)).cloned(),
        None => bucket.current(at.key).cloned(),
    })?;
    let Some((version, bytes)) = found.and_then(|version| Some((version.clone(), version.bytes?))) else {
        return Err(no_such(at));
    };
    let mut reply = Reply::empty(StatusCode::OK);
    let mut push = |name, value| reply.headers.push((name, value));
    push("etag", etag(&bytes));
    push("accept-ranges", "bytes".into());
    push(
        "last-modified",
        version.at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
    );
    if let Some(Retention { mode, until }) = version.lock.retention {
        push("x-amz-object-lock-mode", mode.as_str().into());
        push("x-amz-object-lock-retain-until-date", format!("{until:.3}"));
    }
    if version.lock.hold {
        push("x-amz-object-lock-legal-hold", "ON".into());
    }
    let whole = bytes.len();
    reply.body = match header(at.headers, "range").and_then(parse_range) {
        Some((first, last)) => {
            let (first, last) = match (first, last) {
                (Some(first), last) => (first, last.unwrap_or(usize::MAX).min(whole.saturating_sub(1))),
                (None, last) => (whole.saturating_sub(last.unwrap_or(0)), whole.saturating_sub(1)),
            };
            if first >= whole || last < first {
                return Err(
                    Refusal::new("InvalidRange", "The requested range is not satisfiable")
                        .with_status(StatusCode::RANGE_NOT_SATISFIABLE),
                );
            }
            reply.status = StatusCode::PARTIAL_CONTENT;
            reply
                .headers
                .push(("content-range", format!("bytes {first}-{last}/{whole}")));
            bytes.slice(first..=last)
        }
        None => {
            if header(at.headers, "x-amz-checksum-mode") == Some("ENABLED") {
                let sum = version.sha256.clone();
                reply
                    .headers
                    .extend(sum.map(|sum| ("x-amz-checksum-sha256", sum)));
            }
            bytes
        }
    };
    push_version(&mut reply, &version.id);
    Ok(reply)
}

/// First and last byte; only the last of them counts from the end.
fn parse_range(text: &str) -> Option<(Option<usize>, Option<usize>)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.parse().ok();
    match (number(first), number(last)) {
        (None, None) => None,
        range => Some(range),
    }
}

pub fn delete(at: &Object<'_>) -> Result<Reply, Refusal> {
    let mut reply = Reply::empty(StatusCode::NO_CONTENT);
    let locks = at.bucket(|bucket| bucket.locks)?;
    let Some(id) = at.version() else {
        if !locks {
            at.buckets.remove(at.account, at.name, at.key);
            return Ok(reply);
        }
        let marker = Version {
            id: String::new(),
            bytes: None,
            at: at.now,
            sha256: None,
            lock: Lock::default(),
        };
        let id = at
            .buckets
            .put_version(at.account, at.name, at.key, marker)
            .map_err(missing)?;
        reply.headers.push(("x-amz-delete-marker", "true".into()));
        push_version(&mut reply, &id);
        return Ok(reply);
    };
    at.bucket(|bucket| {
        if let Some(version) = bucket.version_mut(at.key, Some(id)) {
            version.lock.allow_delete(at.now, at.bypasses())?;
        }
        if let Some(versions) = bucket.objects.get_mut(at.key) {
            versions.retain(|version| version.id != id);
            if versions.is_empty() {
                bucket.objects.remove(at.key);
            }
        }
        Ok(())
    })??;
    push_version(&mut reply, id);
    Ok(reply)
}

/// PutObjectLegalHold.
pub fn put_hold(at: &Object<'_>, body: &[u8]) -> Result<Reply, Refusal> {
    let hold = match element(body, "Status").as_deref() {
        Some("ON") => true,
        Some("OFF") => false,
        _ => return Err(malformed()),
    };
    at.locked(|version| {
        version.lock.hold = hold;
        Ok(())
    })?;
    Ok(Reply::empty(StatusCode::OK))
}

/// PutObjectRetention.
pub fn put_retention(at: &Object<'_>, body: &[u8]) -> Result<Reply, Refusal> {
    let mode = element(body, "Mode").and_then(|text| Mode::parse(&text));
    let until = element(body, "RetainUntilDate").and_then(|text| text.parse().ok());
    let (Some(mode), Some(until)) = (mode, until) else {
        return Err(malformed());
    };
    let wanted = Retention { mode, until };
    at.locked(|version| version.lock.retain(wanted, at.now, at.bypasses()))?;
    Ok(Reply::empty(StatusCode::OK))
}

/// GetObjectLegalHold.
pub fn get_hold(at: &Object<'_>) -> Result<Reply, Refusal> {
    let hold = at.locked(|version| Ok(version.lock.hold))?;
    let text = Xml::new().root("LegalHold", NAMESPACE, |x| {
        x.leaf("Status", if hold { "ON" } else { "OFF" });
    });
    Ok(Reply::xml(text))
}

fn malformed() -> Refusal {
    Refusal::new(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

pub fn no_such(at: &Object<'_>) -> Refusal {
    match at.version() {
        Some(_) => Refusal::new("NoSuchVersion", "The specified version does not exist."),
        None => Refusal::new("NoSuchKey", "The specified key does not exist."),
    }
    .with_status(StatusCode::NOT_FOUND)
}

/// The text of the first element of a name; what the SDKs send has no attributes there.
pub fn element(body: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inner, _) = rest.split_once(&format!("</{name}>"))?;
    Some(inner.trim().to_owned())
}

/// Any stable text will do: only multipart objects differ from a plain hash, and those are not taken here.
fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..16]))
}

fn push_version(reply: &mut Reply, id: &str) {
    if id != "null" {
        reply.headers.push(("x-amz-version-id", id.to_owned()));
    }
}

impl Object<'_> {
    fn bucket<T>(&self, then: impl FnOnce(&mut super::bucket::Bucket) -> T) -> Result<T, Refusal> {
        self.buckets
            .with(self.account, self.name, then)
            .map_err(|NoBucket| missing(NoBucket))
    }

    /// Works on a version of a bucket with Object Lock.
    fn locked<T>(&self, then: impl FnOnce(&mut Version) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.bucket(|bucket| {
            if !bucket.locks {
                return Err(Refusal::new(
                    "InvalidRequest",
                    "Bucket is missing Object Lock Configuration",
                ));
            }
            bucket
                .version_mut(self.key, self.version())
                .ok_or_else(|| no_such(self))
                .and_then(then)
        })?
    }

    fn version(&self) -> Option<&str> {
        self.form.get("versionId").filter(|id| !id.is_empty())
    }

    fn bypasses(&self) -> bool {
        header(self.headers, "x-amz-bypass-governance-retention") == Some("true")
    }
}
