//! The audit log among several processes: they append at once, they are killed at any point, and a second person
//! witnesses what they wrote.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "audit/hostile.rs"]
mod hostile;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use quarterdeck::audit::{Actor, Event, Kind, Log, Range};
use quarterdeck::recording::{DeviceKey, End, Header, Writer};
use rand::{RngExt, SeedableRng, rngs::StdRng};

const WRITES_TO: &str = "QD_TEST_AUDIT_WRITES_TO";

/// Not a test by itself: the body of a process that appends until it is killed, telling of each event that is logged.
#[test]
fn append_until_killed() {
    let Some(dir) = std::env::var_os(WRITES_TO) else {
        return;
    };
    let log = Log::open(Path::new(&dir)).unwrap();
    let key = DeviceKey::load_or_create(Path::new(&dir)).unwrap();
    for n in 0u64.. {
        let receipt = log
            .append(Event::new(Kind::SessionCommand, Actor::local()).with("n", n))
            .unwrap();
        println!("logged {}", receipt.uid);
        if n % 4 == 3 {
            log.checkpoint(&key, Actor::local()).unwrap();
        }
    }
}

fn writer(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["append_until_killed", "--exact", "--nocapture"])
        .env(WRITES_TO, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn killed_at_any_point_the_log_verifies_and_keeps_all_that_was_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut random = StdRng::seed_from_u64(7);
    let mut told: Vec<String> = Vec::new();
    for _ in 0..6 {
        let mut children: Vec<Child> = (0..3).map(|_| writer(dir.path())).collect();
        // A random moment of work, counted in events and not in time.
        let mut left = random.random_range(1..60);
        let mut outputs: Vec<_> = children
            .iter_mut()
            .map(|child| std::io::BufReader::new(child.stdout.take().unwrap()))
            .collect();
        while left > 0 {
            let mut line = String::new();
            std::io::BufRead::read_line(&mut outputs[left % 3], &mut line).unwrap();
            if let Some(uid) = line.trim().strip_prefix("logged ") {
                told.push(uid.to_owned());
                left -= 1;
            }
        }
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        // What they told before they died counts too; a last line may be cut.
        for output in outputs {
            let text = std::io::read_to_string(output).unwrap_or_default();
            let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            told.extend(
                whole
                    .filter_map(|line| line.trim().strip_prefix("logged "))
                    .map(str::to_owned),
            );
        }
        let log = Log::open(dir.path()).unwrap();
        log.append(Event::new(Kind::SessionEnd, Actor::local())).unwrap();
        let verdict = log.verify().unwrap();
        assert!(verdict.ok, "{verdict:?}");
    }
    let log = Log::open(dir.path()).unwrap();
    let kept: std::collections::HashSet<String> = log
        .read(Range::default())
        .unwrap()
        .map(|entry| entry.unwrap().uid)
        .collect();
    assert!(told.len() > 30 && told.iter().all(|uid| kept.contains(uid)));
}

/// One person's machine.
struct Person {
    dir: tempfile::TempDir,
}

impl Person {
    fn new() -> Person {
        Person {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn qd(&self, args: &[&str]) -> (i32, String, String) {
        self.qd_with(args, "")
    }

    fn qd_with(&self, args: &[&str], input: &str) -> (i32, String, String) {
        use std::io::Write;
        let mut child = Command::new(env!("CARGO_BIN_EXE_qd"))
            .args(args)
            .arg("--data-dir")
            .arg(self.data())
            .env_clear()
            .env("HOME", self.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    fn done(&self, args: &[&str], input: &str) -> String {
        let (code, out, err) = self.qd_with(args, input);
        assert_eq!(code, 0, "{args:?}: {err}");
        out
    }

    fn json(&self, args: &[&str]) -> (i32, serde_json::Value) {
        let (code, out, err) = self.qd(&[args, &["--json"]].concat());
        (
            code,
            serde_json::from_str(&out).unwrap_or_else(|_| panic!("{args:?}: {out}{err}")),
        )
    }

    /// A sealed recording that the log does not tell of, as after a crash.
    fn record(&self) -> (String, PathBuf) {
        let key = DeviceKey::load_or_create(&self.data()).unwrap();
        let header = Header::new("local", (80, 24));
        let id = header.id.to_string();
        let mut writer = Writer::create(&self.data(), header, &key).unwrap();
        writer.output(1, b"hello\r\n").unwrap();
        (id, writer.end(2, End::default()).unwrap().path)
    }

    fn trust(&self, witness: &Person) {
        let keys = witness.json(&["audit", "key", "--name", "bob"]).1;
        let config = self.dir.path().join(".config/quarterdeck");
        std::fs::create_dir_all(&config).unwrap();
        let text = format!("[audit]\nwitnesses = [{}]\n", keys["witness"]);
        std::fs::write(config.join("config.toml"), text).unwrap();
    }
}

#[test]
fn a_second_person_raises_a_recording_to_witnessed() {
    let (mara, bob) = (Person::new(), Person::new());
    mara.trust(&bob);
    let (id, path) = mara.record();
    let (code, before) = mara.json(&["recordings", "verify", &id]);
    assert_eq!((code, &before["evidence"]), (0, &"local".into()));
    assert!(before["raised_by"].as_str().unwrap().contains("qd audit witness"));

    let checkpoint = mara.done(&["audit", "checkpoint"], "");
    let cosigned = bob.done(&["audit", "witness", "-"], &checkpoint);
    let says = mara.done(&["audit", "checkpoint", "--add", "-"], &cosigned);
    assert!(
        says.contains("cosigned by bob; recordings newly witnessed: 1"),
        "{says}"
    );
    let (code, after) = mara.json(&["recordings", "verify", &id]);
    assert_eq!((code, &after["evidence"]), (0, &"witnessed".into()));
    assert!(
        after["rests_on"][1]
            .as_str()
            .unwrap()
            .starts_with("witnessed: cosigned by bob")
    );
    let (_, listed) = mara.json(&["recordings", "ls"]);
    assert_eq!(listed["recordings"][0]["evidence"], "witnessed");

    // The next checkpoint brings the proof that the log only grew, and proofs are not doubled.
    let checkpoint = mara.done(&["audit", "checkpoint"], "");
    let cosigned = bob.done(&["audit", "witness", "-"], &checkpoint);
    let says = mara.done(&["audit", "checkpoint", "--add", "-"], &cosigned);
    assert!(says.contains("recordings newly witnessed: 0"), "{says}");
    assert_eq!(mara.json(&["audit", "verify"]).0, 0);

    // Another recording in its place, sealed by the same device.
    let (_, other) = mara.record();
    let (evidence, kept) = (path.with_extension("evidence"), std::fs::read(&path).unwrap());
    std::fs::copy(&other, &path).unwrap();
    let (code, swapped) = mara.json(&["recordings", "verify", &id]);
    assert_eq!((code, &swapped["evidence"]), (4, &"local".into()));
    assert!(
        swapped["says"]
            .as_str()
            .unwrap()
            .ends_with("under the name of another")
    );
    let (code, _, err) = mara.qd(&["audit", "verify"]);
    assert!(
        code == 4 && err.contains(&format!("recording {id} is gone")),
        "{err}"
    );
    std::fs::write(&path, &kept).unwrap();
    // A forged proof: the tree index of another leaf.
    let text = std::fs::read_to_string(&evidence).unwrap();
    std::fs::write(&evidence, text.replace("\"index\":", "\"index\":1")).unwrap();
    let (code, forged) = mara.json(&["recordings", "verify", &id]);
    assert_eq!((code, &forged["evidence"]), (4, &"local".into()));
    assert!(forged["says"].as_str().unwrap().contains("forged"));
}

#[test]
fn a_log_that_was_begun_again_is_refused_by_who_saw_the_old_one() {
    let (mara, bob) = (Person::new(), Person::new());
    for _ in 0..3 {
        Log::open(&mara.data())
            .unwrap()
            .append(Event::new(Kind::SessionEnd, Actor::local()))
            .unwrap();
    }
    let checkpoint = mara.done(&["audit", "checkpoint"], "");
    let old = mara.dir.path().join("old.checkpoint");
    std::fs::write(&old, &checkpoint).unwrap();
    bob.done(&["audit", "witness", "-"], &checkpoint);
    let old = old.to_str().unwrap();
    assert_eq!(mara.qd(&["audit", "verify", "--checkpoint", old]).0, 0);

    // The same key, and a history of the operator's making.
    std::fs::remove_dir_all(mara.data().join("audit")).unwrap();
    let (code, _, err) = bob.qd_with(
        &["audit", "witness", "-"],
        &mara.done(&["audit", "checkpoint"], ""),
    );
    assert!(
        code == 4 && err.contains("rolled back: it had 3 leaves"),
        "{code} {err}"
    );
    assert_eq!(mara.qd(&["audit", "verify"]).0, 0, "it is a log by itself");
    let (code, _, err) = mara.qd(&["audit", "verify", "--checkpoint", old]);
    assert!(code == 4 && err.contains("the log was cut"), "{code} {err}");
    for _ in 0..5 {
        mara.done(&["audit", "checkpoint"], "");
    }
    let forked = mara.done(&["audit", "checkpoint", "--since", "3"], "");
    let (code, _, err) = bob.qd_with(&["audit", "witness", "-"], &forked);
    assert!(
        code == 4 && err.contains("did not grow from the 3 leaves"),
        "{code} {err}"
    );
    let (code, _, err) = mara.qd(&["audit", "verify", "--checkpoint", old]);
    assert!(code == 4 && err.contains("rewritten"), "{code} {err}");
    let tampers = bob.done(
        &["audit", "ls", "--event", "session.integrity.tamper", "--json"],
        "",
    );
    assert_eq!(tampers.lines().count(), 2);
}

#[test]
fn a_proof_is_checked_by_who_has_nothing_else() {
    let (mara, auditor) = (Person::new(), Person::new());
    let (id, _) = mara.record();
    mara.done(&["audit", "checkpoint"], "");
    let proof = mara.done(&["audit", "prove", &id[..30]], "");
    let says = auditor.done(&["audit", "verify", "--proof", "-"], &proof);
    assert!(says.starts_with(&format!("recording {id}, ")), "{says}");
    let key = mara.json(&["audit", "key"]).1["log"].as_str().unwrap().to_owned();
    auditor.done(&["audit", "verify", "--proof", "-", "--key", &key], &proof);
    let foreign = auditor.json(&["audit", "key"]).1["log"]
        .as_str()
        .unwrap()
        .to_owned();
    let refused = |args: &[&str], proof: &str| auditor.qd_with(args, proof).0;
    assert_eq!(
        refused(&["audit", "verify", "--proof", "-", "--key", &foreign], &proof),
        4
    );
    let other = proof.replace(&id[..8], "00000000");
    assert_eq!(refused(&["audit", "verify", "--proof", "-"], &other), 4);
    assert_eq!(mara.qd(&["audit", "prove", "ffffffff"]).0, 5);

    // An event by its uid: one that no checkpoint covers yet gets a new one.
    let last = mara.done(&["audit", "ls", "--json"], "");
    let last: serde_json::Value = serde_json::from_str(last.lines().last().unwrap()).unwrap();
    let proof = mara.done(&["audit", "prove", last["uid"].as_str().unwrap()], "");
    assert!(
        auditor
            .done(&["audit", "verify", "--proof", "-"], &proof)
            .starts_with("the event with SHA-256 ")
    );
}

#[test]
fn a_follower_sees_the_last_events_and_each_that_comes() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path()).unwrap();
    let say = |n: u64| {
        log.append(Event::new(Kind::SessionCommand, Actor::local()).with("n", n))
            .unwrap();
    };
    (0..5).for_each(say);
    let mut follower = Command::new(env!("CARGO_BIN_EXE_qd"))
        .args(["audit", "tail", "-n", "2", "--follow", "--json", "--data-dir"])
        .arg(dir.path())
        .env("HOME", dir.path())
        .env_remove("XDG_CONFIG_HOME")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(follower.stdout.take().unwrap()));
    let mut seen = lines.map(|line| {
        let event: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        event["body"]["n"].as_u64().unwrap()
    });
    assert_eq!([seen.next(), seen.next()], [Some(3), Some(4)]);
    say(5);
    assert_eq!(seen.next(), Some(5));
    say(6);
    assert_eq!(seen.next(), Some(6));
    follower.kill().unwrap();
    follower.wait().unwrap();
}
