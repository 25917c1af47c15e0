//! Imports of what other recorders made, and exports with their manifests, as a script uses them.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

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
    let data = dir.join("data");
    command
        .current_dir(dir)
        .arg("--data-dir")
        .arg(data)
        .arg("recordings")
        .args(args)
        .output()
        .unwrap()
}

fn done(dir: &Path, args: &[&str]) -> String {
    let out = qd(dir, args);
    assert!(
        out.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn id_of(line: &str) -> String {
    serde_json::from_str::<Value>(line).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn cast(dir: &Path, events: &[(f64, &str)]) -> String {
    let mut text = String::from("{\"version\":2,\"width\":60,\"height\":10}\n");
    for (at, data) in events {
        text += &format!("[{at},\"o\",{}]\n", Value::from(*data));
    }
    std::fs::write(dir.join("one.cast"), text).unwrap();
    id_of(&done(dir, &["import", "--json", "one.cast"]))
}

#[test]
fn what_script_wrote_comes_back_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let shell = "printf 'caf\\351 \\377\\033[1mbold\\n'; exit 3";
    for (timing, out, mode) in [("t1", "o1", "classic"), ("t2", "o2", "advanced")] {
        let ran = Command::new("script")
            .args(["-q", "-e", "-m", mode, "-T", timing, "-O", out, "-c", shell])
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        if ran.is_err() {
            eprintln!("skipped: util-linux script is not installed");
            return;
        }
        let id = id_of(&done(dir.path(), &["import", "--json", "--timing", timing, out]));
        let raw = qd(dir.path(), &["export", &id, "--format", "raw"]).stdout;
        assert_eq!(raw, b"caf\xe9 \xff\x1b[1mbold\r\n");
        let shown: Value = serde_json::from_str(&done(dir.path(), &["show", &id, "--json"])).unwrap();
        assert_eq!(
            shown["exit_code"],
            if mode == "advanced" {
                Value::from(3)
            } else {
                Value::Null
            }
        );
    }
    let refused = qd(dir.path(), &["import", "o1"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--timing FILE"));
}

#[test]
fn secrets_are_covered_in_what_is_given_away_and_the_manifest_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let id = cast(
        dir.path(),
        &[
            (0.1, "export KEY=AKIAIOSF"),
            (2.0, "ODNN7EXAMPLE\r\n"),
            (3.0, "mysql --password=hunter2\r\n"),
        ],
    );
    for format in ["asciicast-v3", "asciicast-v2", "text", "html", "svg"] {
        done(dir.path(), &["export", &id, "--format", format, "-o", "out"]);
        let out = std::fs::read_to_string(dir.path().join("out")).unwrap();
        assert!(
            !out.contains("ODNN7EXAMPLE") && !out.contains("IOSF") && !out.contains("hunter2"),
            "{format}: {out}"
        );
        let manifest: Value =
            serde_json::from_slice(&std::fs::read(dir.path().join("out.manifest.json")).unwrap()).unwrap();
        let covered = &manifest["export"]["redaction"]["covered"];
        assert_eq!(
            (&covered["aws-access-key"], &covered["password"]),
            (&Value::from(1), &Value::from(1))
        );
        assert_eq!(manifest["export"]["source"]["id"], Value::from(id.as_str()));
    }
    let plain = done(dir.path(), &["export", &id, "--format", "text", "--no-redact"]);
    assert!(plain.contains("AKIAIOSFODNN7EXAMPLE") && plain.contains("hunter2"));
    assert!(done(dir.path(), &["export", &id, "--format", "raw"]).contains("hunter2"));
    assert_eq!(qd(dir.path(), &["verify", &id]).status.code(), Some(0));
}

#[test]
fn a_manifest_tells_the_file_and_the_recording_from_others() {
    let dir = tempfile::tempdir().unwrap();
    let id = cast(dir.path(), &[(0.1, "hello\r\n")]);
    done(dir.path(), &["export", &id, "--format", "text", "-o", "out.txt"]);
    let checked: Value =
        serde_json::from_str(&done(dir.path(), &["verify-export", "out.txt", "--json"])).unwrap();
    assert_eq!(
        (&checked["ok"], &checked["source_checked"]),
        (&Value::Bool(true), &Value::Bool(true))
    );
    assert!(done(dir.path(), &["verify", "out.txt"]).contains("this device"));
    let manifest = dir.path().join("out.txt.manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"text\"", "\"html\"")).unwrap();
    assert_eq!(
        qd(dir.path(), &["verify-export", "out.txt"]).status.code(),
        Some(4)
    );
    std::fs::write(&manifest, text).unwrap();
    std::fs::write(dir.path().join("out.txt"), "hullo\n").unwrap();
    let refused = qd(dir.path(), &["verify-export", "out.txt"]);
    assert_eq!(refused.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&refused.stdout).contains("not the one that was exported"));
}

/// The same manifest about another file, signed by whoever it is.
fn sign_again(dir: &Path, name: &str, key: u8, change: impl FnOnce(&mut Value)) {
    use ed25519_dalek::Signer;
    let path = dir.join(format!("{name}.manifest.json"));
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let bytes = std::fs::read(dir.join(name)).unwrap();
    manifest["export"]["size"] = bytes.len().into();
    manifest["export"]["sha256"] = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&bytes)).into();
    change(&mut manifest["export"]);
    let signer = ed25519_dalek::SigningKey::from_bytes(&[key; 32]);
    let text = format!("quarterdeck export 1\n{}", manifest["export"]);
    manifest["device_key"] = hex::encode(signer.verifying_key().as_bytes()).into();
    manifest["signature"] = hex::encode(signer.sign(text.as_bytes()).to_bytes()).into();
    std::fs::write(&path, manifest.to_string()).unwrap();
}

#[test]
fn an_export_is_what_its_recording_gives_whoever_signed() {
    let dir = tempfile::tempdir().unwrap();
    let id = cast(
        dir.path(),
        &[(0.1, "hello\r\n"), (1.0, "AKIAIOSFODNN7EXAMPLE\r\n")],
    );
    for format in ["asciicast-v2", "asciicast-v3", "text", "raw", "html", "svg"] {
        let args = [
            "export",
            &id,
            "--format",
            format,
            "-o",
            "out",
            "--manifest",
            "out.manifest.json",
        ];
        done(dir.path(), &args);
        let checked: Value =
            serde_json::from_str(&done(dir.path(), &["verify-export", "out", "--json"])).unwrap();
        assert_eq!(
            checked["content_checked"],
            Value::Bool(true),
            "{format}: {checked}"
        );
    }
    let verdict = |args: &[&str]| {
        let all: Vec<&str> = ["verify-export", "out", "--json"]
            .iter()
            .chain(args)
            .copied()
            .collect();
        let out = qd(dir.path(), &all);
        let checked: Value = serde_json::from_slice(&out.stdout).unwrap();
        (out.status.code(), checked["says"].as_str().unwrap().to_owned())
    };
    done(dir.path(), &["export", &id, "-o", "out"]);
    let text = std::fs::read_to_string(dir.path().join("out.manifest.json")).unwrap();
    let extra = text.replacen('{', "{\"note\":\"reviewed\",", 1);
    std::fs::write(dir.path().join("out.manifest.json"), extra).unwrap();
    assert_eq!(qd(dir.path(), &["verify-export", "out"]).status.code(), Some(4));
    std::fs::write(dir.path().join("out.manifest.json"), text).unwrap();
    // By a stranger, about what the recording gives; then about what it does not.
    sign_again(dir.path(), "out", 9, |_| {});
    assert_eq!(verdict(&[]).0, Some(0));
    let lie = std::fs::read_to_string(dir.path().join("out"))
        .unwrap()
        .replace("hello", "hullo");
    std::fs::write(dir.path().join("out"), lie).unwrap();
    sign_again(dir.path(), "out", 9, |_| {});
    let (code, says) = verdict(&[]);
    assert!(code == Some(4) && says.contains("gives another file"), "{says}");
    // Where it cannot be made again, whoever signed must be known.
    sign_again(dir.path(), "out", 9, |export| {
        export["tool_version"] = "9.9.9".into()
    });
    let (code, says) = verdict(&[]);
    assert!(code == Some(4) && says.contains("unknown device"), "{says}");
    let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]).verifying_key();
    let (code, says) = verdict(&["--key", &hex::encode(key.as_bytes())]);
    assert!(code == Some(0) && says.contains("not exported again"), "{says}");
    sign_again(dir.path(), "out", 9, |export| {
        export["source"]["id"] = "01990000-0000-7000-8000-000000000001".into()
    });
    assert_eq!(verdict(&[]).0, Some(4), "without the recording");
}

#[test]
fn a_stretch_begins_with_the_screen_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let id = cast(
        dir.path(),
        &[
            (0.5, "first\r\n"),
            (1.5, "\u{1b}[31msecond\r\n"),
            (2.5, "third\r\n"),
        ],
    );
    let text = done(
        dir.path(),
        &["export", &id, "--format", "text", "--from", "2", "--to", "0:02.2"],
    );
    assert_eq!(text, "first\nsecond\n");
    let raw = done(
        dir.path(),
        &["export", &id, "--format", "raw", "--from", "1", "--to", "2"],
    );
    assert_eq!(raw, "\u{1b}[31msecond\r\n");
    done(dir.path(), &["export", &id, "--from", "2", "-o", "late.cast"]);
    let again = id_of(&done(dir.path(), &["import", "--json", "late.cast"]));
    assert_eq!(
        done(dir.path(), &["export", &again, "--format", "text"]),
        "first\nsecond\nthird\n"
    );
    let svg = done(dir.path(), &["export", &id, "--format", "svg", "--at", "1.6"]);
    assert!(
        svg.contains(">second<") && !svg.contains("third") && svg.contains("fill:var(--c1)"),
        "{svg}"
    );
    assert_eq!(
        qd(dir.path(), &["export", &id, "--from", "3", "--to", "2"])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn hostile_output_is_text_in_a_page_and_in_a_picture() {
    let dir = tempfile::tempdir().unwrap();
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)> &amp; ]]> \u{1b}]8;;javascript:alert(3)\u{7}link\u{1b}]8;;\u{7}\r\n";
    let id = cast(dir.path(), &[(0.1, hostile)]);
    let page = done(dir.path(), &["export", &id, "--format", "html"]);
    assert_eq!(page.matches("<script").count(), 5, "the player's own");
    assert!(
        !page.contains("<img") && !page.contains("javascript:") && page.contains("\\u003c/script\\u003e")
    );
    assert!(page.contains("default-src 'none'; script-src 'sha256-"));
    let svg = done(dir.path(), &["export", &id, "--format", "svg"]);
    assert!(
        !svg.contains("<script") && !svg.contains("<img") && svg.contains("&lt;/script&gt;"),
        "{svg}"
    );
}

#[test]
fn a_missing_agg_is_named_with_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let id = cast(dir.path(), &[(0.1, "x")]);
    let data = dir.path().join("data");
    let out = Command::new(env!("CARGO_BIN_EXE_qd"))
        .args([
            "--data-dir",
            data.to_str().unwrap(),
            "recordings",
            "export",
            &id,
            "--format",
            "gif",
            "-o",
            "x.gif",
        ])
        .current_dir(dir.path())
        .env_clear()
        .env("HOME", dir.path())
        .env("PATH", dir.path())
        .output()
        .unwrap();
    let says = String::from_utf8_lossy(&out.stderr);
    assert!(
        out.status.code() == Some(1) && says.contains("agg") && says.contains("--format html"),
        "{says}"
    );
    assert!(!dir.path().join("x.gif").exists());
}

#[test]
fn a_secret_that_only_the_screen_has_whole_is_covered_in_what_is_given_away() {
    let dir = tempfile::tempdir().unwrap();
    let pieces: [&[(f64, &str)]; 4] = [
        &[
            (0.1, "\u{1b}[2J\u{1b}[Hkey: AKIA____________MPLE\r\n"),
            (0.2, "\u{1b}[1;10HIOSFODNN7EXA\u{1b}[3;1H$ "),
        ],
        &[(0.1, "key: AKIA\u{1b}]0;a title\u{7}IOSFODNN7EXAMPLE\r\n$ ")],
        &[(0.1, "key: AKIA"), (0.2, "\r\u{1b}[9CIOSFODNN7EXAMPLE\r\n$ ")],
        &[
            (0.1, "key: AKIA____________MPLE"),
            (0.2, "\u{1b}[10GIOSFODNN7EXA"),
            (
                0.5,
                "\r\n1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10\r\n11\r\n12\r\n",
            ),
        ],
    ];
    for events in pieces {
        let id = cast(dir.path(), events);
        for format in ["asciicast-v3", "asciicast-v2", "text", "html", "svg"] {
            done(dir.path(), &["export", &id, "--format", format, "-o", "out"]);
            let out = std::fs::read_to_string(dir.path().join("out")).unwrap();
            assert!(!out.contains("IOSFODNN7EXA"), "{format}: {out}");
            assert!(
                format != "text" || out.contains("key: AKIA[redacted: aws-a"),
                "{out}"
            );
            let manifest = std::fs::read(dir.path().join("out.manifest.json")).unwrap();
            let manifest: Value = serde_json::from_slice(&manifest).unwrap();
            // A picture of the last moment may have nothing to cover any more.
            if format != "svg" {
                assert_eq!(
                    manifest["export"]["redaction"]["covered"]["aws-access-key"], 1,
                    "{format}"
                );
            }
        }
    }
}
