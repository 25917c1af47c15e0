//! `qd recordings` as scripts see it: documents, exit codes, and the audit events that reading leaves.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn qd(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
    for name in [
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
        "XDG_STATE_HOME",
        "HOME",
    ] {
        command.env(name, dir.join("home"));
    }
    command
        .arg("--data-dir")
        .arg(dir.join("data"))
        .arg("recordings")
        .args(args)
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn import(dir: &Path) -> Value {
    let cast = dir.join("one.cast");
    let text = "{\"version\":2,\"width\":80,\"height\":24}\n[0.5,\"o\",\"caf\\u00e9\\r\\n\\u009b31mred\"]\n";
    std::fs::write(&cast, text).unwrap();
    json(&qd(dir, &["import", "--json", cast.to_str().unwrap()]))
}

fn audited(dir: &Path) -> String {
    let days = std::fs::read_dir(dir.join("data/audit")).unwrap();
    let files = days
        .map(|day| day.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "jsonl"));
    files.map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn what_is_imported_is_listed_shown_verified_and_exported() {
    let dir = tempfile::tempdir().unwrap();
    let made = import(dir.path());
    let id = made["id"].as_str().unwrap();
    let listed = json(&qd(dir.path(), &["ls", "--json"]));
    let row = &listed["recordings"][0];
    for name in ["session_id", "target", "account", "region", "actor", "reason"] {
        assert!(row.get(name).is_some_and(Value::is_null), "{name}: {row}");
    }
    assert_eq!(row["name"], "one.cast");
    assert_eq!(
        (row["id"].as_str(), row["state"].as_str()),
        (Some(id), Some("sealed"))
    );
    assert_eq!(
        (&row["duration_ms"], &row["path"]),
        (&Value::from(500), &made["path"])
    );
    let shown = json(&qd(dir.path(), &["show", &id[..14], "--json"]));
    assert_eq!(
        (&shown["cols"], &shown["events"]),
        (&Value::from(80), &Value::from(2))
    );
    let verdict = qd(dir.path(), &["verify", id, "--json"]);
    assert_eq!(
        (verdict.status.code(), &json(&verdict)["ok"]),
        (Some(0), &Value::Bool(true))
    );
    assert_eq!(
        qd(dir.path(), &["export", id, "--format", "raw"]).stdout,
        "café\r\n\u{9b}31mred".as_bytes()
    );
    assert_eq!(qd(dir.path(), &["play", id]).stdout, "café\n31mred\n".as_bytes());
    let cast = String::from_utf8(qd(dir.path(), &["export", id]).stdout).unwrap();
    assert!(
        cast.starts_with("{\"version\":3,") && cast.contains("\\u009b31m"),
        "{cast}"
    );
    let events = audited(dir.path());
    for name in [
        "session.recording.imported",
        "session.recording.exported",
        "session.recording.access",
    ] {
        assert!(events.contains(name), "{name} is not in the audit log");
    }
}

#[test]
fn a_page_is_called_by_the_casts_own_title_before_its_files_name() {
    let dir = tempfile::tempdir().unwrap();
    for (title, wanted) in [
        ("", "two.cast"),
        (",\"title\":\"How it <broke>\"", "How it &lt;broke&gt;"),
    ] {
        let cast = dir.path().join("two.cast");
        let text = format!("{{\"version\":2,\"width\":80,\"height\":24{title}}}\n[0.5,\"o\",\"x\"]\n");
        std::fs::write(&cast, text).unwrap();
        let made = json(&qd(dir.path(), &["import", "--json", cast.to_str().unwrap()]));
        let page = qd(
            dir.path(),
            &["export", made["id"].as_str().unwrap(), "--format", "html"],
        );
        let page = String::from_utf8(page.stdout).unwrap();
        let shown = page.split("<title>").nth(1).unwrap().split("</title>").next();
        assert!(shown.unwrap().contains(wanted), "{shown:?}");
    }
}

#[test]
fn failures_have_their_exit_codes() {
    let dir = tempfile::tempdir().unwrap();
    let made = import(dir.path());
    let path = made["path"].as_str().unwrap();
    assert_eq!(qd(dir.path(), &["verify", "ffffffff"]).status.code(), Some(5));
    let broken = dir.path().join("broken.cast");
    std::fs::write(&broken, "{\"version\":2,\"width\":80,\"height\":24}\nlol!\n").unwrap();
    let refused = qd(dir.path(), &["import", broken.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    let says = String::from_utf8(refused.stderr).unwrap();
    assert!(says.contains("broken.cast, line 2"), "{says}");
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 4;
    std::fs::write(path, bytes).unwrap();
    let verdict = qd(dir.path(), &["verify", path, "--json"]);
    assert_eq!(verdict.status.code(), Some(4));
    assert!(json(&verdict)["first_bad_offset"].as_u64().unwrap() <= at as u64);
}

#[test]
fn content_stays_closed_when_its_reading_cannot_be_audited() {
    let dir = tempfile::tempdir().unwrap();
    let made = import(dir.path());
    let audit = dir.path().join("data/audit");
    std::fs::remove_dir_all(&audit).unwrap();
    std::fs::write(&audit, "not a directory").unwrap();
    for verb in ["play", "export"] {
        let refused = qd(dir.path(), &[verb, made["id"].as_str().unwrap()]);
        assert_eq!(
            (refused.status.code(), refused.stdout.len()),
            (Some(1), 0),
            "{verb}"
        );
    }
}
