//! Values that are given, and whose they are: what the page wants covered is so whoever says it, and a machine that has its
//! own borrows none.

use super::*;

fn journal_of(home: &Home) -> String {
    let run = journal::find(&home.data_dir(), "last").unwrap();
    std::fs::read_to_string(journal::folder(&home.data_dir()).join(run).join("journal.jsonl")).unwrap()
}

#[test]
fn a_given_value_that_a_step_would_capture_covered_is_in_no_journal() {
    let home = Home::new();
    page(
        &home,
        "```sh {name=get capture=TOK redact=\"/hush-.*/\"}\necho hush-1234\n```\n\n```sh {name=stop}\ntest -e go\n```\n\n```sh {name=use}\ntest \"$TOK\" = hush-9876\n```\n",
    );
    let given = ["--yes", "--set", "TOK=hush-9876"];
    let run = |args: &[&str]| qd(&home, &[&["run"], args, &given].concat());
    assert_eq!(run(&["page.md", "--only", "use"]).status.code(), Some(0));
    assert!(!journal_of(&home).contains("hush-9876"), "{}", journal_of(&home));
    let first = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(first.status.code(), Some(1), "{}", err(&first));
    std::fs::write(home.path().join("go"), "").unwrap();
    let again = run(&["--resume", "last"]);
    assert_eq!(again.status.code(), Some(0), "{}", err(&again));
    assert!(!journal_of(&home).contains("hush-"), "{}", journal_of(&home));
}

#[test]
fn what_only_its_context_covers_in_an_output_is_covered_as_a_value_too() {
    let home = Home::new();
    page(
        &home,
        "```sh {capture=TOK:json:$.key redact=\"/key.*/\"}\necho '{\"key\":\"abc123\"}'\n```\n\n```sh\necho \"$TOK\" | wc -c\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(
        (ran.status.code(), out(&ran).contains('7')),
        (Some(0), true),
        "{}",
        err(&ran)
    );
    assert!(!journal_of(&home).contains("abc123"), "{}", journal_of(&home));
}

#[test]
fn a_value_that_is_given_again_counts_though_a_step_captured_another_since() {
    let home = Home::new();
    page(
        &home,
        "```sh {name=get capture=TOK}\necho captured\n```\n\n```sh {name=stop}\ntest -e go\n```\n\n```sh {name=use}\necho \"use $TOK\"\n```\n",
    );
    let given = ["--yes", "--set", "TOK=mine"];
    let ran = qd(&home, &[&["run", "page.md"], &given[..]].concat());
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    let captured = qd(&home, &["run", "--resume", "last", "--yes", "--only", "use"]);
    assert_eq!(out(&captured), "use captured\n", "{}", err(&captured));
    std::fs::write(home.path().join("go"), "").unwrap();
    let again = qd(
        &home,
        &[
            "run", "--resume", "last", "--yes", "--set", "TOK=mine", "--from", "stop",
        ],
    );
    assert_eq!(again.status.code(), Some(0), "{}", err(&again));
    assert!(
        journal_of(&home).matches("\"value\":\"mine\"").count() > 1,
        "{}",
        journal_of(&home)
    );
}
