//! A journal notices what was changed, cut or torn, and lets one writer in at a time.

use super::*;
use crate::runbook::run::record::Outcome;

fn skipped(step: u32) -> Record {
    Record::Skipped {
        step: step.to_string(),
        why: "it was asked for".into(),
    }
}

fn ended(output: Kept) -> Record {
    Record::Ended {
        step: "1".into(),
        target: "local".into(),
        attempt: 1,
        outcome: Outcome::Success,
        exit: Some(0),
        lasted_us: 7,
        output: Some(output),
        spot: None,
        says: String::new(),
    }
}

#[test]
fn a_journal_goes_on_where_it_ended_and_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::create(dir.path(), "r1", "# T\n").unwrap();
    journal.append(skipped(1)).unwrap();
    let kept = journal.keep("01-local", b"x\n", None).unwrap();
    journal.append(ended(kept)).unwrap();
    assert!(matches!(Journal::open(dir.path(), "r1"), Err(Error::Busy(_))));
    assert!(is_live(dir.path(), "r1"));
    drop(journal);
    let (mut journal, lines) = Journal::open(dir.path(), "r1").unwrap();
    assert_eq!(lines.len(), 2);
    journal.append(skipped(3)).unwrap();
    drop(journal);
    let verdict = verify(dir.path(), "r1").unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");
    assert_eq!((verdict.records, verdict.outputs), (3, 1));
    assert_eq!(find(dir.path(), "r").unwrap(), "r1");
    assert_eq!(find(dir.path(), "last").unwrap(), "r1");
    assert!(matches!(find(dir.path(), "x"), Err(Error::Absent(_))));
}

#[test]
fn what_is_changed_is_found_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::create(dir.path(), "r1", "# T\n").unwrap();
    for step in 1..4 {
        journal.append(skipped(step)).unwrap();
    }
    let kept = journal.keep("01-local", b"x\n", None).unwrap();
    journal.append(ended(kept)).unwrap();
    drop(journal);
    let path = folder(dir.path()).join("r1").join(FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    let first_fault = |text: &str| {
        std::fs::write(&path, text).unwrap();
        verify(dir.path(), "r1")
            .unwrap()
            .faults
            .first()
            .map(|fault| fault.line)
    };
    assert_eq!(first_fault(&text), None);
    assert_eq!(
        first_fault(&text.replacen("\"step\":\"2\"", "\"step\":\"9\"", 1)),
        Some(3)
    );
    let without: Vec<&str> = text
        .lines()
        .enumerate()
        .filter(|(at, _)| *at != 1)
        .map(|(_, line)| line)
        .collect();
    assert_eq!(first_fault(&format!("{}\n", without.join("\n"))), Some(2));
    std::fs::write(&path, &text).unwrap();
    std::fs::write(folder(dir.path()).join("r1/output/01-local.txt"), b"y\n").unwrap();
    assert_eq!(first_fault(&text), Some(4));
}

#[test]
fn a_torn_line_is_set_aside_and_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::create(dir.path(), "r1", "# T\n").unwrap();
    journal.append(skipped(1)).unwrap();
    drop(journal);
    let path = folder(dir.path()).join("r1").join(FILE);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend_from_slice(b"{\"v\":1,\"se");
    std::fs::write(&path, &bytes).unwrap();
    assert!(verify(dir.path(), "r1").unwrap().is_torn);
    let (journal, lines) = Journal::open(dir.path(), "r1").unwrap();
    assert_eq!(lines.len(), 1);
    drop(journal);
    let verdict = verify(dir.path(), "r1").unwrap();
    assert!(verdict.is_ok() && !verdict.is_torn, "{verdict:?}");
    assert_eq!(verdict.records, 2);
}

#[test]
fn an_end_that_was_cut_is_known_to_the_audit_log() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::create(dir.path(), "r1", "# T\n").unwrap();
    journal.append(skipped(1)).unwrap();
    let (seq, hash) = journal.append(skipped(2)).unwrap();
    let event = audit_event("r1", seq, &hash);
    crate::audit::Log::open(dir.path())
        .unwrap()
        .append(event)
        .unwrap();
    drop(journal);
    assert_eq!(verify(dir.path(), "r1").unwrap().witnessed, 1);
    let path = folder(dir.path()).join("r1").join(FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    let first = text.lines().next().unwrap();
    std::fs::write(&path, format!("{first}\n")).unwrap();
    assert_eq!(verify(dir.path(), "r1").unwrap().faults[0].line, 2);
    let gone = || Witness::of(dir.path()).gone(dir.path()).unwrap();
    assert!(gone().is_empty());
    std::fs::remove_dir_all(folder(dir.path()).join("r1")).unwrap();
    assert_eq!(gone(), [("r1".to_owned(), 1)].into());
}

#[test]
fn what_the_audit_log_knows_is_read_once_for_all_runs() {
    let dir = tempfile::tempdir().unwrap();
    for run in ["r1", "r2"] {
        let mut journal = Journal::create(dir.path(), run, "# T\n").unwrap();
        let (seq, hash) = journal.append(skipped(1)).unwrap();
        let log = crate::audit::Log::open(dir.path()).unwrap();
        log.append(audit_event(run, seq, &hash)).unwrap();
    }
    let witness = Witness::of(dir.path());
    std::fs::remove_dir_all(dir.path().join("audit")).unwrap();
    for run in ["r1", "r2"] {
        let verdict = verify_by(&witness, dir.path(), run).unwrap();
        assert_eq!((verdict.witnessed, verdict.is_ok()), (1, true), "{run}");
        assert_eq!(verify(dir.path(), run).unwrap().witnessed, 0, "{run}");
    }
}

fn audit_event(run: &str, seq: u64, hash: &str) -> crate::audit::Event {
    crate::audit::Event::new(crate::audit::Kind::RunbookStep, crate::audit::Actor::local())
        .with("run", run)
        .with("journal_seq", seq)
        .with("journal_hash", hash)
}

#[test]
fn a_page_that_is_another_one_since_is_said_and_one_that_was_swapped_is_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.md");
    std::fs::write(&path, "# T\r\n").unwrap();
    let mut journal = Journal::create(dir.path(), "r1", "# T\n").unwrap();
    let opened = Record::Opened {
        run: "r1".into(),
        runbook: path.display().to_string(),
        name: "t.md".into(),
        title: "T".into(),
        sha256: hex::encode(Sha256::digest(b"# T\n")),
        git_blob: String::new(),
        who: Default::default(),
        reason: String::new(),
        machines: Vec::new(),
        targets: Vec::new(),
        steps: Vec::new(),
        alarm: None,
        facts: Default::default(),
        production: Default::default(),
        tool: String::new(),
    };
    journal.append(opened).unwrap();
    drop(journal);
    let look = || {
        let verdict = verify(dir.path(), "r1").unwrap();
        (verdict.has_changed, verdict.faults.len())
    };
    assert_eq!(look(), (Some(false), 0));
    std::fs::write(&path, "# Other\n").unwrap();
    assert_eq!(look(), (Some(true), 0));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(look(), (None, 0));
    std::fs::write(folder(dir.path()).join("r1").join(PAGE), "# Other\n").unwrap();
    assert_eq!(look(), (None, 1));
}
