//! The team store as sessions, auditors and disasters meet it: what a killed client and a wiped disk leave is rebuilt
//! from the bucket alone, and what the bucket refuses is named while the session goes on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::path::PathBuf;
use std::time::Instant;

use nix::sys::signal::Signal;
use pty::cloud::{Sim, shop};
use pty::home::Home;
use pty::{PATIENCE, Terminal};
use serde_json::Value;
use sha2::{Digest, Sha256};

const LOCKED: &str = "recordings-613489207754";
const PLAIN: &str = "run-output-613489207754";

fn configure(home: &Home, bucket: &str, rest: &str) {
    let dir = home.path().join("config/quarterdeck");
    std::fs::create_dir_all(&dir).unwrap();
    let text = format!("[store]\nbucket = \"{bucket}\"\nprefix = \"team\"\n{rest}\n");
    std::fs::write(dir.join("config.toml"), text).unwrap();
}

fn connect(sim: &Sim, home: &Home) -> Terminal {
    let mut terminal = Terminal::start(sim.console(home, &["connect", "checkout"]), 100, 30);
    terminal.wait_for("connected to checkout");
    terminal.expect("echo ready-$((6*7))<enter>", "ready-42");
    terminal
}

fn leave(mut terminal: Terminal) -> String {
    terminal.type_keys("exit<enter>");
    assert_eq!(terminal.wait_code(), 0, "{}", terminal.text());
    terminal.text()
}

#[track_caller]
fn lines(sim: &Sim, home: &Home, args: &[&str]) -> Vec<Value> {
    let out = sim.qd(home, args).arg("--json").output().unwrap();
    let says = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{args:?}: {} {says}", out.status);
    let text = String::from_utf8(out.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn recording(home: &Home) -> PathBuf {
    PathBuf::from(home.recordings()[0]["path"].as_str().unwrap())
}

fn journal(home: &Home) -> String {
    std::fs::read_to_string(recording(home).with_extension("upload")).unwrap_or_default()
}

fn recorded(home: &Home) -> String {
    home.recordings()[0]["id"].as_str().unwrap().to_owned()
}

/// The bucket in the hands of anybody who may write to it.
struct Objects {
    cloud: quarterdeck::aws::Cloud,
    place: quarterdeck::aws::Place,
    bucket: &'static str,
    runtime: tokio::runtime::Runtime,
}

impl Objects {
    fn of(sim: &Sim, bucket: &'static str) -> Objects {
        let (cloud, place) = sim.cloud("us-east-1");
        let runtime = tokio::runtime::Runtime::new().unwrap();
        Objects {
            cloud,
            place,
            bucket,
            runtime,
        }
    }

    /// The object of that name of a recording.
    fn key(&self, id: &str, name: &str) -> String {
        let keys = self.cloud.fetch_objects(&self.place, self.bucket, "team/rec/");
        let mut rows = self.runtime.block_on(keys).unwrap().into_iter();
        let is_it = |key: &String| key.contains(id) && key.ends_with(name);
        rows.find_map(|row| Some(row.key).filter(is_it)).unwrap()
    }

    fn get(&self, key: &str) -> Vec<u8> {
        let got = self.cloud.fetch_object(&self.place, self.bucket, key);
        self.runtime.block_on(got).unwrap()
    }

    fn delete(&self, key: &str) {
        let deleted = self.cloud.delete_object(&self.place, self.bucket, key, None);
        self.runtime.block_on(deleted).unwrap();
    }

    /// Puts something else under a name that there is, and tells its version.
    fn put_over(&self, key: &str, bytes: impl Into<bytes::Bytes>) -> Option<String> {
        self.delete(key);
        let bytes = bytes.into();
        let put = quarterdeck::aws::PutObject {
            bucket: self.bucket.into(),
            key: key.into(),
            sha256: Sha256::digest(&bytes).into(),
            bytes,
            retain: None,
        };
        let put = self.cloud.put_object(&self.place, put);
        match self.runtime.block_on(put).unwrap() {
            quarterdeck::aws::Put::Stored { version } => version,
            exists => panic!("{exists:?}"),
        }
    }
}

#[track_caller]
fn wait_until(what: &str, there: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !there() {
        assert!(Instant::now() < deadline, "{what} did not come in time");
        std::thread::yield_now();
    }
}

#[test]
fn a_session_is_stored_under_a_lock_and_pulled_elsewhere_byte_for_byte() {
    let (home, other) = (Home::new(), Home::new());
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "lock = \"compliance\"\nlock_days = 7");
    configure(&other, LOCKED, "");
    leave(connect(&sim, &home));
    let row = &home.recordings()[0];
    assert_eq!(
        (&row["state"], &row["evidence"]),
        (&"sealed".into(), &"locked".into())
    );
    let id = row["id"].as_str().unwrap();

    let listed = lines(&sim, &other, &["recordings", "ls", "--store"]).remove(0);
    assert_eq!(listed["recordings"][0]["id"], id);
    let pulled = lines(&sim, &other, &["recordings", "pull", &id[..30]]).remove(0);
    assert_eq!(
        (&pulled["state"], &pulled["ok"]),
        (&"pulled".into(), &true.into())
    );
    assert_eq!(
        std::fs::read(recording(&home)).unwrap(),
        std::fs::read(pulled["path"].as_str().unwrap()).unwrap()
    );
    let again = lines(&sim, &other, &["recordings", "pull", "--all"]).remove(0);
    assert_eq!(again["state"], "here");
    assert_eq!(other.recordings()[0]["evidence"], "locked");
}

#[test]
fn what_replaces_a_stored_segment_is_named_and_the_stored_one_taken() {
    let (home, other) = (Home::new(), Home::new());
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "lock = \"governance\"\nlock_days = 7");
    configure(&other, LOCKED, "");
    leave(connect(&sim, &home));
    let id = home.recordings()[0]["id"].as_str().unwrap().to_owned();
    let sent = lines(&sim, &home, &["recordings", "push", &id]).remove(0);
    let folder = sent["address"].as_str().unwrap().split_once(LOCKED).unwrap().1;
    let key = format!("{}000001.seg", folder.trim_start_matches('/'));
    let (cloud, place) = sim.cloud("us-east-1");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let pull = || {
        let out = sim.qd(&other, &["recordings", "pull", &id]).output().unwrap();
        let says = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(4), "{says}");
        assert!(says.contains("replaced or deleted since: 000001.seg;"), "{says}");
        let stored = std::fs::read(recording(&other)).unwrap();
        assert_eq!(stored, std::fs::read(recording(&home)).unwrap());
    };
    let play = || {
        let out = sim
            .qd(&other, &["recordings", "play", "--store", &id])
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert!(String::from_utf8_lossy(&out.stdout).contains("ready-42"));
    };
    runtime
        .block_on(cloud.delete_object(&place, LOCKED, &key, None))
        .unwrap();
    pull();
    play();
    let put = quarterdeck::aws::PutObject {
        bucket: LOCKED.into(),
        key,
        bytes: "nothing to see".into(),
        sha256: Sha256::digest("nothing to see").into(),
        retain: None,
    };
    runtime.block_on(cloud.put_object(&place, put)).unwrap();
    std::fs::remove_file(recording(&other)).unwrap();
    pull();
    play();
}

/// A recording of a stranger's under the same id, with a manifest of its own, in the place of what was stored.
fn forge(store: &Objects, id: &str, change: impl FnOnce(&mut Value)) -> String {
    use quarterdeck::recording::{DeviceKey, End, Reader, Writer};
    let dir = tempfile::tempdir().unwrap();
    let (segment, manifest) = (store.key(id, ".seg"), store.key(id, "manifest.json"));
    let mut forged: Value = serde_json::from_slice(&store.get(&manifest)).unwrap();
    let header = serde_json::from_value(forged["header"].clone()).unwrap();
    let stranger = DeviceKey::load_or_create(dir.path()).unwrap();
    let mut writer = Writer::create(dir.path(), header, &stranger).unwrap();
    let path = writer.path().to_path_buf();
    writer.output(1, b"nothing happened").unwrap();
    writer.end(2, End::default()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let (size, sha256) = (bytes.len(), hex::encode(Sha256::digest(&bytes)));
    let reader = Reader::open(&path).unwrap();
    forged["header"] = serde_json::to_value(reader.header()).unwrap();
    forged["summary"] = serde_json::to_value(reader.summary()).unwrap();
    forged["device_key"] = hex::encode(stranger.public()).into();
    (forged["size"], forged["sha256"]) = (size.into(), sha256.clone().into());
    forged["segments"] = serde_json::json!([{"n": 1, "offset": 0, "size": size, "sha256": sha256}]);
    if let Some(version) = store.put_over(&segment, bytes) {
        forged["segments"][0]["version_id"] = version.into();
    }
    let fields = forged.as_object_mut().unwrap();
    fields.retain(|name, _| name != "signed_by" && name != "signature");
    change(&mut forged);
    store.put_over(&manifest, forged.to_string());
    hex::encode(stranger.public())
}

fn told(sim: &Sim, home: &Home, code: i32, args: &[&str]) -> String {
    let out = sim.qd(home, args).output().unwrap();
    let says = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(code), "{args:?}: {says}");
    says.replace('\n', " ")
}

#[test]
fn a_forgery_over_a_stored_recording_is_named_and_what_came_first_is_taken() {
    let (home, other) = (Home::new(), Home::new());
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "lock = \"governance\"");
    configure(&other, LOCKED, "");
    leave(connect(&sim, &home));
    let id = recorded(&home);
    forge(&Objects::of(&sim, LOCKED), &id, |_| {});
    let says = told(&sim, &other, 4, &["recordings", "pull", "--all"]);
    assert!(
        says.contains("replaced or deleted since: 000001.seg, manifest.json;"),
        "{says}"
    );
    let ours = std::fs::read(recording(&home)).unwrap();
    assert!(std::fs::read(recording(&other)).unwrap() == ours);
    let shown = told(&sim, &other, 0, &["recordings", "play", "--store", &id]);
    assert!(shown.contains("were replaced or deleted since"), "{shown}");
    // Deleted as well, while its lock holds.
    let store = Objects::of(&sim, LOCKED);
    for name in [".seg", "manifest.json"] {
        store.delete(&store.key(&id, name));
    }
    let third = Home::new();
    configure(&third, LOCKED, "");
    told(&sim, &third, 4, &["recordings", "pull", "--all"]);
    assert!(std::fs::read(recording(&third)).unwrap() == ours);
}

#[test]
fn a_manifest_that_came_before_the_devices_own_is_not_believed() {
    let (home, other) = (Home::new(), Home::new());
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "lock = \"governance\"");
    configure(&other, LOCKED, "");
    let terminal = connect(&sim, &home);
    wait_until("the first segment", || journal(&home).contains("\"stored\""));
    let (id, store) = (recorded(&home), Objects::of(&sim, LOCKED));
    let manifest = store
        .key(&id, "000001.seg")
        .replace("000001.seg", "manifest.json");
    store.put_over(&manifest, "{}");
    let shown = leave(terminal).replace('\n', "");
    assert!(shown.contains("is about another recording"), "{shown}");
    let says = told(&sim, &other, 4, &["recordings", "pull", &id]);
    assert!(
        says.contains("is no manifest of a whole recording: taken by its segments alone"),
        "{says}"
    );
    assert!(std::fs::read(recording(&other)).unwrap() == std::fs::read(recording(&home)).unwrap());
    assert_eq!(other.recordings()[0]["evidence"], "local");
}

#[test]
fn where_versions_may_not_be_listed_a_forgery_needs_a_device_that_the_store_knows() {
    let (home, other) = (Home::new(), Home::new());
    let sim = Sim::start(&home, &shop(), &["--faults", "s3.may=put+get+list+delete"]);
    configure(&home, LOCKED, "lock = \"governance\"");
    configure(&other, LOCKED, "");
    leave(connect(&sim, &home));
    let (id, store) = (recorded(&home), Objects::of(&sim, LOCKED));
    assert_eq!(home.recordings()[0]["evidence"], "locked");
    // An honest one is pulled, and rests on less than its lock.
    let third = Home::new();
    configure(&third, LOCKED, "");
    let says = told(&sim, &third, 0, &["recordings", "pull", &id]);
    assert!(says.contains("s3:ListBucketVersions"), "{says}");
    assert_eq!(third.recordings()[0]["evidence"], "uploaded");
    forge(&store, &id, |manifest| {
        manifest["device_key"] = "11".repeat(32).into();
    });
    let says = told(&sim, &other, 4, &["recordings", "pull", &id]);
    assert!(
        says.contains("tells of another device than its segments"),
        "{says}"
    );
    assert!(other.recordings().is_empty());
    let stranger = forge(&store, &id, |_| {});
    let says = told(&sim, &other, 4, &["recordings", "pull", &id]);
    assert!(
        says.contains(&format!("by device {stranger}, which never introduced itself")),
        "{says}"
    );
    assert!(says.contains("s3:ListBucketVersions"), "{says}");
}

#[test]
fn a_pull_that_the_store_contradicts_leaves_nothing_in_the_library() {
    let (home, other) = (Home::new(), Home::new());
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, PLAIN, "");
    configure(&other, PLAIN, "");
    leave(connect(&sim, &home));
    let store = Objects::of(&sim, PLAIN);
    let key = store.key(&recorded(&home), "manifest.json");
    let mut manifest: Value = serde_json::from_slice(&store.get(&key)).unwrap();
    manifest["segments"][0]["version_id"] = "another".into();
    let fields = manifest.as_object_mut().unwrap();
    fields.retain(|name, _| name != "signed_by" && name != "signature");
    store.put_over(&key, manifest.to_string());
    let out = sim.qd(&other, &["recordings", "pull", "--all"]).output().unwrap();
    let says = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(4), "{says}");
    assert!(says.contains("000001.seg is not what was stored there"), "{says}");
    assert!(other.recordings().is_empty());
}

#[test]
fn a_note_of_the_store_is_asked_again_and_lowered_to_what_holds() {
    use quarterdeck::recording::DeviceKey;
    use quarterdeck::recording::evidence::{load_proofs, save_proof};
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &["--faults", "cloudtrail.delay=0s"]);
    configure(&home, LOCKED, "lock = \"governance\"");
    leave(connect(&sim, &home));
    let id = recorded(&home);
    let verify = |code: i32| {
        let args = ["recordings", "verify", "--ask", "--json", &id];
        let out = sim.qd(&home, &args).output().unwrap();
        let says = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(code), "{says}");
        let document: Value = serde_json::from_slice(&out.stdout).unwrap();
        (document["evidence"].clone(), document["rests_on"].to_string())
    };
    let (evidence, rests_on) = verify(0);
    assert_eq!(evidence, "locked", "{rests_on}");
    assert!(
        rests_on.contains("as what came first, when it was asked") && !rests_on.contains("nobody was asked"),
        "{rests_on}"
    );
    // A line by hand, with the device's own key.
    let path = recording(&home);
    let device = DeviceKey::load_or_create(&home.data_dir()).unwrap();
    let mut proof = load_proofs(&path).unwrap().remove(0);
    proof.level = serde_json::from_value("correlated".into()).unwrap();
    let told = serde_json::json!({"session_id": "s-1", "ended_at": proof.at, "describe_sessions": true});
    proof.detail = told.as_object().unwrap().clone();
    save_proof(&path, &proof.noted_by(&device).unwrap()).unwrap();
    assert_eq!(home.recordings()[0]["evidence"], "correlated");
    let (evidence, rests_on) = verify(0);
    assert_eq!(evidence, "correlated", "AWS does have this session: {rests_on}");
    assert!(rests_on.contains("AWS was asked, and its own history has session"));
    // What came first in the store is another's: the note does not hold.
    let elsewhere = "bucket = \"run-output-613489207754\"\nprefix = \"team\"\n";
    let config = home.path().join("config/quarterdeck/config.toml");
    std::fs::write(&config, format!("[store]\n{elsewhere}")).unwrap();
    let (evidence, rests_on) = verify(4);
    assert_eq!(evidence, "local");
    assert!(rests_on.contains("contradicts what was noted"), "{rests_on}");
    std::fs::write(&config, "").unwrap();
    let (evidence, rests_on) = verify(0);
    assert_eq!(evidence, "correlated");
    assert!(rests_on.contains("the store could not be asked"), "{rests_on}");
}

#[test]
fn a_killed_client_and_a_wiped_disk_leave_a_session_in_the_bucket() {
    let (home, other) = (Home::new(), Home::new());
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "lock = \"governance\"");
    configure(&other, LOCKED, "lock = \"governance\"");
    let mut terminal = connect(&sim, &home);
    terminal.type_keys("head -c 3000000 /dev/urandom | base64 -w 90; echo all-$((2+2))<enter>");
    terminal.wait_for("all-4");
    wait_until("the third segment", || {
        journal(&home).matches("\"stored\"").count() >= 3
    });
    terminal.signal(Signal::SIGKILL);
    terminal.wait_end();
    let original = std::fs::read(recording(&home)).unwrap();
    let id = home.recordings()[0]["id"].as_str().unwrap().to_owned();
    std::fs::remove_dir_all(home.data_dir()).unwrap();

    let pulled = lines(&sim, &other, &["recordings", "pull", &id]).remove(0);
    assert_eq!(
        (&pulled["state"], &pulled["ok"]),
        (&"recovered".into(), &true.into())
    );
    let says = pulled["says"].as_str().unwrap();
    assert!(says.contains("by another device"), "{says}");
    let rebuilt = std::fs::read(pulled["path"].as_str().unwrap()).unwrap();
    let same = rebuilt.iter().zip(&original).take_while(|(a, b)| a == b).count();
    assert!(same > 2 << 20, "only {same} bytes were in the store");
}

#[test]
fn what_a_crash_interrupted_is_completed_by_push() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "lock = \"governance\"");
    let mut terminal = connect(&sim, &home);
    wait_until("the first segment", || journal(&home).contains("\"stored\""));
    terminal.signal(Signal::SIGKILL);
    terminal.wait_end();
    // Even without the journal: the bucket is compared.
    std::fs::remove_file(recording(&home).with_extension("upload")).unwrap();
    let pushed = lines(&sim, &home, &["recordings", "push", "--all"]).remove(0);
    assert_eq!(
        (&pushed["state"], &pushed["evidence"]),
        (&"stored".into(), &"locked".into())
    );
    assert_eq!(home.recordings()[0]["state"], "recovered");
    let kinds: Vec<String> = home
        .audit()
        .iter()
        .map(|event| event["event"].as_str().unwrap().to_owned())
        .collect();
    for kind in ["session.recording.recovered", "session.upload"] {
        assert!(kinds.iter().any(|found| found == kind), "{kinds:?}");
    }
}

#[test]
fn a_writer_needs_no_more_than_to_put() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &["--faults", "s3.may=put"]);
    configure(&home, LOCKED, "lock = \"governance\"");
    leave(connect(&sim, &home));
    assert_eq!(home.recordings()[0]["evidence"], "locked");
    let evidence = std::fs::read_to_string(recording(&home).with_extension("evidence")).unwrap();
    assert!(evidence.contains("\"read_back\":false"), "{evidence}");
}

#[test]
fn a_bucket_that_refuses_is_named_and_the_session_goes_on_unless_it_is_required() {
    let cases = [
        (PLAIN, "lock = \"governance\"", "", "without Object Lock"),
        ("nowhere", "", "", "create bucket nowhere"),
        (LOCKED, "", "s3.may=get", "s3:PutObject"),
        (LOCKED, "", "fail.s3=expired", "have expired"),
    ];
    for (bucket, rest, faults, says) in cases {
        let home = Home::new();
        let sim = Sim::start(&home, &shop(), &["--faults", faults]);
        configure(&home, bucket, rest);
        let shown = leave(connect(&sim, &home));
        assert!(
            shown.replace('\n', "").contains(says),
            "{bucket} {faults}: {shown}"
        );
        assert_eq!(home.recordings()[0]["state"], "sealed");

        configure(&home, bucket, &format!("{rest}\nrequired = true"));
        let out = sim.qd(&home, &["connect", "checkout"]).output().unwrap();
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(3), "{told}");
        assert!(told.contains(says), "{told}");
        assert_eq!(home.recordings().len(), 1);
    }
}

#[test]
fn the_stores_trouble_is_told_once() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &["--faults", "s3.may=get"]);
    configure(&home, LOCKED, "");
    let mut terminal = connect(&sim, &home);
    terminal.wait_for("the team store is behind");
    let shown = leave(terminal).replace('\n', "");
    assert_eq!(shown.matches("the team store is behind").count(), 1, "{shown}");
    assert!(
        shown.contains("not everything is in the team store yet; `qd recordings push` goes on"),
        "{shown}"
    );
}

#[test]
fn an_old_recording_is_held_then_pruned_and_still_played_from_the_store() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "lock = \"governance\"\nlocal_days = 1");
    let cast = home.path().join("old.cast");
    let text = "{\"version\":2,\"width\":80,\"height\":24,\"timestamp\":1577836800}\n[0.1,\"o\",\"hello far\\r\\n\"]\n";
    std::fs::write(&cast, text).unwrap();
    let imported = lines(
        &sim,
        &home,
        &["recordings", "import", &cast.display().to_string()],
    )
    .remove(0);
    let (id, path) = (
        imported["id"].as_str().unwrap(),
        PathBuf::from(imported["path"].as_str().unwrap()),
    );
    let fate = |args: &[&str]| {
        let all: Vec<&str> = ["recordings", "prune"].iter().chain(args).copied().collect();
        lines(&sim, &home, &all).remove(0)
    };
    assert_eq!(fate(&[])["why"], "the store does not have all of it");
    assert_eq!(
        lines(&sim, &home, &["recordings", "push", id]).remove(0)["state"],
        "stored"
    );
    let hold = |state: &str| {
        let out = sim
            .qd(&home, &["recordings", "hold", id, state, "--reason", "case 7"])
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stderr).into_owned()
    };
    assert!(hold("on").contains("2 objects in the store"));
    assert_eq!(fate(&[])["why"], "it is held: case 7");
    hold("off");
    assert_eq!(fate(&["--dry-run"])["fate"], "expires");
    assert!(path.exists());
    assert_eq!(fate(&[])["fate"], "expired");
    assert!(!path.exists());

    let address = format!("s3://{LOCKED}/team/rec/2020-01-01/{id}");
    for played in [vec!["--store", id], vec![address.as_str()]] {
        let args: Vec<&str> = ["recordings", "play"].into_iter().chain(played).collect();
        let out = sim.qd(&home, &args).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert!(String::from_utf8_lossy(&out.stdout).contains("hello far"));
    }
    let kinds: Vec<Value> = home
        .audit()
        .into_iter()
        .map(|event| event["event"].clone())
        .collect();
    for kind in [
        "session.recording.hold",
        "session.recording.expired",
        "session.recording.access",
    ] {
        assert!(kinds.iter().any(|found| found == kind), "{kinds:?}");
    }
}

#[test]
fn a_session_of_another_machine_is_watched_through_its_segments() {
    let (home, other) = (Home::new(), Home::new());
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "");
    configure(&other, LOCKED, "");
    let mut owner = connect(&sim, &home);
    owner.type_keys("head -c 1500000 /dev/urandom | base64 -w 90; echo first-$((2+2))<enter>");
    owner.wait_for("first-4");
    wait_until("the second segment", || {
        journal(&home).matches("\"stored\"").count() >= 2
    });
    let id = home.recordings()[0]["id"].as_str().unwrap().to_owned();
    let mut watcher = Terminal::start(sim.console(&other, &["watch", &id]), 120, 40);
    watcher.wait_for("live by the store");
    owner.type_keys("echo the-$((3*3))-end; exit<enter>");
    assert_eq!(owner.wait_code(), 0);
    watcher.wait_for("the session has ended");
    assert_eq!(watcher.wait_code(), 0);
}
