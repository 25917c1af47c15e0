//! Lines and commands of small sessions, and that no line of the text export is missing.

use super::*;
use crate::recording::{DeviceKey, End, Header, Marker, Recorder, Writer, export};
use std::path::PathBuf;
use tempfile::TempDir;

const SECOND: u64 = 1_000_000;

fn record(events: &[(u64, &str)]) -> (TempDir, Reader) {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let mut writer = Writer::create(dir.path(), Header::new("shell", (40, 6)), &key).unwrap();
    for (at_us, text) in events {
        writer.output(*at_us, text.as_bytes()).unwrap();
    }
    let last = events.last().map_or(0, |(at_us, _)| *at_us);
    let sealed = writer.end(last + SECOND, End::default()).unwrap();
    let reader = Reader::open(&sealed.path).unwrap();
    (dir, reader)
}

fn read(events: &[(u64, &str)]) -> Transcript {
    let (_dir, reader) = record(events);
    Transcript::read(&reader).unwrap()
}

fn lines(transcript: &Transcript) -> Vec<(u64, String)> {
    let mut lines: Vec<_> = transcript
        .lines()
        .map(|(line, text)| (line.at_us, text.to_owned()))
        .collect();
    lines.sort();
    lines
}

fn commands(transcript: &Transcript) -> Vec<(&str, Option<i32>, Option<u64>, Source)> {
    let commands = transcript.commands.iter();
    commands
        .map(|c| (c.text.as_str(), c.exit_code, c.duration_us, c.source))
        .collect()
}

#[test]
fn a_line_has_the_time_from_which_it_stood_there() {
    let rush: String = (0..50).map(|n| format!("row {n}\r\n")).collect();
    let transcript = read(&[
        (SECOND, "early\r\n"),
        (2 * SECOND, "\x1b[2J\x1b[Hwiped\r\n"),
        (60 * SECOND, &rush),
        (90 * SECOND, "end"),
    ]);
    let lines = lines(&transcript);
    assert_eq!(lines[0], (SECOND, "early".into()));
    assert_eq!(lines[1], (2 * SECOND, "wiped".into()));
    for n in 0..50 {
        assert!(lines.contains(&(60 * SECOND, format!("row {n}"))), "row {n}");
    }
    assert_eq!(lines.last(), Some(&(90 * SECOND, "end".into())));
    assert_eq!(lines.len(), 53);
}

#[test]
fn screens_of_full_screen_programs_are_kept_once_each() {
    let transcript = read(&[
        (SECOND, "before\x1b[?1049h\x1b[Hstatus 1\r\nfixed"),
        (2 * SECOND, "\x1b[Hstatus 2"),
        (3 * SECOND, "\x1b[Hstatus 1"),
        (4 * SECOND, "\x1b[?1049lafter"),
    ]);
    let texts: Vec<(bool, String)> = transcript
        .lines()
        .map(|(line, text)| (line.on_screen, text.to_owned()))
        .collect();
    let screen = |text: &str| texts.iter().filter(|(on, found)| *on && found == text).count();
    assert_eq!(
        [screen("status 1"), screen("status 2"), screen("fixed")],
        [1, 1, 1]
    );
    assert!(texts.contains(&(false, "beforeafter".into())), "{texts:?}");
}

#[test]
fn a_line_that_wraps_is_one_line() {
    let long = "x".repeat(50) + " needle " + &"y".repeat(40);
    let transcript = read(&[(SECOND, &format!("{long}\r\n")), (2 * SECOND, &"\r\n".repeat(20))]);
    let (line, text) = transcript
        .lines()
        .find(|(_, text)| text.contains("needle"))
        .unwrap();
    assert_eq!((text, &line.breaks[..]), (long.as_str(), &[40, 80][..]));
}

#[test]
fn a_line_that_wraps_is_one_line_under_a_program_and_after_a_wipe_as_well() {
    let long = "x".repeat(37) + "needle" + " tail";
    for after in [
        "\x1b[?1049hvim",
        "\x1b[2J\x1b[H$ ",
        "\x1b[?1049h\x1b[?1049l\x1b[2J",
    ] {
        let transcript = read(&[(SECOND, &format!("{long}{after}"))]);
        let found = transcript.lines().filter(|(_, text)| *text == long);
        assert_eq!(found.count(), 1, "{after:?}: {transcript:?}");
    }
    let transcript = read(&[(SECOND, &format!("\x1b[?1049h{long}\x1b[?1049l$ "))]);
    let found = transcript.lines().find(|(_, text)| *text == long);
    assert_eq!(found.unwrap().0.breaks, [40]);
}

#[test]
fn marks_of_the_shell_give_command_exit_duration_and_directory() {
    let transcript = read(&[
        (
            SECOND,
            "\x1b]7;file://web-01/srv\x07\x1b]133;A\x07web $ \x1b]133;B\x07",
        ),
        (2 * SECOND, "ls /nowhere"),
        (3 * SECOND, "\r\n\x1b]133;C\x07ls: no such file\r\n"),
        (5 * SECOND, "\x1b]133;D;2\x07\x1b]133;A\x07web $ \x1b]133;B\x07"),
        (6 * SECOND, "\r\n\x1b]133;D\x07\x1b]133;A\x07web $ \x1b]133;B\x07"),
        (
            7 * SECOND,
            "cat <<E\r\n> one\r\n> E\r\n\x1b]133;C\x07one\r\n\x1b]133;D;0\x07",
        ),
    ]);
    let told = Source::Osc133;
    assert_eq!(
        commands(&transcript),
        [
            ("ls /nowhere", Some(2), Some(2 * SECOND), told),
            ("cat <<E\n> one\n> E", Some(0), Some(0), told)
        ]
    );
    assert_eq!(transcript.commands[0].at_us, 3 * SECOND);
    assert_eq!(transcript.commands[0].cwd.as_deref(), Some("/srv"));
}

#[test]
fn without_marks_commands_are_inferred_from_what_was_echoed_behind_a_prompt() {
    let transcript = read(&[
        (SECOND, "Welcome\r\n100% of it\r\nsh-5.2$ "),
        (2 * SECOND, "l"),
        (2_100_000, "sx\x08\x1b[K"),
        (3 * SECOND, " /var"),
        (4 * SECOND, "\r\nlog  tmp\r\nsh-5.2$ "),
        (4_001_000, "cd /var\r\nsh-5.2$ "),
        (5 * SECOND, "sleep 9"),
        (6 * SECOND, "^C\r\nsh-5.2$ "),
        (7 * SECOND, "\r\nsh-5.2$ "),
        (8 * SECOND, "cat f"),
        (9 * SECOND, "\r\nfoo  fob\r\nsh-5.2$ cat f"),
        (10 * SECOND, "oo"),
        (11 * SECOND, "\r\ntext\r\nsh-5.2$ "),
        (12 * SECOND, "mysql -p"),
        (13 * SECOND, "\r\nEnter password: "),
        (15 * SECOND, "\r\nmysql> "),
        (17 * SECOND, "select 1;"),
        (18 * SECOND, "\r\n1\r\nmysql> "),
    ]);
    let found: Vec<(&str, u64)> = transcript
        .commands
        .iter()
        .map(|c| (c.text.as_str(), c.at_us / SECOND))
        .collect();
    assert_eq!(
        found,
        [
            ("ls /var", 4),
            ("cd /var", 4),
            ("cat foo", 11),
            ("mysql -p", 13),
            ("select 1;", 18)
        ]
    );
    assert!(
        transcript
            .commands
            .iter()
            .all(|c| c.source == Source::Inferred && c.exit_code.is_none())
    );
    assert_eq!(transcript.commands[0].duration_us, Some(0));
}

#[test]
fn what_was_typed_before_the_first_prompt_is_a_command_where_the_shell_showed_it_again() {
    let told = |events: &[(u64, &str)]| -> Vec<String> {
        let commands = read(events).commands.into_iter();
        commands.map(|command| command.text).collect()
    };
    let (echoed, again) = (
        "Welcome\r\ndf -h\r\nid\r\n",
        "sh-5.2$ df -h\r\n/ 9%\r\nsh-5.2$ id\r\n0\r\nsh-5.2$ ",
    );
    let last = (4 * SECOND, "ls\r\n");
    assert_eq!(
        told(&[(SECOND, echoed), (2 * SECOND, again), last]),
        ["df -h", "id", "ls"]
    );
    // Longer output has scrolled them away.
    let many = "x\r\n".repeat(20);
    let long = format!("sh-5.2$ df -h\r\n{many}sh-5.2$ ");
    assert_eq!(
        told(&[(SECOND, echoed), (2 * SECOND, &long), last]),
        ["df -h", "ls"]
    );
    // The keys waited until the shell was there, and its prompt changes with the directory.
    let waited = "[u@web ~]# cd /var\r\n[u@web var]# ls\r\nlog\r\n[u@web var]# ";
    assert_eq!(told(&[(SECOND, waited), last]), ["cd /var", "ls", "ls"]);
    // A shell that does not show it again has its output behind the prompt.
    assert_eq!(
        told(&[
            (SECOND, echoed),
            (2 * SECOND, "$ / 9%\r\n$ "),
            (4 * SECOND, "ls\r\n")
        ]),
        ["ls"]
    );
}

#[test]
fn further_lines_of_a_command_keep_their_indentation() {
    let transcript = read(&[
        (SECOND, "sh-5.2$ "),
        (2 * SECOND, " cat <<E"),
        (3 * SECOND, "\r\n> "),
        (4 * SECOND, "a:"),
        (5 * SECOND, "\r\n> "),
        (6 * SECOND, "\r\n> "),
        (7 * SECOND, "  - b"),
        (8 * SECOND, "\r\n> "),
        (9 * SECOND, "E"),
        (10 * SECOND, "\r\na:\r\nsh-5.2$ "),
    ]);
    let texts: Vec<&str> = transcript
        .commands
        .iter()
        .map(|command| command.text.as_str())
        .collect();
    assert_eq!(texts, ["cat <<E", "a:", "\n  - b", "E"]);
}

#[test]
fn output_that_looks_like_a_prompt_for_a_moment_is_none() {
    let transcript = read(&[
        (SECOND, "progress 50 % "),
        (SECOND + 50_000, "\rprogress 90 % "),
        (SECOND + 90_000, "\r\ndone\r\n$ "),
        (3 * SECOND, "true\r\n$ "),
    ]);
    assert_eq!(
        commands(&transcript).iter().map(|c| c.0).collect::<Vec<_>>(),
        ["true"]
    );
}

#[test]
fn our_own_markers_are_commands() {
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    let mut writer = Writer::create(dir.path(), Header::new("command", (40, 6)), &key).unwrap();
    let marker = |kind: &str, label: &str| Marker {
        kind: kind.into(),
        label: label.into(),
        fields: [("lines".to_owned(), "3-5".to_owned())].into(),
    };
    writer.marker(SECOND, marker("command", "uptime")).unwrap();
    writer.marker(SECOND, marker("runbook", "disk.md")).unwrap();
    let mut sent = marker("runbook", "disk.md");
    sent.fields.insert("commands".into(), "df -h".into());
    writer.marker(SECOND, sent).unwrap();
    writer.marker(SECOND, marker("marker", "a note")).unwrap();
    let end = End {
        exit_code: Some(3),
        ..End::default()
    };
    let sealed = writer.end(4 * SECOND, end).unwrap();
    let transcript = Transcript::read(&Reader::open(&sealed.path).unwrap()).unwrap();
    assert_eq!(
        commands(&transcript),
        [
            ("uptime", Some(3), Some(3 * SECOND), Source::Marked),
            ("disk.md, lines 3-5", None, None, Source::Marked),
            ("df -h", None, None, Source::Marked)
        ]
    );
}

/// Real streams, as far as they are here; one after another, cut into events.
fn corpora() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/terminal");
    let mut found = Vec::new();
    for folder in ["alacritty", "zellij"] {
        let mut folders = vec![root.join(folder)];
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            for path in entries.map(|entry| entry.path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_none_or(|ending| ending == "recording") {
                    found.push(path);
                }
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_line_of_the_text_export_is_there() {
    let files = corpora();
    if files.is_empty() {
        return eprintln!("skipped: no terminal streams beside this repository");
    }
    let mut checked = 0;
    for (nth, path) in files.iter().enumerate().step_by(4) {
        let bytes = std::fs::read(path).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let key = DeviceKey::load_or_create(dir.path()).unwrap();
        let header = Header::new("local", [(80, 24), (132, 50), (33, 7)][nth % 3]);
        let mut recorder = Recorder::create(dir.path(), header, &key, 100).unwrap();
        for (n, part) in bytes.chunks(300 + nth * 7 % 500).enumerate() {
            recorder.output_at(n as u64 * 30_000, part).unwrap();
        }
        let sealed = recorder.end(End::default()).unwrap();
        let reader = Reader::open(&sealed.path).unwrap();
        let transcript = Transcript::read(&reader).unwrap();
        let mut exported = Vec::new();
        export::text(&reader, &mut exported).unwrap();
        let have: std::collections::HashSet<String> = transcript
            .lines()
            .flat_map(|(line, text)| {
                let mut from = 0;
                let ends: Vec<usize> = line
                    .breaks
                    .iter()
                    .map(|at| *at as usize)
                    .chain([text.len()])
                    .collect();
                ends.into_iter().map(move |to| {
                    let row = text[from..to].trim_end_matches(' ').to_owned();
                    from = to;
                    row
                })
            })
            .collect();
        for line in String::from_utf8(exported)
            .unwrap()
            .lines()
            .filter(|line| !line.trim().is_empty())
        {
            assert!(have.contains(line), "{}: {line:?} is missing", path.display());
            checked += 1;
        }
    }
    assert!(checked > 300, "only {checked} lines");
}
