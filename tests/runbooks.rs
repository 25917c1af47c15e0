//! `qd runbooks` as other programs call it.

#![allow(clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn qd(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_qd"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .output()
        .expect("the binary starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(out: &Output) -> serde_json::Value {
    serde_json::from_slice(&out.stdout).unwrap_or_else(|cause| panic!("{cause}: {}", text(&out.stdout)))
}

const PAGE: &str = "# Disk is full\n\n1. Look:\n\n   ```console\n   $ df -h <mount point>\n   Filesystem  Size\n   ```\n\n```yaml\na: 1\n```\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("disk.md"), PAGE).expect("a page");
    fs::write(folder.path().join("bad.md"), b"\xff").expect("a page that is no text");
    folder
}

#[test]
fn blocks_have_lines_commands_placeholders_and_the_hash_of_their_text() {
    let folder = folder();
    let out = qd(folder.path(), &["runbooks", "blocks", "disk.md", "--json"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let blocks = json(&out);
    let first = &blocks["blocks"][0];
    assert_eq!(
        (first["start_line"].as_u64(), first["end_line"].as_u64()),
        (Some(5), Some(8))
    );
    assert_eq!(first["runnable"], "yes");
    assert_eq!(first["commands"], serde_json::json!(["df -h <mount point>"]));
    assert_eq!(first["placeholders"], serde_json::json!(["<mount point>"]));
    // printf '$ df -h <mount point>\nFilesystem  Size\n' | sha256sum
    assert_eq!(
        first["sha256"],
        "fc5c91ba00ab51f3f68b1070d7307321ba044e22506993dbf6c12053100dd48a"
    );
    assert_eq!(blocks["blocks"][1]["runnable"], "no");
    assert_eq!(blocks["blocks"][1]["commands"], serde_json::json!([]));
}

#[test]
fn a_page_is_shown_at_the_width_that_was_asked_for() {
    let folder = folder();
    let out = qd(folder.path(), &["runbooks", "show", "disk.md", "--width", "20"]);
    let shown = text(&out.stdout);
    assert_eq!(out.status.code(), Some(0));
    assert!(shown.lines().all(|line| line.chars().count() <= 20), "{shown}");
    assert!(shown.contains("▶ 1 console"), "{shown}");
}

#[test]
fn a_page_that_cannot_be_read_is_named_and_does_not_hide_the_others() {
    let folder = folder();
    let out = qd(folder.path(), &["runbooks", "ls", "--path", ".", "--json"]);
    let document = json(&out);
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(document["runbooks"][0]["title"], "Disk is full");
    assert_eq!(document["runbooks"][0]["reviewed_on"], serde_json::Value::Null);
    assert!(
        document["failures"][0]["cause"]
            .as_str()
            .is_some_and(|cause| cause.contains("UTF-8"))
    );
    assert!(text(&out.stderr).contains("bad.md"));
}

#[test]
fn search_finds_pages_with_every_word() {
    let folder = folder();
    let out = qd(
        folder.path(),
        &["runbooks", "search", "DISK", "mount", "--path", ".", "--json"],
    );
    let document = json(&out);
    assert_eq!(document["hits"][0]["name"], "disk.md");
    assert_eq!(document["hits"][0]["line"], 1);
    let none = qd(
        folder.path(),
        &["runbooks", "search", "disk", "absent", "--path", ".", "--json"],
    );
    assert_eq!(json(&none)["hits"], serde_json::json!([]));
}

#[test]
fn what_is_missing_is_said_with_its_exit_code() {
    let folder = folder();
    for (args, code) in [
        (&["runbooks", "show", "absent.md"][..], 1),
        (&["runbooks", "ls"][..], 2),
        (&["runbooks", "show", "absent", "--path", "."][..], 5),
        (&["runbooks", "show", "disk.md", "--width", "0"][..], 2),
    ] {
        let out = qd(folder.path(), args);
        assert_eq!(out.status.code(), Some(code), "{args:?}: {}", text(&out.stderr));
        assert!(out.stdout.is_empty());
        assert!(!out.stderr.is_empty());
    }
}
