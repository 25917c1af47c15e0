//! Queries as they are typed.

use super::*;
use crate::recording::{Source, State};
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-03-10T12:00:00Z".parse().unwrap()
}

fn query(text: &str) -> Query {
    Query::parse(text, now()).unwrap()
}

fn row() -> Row {
    Row {
        id: "0193abcd-0000-7000-8000-000000000000".into(),
        session_id: Some("mara-0abc".into()),
        kind: "shell".into(),
        target: Some("i-0123".into()),
        name: Some("web-01".into()),
        account: Some("613489207754".into()),
        region: Some("eu-west-1".into()),
        actor: Some("arn:aws:sts::613489207754:assumed-role/oncall/mara".into()),
        local_user: Some("mgreen".into()),
        reason: Some("INC-7 disk full".into()),
        ticket: None,
        started_at: "2026-03-09T12:00:00Z"
            .parse::<Timestamp>()
            .unwrap()
            .as_microsecond(),
        ended_at: None,
        duration_us: None,
        size: 1,
        state: State::Sealed,
        evidence: "local",
        path: "/x.osr".into(),
    }
}

#[test]
fn keys_choose_recordings() {
    let yes = [
        "who:mara",
        "who:MGREEN",
        "target:web-01",
        "target:web-*",
        "target:i-0123,db",
        "account:613489207754",
        "region:eu-west-1,us-east-1",
        "region:eu-*",
        "after:2d",
        "after:2026-03-09T11:00:00Z",
        "before:12h",
        "ticket:INC-7",
        "reason:\"disk full\"",
        "id:0193abcd",
        "kind:shell",
        "state:sealed",
        "evidence:local",
        "-who:ci",
        "target:/^web-\\d+$/",
        "-after:1h",
    ];
    for text in yes {
        assert!(query(text).admits(&row()), "{text}");
        assert!(query(text).is_about_recordings(), "{text}");
    }
    for text in [
        "who:ana",
        "region:eu-west",
        "after:1h",
        "before:2d",
        "-who:mara",
        "account:6134",
    ] {
        assert!(!query(text).admits(&row()), "{text}");
    }
}

#[test]
fn all_words_must_be_in_one_line_and_capitals_count_only_where_there_are_any() {
    let holds = |text: &str, line: &str| query(text).admits_line(line, &[]);
    assert!(holds("disk FULL", "the disk is FULL"));
    assert!(!holds("disk FULL", "the disk is full"));
    assert!(holds("disk full", "The DISK is Full"));
    assert!(holds("\"is full\"", "disk is full") && !holds("\"full is\"", "disk is full"));
    assert!(holds("/d\\w+k\\S/", "DISK!") && holds("/^sh-5\\.2\\$/", "sh-5.2$ ls"));
    assert!(holds("-full", "empty") && !holds("-full", "full"));
    assert!(holds("/var/log", "cd /var/log") && holds("a.b", "a.b") && !holds("a.b", "axb"));
}

#[test]
fn an_anchored_expression_holds_for_a_row_of_a_line_that_wrapped() {
    let query = query("/^tail$/");
    assert!(!query.admits_line("head  tail", &[]));
    assert!(query.admits_line("head  tail", &[6]));
}

#[test]
fn commands_are_asked_by_text_exit_and_source() {
    let command = Command {
        at_us: 0,
        text: "terraform apply".into(),
        cwd: Some("/srv/infra".into()),
        exit_code: Some(1),
        duration_us: None,
        source: Source::Osc133,
    };
    for text in [
        "cmd:terraform",
        "exit:1",
        "exit:!0",
        "-exit:0",
        "exit:1,2 apply",
        "source:osc133",
        "cwd:infra",
    ] {
        assert!(query(text).is_about_commands(), "{text}");
        assert!(query(text).admits_command(&command), "{text}");
    }
    for text in [
        "cmd:kubectl",
        "exit:0",
        "exit:!1",
        "exit:1 destroy",
        "source:inferred",
        "-cwd:infra",
    ] {
        assert!(!query(text).admits_command(&command), "{text}");
    }
    let unknown = Command {
        exit_code: None,
        ..command
    };
    assert!(!query("exit:!0").admits_command(&unknown));
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let bad = |text: &str| Query::parse(text, now()).unwrap_err().to_string();
    assert!(bad("ok nosuch:x").starts_with("query, at 3: there is no key \"nosuch\"; keys are who, "));
    assert!(bad("after:soon").starts_with("query, at 6: a time is 2026-03-01"));
    assert!(bad("\"open").ends_with("the closing \" is missing"));
    assert!(bad("/(/").starts_with("query, at 0: not a regular expression"));
    assert!(bad("exit:x").contains("an exit code is a number"));
    assert!(bad("- x").contains("must follow"));
    assert!(bad("state:live,bogus").ends_with("at 11: state is one of live, sealed, recovered, torn"));
    assert!(bad("evidence:/^x/").contains("evidence is one of local, uploaded"));
    assert!(!query("state:seal* -evidence:LOCAL").is_empty());
    assert!(query("  ").is_empty());
}

proptest! {
    #[test]
    fn any_text_is_a_query_or_says_why_not(text in "[ -~é]{0,40}") {
        let _ = Query::parse(&text, now());
    }

    #[test]
    fn quoted_text_is_sought_as_it_is(text in "[^\"\\\\\\pC]{1,20}") {
        let found = query(&format!("\"{text}\"")).admits_line(&text, &[]);
        prop_assert!(found);
    }
}
