//! A run is gone on with whose page is no longer there.

use super::*;

#[test]
fn a_run_whose_page_is_gone_goes_on_with_the_one_it_began_with() {
    let home = Home::new();
    let path = page(
        &home,
        "```sh\necho one\n```\n\n```sh\ntest -e go && echo two\n```\n",
    );
    assert_eq!(qd(&home, &["run", "page.md", "--yes"]).status.code(), Some(1));
    std::fs::remove_file(path).unwrap();
    std::fs::write(home.path().join("go"), "").unwrap();
    let refused = qd(&home, &["run", "--resume", "last"]);
    assert_eq!(refused.status.code(), Some(3), "{}", err(&refused));
    assert!(err(&refused).contains("page.md is gone"), "{}", err(&refused));
    let mut terminal = Terminal::start(home.console(&["runbooks", "run", "--resume", "last"]), 100, 30);
    terminal.wait_for("y goes on with the page as it was");
    terminal.send(b"a\r");
    assert_eq!(terminal.wait_code(), 1);
    let again = qd(&home, &["run", "--resume", "last", "--yes"]);
    assert_eq!(again.status.code(), Some(0), "{}", err(&again));
    assert_eq!(out(&again), "two\n");
    assert!(
        err(&again).contains("as it was when the run began"),
        "{}",
        err(&again)
    );
}
