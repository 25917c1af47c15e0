//! A small `aws` for the pages' shells: the words of a command become a signed request to the simulator, whose answer is
//! printed as it comes; of a query that names one member, that alone. The real one is at work in tests/peer/starter.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

use super::words::{Said, pascal};

/// The program that a shell finds as `aws`: it hands its words to this very test, which answers in files.
pub const PROGRAM: &str = r#"#!/bin/sh
call=$(mktemp -d) || exit 1
trap 'rm -rf "$call"' EXIT
printf '%s\0' "$@" > "$call/words"
printf '%s\n' "$*" >> "$AWS_ASKED"
AWS_CALL=$call "$AWS_CLIENT" --exact client::answers_a_shell --ignored > "$call/test" 2>&1 || { cat "$call/test" >&2; exit 255; }
cat "$call/out"
cat "$call/err" >&2
exit "$(cat "$call/code")"
"#;

/// Command, what is asked instead, and what its answer has in it in the end.
const WAITS: [(&str, &str, &str); 9] = [
    ("image-available", "describe-images", "<imageState>available<"),
    ("snapshot-completed", "describe-snapshots", "<status>completed<"),
    (
        "instance-status-ok",
        "describe-instance-status",
        "<instanceStatus><status>ok<",
    ),
    ("instance-stopped", "describe-instances", "<name>stopped<"),
    ("volume-available", "describe-volumes", "<status>available<"),
    ("volume-in-use", "describe-volumes", "<status>in-use<"),
    ("target-deregistered", "describe-target-health", "<State>unused<"),
    ("target-in-service", "describe-target-health", "<State>healthy<"),
    (
        "db-instance-available",
        "describe-db-instances",
        "<DBInstanceStatus>available<",
    ),
];
const PATIENCE: u32 = 60;

/// Where the simulator is, and the keys for it.
pub struct Keys {
    pub endpoint: String,
    pub id: String,
    pub secret: String,
}

#[test]
#[ignore = "it answers the shells of the other tests, which call it"]
fn answers_a_shell() {
    let Ok(call) = std::env::var("AWS_CALL") else {
        return;
    };
    let call = Path::new(&call);
    let words = std::fs::read_to_string(call.join("words")).unwrap();
    let words: Vec<String> = words.split_terminator('\0').map(str::to_owned).collect();
    let of = |name: &str| std::env::var(name).unwrap();
    let keys = Keys {
        endpoint: of("AWS_ENDPOINT_URL"),
        id: of("AWS_ACCESS_KEY_ID"),
        secret: of("AWS_SECRET_ACCESS_KEY"),
    };
    let (out, err, code) = match answer(&keys, &words) {
        Ok(text) => (text + "\n", String::new(), "0"),
        Err(says) => (String::new(), format!("aws: {says}\n"), "254"),
    };
    for (name, text) in [("out", out.as_str()), ("err", err.as_str()), ("code", code)] {
        std::fs::write(call.join(name), text).unwrap();
    }
}

/// What a command prints, or why it fails.
pub fn answer(keys: &Keys, words: &[String]) -> Result<String, String> {
    let mut said = Said::read(words).ok_or_else(|| format!("not filled in: {}", words.join(" ")))?;
    let Some(awaited) = said.operation.strip_prefix("wait ") else {
        let text = call(keys, &said)?;
        if said
            .one("query")
            .is_some_and(|query| query.ends_with("[].Error.Message"))
        {
            return Ok(super::all(&text, "message").join("\t"));
        }
        let plain = said
            .one("query")
            .filter(|query| query.chars().all(char::is_alphanumeric));
        return match plain {
            Some(member) => element(&text, member).ok_or_else(|| format!("no {member} in {text}")),
            None => Ok(text),
        };
    };
    let known = WAITS.iter().find(|(name, ..)| *name == awaited);
    let (_, ask, there) = known.ok_or_else(|| format!("nothing is known to wait for as {awaited}"))?;
    said.operation = (*ask).to_owned();
    for _ in 0..PATIENCE {
        if call(keys, &said)?.contains(there) {
            return Ok(String::new());
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    Err(format!("{there} did not come in {PATIENCE} s"))
}

/// The text of the first XML element of a name, however its first letter is written.
fn element(text: &str, name: &str) -> Option<String> {
    let small = name[..1].to_lowercase() + &name[1..];
    [name, small.as_str()].iter().find_map(|name| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split('<').next()?.to_owned())
    })
}

fn call(keys: &Keys, said: &Said) -> Result<String, String> {
    let operation = pascal(&said.operation);
    let form = |version: &str, member: bool| {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(said.form(&operation, version, member));
        (String::new(), body.finish())
    };
    let json = |model: &str| (format!("{model}.{operation}"), said.members(false).to_string());
    let rest = |is_camel: bool| (String::new(), said.members(is_camel).to_string());
    let (mut method, mut path) = ("POST", "/".to_owned());
    let (scope, (target, body)) = match said.service.as_str() {
        "ec2" => ("ec2", form("2016-11-15", false)),
        "sts" => ("sts", form("2011-06-15", true)),
        "rds" => ("rds", form("2014-10-31", true)),
        "elbv2" => ("elasticloadbalancing", form("2015-12-01", true)),
        "autoscaling" => ("autoscaling", form("2011-01-01", true)),
        "ssm" => ("ssm", json("AmazonSSM")),
        "acm" => ("acm", json("CertificateManager")),
        "cloudwatch" => ("monitoring", json("GraniteServiceVersion20100801")),
        "cloudtrail" => (
            "cloudtrail",
            json("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"),
        ),
        "logs" => (
            "logs",
            (
                format!("Logs_20140328.{operation}"),
                said.members(true).to_string(),
            ),
        ),
        "ce" => ("ce", json("AWSInsightsIndexService")),
        "iam" => ("iam", form("2010-05-08", true)),
        "savingsplans" => {
            path += &operation;
            ("savingsplans", rest(true))
        }
        "rbin" => {
            path += "list-rules";
            ("rbin", rest(false))
        }
        "scheduler" if said.operation == "list-schedules" => {
            (method, path) = ("GET", "/schedules".to_owned());
            ("scheduler", Default::default())
        }
        "scheduler" => {
            path = format!("/schedules/{}", said.one("name").unwrap_or_default());
            ("scheduler", rest(false))
        }
        other => return Err(format!("no service {other}")),
    };
    let kind = if path != "/" {
        "application/json"
    } else if target.is_empty() {
        "application/x-www-form-urlencoded"
    } else {
        "application/x-amz-json-1.1"
    };
    let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
    if !target.is_empty() {
        headers.push(("x-amz-target".to_owned(), target));
    }
    let asked = Asked {
        method,
        path: &path,
        body: &body,
    };
    headers.extend(signed(
        keys,
        scope,
        said.one("region").unwrap_or("eu-west-1"),
        &headers,
        &asked,
    ));
    let (status, text) = send(keys, &headers, &asked);
    if status == 200 {
        Ok(text)
    } else {
        Err(format!("{operation}: {status} {text}"))
    }
}

/// A request as it goes over the wire.
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    body: &'a str,
}

fn signed(
    keys: &Keys,
    scope: &str,
    region: &str,
    headers: &[(String, String)],
    asked: &Asked<'_>,
) -> Vec<(String, String)> {
    let identity = Credentials::new(&keys.id, &keys.secret, None, None, "test").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(scope)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(asked.body.as_bytes());
    let address = format!("{}{}", keys.endpoint, asked.path);
    let request = SignableRequest::new(asked.method, address, headers, body).unwrap();
    let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
    let added = instructions.headers();
    added
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn send(keys: &Keys, headers: &[(String, String)], asked: &Asked<'_>) -> (u16, String) {
    let Asked { method, path, body } = asked;
    let host = keys.endpoint.strip_prefix("http://").unwrap();
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .write_all(format!("{request}\r\n{body}").as_bytes())
        .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or(0), body.to_owned())
}
