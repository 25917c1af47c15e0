//! A little of S3, path style: enough for what Run Command leaves there. CreateBucket, PutObject, GetObject and
//! ListObjectsV2. Facts: the S3 API reference, version 2006-03-01.

mod bucket;

use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use sha2::{Digest, Sha256};

use super::call::Call;
use super::form::Form;
use super::refusal::Refusal;
use super::world::World;
use super::xml::Xml;

pub use bucket::Buckets;
use bucket::NoBucket;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
const PAGE: usize = 1_000;

pub fn answer(world: &World, call: &Call<'_>, parts: &Parts) -> Result<Bytes, Refusal> {
    let path = percent_decode(parts.uri.path().trim_start_matches('/'));
    let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
    let account = call.caller.account;
    let form = Form::parse(call.query, b"");
    let missing = |NoBucket| {
        Refusal::new("NoSuchBucket", "The specified bucket does not exist").with_status(StatusCode::NOT_FOUND)
    };
    match (&parts.method, bucket.is_empty(), key.is_empty()) {
        (&Method::PUT, false, true) => {
            world.buckets.create(account, bucket);
            Ok(Bytes::new())
        }
        (&Method::PUT, false, false) => {
            let body = body(call, parts)?;
            world.buckets.put(account, bucket, key, body).map_err(missing)?;
            Ok(Bytes::new())
        }
        (&Method::GET, false, false) => {
            let object = world.buckets.get(account, bucket, key).map_err(missing)?;
            object.ok_or_else(|| {
                let says = "The specified key does not exist.";
                Refusal::new("NoSuchKey", says).with_status(StatusCode::NOT_FOUND)
            })
        }
        (&Method::GET, false, true) if form.get("list-type") == Some("2") => {
            let prefix = form.get("prefix").unwrap_or_default();
            let rows = world.buckets.list(account, bucket, prefix).map_err(missing)?;
            list(world, call, &form, bucket, prefix, &rows).map(Bytes::from)
        }
        _ => Err(Refusal::new(
            "NotImplemented",
            "A header or operation that you asked for is not implemented by the simulator.",
        )
        .with_status(StatusCode::NOT_IMPLEMENTED)),
    }
}

/// The object's bytes, whose hash is checked where the request states one.
fn body(call: &Call<'_>, parts: &Parts) -> Result<Bytes, Refusal> {
    let said = parts
        .headers
        .get("x-amz-content-sha256")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if said.starts_with("STREAMING-") {
        let says = "The simulator takes objects in one piece only.";
        return Err(Refusal::new("NotImplemented", says).with_status(StatusCode::NOT_IMPLEMENTED));
    }
    if said != "UNSIGNED-PAYLOAD" && said != hex::encode(Sha256::digest(call.body)) {
        let says = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return Err(Refusal::new("XAmzContentSHA256Mismatch", says));
    }
    Ok(Bytes::copy_from_slice(call.body))
}

fn list(
    world: &World,
    call: &Call<'_>,
    form: &Form,
    bucket: &str,
    prefix: &str,
    rows: &[(String, usize)],
) -> Result<String, Refusal> {
    let fingerprint = format!("s3/{bucket}/{prefix}");
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
    Ok(Xml::new().root("ListBucketResult", NAMESPACE, |x| {
        x.leaf("Name", bucket)
            .leaf("Prefix", prefix)
            .leaf("KeyCount", shown.len())
            .leaf("MaxKeys", size)
            .leaf("IsTruncated", is_cut);
        if is_cut {
            let token = world.pager.token(&fingerprint, offset + shown.len());
            x.leaf("NextContinuationToken", token);
        }
        for (key, bytes) in shown {
            x.within("Contents", |x| {
                x.leaf("Key", key)
                    .leaf("LastModified", call.now.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
                    .leaf("Size", bytes)
                    .leaf("StorageClass", "STANDARD");
            });
        }
    }))
}

fn percent_decode(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| hex::decode(two).ok());
        rest = match hex {
            Some(decoded) if byte == b'%' => {
                bytes.extend(decoded);
                &after[2..]
            }
            _ => {
                bytes.push(byte);
                after
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
