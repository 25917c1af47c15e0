//! One try at one receiver, bounded in time. A webhook's body is signed: `X-Quarterdeck-Signature` is `v1=` and, in
//! hexadecimal, the HMAC-SHA256 of `X-Quarterdeck-Timestamp` (Unix seconds), a dot, and the body.

use std::error::Error;
use std::process::Stdio;
use std::time::Duration;

use aws_lc_rs::hmac;
use bytes::Bytes;
use http_body_util::Full;
use hyper::http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Uri};
use jiff::Timestamp;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::{Item, text};
use crate::config::{Notify, Receiver, Secret};
use crate::net::{self, Network};

/// A receiver that takes longer has not taken it.
const WITHIN: Duration = Duration::from_secs(10);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Why a receiver did not take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub says: String,
    pub hint: String,
}

impl Refused {
    fn new(says: impl Into<String>, hint: impl Into<String>) -> Refused {
        Refused {
            says: says.into(),
            hint: hint.into(),
        }
    }
}

/// Delivers an item, or says why not.
pub(super) async fn send(network: &Network, notify: &Notify, item: &Item) -> Result<(), Refused> {
    let sending = async {
        match &notify.to {
            Receiver::Slack(url) => {
                let body = json!({ "text": text::line(&item.entry) }).to_string();
                post(network, url, body, None, &item.id).await
            }
            Receiver::Webhook { url, secret } => {
                let body = json!({ "id": item.id, "event": item.entry }).to_string();
                let key = secret.as_ref().map(key).transpose()?;
                post(network, url, body, key, &item.id).await
            }
            Receiver::Command(words) => {
                let body = json!({ "id": item.id, "event": item.entry }).to_string();
                run(words, body).await
            }
        }
    };
    tokio::time::timeout(WITHIN, sending).await.unwrap_or_else(|_| {
        Err(Refused::new(
            format!("it did not answer within {} s", WITHIN.as_secs()),
            "it is tried again; see that the receiver works and is not behind a proxy it should be asked through",
        ))
    })
}

fn key(secret: &Secret) -> Result<Vec<u8>, Refused> {
    let bytes = match secret {
        Secret::Variable(name) => std::env::var(name).map(String::into_bytes).map_err(|_| {
            let says = format!("the variable {name}, which holds its secret, is not set");
            Refused::new(says, "set it where qd runs, or use secret_file")
        })?,
        Secret::File(path) => std::fs::read(path).map_err(|cause| {
            let says = format!("its secret cannot be read from {}: {cause}", path.display());
            Refused::new(says, "see that the file is there and yours")
        })?,
    };
    let key = bytes.trim_ascii().to_vec();
    if key.is_empty() {
        return Err(Refused::new(
            "its secret is empty",
            "put a long random text there",
        ));
    }
    Ok(key)
}

async fn post(
    network: &Network,
    url: &str,
    body: String,
    key: Option<Vec<u8>>,
    id: &str,
) -> Result<(), Refused> {
    let no_address = || Refused::new("its address is none", "correct it in the configuration");
    let uri: Uri = url.parse().map_err(|_| no_address())?;
    let now = Timestamp::now().as_second().to_string();
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(&uri)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
        .header("x-quarterdeck-timestamp", &now);
    // A name of the configuration that no header takes is left out; the body has it too.
    if let Ok(id) = HeaderValue::try_from(id) {
        request = request.header("x-quarterdeck-id", id);
    }
    if let Some(key) = key {
        request = request.header("x-quarterdeck-signature", signature(&key, &now, &body));
    }
    let mut request = request
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| no_address())?;
    network.authorize(&uri, request.headers_mut());
    let answer = network.client(CONNECT_WITHIN).request(request).await;
    let answer = answer.map_err(|cause| explain(&cause))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let hint = match status.as_u16() {
        401 | 403 => "see that the address and the secret are those of the receiver",
        404 | 410 => "the receiver knows no such address: make a new one there",
        429 => "it is told too much: narrow `events` or raise `severity`",
        300..=399 => "redirects are not followed: give the address that it leads to",
        400..=499 => "the receiver does not take what is sent: is it of this kind?",
        _ => "it is tried again; the receiver has trouble of its own",
    };
    Err(Refused::new(
        format!("it answered HTTP {}", status.as_u16()),
        hint,
    ))
}

/// `v1=` and the HMAC-SHA256 of time, dot and body.
pub(super) fn signature(key: &[u8], at: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    format!("v1={}", hex::encode(tag))
}

/// Our own words somewhere in the chain, else what broke, without the address.
fn explain(cause: &(dyn Error + 'static)) -> Refused {
    let mut chain = std::iter::successors(Some(cause), |cause| (*cause).source());
    match chain.find_map(|cause| cause.downcast_ref::<net::Error>()) {
        Some(failed) => Refused::new(failed.says.clone(), failed.hint.clone()),
        None => Refused::new(
            "the connection broke before an answer came",
            "it is tried again; see that the receiver speaks HTTP there",
        ),
    }
}

async fn run(words: &[String], body: String) -> Result<(), Refused> {
    let (program, args) = words
        .split_first()
        .ok_or_else(|| Refused::new("it names no program", "name one in `command`"))?;
    let failed = |cause: std::io::Error| {
        Refused::new(
            format!("{program} did not run: {cause}"),
            "give the program's whole path",
        )
    };
    let mut child = tokio::process::Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        // One that needs no event may close it at once; its exit code says whether that was well.
        let _ = input.write_all(format!("{body}\n").as_bytes()).await;
    }
    let out = child.wait_with_output().await.map_err(failed)?;
    if out.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&out.stderr);
    let last: String = said
        .lines()
        .last()
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    Err(Refused::new(
        format!("{program} ended with {}: {last}", out.status),
        "run it by hand with an event on its standard input",
    ))
}
