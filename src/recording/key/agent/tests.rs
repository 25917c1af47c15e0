//! An agent on a socket of our own: what it signs, what it refuses, and answers that are cut or too long.

use super::*;
use crate::recording::{Custody, DeviceKey, Error};
use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;
use std::os::unix::net::UnixListener;

const SHORT: Duration = Duration::from_millis(150);

/// An agent on a socket that answers each caller in turn with what `answer` makes of the request, then hangs up.
fn fake(answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> (tempfile::TempDir, Agent) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("agent");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut len = [0; 4];
            stream.read_exact(&mut len).unwrap();
            let mut request = vec![0; u32::from_be_bytes(len) as usize];
            stream.read_exact(&mut request).unwrap();
            let answer = answer(&request);
            // The caller may have lost patience.
            let _ = stream.write_all(&answer);
        }
    });
    (dir, Agent::at(socket))
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, bytes);
    out
}

fn listing(keys: &[(&[u8], &str)]) -> Vec<u8> {
    let mut out = vec![LISTED];
    out.extend((keys.len() as u32).to_be_bytes());
    for (blob, comment) in keys {
        put(&mut out, blob);
        put(&mut out, comment.as_bytes());
    }
    framed(&out)
}

fn signature(bytes: &[u8]) -> Vec<u8> {
    let mut inner = Vec::new();
    put(&mut inner, ALGORITHM);
    put(&mut inner, bytes);
    let mut out = vec![SIGNED];
    put(&mut out, &inner);
    framed(&out)
}

#[test]
fn keys_of_other_kinds_are_passed_over() {
    let mut rsa = Vec::new();
    put(&mut rsa, b"ssh-rsa");
    put(&mut rsa, &[1; 300]);
    let (_dir, agent) = fake(move |_| listing(&[(&rsa, "old"), (&blob(&[7; 32]), "mara@laptop")]));
    let held = agent.list().unwrap();
    assert_eq!((held.len(), held[0].comment.as_str()), (1, "mara@laptop"));
    assert!(held[0].fingerprint().starts_with("SHA256:") && !held[0].fingerprint().ends_with('='));
}

#[test]
fn wrong_answers_are_named() {
    let says = |answer: Vec<u8>| {
        let (_dir, agent) = fake(move |_| answer.clone());
        agent.sign(&[7; 32], b"message").unwrap_err()
    };
    assert!(says(framed(&[FAILURE])).contains("refuses to sign"));
    assert!(says(framed(&[99])).contains("no signature"));
    assert!(says(signature(&[1; 64])).contains("does not hold"));
    assert!(says(signature(&[1; 63])).contains("no Ed25519 signature"));
    assert!(says(u32::MAX.to_be_bytes().to_vec()).contains("impossible length"));
    assert!(says(Vec::new()).contains("hung up"));
    assert!(says(vec![0, 0, 0, 9, SIGNED]).contains("hung up"));
    let key = SigningKey::from_bytes(&[7; 32]);
    let good = key.sign(b"another message").to_bytes();
    assert!(says(signature(&good)).contains("does not hold"));
}

#[test]
fn an_agent_that_never_answers_or_only_trickles_is_left_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("agent");
    let listener = UnixListener::bind(&socket).unwrap();
    let agent = Agent::at(socket).with_patience(SHORT);
    // Nobody accepts: the caller is queued by the system.
    let started = Instant::now();
    assert!(agent.list().unwrap_err().contains("did not answer"));
    std::thread::spawn(move || {
        let (_queued, _) = listener.accept().unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        while stream.write_all(&[0]).is_ok() {
            std::thread::sleep(SHORT / 3);
        }
    });
    let says = agent.list().unwrap_err();
    assert!(
        says.contains("did not answer") || says.contains("impossible"),
        "{says}"
    );
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn the_choice_of_a_key_is_never_a_guess() {
    let two = [([7; 32], "mara"), ([8; 32], "work")];
    let custody = |dir: &tempfile::TempDir, key: Option<&str>| Custody::Agent {
        key: key.map(str::to_owned),
        socket: Some(dir.path().join("agent")),
    };
    let (dir, agent) = fake(move |_| {
        listing(
            &two.map(|(key, name)| (blob(&key), name))
                .each_ref()
                .map(|(blob, name)| (&blob[..], *name)),
        )
    });
    let data = tempfile::tempdir().unwrap();
    let load = |key: Option<&str>| DeviceKey::load(data.path(), &custody(&dir, key));
    assert_eq!(load(Some("work")).unwrap().public(), [8; 32]);
    let print = agent.list().unwrap()[0].fingerprint();
    assert_eq!(load(Some(&print)).unwrap().public(), [7; 32]);
    let says = |key: Option<&str>| load(key).err().unwrap().to_string();
    assert!(says(None).contains("several Ed25519 keys: SHA256:"));
    assert!(says(Some("home")).contains("no Ed25519 key \"home\", but SHA256:"));
    let nowhere = DeviceKey::load(
        data.path(),
        &Custody::Agent {
            key: None,
            socket: None,
        },
    );
    assert!(matches!(nowhere, Err(Error::Agent { says }) if says.contains("SSH_AUTH_SOCK")));
    assert!(!data.path().join("keys").exists(), "no key lies in a file");
}

#[test]
fn a_real_agent_certifies_and_signs() {
    use std::process::{Command, Stdio};
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("agent");
    let mut agent = match Command::new("ssh-agent")
        .args(["-D", "-a"])
        .arg(&socket)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
    {
        Ok(agent) => agent,
        Err(_) => return eprintln!("skipped: no ssh-agent here"),
    };
    // Its first line comes when it listens.
    let mut first = [0; 1];
    agent.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    let run = |program: &str, args: &[&str]| {
        let done = Command::new(program)
            .args(args)
            .current_dir(dir.path())
            .env("SSH_AUTH_SOCK", &socket)
            .output();
        assert!(done.unwrap().status.success(), "{program} {args:?}");
    };
    run(
        "ssh-keygen",
        &["-q", "-t", "ed25519", "-N", "", "-C", "qd device", "-f", "key"],
    );
    run("ssh-add", &["-q", "key"]);
    std::fs::remove_file(dir.path().join("key")).unwrap();
    let custody = Custody::Agent {
        key: Some("qd device".into()),
        socket: Some(socket.clone()),
    };
    let data = dir.path().join("data");
    let device = DeviceKey::load(&data, &custody).unwrap();
    let signed = device.sign(b"header").unwrap();
    assert!(is_signed(&device.public(), b"header", &signed));
    let writer =
        crate::recording::Writer::create(&data, crate::recording::Header::new("local", (80, 24)), &device);
    let sealed = writer.unwrap().end(1, crate::recording::End::default()).unwrap();
    let verdict = crate::recording::verify(&sealed.path).unwrap();
    assert_eq!((verdict.ok, verdict.device_key), (true, Some(device.public())));
    let log = crate::audit::Log::open(&data).unwrap();
    log.checkpoint(&device, crate::audit::Actor::local()).unwrap();
    assert!(log.verify().unwrap().ok);
    assert!(!data.join("keys").exists(), "no private key lies in a file");
    run("ssh-add", &["-q", "-D"]);
    assert!(
        device
            .sign(b"header")
            .unwrap_err()
            .to_string()
            .contains("refuses to sign")
    );
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert!(DeviceKey::load(&data, &custody).is_err());
}

proptest! {
    #[test]
    fn foreign_answers_are_read_without_harm(bytes: Vec<u8>) {
        let _ = parse_list(&bytes);
        let _ = parse_signature(&bytes);
    }
}
