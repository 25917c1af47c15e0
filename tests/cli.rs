//! The binary itself: exit codes, where output goes, what help lists, and errors that name file and line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use quarterdeck::audit::{Actor, Event, Kind, Log};

/// `qd` in a home of its own.
fn qd(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
    command
        .args(args)
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::null());
    command
}

fn run(home: &Path, args: &[&str]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = qd(home, args).output().unwrap();
    (
        status.code().unwrap(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Three events in the data directory of a home.
fn audited(home: &Path) -> std::path::PathBuf {
    let data_dir = home.join(".local/share/quarterdeck");
    let log = Log::open(&data_dir).unwrap();
    for kind in [Kind::SessionStart, Kind::RecordingStart, Kind::SessionEnd] {
        let mut event = Event::new(kind, Actor::local());
        event.reason = Some("disk full on \x1b[31mdb-1".into());
        log.append(event).unwrap();
    }
    data_dir
}

#[test]
fn help_and_version_are_results_and_mistakes_are_exit_2() {
    let home = home();
    for args in [&["--help"][..], &["--version"], &["audit", "--help"]] {
        let (code, out, err) = run(home.path(), args);
        assert!(code == 0 && !out.is_empty() && err.is_empty(), "{args:?}");
    }
    for args in [
        &[][..],
        &["no-such-verb"],
        &["audit"],
        &["audit", "ls", "--from", "yesterday"],
        &["--frob"],
    ] {
        let (code, out, err) = run(home.path(), args);
        assert!(
            code == 2 && out.is_empty() && !err.is_empty(),
            "{args:?}: {code} {out} {err}"
        );
    }
}

#[test]
fn every_verb_that_help_lists_answers_to_help() {
    let home = home();
    let (_, out, _) = run(home.path(), &["--help"]);
    let verbs: Vec<&str> = out
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(verbs.contains(&"audit") && verbs.contains(&"config"), "{verbs:?}");
    for verb in verbs {
        assert_eq!(run(home.path(), &[verb, "--help"]).0, 0, "{verb}");
    }
}

#[test]
fn a_bad_configuration_is_exit_2_with_file_and_line() {
    let home = home();
    let file = home.path().join("mine.toml");
    std::fs::write(&file, "theme = \"fjord\"\nprofils = []\n").unwrap();
    let file = file.to_str().unwrap();
    for args in [
        &["--config", file, "audit", "ls"][..],
        &["config", "check", "--config", file],
    ] {
        let (code, out, err) = run(home.path(), args);
        let expected = format!("qd: {file}:2: unknown key \"profils\"; did you mean \"profiles\"?\n");
        assert_eq!(
            (code, out.as_str(), err.as_str()),
            (2, "", expected.as_str()),
            "{args:?}"
        );
    }
    assert_eq!(
        run(home.path(), &["--config", "/no/such/file", "audit", "ls"]).0,
        2
    );
}

#[test]
fn a_theme_that_does_not_exist_is_found_by_config_check() {
    let home = home();
    let file = home.path().join("mine.toml");
    std::fs::write(&file, "theme = \"fjrd\"\n").unwrap();
    let (code, _, err) = run(
        home.path(),
        &["config", "check", "--config", file.to_str().unwrap()],
    );
    assert!(
        code == 2 && err.contains("no theme is called \"fjrd\"; did you mean \"fjord\"?"),
        "{err}"
    );
}

#[test]
fn the_first_configuration_is_written_once_and_is_right() {
    let home = home();
    let path = run(home.path(), &["config", "path"]).1;
    assert_eq!(
        path,
        format!("{}/.config/quarterdeck/config.toml\n", home.path().display())
    );
    assert_eq!(run(home.path(), &["config", "init"]).0, 0);
    let (code, _, err) = run(home.path(), &["config", "check"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let (code, _, err) = run(home.path(), &["config", "init"]);
    assert!(
        code == 1 && err.contains("exists already") && err.contains("hint: "),
        "{err}"
    );
}

#[test]
fn the_audit_log_is_listed_without_colour_and_with_control_characters_quoted() {
    let home = home();
    audited(home.path());
    let (code, out, _) = run(home.path(), &["audit", "ls"]);
    assert_eq!((code, out.lines().count()), (0, 4));
    assert!(
        !out.contains('\x1b') && out.contains("disk full on \\u{1b}[31mdb-1"),
        "{out}"
    );
    let (_, out, _) = run(
        home.path(),
        &["audit", "ls", "--json", "--event", "session.recording"],
    );
    let event: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&event["event"], &event["seq"]),
        (&"session.recording.start".into(), &2.into())
    );
    assert_eq!(
        run(home.path(), &["audit", "ls", "--json", "--to", "2020-01-01"]).1,
        ""
    );
}

#[test]
fn a_changed_audit_line_is_exit_4_and_named() {
    let home = home();
    let data_dir = audited(home.path());
    assert_eq!(run(home.path(), &["audit", "verify"]).0, 0);
    let dir = data_dir.join("audit");
    let day = std::fs::read_dir(&dir).unwrap().map(|file| file.unwrap().path());
    let day = day
        .into_iter()
        .find(|file| file.extension().is_some_and(|ending| ending == "jsonl"))
        .unwrap();
    let text = std::fs::read_to_string(&day).unwrap();
    std::fs::write(
        &day,
        text.replacen("session.recording.start", "session.recording.stop", 1),
    )
    .unwrap();
    let (code, out, err) = run(home.path(), &["audit", "verify"]);
    let expected = format!("qd: {}:2: the line was changed", day.display());
    assert!(code == 4 && out.is_empty() && err.starts_with(&expected), "{err}");
    let (code, out, _) = run(home.path(), &["audit", "verify", "--json"]);
    let verdict: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &verdict["ok"], &verdict["first_bad_line"]),
        (4, &false.into(), &2.into())
    );
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let home = home();
    audited(home.path());
    for args in [&["man"][..], &["audit", "ls"], &["completions", "bash"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = qd(home.path(), args)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(
            (output.status.code(), output.stderr.as_slice()),
            (Some(0), &b""[..]),
            "{args:?}"
        );
    }
}

#[test]
fn the_manual_and_completions_know_every_verb() {
    let home = home();
    let manual = run(home.path(), &["man"]).1;
    assert!(manual.starts_with(".ie") || manual.starts_with(".TH"), "{manual}");
    for verb in ["QD AUDIT LS", "QD CONFIG CHECK"] {
        assert!(manual.contains(&format!(".SH \"{verb}\"")), "{verb}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(
            run(home.path(), &["completions", shell]).1.contains("audit"),
            "{shell}"
        );
    }
}

#[test]
fn the_log_goes_to_its_file_and_a_wrong_level_is_exit_2() {
    let home = home();
    audited(home.path());
    assert_eq!(run(home.path(), &["--log", "debug", "audit", "ls"]).0, 0);
    assert!(home.path().join(".local/state/quarterdeck/qd.log").exists());
    let (code, _, err) = run(home.path(), &["--log", "room=loud", "audit", "ls"]);
    assert!(code == 2 && err.contains("--log"), "{err}");
}

#[test]
fn headers_are_bold_on_a_terminal_unless_no_color_is_set() {
    let home = home();
    audited(home.path());
    let on_terminal = |no_color: Option<&str>| {
        let pty = nix::pty::openpty(None, None).unwrap();
        let mut command = qd(home.path(), &["audit", "ls"]);
        command
            .stdout(pty.slave)
            .envs(no_color.map(|value| ("NO_COLOR", value)));
        assert!(command.status().unwrap().success());
        // The slave closes with the command, and then the read of an empty terminal fails.
        drop(command);
        let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
        let mut master = std::fs::File::from(pty.master);
        while let Ok(read @ 1..) = master.read(&mut buffer) {
            text.extend_from_slice(&buffer[..read]);
        }
        String::from_utf8(text).unwrap()
    };
    assert!(on_terminal(None).starts_with("\x1b[1mTIME"));
    assert!(on_terminal(Some("")).starts_with("\x1b[1mTIME"), "empty is unset");
    assert!(!on_terminal(Some("1")).contains('\x1b'));
}
