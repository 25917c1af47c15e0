//! What a run did is undone later: the last step first, each asked about, nothing else of the page run again.

use super::*;

const PAGE: &str = "```sh {name=one rollback=un-one}\necho 1 >> did\n```\n\n```sh {name=two rollback=un-two}\necho 2 >> did\n```\n\n```sh {name=three}\nfalse\n```\n\n```sh {name=un-one kind=rollback}\necho u1 >> did\n```\n\n```sh {name=un-two kind=rollback}\necho u2 >> did\n```\n";

fn did(home: &Home) -> String {
    std::fs::read_to_string(home.path().join("did")).unwrap()
}

#[test]
fn the_steps_of_a_run_are_undone_later_in_reverse_each_asked_about() {
    let home = Home::new();
    page(&home, PAGE);
    assert_eq!(qd(&home, &["run", "page.md", "--yes"]).status.code(), Some(1));
    let refused = qd(&home, &["run", "--resume", "last", "--undo", "--yes"]);
    assert_eq!(refused.status.code(), Some(3), "{}", err(&refused));
    assert_eq!(did(&home), "1\n2\n");
    let undo = ["runbooks", "run", "--resume", "last", "--undo", "--yes"];
    let mut terminal = Terminal::start(home.console(&undo), 100, 30);
    terminal.wait_for("step two can be undone by un-two");
    terminal.send(b"y\r");
    terminal.wait_for("step one can be undone by un-one");
    terminal.send(b"n\r");
    // What the run was stays what it was.
    assert_eq!(terminal.wait_code(), 1);
    assert_eq!(did(&home), "1\n2\nu2\n");
    let mut terminal = Terminal::start(home.console(&undo), 100, 30);
    terminal.wait_for("step one can be undone by un-one");
    terminal.send(b"y\r");
    assert_eq!(terminal.wait_code(), 1);
    assert_eq!(did(&home), "1\n2\nu2\nu1\n");
    let mut terminal = Terminal::start(home.console(&undo), 100, 30);
    terminal.wait_for("nothing that is done can be undone");
    assert_eq!(terminal.wait_code(), 1);
    assert_eq!(qd(&home, &["runs", "verify"]).status.code(), Some(0));
}

#[test]
fn a_step_that_failed_is_undone_only_by_a_person_s_word() {
    let home = Home::new();
    page(
        &home,
        "```sh {name=change rollback=un}\necho half >> did; false\n```\n\n```sh {name=un kind=rollback}\necho undone >> did\n```\n",
    );
    assert_eq!(qd(&home, &["run", "page.md", "--yes"]).status.code(), Some(1));
    let only = ["run", "--resume", "last", "--only", "un", "--yes"];
    let alone = qd(&home, &only);
    assert!(
        err(&alone).contains("change failed there, and nobody said"),
        "{}",
        err(&alone)
    );
    assert_eq!(did(&home), "half\n");
    let mut terminal = Terminal::start(home.console(&[&["runbooks"], &only[..]].concat()), 120, 30);
    terminal.wait_for("may have changed something");
    terminal.send(b"y\r");
    assert_eq!(terminal.wait_code(), 0);
    assert_eq!(did(&home), "half\nundone\n");
}

#[test]
fn undoing_makes_no_success_of_a_run_that_failed_and_is_said() {
    let home = Home::new();
    page(&home, PAGE);
    assert_eq!(qd(&home, &["run", "page.md", "--yes"]).status.code(), Some(1));
    let status = || home.json(&["runbooks", "runs"])["runs"][0]["status"].clone();
    assert_eq!(status(), "failed");
    for (only, back) in [("un-two", "un-two"), ("un-one", "un-one, un-two")] {
        let undone = qd(&home, &["run", "--resume", "last", "--only", only, "--yes"]);
        // It did what it was told to do.
        assert_eq!(undone.status.code(), Some(0), "{}", err(&undone));
        let says = format!("step three: exit code 1, expected 0; rolled back: {back}\n");
        assert!(err(&undone).ends_with(&says), "{}", err(&undone));
        assert_eq!(status(), "failed");
    }
    assert_eq!(did(&home), "1\n2\nu2\nu1\n");
}

#[test]
fn where_nothing_was_done_there_is_nothing_to_undo_and_no_value_is_asked_for() {
    let home = Home::new();
    page(
        &home,
        "```sh\nfalse\n```\n\n```sh {name=change rollback=un}\necho <who>\n```\n\n```sh {name=un kind=rollback}\necho undo <whose>\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes", "--set", "who=x"]);
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    let undone = qd(&home, &["run", "--resume", "last", "--only", "un", "--yes"]);
    let says = "nothing to undo by step un: change was done nowhere";
    assert!(err(&undone).contains(says), "{}", err(&undone));
    assert_eq!((undone.status.code(), out(&undone)), (Some(0), String::new()));
}

#[test]
fn an_undo_has_the_value_that_its_step_had_whatever_a_check_found_later() {
    let home = Home::new();
    page(
        &home,
        "```sh {name=look capture=SIZE}\ncat size\n```\n\n```sh {name=change rollback=un}\necho $SIZE > was; echo 9 > size\n```\n\n```sh {name=see capture=SIZE}\ncat size\n```\n\n```sh {name=stop}\ntest -e go\n```\n\n```sh {name=un kind=rollback}\necho \"back to $SIZE\"\n```\n",
    );
    std::fs::write(home.path().join("size"), "3\n").unwrap();
    assert_eq!(qd(&home, &["run", "page.md", "--yes"]).status.code(), Some(1));
    let undone = qd(&home, &["run", "--resume", "last", "--only", "un", "--yes"]);
    assert_eq!(out(&undone), "back to 3\n", "{}", err(&undone));
}

#[test]
fn a_run_that_was_done_and_undone_is_listed_as_undone() {
    let home = Home::new();
    page(&home, &PAGE.replace("false", "true"));
    assert_eq!(qd(&home, &["run", "page.md", "--yes"]).status.code(), Some(0));
    let status = || home.json(&["runbooks", "runs"])["runs"][0]["status"].clone();
    assert_eq!(status(), "done");
    assert!(
        out(&qd(&home, &["runs"])).contains("3/3"),
        "{}",
        out(&qd(&home, &["runs"]))
    );
    for (only, word) in [("un-two", "partly undone"), ("un-one", "undone")] {
        let undone = qd(&home, &["run", "--resume", "last", "--only", only, "--yes"]);
        assert_eq!(
            (undone.status.code(), status()),
            (Some(0), word.into()),
            "{}",
            err(&undone)
        );
    }
    let undo = ["runbooks", "run", "--resume", "last", "--undo", "--yes"];
    let mut terminal = Terminal::start(home.console(&undo), 100, 30);
    terminal.wait_for("all of it is undone already");
    assert_eq!(terminal.wait_code(), 0);
}

#[test]
fn what_undoes_a_step_by_its_capture_wants_the_run_that_did_it_before_it_wants_a_value() {
    let home = Home::new();
    page(
        &home,
        "```sh {name=change capture=SNAP rollback=un}\necho s-1\n```\n\n```sh {name=un kind=rollback}\necho \"back to $SNAP\"\n```\n",
    );
    let alone = qd(&home, &["run", "page.md", "--only", "un", "--yes"]);
    assert_eq!(alone.status.code(), Some(2), "{}", err(&alone));
    assert!(
        err(&alone).contains("there is nothing to undo: step un wants SNAP"),
        "{}",
        err(&alone)
    );
    let given = qd(
        &home,
        &["run", "page.md", "--only", "un", "--yes", "--set", "SNAP=s-2"],
    );
    assert_eq!(out(&given), "back to s-2\n", "{}", err(&given));
}

/// Answers of one person: a key that comes sooner is taken for one that is held down.
pub(super) fn answer(terminal: &mut Terminal, keys: &str, text: &str) {
    std::thread::sleep(std::time::Duration::from_millis(350));
    terminal.expect(keys, text);
}

#[test]
fn in_the_console_a_run_begins_where_the_cursor_is_and_is_undone_by_a_key() {
    let home = Home::new();
    let library = home.path().join("library");
    std::fs::create_dir_all(&library).unwrap();
    let page = format!("# Undoable\n\n```sh {{name=zero}}\necho 0 >> did\n```\n\n{PAGE}");
    std::fs::write(library.join("undoable.md"), page).unwrap();
    let config = home.path().join("config/quarterdeck/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    let text = format!("[runbooks]\npaths = [{:?}]\n", library.display().to_string());
    std::fs::write(config, text).unwrap();
    let sim = Sim::start(&home, &shop(), &[]);
    let mut terminal = Terminal::start(sim.console(&home, &[]), 120, 30);
    terminal.wait_for("us-east-1");
    terminal.expect("6", "Undoable");
    terminal.expect("/Undoable<enter><enter>", "echo 0 >> did");
    terminal.expect("<tab><tab>R", "Run Undoable on local?");
    terminal.expect("b", "begin at  2 one");
    answer(&mut terminal, "y", "Run “one” on local?");
    answer(&mut terminal, "<enter>", "enter alone is no yes");
    answer(&mut terminal, "y", "Run “two” on local?");
    answer(&mut terminal, "y", "It failed: exit code 1");
    answer(&mut terminal, "s", "the runbook is done");
    let did = || std::fs::read_to_string(library.join("did")).unwrap();
    assert_eq!(did(), "1\n2\n");
    answer(&mut terminal, "u", "Undo step two?");
    answer(&mut terminal, "y", "Run “un-two” on local?");
    answer(&mut terminal, "y", "Undo step one?");
    answer(&mut terminal, "s", "Undoable local undone: un-two");
    assert_eq!(did(), "1\n2\nu2\n");
}
