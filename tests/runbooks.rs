//! `qd runbooks` as other programs call it.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use quarterdeck::recording::{DeviceKey, End, Header, Writer};

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
        (&["runbooks", "show", "absent.md"][..], 5),
        (&["runbooks", "show", "/absent.md"][..], 1),
        (&["runbooks", "show", "absent", "--path", "."][..], 5),
        (&["runbooks", "show", "disk.md", "--width", "0"][..], 2),
    ] {
        let out = qd(folder.path(), args);
        assert_eq!(out.status.code(), Some(code), "{args:?}: {}", text(&out.stderr));
        assert!(out.stdout.is_empty());
        assert!(!out.stderr.is_empty());
    }
}

#[test]
fn what_comes_with_the_program_is_there_without_any_folder() {
    let folder = folder();
    let listed = qd(folder.path(), &["runbooks", "ls"]);
    assert_eq!(listed.status.code(), Some(0), "{}", text(&listed.stderr));
    assert!(text(&listed.stdout).contains("costs/gp2-to-gp3.md"));
    let shown = qd(folder.path(), &["runbooks", "show", "costs/gp2-to-gp3"]);
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
}

#[test]
fn check_names_file_and_line_and_fails_on_errors_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a page");
    write("a.md", "# A\n\n```sh\nrm -rf /var/x\n```\n");
    let warned = qd(folder.path(), &["runbooks", "check", "."]);
    assert_eq!(warned.status.code(), Some(0), "{}", text(&warned.stderr));
    assert!(
        text(&warned.stdout).starts_with("./a.md:3: warning: `rm -rf /var/x`"),
        "{}",
        text(&warned.stdout)
    );
    let strict = qd(folder.path(), &["runbooks", "check", ".", "--strict"]);
    assert_eq!(strict.status.code(), Some(1));
    write(
        "b.md",
        "---\ntitle: x: y\n---\n# B\n\n[gone](nowhere.md)\n\n```sh\nid\n",
    );
    let failed = qd(folder.path(), &["runbooks", "check", ".", "--json"]);
    assert_eq!(failed.status.code(), Some(1));
    let report = json(&failed);
    let found: Vec<_> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|finding| (finding["line"].as_u64(), finding["rule"].as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (Some(3), Some("danger")),
            (Some(2), Some("front-matter")),
            (Some(6), Some("link")),
            (Some(8), Some("fence"))
        ]
    );
    assert_eq!(report["relative_links"], 1);
    assert_eq!(report["broken_links"], 1);
    let absent = qd(folder.path(), &["runbooks", "check", "absent"]);
    assert_eq!(absent.status.code(), Some(1));
    assert!(text(&absent.stdout).contains("unreadable"));
}

#[test]
fn a_new_page_is_sound_and_writes_over_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for template in ["alert", "task", "checklist"] {
        let title = format!("Disk: \"full\" ({template})");
        let made = qd(
            folder.path(),
            &["runbooks", "new", &title, "--template", template],
        );
        assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
        let again = qd(
            folder.path(),
            &["runbooks", "new", &title, "--template", template],
        );
        assert_eq!(again.status.code(), Some(1));
        assert!(text(&again.stderr).contains("there already"));
    }
    assert!(folder.path().join("disk-full-alert.md").is_file());
    let checked = qd(folder.path(), &["runbooks", "check", ".", "--strict"]);
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stdout));
    let shown = qd(folder.path(), &["runbooks", "new", "X", "--output", "-"]);
    assert!(text(&shown.stdout).contains("# X\n"));
}

#[test]
fn two_of_one_name_and_what_is_no_text_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    for team in ["pay", "web"] {
        fs::create_dir(folder.path().join(team)).expect("a folder");
        fs::write(folder.path().join(team).join("disk.md"), "# Disk\n").expect("a page");
    }
    let out = qd(folder.path(), &["runbooks", "show", "Disk", "--path", "."]);
    assert_eq!(out.status.code(), Some(2));
    assert!(
        text(&out.stderr).contains("./pay/disk.md, ./web/disk.md"),
        "{}",
        text(&out.stderr)
    );
    fs::write(folder.path().join("zero.md"), b"a\0b").expect("a file");
    let binary = qd(folder.path(), &["runbooks", "show", "zero.md"]);
    assert_eq!(binary.status.code(), Some(1));
    assert!(text(&binary.stderr).contains("zero bytes"));
}

#[test]
fn five_megabytes_of_markdown_are_shown_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = "- [ ] a word, `code` and **more** of it\n";
    let page = format!("# Long\n\n{}", line.repeat(5_000_000 / line.len()));
    fs::write(folder.path().join("long.md"), &page).expect("a page");
    let out = qd(folder.path(), &["runbooks", "show", "long.md", "--width", "80"]);
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(
        text(&out.stdout).matches("a word").count(),
        5_000_000 / line.len()
    );
    let blocks = qd(folder.path(), &["runbooks", "blocks", "long.md", "--json"]);
    assert_eq!(json(&blocks)["blocks"], serde_json::json!([]));
    let ls = qd(folder.path(), &["runbooks", "ls", "--path", "."]);
    assert_eq!(ls.status.code(), Some(1));
    assert!(text(&ls.stderr).contains("up to 4 MiB"), "{}", text(&ls.stderr));
}

#[test]
fn a_page_of_a_checkout_tells_its_branch_and_last_commit() {
    let folder = tempfile::tempdir().expect("a folder");
    let git = |args: &[&str]| {
        let run = Command::new("git")
            .args([
                "-c",
                "user.name=Mara",
                "-c",
                "user.email=m@example.org",
                "-c",
                "init.defaultBranch=main",
            ])
            .args(args)
            .current_dir(folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output();
        run.is_ok_and(|out| out.status.success())
    };
    if !git(&["init", "-q"]) {
        eprintln!("skipped: git is absent");
        return;
    }
    fs::write(folder.path().join("a.md"), "# A\n").expect("a page");
    assert!(git(&["add", "."]) && git(&["commit", "-qm", "one"]));
    let path = std::env::var("PATH").unwrap_or_default();
    let ls = |path: &str| {
        Command::new(env!("CARGO_BIN_EXE_qd"))
            .args(["runbooks", "ls", "--path", ".", "--json"])
            .current_dir(folder.path())
            .env_clear()
            .env("HOME", folder.path())
            .env("PATH", path)
            .output()
            .expect("the binary starts")
    };
    let listed = json(&ls(&path));
    assert_eq!(listed["runbooks"][0]["branch"], "main");
    assert_eq!(listed["runbooks"][0]["changed_by"], "Mara");
    let without = ls("");
    assert_eq!(without.status.code(), Some(0));
    assert_eq!(json(&without)["runbooks"][0]["branch"], serde_json::Value::Null);
    assert!(
        text(&without.stderr).contains("git program"),
        "{}",
        text(&without.stderr)
    );
}

#[test]
fn the_commands_of_a_recording_become_a_draft_without_prompts_output_or_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let key = DeviceKey::load_or_create(&data).unwrap();
    let header = Header {
        target_name: Some("web-01".into()),
        reason: Some("INC-7 disk".into()),
        ..Header::new("shell", (80, 24))
    };
    let id = header.id.to_string();
    let mut writer = Writer::create(&data, header, &key).unwrap();
    let commands = [
        "df -h",
        "mysql -h db --password=hunter2secret -e status",
        "systemctl restart app",
        "exit",
    ];
    for (nth, command) in (1..).zip(commands) {
        let shown = format!(
            "\x1b]133;A\x07web $ \x1b]133;B\x07{command}\r\n\x1b]133;C\x07said by it\r\n\x1b]133;D;{}\x07",
            nth % 2
        );
        writer.output(nth * 1_000_000, shown.as_bytes()).unwrap();
    }
    writer.end(9_000_000, End::default()).unwrap();
    let args = [
        "--data-dir",
        "data",
        "runbooks",
        "new",
        "What I did",
        "--from-recording",
        &id,
        "--output",
        "-",
    ];
    let new = qd(folder.path(), &args);
    assert_eq!(new.status.code(), Some(0), "{}", text(&new.stderr));
    let draft = text(&new.stdout);
    assert!(draft.contains("- Run on: web-01\n"), "{draft}");
    assert!(draft.contains("sh {kind=check}\n   df -h\n"), "{draft}");
    assert!(
        draft.contains("sh {kind=do}\n   systemctl restart app\n"),
        "{draft}"
    );
    assert!(draft.contains("exit code 1"), "{draft}");
    assert!(
        !draft.contains("said by it") && !draft.contains("web $"),
        "{draft}"
    );
    assert!(!draft.contains("hunter2secret"), "{draft}");
    assert!(draft.contains("--password=\"$password\" -e status"), "{draft}");
    assert!(draft.contains("  password: {secret: ask}\n"), "{draft}");
    assert!(!draft.contains("\n   exit\n"), "{draft}");
}

#[test]
fn a_dry_run_says_which_steps_are_perhaps_no_commands() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("a.md"),
        "# A\n\n```\nuptime\n```\n\n```sh\ndf -h\n```\n",
    )
    .unwrap();
    let dry = qd(folder.path(), &["runbooks", "run", "a.md", "--dry-run"]);
    let told = text(&dry.stdout);
    assert_eq!(told.matches("   maybe: nothing says").count(), 1, "{told}");
    assert!(told.find("maybe:") < told.find("df -h"), "{told}");
}
