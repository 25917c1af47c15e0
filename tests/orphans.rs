//! Sessions that are ended in every way at any moment: after the next start's clean-up AWS knows of none.
//! `QD_TEST_ORPHANS=1000` runs as many; without it a few.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

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

#[test]
fn however_a_session_is_killed_the_next_start_leaves_none_open() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let count: usize = std::env::var("QD_TEST_ORPHANS").map_or(20, |count| count.parse().unwrap());
    let (next, started) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    if nth >= count {
                        return;
                    }
                    let mut dice = StdRng::seed_from_u64(nth as u64);
                    let way = WAYS[nth % WAYS.len()];
                    let lives_for = Duration::from_millis(dice.random_range(0..1500));
                    started.fetch_add(
                        usize::from(live_and_die(&sim, &home, way, lives_for)),
                        Ordering::Relaxed,
                    );
                }
            });
        }
    });
    // Later starts may have ended what earlier ones left: this one is left to the last.
    let mut last = connect(&sim, &home);
    assert!(
        is_in_ledger(&home, last.id()),
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
    eprintln!(
        "{count} processes ended, {opened} sessions had been opened, {open_before} were left open, {} of them by a crash",
        left.len()
    );
    assert!(left.iter().all(|left| left.ended.is_ok()), "{left:?}");
    assert_eq!(
        sim.sessions(REGION, false),
        [],
        "{count} sessions were ended in every way"
    );
    assert!(
        opened * 2 > count,
        "most processes lived long enough to open one: {opened} of {count}"
    );
    assert!(
        open_before > 0,
        "some were killed before they could end their own"
    );
}

/// Whether the process was still there when its end came.
fn live_and_die(sim: &Sim, home: &Home, way: Way, lives_for: Duration) -> bool {
    let mut child = match way {
        Way::Signal(_) => connect(sim, home),
        Way::Panic => panicking(sim, home, lives_for),
    };
    std::thread::sleep(lives_for);
    let alive = child.try_wait().unwrap().is_none();
    if let Way::Signal(signal) = way {
        // It may have ended by itself; the id is not reused before `wait`.
        let _ = kill(Pid::from_raw(child.id() as i32), signal);
    }
    child.wait().unwrap();
    alive
}

/// Waits, not for ever, until a process has put the id of its session into the ledger.
fn is_in_ledger(home: &Home, pid: u32) -> bool {
    let wanted = format!("\"pid\":{pid},");
    for _ in 0..1000 {
        let files = std::fs::read_dir(home.data_dir().join("sessions"))
            .into_iter()
            .flatten();
        let mut texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap_or_default());
        if texts.any(|text| text.contains(&wanted) && !text.contains("\"session_id\":null")) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn connect(sim: &Sim, home: &Home) -> Child {
    sim.qd(home, &["connect", "checkout", "--region", REGION])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// This test program again, which opens a session and panics.
fn panicking(sim: &Sim, home: &Home, lives_for: Duration) -> Child {
    let [id, secret] = keys(sim);
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_process_that_opens_a_session_and_panics"])
        .env("QD_ORPHAN_ENDPOINT", sim.text("endpoint_url"))
        .env("QD_ORPHAN_KEYS", format!("{id} {secret}"))
        .env("QD_ORPHAN_TARGET", sim.line["instances"][0].as_str().unwrap())
        .env("QD_ORPHAN_DATA", home.data_dir())
        .env("QD_ORPHAN_MS", lives_for.as_millis().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
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
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let _ = tokio::time::timeout(lives_for, async {
            let _live = session::open(request).await;
            std::future::pending::<()>().await;
        })
        .await;
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
