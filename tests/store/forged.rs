//! What somebody with the keys of a writer tries on the store: objects put over others or deleted, a forgery with its
//! own manifest, a note that claims what nobody confirmed.

use super::*;
use sha2::{Digest, Sha256};

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

#[test]
fn what_replaces_a_stored_segment_is_named_and_the_stored_one_taken() {
    let (home, other) = (Home::new(), Home::new());
    let sim = Sim::start(&home, &shop(), &[]);
    configure(&home, LOCKED, "lock = \"governance\"\nlock_days = 7");
    configure(&other, LOCKED, "");
    leave(connect(&sim, &home));
    let id = recorded(&home);
    let store = Objects::of(&sim, LOCKED);
    let key = store.key(&id, "000001.seg");
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
    store.delete(&key);
    pull();
    play();
    store.put_over(&key, "nothing to see");
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
