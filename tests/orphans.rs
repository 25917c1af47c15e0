//! Sessions that are ended in every way at any moment: after the next start's clean-up AWS knows of none.
//! `QD_TEST_ORPHANS=1000` goes on until as many were open when their process was ended; without it a few.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pty::cloud::{Sim, shop};
use pty::home::Home;
use quarterdeck::aws::{Cloud, Place, Settings, StartSession, StaticAccount};
use quarterdeck::session::{self, Request};
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// What a process says whose session is open when it panics.
const OPEN: &str = "a session is open";
const REGION: &str = "us-east-1";
/// What `qd` calls the keys of the environment.
const PROFILE: &str = "default";

/// The ways in which a session's process comes to its end.
#[derive(Clone, Copy, Debug)]
enum Way {
    Signal(Signal),
    Panic,
}

const WAYS: [Way; 5] = [
    Way::Signal(Signal::SIGINT),
    Way::Signal(Signal::SIGTERM),
    Way::Signal(Signal::SIGHUP),
    Way::Signal(Signal::SIGKILL),
    Way::Panic,
];

/// What became of the processes.
#[derive(Default)]
struct Deaths {
    /// With a session open at AWS at that very moment.
    open: AtomicUsize,
    /// Before it was open.
    early: AtomicUsize,
}

#[test]
fn however_a_session_is_killed_the_next_start_leaves_none_open() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let wanted: usize = std::env::var("QD_TEST_ORPHANS").map_or(15, |count| count.parse().unwrap());
    let (next, deaths) = (AtomicUsize::new(0), Deaths::default());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while deaths.open.load(Ordering::Relaxed) < wanted {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    assert!(
                        nth < wanted * 3 + 20,
                        "most processes die before their session is open"
                    );
                    let died = match live_and_die(&sim, &home, nth) {
                        true => &deaths.open,
                        false => &deaths.early,
                    };
                    died.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    // Later starts may have ended what earlier ones left: this one is left to the last.
    let mut last = connect(&sim, &home);
    assert!(
        wait_for_session(&home, last.id()).is_some(),
        "the last one never opened its session"
    );
    last.kill().unwrap();
    last.wait().unwrap();
    let open_before = sim.sessions(REGION, false).len();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let left = runtime.block_on(session::end_left(
        &cloud(&sim.text("endpoint_url"), &keys(&sim)),
        &home.data_dir(),
    ));
    let opened = sim.sessions(REGION, true).len();
    let (open, early) = (deaths.open.into_inner(), deaths.early.into_inner());
    eprintln!(
        "{open} processes were ended while their session was open, {early} before; {opened} sessions had been opened; \
         {open_before} were left open at the last start, {} of them in the ledger",
        left.len()
    );
    assert!(left.iter().all(|left| left.ended.is_ok()), "{left:?}");
    assert_eq!(
        sim.left_open(REGION),
        [],
        "{open} sessions were ended in every way"
    );
    assert!(open >= wanted && early > 0, "{open} and {early}");
    assert!(opened > open, "{opened} of {open}: AWS knows them all");
    assert!(
        open_before > 0,
        "some were killed before they could end their own"
    );
}

/// Ends a process in one of the ways: three of four a moment after its session is open, so that they talk, wait or just
/// began, the fourth at any moment from its start. Whether its session was open then: in the ledger with AWS's id, which
/// is taken out only after AWS was told of the end.
fn live_and_die(sim: &Sim, home: &Home, nth: usize) -> bool {
    let mut dice = StdRng::seed_from_u64(nth as u64);
    let way = WAYS[nth % WAYS.len()];
    let is_early = dice.random_bool(0.25);
    // Half of the early ones are gone before any machine has a session open.
    let at_most = match is_early {
        true if dice.random_bool(0.5) => 30,
        true => 700,
        false => 400,
    };
    let lives_for = Duration::from_millis(dice.random_range(0..at_most));
    let Way::Signal(signal) = way else {
        return panicking(sim, home, is_early, lives_for);
    };
    let mut child = connect(sim, home);
    if !is_early {
        wait_for_session(home, child.id());
    }
    std::thread::sleep(lives_for);
    let session = session_of(home, child.id()).filter(|_| child.try_wait().unwrap().is_none());
    // It may have ended by itself; the id is not reused before `wait`.
    let _ = kill(Pid::from_raw(child.id() as i32), signal);
    let has_ended = (0..1500).any(|look| {
        std::thread::sleep(Duration::from_millis(20));
        // Under `nohup` a signal is ignored until the program listens for it.
        if look % 250 == 249 && session.is_none() {
            let _ = kill(Pid::from_raw(child.id() as i32), signal);
        }
        child.try_wait().unwrap().is_some()
    });
    if !has_ended {
        child.kill().unwrap();
        panic!("{signal} did not end process {nth}, after {lives_for:?}");
    }
    session.is_some()
}

/// AWS's id of the session that a process has open.
fn session_of(home: &Home, pid: u32) -> Option<String> {
    let files = std::fs::read_dir(home.data_dir().join("sessions"));
    files.into_iter().flatten().find_map(|file| {
        // Others come and go meanwhile.
        let text = std::fs::read_to_string(file.ok()?.path()).ok()?;
        let line: serde_json::Value = serde_json::from_str(&text).ok()?;
        let line = &line["data"];
        let id = line["session_id"].as_str()?;
        (line["pid"] == pid).then(|| id.to_owned())
    })
}

/// Waits, not for ever, until a process has put the id of its session into the ledger.
fn wait_for_session(home: &Home, pid: u32) -> Option<String> {
    (0..1000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        session_of(home, pid)
    })
}

fn connect(sim: &Sim, home: &Home) -> Child {
    sim.qd(home, &["connect", "checkout", "--region", REGION])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// This test program again, which opens a session and panics: early, or once it is open. Whether it was.
fn panicking(sim: &Sim, home: &Home, is_early: bool, lives_for: Duration) -> bool {
    let [id, secret] = keys(sim);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_process_that_opens_a_session_and_panics"])
        .env("QD_ORPHAN_ENDPOINT", sim.text("endpoint_url"))
        .env("QD_ORPHAN_KEYS", format!("{id} {secret}"))
        .env("QD_ORPHAN_TARGET", sim.line["instances"][0].as_str().unwrap())
        .env("QD_ORPHAN_DATA", home.data_dir())
        .env("QD_ORPHAN_EARLY", is_early.to_string())
        .env("QD_ORPHAN_MS", lives_for.as_millis().to_string())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).contains(OPEN)
}

#[test]
fn a_process_that_opens_a_session_and_panics() {
    let variable = |name: &str| std::env::var(format!("QD_ORPHAN_{name}"));
    // Without the variables it is run as a test among others, and has nothing to do.
    let Ok(endpoint) = variable("ENDPOINT") else {
        return;
    };
    let keys = variable("KEYS").unwrap();
    let (id, secret) = keys.split_once(' ').unwrap();
    let cloud = cloud(&endpoint, &[id.to_owned(), secret.to_owned()]);
    let place = Place {
        profile: PROFILE.into(),
        region: REGION.into(),
    };
    let request = Request {
        account: "613489207754".into(),
        name: "checkout".into(),
        ..Request::new(
            cloud,
            place,
            variable("TARGET").unwrap(),
            variable("DATA").unwrap(),
        )
    };
    let lives_for = Duration::from_millis(variable("MS").unwrap().parse().unwrap());
    let is_early = variable("EARLY").unwrap() == "true";
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let opening = session::open(request);
        let live = if is_early {
            tokio::time::timeout(lives_for, opening).await.ok()
        } else {
            let opened = opening.await;
            tokio::time::sleep(lives_for).await;
            Some(opened)
        };
        if live.is_some_and(|opened| opened.is_ok()) {
            // Past what the test program keeps back.
            std::io::stdout().write_all(OPEN.as_bytes()).unwrap();
        }
        panic!("as bugs do");
    });
}

#[test]
fn a_session_whose_id_never_reached_the_ledger_is_found_by_its_stamp() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let cloud = cloud(&sim.text("endpoint_url"), &keys(&sim));
    let target = sim.line["instances"][0].as_str().unwrap();
    let place = Place {
        profile: PROFILE.into(),
        region: REGION.into(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for reason in ["INC-7 qd:0123456789abcdef", "INC-7 qd:fedcba9876543210"] {
        let start = StartSession {
            target: target.into(),
            reason: Some(reason.into()),
            ..StartSession::default()
        };
        runtime.block_on(cloud.start_session(&place, start)).unwrap();
    }
    let ledger = home.data_dir().join("sessions");
    std::fs::create_dir_all(&ledger).unwrap();
    let intent = serde_json::json!({"version": 1, "data": {
        "session_id": null, "stamp": "qd:0123456789abcdef", "target": target, "profile": PROFILE, "region": REGION,
        "pid": 2147483647, "pid_started": null,
    }});
    std::fs::write(ledger.join("intent.json"), intent.to_string()).unwrap();
    let left = runtime.block_on(session::end_left(&cloud, &home.data_dir()));
    assert_eq!(left.len(), 1, "{left:?}");
    let open = sim.sessions(REGION, false);
    assert_eq!(open.len(), 1, "the other one is not ours to end");
    assert_eq!(open[0].reason.as_deref(), Some("INC-7 qd:fedcba9876543210"));
    assert!(!ledger.join("intent.json").exists());
}

fn keys(sim: &Sim) -> [String; 2] {
    ["access_key_id", "secret_access_key"].map(|field| sim.text(field))
}

fn cloud(endpoint: &str, [id, secret]: &[String; 2]) -> Cloud {
    Cloud::connect(Settings {
        endpoint_url: Some(endpoint.into()),
        accounts: vec![StaticAccount {
            name: PROFILE.into(),
            id: "613489207754".into(),
            access_key_id: id.clone(),
            secret_access_key: secret.clone(),
            session_token: None,
            regions: vec![REGION.into()],
        }],
        ..Settings::default()
    })
}
