//! What somebody with a text editor and this data directory would try, so that everything says ok. The program may run
//! for them too; only the device key of another is out of their reach.

use super::*;
use std::time::{Duration, SystemTime};

/// A recording that the log tells of, older than the moment in which its line may still come.
fn logged(person: &Person) -> (String, PathBuf) {
    let (id, path) = person.record();
    person.done(&["audit", "checkpoint"], "");
    age(&path);
    (id, path)
}

fn age(path: &Path) {
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(hour_ago).unwrap();
}

fn copy_dir(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = (
            entry.as_ref().unwrap().path(),
            to.join(entry.unwrap().file_name()),
        );
        match from.is_dir() {
            true => copy_dir(&from, &to),
            false => drop(std::fs::copy(&from, &to).unwrap()),
        }
    }
}

fn refused(person: &Person, args: &[&str], because: &str) {
    let (code, out, err) = person.qd(args);
    assert_eq!(code, 4, "{args:?}: {out}{err}");
    assert!(format!("{out}{err}").contains(because), "{args:?}: {out}{err}");
}

#[test]
fn a_level_that_was_written_by_hand_counts_for_nothing() {
    let mara = Person::new();
    let (id, path) = logged(&mara);
    let (size, sha256) = quarterdeck::recording::evidence::fingerprint(&path).unwrap();
    for level in ["uploaded", "locked", "correlated", "witnessed"] {
        let line = serde_json::json!({"level": level, "at": "2026-05-01T00:00:00Z", "size": size, "sha256": sha256,
            "detail": {}, "noted": {"device_key": "00".repeat(32), "signature": "00".repeat(64)}});
        std::fs::write(path.with_extension("evidence"), format!("{line}\n")).unwrap();
        let listed = mara.json(&["recordings", "ls"]).1;
        assert_eq!(listed["recordings"][0]["evidence"], "local", "{level}");
        assert_eq!(mara.json(&["recordings", "verify", &id]).1["evidence"], "local");
    }
}

#[test]
fn what_was_sealed_is_not_cut_and_closed_again() {
    let mara = Person::new();
    let (id, path) = logged(&mara);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 30]).unwrap();
    refused(&mara, &["recordings", "verify", &id], "torn");
    refused(&mara, &["recordings", "recover", &id], "it was altered since");
    refused(&mara, &["audit", "verify"], "is not the file that was sealed");
    // Where nothing but the trailer is missing, there is one way to close it.
    std::fs::write(&path, &whole[..whole.len() - 22]).unwrap();
    mara.done(&["recordings", "recover", &id], "");
    assert!(std::fs::read(&path).unwrap() == whole);
    mara.done(&["recordings", "verify", &id], "");
    std::fs::write(&path, &whole[..whole.len() - 30]).unwrap();
    // With a program that asks no log.
    let audit = mara.data().join("audit");
    std::fs::rename(&audit, mara.data().join("aside")).unwrap();
    let key = DeviceKey::load_or_create(&mara.data()).unwrap();
    quarterdeck::recording::recover(&path, &key).unwrap();
    std::fs::rename(mara.data().join("aside"), &audit).unwrap();
    refused(&mara, &["recordings", "verify", &id], "put in its place");
    let event = quarterdeck::recording::sealing_event(quarterdeck::audit::Kind::RecordingRecovered, &path);
    Log::open(&mara.data()).unwrap().append(event.unwrap()).unwrap();
    refused(&mara, &["recordings", "verify", &id], "put in its place");
    refused(&mara, &["audit", "verify"], "is not the file that was sealed");
}

#[test]
fn a_recording_that_is_gone_is_missed_and_one_that_expired_is_not() {
    let mara = Person::new();
    let (id, path) = logged(&mara);
    mara.done(&["audit", "verify"], "");
    std::fs::rename(&path, path.with_extension("away")).unwrap();
    refused(&mara, &["audit", "verify"], &format!("recording {id} is gone"));
    let expired = Event {
        sid: Some(id.parse().unwrap()),
        ..Event::new(quarterdeck::audit::Kind::RecordingExpired, Actor::local())
    };
    Log::open(&mara.data()).unwrap().append(expired).unwrap();
    let says = mara.done(&["audit", "verify"], "");
    assert!(
        says.contains("recordings on it: 1; here as they were sealed: 0, expired: 1"),
        "{says}"
    );
}

#[test]
fn a_log_of_yesterday_is_betrayed_by_the_recordings_of_today() {
    let mara = Person::new();
    logged(&mara);
    let (audit, aside) = (mara.data().join("audit"), mara.dir.path().join("yesterday"));
    copy_dir(&audit, &aside);
    let (id, _) = logged(&mara);
    copy_dir(&aside, &audit);
    refused(
        &mara,
        &["audit", "verify"],
        &format!("recording {id} is sealed by this device"),
    );
    std::fs::remove_dir_all(&audit).unwrap();
    refused(&mara, &["audit", "verify"], "and 1 more is sealed by this device");
}

#[test]
fn a_log_and_keys_that_are_new_are_betrayed_by_the_recordings_of_before() {
    let mara = Person::new();
    let (id, _) = logged(&mara);
    std::fs::remove_dir_all(mara.data().join("audit")).unwrap();
    std::fs::remove_dir_all(mara.data().join("keys")).unwrap();
    let says = format!("recording {id} is sealed by another device");
    refused(&mara, &["audit", "verify"], &says);
    logged(&mara);
    refused(&mara, &["audit", "verify"], &says);
}

#[test]
fn one_that_was_killed_and_deleted_is_missed() {
    use std::io::BufRead;
    let mara = Person::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_qd"))
        .args(["rec", "--data-dir"])
        .arg(mara.data())
        .args(["--", "/bin/sh", "-c", "echo begun; read never"])
        .env_clear()
        .env("HOME", mara.dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "begun\n");
    child.kill().unwrap();
    child.wait().unwrap();
    mara.done(&["audit", "verify"], "");
    let torn = mara.json(&["recordings", "ls"]).1["recordings"][0]["path"].clone();
    std::fs::remove_file(torn.as_str().unwrap()).unwrap();
    refused(&mara, &["audit", "verify"], "began here");
}

#[test]
fn a_recording_of_another_house_is_named_as_such() {
    let (mara, bob) = (Person::new(), Person::new());
    let (id, path) = logged(&bob);
    let (_, beside) = logged(&mara);
    let foreign = beside.with_file_name(path.file_name().unwrap());
    std::fs::copy(&path, &foreign).unwrap();
    age(&foreign);
    let rests_on = || mara.json(&["recordings", "verify", &id]).1["rests_on"][0].to_string();
    assert!(rests_on().contains("another device"), "{}", rests_on());
    refused(
        &mara,
        &["audit", "verify"],
        &format!("recording {id} is sealed by another device"),
    );
    // No checkpoint makes it hers.
    let (_, _, told) = mara.qd(&["audit", "checkpoint"]);
    assert!(told.contains(&format!("{id} is not put on the log")), "{told}");
    assert!(rests_on().contains("does not tell of it"), "{}", rests_on());
    // Under the name of one of hers.
    std::fs::copy(&path, &beside).unwrap();
    refused(
        &mara,
        &["recordings", "verify", beside.to_str().unwrap()],
        "under the name of another",
    );
    let python = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/verify.py"))
        .arg(&beside)
        .output();
    if let Ok(python) = python {
        let says = String::from_utf8_lossy(&python.stdout);
        assert!(
            python.status.code() == Some(4) && says.contains("under the name of another"),
            "{says}"
        );
    }
}

#[test]
fn a_file_elsewhere_is_not_taken_for_the_one_that_the_log_tells_of() {
    let mara = Person::new();
    let (id, path) = logged(&mara);
    let elsewhere = mara.dir.path().join(path.file_name().unwrap());
    std::fs::rename(&path, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    mara.done(&["recordings", "verify", &id], "");
    // Cut to what is signed, and closed again by a program that asks no log.
    let whole = std::fs::read(&elsewhere).unwrap();
    std::fs::write(&elsewhere, &whole[..whole.len() - 30]).unwrap();
    let key = DeviceKey::load_or_create(&mara.data()).unwrap();
    quarterdeck::recording::recover(&elsewhere, &key).unwrap();
    refused(&mara, &["recordings", "verify", &id], "put in its place");
    refused(
        &mara,
        &["recordings", "verify", elsewhere.to_str().unwrap()],
        "put in its place",
    );
}

#[test]
fn names_that_were_exchanged_are_found() {
    let mara = Person::new();
    let ((_, one), (_, other)) = (logged(&mara), logged(&mara));
    let aside = one.with_extension("aside");
    for (from, to) in [(&one, &aside), (&other, &one), (&aside, &other)] {
        std::fs::rename(from, to).unwrap();
    }
    refused(
        &mara,
        &["audit", "verify"],
        "and 1 more is not the file that was sealed",
    );
}

#[test]
fn a_manifest_beside_a_recording_does_not_speak_for_it() {
    let mara = Person::new();
    let (source, _) = logged(&mara);
    let (id, path) = logged(&mara);
    let bytes = std::fs::read(&path).unwrap();
    mara.done(
        &[
            "recordings",
            "export",
            &source,
            "--format",
            "raw",
            "--output",
            path.to_str().unwrap(),
        ],
        "",
    );
    assert_ne!(std::fs::read(&path).unwrap(), bytes);
    refused(&mara, &["recordings", "verify", &id], "not");
}
