//! The sandbox of the simulator's shells, tried from inside with the real program: by namespaces and by `bwrap`,
//! as whoever runs the tests and, for root, as nobody too.

// Helpers of tests fail like tests.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use quarterdeck::sim::agent::Isolation;
use quarterdeck::sim::agent::isolate::sandbox;

const QD: &str = env!("CARGO_BIN_EXE_qd");

fn words(script: &str) -> Vec<String> {
    ["/bin/sh", "-c", script].map(str::to_owned).into()
}

fn run(words: &[String]) -> Output {
    Command::new(&words[0])
        .args(&words[1..])
        .env_clear()
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .env("HOME", "/home/ssm-user")
        .output()
        .unwrap()
}

fn inside(script: &str) -> Option<String> {
    if !matches!(
        Isolation::probe(Some(Path::new(QD))),
        Isolation::Namespaces { .. }
    ) {
        eprintln!("skipped: the system refuses namespaces");
        return None;
    }
    let output = run(&sandbox::by_namespaces(
        Path::new(QD),
        "ip-10-0-1-23",
        words(script),
    ));
    Some(String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_system_cannot_be_written_and_the_home_can() {
    let script =
        "for f in /x /usr/x /etc/x /etc/passwd /bin/x; do (echo a >> $f) 2>/dev/null && echo WROTE $f; done
        echo mine > ~/x && cat ~/x; echo tmp > /tmp/x && cat /tmp/x";
    if let Some(seen) = inside(script) {
        assert_eq!(seen, "mine\ntmp\n");
    }
    assert!(!Path::new("/tmp/x").exists() || std::fs::read_to_string("/tmp/x").unwrap() != "tmp\n");
}

#[test]
fn homes_credentials_and_data_of_the_machine_are_not_there() {
    let home = std::env::var("HOME").unwrap();
    let here = env!("CARGO_MANIFEST_DIR");
    let script = format!(
        "for p in {home}/.aws {home}/.ssh {home}/.config {here} /root /etc/shadow /var/lib /mnt; do [ -e $p ] && echo SEEN $p; done
        id -un; hostname; ls ~; env | grep -c AWS"
    );
    if let Some(seen) = inside(&script) {
        assert_eq!(seen, "ssm-user\nip-10-0-1-23\nREADME.txt\napp.log\nweb\n0\n");
    }
}

#[test]
fn processes_outside_are_neither_seen_nor_killed() {
    let mut outside = Command::new("sleep").arg("600").spawn().unwrap();
    let script = format!(
        "kill -9 {} 2>/dev/null; kill -9 1 2>/dev/null; ls -d /proc/[0-9]* | wc -l",
        outside.id()
    );
    if let Some(seen) = inside(&script) {
        assert!(seen.trim().parse::<u32>().unwrap() <= 5, "{seen}");
        assert!(outside.try_wait().unwrap().is_none(), "it was killed from inside");
    }
    outside.kill().unwrap();
    outside.wait().unwrap();
}

#[test]
fn there_are_no_rights_to_gain_and_no_network() {
    let script = "grep -E 'CapEff|NoNewPrivs' /proc/self/status | tr -d '\\t'
        tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '
        unshare -Ur mount -o remount,bind,rw /usr 2>/dev/null && echo REMOUNTED
        chroot / true 2>/dev/null && echo CHROOT; true";
    if let Some(seen) = inside(script) {
        assert_eq!(seen, "CapEff:0000000000000000\nNoNewPrivs:1\nlo\n");
    }
}

#[test]
fn the_exit_code_comes_out_and_background_processes_do_not_stay() {
    if inside("true").is_none() {
        return;
    }
    let mark = format!("77{}", std::process::id());
    let script = format!("sleep {mark} & (setsid sleep {mark} &) ; exit 9");
    let output = run(&sandbox::by_namespaces(Path::new(QD), "host", words(&script)));
    assert_eq!(output.status.code(), Some(9));
    assert!(!is_running(&mark));
}

#[test]
fn killing_the_outer_process_takes_everything_inside_with_it() {
    if inside("true").is_none() {
        return;
    }
    let mark = format!("88{}", std::process::id());
    let words = sandbox::by_namespaces(
        Path::new(QD),
        "host",
        words(&format!("(setsid sleep {mark} &); sleep {mark}")),
    );
    let mut outer = Command::new(&words[0])
        .args(&words[1..])
        .env_clear()
        .spawn()
        .unwrap();
    wait_until("the shell runs", || is_running(&mark));
    outer.kill().unwrap();
    outer.wait().unwrap();
    wait_until("nothing is left", || !is_running(&mark));
}

#[test]
fn bwrap_does_as_well_where_it_is_installed() {
    let Isolation::Bwrap { program } = Isolation::probe(None) else {
        eprintln!("skipped: no bwrap that works");
        return;
    };
    let script = "hostname; id -un; echo a > /x || echo b > /usr/x || echo sealed; ls ~; echo c > ~/c && cat ~/c; [ -e /root ] || exit 4";
    let (words, files) = sandbox::by_bwrap(&program, "ip-10-0-1-23", words(script)).unwrap();
    let output = run(&words);
    let seen = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        seen,
        "ip-10-0-1-23\nssm-user\nsealed\nREADME.txt\napp.log\nweb\nc\n"
    );
    assert_eq!(output.status.code(), Some(4));
    drop(files);
}

#[test]
fn nobody_is_isolated_as_well_as_root() {
    let setpriv = Path::new("/usr/bin/setpriv");
    let is_root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0;
    if !is_root || !setpriv.exists() {
        eprintln!("skipped: needs root and setpriv");
        return;
    }
    // Nobody can reach a copy, whatever the folders above the build are.
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("qd");
    std::fs::copy(QD, &copy).unwrap();
    std::os::unix::fs::chown(folder.path(), Some(65_534), Some(65_534)).unwrap();
    let script = "id -u; echo a > /usr/x || echo sealed; echo c > ~/c && cat ~/c; kill -9 1; grep CapEff /proc/self/status | tr -d '\\t'";
    let mut all: Vec<String> = [
        "/usr/bin/setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ]
    .map(str::to_owned)
    .into();
    all.extend(sandbox::by_namespaces(&copy, "host", words(script)));
    let output = run(&all);
    if output.status.code() == Some(126) {
        eprintln!("skipped: namespaces are for root alone here");
        return;
    }
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "65500\nsealed\nc\nCapEff:0000000000000000\n"
    );
}

/// Whether a `sleep` with this argument is alive.
fn is_running(mark: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.starts_with(b"sleep\0") && line[6..].starts_with(mark.as_bytes())
    })
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..500 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("not in 10 s: {what}");
}
