//! Which way an address is reached, and what strange settings are answered with.

use super::*;

fn rules(settings: Settings) -> Rules {
    Rules::parse(&settings).unwrap()
}

fn way(rules: &Rules, encrypted: bool, host: &str) -> Option<String> {
    rules.choose(encrypted, host, 443).map(ToString::to_string)
}

#[test]
fn lower_case_variables_come_first_and_the_configuration_before_both() {
    let variable = |name: &str| match name {
        "https_proxy" => Some("http://lower:1".to_owned()),
        "HTTPS_PROXY" => Some("http://upper:2".to_owned()),
        "ALL_PROXY" => Some("socks5h://all".to_owned()),
        "NO_PROXY" => Some("near.example".to_owned()),
        "AWS_CA_BUNDLE" => Some("/ca.pem".to_owned()),
        _ => None,
    };
    let settings = Settings::default().or_environment(variable);
    assert_eq!(settings.ca_bundle, Some("/ca.pem".into()));
    let read = rules(settings);
    assert_eq!(way(&read, true, "far.example").as_deref(), Some("http://lower:1"));
    assert_eq!(
        way(&read, false, "far.example").as_deref(),
        Some("socks5h://all:1080")
    );
    assert_eq!(way(&read, true, "near.example"), None);
    let configured = Settings {
        https_proxy: Some("https://own".into()),
        ..Settings::default()
    };
    let read = rules(configured.or_environment(variable));
    assert_eq!(
        way(&read, true, "far.example").as_deref(),
        Some("https://own:443")
    );
    assert_eq!(way(&read, false, "far.example"), None);
}

#[test]
fn this_machine_and_the_metadata_services_are_never_asked_for_through_a_proxy() {
    let mut settings = Settings {
        all_proxy: Some("proxy:3128".into()),
        ..Settings::default()
    };
    let read = rules(settings.clone());
    for host in [
        "localhost",
        "a.localhost",
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "169.254.169.254",
    ] {
        assert_eq!(way(&read, true, host), None, "{host}");
    }
    assert!(way(&read, true, "10.0.0.1").is_some());
    settings.proxy_loopback = true;
    let told = rules(settings);
    assert!(way(&told, true, "127.0.0.1").is_some());
    assert_eq!(way(&told, false, "169.254.169.254"), None);
}

#[test]
fn a_proxy_is_read_with_its_login_and_printed_without_it() {
    let text = "http://user%40corp:p%3Ass%2Fw@[fd00::7]:3128/";
    let read = rules(Settings {
        all_proxy: Some(text.into()),
        ..Settings::default()
    });
    let proxy = read.choose(true, "far.example", 443).unwrap();
    assert_eq!(proxy.login(), Some(("user@corp", "p:ss/w")));
    assert_eq!(proxy.to_string(), "http://[fd00::7]:3128");
    let printed = format!("{read:?} {proxy:?} {proxy:#?}");
    assert!(
        !printed.contains("corp") && !printed.contains("ss/w"),
        "{printed}"
    );
}

#[test]
fn what_is_no_proxy_is_refused_without_showing_its_password() {
    for text in [
        "ftp://u:secret@host",
        "http://u:secret@",
        "http://u:secret@host:port",
        "http://u:secret@ho st",
    ] {
        let settings = Settings {
            https_proxy: Some(text.into()),
            ..Settings::default()
        };
        let bad = Rules::parse(&settings).unwrap_err();
        let told = format!("{bad} {bad:?}");
        assert!(told.contains("HTTPS_PROXY") && !told.contains("secret"), "{told}");
    }
}

#[test]
fn a_bundle_that_is_missing_empty_or_damaged_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (name, text, says) in [
        ("missing.pem", None, "cannot be read"),
        ("empty.pem", Some(""), "holds no certificate"),
        ("text.pem", Some("not a certificate\n"), "holds no certificate"),
        ("damaged.pem", Some(damaged), "cannot be used"),
    ] {
        let file = dir.path().join(name);
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let settings = Settings {
            ca_bundle: Some(file),
            ..Settings::default()
        };
        let bad = Network::new(&settings).unwrap_err();
        assert!(
            bad.to_string().contains(name) && bad.to_string().contains(says),
            "{bad}"
        );
    }
}

/// A listener that takes connections and says nothing.
async fn silent() -> (tokio::net::TcpListener, u16) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn a_silent_proxy_and_a_half_open_peer_are_told_apart() {
    let (_proxy, port) = silent().await;
    let settings = Settings {
        https_proxy: Some(format!("http://user:secret@127.0.0.1:{port}")),
        ..Settings::default()
    };
    let to = |host: &str, port| Target {
        encrypted: true,
        host: host.into(),
        port,
        tunnel: true,
    };
    let within = std::time::Duration::from_millis(50);
    let network = Network::new(&settings).unwrap();
    let error = network
        .connect(&to("far.example", 443), within)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind, Kind::Slow);
    let wanted = format!("the proxy 127.0.0.1:{port} did not answer in ");
    assert!(error.says.starts_with(&wanted), "{error}");
    let (_peer, port) = silent().await;
    let error = network
        .connect(&to("127.0.0.1", port), within)
        .await
        .err()
        .unwrap();
    let wanted = format!("127.0.0.1:{port} did not answer in ");
    assert!(error.says.starts_with(&wanted), "{error}");
}

#[tokio::test]
async fn a_plain_address_is_asked_of_the_proxy_whole_and_with_the_login() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (listener, port) = silent().await;
    let settings = Settings {
        http_proxy: Some(format!("http://user:pass@127.0.0.1:{port}")),
        ..Settings::default()
    };
    let network = Network::new(&settings).unwrap();
    let within = std::time::Duration::from_secs(10);
    let probing = tokio::spawn(async move { network.probe("http://far.example/x?y=1", within).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let date = "Thu, 01 Jan 1970 00:00:00 GMT";
    let answer = format!("HTTP/1.1 204 No Content\r\nDate: {date}\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
    let answer = probing.await.unwrap().unwrap();
    let head = String::from_utf8(head).unwrap().to_lowercase();
    assert!(
        head.starts_with("get http://far.example/x?y=1 http/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.contains("proxy-authorization: basic dxnlcjpwyxnz\r\n"),
        "{head}"
    );
    assert_eq!(answer.status, 204);
    assert!(answer.ahead_seconds.unwrap() < -1_000_000_000, "{answer:?}");
}
