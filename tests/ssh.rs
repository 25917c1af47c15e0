//! `qd ssh-proxy` and `qd setup ssh-config` as OpenSSH meets them: bytes exact, nothing else on standard output, exit 255
//! with the cause, and each connection on record. What `qd ssh` lets OpenSSH write on the user's terminal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pty::Terminal;
use pty::cloud::{Sim, fleet};
use pty::home::Home;
use quarterdeck::recording::{Marker, Reader, What};
use sha2::{Digest, Sha256};

fn machines() -> String {
    fleet(
        &["us-east-1"],
        &[("web", "us-east-1", "online"), ("mute", "us-east-1", "missing")],
    )
}

/// A server on loopback that sends back what it gets, in another order of bits, and closes after `length` bytes.
fn server(length: usize) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut got = vec![0; length];
        stream.read_exact(&mut got).unwrap();
        got.iter_mut().for_each(|byte| *byte = !*byte);
        stream.write_all(&got).unwrap();
    });
    port
}

fn proxied(sim: &Sim, home: &Home, args: &[&str], input: &[u8]) -> Output {
    let mut words = vec!["ssh-proxy"];
    words.extend(args);
    let mut child = sim.qd(home, &words);
    let child = child
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let out = child.wait_with_output().unwrap();
    writing.join().unwrap();
    out
}

fn connections(home: &Home) -> Vec<Marker> {
    let mut found = Vec::new();
    for row in home.recordings() {
        assert_eq!(row["state"], "sealed");
        let events = Reader::open(row["path"].as_str().unwrap().as_ref())
            .unwrap()
            .events()
            .unwrap();
        for event in events {
            let event = event.unwrap();
            match event.what {
                What::Marker(marker) if marker.kind == "connection" => found.push(marker),
                What::Output(_) | What::Input(_) => panic!("payload is kept"),
                _ => {}
            }
        }
    }
    found
}

/// Every length around the sizes of messages, so that a line feed stands alone in one of them.
fn awkward() -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    for at in [0, 1016, 1023, 1024, 2047, 2048, 199_999] {
        bytes[at] = b'\n';
    }
    bytes
}

#[test]
fn bytes_pass_exactly_both_ways_by_session_and_by_endpoint_and_are_on_record() {
    for target in ["web", "mute"] {
        let home = Home::new();
        let input = awkward();
        let port = server(input.len());
        let sim = Sim::start(&home, &machines(), &["--port", &format!("22=127.0.0.1:{port}")]);
        let out = proxied(&sim, &home, &[target, "22"], &input);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!((out.status.code(), said.as_str()), (Some(0), ""), "{target}");
        let back: Vec<u8> = input.iter().map(|byte| !byte).collect();
        assert!(out.stdout == back, "{target}");
        let [connection] = &connections(&home)[..] else {
            panic!("not one connection")
        };
        assert_eq!(connection.fields["sent_bytes"], input.len().to_string());
        assert_eq!(
            connection.fields["sent_sha256"],
            hex::encode(Sha256::digest(&input))
        );
        assert_eq!(
            connection.fields["received_sha256"],
            hex::encode(Sha256::digest(&back))
        );
        assert!(sim.sessions("us-east-1", false).is_empty());
    }
}

#[test]
fn a_connection_that_fails_is_255_with_its_cause_and_an_empty_output() {
    let home = Home::new();
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let sim = Sim::start(&home, &machines(), &["--port", &format!("22=127.0.0.1:{port}")]);
    for (target, says) in [("web", "Unable to connect"), ("mute", "refused the connection")] {
        let out = proxied(&sim, &home, &[target], b"");
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(255), "{said}");
        assert!(said.contains(says), "{said}");
        assert!(out.stdout.is_empty());
    }
    let out = proxied(&sim, &home, &["nobody"], b"");
    assert_eq!(out.status.code(), Some(5));
    let out = proxied(&sim, &home, &["--read-only", "web"], b"");
    assert_eq!(out.status.code(), Some(3));
    assert!(sim.sessions("us-east-1", false).is_empty());
}

#[test]
fn a_hangup_ends_the_session_and_seals_the_recording() {
    let home = Home::new();
    let port = server(usize::MAX >> 40);
    let sim = Sim::start(&home, &machines(), &["--port", &format!("22=127.0.0.1:{port}")]);
    let mut child = sim.qd(&home, &["ssh-proxy", "web"]);
    let mut child = child
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while sim.sessions("us-east-1", false).is_empty() {
        assert!(child.try_wait().unwrap().is_none());
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGHUP).unwrap();
    let end = child.wait().unwrap();
    assert!(end.code().is_some());
    assert_eq!(sim.left_open("us-east-1"), []);
    assert_eq!(home.recordings()[0]["state"], "sealed");
}

#[test]
fn a_tunnel_through_an_endpoint_ends_when_its_watcher_wants_it_or_it_is_no_longer_recorded() {
    for is_taken_away in [false, true] {
        let home = Home::new();
        let config = home.path().join("config/quarterdeck");
        fs::create_dir_all(&config).unwrap();
        fs::write(
            config.join("config.toml"),
            "[recording]\nmode = \"strict\"\n\n[watch]\nmay_end = true\n",
        )
        .unwrap();
        let port = server(usize::MAX >> 40);
        let sim = Sim::start(&home, &machines(), &["--port", &format!("22=127.0.0.1:{port}")]);
        let mut child = sim.qd(&home, &["ssh-proxy", "mute"]);
        let mut child = child
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + pty::PATIENCE;
        let mut is_told = false;
        while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            if let ([row], false) = (&home.recordings()[..], is_told) {
                is_told = if is_taken_away {
                    let path = PathBuf::from(row["path"].as_str().unwrap());
                    fs::remove_dir_all(path.parent().unwrap()).is_ok()
                } else {
                    let id = row["id"].as_str().unwrap();
                    let ended = home.qd(&["watch", id, "--end"]).output().unwrap();
                    ended.status.success()
                };
            }
        }
        let _ = child.kill();
        let out = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        let code = out.status.code().unwrap_or_else(|| panic!("it went on: {said}"));
        match is_taken_away {
            true => assert!(code != 0 && said.contains("taken away"), "{code}: {said}"),
            false => assert_eq!(
                (code, &*home.recordings()[0]["state"].to_string()),
                (0, "\"sealed\"")
            ),
        }
    }
}

#[test]
fn a_terminal_at_one_end_alone_gets_no_clipboard_or_device_command_of_the_remote() {
    let home = Home::new();
    let sim = Sim::start(&home, &machines(), &[]);
    let bin = home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(
        bin.join("ssh"),
        "#!/bin/sh\nprintf 'out\\033]52;c;ZXZpbA==\\007put\\n'; printf 'err\\033Pevil\\033\\\\or\\n' >&2\n",
    )
    .unwrap();
    fs::set_permissions(bin.join("ssh"), fs::Permissions::from_mode(0o755)).unwrap();
    let data = home.data_dir().display().to_string();
    let ssh = || {
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        home.untold(&["--data-dir", &data, "ssh", "web"])
            .envs(sim.variables())
            .env("PATH", path)
    };
    let seen = |command: pty_process::blocking::Command| {
        let mut terminal = Terminal::start(command, 200, 24);
        let code = terminal.wait_code();
        let raw = String::from_utf8_lossy(&terminal.raw).into_owned();
        assert_eq!(code, 0, "{raw}");
        assert!(!raw.contains("\x1b]52") && !raw.contains("\x1bP"), "{raw:?}");
        raw
    };
    let both = seen(ssh().stdin(Stdio::null()));
    assert!(both.contains("output") && both.contains("error"), "{both:?}");
    let file = fs::File::create(home.path().join("out")).unwrap();
    let stderr = seen(ssh().stdout(file));
    assert!(
        !stderr.contains("output") && stderr.contains("error"),
        "{stderr:?}"
    );
    assert_eq!(
        fs::read(home.path().join("out")).unwrap(),
        b"out\x1b]52;c;ZXZpbA==\x07put\n",
        "a file gets the bytes as they came"
    );
}

#[test]
fn the_stanza_is_the_same_each_time_and_holds_the_flags_in_use() {
    let home = Home::new();
    let print = || {
        home.qd(&["--profile", "on call", "setup", "ssh-config"])
            .output()
            .unwrap()
    };
    let (once, again) = (print(), print());
    assert_eq!(once.stdout, again.stdout);
    let text = String::from_utf8(once.stdout).unwrap();
    assert!(
        text.contains("ProxyCommand qd --profile 'on call' --data-dir "),
        "{text}"
    );
    assert!(text.contains("ssh-proxy %h %p"), "{text}");
    assert!(String::from_utf8_lossy(&once.stderr).contains("~/.ssh/config"));
}
