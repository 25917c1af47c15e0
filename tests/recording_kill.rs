//! Whatever happens to the process or the disk, what was shown is in the file. The child is this very test program,
//! told by its environment to record ticks and to print each once it is recorded.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use quarterdeck::recording::{
    DeviceKey, End, Error, Header, Library, Reader, Recorder, State, What, Writer, verify,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const DIR: &str = "QD_TEST_RECORD_TICKS_IN";
const KILLS: &str = "QD_TEST_KILLS";

/// Records and prints ticks until it is killed or its disk is full; an ordinary test run passes it by.
#[test]
fn child_that_records_ticks() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let key = DeviceKey::load_or_create(Path::new(&dir)).unwrap();
    let mut recorder = Recorder::create(Path::new(&dir), Header::new("local", (80, 24)), &key, 0).unwrap();
    let mut out = std::io::stdout();
    let mut random = StdRng::seed_from_u64(1);
    for n in 0u64.. {
        let noise: String = (0..random.random_range(0..2_000))
            .map(|_| random.random_range('!'..='~'))
            .collect();
        if let Err(e) = recorder.output(format!("tick {n} {noise}\r\n").as_bytes()) {
            assert!(matches!(e, Error::DiskFull { .. }), "{e}");
            recorder
                .end(End {
                    why: "disk full".into(),
                    ..End::default()
                })
                .unwrap();
            return;
        }
        writeln!(out, "tick {n}").and_then(|()| out.flush()).unwrap();
    }
}

fn child(program: &mut Command, dir: &Path) -> Child {
    program
        .args([
            "--exact",
            "child_that_records_ticks",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn last_shown(printed: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(printed);
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole
        .lines()
        .rev()
        .find_map(|l| l.strip_prefix("tick ")?.parse().ok())
        .expect("nothing was shown")
}

fn recorded(path: &Path) -> u64 {
    let events = Reader::open(path).unwrap().events().unwrap().map(|e| e.unwrap());
    let outputs = events.filter_map(|e| {
        if let What::Output(bytes) = e.what {
            Some(bytes)
        } else {
            None
        }
    });
    outputs.enumerate().fold(0, |_, (n, bytes)| {
        assert!(
            bytes.starts_with(format!("tick {n} ").as_bytes()),
            "tick {n} is missing"
        );
        n as u64
    })
}

#[test]
fn nothing_shown_is_missing_after_a_kill() {
    let kills = std::env::var(KILLS)
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(20);
    let mut random = StdRng::seed_from_u64(2);
    for _ in 0..kills {
        let dir = tempfile::tempdir().unwrap();
        let mut child = child(&mut Command::new(std::env::current_exe().unwrap()), dir.path());
        let mut shown = BufReader::new(child.stdout.take().unwrap());
        let mut printed = Vec::new();
        while !printed.ends_with(b"tick 0\n") {
            assert!(
                shown.read_until(b'\n', &mut printed).unwrap() > 0,
                "the child died"
            );
        }
        let until = Instant::now() + Duration::from_micros(random.random_range(0..60_000));
        while Instant::now() < until {
            shown.read_until(b'\n', &mut printed).unwrap();
        }
        child.kill().unwrap();
        shown.read_to_end(&mut printed).unwrap();
        child.wait().unwrap();

        let (rows, _) = Library::open(dir.path()).list().unwrap();
        assert_eq!((rows.len(), rows[0].state), (1, State::Torn));
        assert!(recorded(&rows[0].path) >= last_shown(&printed));
        let key = DeviceKey::load_or_create(dir.path()).unwrap();
        assert!(
            Library::open(dir.path())
                .recover_torn(&key)
                .unwrap()
                .remove(0)
                .is_ok()
        );
        assert!(verify(&rows[0].path).unwrap().ok);
        assert!(recorded(&rows[0].path) >= last_shown(&printed));
    }
}

#[test]
fn a_full_disk_ends_in_a_signed_file_with_all_that_was_shown() {
    let dir = tempfile::tempdir().unwrap();
    let mount = format!(
        "mount -t tmpfs -o size=64k,mode=700 tmpfs '{}'",
        dir.path().display()
    );
    let copy = tempfile::tempdir().unwrap();
    let script = format!(
        "{mount} && \"$@\"; code=$?; cp -r '{}'/. '{}'; exit $code",
        dir.path().display(),
        copy.path().display()
    );
    let allowed = Command::new("unshare")
        .args(["-rm", "sh", "-c", &mount])
        .stderr(Stdio::null())
        .status();
    if !allowed.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no user namespace to mount a small disk in");
        return;
    }
    let mut program = Command::new("unshare");
    program
        .args(["-rm", "sh", "-c", &script, "sh"])
        .arg(std::env::current_exe().unwrap());
    let mut child = child(&mut program, dir.path());
    let mut printed = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut printed).unwrap();
    assert!(child.wait().unwrap().success());
    let (rows, failures) = Library::open(copy.path()).list().unwrap();
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(rows[0].state, State::Sealed);
    let verdict = verify(&rows[0].path).unwrap();
    assert!(verdict.ok, "{}", verdict.says);
    assert_eq!(recorded(&rows[0].path), last_shown(&printed));
    let gaps = Reader::open(&rows[0].path).unwrap().marks().unwrap();
    assert!(
        gaps.iter()
            .any(|e| matches!(&e.what, What::Gap(gap) if gap.cause == "disk-full"))
    );
}

/// Set for the process whose files may not grow far, which is how a full disk looks.
const SMALL: &str = "QD_TEST_SMALL_FILES";

/// How far its files may grow.
fn set_disk(bytes: u64) {
    use nix::libc;
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: both calls use a value of this frame.
    let code = unsafe {
        libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit);
        limit.rlim_cur = bytes;
        libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit)
    };
    assert_eq!(code, 0);
}

#[test]
fn window_changes_on_a_full_disk_leave_room_for_the_seal_and_the_last_one_follows() {
    if std::env::var_os(SMALL).is_none() {
        let name = "window_changes_on_a_full_disk_leave_room_for_the_seal_and_the_last_one_follows";
        let script = "trap '' XFSZ; exec \"$0\" --exact \"$1\" --nocapture";
        let output = Command::new("sh")
            .args(["-c", script])
            .arg(std::env::current_exe().unwrap())
            .arg(name)
            .env(SMALL, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let key = DeviceKey::load_or_create(dir.path()).unwrap();
    for has_room_again in [false, true] {
        set_disk(128 << 10);
        let mut writer = Writer::create(dir.path(), Header::new("shell", (80, 24)), &key).unwrap();
        let mut noise = 1u64;
        let mut at_us = 0;
        loop {
            at_us += 1;
            let bytes: Vec<u8> = std::iter::repeat_with(|| {
                noise = noise
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                (noise >> 33) as u8
            })
            .take(4 << 10)
            .collect();
            if writer.output(at_us, &bytes).is_err() {
                break;
            }
        }
        for cols in 100..400 {
            assert!(writer.resize(at_us, cols, 30).is_err(), "{cols}");
        }
        if has_room_again {
            set_disk(1 << 30);
            // A full disk is asked again after a second.
            while writer.output(at_us, b"more").is_err() {
                std::thread::yield_now();
            }
        }
        let sealed = writer.end(at_us + 1, End::default()).unwrap();
        let verdict = verify(&sealed.path).unwrap();
        assert!(verdict.ok, "{}", verdict.says);
        let events = Reader::open(&sealed.path).unwrap().events().unwrap();
        let sizes = events.filter_map(|event| match event.unwrap().what {
            What::Resize { cols, rows } => Some((cols, rows)),
            _ => None,
        });
        let wanted = if has_room_again { vec![(399, 30)] } else { vec![] };
        assert_eq!(sizes.collect::<Vec<_>>(), wanted);
    }
}
