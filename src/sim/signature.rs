//! Checking AWS Signature Version 4 on what really arrived: the canonical request is built again from the
//! bytes of the request, and the body's hash is computed, not believed.
//! Outside facts: "Signature Version 4 signing process" in the IAM user guide.

use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::account::{Caller, Key};
use super::mac;
use super::refusal::Trouble;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const MAX_SKEW_SECONDS: i64 = 300;

/// The `Authorization` header or a presigned query, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    pub access_key_id: String,
    /// `yyyymmdd` of the scope.
    date: String,
    pub region: String,
    pub service: String,
    signed_headers: Vec<String>,
    signature: Vec<u8>,
    /// Seconds that an address is good for whose query carries the signature.
    presigned_for: Option<i64>,
}

impl Signature {
    /// `None` when the request carries no signature of this kind at all.
    pub fn parse(parts: &Parts) -> Option<Signature> {
        let fields = parts
            .headers
            .get(AUTHORIZATION)?
            .to_str()
            .ok()?
            .strip_prefix(ALGORITHM)?;
        let field = |name: &str| {
            fields
                .split(',')
                .find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
        };
        let mut scope = field("Credential")?.rsplitn(5, '/');
        let (Some("aws4_request"), Some(service), Some(region), Some(date), Some(key)) = (
            scope.next(),
            scope.next(),
            scope.next(),
            scope.next(),
            scope.next(),
        ) else {
            return None;
        };
        Some(Signature {
            access_key_id: key.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: field("SignedHeaders")?.split(';').map(str::to_owned).collect(),
            signature: hex::decode(field("Signature")?).ok()?,
            presigned_for: None,
        })
    }

    /// The signature in the query of a presigned address.
    pub fn parse_query(parts: &Parts) -> Option<Signature> {
        let field = |name: &str| query_field(parts, name);
        if field("X-Amz-Algorithm")? != ALGORITHM {
            return None;
        }
        let credential = field("X-Amz-Credential")?;
        let scope: Vec<&str> = credential.split('/').collect();
        let [key, date, region, service, "aws4_request"] = scope[..] else {
            return None;
        };
        Some(Signature {
            access_key_id: key.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: field("X-Amz-SignedHeaders")?
                .split(';')
                .map(str::to_owned)
                .collect(),
            signature: hex::decode(field("X-Amz-Signature")?).ok()?,
            presigned_for: Some(field("X-Amz-Expires")?.parse().ok()?),
        })
    }

    /// What a header says, or its twin in a presigned query.
    fn said(&self, parts: &Parts, name: &str) -> Option<String> {
        match (self.presigned_for, name) {
            (None, _) => header(parts, name),
            (Some(_), "x-amz-date") => query_field(parts, "X-Amz-Date"),
            (Some(_), _) => query_field(parts, "X-Amz-Security-Token"),
        }
    }

    /// Who signed, or what is wrong with it.
    pub fn verify(
        &self,
        key: Option<Key>,
        parts: &Parts,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Caller, Trouble> {
        let key = key.ok_or(Trouble::UnknownKey)?;
        let said = self.said(parts, "x-amz-date").ok_or(Trouble::NotSigned)?;
        let signed = |name: &str| self.signed_headers.iter().any(|signed| signed == name);
        let dated = self.presigned_for.is_some() || signed("x-amz-date");
        if !said.starts_with(&self.date) || !signed("host") || !dated {
            return Err(Trouble::WrongSignature);
        }
        let at = parse_amz_date(&said).ok_or(Trouble::WrongSignature)?;
        let age = now.as_second() - at.as_second();
        if self.presigned_for.is_some_and(|seconds| age > seconds) {
            return Err(Trouble::Expired);
        }
        if age.abs() > MAX_SKEW_SECONDS {
            return Err(Trouble::Skewed {
                said,
                now: now.strftime("%Y%m%dT%H%M%SZ").to_string(),
            });
        }
        if !mac::same(&self.expected(&key.secret, &said, parts, body), &self.signature) {
            return Err(Trouble::WrongSignature);
        }
        if self.said(parts, "x-amz-security-token") != key.token {
            return Err(Trouble::UnknownKey);
        }
        if key.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(Trouble::Expired);
        }
        Ok(key.caller)
    }

    fn expected(&self, secret: &str, said: &str, parts: &Parts, body: &[u8]) -> [u8; 32] {
        let scope = format!("{}/{}/{}/aws4_request", self.date, self.region, self.service);
        let request = hex::encode(Sha256::digest(self.canonical(parts, body)));
        let to_sign = format!("{ALGORITHM}\n{said}\n{scope}\n{request}");
        let key = [self.date.as_str(), &self.region, &self.service, "aws4_request"]
            .iter()
            .fold(format!("AWS4{secret}").into_bytes(), |key, part| {
                mac::hmac(&key, part.as_bytes()).to_vec()
            });
        mac::hmac(&key, to_sign.as_bytes())
    }

    fn canonical(&self, parts: &Parts, body: &[u8]) -> String {
        // S3 alone signs its paths as they are sent.
        let path = match self.service.as_str() {
            "s3" => parts.uri.path().to_owned(),
            _ => encode(parts.uri.path().as_bytes(), true),
        };
        let mut query: Vec<(String, String)> =
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                .filter(|(name, _)| name != "X-Amz-Signature")
                .map(|(name, value)| (encode(name.as_bytes(), false), encode(value.as_bytes(), false)))
                .collect();
        query.sort();
        let query: Vec<String> = query
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let headers: String = self
            .signed_headers
            .iter()
            .map(|name| format!("{name}:{}\n", header(parts, name).unwrap_or_default()))
            .collect();
        let unsigned = "UNSIGNED-PAYLOAD";
        let hash = match header(parts, "x-amz-content-sha256") {
            Some(said) if said == unsigned => said,
            _ => hex::encode(Sha256::digest(body)),
        };
        let signed = self.signed_headers.join(";");
        format!(
            "{}\n{path}\n{}\n{headers}\n{signed}\n{hash}",
            parts.method,
            query.join("&")
        )
    }
}

fn query_field(parts: &Parts, name: &str) -> Option<String> {
    form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

/// A header's values joined by commas, with runs of blanks made one, as they are signed.
fn header(parts: &Parts, name: &str) -> Option<String> {
    let values: Vec<String> = parts
        .headers
        .get_all(name)
        .iter()
        .map(|value| {
            String::from_utf8_lossy(value.as_bytes())
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn parse_amz_date(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_ambiguous_timestamp(civil).compatible().ok()
}

fn encode(bytes: &[u8], keep_slash: bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte))
            }
            b'/' if keep_slash => text.push('/'),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
