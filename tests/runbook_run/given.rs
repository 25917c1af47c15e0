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
        "```sh {name=get capture=TOK:json:$.key redact=\"/key.*/\"}\necho '{\"key\":\"abc123\"}'\n```\n\n```sh\necho \"$TOK\" | wc -c\n```\n",
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

#[test]
fn what_a_run_knows_reaches_programs_that_no_step_tells_it_though_the_run_is_gone_on_with() {
    let home = Home::new();
    let script = "#!/bin/sh\necho \"[$SNAP] [$STAGE] [$NODE]\"\n";
    std::fs::write(home.path().join("look.sh"), script).unwrap();
    page(
        &home,
        "---\nvars:\n  STAGE: {default: test}\n---\n```sh {capture=SNAP}\necho snap-1 on \"$NODE\"\n```\n\n```sh {name=first}\nsh look.sh\n```\n\n```sh {name=stop}\ntest -e go\n```\n\n```sh {name=then}\nsh look.sh\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes", "--set", "NODE=n 1"]);
    assert_eq!(
        out(&ran),
        "snap-1 on n 1\n[snap-1 on n 1] [test] [n 1]\n",
        "{}",
        err(&ran)
    );
    std::fs::write(home.path().join("go"), "").unwrap();
    let on = qd(&home, &["run", "--resume", "last", "--yes"]);
    assert_eq!(out(&on), "[snap-1 on n 1] [test] [n 1]\n", "{}", err(&on));
}

#[test]
fn each_machine_s_programs_find_its_own_value_though_the_run_is_gone_on_with() {
    let home = Home::new();
    let online = |name: &'static str| (name, "us-east-1", "online");
    let fleet = pty::cloud::fleet(&["us-east-1"], &[online("web-1"), online("web-2")]);
    let sim = Sim::start(&home, &fleet, &[]);
    let run = |args: &[&str]| {
        let args = [&["runbooks", "run", "--yes"], args].concat();
        let ran = sim.qd(&home, &args).output().unwrap();
        let mut said: Vec<String> = out(&ran).lines().map(str::to_owned).collect();
        said.sort();
        (said, err(&ran))
    };
    page(
        &home,
        "---\ntargets:\n  web: {tag: {env: test}}\n---\n```sh {on=web capture=SNAP}\necho of-<instance-name>\n```\n\n```sh {name=stop on=local}\ntest -e go\n```\n\n```sh {on=web}\nenv | grep '^SNAP='\n```\n",
    );
    run(&["page.md"]);
    std::fs::write(home.path().join("go"), "").unwrap();
    let (said, errors) = run(&["--resume", "last"]);
    assert_eq!(
        said,
        ["web-1 | SNAP=of-web-1", "web-2 | SNAP=of-web-2"],
        "{errors}"
    );
}

#[test]
fn a_value_that_the_journal_may_not_hold_is_said_to_be_missing() {
    let home = Home::new();
    page(
        &home,
        "```sh {capture=TOK redact=\"/hush.*/\"}\necho hush-1\n```\n\n```sh {name=stop}\ntest -e go\n```\n\n```sh\nenv | grep -c '^TOK=' || true\n```\n",
    );
    assert_eq!(qd(&home, &["run", "page.md", "--yes"]).status.code(), Some(1));
    std::fs::write(home.path().join("go"), "").unwrap();
    let on = qd(&home, &["run", "--resume", "last", "--yes"]);
    let says = "the journal may not hold the value of TOK";
    assert!(
        out(&on) == "0\n" && err(&on).contains(says),
        "{}{}",
        out(&on),
        err(&on)
    );
}

const TABS: &str = "=== \"Scale up\"\n\n    ```sh {name=up}\n    echo up >> did\n    ```\n\n    ```sh {name=more}\n    echo more >> did\n    ```\n\n=== \"Scale down\"\n\n    ```sh {name=down}\n    echo down >> did\n    ```\n\nThen:\n\n```sh {name=then}\necho then >> did\n```\n";

#[test]
fn of_tabs_that_stand_beside_each_other_one_is_run_and_a_person_says_which() {
    let home = Home::new();
    page(&home, TABS);
    let did = || std::fs::read_to_string(home.path().join("did")).unwrap_or_default();
    let alone = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(alone.status.code(), Some(3), "{}", err(&alone));
    assert!(
        err(&alone).contains("one of several tabs (Scale up, Scale down)"),
        "{}",
        err(&alone)
    );
    let dry = qd(&home, &["run", "page.md", "--dry-run"]);
    assert_eq!(
        out(&dry).matches("one of the tabs: Scale up, Scale down").count(),
        3,
        "{}",
        out(&dry)
    );
    assert_eq!(did(), "");
    let down = qd(&home, &["run", "page.md", "--yes", "--only", "down"]);
    assert_eq!(
        (down.status.code(), did()),
        (Some(0), "down\n".into()),
        "{}",
        err(&down)
    );
    // The other one is left out from then on.
    let on = qd(&home, &["run", "--resume", "last", "--yes"]);
    assert_eq!(
        (on.status.code(), did()),
        (Some(0), "down\nthen\n".into()),
        "{}",
        err(&on)
    );
    let from = qd(&home, &["run", "page.md", "--yes", "--from", "more"]);
    assert_eq!(
        (from.status.code(), did()),
        (Some(0), "down\nthen\nmore\nthen\n".into()),
        "{}",
        err(&from)
    );
    std::fs::remove_file(home.path().join("did")).unwrap();
    let mut terminal = Terminal::start(home.console(&["runbooks", "run", "page.md", "--yes"]), 100, 30);
    terminal.wait_for("which of the tabs on line 1 is meant");
    terminal.send(b"2\r");
    assert_eq!(terminal.wait_code(), 0);
    assert_eq!(did(), "down\nthen\n");
}

#[test]
fn tabs_are_chosen_ahead_by_their_titles_and_one_title_serves_every_set_that_has_it() {
    let home = Home::new();
    let tab = |mark: &str, title: &str, step: &str| {
        format!("{mark} \"{title}\"\n\n    ```sh {{name={step}}}\n    echo {step} >> did\n    ```\n\n")
    };
    let mdx = |title: &str, step: &str| {
        format!(
            "<TabItem value=\"{title}\">\n\n```sh {{name={step}}}\necho {step} >> did\n```\n\n</TabItem>\n"
        )
    };
    let text = [
        tab("===", "Linux", "one-l"),
        tab("===", "macOS", "one-m"),
        "Then:\n\n".into(),
        tab("===", "Up", "two-u"),
        tab("===", "Down", "two-d"),
        format!(
            "<Tabs>\n{}{}</Tabs>\n",
            mdx("Linux", "three-l"),
            mdx("macOS", "three-m")
        ),
    ];
    page(&home, &text.concat());
    let run = |args: &[&str]| {
        let _ = std::fs::remove_file(home.path().join("did"));
        let ran = qd(&home, &[&["run", "page.md", "--yes"], args].concat());
        let did = std::fs::read_to_string(home.path().join("did")).unwrap_or_default();
        (ran.status.code(), did.replace('\n', " "), err(&ran))
    };
    let (code, did, says) = run(&["--tab", "linux", "--tab", "Down"]);
    assert_eq!((code, did.as_str()), (Some(0), "one-l two-d three-l "), "{says}");
    for (args, code, wanted) in [
        (&["--tab", "Linux"][..], 3, "--tab says which, as in --tab Up"),
        (
            &["--tab", "Linux", "--tab", "Sideways"],
            2,
            "no tab that a run chooses is called",
        ),
        (&["--tab", "Linux", "--tab", "macOS"], 2, "stands beside"),
    ] {
        let (got, did, says) = run(args);
        assert_eq!((got, did.as_str()), (Some(code), ""), "{says}");
        assert!(says.contains(wanted), "{says}");
    }
    assert!(
        run(&["--tab", "x"])
            .2
            .contains("page.md has Linux, macOS, Up, Down")
    );
    // A check of every tab may be looked at; one that was chosen is the only one.
    let checks = |args: &[&str]| {
        page(&home, &text.concat().replace(" >> did", ""));
        out(&qd(&home, &[&["run", "page.md", "--checks"], args].concat())).replace('\n', " ")
    };
    assert_eq!(checks(&[]), "one-l one-m two-u two-d three-l three-m ");
    assert_eq!(checks(&["--tab", "Linux", "--tab", "Up"]), "one-l two-u three-l ");
    // A person says it once.
    let _ = std::fs::remove_file(home.path().join("did"));
    page(&home, &text.concat());
    let mut terminal = Terminal::start(home.console(&["runbooks", "run", "page.md", "--yes"]), 100, 30);
    terminal.wait_for("which of the tabs on line 1 is meant");
    terminal.send(b"2\r");
    terminal.wait_for("which of the tabs on line 15 is meant");
    terminal.send(b"up\r");
    assert_eq!(terminal.wait_code(), 0);
    assert_eq!(
        std::fs::read_to_string(home.path().join("did")).unwrap(),
        "one-m\ntwo-u\nthree-m\n"
    );
}

#[test]
fn a_run_that_has_gone_into_a_tab_goes_into_no_other_of_its_set() {
    let home = Home::new();
    page(&home, &TABS.replace("echo more", "test -e go && echo more"));
    let first = qd(&home, &["run", "page.md", "--yes", "--tab", "Scale up"]);
    assert_eq!(first.status.code(), Some(1), "{}", err(&first));
    let other = qd(
        &home,
        &["run", "--resume", "last", "--yes", "--tab", "Scale down"],
    );
    assert_eq!(other.status.code(), Some(2), "{}", err(&other));
    assert!(err(&other).contains("has gone into the tab"), "{}", err(&other));
    std::fs::write(home.path().join("go"), "").unwrap();
    let on = qd(&home, &["run", "--resume", "last", "--yes", "--tab", "Scale up"]);
    assert_eq!(on.status.code(), Some(0), "{}", err(&on));
    assert_eq!(
        std::fs::read_to_string(home.path().join("did")).unwrap(),
        "up\nmore\nthen\n"
    );
}

#[test]
fn an_undo_takes_the_value_that_its_own_step_captured_and_goes_nowhere_else() {
    let home = Home::new();
    let online = |name: &'static str| (name, "us-east-1", "online");
    let fleet = pty::cloud::fleet(&["us-east-1"], &[online("web-1"), online("web-2")]);
    let sim = Sim::start(&home, &fleet, &[]);
    let run = |args: &[&str]| {
        let args = [&["runbooks", "run", "--yes"], args].concat();
        sim.qd(&home, &args).output().unwrap()
    };
    page(
        &home,
        "---\ntargets:\n  web: {tag: {env: test}}\n  one: {filter: web-1}\n  two: {filter: web-2}\n---\n```sh {name=snap on=one capture=SNAP rollback=undo}\necho of-<instance-name>\n```\n\n```sh {on=two capture=SNAP}\necho of-<instance-name>\n```\n\n```sh {name=use on=web}\necho \"use $SNAP\"\n```\n\n```sh {name=boom on=local}\nfalse\n```\n\n```sh {name=undo kind=rollback on=one}\necho \"back to $SNAP\"\n```\n",
    );
    let ran = run(&["page.md"]);
    let mut said: Vec<String> = out(&ran).lines().map(str::to_owned).collect();
    said.sort();
    assert!(
        said.contains(&"web-1 | use of-web-1".into()) && said.contains(&"web-2 | use of-web-2".into()),
        "{said:?}"
    );
    let undone = run(&["--resume", "last", "--only", "undo"]);
    assert!(
        out(&undone).contains("back to of-web-1"),
        "{}{}",
        out(&undone),
        err(&undone)
    );
    // Where its condition leaves out the only machine of the change there is nothing to undo.
    page(
        &home,
        "---\ntargets:\n  web: {tag: {env: test}}\n  one: {filter: web-1}\n---\n```sh {on=web capture=ROLE}\ntest <instance-name> = web-1 && echo primary || echo replica\n```\n\n```sh {name=change on=one rollback=undo}\ntrue\n```\n\n```sh {name=boom on=local}\nfalse\n```\n\n```sh {name=undo kind=rollback on=web when=\"ROLE == replica\"}\necho undone\n```\n",
    );
    assert_eq!(run(&["page.md"]).status.code(), Some(1));
    let undone = run(&["--resume", "last", "--only", "undo"]);
    assert!(
        !out(&undone).contains("undone"),
        "{}{}",
        out(&undone),
        err(&undone)
    );
    // A machine that a tolerated failure keeps away keeps no other step from going on.
    page(
        &home,
        "---\ntargets:\n  web: {tag: {env: test}}\n---\n```sh {on=web capture=MODE max-errors=1}\ntest <instance-name> != web-2 && echo fast\n```\n\n```sh {name=use on=web when=\"MODE == fast\"}\necho \"use $MODE\"\n```\n",
    );
    assert_eq!(run(&["page.md"]).status.code(), Some(0));
    let once = run(&["page.md", "--only", "1"]);
    assert_eq!(once.status.code(), Some(0), "{}", err(&once));
    let on = run(&["--resume", "last", "--from", "use"]);
    assert_eq!(
        (on.status.code(), out(&on)),
        (Some(0), "web-1 | use fast\n".into()),
        "{}",
        err(&on)
    );
}
