//! A run that is gone on with after its rollbacks: what was undone is not done, and runs again in its order, asked about as
//! the first time.

use super::undo::answer;
use super::*;

/// A look, a change that can be undone, a look at it, a gate, and what is built on all of it.
const PAGE: &str = "# Drain\n\n```sh {name=before}\ntest -d .\n```\n\n```sh {name=drain rollback=undrain}\ntouch drained; echo drain >> did\n```\n\n```sh {name=see kind=check confirm=none}\nls drained; echo see >> did\n```\n\n```sh {name=undrain kind=rollback}\ntest ! -e stuck && rm -f drained && echo undrain >> did\n```\n\n```sh {name=gate}\ntest -e ok\n```\n\n```sh {name=restart}\ntest -e drained && echo restart >> did\n```\n";

fn did(home: &Home) -> Vec<String> {
    let did = std::fs::read_to_string(home.path().join("did")).unwrap();
    did.lines().map(str::to_owned).collect()
}

fn touch(home: &Home, name: &str) {
    std::fs::write(home.path().join(name), "").unwrap();
}

/// A run that failed at its gate, and whose change was then rolled back, or half.
fn rolled_back(home: &Home) {
    page(home, PAGE);
    assert_eq!(qd(home, &["run", "page.md", "--yes"]).status.code(), Some(1));
    let undone = qd(home, &["run", "--resume", "last", "--only", "undrain", "--yes"]);
    let stuck = home.path().join("stuck").exists();
    assert_eq!(undone.status.code(), Some(i32::from(stuck)), "{}", err(&undone));
    touch(home, "ok");
}

#[test]
fn what_was_undone_runs_again_before_what_is_built_on_it() {
    let home = Home::new();
    rolled_back(&home);
    assert_eq!(did(&home), ["drain", "see", "undrain"]);
    let listed = home.json(&["runbooks", "runs"]);
    let done = |nth: usize| listed["runs"][0]["steps"][nth]["done"].clone();
    assert_eq!((done(0), done(1)), (true.into(), false.into()), "{listed}");
    assert_eq!(listed["runs"][0]["steps"][1]["undone"], true, "{listed}");
    let table = out(&qd(&home, &["runs"]));
    assert!(
        table.contains("failed, rolled back") && table.contains("2/5"),
        "{table}"
    );
    let rest = qd(&home, &["run", "--resume", "last", "--yes"]);
    assert_eq!(rest.status.code(), Some(0), "{}", err(&rest));
    let told = err(&rest);
    assert!(told.contains("qd: drain was undone: it runs again"), "{told}");
    assert!(told.contains("every change of this run was undone"), "{told}");
    assert!(
        told.contains("see looked at what was undone, and runs again"),
        "{told}"
    );
    assert!(told.contains("= before on local stands from before"), "{told}");
    assert!(!told.contains("= drain"), "{told}");
    assert_eq!(did(&home), ["drain", "see", "undrain", "drain", "see", "restart"]);
    // By its journal too, which is whole: done, and to be undone once more.
    let (listed, verified) = (home.json(&["runbooks", "runs"]), qd(&home, &["runs", "verify"]));
    assert_eq!(listed["runs"][0]["status"], "done", "{listed}");
    assert_eq!(verified.status.code(), Some(0), "{}", err(&verified));
    let undone = qd(&home, &["run", "--resume", "last", "--only", "undrain", "--yes"]);
    assert_eq!(
        did(&home).last().map(String::as_str),
        Some("undrain"),
        "{}",
        err(&undone)
    );
}

#[test]
fn what_was_undone_is_confirmed_as_the_first_time() {
    let home = Home::new();
    rolled_back(&home);
    let alone = qd(&home, &["run", "--resume", "last"]);
    assert_eq!(alone.status.code(), Some(3), "{}", err(&alone));
    assert!(
        err(&alone).contains("step drain wants confirmation"),
        "{}",
        err(&alone)
    );
    let resume = ["runbooks", "run", "--resume", "last"];
    let mut terminal = Terminal::start(home.console(&resume), 120, 30);
    terminal.wait_for("drain was undone: it runs again");
    terminal.wait_for("? drain on local");
    terminal.send(b"a\r");
    assert_eq!(terminal.wait_code(), 1);
    assert_eq!(did(&home), ["drain", "see", "undrain"]);
}

#[test]
fn a_step_that_is_named_runs_on_what_was_undone_only_where_that_is_said() {
    let home = Home::new();
    rolled_back(&home);
    let named = qd(&home, &["run", "--resume", "last", "--from", "restart", "--yes"]);
    assert_eq!(named.status.code(), Some(1), "{}", err(&named));
    let says = "drain was undone, and is left out: what runs now goes without it";
    assert!(err(&named).contains(says), "{}", err(&named));
}

#[test]
fn how_a_step_stands_whose_rollback_failed_a_person_says() {
    for (how, ran) in [
        ("again", vec!["drain", "see", "drain", "see", "restart"]),
        ("done", vec!["drain", "see", "see", "restart"]),
    ] {
        let home = Home::new();
        touch(&home, "stuck");
        rolled_back(&home);
        let table = out(&qd(&home, &["runs"]));
        assert!(table.contains("failed, drain unknown"), "{table}");
        let refused = qd(&home, &["run", "--resume", "last", "--yes"]);
        assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
        let says = "step drain was done on local, and its rollback undrain did not go through there";
        assert!(err(&refused).contains(says), "{}", err(&refused));
        assert!(
            err(&refused).contains("--unknown done or --unknown again"),
            "{}",
            err(&refused)
        );
        // On a terminal `--yes` is no answer either.
        let resume = ["runbooks", "run", "--resume", "last", "--yes"];
        let mut terminal = Terminal::start(home.console(&resume), 120, 30);
        terminal.wait_for("did not go through there");
        terminal.send(b"a\r");
        terminal.wait_for("drain can be undone by undrain");
        terminal.send(b"n\r");
        assert_eq!(terminal.wait_code(), 1);
        let rest = qd(&home, &["run", "--resume", "last", "--yes", "--unknown", how]);
        assert_eq!(rest.status.code(), Some(0), "{}", err(&rest));
        assert_eq!(did(&home), ran, "{}", err(&rest));
    }
}

#[test]
fn a_rollback_that_failed_is_tried_again_without_a_word_on_what_it_undoes() {
    let home = Home::new();
    touch(&home, "stuck");
    rolled_back(&home);
    std::fs::remove_file(home.path().join("stuck")).unwrap();
    let undone = qd(&home, &["run", "--resume", "last", "--only", "undrain", "--yes"]);
    assert_eq!(undone.status.code(), Some(0), "{}", err(&undone));
    assert_eq!(did(&home), ["drain", "see", "undrain"]);
}

#[test]
fn in_the_console_what_was_undone_runs_again_with_the_same_words() {
    let home = Home::new();
    let library = home.path().join("library");
    std::fs::create_dir_all(&library).unwrap();
    std::fs::write(library.join("drain.md"), PAGE).unwrap();
    let config = home.path().join("config/quarterdeck/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    let text = format!("[runbooks]\npaths = [{:?}]\n", library.display().to_string());
    std::fs::write(config, text).unwrap();
    let sim = Sim::start(&home, &shop(), &[]);
    let mut terminal = Terminal::start(sim.console(&home, &[]), 120, 30);
    terminal.wait_for("us-east-1");
    terminal.expect("6", "Drain");
    terminal.expect("/Drain<enter><enter>", "touch drained");
    terminal.expect("R", "Run Drain on local?");
    answer(&mut terminal, "y", "Run “drain” on local?");
    answer(&mut terminal, "y", "It failed: exit code 1");
    answer(&mut terminal, "x", "Undo step drain?");
    answer(&mut terminal, "y", "Run “undrain” on local?");
    answer(&mut terminal, "y", "rolled back: undrain");
    std::fs::write(library.join("ok"), "").unwrap();
    answer(
        &mut terminal,
        ":runbook.resume<enter>",
        "drain was undone: it runs again",
    );
    terminal.wait_for("Run “drain” on local?");
    answer(&mut terminal, "y", "Run “restart” on local?");
    answer(&mut terminal, "y", "the runbook is done");
    let did = std::fs::read_to_string(library.join("did")).unwrap();
    assert_eq!(did, "drain\nsee\nundrain\ndrain\nsee\nrestart\n");
}
