//! The simulator from outside: raw HTTP over a socket, signed by the SDK's own signer.

mod automation;
mod bill;
mod cost;
mod document;
mod estate;
mod foreign;
mod instance;
mod log;
mod node;
mod oncall;
mod parameter;
mod refusal;
mod saving;
mod session;
mod ticket;

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Account, Faults, FleetSpec, Options, Sim};
use crate::aws::{Cloud, Place, Settings, StaticAccount};

impl Sim {
    /// Its first account as the SDK reaches it, and the first place of that.
    pub fn cloud(&self) -> (Cloud, Place) {
        let account = self.accounts()[0].clone();
        let place = Place {
            profile: account.name.clone(),
            region: account.regions[0].clone(),
        };
        let cloud = Cloud::connect(Settings {
            endpoint_url: Some(self.endpoint_url()),
            accounts: vec![StaticAccount {
                name: account.name,
                id: account.id,
                access_key_id: account.access_key_id,
                secret_access_key: account.secret_access_key,
                session_token: None,
                regions: account.regions,
            }],
            ..Settings::default()
        });
        (cloud, place)
    }
}

/// A simulator with some trouble in it.
fn start(fleet: FleetSpec, faults: &str) -> Sim {
    let faults = Faults::parse(faults).unwrap();
    Sim::start(Options {
        fleet,
        faults,
        ..Options::default()
    })
    .unwrap()
}

/// The simulator with a fleet of its own, and a caller in one of its regions.
fn shop_of(fleet: &str, region: &str) -> (Sim, Client) {
    let sim = start(FleetSpec::parse(fleet, "shop").unwrap(), "");
    let client = Client::new(&sim, 0, region);
    (sim, client)
}

/// The SDK's own client of Systems Manager.
fn systems_manager(sim: &Sim, account: usize, region: &str) -> aws_sdk_ssm::Client {
    use aws_sdk_ssm::config::{BehaviorVersion, Credentials, Region};
    let account = &sim.accounts()[account];
    let keys = Credentials::new(
        &account.access_key_id,
        &account.secret_access_key,
        None,
        None,
        "test",
    );
    let config = aws_sdk_ssm::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(sim.endpoint_url())
        .region(Region::new(region.to_owned()))
        .credentials_provider(keys)
        .build();
    aws_sdk_ssm::Client::from_conf(config)
}

/// One caller: keys, and the region that its signatures are for.
#[derive(Clone)]
struct Client {
    addr: String,
    account: Account,
    region: String,
    at: SystemTime,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The text of every element of this name.
    fn all(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let inside = |rest: &str| rest.split(&close).next().unwrap().to_owned();
        self.body.split(&open).skip(1).map(inside).collect()
    }

    fn one(&self, name: &str) -> Option<String> {
        self.all(name).first().cloned()
    }

    /// Status and code, whatever the protocol.
    fn refusal(&self) -> (u16, String) {
        let code = self
            .one("Code")
            .unwrap_or_else(|| self.json()["__type"].as_str().unwrap().to_owned());
        (self.status, code)
    }
}

impl Client {
    fn new(sim: &Sim, account: usize, region: &str) -> Client {
        let addr = sim.endpoint_url().strip_prefix("http://").unwrap().to_owned();
        let account = sim.accounts()[account].clone();
        Client {
            addr,
            account,
            region: region.to_owned(),
            at: SystemTime::now(),
        }
    }

    async fn ec2(&self, parameters: &str) -> Answer {
        let body = format!("Version=2016-11-15&{parameters}");
        self.call(
            "ec2",
            &[("content-type", "application/x-www-form-urlencoded")],
            &body,
        )
        .await
    }

    async fn sts(&self, parameters: &str) -> Answer {
        let body = format!("Version=2011-06-15&{parameters}");
        self.call(
            "sts",
            &[("content-type", "application/x-www-form-urlencoded")],
            &body,
        )
        .await
    }

    async fn ssm(&self, operation: &str, body: Value) -> Answer {
        self.json("ssm", &format!("AmazonSSM.{operation}"), body).await
    }

    async fn ce(&self, operation: &str, body: Value) -> Answer {
        self.json("ce", &format!("AWSInsightsIndexService.{operation}"), body)
            .await
    }

    async fn json(&self, service: &str, target: &str, body: Value) -> Answer {
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", target),
        ];
        self.call(service, &headers, &body.to_string()).await
    }

    async fn call(&self, service: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let signed = self.sign(service, headers, body);
        let mut all: Vec<(&str, &str)> = headers.to_vec();
        all.extend(signed.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.send(&all, body).await
    }

    fn sign(&self, service: &str, headers: &[(&str, &str)], body: &str) -> Vec<(String, String)> {
        self.sign_at(("POST", "/"), service, headers, body)
    }

    /// The same for another method and path.
    fn sign_at(
        &self,
        (method, path): (&str, &str),
        service: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Vec<(String, String)> {
        let Account {
            access_key_id,
            secret_access_key,
            session_token,
            ..
        } = self.account.clone();
        let identity = Credentials::new(access_key_id, secret_access_key, session_token, None, "test").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(self.at)
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let uri = format!("http://{}{path}", self.addr);
        let request = SignableRequest::new(
            method,
            uri,
            headers.iter().copied(),
            SignableBody::Bytes(body.as_bytes()),
        );
        let (instructions, _) = sign(request.unwrap(), &parameters).unwrap().into_parts();
        instructions
            .headers()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    async fn send(&self, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_at(("POST", "/"), headers, body).await
    }

    /// A call of a service that names its operations by method and path.
    async fn rest(&self, service: &str, at: (&str, &str), body: Value) -> Answer {
        let headers = [("content-type", "application/json")];
        let body = if at.0 == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        let signed = self.sign_at(at, service, &headers, &body);
        let mut all: Vec<(&str, &str)> = headers.to_vec();
        all.extend(signed.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.send_at(at, &all, &body).await
    }

    async fn send_at(&self, (method, path): (&str, &str), headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
            self.addr
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        let mut stream = TcpStream::connect(&self.addr).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap_or_default();
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        Answer {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }
}
