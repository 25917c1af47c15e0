//! Runbooks of a bucket: found, run by their names, and read again where others have written another meanwhile.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod pty;

use std::fs;
use std::process::Output;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use pty::Terminal;
use pty::cloud::{Sim, shop};
use pty::home::Home;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(out: &Output) -> serde_json::Value {
    serde_json::from_slice(&out.stdout).unwrap_or_else(|cause| panic!("{cause}: {}", text(&out.stdout)))
}

/// As others write it, over what is there: our own client never does.
fn put(sim: &Sim, bucket: &str, objects: &[(&str, &str)]) {
    let account = &sim.line["accounts"][0];
    let field = |name: &str| account[name].as_str().unwrap_or_default().to_owned();
    let keys = Credentials::new(
        field("access_key_id"),
        field("secret_access_key"),
        None,
        None,
        "test",
    );
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(keys)
        .endpoint_url(sim.text("endpoint_url"))
        .force_path_style(true)
        .build();
    let client = aws_sdk_s3::Client::from_conf(config);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (key, text) in objects {
        let put = client.put_object().bucket(bucket).key(*key);
        let put = put.body(text.as_bytes().to_vec().into());
        runtime.block_on(put.send()).unwrap();
    }
}

#[test]
fn a_page_of_a_bucket_is_run_by_its_name() {
    const BUCKET: &str = "run-output-613489207754";
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    put(
        &sim,
        BUCKET,
        &[("books/far.md", "# From afar\n\n```sh\necho came from afar\n```\n")],
    );
    let path = format!("s3://{BUCKET}/books");
    for name in ["far", "From afar"] {
        let args = ["runbooks", "run", name, "--yes", "--path", &path];
        let ran = sim.qd(&home, &args).output().unwrap();
        assert_eq!(text(&ran.stdout), "came from afar\n", "{}", text(&ran.stderr));
    }
}

#[test]
fn the_console_runs_no_page_of_a_bucket_that_has_changed_since_it_was_read() {
    const BUCKET: &str = "run-output-613489207754";
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let page = |says: &str| format!("# From afar\n\n```sh\necho {says}\n```\n");
    put(&sim, BUCKET, &[("books/far.md", &page("one"))]);
    let config = home.path().join("config/quarterdeck");
    fs::create_dir_all(&config).unwrap();
    let paths = format!("[runbooks]\npaths = [\"s3://{BUCKET}/books\"]\n");
    fs::write(config.join("config.toml"), paths).unwrap();
    let mut terminal = Terminal::start(sim.console(&home, &[]), 120, 30);
    terminal.wait_for("us-east-1");
    terminal.expect("6", "Drain a node");
    terminal.expect("/From afar", "echo one");
    terminal.type_keys("<enter><enter>");
    terminal.wait_silence(Duration::from_secs(1));
    // While it is read, and while its form is: both are told.
    put(&sim, BUCKET, &[("books/far.md", &page("two"))]);
    terminal.expect("R", "changed in its bucket, read again");
    terminal.wait_for("echo two");
    terminal.expect("R", "Run From afar");
    terminal.wait_silence(Duration::from_secs(1));
    put(&sim, BUCKET, &[("books/far.md", &page("three"))]);
    terminal.expect("y", "nothing was run: From afar changed in its bucket");
    terminal.wait_for("echo three");
    drop(sim);
    terminal.expect("R", "it may have changed");
}

#[test]
fn a_bucket_and_the_documents_of_an_account_are_sources() {
    const BUCKET: &str = "run-output-613489207754";
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let objects = [
        (
            "books/web/disk.md",
            "# Disk in a bucket\n\n[next](next.md) [gone](gone.md)\n",
        ),
        ("books/web/next.md", "# Next\n"),
        ("books/notes.txt", "no page"),
        ("books/bad.md", "zero \0"),
    ];
    put(&sim, BUCKET, &objects);
    let path = format!("s3://{BUCKET}/books");
    let ls = sim
        .qd(
            &home,
            &[
                "runbooks",
                "ls",
                "--path",
                &path,
                "--path",
                "ssm:",
                "--path",
                "s3://not-there-1/x",
                "--json",
            ],
        )
        .output()
        .unwrap();
    assert_eq!(ls.status.code(), Some(0), "{}", text(&ls.stderr));
    let listed = json(&ls);
    let titles: Vec<&str> = listed["runbooks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| page["title"].as_str().unwrap())
        .collect();
    assert!(
        titles.contains(&"Disk in a bucket") && titles.contains(&"Ops-TailLog"),
        "{titles:?}"
    );
    let failed: Vec<&str> = listed["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| failure["path"].as_str().unwrap())
        .collect();
    assert_eq!(failed, [format!("{path}/bad.md").as_str(), "s3://not-there-1/x"]);
    let check = sim
        .qd(&home, &["runbooks", "check", &path, "--json"])
        .output()
        .unwrap();
    let report = json(&check);
    assert_eq!(
        (&report["relative_links"], &report["broken_links"]),
        (&2.into(), &1.into())
    );
    let found = sim
        .qd(&home, &["runbooks", "search", "tail", "--path", "ssm:", "--json"])
        .output()
        .unwrap();
    assert_eq!(json(&found)["hits"][0]["title"], "Ops-TailLog");
}
