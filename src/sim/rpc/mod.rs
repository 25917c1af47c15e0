//! Two dialects of one protocol: RPC v2 with CBOR, and JSON 1.0. Newer SDKs speak the first to services that others speak the
//! second to; each gets answers and refusals back in what it spoke.

mod cbor;

use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Value, json};

use super::call::Reply;
use super::refusal::Refusal;

const PROTOCOL: &str = "rpc-v2-cbor";

fn is_cbor(parts: &Parts) -> bool {
    let protocol = parts.headers.get("smithy-protocol");
    protocol.is_some_and(|name| name == PROTOCOL)
}

/// The operation of a service's model by the path of RPC v2, or by the target of JSON; empty when neither names it.
pub fn operation<'a>(parts: &'a Parts, model: &str) -> &'a str {
    let by_path = parts
        .uri
        .path()
        .strip_prefix("/service/")
        .and_then(|rest| rest.strip_prefix(model)?.strip_prefix("/operation/"));
    let target = || {
        let target = parts.headers.get("x-amz-target")?.to_str().ok()?;
        target.strip_prefix(model)?.strip_prefix('.')
    };
    by_path.or_else(target).unwrap_or_default()
}

pub fn parse(parts: &Parts, body: &[u8]) -> Result<Value, Refusal> {
    let parsed = if is_cbor(parts) {
        cbor::parse(body).ok()
    } else {
        serde_json::from_slice(body).ok()
    };
    parsed.ok_or_else(|| Refusal::new("SerializationException", "the request cannot be read"))
}

/// An answer; numbers in members that `is_moment` names are moments.
pub fn reply(parts: &Parts, status: StatusCode, value: &Value, is_moment: &dyn Fn(&str) -> bool) -> Reply {
    let empty = Reply::empty(status);
    if is_cbor(parts) {
        Reply {
            content_type: "application/cbor",
            headers: vec![("smithy-protocol", PROTOCOL.to_owned())],
            body: cbor::write(value, is_moment).into(),
            ..empty
        }
    } else {
        Reply {
            content_type: "application/x-amz-json-1.0",
            body: value.to_string().into(),
            ..empty
        }
    }
}

/// A refusal as whoever asked can read it.
pub fn refuse(parts: &Parts, refusal: &Refusal) -> Reply {
    let body = json!({ "__type": refusal.code, "message": refusal.message });
    let mut reply = reply(parts, refusal.status, &body, &|_| false);
    // Callers of CloudWatch used to speak the query protocol, and know the codes of that.
    let fault = if refusal.status.is_server_error() {
        "Receiver"
    } else {
        "Sender"
    };
    reply
        .headers
        .push(("x-amzn-query-error", format!("{};{fault}", refusal.code)));
    reply
}
