//! What is asked of a person: secrets, and a second person's word.

use super::*;

#[test]
fn a_secret_is_typed_unseen_and_stands_in_no_evidence() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    page(
        &home,
        "---\nvars:\n  TOKEN: {secret: ask}\n---\n```sh\nprintf '%s' \"$TOKEN\" | wc -c\necho \"it is $TOKEN\" > /dev/null\n```\n",
    );
    let args = ["runbooks", "run", "page.md", "--yes", "--on", "checkout"];
    let mut command = sim.console(&home, &args);
    command = command.env("QD_REASON", "a test");
    let mut terminal = Terminal::start(command, 100, 30);
    terminal.wait_for("TOKEN (not shown)");
    terminal.send(b"s3cr3t-and-long\r");
    terminal.wait_for("is done");
    assert_eq!(terminal.wait_code(), 0);
    assert!(terminal.text().contains("15"), "{}", terminal.text());
    assert!(!pty::contains(&terminal.raw, b"s3cr3t"));
    let secret = b"s3cr3t-and-long";
    for entry in walk(&home.data_dir()) {
        let bytes = std::fs::read(&entry).unwrap();
        assert!(!pty::contains(&bytes, secret), "{}", entry.display());
    }
    let path = home.recordings()[0]["path"].as_str().unwrap().to_owned();
    for event in Reader::open(path.as_ref()).unwrap().events().unwrap() {
        if let What::Output(bytes) = event.unwrap().what {
            assert!(!pty::contains(&bytes, secret));
        }
    }
}

#[test]
fn a_step_for_two_waits_for_a_word_that_its_own_device_cannot_give() {
    let home = Home::new();
    let other = Home::new();
    let path = page(&home, "```sh {name=drop confirm=two}\ntouch dropped\n```\n");
    let path = path.display().to_string();
    let approve = |home: &Home, file: &str| {
        let said = home.qd(&["runbooks", "approve", &path, "drop"]).output().unwrap();
        std::fs::write(file, &said.stdout).unwrap();
    };
    let (own, second) = (home.path().join("own"), home.path().join("second"));
    approve(&home, own.to_str().unwrap());
    approve(&other, second.to_str().unwrap());
    let mut terminal = Terminal::start(
        home.console(&["runbooks", "run", "page.md", "--approval", own.to_str().unwrap()]),
        120,
        30,
    );
    terminal.wait_for("the key of whoever runs the page");
    terminal.send(b"a\r");
    assert_eq!(terminal.wait_code(), 1);
    let args = [
        "runbooks",
        "run",
        "page.md",
        "--approval",
        second.to_str().unwrap(),
    ];
    let mut terminal = Terminal::start(home.console(&args), 120, 30);
    terminal.wait_for("on another device");
    terminal.send(b"a\r");
    assert_eq!(terminal.wait_code(), 1);
    // Without a terminal it is refused before anything runs, and the reason is the same.
    let alone = |file: &std::path::Path| {
        let file = file.to_str().unwrap();
        let ran = qd(&home, &["run", "page.md", "--yes", "--approval", file]);
        assert_eq!(ran.status.code(), Some(3), "{}", err(&ran));
        err(&ran)
    };
    assert!(alone(&own).contains("does not count: it is signed with the key of whoever runs the page"));
    assert!(alone(&second).contains("on another device"));
    // The configuration knows whose device that is.
    let key = hex::encode(DeviceKey::load_or_create(&other.data_dir()).unwrap().public());
    let config = home.path().join("config/quarterdeck/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, format!("[runbooks]\napprovers = [\"mara {key}\"]\n")).unwrap();
    assert!(alone(&second).contains("the second person's approval counts"));
    assert!(!home.path().join("dropped").exists());
    let mut terminal = Terminal::start(home.console(&args), 120, 30);
    terminal.wait_for("type local to run it");
    terminal.send(b"local\r");
    terminal.wait_for("is done");
    assert_eq!(terminal.wait_code(), 0);
    assert!(home.path().join("dropped").exists());
}

fn walk(dir: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(walk(&path)),
            false => found.push(path),
        }
    }
    found
}

#[test]
fn what_a_step_hides_is_in_no_journal_and_is_asked_for_again() {
    let home = Home::new();
    let key = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
    page(
        &home,
        "```sh {name=log-in capture=TOKEN redact=/tok-[0-9]+/}\necho tok-4711\n```\n\n```sh {name=use}\necho using $TOKEN {{key}} | wc -w; test -e go\n```\n",
    );
    let ran = qd(
        &home,
        &["run", "page.md", "--yes", "--set", &format!("key={key}")],
    );
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    let run = journal::find(&home.data_dir(), "last").unwrap();
    let folder = journal::folder(&home.data_dir()).join(run);
    let text = std::fs::read_to_string(folder.join("journal.jsonl")).unwrap();
    assert!(!text.contains("tok-4711") && !text.contains(&key), "{text}");
    let hidden = |line: &Line| matches!(&line.record, Record::Valued { name, covered: true, step: Some(_), .. } if name == "TOKEN");
    assert_eq!(lines(&home, "last").iter().filter(|line| hidden(line)).count(), 1);
    // What stands in the journal is no value: without a person there is none.
    std::fs::write(home.path().join("go"), "").unwrap();
    let again = qd(
        &home,
        &["run", "--resume", "last", "--yes", "--set", &format!("key={key}")],
    );
    assert_eq!(again.status.code(), Some(2), "{}", err(&again));
    assert!(
        err(&again).contains("needs a value for token again"),
        "{}",
        err(&again)
    );
    let given = [
        "run",
        "--resume",
        "last",
        "--yes",
        "--set",
        "TOKEN=x",
        "--set",
        &format!("key={key}"),
    ];
    assert_eq!(out(&qd(&home, &given)), "3\n");
}

#[test]
fn a_value_that_is_given_when_a_run_goes_on_holds_for_the_next_time_too() {
    let home = Home::new();
    page(
        &home,
        "```sh\necho one\n```\n\n```sh\ntest -f go && echo <who>\n```\n",
    );
    let run = |args: &[&str]| qd(&home, &[&["run", "--yes"], args].concat());
    let first = run(&["page.md", "--only", "1"]);
    assert_eq!(first.status.code(), Some(0), "{}", err(&first));
    let again = run(&["--resume", "last", "--set", "who=you"]);
    assert_eq!(again.status.code(), Some(1), "{}", err(&again));
    // What the journal may not hold is asked for again, and it is said why.
    let key = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
    let covered = run(&["--resume", "last", "--set", &format!("Who={key}")]);
    assert_eq!(covered.status.code(), Some(1), "{}", err(&covered));
    let asked = run(&["--resume", "last"]);
    assert_eq!(asked.status.code(), Some(2), "{}", err(&asked));
    let says = "step 2 needs a value for who again: the journal may not hold it";
    assert!(err(&asked).contains(says), "{}", err(&asked));
    run(&["--resume", "last", "--set", "who=me"]);
    std::fs::write(home.path().join("go"), "").unwrap();
    let last = run(&["--resume", "last"]);
    assert_eq!(last.status.code(), Some(0), "{}", err(&last));
    assert_eq!(out(&last), "me\n");
    let journal = journal::find(&home.data_dir(), "last").unwrap();
    let journal = journal::folder(&home.data_dir())
        .join(journal)
        .join("journal.jsonl");
    assert!(!std::fs::read_to_string(journal).unwrap().contains(&key));
}

#[test]
fn what_may_be_left_out_is_left_out_by_an_empty_value() {
    let home = Home::new();
    page(&home, "```sh\necho <pod> [-c <container>] end\n```\n");
    let run = |container: &[&str]| {
        let args = ["run", "page.md", "--yes", "--set", "pod=web"];
        qd(&home, &[&args, container].concat())
    };
    let asked = run(&[]);
    assert_eq!(asked.status.code(), Some(2), "{}", err(&asked));
    assert!(
        err(&asked).contains("--set container= to leave"),
        "{}",
        err(&asked)
    );
    assert_eq!(out(&run(&["--set", "container=a b"])), "web -c a b end\n");
    assert_eq!(out(&run(&["--set", "container="])), "web end\n");
}

#[test]
fn a_secret_in_a_note_is_not_kept_and_covered_from_then_on() {
    let home = Home::new();
    page(
        &home,
        "# T\n\n- [ ] log in\n\n```sh\necho it is n1ght''Watch\n```\n",
    );
    let mut terminal = Terminal::start(home.console(&["runbooks", "run", "page.md", "--yes"]), 100, 30);
    terminal.wait_for("[ ] 1 log in");
    terminal.send(b"with vault login n1ghtWatch\r");
    terminal.wait_for("is done");
    assert_eq!(terminal.wait_code(), 0);
    let lines = lines(&home, "last");
    let noted = |line: &Line| matches!(&line.record, Record::Ticked { note, .. } if note == "with vault login [redacted: password]");
    assert!(lines.iter().any(noted));
    let runs = walk(&home.data_dir().join("runs"));
    let outputs = runs
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "txt"));
    let outputs: Vec<String> = outputs
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    assert_eq!(outputs, ["it is [redacted]\n"]);
}
