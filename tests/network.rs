//! `qd` on networks as they are: behind proxies with a login, with an authority of its own, with endpoints of other
//! names. The streams are `wss` throughout, and nothing secret is found in the log at its chattiest.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "network/proxy.rs"]
mod proxy;
mod pty;
#[path = "network/tls.rs"]
mod tls;
#[path = "network/webhook.rs"]
mod webhook;

use std::io::Write;
use std::process::{Output, Stdio};

use proxy::{BASIC, LOGIN, Manner, PASSWORD, Proxy};
use pty::cloud::{Sim, shop};
use pty::home::Home;
use tls::Front;

/// A simulator that is reached as `https://aws.test` and `wss://relay.test`, names that only the proxy knows.
struct Site {
    home: Home,
    sim: Sim,
    front: Front,
}

impl Site {
    fn start() -> Self {
        let home = Home::new();
        let sim = Sim::start(&home, &shop(), &[]);
        let url = sim.text("endpoint_url");
        let behind = url.rsplit_once(':').unwrap().1.parse().unwrap();
        let front = Front::start(home.path(), &["aws.test", "relay.test"], behind);
        Self { home, sim, front }
    }

    /// Runs `qd` with `input`; variables of the site come before those given.
    fn qd(&self, args: &[&str], variables: &[(&str, &str)], input: &str) -> Output {
        let place = |name: &str| format!("https://{name}:{}", self.front.port);
        let mut child = self
            .sim
            .qd(&self.home, args)
            .env("AWS_ENDPOINT_URL", place("aws.test"))
            .env("AWS_ENDPOINT_URL_SSMMESSAGES", place("relay.test"))
            .env("AWS_CA_BUNDLE", &self.front.bundle)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that ends early reads nothing.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Every file below the home that may be a log or a recording, as bytes.
    fn written(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut folders = vec![self.home.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    bytes.extend(std::fs::read(entry.path()).unwrap_or_default());
                }
            }
        }
        bytes
    }
}

fn says(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

#[test]
fn a_session_goes_through_a_proxy_with_login_to_endpoints_of_an_own_authority_and_leaks_nothing() {
    let site = Site::start();
    for (manner, scheme) in [(Manner::Http, "http"), (Manner::Socks, "socks5h")] {
        let proxy = Proxy::start(manner);
        let url = format!("{scheme}://{LOGIN}@127.0.0.1:{}", proxy.port);
        let out = site.qd(
            &["connect", "checkout", "--log", "trace"],
            &[("https_proxy", &url)],
            "echo far-$((6*7))\nexit\n",
        );
        let shown = String::from_utf8_lossy(&out.stdout).into_owned();
        assert_eq!(out.status.code(), Some(0), "{manner:?}: {}", says(&out));
        assert!(shown.contains("far-42"), "{shown}");
        let asked = proxy.asked.lock().unwrap().clone();
        for name in ["aws.test", "relay.test"] {
            let place = format!("{name}:{}", site.front.port);
            assert!(asked.contains(&place), "{manner:?}: {asked:?}");
        }
        for secret in [PASSWORD, LOGIN, BASIC] {
            assert!(!says(&out).contains(secret), "{}", says(&out));
        }
    }
    let names = site.front.names.lock().unwrap().clone();
    assert!(names.contains(&"relay.test".to_owned()), "{names:?}");
    assert_eq!(site.sim.sessions("us-east-1", false), []);
    let log = site.home.path().join("state/quarterdeck/qd.log");
    let log = std::fs::read_to_string(&log).unwrap_or_else(|cause| panic!("{}: {cause}", log.display()));
    assert!(
        log.contains("quarterdeck"),
        "the log says something at its chattiest: {log}"
    );
    let written = site.written();
    let account = &site.sim.line["accounts"][0];
    let key = account["secret_access_key"].as_str().unwrap();
    let answers = String::from_utf8_lossy(&site.front.answers.lock().unwrap()).into_owned();
    let mut secrets = vec![key, PASSWORD, LOGIN, BASIC, "AWS4-HMAC-SHA256"];
    for before in ["\"TokenValue\":\"", "cell-number="] {
        let found = answers
            .split(before)
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        let found: Vec<&str> = found.filter(|secret| secret.len() >= 8).collect();
        assert_eq!(found.len(), 2, "{before} of both sessions is known: {found:?}");
        secrets.extend(found);
    }
    for secret in secrets {
        assert!(
            !pty::contains(&written, secret.as_bytes()),
            "{secret} was written"
        );
    }
}

#[test]
fn proxies_that_go_wrong_are_told_in_one_sentence_and_open_nothing() {
    let site = Site::start();
    let cases = [
        (Manner::Http, false, "wants a user and a password (HTTP 407)"),
        (
            Manner::Status(407),
            true,
            "refused the user and password it was given (HTTP 407)",
        ),
        (Manner::Status(403), true, "refused the connection to aws.test"),
        (Manner::Status(502), true, "cannot reach aws.test"),
        (Manner::Garbage, true, "is no HTTP proxy"),
        (Manner::Closing, true, "the connection was c"),
    ];
    std::thread::scope(|scope| {
        for (manner, login, wanted) in cases {
            let site = &site;
            scope.spawn(move || told_in_one_sentence(site, manner, login, wanted));
        }
    });
    assert_eq!(site.sim.sessions("us-east-1", true), []);
}

fn told_in_one_sentence(site: &Site, manner: Manner, login: bool, wanted: &str) {
    let proxy = Proxy::start(manner);
    let login = if login { format!("{LOGIN}@") } else { String::new() };
    let url = format!("http://{login}127.0.0.1:{}", proxy.port);
    let out = site.qd(&["fleet", "ls"], &[("HTTPS_PROXY", &url)], "");
    let told = says(&out);
    assert_eq!(out.status.code(), Some(1), "{manner:?}: {told}");
    let line = told.lines().find(|line| line.contains(wanted));
    let line = line.unwrap_or_else(|| panic!("{manner:?}: no {wanted:?} in {told}"));
    assert!(line.contains(&proxy.port.to_string()), "{line}");
    assert!(told.contains("hint: "), "{told}");
    for secret in [PASSWORD, LOGIN, BASIC] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[test]
fn hosts_of_no_proxy_and_this_machine_are_reached_directly() {
    let site = Site::start();
    let proxy = Proxy::start(Manner::Http);
    let url = format!("http://127.0.0.1:{}", proxy.port);
    let plain = site.sim.text("endpoint_url");
    let own = [
        ("HTTPS_PROXY", url.as_str()),
        ("HTTP_PROXY", &url),
        ("AWS_ENDPOINT_URL", &plain),
    ];
    let out = site.qd(&["fleet", "ls"], &own, "");
    assert_eq!(out.status.code(), Some(0), "{}", says(&out));
    let named = [("HTTPS_PROXY", url.as_str()), ("NO_PROXY", ".test")];
    let out = site.qd(&["fleet", "ls"], &named, "");
    assert!(says(&out).contains("aws.test is unknown"), "{}", says(&out));
    assert_eq!(proxy.asked.lock().unwrap().len(), 0);
}

#[test]
fn an_authority_that_is_not_trusted_is_named_as_the_cause_with_the_way_out() {
    let site = Site::start();
    let proxy = Proxy::start(Manner::Http);
    let url = format!("http://{LOGIN}@127.0.0.1:{}", proxy.port);
    let out = site.qd(
        &["fleet", "ls"],
        &[("HTTPS_PROXY", &url), ("AWS_CA_BUNDLE", "")],
        "",
    );
    let told = says(&out);
    assert_eq!(out.status.code(), Some(1), "{told}");
    assert!(
        told.contains("certificate of aws.test")
            && told.contains("not trusted")
            && told.contains("AWS_CA_BUNDLE"),
        "{told}"
    );
    // The services are reached in clear on loopback; only the stream meets the certificate.
    let plain = site.sim.text("endpoint_url");
    let stream = [
        ("HTTPS_PROXY", url.as_str()),
        ("AWS_CA_BUNDLE", ""),
        ("AWS_ENDPOINT_URL", &plain),
    ];
    let out = site.qd(&["connect", "checkout"], &stream, "exit\n");
    let told = says(&out);
    assert_eq!(out.status.code(), Some(255), "{told}");
    assert!(
        told.contains("certificate of relay.test") && told.contains("AWS_CA_BUNDLE"),
        "{told}"
    );
    assert_eq!(
        site.sim.sessions("us-east-1", false),
        [],
        "what cannot be reached is ended"
    );
    for (bundle, wanted) in [
        ("/nonexistent.pem", "cannot be read"),
        ("/dev/null", "holds no certificate"),
    ] {
        let out = site.qd(&["fleet", "ls"], &[("AWS_CA_BUNDLE", bundle)], "");
        assert_eq!(out.status.code(), Some(2), "{}", says(&out));
        assert!(
            says(&out).contains(bundle) && says(&out).contains(wanted),
            "{}",
            says(&out)
        );
        let out = site.qd(&["recordings", "ls"], &[("AWS_CA_BUNDLE", bundle)], "");
        assert_eq!(
            out.status.code(),
            Some(0),
            "what needs no network goes on: {}",
            says(&out)
        );
    }
}
