//! Secrets do not reach the disk where policy says so, and what was typed without an echo never does. On the real
//! binary, a real pseudo-terminal and a shell of the simulator; afterwards the whole home is searched.
//! `QD_TEST_PROMPTS=200` has programs ask until so many secrets were typed; without it each asks once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use pty::Terminal;
use pty::cloud::{Sim, shop};
use pty::home::Home;
use quarterdeck::recording::{Reader, Source, Transcript, What, line_of};

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(files(&path)),
            path => found.push(path),
        }
    }
    found
}

/// Everything that is on disk: files as they are, and recordings unpacked.
fn on_disk(home: &Home) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for path in files(home.path()) {
        let mut bytes = std::fs::read(&path).unwrap_or_default();
        if let Ok(reader) = Reader::open(&path) {
            for event in reader.events().unwrap() {
                match event.unwrap().what {
                    What::Output(data) | What::Stderr(data) | What::Input(data) => bytes.extend(data),
                    What::Marker(marker) => bytes.extend(format!("{marker:?}").into_bytes()),
                    _ => {}
                }
            }
            for segment in 0..reader.segments().len() {
                bytes.extend(reader.dump(segment).unwrap().unwrap_or_default());
            }
        }
        all.push((path, bytes));
    }
    all
}

fn leaks(home: &Home, secret: &str) -> Vec<PathBuf> {
    let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
    on_disk(home)
        .into_iter()
        .filter(|(_, bytes)| holds(bytes))
        .map(|(path, _)| path)
        .collect()
}

/// A shell that is ready.
fn session(sim: &Sim, home: &Home) -> Terminal {
    let mut terminal = Terminal::start(
        sim.console(home, &["connect", "checkout", "--region", "us-east-1"]),
        160,
        40,
    );
    terminal.wait_for("connected to checkout");
    terminal.type_keys("PS1='$ '; unset HISTFILE; echo ready-$((6*7))<enter>");
    terminal.wait_for("ready-42");
    terminal
}

/// Programs that ask once, without an echo.
const ASKING: [(&str, &str); 15] = [
    ("sh", "read -rs -p 'asked: ' x"),
    ("bash", "bash -c 'read -rs -p asked: x'"),
    ("stty", "stty -echo; printf 'asked: '; read -r x; stty echo"),
    ("dash", "dash -c 'stty -echo; printf asked:; read x; stty echo'"),
    ("python3", "python3 -c 'import getpass; getpass.getpass()'"),
    (
        "perl",
        "perl -e '$|=1; system(\"stty -echo\"); print \"asked: \"; <STDIN>; system(\"stty echo\")'",
    ),
    (
        "node",
        "stty -echo; node -e 'process.stdout.write(\"asked: \"); require(\"fs\").readSync(0,Buffer.alloc(99))'; stty echo",
    ),
    (
        "awk",
        "stty -echo; awk 'BEGIN{printf \"asked: \"; fflush(); getline}'; stty echo",
    ),
    ("openssl", "openssl pkey -in pem -noout"),
    ("ssh-keygen", "ssh-keygen -y -f key"),
    (
        "git",
        "printf 'protocol=https\\nhost=localhost\\nusername=x\\n' | git credential fill >/dev/null",
    ),
    ("curl", "curl -s -u someone http://127.0.0.1:9/"),
    ("psql", "psql -W -h 127.0.0.1 -p 9 x"),
    ("su", "setpriv --reuid=65534 --clear-groups su root -c true"),
    (
        "systemd-ask-password",
        "systemd-ask-password --timeout=20 >/dev/null",
    ),
];

/// Keys that need a passphrase, and another one than is typed.
fn lock_keys(dir: &Path) {
    let pem = [
        "genpkey",
        "-algorithm",
        "ed25519",
        "-aes256",
        "-pass",
        "pass:another",
        "-out",
        "pem",
    ];
    let key = ["-q", "-t", "ed25519", "-N", "another", "-f", "key"];
    for (program, args) in [("openssl", &pem[..]), ("ssh-keygen", &key[..])] {
        if is_installed(program) {
            Command::new(program)
                .args(args)
                .current_dir(dir)
                .output()
                .unwrap();
        }
    }
}

fn is_installed(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", "command -v \"$0\"", program])
        .output();
    found.is_ok_and(|found| found.status.success())
}

fn configure(home: &Home, text: &str) {
    let config = home.path().join("config/quarterdeck/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, text).unwrap();
}

fn events(home: &Home) -> Vec<What> {
    let rows = home.recordings();
    let reader = Reader::open(Path::new(rows[0]["path"].as_str().unwrap())).unwrap();
    let events = reader.events().unwrap();
    events.map(|event| event.unwrap().what).collect()
}

/// The lines that are input of the only recording, and the numbers of keys that went without an echo.
fn typed(home: &Home) -> (Vec<String>, Vec<usize>) {
    let (mut lines, mut keys) = (Vec::new(), Vec::new());
    for what in events(home) {
        match what {
            What::Input(bytes) => lines.extend(line_of(&bytes)),
            What::Marker(marker) if marker.kind == "typed" => {
                keys.push(marker.fields["keys"].parse().unwrap())
            }
            _ => {}
        }
    }
    (lines, keys)
}

#[test]
fn what_is_typed_without_an_echo_is_in_no_file() {
    let home = Home::new();
    // What is echoed is kept as input here, which must not tempt it to keep more.
    configure(&home, "[recording]\ninput = true\n");
    let sim = Sim::start(&home, &shop(), &["--shell", "bash --norc"]);
    let mut terminal = session(&sim, &home);
    let (mut asked, mut programs) = (0, HashSet::new());
    let wanted = std::env::var("QD_TEST_PROMPTS").map_or(1, |count| count.parse().unwrap());
    lock_keys(home.path());
    terminal.send(format!("cd {}\r", home.path().display()).as_bytes());
    let rounds = (0..wanted).flat_map(|round| ASKING.iter().map(move |asking| (round, asking)));
    for (number, (round, (program, command))) in rounds.enumerate() {
        if round > 0 && asked >= wanted {
            break;
        }
        if !is_installed(program) {
            eprintln!("skipped: {program} is not installed");
            continue;
        }
        // No echo of the line may be taken for its output.
        terminal.send(
            format!("clear; echo be''gun-{number}; {command}; echo; echo do''ne-{number}\r").as_bytes(),
        );
        let (begun, done) = (format!("begun-{number}\n"), format!("done-{number}"));
        terminal.wait_until(&format!("the prompt of {program}"), |screen, _| {
            screen
                .text()
                .split_once(&begun)
                .is_some_and(|(_, after)| !after.trim().is_empty())
        });
        terminal.wait_silence(std::time::Duration::from_millis(200));
        if terminal.text().contains(&done) {
            eprintln!("skipped: {program} did not ask here: {}", terminal.text());
            continue;
        }
        terminal.send(b"Tr0ub4dor-unseen\r");
        terminal.wait_until(&format!("the end of {program}"), |screen, _| {
            screen.text().contains(&done)
        });
        asked += 1;
        programs.insert(program);
    }
    eprintln!("{asked} secrets were typed into {} programs", programs.len());
    // What is typed before the prompt stands is no echo when the prompt comes.
    terminal.wait_until("the last prompt", |screen, _| {
        screen.text().trim_end().ends_with('$')
    });
    terminal.type_keys("exit<enter>");
    terminal.wait_code();
    assert!(programs.len() >= 8, "only {programs:?} asked");
    assert!(asked >= wanted, "only {asked} secrets were asked for");
    assert_eq!(leaks(&home, "Tr0ub4dor-unseen"), Vec::<PathBuf>::new());
    let (lines, unechoed) = typed(&home);
    assert!(lines.iter().any(|line| line == "exit"), "{lines:?}");
    let secrets = unechoed
        .iter()
        .filter(|keys| **keys == "Tr0ub4dor-unseen\r".len());
    assert_eq!(secrets.count(), asked, "{unechoed:?}");
    let audited: Vec<_> = home.audit();
    assert!(audited.iter().any(|event| event["event"] == "session.command"
        && event["body"]["command"] == "exit"
        && event["body"]["source"] == "typed"));
    let rows = home.recordings();
    let reader = Reader::open(Path::new(rows[0]["path"].as_str().unwrap())).unwrap();
    let commands = Transcript::read(&reader).unwrap().commands;
    let is_typed = |command: &&quarterdeck::recording::Command| command.source == Source::Typed;
    assert!(
        commands
            .iter()
            .filter(is_typed)
            .any(|command| command.text == "exit"),
        "{commands:?}"
    );
    // The search itself finds what was shown.
    assert!(!leaks(&home, "ready-42").is_empty());
}

#[test]
fn secrets_in_output_are_covered_before_they_are_written_or_shown() {
    let home = Home::new();
    let config = home.path().join("config/quarterdeck/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(
        &config,
        "[recording]\nredact = \"write\"\n\n[[redaction]]\nname = \"badge\"\npattern = \"B-[0-9]{8}\"\n",
    )
    .unwrap();
    let sim = Sim::start(&home, &shop(), &[]);
    let file = config.display().to_string();
    let args = ["--config", &file, "connect", "checkout", "--region", "us-east-1"];
    let mut terminal = Terminal::start(sim.console(&home, &args), 160, 40);
    terminal.wait_for("connected to checkout");
    terminal.type_keys("echo ready-$((6*7))<enter>");
    terminal.wait_for("ready-42");
    // Written by halves with a pause between, so that messages part them; assembled there, so that no echo has them.
    let halves = [
        ("AKIAIOSF", "ODNN7EXAMPLE"),
        ("ghp_0123456789", "abcdefghijABCDEFGHIJ012345"),
        ("B-12", "345678"),
    ];
    for (number, (head, tail)) in halves.iter().enumerate() {
        let (h, t) = (head.split_at(3), tail.split_at(3));
        let line = format!(
            "printf '%s%s' {} {}; sleep 0.01; printf '%s%s' {} {}; echo; echo over-$(({number}+70))\r",
            h.0, h.1, t.0, t.1
        );
        terminal.send(line.as_bytes());
        terminal.wait_for(&format!("over-{}", number + 70));
    }
    terminal.wait_for("[redact");
    terminal.type_keys("exit<enter>");
    assert_eq!(terminal.wait_code(), 0);
    for (head, tail) in halves {
        let secret = format!("{head}{tail}");
        assert_eq!(
            leaks(&home, &secret),
            Vec::<PathBuf>::new(),
            "{secret} is on disk"
        );
        assert!(
            !pty::contains(&terminal.raw, secret.as_bytes()),
            "{secret} was shown"
        );
    }
    let rows = home.recordings();
    let reader = Reader::open(Path::new(rows[0]["path"].as_str().unwrap())).unwrap();
    let marks: Vec<String> = reader
        .marks()
        .unwrap()
        .into_iter()
        .filter_map(|event| match event.what {
            What::Marker(marker) if marker.kind == "redacted" => Some(marker.label),
            _ => None,
        })
        .collect();
    for rule in ["aws-access-key", "github-token", "badge"] {
        assert!(
            marks.iter().any(|label| label == rule),
            "{rule} left no marker: {marks:?}"
        );
    }
}

/// A program that writes a secret by halves, with a pause between.
const HALVES: &str = "printf AKIA''IOSF; sleep 0.02; printf 'ODNN7''EXAMPLE\n'; echo be''hind-it";

#[test]
fn a_local_program_shows_nothing_that_is_not_let_go_on_pipes_and_on_a_terminal() {
    let home = Home::new();
    configure(&home, "[recording]\nredact = \"write\"\ninput = true\n");
    // Before the program: what comes behind it is its own.
    let dir = home.data_dir().display().to_string();
    let rec = ["--data-dir", dir.as_str(), "rec", "--", "sh", "-c"];
    let ran = home.qd(&[&rec[..], &[HALVES]].concat()).output().unwrap();
    let out = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(
        out,
        "AKIA[redacted: aws-a\nbehind-it\n",
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let ran = home
        .qd(&[&rec[..], &["printf AKIA''IOSF >&2"]].concat())
        .output()
        .unwrap();
    assert_eq!(
        ran.stderr, b"AKIA[red",
        "what may be the beginning of one is covered at the end"
    );

    let script = format!("read go; {HALVES}");
    let mut terminal = Terminal::start(home.console(&[&rec[..], &[script.as_str()]].concat()), 80, 24);
    terminal.type_keys("on with it<enter>");
    terminal.wait_for("behind-it");
    assert_eq!(terminal.wait_code(), 0);
    assert!(
        terminal.text().contains("AKIA[redacted: aws-a"),
        "{}",
        terminal.text()
    );
    assert_eq!(leaks(&home, "AKIAIOSFODNN7EXAMPLE"), Vec::<PathBuf>::new());
    assert!(!pty::contains(&terminal.raw, b"ODNN7EXAMPLE"));
    assert!(!leaks(&home, "behind-it").is_empty());
    let audited = home.audit();
    assert!(
        audited
            .iter()
            .any(|event| event["body"]["command"] == "on with it"),
        "{audited:?}"
    );
}

#[test]
fn what_is_imported_is_encrypted_to_the_recipients_of_the_house() {
    let home = Home::new();
    let identity = home.path().join("me.txt");
    let recipient = quarterdeck::recording::create_identity(&identity).unwrap();
    configure(&home, &format!("[recording]\nrecipients = [\"{recipient}\"]\n"));
    let cast = home.path().join("one.cast");
    std::fs::write(
        &cast,
        "{\"version\": 2, \"width\": 80, \"height\": 24}\n[0.1, \"o\", \"told-you-so\"]\n",
    )
    .unwrap();
    let ran = home
        .qd(&["recordings", "import", cast.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    std::fs::remove_file(&cast).unwrap();
    let rows = home.recordings();
    let reader = Reader::open(Path::new(rows[0]["path"].as_str().unwrap())).unwrap();
    assert_eq!(reader.header().recipients, [recipient]);
    let held = files(home.path()).iter().any(|path| {
        std::fs::read(path)
            .unwrap()
            .windows(11)
            .any(|part| part == b"told-you-so")
    });
    assert!(!held, "in clear somewhere");
}

#[test]
fn a_secret_in_the_command_line_the_reason_or_the_ticket_is_on_no_disk() {
    let home = Home::new();
    configure(&home, "[recording]\nredact = \"write\"\n");
    let dir = home.data_dir().display().to_string();
    let (reason, ticket) = (
        "because of ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "AKIAIOSFODNN7TICKETS",
    );
    let rec = [
        "--data-dir",
        &dir,
        "rec",
        "--reason",
        reason,
        "--ticket",
        ticket,
        "--",
    ];
    let ran = home
        .qd(&[&rec[..], &["sh", "-c", ": AKIAIOSFODNN7EXAMPLE"]].concat())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    for secret in [
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAIOSFODNN7TICKETS",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    ] {
        assert_eq!(leaks(&home, secret), Vec::<PathBuf>::new(), "{secret} is on disk");
    }
    let row = &home.recordings()[0];
    assert!(
        row["reason"]
            .as_str()
            .unwrap()
            .starts_with("because of ghp_[redacted"),
        "{row}"
    );
}

#[test]
fn an_export_on_a_terminal_has_nothing_that_turns_a_line() {
    let home = Home::new();
    let dir = home.data_dir().display().to_string();
    let mut rec = home.qd(&["--data-dir", &dir, "rec", "--", "printf", "a\u{202e}b"]);
    assert!(rec.output().unwrap().status.success());
    let id = home.recordings()[0]["id"].as_str().unwrap().to_owned();
    let piped = home.qd(&["recordings", "export", &id]).output().unwrap().stdout;
    assert!(pty::contains(&piped, "a\u{202e}b".as_bytes()));
    for (format, shown) in [("asciicast-v3", "a\\u202eb"), ("text", "ab")] {
        let export = home.console(&["recordings", "export", &id, "--format", format]);
        let mut terminal = Terminal::start(export, 160, 24);
        assert_eq!(terminal.wait_code(), 0);
        assert!(
            pty::contains(&terminal.raw, shown.as_bytes()),
            "{}",
            terminal.text()
        );
        assert!(!pty::contains(&terminal.raw, "\u{202e}".as_bytes()));
    }
}

#[test]
fn what_an_encrypted_session_ran_is_in_the_audit_log_as_a_digest() {
    let home = Home::new();
    let identity = home.path().join("me.txt");
    let recipient = quarterdeck::recording::create_identity(&identity).unwrap();
    let config = format!(
        "[recording]\nencrypt = \"always\"\nrecipients = [\"{recipient}\"]\nidentities = [\"{}\"]\n\n\
         [[risky]]\nname = \"tells\"\npattern = \"hidden-[a-z]+\"\n",
        identity.display()
    );
    configure(&home, &config);
    let dir = home.data_dir().display().to_string();
    let ran = home
        .qd(&["--data-dir", &dir, "rec", "--", "sh", "-c", ": hidden-words"])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let telling: Vec<PathBuf> = files(home.path())
        .into_iter()
        .filter(|path| pty::contains(&std::fs::read(path).unwrap(), b"hidden-words"))
        .collect();
    assert_eq!(telling, Vec::<PathBuf>::new());
    let audited = home.audit();
    let digest = |event: &str| {
        let found = audited.iter().find(|entry| entry["event"] == event);
        found.unwrap_or_else(|| panic!("{event}: {audited:?}"))["body"]["command_digest"].clone()
    };
    let id = home.recordings()[0]["id"].as_str().unwrap().to_owned();
    let shown = home.qd(&["recordings", "show", &id, "--json"]).output().unwrap();
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let marker = &shown["markers"][0];
    assert!(
        marker["label"]
            .as_str()
            .unwrap()
            .starts_with("sh -c ': hidden-words'"),
        "{marker}"
    );
    assert_eq!(marker["digest"].as_str().unwrap().len(), 32);
    assert_eq!(digest("session.command"), marker["digest"]);
    assert_eq!(digest("alert.match"), marker["digest"]);
    let alert = audited
        .iter()
        .find(|entry| entry["event"] == "alert.match")
        .unwrap();
    assert_eq!(
        (&alert["body"]["rule"], &alert["body"]["command"]),
        (&"tells".into(), &serde_json::Value::Null)
    );
}
