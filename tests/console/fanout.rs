//! Runs in the console: instances marked, a command confirmed, both results seen; left while it runs, it is cancelled.

use super::fleet;
use super::pty::Terminal;
use super::pty::home::Home;

/// Staging machines that answer, one command typed on the first two of them.
fn run_on_two(home: &Home, command: &str) -> Terminal {
    let mut terminal = fleet(home);
    terminal.type_keys("/");
    terminal.expect(
        "stg-checkout ping:online state:running",
        "/stg-checkout ping:online state:running",
    );
    terminal.type_keys("<enter>");
    terminal.expect("mm", "● 2 marked");
    terminal.expect("<C-x>c", "run on 2 instances:");
    terminal.type_keys(command);
    terminal.expect("<enter>", "Run it?");
    terminal.wait_for("on 2 instances, 1 region, 1 account");
    terminal.type_keys("<enter>");
    terminal.wait_for("LAST LINE");
    terminal
}

#[test]
fn a_command_on_two_marked_instances_shows_both_results_and_is_on_record() {
    let home = Home::new();
    let mut terminal = run_on_two(&home, "hostname; echo cpu-$((6*7)); exit $(( $$ % 1 ))");
    // Over, and sealed: from here on leaving asks nothing.
    terminal.wait_for("succeeded  2 of 2");
    terminal.wait_until("both results", |screen, _| {
        screen.text().matches("cpu-42").count() == 2
    });
    terminal.expect("<enter>", "standard output, 2 lines");
    terminal.wait_for("exit 0");
    terminal.expect("/cpu", "/cpu 1 of 1");
    // Out again, to the list of runs.
    terminal.expect("<enter><esc>", "LAST LINE");
    terminal.expect("<esc>", "Runs  1");
    terminal.type_keys("q");
    assert_eq!(terminal.wait_code(), 0);
    let rows = home.recordings();
    assert_eq!(
        (rows.len(), &rows[0]["target"], &rows[0]["state"]),
        (1, &"2 instances".into(), &"sealed".into())
    );
    let events: Vec<_> = home
        .audit()
        .into_iter()
        .filter(|event| event.to_string().contains("cpu-"))
        .collect();
    assert_eq!(events.len(), 2, "{events:?}");
}

#[test]
fn leaving_a_run_that_goes_on_asks_and_cancels_it() {
    let home = Home::new();
    let mut terminal = run_on_two(&home, "sleep 600");
    terminal.wait_for("● 2 running");
    terminal.wait_for("8 Runs 1");
    terminal.expect("q", "1 run is going");
    terminal.type_keys("n");
    terminal.wait_gone("1 run is going");
    terminal.expect("q", "1 run is going");
    terminal.type_keys("y");
    assert_eq!(terminal.wait_code(), 0);
    assert_eq!(home.recordings()[0]["state"], "sealed");
    let end = home.audit().pop().unwrap();
    assert!(end.to_string().contains("cancelled"), "{end}");
}

#[test]
fn a_failure_is_cancelled_looked_into_and_run_again() {
    let home = Home::new();
    let mut terminal = run_on_two(&home, "sleep 600");
    terminal.wait_for("● 2 running");
    terminal.expect("x", "wherever it has not ended?");
    terminal.type_keys("y");
    terminal.wait_for("■ 2 cancelled");
    terminal.expect("R", "Run it?");
    terminal.expect("e", "run on 2 instances: sleep 600");
    terminal.type_keys("<C-u>echo out-$((6*7)); echo err-$((5*5)) >&2; exit 3<enter>");
    terminal.wait_for("$ echo out-");
    terminal.type_keys("<enter>");
    terminal.wait_for("✗ 2 failed");
    terminal.wait_for("err-25");
    terminal.expect("<enter>", "standard error, 1 line");
    terminal.wait_for("out-42");
    terminal.expect("s", "connected");
}
