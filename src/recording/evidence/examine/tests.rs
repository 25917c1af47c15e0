//! Evidence levels: what raises one, and what only claims to.

use super::super::save_proof;
use super::*;
use crate::audit::checkpoint::{Checkpoint, origin_of};
use crate::audit::note::Kind;
use crate::audit::tree::{Memory, inclusion};
use ed25519_dalek::SigningKey;

const ID: &str = "01890000-0000-7000-8000-000000000001";

struct Case {
    dir: tempfile::TempDir,
    bob: Key,
    proof: Proof,
}

impl Case {
    fn recording(&self) -> std::path::PathBuf {
        self.dir.path().join("a.osr")
    }

    fn examine(&self, trusted: Option<&[Key]>) -> Standing {
        let subject = Subject {
            recording: &self.recording(),
            id: ID,
            device_key: [0; 32],
        };
        examine(&subject, trusted).unwrap()
    }
}

/// A file of three bytes, second leaf of a log that bob cosigned.
fn case() -> Case {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.osr");
    std::fs::write(&path, b"abc").unwrap();
    let (size, sha256) = fingerprint(&path).unwrap();
    let leaf = Leaf::Recording {
        id: ID.into(),
        size,
        sha256,
    };
    let mut tree = Memory::default();
    tree.push(Leaf::Event { sha256: "00".into() }.hash()).unwrap();
    tree.push(leaf.hash()).unwrap();
    let (own, other) = (SigningKey::from_bytes(&[7; 32]), SigningKey::from_bytes(&[8; 32]));
    let checkpoint = Checkpoint {
        origin: origin_of(&own.verifying_key().to_bytes()),
        size: 2,
        root: tree.root(2).unwrap(),
    };
    let bob = Key {
        name: "bob".into(),
        kind: Kind::Witness,
        public: other.verifying_key().to_bytes(),
    };
    let mut note = checkpoint.sign(&own).unwrap();
    let line = witness::sign(&note.text, &other, &bob, 1_790_000_000).unwrap();
    note.signatures.push(line);
    let path = inclusion(&tree, 1, 2).unwrap();
    let proof = crate::audit::Proof::new(leaf, 1, 2, &path, &note);
    let at = Timestamp::from_second(1_790_000_000).unwrap();
    let proof = witnessed(&proof, &bob, at).unwrap().unwrap();
    Case { dir, bob, proof }
}

#[test]
fn a_cosigned_recording_is_witnessed_by_those_who_are_trusted() {
    let case = case();
    assert_eq!(case.examine(None), Standing::default());
    save_proof(&case.recording(), &case.proof).unwrap();
    assert_eq!(case.examine(None).level, Level::Witnessed);
    let standing = case.examine(Some(std::slice::from_ref(&case.bob)));
    assert_eq!((standing.level, standing.forged), (Level::Witnessed, None));
    assert!(standing.rests_on[0].contains("cosigned by bob on 2026-09-21"));
    let standing = case.examine(Some(&[]));
    assert_eq!((standing.level, standing.forged), (Level::Local, None));
    assert!(standing.rests_on[0].contains("does not name bob+"));
}

#[test]
fn a_forged_proof_is_told_and_counts_for_nothing() {
    let changes: [fn(&mut Map<String, Value>); 4] = [
        |detail| detail["proof"]["index"] = 0.into(),
        |detail| detail["proof"]["path"] = Value::Array(Vec::new()),
        |detail| detail["witness"] = "bob".into(),
        |detail| {
            let note = detail["proof"]["checkpoint"].as_str().unwrap_or_default();
            let cut = note.rfind("\u{2014}").unwrap_or_default();
            detail["proof"]["checkpoint"] = note[..cut].into();
        },
    ];
    for change in changes {
        let mut case = case();
        change(&mut case.proof.detail);
        save_proof(&case.recording(), &case.proof).unwrap();
        let standing = case.examine(None);
        assert_eq!(standing.level, Level::Local);
        assert!(standing.forged.unwrap().contains("is forged"));
    }
}

#[test]
fn a_device_cannot_be_its_own_witness() {
    let case = case();
    save_proof(&case.recording(), &case.proof).unwrap();
    let subject = Subject {
        recording: &case.recording(),
        id: ID,
        device_key: case.bob.public,
    };
    let standing = examine(&subject, None).unwrap();
    assert_eq!((standing.level, standing.forged), (Level::Local, None));
    assert!(standing.rests_on[0].contains("proves nothing"));
}

#[test]
fn a_file_put_in_the_place_of_a_witnessed_one_is_found() {
    let case = case();
    save_proof(&case.recording(), &case.proof).unwrap();
    std::fs::write(case.recording(), b"abd").unwrap();
    let standing = case.examine(None);
    assert_eq!(standing.level, Level::Local);
    assert!(standing.forged.unwrap().contains("put in its place"));
}

/// What a push notes.
fn stored(size: u64) -> Map<String, Value> {
    let detail = serde_json::json!({
        "bucket": "team",
        "manifest": {"key": "rec/a/manifest.json"},
        "segments": [{
            "n": 1, "offset": 0, "size": size, "sha256": "aa", "lock": "governance", "lock_until": "2030-01-01T00:00:00Z",
        }],
    });
    detail.as_object().unwrap().clone()
}

#[test]
fn a_note_that_nobody_could_check_raises_nothing_whoever_signed() {
    let case = case();
    let device = DeviceKey::load_or_create(case.dir.path()).unwrap();
    let subject = Subject {
        recording: &case.recording(),
        id: ID,
        device_key: device.public(),
    };
    let stands = |level, detail: &Map<String, Value>| {
        let note = Proof {
            level,
            detail: detail.clone(),
            ..case.proof.clone()
        };
        let _ = std::fs::remove_file(case.recording().with_extension("evidence"));
        save_proof(&case.recording(), &note.noted_by(&device).unwrap()).unwrap();
        examine(&subject, None).unwrap().level == level
    };
    let whole = stored(case.proof.size);
    assert!(stands(Level::Locked, &whole) && stands(Level::Uploaded, &whole));
    let mut unlocked = whole.clone();
    unlocked["segments"][0]["lock"] = Value::Null;
    assert!(!stands(Level::Locked, &unlocked) && stands(Level::Uploaded, &unlocked));
    for field in ["bucket", "manifest", "segments"] {
        let mut lacking = whole.clone();
        lacking.remove(field);
        assert!(!stands(Level::Uploaded, &lacking), "{field}");
    }
    assert!(!stands(Level::Uploaded, &stored(case.proof.size - 1)));
    assert!(!stands(Level::Correlated, &Map::new()));
    let told = serde_json::json!({"session_id": "s-1", "ended_at": "2026-05-01T00:00:00Z", "describe_sessions": true});
    assert!(stands(Level::Correlated, told.as_object().unwrap()));
}

#[test]
fn what_others_confirmed_is_told_as_noted_and_only_for_this_file() {
    let case = case();
    let device = DeviceKey::load_or_create(case.dir.path()).unwrap();
    let locked = |sha256: &str| Proof {
        level: Level::Locked,
        sha256: sha256.into(),
        detail: stored(case.proof.size),
        ..case.proof.clone()
    };
    let examine = || {
        let subject = Subject {
            recording: &case.recording(),
            id: ID,
            device_key: device.public(),
        };
        examine(&subject, None).unwrap()
    };
    save_proof(&case.recording(), &locked("00").noted_by(&device).unwrap()).unwrap();
    assert_eq!(examine().level, Level::Local);
    let note = locked(&case.proof.sha256).noted_by(&device).unwrap();
    save_proof(&case.recording(), &note).unwrap();
    let standing = examine();
    assert_eq!((standing.level, standing.forged.is_none()), (Level::Locked, true));
    assert!(standing.rests_on[1].contains("nobody was asked again"));
}

#[test]
fn a_note_that_anybody_could_have_written_raises_nothing() {
    let case = case();
    let note = Proof {
        level: Level::Correlated,
        detail: Map::new(),
        ..case.proof.clone()
    };
    save_proof(&case.recording(), &note).unwrap();
    let stranger = DeviceKey::load_or_create(case.dir.path()).unwrap();
    save_proof(&case.recording(), &note.noted_by(&stranger).unwrap()).unwrap();
    let standing = case.examine(None);
    assert_eq!(standing.level, Level::Local);
    assert!(
        standing
            .rests_on
            .iter()
            .all(|says| says.contains("raises nothing"))
    );
}

#[test]
fn what_cannot_be_read_beside_a_recording_is_told_and_takes_nothing_from_it() {
    let case = case();
    save_proof(&case.recording(), &case.proof).unwrap();
    let path = case.recording().with_extension("evidence");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend(b"\xff\xfe\n");
    std::fs::write(&path, bytes).unwrap();
    let standing = case.examine(None);
    assert_eq!((standing.level, standing.forged), (Level::Witnessed, None));
    assert!(standing.rests_on[0].ends_with("which raise nothing: 1"));
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let standing = case.examine(None);
    assert_eq!((standing.level, standing.forged), (Level::Local, None));
    assert!(standing.rests_on[0].contains("it is no file"));
}
