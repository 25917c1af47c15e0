//! What a witness signs and what it refuses: forks, rollbacks, foreign logs, and bytes that are no checkpoint.

use super::super::checkpoint::origin_of;
use super::super::tree::{Memory, consistency as path_between, hash_leaf};
use super::*;
use ed25519_dalek::SigningKey;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// A log whose leaf `changed` is another one.
fn tree(size: u64, changed: Option<u64>) -> Memory {
    let mut tree = Memory::default();
    for n in 0..size {
        let salt = u64::from(changed == Some(n));
        tree.push(hash_leaf(format!("{n} {salt}").as_bytes())).unwrap();
    }
    tree
}

fn published(tree: &Memory, since: Option<u64>) -> Note {
    let log = key(1);
    let checkpoint = Checkpoint {
        origin: origin_of(&Signer::public(&log)),
        size: tree.leaves(),
        root: tree.root(tree.leaves()).unwrap(),
    };
    let mut note = checkpoint.sign(&log).unwrap();
    if let Some(old) = since {
        let path = path_between(tree, old, tree.leaves()).unwrap();
        note.signatures.push(consistency::line(old, &path));
    }
    note
}

struct Second {
    _dir: tempfile::TempDir,
    witness: Witness,
    key: Key,
}

fn second() -> Second {
    let dir = tempfile::tempdir().unwrap();
    let witness = Witness::open(dir.path());
    let key = witness.key(&key(2), "bob @lab").unwrap();
    Second {
        _dir: dir,
        witness,
        key,
    }
}

impl Second {
    fn cosign(&self, note: &Note) -> Result<Note, Refused> {
        self.witness.cosign(note, &key(2), &self.key, &[], 1_790_000_000)
    }
}

#[test]
fn a_log_that_grows_is_cosigned_each_time() {
    let bob = second();
    assert_eq!(bob.key.name, "bob-@lab");
    let first = bob.cosign(&published(&tree(5, None), None)).unwrap();
    assert_eq!(check(&first, &bob.key), Some(Ok(1_790_000_000)));
    bob.cosign(&published(&tree(5, None), None)).unwrap();
    let second = bob.cosign(&published(&tree(12, None), Some(5))).unwrap();
    assert_eq!(check(&second, &bob.key), Some(Ok(1_790_000_000)));
    assert_eq!(second.signatures.len(), 2);
    assert!(matches!(
        bob.cosign(&published(&tree(20, None), Some(5))),
        Err(Refused::Unproven { seen: 12 })
    ));
}

#[test]
fn a_fork_and_a_rollback_are_refused_in_words() {
    let bob = second();
    bob.cosign(&published(&tree(8, None), None)).unwrap();
    let says = |note: Note| match bob.cosign(&note) {
        Err(Refused::Forked(says)) => says,
        other => panic!("{other:?}"),
    };
    assert!(says(published(&tree(7, None), None)).contains("rolled back: it had 8 leaves"));
    assert!(says(published(&tree(8, Some(3)), None)).contains("another root"));
    assert!(says(published(&tree(9, Some(3)), Some(8))).contains("did not grow from the 8 leaves"));
    // What was refused changed nothing.
    bob.cosign(&published(&tree(9, None), Some(8))).unwrap();
}

#[test]
fn a_checkpoint_of_a_foreign_key_is_refused() {
    let bob = second();
    let mut note = published(&tree(3, None), None);
    note.signatures[0].bytes[0] ^= 1;
    assert!(matches!(bob.cosign(&note), Err(Refused::Forged(_))));
    let note = published(&tree(3, None), None);
    let other = bob.witness.cosign(&note, &key(2), &bob.key, &[[9; 32]], 0);
    assert!(matches!(other, Err(Refused::Forged(_))));
}

#[test]
fn a_damaged_memory_is_no_permission() {
    let bob = second();
    let note = published(&tree(3, None), None);
    bob.cosign(&note).unwrap();
    let path = bob.witness.path_of(note.text.lines().next().unwrap());
    std::fs::write(path, b"{").unwrap();
    assert!(matches!(bob.cosign(&note), Err(Refused::Failed(_))));
}

#[test]
fn a_changed_cosignature_is_told_from_none() {
    let bob = second();
    let mut note = bob.cosign(&published(&tree(3, None), None)).unwrap();
    let stranger = Key {
        public: [3; 32],
        ..bob.key.clone()
    };
    assert_eq!(check(&note, &stranger), None);
    note.signatures[1].bytes[20] ^= 1;
    assert!(check(&note, &bob.key).unwrap().is_err());
}
