//! S3, path style: buckets and objects as Run Command's output and the team store of recordings need them, with
//! versions, Object Lock, conditions, checksums and ranges. Facts: the S3 API reference, version 2006-03-01.

mod bucket;
mod list;
mod lock;
mod object;
#[cfg(test)]
mod tests;
mod versions;

use bytes::Bytes;
use hyper::header::HeaderMap;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::call::{Call, Reply};
use super::form::Form;
use super::refusal::Refusal;
use super::world::World;
use super::xml::Xml;

pub use bucket::Buckets;
use bucket::{Bucket, NoBucket};

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// What a request is about.
struct Object<'a> {
    buckets: &'a Buckets,
    account: usize,
    name: &'a str,
    key: &'a str,
    form: &'a Form,
    headers: &'a HeaderMap,
    now: Timestamp,
}

fn missing(NoBucket: NoBucket) -> Refusal {
    Refusal::new("NoSuchBucket", "The specified bucket does not exist").with_status(StatusCode::NOT_FOUND)
}

pub fn answer(world: &World, call: &Call<'_>, parts: &Parts) -> Result<Reply, Refusal> {
    let path = percent_decode(parts.uri.path().trim_start_matches('/'));
    let (name, key) = path.split_once('/').unwrap_or((&path, ""));
    let form = Form::parse(call.query, b"");
    let asks = |name: &str| form.get(name).is_some();
    let at = Object {
        buckets: &world.buckets,
        account: call.caller.account,
        name,
        key,
        form: &form,
        headers: &parts.headers,
        now: call.now,
    };
    let deed = match (&parts.method, key.is_empty()) {
        (&Method::PUT, _) => "put",
        (&Method::DELETE, _) => "delete",
        (_, true) if asks("versions") => "versions",
        (_, true) => "list",
        _ => "get",
    };
    if !world.faults.may_s3(deed) {
        return Err(denied(call, deed, name, key));
    }
    if !(parts.method == Method::PUT && key.is_empty()) {
        check_region(&at, &call.region)?;
    }
    match (&parts.method, name.is_empty(), key.is_empty()) {
        (&Method::PUT, false, true) if call.query.is_empty() => {
            create(&at, &call.region, &body(call, parts)?)
        }
        (&Method::GET, false, true) if form.get("list-type") == Some("2") => list::answer(world, &at),
        (&Method::GET, false, true) if asks("versions") => versions::answer(&at),
        (&Method::GET, false, true) if asks("object-lock") => lock_configuration(&at),
        (&Method::HEAD, false, true) => Ok(Reply::empty(StatusCode::OK)),
        (&Method::PUT, false, false) if asks("legal-hold") => object::put_hold(&at, &body(call, parts)?),
        (&Method::PUT, false, false) if asks("retention") => object::put_retention(&at, &body(call, parts)?),
        (&Method::PUT, false, false) => object::put(&at, body(call, parts)?),
        (&Method::GET, false, false) if asks("legal-hold") => object::get_hold(&at),
        (&Method::GET | &Method::HEAD, false, false) => object::get(&at),
        (&Method::DELETE, false, false) => object::delete(&at),
        _ => Err(Refusal::new(
            "NotImplemented",
            "A header or operation that you asked for is not implemented by the simulator.",
        )
        .with_status(StatusCode::NOT_IMPLEMENTED)),
    }
}

/// CreateBucket.
fn create(at: &Object<'_>, region: &str, body: &[u8]) -> Result<Reply, Refusal> {
    let wanted = object::element(body, "LocationConstraint");
    let bucket = Bucket {
        region: Some(wanted.unwrap_or_else(|| region.to_owned())),
        locks: object::header(at.headers, "x-amz-bucket-object-lock-enabled")
            .is_some_and(|text| text.eq_ignore_ascii_case("true")),
        ..Bucket::default()
    };
    if at.buckets.create(at.account, at.name, bucket) {
        return Ok(Reply::empty(StatusCode::OK));
    }
    let says = "Your previous request to create the named bucket succeeded and you already own it.";
    Err(Refusal::new("BucketAlreadyOwnedByYou", says).with_status(StatusCode::CONFLICT))
}

/// GetObjectLockConfiguration.
fn lock_configuration(at: &Object<'_>) -> Result<Reply, Refusal> {
    if !at
        .buckets
        .with(at.account, at.name, |bucket| bucket.locks)
        .map_err(missing)?
    {
        let says = "Object Lock configuration does not exist for this bucket";
        return Err(
            Refusal::new("ObjectLockConfigurationNotFoundError", says).with_status(StatusCode::NOT_FOUND)
        );
    }
    Ok(Reply::xml(Xml::new().root(
        "ObjectLockConfiguration",
        NAMESPACE,
        |x| {
            x.leaf("ObjectLockEnabled", "Enabled");
        },
    )))
}

/// A bucket is asked in its own region.
fn check_region(at: &Object<'_>, region: &str) -> Result<(), Refusal> {
    let home = at
        .buckets
        .with(at.account, at.name, |bucket| bucket.region.clone())
        .map_err(missing)?;
    match home {
        Some(home) if home != region => Err(Refusal::new(
            "AuthorizationHeaderMalformed",
            format!(
                "The authorization header is malformed; the region '{region}' is wrong; expecting '{home}'"
            ),
        )),
        _ => Ok(()),
    }
}

fn denied(call: &Call<'_>, deed: &str, name: &str, key: &str) -> Refusal {
    let action = match (deed, key.is_empty()) {
        ("versions", _) => "ListBucketVersions",
        (_, true) => "ListBucket",
        ("put", false) => "PutObject",
        ("delete", false) => "DeleteObject",
        _ => "GetObject",
    };
    let resource = match key {
        "" => format!("arn:aws:s3:::{name}"),
        key => format!("arn:aws:s3:::{name}/{key}"),
    };
    Refusal::new(
        "AccessDenied",
        format!(
            "User: {} is not authorized to perform: s3:{action} on resource: \"{resource}\" because no identity-based \
             policy allows the s3:{action} action",
            call.caller.arn
        ),
    )
    .with_status(StatusCode::FORBIDDEN)
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
