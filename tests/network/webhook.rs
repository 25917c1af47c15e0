//! Receivers in trouble: one whose certificate is not trusted or has another name, and one that hangs. Each is named,
//! what it is owed waits on disk, and no session waits for it.

use std::net::TcpListener;
use std::process::Output;

use super::pty::home::Home;
use super::tls::Front;

fn configure(home: &Home, receivers: &[(&str, &str)]) {
    let dir = home.path().join("config/quarterdeck");
    std::fs::create_dir_all(&dir).unwrap();
    let text = receivers
        .iter()
        .map(|(name, url)| format!("[[notify]]\nname = \"{name}\"\nwebhook = \"{url}\"\n"));
    std::fs::write(dir.join("config.toml"), text.collect::<String>()).unwrap();
}

fn qd(home: &Home, args: &[&str], bundle: &str) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = home.qd(args).env("AWS_CA_BUNDLE", bundle).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// A session of the shortest kind; the arguments that the helper adds are passed over by its program.
fn rec(home: &Home, bundle: &str) -> (Option<i32>, String) {
    let dir = home.data_dir().display().to_string();
    qd(home, &["--data-dir", &dir, "rec", "--", "true"], bundle)
}

fn waiting(home: &Home, name: &str) -> u64 {
    let out = home.qd(&["audit", "notify", "ls", "--json"]).output().unwrap();
    let lines = String::from_utf8(out.stdout).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let rows: Vec<_> = lines.filter(|row| row["name"] == name).collect();
    rows[0]["waiting"].as_u64().unwrap() + rows[0]["unread"].as_u64().unwrap()
}

#[test]
fn a_certificate_that_is_wrong_is_named_and_nothing_is_sent() {
    let home = Home::new();
    let behind = TcpListener::bind("127.0.0.1:0").unwrap();
    let front = Front::start(home.path(), &["hooks.test"], behind.local_addr().unwrap().port());
    configure(
        &home,
        &[("siem", &format!("https://127.0.0.1:{}/in", front.port))],
    );
    let (code, says) = qd(&home, &["audit", "notify", "test"], "");
    assert!(code == Some(1) && says.contains("is not trusted"), "{says}");
    assert!(
        says.contains("hint: ") && says.contains("AWS_CA_BUNDLE"),
        "{says}"
    );
    let bundle = front.bundle.display().to_string();
    let (code, says) = qd(&home, &["audit", "notify", "test"], &bundle);
    assert!(
        code == Some(1) && says.contains("certificate of 127.0.0.1"),
        "{says}"
    );
    let (code, says) = rec(&home, &bundle);
    assert_eq!(code, Some(0), "{says}");
    assert!(waiting(&home, "siem") > 0);
    assert_eq!(home.recordings()[0]["state"], "sealed");
    behind.set_nonblocking(true).unwrap();
    assert!(behind.accept().is_err(), "something was sent all the same");
}

#[test]
fn a_receiver_that_hangs_holds_no_session_up_and_is_owed_everything() {
    let home = Home::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/in", silent.local_addr().unwrap());
    configure(&home, &[("silent", &url)]);
    for _ in 0..2 {
        let (code, says) = rec(&home, "");
        assert_eq!(code, Some(0), "{says}");
    }
    let told = home
        .audit()
        .iter()
        .filter(|event| event["event"] == "session.end")
        .count();
    assert_eq!(told, 2);
    assert!(waiting(&home, "silent") >= 2, "{}", waiting(&home, "silent"));
    assert_eq!(home.recordings().len(), 2);
}
