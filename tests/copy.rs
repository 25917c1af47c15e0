//! `qd cp` as a user and a script meet it: content, names and modes both ways, what cannot be copied, what an earlier try
//! left, and that nothing of the content is in the recordings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pty::cloud::{Sim, fleet};
use pty::home::Home;
use quarterdeck::recording::{Reader, What};
use serde_json::Value;
use sha2::{Digest, Sha256};

struct Desk {
    home: Home,
    sim: Sim,
}

impl Desk {
    fn new() -> Self {
        let home = Home::new();
        let sim = Sim::start(
            &home,
            &fleet(&["us-east-1"], &[("web", "us-east-1", "online")]),
            &[],
        );
        fs::create_dir(home.path().join("remote")).unwrap();
        Self { home, sim }
    }

    /// A file of what the remote sees as its own.
    fn remote(&self, name: &str) -> PathBuf {
        self.home.path().join("remote").join(name)
    }

    fn here(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn cp(&self, args: &[&str]) -> Output {
        let mut words = vec!["cp"];
        words.extend(args);
        self.sim.qd(&self.home, &words).output().unwrap()
    }

    #[track_caller]
    fn copied(&self, args: &[&str]) -> Value {
        let mut words = vec!["--json"];
        words.extend(args);
        let out = self.cp(&words);
        let says = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{args:?}: {says}");
        serde_json::from_slice(&out.stdout).unwrap()
    }
}

fn at(path: &Path) -> String {
    format!("web:{}", path.display())
}

fn noise(length: usize) -> Vec<u8> {
    let mut seed = [7u8; 32];
    let mut bytes = Vec::with_capacity(length + 32);
    while bytes.len() < length {
        seed = Sha256::digest(seed).into();
        bytes.extend(seed);
    }
    bytes.truncate(length);
    bytes
}

#[test]
fn files_of_any_name_and_content_come_back_as_they_went_with_their_mode() {
    let desk = Desk::new();
    let names = [
        "plain",
        "it's \"a\" $x `y`",
        "-rf",
        "ünï 日",
        "line\nend",
        "{{ x }} %d \\",
    ];
    for (index, name) in names.iter().enumerate() {
        let content = noise([0, 1, 57, 4095, 70_000, 300_001][index]);
        fs::write(desk.remote(name), &content).unwrap();
        fs::set_permissions(desk.remote(name), fs::Permissions::from_mode(0o751)).unwrap();
        let back = desk.here("back");
        let done = desk.copied(&[&at(&desk.remote(name)), "back"]);
        assert_eq!(fs::read(&back).unwrap(), content, "{name:?}");
        assert_eq!(done["sha256"], hex::encode(Sha256::digest(&content)));
        assert_eq!(fs::metadata(&back).unwrap().permissions().mode() & 0o777, 0o751);
        let again = desk.remote(&format!("{name} again"));
        desk.copied(&["back", &at(&again)]);
        assert_eq!(fs::read(&again).unwrap(), content, "{name:?}");
        assert_eq!(fs::metadata(&again).unwrap().permissions().mode() & 0o777, 0o751);
    }
}

#[test]
fn a_file_behind_a_link_comes_with_its_own_mode_as_far_as_the_umask_lets_it() {
    let desk = Desk::new();
    fs::create_dir(desk.remote("tree")).unwrap();
    let file = desk.remote("tree/file");
    fs::write(&file, "x").unwrap();
    std::os::unix::fs::symlink(&file, desk.remote("link")).unwrap();
    let (link, tree) = (at(&desk.remote("link")), at(&desk.remote("tree")));
    for (there, umask, here) in [
        (0o640, "000", 0o640),
        (0o666, "022", 0o644),
        (0o777, "027", 0o750),
    ] {
        fs::set_permissions(&file, fs::Permissions::from_mode(there)).unwrap();
        for (args, copied) in [
            (&["cp", &link, "back"][..], "back"),
            (&["cp", "-r", &tree, "to"], "to/file"),
        ] {
            let qd = desk.sim.qd(&desk.home, args);
            let mut under = std::process::Command::new("sh");
            under.args(["-c", "umask \"$0\"; exec \"$@\"", umask]);
            under.arg(qd.get_program()).args(qd.get_args());
            under.env_clear().current_dir(desk.home.path());
            under.envs(qd.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let out = under.stdin(Stdio::null()).output().unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            let mode = fs::metadata(desk.here(copied)).unwrap().permissions().mode() & 0o777;
            let _ = fs::remove_dir_all(desk.here("to"));
            assert_eq!(
                format!("{mode:o}"),
                format!("{here:o}"),
                "{args:?} with umask {umask}"
            );
        }
    }
}

#[test]
fn a_folder_goes_with_everything_in_it_and_pipes_work() {
    let desk = Desk::new();
    fs::create_dir_all(desk.here("tree/a b/c")).unwrap();
    fs::write(desk.here("tree/a b/c/file"), noise(5000)).unwrap();
    std::os::unix::fs::symlink("c/file", desk.here("tree/a b/link")).unwrap();
    desk.copied(&["-r", "tree", &at(&desk.remote(""))]);
    assert_eq!(fs::read(desk.remote("tree/a b/link")).unwrap(), noise(5000));
    desk.copied(&["-r", &at(&desk.remote("tree")), "back"]);
    assert_eq!(fs::read(desk.here("back/a b/c/file")).unwrap(), noise(5000));
    assert!(desk.here("back/a b/link").is_symlink());
    assert!(!desk.remote("tree.part").exists() && !desk.here("back.part").exists());

    let to = at(&desk.remote("piped"));
    let mut child = desk.sim.qd(&desk.home, &["cp", "-", &to]);
    let mut child = child.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&noise(9000)).unwrap();
    assert!(child.wait().unwrap().success());
    let out = desk.cp(&[&to, "-"]);
    assert_eq!(out.stdout, noise(9000));
}

#[test]
fn a_folder_of_which_something_cannot_be_read_is_said_not_to_be_whole() {
    let desk = Desk::new();
    fs::create_dir(desk.remote("tree")).unwrap();
    fs::write(desk.remote("tree/file"), "x").unwrap();
    let secret = desk.remote("tree/secret");
    fs::write(&secret, "y").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&secret).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    let out = desk.cp(&["-r", &at(&desk.remote("tree")), "back"]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("did not come whole: ./secret: "), "{said}");
    assert!(said.contains("hint: what could be read is in back"), "{said}");
    assert_eq!(fs::read(desk.here("back/file")).unwrap(), b"x");
    assert!(!desk.here("back.part").exists());
}

#[test]
fn what_cannot_be_copied_is_said_in_one_sentence_with_exit_1() {
    let desk = Desk::new();
    fs::create_dir(desk.here("folder")).unwrap();
    fs::write(desk.here("file"), "x").unwrap();
    fs::create_dir(desk.remote("file")).unwrap();
    let missing = at(&desk.remote("missing"));
    let nowhere = at(&desk.remote("no/where"));
    let folder = at(&desk.remote(""));
    let cases: [(&[&str], &str); 7] = [
        (&[&missing, "x"], "no such file"),
        (&[&folder, "x"], "is a folder"),
        (&["web:/dev/null", "x"], "neither a file nor a folder"),
        (&["nosuch", &missing], "no such file"),
        (&["folder", &missing], "is a folder"),
        (&["file", &nowhere], "there is no folder for it"),
        (&[&missing, "no/where"], "no such file"),
    ];
    for (args, says) in cases {
        let out = desk.cp(args);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{args:?}: {said}");
        assert!(
            said.starts_with("qd: ") && said.contains(says),
            "{args:?}: {said}"
        );
        assert!(said.lines().count() <= 2, "{said}");
    }
    assert!(!desk.here("x").exists() && !desk.here("x.part").exists());
    for args in [["a", "b"], ["web:/a", "web:/b"]] {
        assert_eq!(desk.cp(&args).status.code(), Some(2));
    }
    assert_eq!(desk.cp(&["nobody:/x", "x"]).status.code(), Some(5));
    assert!(
        desk.sim.sessions("us-east-1", false).is_empty(),
        "nothing is left open"
    );
}

#[test]
fn an_earlier_try_is_gone_on_from_if_it_is_the_beginning() {
    let desk = Desk::new();
    let content = noise(500_000);
    fs::write(desk.remote("far"), &content).unwrap();
    for (part, resumed) in [(content[..200_000].to_vec(), 200_000), (vec![1; 200_000], 0)] {
        fs::write(desk.here("near.part"), &part).unwrap();
        let done = desk.copied(&[&at(&desk.remote("far")), "near"]);
        assert_eq!(
            (&done["resumed_at"], &done["bytes"]),
            (&resumed.into(), &500_000.into())
        );
        assert_eq!(fs::read(desk.here("near")).unwrap(), content);

        fs::write(desk.remote("up.part"), &part).unwrap();
        let done = desk.copied(&["near", &at(&desk.remote("up"))]);
        assert_eq!(done["resumed_at"], resumed);
        assert_eq!(fs::read(desk.remote("up")).unwrap(), content);
    }
}

#[test]
fn an_earlier_try_at_a_folder_is_gone_on_from_if_it_is_the_beginning() {
    let desk = Desk::new();
    fs::create_dir(desk.remote("tree")).unwrap();
    fs::write(desk.remote("tree/file"), noise(500_000)).unwrap();
    let packed = Command::new("tar")
        .args(["-cf", "-", "."])
        .current_dir(desk.remote("tree"))
        .output();
    let archive = packed.unwrap().stdout;
    for (part, resumed) in [(&archive[..200_000], 200_000), (&[1; 200_000], 0)] {
        fs::write(desk.here("back.part"), part).unwrap();
        let done = desk.copied(&["-r", &at(&desk.remote("tree")), "back"]);
        assert_eq!(done["resumed_at"], resumed, "{done}");
        assert_eq!(fs::read(desk.here("back/file")).unwrap(), noise(500_000));
        assert!(!desk.here("back.part").exists());
        fs::remove_dir_all(desk.here("back")).unwrap();
    }
}

#[test]
fn several_sessions_share_a_file_and_their_recordings_hold_no_content() {
    let desk = Desk::new();
    let content = b"payload-that-must-not-be-kept ".repeat(20_000);
    fs::write(desk.remote("far"), &content).unwrap();
    let done = desk.copied(&[
        "--sessions",
        "3",
        "--reason",
        "INC-7",
        &at(&desk.remote("far")),
        "near",
    ]);
    assert_eq!(done["sessions"], 3);
    assert_eq!(fs::read(desk.here("near")).unwrap(), content);
    desk.copied(&["near", &at(&desk.remote("up"))]);
    let rows = desk.home.recordings();
    assert_eq!(rows.len(), 4);
    let (mut received, mut sent) = (0, 0);
    for row in &rows {
        assert_eq!(row["state"], "sealed");
        let id = row["id"].as_str().unwrap();
        assert_eq!(desk.home.json(&["recordings", "verify", id])["ok"], true);
        let path = row["path"].as_str().unwrap();
        let events = Reader::open(path.as_ref()).unwrap().events().unwrap();
        for event in events {
            let event = event.unwrap();
            match event.what {
                What::Output(_) | What::Stderr(_) | What::Input(_) => panic!("payload in {path}"),
                What::Marker(marker) if marker.kind == "connection" => {
                    received += marker.fields["received_bytes"].parse::<usize>().unwrap();
                    sent += marker.fields["sent_bytes"].parse::<usize>().unwrap();
                    if marker.fields["sent_bytes"] != "0" {
                        assert_eq!(
                            marker.fields["sent_sha256"],
                            hex::encode(Sha256::digest(&content))
                        );
                    }
                }
                _ => {}
            }
        }
    }
    assert_eq!((received, sent), (content.len(), content.len()));
}

#[test]
fn a_file_that_changes_while_it_is_copied_is_not_taken_for_whole() {
    let desk = Desk::new();
    fs::write(desk.remote("log"), noise(2_000_000)).unwrap();
    let from = at(&desk.remote("log"));
    let mut child = desk.sim.qd(&desk.home, &["cp", &from, "log"]);
    let mut child = child.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = fs::OpenOptions::new()
        .append(true)
        .open(desk.remote("log"))
        .unwrap();
    while child.try_wait().unwrap().is_none() {
        log.write_all(b"one more line\n").unwrap();
        std::thread::yield_now();
    }
    let out = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("while it was copied"), "{said}");
    assert!(!desk.here("log").exists());
}

#[test]
fn a_file_here_that_changes_while_it_is_sent_is_told_at_once() {
    let desk = Desk::new();
    fs::write(desk.here("log"), noise(8_000_000)).unwrap();
    let to = at(&desk.remote("log"));
    let mut child = desk.sim.qd(&desk.home, &["cp", "log", &to]);
    let mut child = child.stderr(Stdio::piped()).spawn().unwrap();
    let part = desk.remote("log.part");
    while !fs::metadata(&part).is_ok_and(|file| file.len() > 0) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it began");
        std::thread::yield_now();
    }
    fs::OpenOptions::new()
        .append(true)
        .open(desk.here("log"))
        .and_then(|mut log| log.write_all(b"one more line\n"))
        .unwrap();
    let deadline = Instant::now() + pty::PATIENCE;
    while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    // One that waits for an answer which never comes ends at this, with another word.
    let _ = kill(Pid::from_raw(child.id() as i32), Signal::SIGINT);
    let out = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("log changed while it was copied"), "{said}");
    assert!(!desk.remote("log").exists());
    assert_eq!(desk.sim.left_open("us-east-1"), []);
}

#[test]
fn an_interrupted_copy_ends_its_session_and_goes_on_later() {
    let desk = Desk::new();
    let content = noise(30_000_000);
    fs::write(desk.here("near"), &content).unwrap();
    let to = at(&desk.remote("far"));
    let mut child = desk.sim.qd(&desk.home, &["cp", "near", &to]);
    let mut child = child.stderr(Stdio::null()).spawn().unwrap();
    let part = desk.remote("far.part");
    while !fs::metadata(&part).is_ok_and(|file| file.len() > 500_000) {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it was interrupted"
        );
        std::thread::yield_now();
    }
    let mode = fs::metadata(&part).unwrap().permissions().mode() & 0o777;
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(mode, 0o600, "what is not whole is nobody else's");
    assert!(desk.sim.sessions("us-east-1", false).is_empty());
    assert_eq!(desk.home.recordings()[0]["state"], "sealed");
    fs::write(desk.here("near"), &content[..2_000_000]).unwrap();
    let kept = fs::metadata(&part).unwrap().len();
    if kept > 2_000_000 {
        fs::OpenOptions::new()
            .write(true)
            .open(&part)
            .unwrap()
            .set_len(1_000_000)
            .unwrap();
    }
    let done = desk.copied(&["near", &to]);
    assert!(done["resumed_at"].as_u64().unwrap() >= 500_000, "{done}");
    assert_eq!(fs::read(desk.remote("far")).unwrap(), content[..2_000_000]);
}
