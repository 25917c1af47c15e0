//! `qd recordings search` as scripts and people see it: recall against the text export, filters, times, the audit log, and
//! that what is derived may be deleted and stays private.
#![allow(clippy::unwrap_used, clippy::panic)]

mod recording_sample;

use quarterdeck::recording::{DeviceKey, End, Header, Player, Writer};
use recording_sample::streams;
use serde_json::Value;
use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An age public key whose private key nobody kept.
const STRANGER: &str = "age15mapl5u0phzjda9yc62uueps4vdnj5w59ar88qe6kx3nj2sh8dnqwq9ul0";

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
        .args(args);
    command.output().unwrap()
}

fn found(dir: &Path, query: &[&str]) -> Vec<Value> {
    let output = qd(dir, &[&["search", "--json"], query].concat());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn record(dir: &Path, name: &str, who: &str, events: &[(u64, &[u8])]) -> (String, PathBuf) {
    let data = dir.join("data");
    let key = DeviceKey::load_or_create(&data).unwrap();
    let header = Header {
        target_name: Some(name.into()),
        actor: Some(format!("arn:aws:sts::613489207754:assumed-role/oncall/{who}")),
        reason: Some("INC-7 disk".into()),
        region: Some("eu-west-1".into()),
        ..Header::new("shell", (80, 24))
    };
    let id = header.id.to_string();
    let mut writer = Writer::create(&data, header, &key).unwrap();
    for (at_us, bytes) in events {
        writer.output(*at_us, bytes).unwrap();
    }
    let last = events.last().map_or(0, |(at_us, _)| *at_us);
    let sealed = writer.end(last, End::default()).unwrap();
    (id, sealed.path)
}

const SHELL: [(u64, &[u8]); 6] = [
    (1_000_000, b"\x1b]133;A\x07web $ \x1b]133;B\x07"),
    (2_000_000, b"df -h"),
    (
        3_500_000,
        b"\r\n\x1b]133;C\x07/dev/nvme0n1p1  100% /var\r\n\x1b[31mNo space left\x1b[0m on device\r\n",
    ),
    (4_000_000, b"\x1b]133;D;1\x07\x1b]133;A\x07web $ \x1b]133;B\x07"),
    (
        5_000_000,
        b"uptime\r\n\x1b]133;C\x07 up 3 days\r\n\x1b]133;D;0\x07",
    ),
    (9_000_000, b"\x1b[2J\x1b[H"),
];

fn ids(found: &[Value]) -> HashSet<&str> {
    found.iter().map(|hit| hit["id"].as_str().unwrap()).collect()
}

#[test]
fn words_filters_and_commands_choose_what_is_found_and_a_hit_opens_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (web, path) = record(dir.path(), "web-01", "mara", &SHELL);
    let (db, _) = record(dir.path(), "db-01", "ana", &SHELL);

    let hits = found(dir.path(), &["\"no space left\""]);
    assert_eq!(ids(&hits), HashSet::from([web.as_str(), db.as_str()]));
    let hits = found(dir.path(), &["\"no space left\"", "target:web-*", "after:1h"]);
    assert_eq!(ids(&hits), HashSet::from([web.as_str()]));
    let hit = &hits[0];
    assert_eq!(
        (hit["at_ms"].as_u64(), hit["kind"].as_str()),
        (Some(3_500), Some("line"))
    );
    assert_eq!(
        (hit["command"].as_str(), hit["exit_code"].as_i64()),
        (Some("df -h"), Some(1))
    );
    assert_eq!(hit["text"], "No space left on device");
    let mut player = Player::open(&path).unwrap();
    player.seek(hit["at_ms"].as_u64().unwrap() * 1_000).unwrap();
    assert!(player.screen().text().contains("No space left on device"));

    let texts = |query: &[&str]| -> Vec<String> {
        let hits = found(dir.path(), query);
        hits.iter()
            .map(|hit| hit["text"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(texts(&["cmd:df", "who:mara"]), ["df -h"]);
    assert_eq!(texts(&["exit:!0", "who:mara"]), ["df -h"]);
    assert_eq!(texts(&["source:osc133 -who:ana"]), ["df -h", "uptime"]);
    assert_eq!(
        texts(&["/\\d+% \\/var/", "who:mara"]),
        ["/dev/nvme0n1p1  100% /var"]
    );
    assert_eq!(texts(&["--", "ticket:INC-7", "-who:ana"]), ["INC-7 disk"]);
    assert!(texts(&["NO SPACE"]).is_empty() && texts(&["nowhere"]).is_empty());

    let plain = String::from_utf8(qd(dir.path(), &["search", "no space left", "who:mara"]).stdout).unwrap();
    assert!(plain.contains("web-01  mara  INC-7 disk"), "{plain}");
    assert!(
        plain.contains("--at 00:03.500)") && plain.contains(&format!("qd recordings play {}", &web[..8])),
        "{plain}"
    );

    let after = qd(dir.path(), &["search", "space", "--json", "--limit", "1"]).stdout;
    let after: Vec<&str> = std::str::from_utf8(&after).unwrap().lines().collect();
    assert_eq!(
        after.len(),
        1,
        "what follows the query is no part of it: {after:?}"
    );
    assert!(serde_json::from_str::<Value>(after[0]).unwrap()["at_ms"].is_u64());

    let bad = qd(dir.path(), &["search", "nosuch:x"]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("there is no key \"nosuch\""));
}

#[test]
fn a_search_is_logged_and_its_index_is_private_and_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let (_, path) = record(dir.path(), "web-01", "mara", &SHELL);
    assert_eq!(found(dir.path(), &["nvme0n1p1"]).len(), 1);
    let log: String = std::fs::read_dir(dir.path().join("data/audit"))
        .unwrap()
        .map(|day| day.unwrap().path())
        .filter(|file| file.extension().is_some_and(|ending| ending == "jsonl"))
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    assert!(
        log.contains("session.recording.access") && log.contains("nvme0n1p1"),
        "{log}"
    );

    let kept = dir
        .path()
        .join("data/index")
        .join(path.file_stem().unwrap())
        .with_extension("text");
    assert_eq!(
        std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let whole = std::fs::read(&kept).unwrap();
    for damage in [
        &b""[..],
        b"QDTEXT2\n",
        &whole[..whole.len() - 1],
        &whole[..whole.len() / 2],
        &whole[..whole.len() - 3],
    ] {
        std::fs::write(&kept, damage).unwrap();
        assert_eq!(
            found(dir.path(), &["nvme0n1p1"]).len(),
            1,
            "{} bytes were left",
            damage.len()
        );
    }
    std::fs::remove_dir_all(dir.path().join("data/index")).unwrap();
    assert_eq!(found(dir.path(), &["cmd:uptime"]).len(), 1);
    assert_eq!(std::fs::read(&kept).unwrap(), whole);
}

#[test]
fn what_says_that_it_is_not_plain_leaves_no_text_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (_, path) = record(dir.path(), "web-01", "mara", &SHELL);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[10] = 1;
    std::fs::write(&path, bytes).unwrap();
    qd(dir.path(), &["search", "nvme0n1p1"]);
    let index = dir.path().join("data/index");
    assert!(!index.exists() || std::fs::read_dir(index).unwrap().next().is_none());
}

#[test]
fn a_hostile_line_is_quoted() {
    let dir = tempfile::tempdir().unwrap();
    record(
        dir.path(),
        "web-\u{1b}]0;x\u{7}",
        "mara",
        &[(1, b"needle \x1b]0;pwned\x07here\xe2\x80\xae!")],
    );
    let plain = qd(dir.path(), &["search", "needle"]).stdout;
    assert!(
        !plain.contains(&0x1b) && !plain.contains(&0x07),
        "{}",
        String::from_utf8_lossy(&plain)
    );
}

#[test]
fn what_no_key_opens_is_counted_once_and_hides_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), "web-01", "mara", &[(1, b"a needle in clear\r\n")]);
    let data = dir.path().join("data");
    let device = DeviceKey::load_or_create(&data).unwrap();
    for target in ["web-02", "web-03"] {
        let header = Header {
            target_name: Some(target.into()),
            reason: Some("INC-8".into()),
            recipients: vec![STRANGER.into()],
            ..Header::new("shell", (80, 24))
        };
        let mut writer = Writer::create(&data, header, &device).unwrap();
        writer.output(1, b"a needle under lock\r\n").unwrap();
        writer.end(2, End::default()).unwrap();
    }
    let both = qd(dir.path(), &["search", "needle"]);
    let (out, says) = (
        String::from_utf8(both.stdout).unwrap(),
        String::from_utf8(both.stderr).unwrap(),
    );
    assert_eq!((both.status.code(), out.matches("needle").count()), (Some(0), 1));
    assert!(says.contains("not searched: 2 encrypted recordings"), "{says}");
    let elsewhere = qd(dir.path(), &["search", "needle", "target:web-01"]);
    assert!(
        elsewhere.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&elsewhere.stderr)
    );
    assert_eq!(
        found(dir.path(), &["reason:INC-8"]).len(),
        2,
        "a header is in clear"
    );
    assert_eq!(
        qd(dir.path(), &["search", "needle", "target:web-02"])
            .status
            .code(),
        Some(1)
    );
}

/// Everything that `grep` finds in the text export is found, at a time when it is on the screen or has just left it.
#[test]
fn nothing_that_grep_finds_in_the_text_export_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let mut exports = Vec::new();
    for (nth, stream) in streams(40).into_iter().enumerate().take(24) {
        let cut: Vec<(u64, &[u8])> = stream
            .chunks(700)
            .enumerate()
            .map(|(n, part)| (n as u64 * 40_000, part))
            .collect();
        let (id, path) = record(dir.path(), &format!("host-{nth}"), "mara", &cut);
        let text = qd(
            dir.path(),
            &[
                "export",
                path.to_str().unwrap(),
                "--format",
                "text",
                "--output",
                "-",
            ],
        )
        .stdout;
        exports.push((id, String::from_utf8(text).unwrap()));
    }
    let mut words: Vec<&str> = Vec::new();
    for (_, text) in &exports {
        words.extend(
            text.split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.len() > 3)
                .step_by(97)
                .take(2),
        );
    }
    words.sort_unstable();
    words.dedup();
    assert!(words.len() > 8, "only {words:?}");
    for word in words.iter().take(16) {
        let hits = found(dir.path(), &[&format!("\"{word}\"")]);
        let has_capitals = word.chars().any(char::is_uppercase);
        let lower = word.to_lowercase();
        for (id, text) in &exports {
            let lines = text.lines().filter(|line| match has_capitals {
                true => line.contains(word),
                false => line.to_lowercase().contains(&lower),
            });
            for line in lines {
                let there = hits.iter().any(|hit| {
                    hit["id"].as_str() == Some(id) && hit["text"].as_str().unwrap().contains(line.trim())
                });
                assert!(there, "{word:?}: {line:?} of {id} is missing");
            }
        }
    }
}
