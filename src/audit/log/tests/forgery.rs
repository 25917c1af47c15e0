//! What an owner of the machine can do to the log, and what shows it; then proofs for those who have no log.

use super::*;

/// Every line of `log` changed by `change`, chain and head made to fit again, as who owns the machine can.
fn forge(log: &Log, change: impl Fn(&mut Entry)) {
    let mut prev = read::GENESIS.to_string();
    let mut head = tail::load_head(&log.dir).unwrap();
    for (file, bytes) in bytes_of(log) {
        let mut out = Vec::new();
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let mut entry: Entry = serde_json::from_slice(line).unwrap();
            entry.prev = prev;
            change(&mut entry);
            let line = serde_json::to_vec(&entry).unwrap();
            prev = read::hash(&line);
            out.extend(line);
            out.push(b'\n');
        }
        std::fs::write(&file, &out).unwrap();
        head.ends_at = out.len() as u64;
    }
    head.hash = prev;
    tail::save_head(&log.dir, &head).unwrap();
}

fn say_hello_instead(entry: &mut Entry) {
    if entry.seq == 2 {
        entry.body.insert("command".into(), "hello".into());
    }
}

#[test]
fn a_line_that_was_forged_with_the_chain_behind_it_is_named_by_the_tree() {
    let (_dir, log) = written();
    forge(&log, say_hello_instead);
    let verdict = log.verify().unwrap();
    assert!(
        verdict.says.contains("the tree of hashes has another one"),
        "{verdict:?}"
    );
    assert_eq!((verdict.events, verdict.first_bad.unwrap().line), (1, 2));
}

#[test]
fn a_checkpoint_signed_by_another_hand_is_found() {
    let (_dir, log) = written();
    let sign_again = |with: &'static str| {
        forge(&log, |entry| {
            let Some(Ok(note)) = checkpoint::note_of(entry) else {
                return;
            };
            let mut checkpoint = Checkpoint::parse(&note.text).unwrap();
            let other = SigningKey::from_bytes(&[8; 32]);
            if with == "its own origin" {
                checkpoint.origin = checkpoint::origin_of(&Signer::public(&other));
            }
            let note = checkpoint.sign(&other).unwrap();
            entry.body.insert("note".into(), note.to_string().into());
        });
        forget_the_tree(&log);
        log.verify_against(&Expect {
            keys: vec![Signer::public(&SigningKey::from_bytes(&[7; 32]))],
            checkpoint: None,
        })
        .unwrap()
        .says
    };
    assert_eq!(
        sign_again("our origin"),
        "the checkpoint is signed by a foreign key"
    );
    assert_eq!(
        sign_again("its own origin"),
        "the checkpoint is signed by a foreign key"
    );
}

/// The head of a log that knows no tree yet: nothing stored is held against the lines.
fn forget_the_tree(log: &Log) {
    let mut head = tail::load_head(&log.dir).unwrap();
    head.root = None;
    tail::save_head(&log.dir, &head).unwrap();
}

#[test]
fn a_checkpoint_without_a_note_is_nobodys_word() {
    let (_dir, log) = written();
    let thief = SigningKey::from_bytes(&[8; 32]);
    forge(&log, |entry| {
        say_hello_instead(entry);
        if entry.event == Kind::Checkpoint.name() {
            let upto = entry.seq - 1;
            let message = format!("quarterdeck audit checkpoint v1\n{upto}\n{}\n", entry.prev);
            let signature = Signer::sign(&thief, message.as_bytes()).unwrap();
            entry.body.remove("note");
            entry.body.insert("upto_seq".into(), upto.into());
            entry.body.insert("head".into(), entry.prev.clone().into());
            entry
                .body
                .insert("key".into(), hex::encode(Signer::public(&thief)).into());
            entry
                .body
                .insert("signature".into(), hex::encode(signature).into());
        }
    });
    forget_the_tree(&log);
    let verdict = log.verify().unwrap();
    assert_eq!(
        (verdict.ok, verdict.says.as_str()),
        (false, "the checkpoint has no signed note")
    );
}

#[test]
fn who_names_a_key_needs_a_checkpoint_by_it() {
    let (_dir, log) = written();
    let expect = Expect {
        keys: vec![Signer::public(&SigningKey::from_bytes(&[7; 32]))],
        checkpoint: None,
    };
    assert!(log.verify_against(&expect).unwrap().ok);
    forge(&log, |entry| {
        say_hello_instead(entry);
        if entry.event == Kind::Checkpoint.name() {
            entry.event = Kind::SessionCommand.name().into();
        }
    });
    forget_the_tree(&log);
    assert_eq!(log.verify().unwrap().checkpoints, 0);
    let verdict = log.verify_against(&expect).unwrap();
    assert!(!verdict.ok && verdict.says.contains("trusted"), "{verdict:?}");
}

#[test]
fn an_old_note_that_is_put_on_the_log_again_signs_nothing_new() {
    let (_dir, log) = written();
    let honest = entries(&log).remove(4);
    let signed = |log: &Log| {
        let verdict = log.verify().unwrap();
        assert!(verdict.ok, "{verdict:?}");
        (verdict.signed, verdict.signed_at.unwrap())
    };
    assert_eq!(signed(&log), (4, honest.time.clone()));
    let mut again = Event::new(Kind::Checkpoint, Actor::local());
    again.body = honest.body;
    log.append(again).unwrap();
    assert_eq!(signed(&log), (4, honest.time));
    log.checkpoint(&SigningKey::from_bytes(&[7; 32]), Actor::local())
        .unwrap();
    assert_eq!(signed(&log).0, 7);
}

#[test]
fn forging_the_tree_too_does_not_fit_what_was_signed() {
    let (_dir, log) = written();
    forge(&log, say_hello_instead);
    forget_the_tree(&log);
    log.append(event("the tree is made anew")).unwrap();
    let verdict = log.verify().unwrap();
    assert!(
        verdict
            .says
            .contains("what this checkpoint signed is not what stands before it"),
        "{verdict:?}"
    );
}

#[test]
fn forging_all_of_it_with_an_own_key_is_another_log() {
    let (_dir, log) = written();
    let honest = log
        .checkpoint(&SigningKey::from_bytes(&[7; 32]), Actor::local())
        .unwrap();
    let forged = tempfile::tempdir().unwrap();
    let other = Log::open(forged.path()).unwrap();
    (0..20).for_each(|_| drop(other.append(event("nothing happened")).unwrap()));
    other
        .checkpoint(&SigningKey::from_bytes(&[8; 32]), Actor::local())
        .unwrap();
    assert!(other.verify().unwrap().ok);
    let keys = vec![Signer::public(&SigningKey::from_bytes(&[7; 32]))];
    let expect = Expect {
        keys,
        checkpoint: None,
    };
    assert!(
        other
            .verify_against(&expect)
            .unwrap()
            .says
            .contains("foreign key")
    );
    assert!(log.verify_against(&expect).unwrap().ok);
    let expect = Expect {
        checkpoint: Some(honest.checkpoint),
        ..Expect::default()
    };
    assert!(
        other
            .verify_against(&expect)
            .unwrap()
            .says
            .contains("another log")
    );
    assert!(log.verify_against(&expect).unwrap().ok);
}

#[test]
fn an_old_checkpoint_shows_that_the_owner_of_the_key_began_again() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let (_dir, log) = written();
    let old = log.checkpoint(&key, Actor::local()).unwrap().checkpoint;
    let again = tempfile::tempdir().unwrap();
    let other = Log::open(again.path()).unwrap();
    let verdict = || {
        other.checkpoint(&key, Actor::local()).unwrap();
        assert!(other.verify().unwrap().ok);
        let checkpoint = Some(old.clone());
        other
            .verify_against(&Expect {
                checkpoint,
                ..Expect::default()
            })
            .unwrap()
    };
    assert!(
        verdict()
            .says
            .contains("the log was cut: the checkpoint signed 6 leaves")
    );
    (0..8).for_each(|_| drop(other.append(event("x")).unwrap()));
    assert!(verdict().says.contains("rewritten"));
}

#[test]
fn a_key_that_the_one_before_announced_is_no_foreign_key() {
    struct Moved(SigningKey, Option<SigningKey>);
    impl Signer for Moved {
        fn public(&self) -> [u8; 32] {
            Signer::public(&self.0)
        }
        fn sign(&self, message: &[u8]) -> Result<[u8; 64], Error> {
            Signer::sign(&self.0, message)
        }
        fn predecessor(&self) -> Option<&SigningKey> {
            self.1.as_ref()
        }
    }
    let new = || SigningKey::from_bytes(&[9; 32]);
    let (_dir, log) = written();
    log.checkpoint(
        &Moved(new(), Some(SigningKey::from_bytes(&[7; 32]))),
        Actor::local(),
    )
    .unwrap();
    let verdict = log.verify().unwrap();
    assert!(verdict.ok && verdict.keys.len() == 2, "{verdict:?}");

    let (_dir, log) = written();
    log.checkpoint(&Moved(new(), None), Actor::local()).unwrap();
    assert!(log.verify().unwrap().says.contains("foreign key"));
    let keys = [[7; 32], [9; 32]].map(|seed| Signer::public(&SigningKey::from_bytes(&seed)));
    let expect = Expect {
        keys: keys.to_vec(),
        checkpoint: None,
    };
    assert!(log.verify_against(&expect).unwrap().ok);
}

#[test]
fn lines_from_the_past_and_the_future_are_counted_and_hide_nothing_after_them() {
    let (dir, log) = written();
    log.append_at(event("back"), || day(5)).unwrap();
    let verdict = log.verify().unwrap();
    assert_eq!((verdict.ok, verdict.dated_back), (true, 1));
    let ahead = Timestamp::now() + jiff::SignedDuration::from_hours(48);
    log.append_at(event("ahead"), || ahead).unwrap();
    log.append(event("now")).unwrap();
    let verdict = log.verify().unwrap();
    // The line after it is dated back again.
    assert_eq!(
        (verdict.ok, verdict.dated_ahead, verdict.dated_back),
        (true, 1, 2),
        "{verdict:?}"
    );
    let last = std::fs::read_dir(dir.path().join("audit"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .max()
        .unwrap();
    let text = std::fs::read_to_string(&last).unwrap();
    std::fs::write(&last, text.replace("\"now\"", "\"not\"")).unwrap();
    assert!(!log.verify().unwrap().ok);
}

#[test]
fn a_damaged_tree_is_named_then_made_again_and_nothing_is_lost() {
    let (dir, log) = written();
    let tree = dir.path().join("audit/tree");
    let whole = std::fs::read(&tree).unwrap();
    for damaged in [
        Vec::new(),
        whole[..whole.len() / 2].to_vec(),
        vec![7; whole.len()],
    ] {
        std::fs::write(&tree, damaged).unwrap();
        assert!(
            log.verify()
                .unwrap()
                .says
                .contains("the stored tree of hashes is missing or damaged")
        );
        log.append(event("next")).unwrap();
        assert!(log.verify().unwrap().ok);
    }
    let recovered = entries(&log)
        .iter()
        .filter(|entry| entry.code == "R2203W")
        .count();
    assert_eq!(recovered, 3);
}

#[test]
fn a_log_of_before_there_was_a_tree_gets_one() {
    let (dir, log) = written();
    let mut head = tail::load_head(&log.dir).unwrap();
    (head.leaves, head.root) = (0, None);
    tail::save_head(&log.dir, &head).unwrap();
    std::fs::remove_file(dir.path().join("audit/tree")).unwrap();
    assert!(log.verify().unwrap().ok);
    log.append(event("next")).unwrap();
    let verdict = log.verify().unwrap();
    assert_eq!((verdict.ok, verdict.events, verdict.leaves), (true, 7, 7));
}

#[test]
fn an_event_is_proven_to_who_has_nothing_but_the_proof() {
    let (_dir, log) = written();
    let key = SigningKey::from_bytes(&[7; 32]);
    for entry in entries(&log) {
        let found = log.find(&entry.uid).unwrap();
        assert_eq!(found.len(), 1);
        let proof = log.prove(&found[0], &key, Actor::local()).unwrap();
        let (checkpoint, _) = proof.check(&[]).unwrap();
        assert!(checkpoint.size > proof.index);
        assert!(proof.line.as_ref().unwrap().contains(&entry.uid));
    }
    // The last event was newer than any checkpoint: one was signed for it.
    assert_eq!(log.verify().unwrap().checkpoints, 2);
}

#[test]
fn what_comes_back_cosigned_is_checked() {
    let (_dir, log) = written();
    let bob = tempfile::tempdir().unwrap();
    let witness = crate::audit::witness::Witness::open(bob.path());
    let (own, other) = (SigningKey::from_bytes(&[7; 32]), SigningKey::from_bytes(&[8; 32]));
    let key = witness.key(&other, "bob").unwrap();
    let signed = log.publish(&own, Actor::local(), None).unwrap();
    let cosigned = witness
        .cosign(&signed.note, &other, &key, &[], 1_700_000_000)
        .unwrap();
    let keys = [key.clone()];
    let refused = |note: &crate::audit::note::Note| log.take(note, &keys).unwrap().unwrap_err();
    assert!(refused(&signed.note).contains("no witness"));
    let mut forged = cosigned.clone();
    forged.signatures[1].bytes[30] ^= 1;
    assert!(refused(&forged).contains("cosignature is wrong"));
    assert_eq!(log.take(&cosigned, &keys).unwrap().unwrap().by[0].0, key);
    // The next time the checkpoint brings the proof that the log only grew.
    log.append(event("more")).unwrap();
    let next = log.publish(&own, Actor::local(), None).unwrap();
    witness
        .cosign(&next.note, &other, &key, &[], 1_700_000_001)
        .unwrap();
    assert!(log.verify().unwrap().ok);
}
