//! A journal keeps every line that was written, whoever writes beside it, and reads whatever it finds.

use proptest::prelude::*;

use super::*;
use crate::incident::{Severity, State, Status, Took, current, switch};

fn opened(id: &str) -> Opened {
    Opened {
        incident: id.into(),
        title: "checkout is down".into(),
        severity: Severity::Sev1,
        started_at: "2026-11-21T20:00:00Z".parse().unwrap(),
        alarm: None,
        tool: "qd".into(),
    }
}

fn note(text: &str) -> Record {
    Record::Note { text: text.into() }
}

fn entries(data_dir: &Path) -> Vec<audit::Entry> {
    let log = audit::Log::open(data_dir).unwrap();
    log.read(audit::Range::default())
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn an_incident_is_what_its_lines_say() {
    let dir = tempfile::tempdir().unwrap();
    let id = start(dir.path(), opened, Who::here()).unwrap();
    let word = String::new;
    for record in [
        Record::Acknowledged {
            note: word(),
            when: None,
        },
        note("a value with\na line feed\u{0}"),
        Record::Recovered {
            note: word(),
            when: None,
        },
        Record::Closed { note: word() },
        Record::Reopened { note: word() },
    ] {
        append(dir.path(), &id, record, Who::here()).unwrap();
    }
    let mut journal = Journal::load(dir.path(), &id).unwrap();
    assert_eq!(journal.compare(&id, entries(dir.path()).iter()), 6);
    assert!(journal.faults.is_empty() && !journal.is_torn);
    let state = State::of(&id, &journal.lines);
    assert_eq!((state.status, state.reopened), (Status::Acknowledged, 1));
    assert_eq!((state.to_recover(), state.recovered_at), (Took::NotSaid, None));
    assert_eq!(find(dir.path(), &id[..8]).unwrap(), id);
    assert_eq!(find(dir.path(), &id[14..]).unwrap(), id);
    assert!(matches!(find(dir.path(), "current"), Err(Error::NoCurrent)));
    switch(dir.path(), &id).unwrap();
    assert_eq!(current(dir.path()).unwrap(), Some(id));
}

#[test]
fn what_begins_now_is_opened_at_its_beginning() {
    let dir = tempfile::tempdir().unwrap();
    let now = |id: &str| Opened {
        started_at: Timestamp::now(),
        ..opened(id)
    };
    let before = Timestamp::now();
    let id = start(dir.path(), now, Who::here()).unwrap();
    let lines = Journal::load(dir.path(), &id).unwrap().lines;
    let began = State::of(&id, &lines).started_at;
    assert!(began > Some(before));
    assert_eq!(Some(lines[0].at), began);
    // One that began earlier was opened when it was written.
    let id = start(dir.path(), opened, Who::here()).unwrap();
    let lines = Journal::load(dir.path(), &id).unwrap().lines;
    assert!(lines[0].at >= before);
}

#[test]
fn of_two_words_of_recovery_the_later_counts() {
    let dir = tempfile::tempdir().unwrap();
    let id = start(dir.path(), opened, Who::here()).unwrap();
    let over = || Record::Recovered {
        note: String::new(),
        when: None,
    };
    for record in [over(), note("it burns again"), over()] {
        append(dir.path(), &id, record, Who::here()).unwrap();
    }
    let journal = Journal::load(dir.path(), &id).unwrap();
    let state = State::of(&id, &journal.lines);
    assert_eq!(state.recovered_at, journal.lines.last().map(|line| line.at));
    assert!(state.recovered_at > journal.lines.get(1).map(|line| line.at));
}

#[test]
fn a_relapse_takes_the_recovery_back_and_an_older_word_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let id = start(dir.path(), opened, Who::here()).unwrap();
    let at = |minute: u32| format!("2026-11-21T20:{minute}:00Z").parse::<Timestamp>().ok();
    let over = |when| Record::Recovered {
        note: String::new(),
        when,
    };
    let mitigated = |when| Record::Mitigated {
        note: String::new(),
        when,
    };
    let say = |record| {
        append(dir.path(), &id, record, Who::here()).unwrap();
        State::of(&id, &Journal::load(dir.path(), &id).unwrap().lines)
    };
    say(over(at(30)));
    let told_later = say(mitigated(at(20)));
    assert_eq!(
        (told_later.status, told_later.recovered_at),
        (Status::Recovered, at(30))
    );
    let relapsed = say(mitigated(None));
    assert_eq!(
        (relapsed.status, relapsed.recovered_at),
        (Status::Mitigated, None)
    );
    let again = say(mitigated(at(40)));
    assert_eq!(again.mitigated_at, at(40), "the later word counts");
    assert_eq!(say(over(at(50))).recovered_at, at(50));
}

#[test]
fn a_secret_in_a_word_is_covered_before_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let secret = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
    let titled = |id: &str| Opened {
        title: format!("key {secret}"),
        ..opened(id)
    };
    let id = start(dir.path(), titled, Who::here()).unwrap();
    append(dir.path(), &id, note(&format!("it is {secret}")), Who::here()).unwrap();
    append(dir.path(), &id, note("ran DB_PASS=hush x"), Who::here()).unwrap();
    let written = std::fs::read_to_string(path(dir.path(), &id)).unwrap();
    assert!(
        written.contains("redacted") && !written.contains(&secret) && !written.contains("hush"),
        "{written}"
    );
}

#[test]
fn what_was_cut_or_changed_is_told_and_hides_no_other_line() {
    let dir = tempfile::tempdir().unwrap();
    let id = start(dir.path(), opened, Who::here()).unwrap();
    for text in ["one", "two", "three"] {
        append(dir.path(), &id, note(text), Who::here()).unwrap();
    }
    let file = path(dir.path(), &id);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("two", "TWO")).unwrap();
    let mut journal = Journal::load(dir.path(), &id).unwrap();
    journal.compare(&id, entries(dir.path()).iter());
    assert_eq!(journal.lines.len(), 4);
    let faults: Vec<u64> = journal.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(faults, [3, 4]);

    std::fs::write(&file, format!("{}garbage\n", text.replace("one", "\u{1}"))).unwrap();
    append(dir.path(), &id, note("four"), Who::here()).unwrap();
    let mut journal = Journal::load(dir.path(), &id).unwrap();
    journal.compare(&id, entries(dir.path()).iter());
    assert!(journal.lines.iter().any(|line| line.record == note("four")));
    assert!(journal.faults.iter().any(|fault| fault.line == 2));
    assert!(journal.faults.iter().any(|fault| fault.line == 5));

    let cut = text.lines().take(2).map(|line| format!("{line}\n"));
    std::fs::write(&file, cut.collect::<String>()).unwrap();
    let mut journal = Journal::load(dir.path(), &id).unwrap();
    journal.compare(&id, entries(dir.path()).iter());
    assert!(journal.faults.iter().any(|fault| fault.says.contains("gone")));
}

#[test]
fn many_writers_lose_no_line_and_break_no_chain() {
    let dir = tempfile::tempdir().unwrap();
    let id = start(dir.path(), opened, Who::here()).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let (dir, id) = (dir.path(), &id);
            scope.spawn(move || {
                for nth in 0..5 {
                    append(dir, id, note(&format!("{writer} {nth}")), Who::here()).unwrap();
                }
            });
        }
    });
    let journal = Journal::load(dir.path(), &id).unwrap();
    assert_eq!((journal.lines.len(), journal.faults.len()), (21, 0));
}

#[test]
fn a_line_that_a_crash_tore_is_set_aside_and_said() {
    let dir = tempfile::tempdir().unwrap();
    let id = start(dir.path(), opened, Who::here()).unwrap();
    let file = path(dir.path(), &id);
    let mut text = std::fs::read(&file).unwrap();
    text.extend_from_slice(b"{\"v\":1,\"seq\":2,");
    std::fs::write(&file, text).unwrap();
    assert!(Journal::load(dir.path(), &id).unwrap().is_torn);
    append(dir.path(), &id, note("after"), Who::here()).unwrap();
    let journal = Journal::load(dir.path(), &id).unwrap();
    assert!(journal.faults.is_empty() && !journal.is_torn);
    assert!(matches!(
        journal.lines[1].record,
        Record::Salvaged { bytes: 15, .. }
    ));
    assert!(folder(dir.path()).join(&id).join("torn-2.part").exists());
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let journal = Journal::parse(&bytes);
        State::of("x", &journal.lines);
    }

    #[test]
    fn a_byte_that_was_changed_is_noticed_or_is_in_the_last_line(
        notes in prop::collection::vec("[ -~]{0,20}", 2..5), at in any::<prop::sample::Index>(), flip in 1u8..
    ) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        let (mut chain, ..) = Chain::open(&file).unwrap();
        for text in &notes {
            push(&mut chain, note(text), Who::here(), None).unwrap();
        }
        let mut bytes = std::fs::read(&file).unwrap();
        let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        let at = at.index(last);
        bytes[at] ^= flip;
        let journal = Journal::parse(&bytes);
        prop_assert!(!journal.faults.is_empty());
    }
}
