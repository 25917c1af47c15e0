//! Sessions in the console: opened with a reason, typed into, left, ended.

use super::fleet::TWO_REGIONS;
use super::pty::Terminal;
use super::pty::cloud::Sim;
use super::pty::home::Home;
use super::{demo, fleet, open_staging, shell};

#[test]
fn production_wants_a_reason_which_is_recorded_with_the_session() {
    let home = Home::new();
    let mut terminal = fleet(&home);
    terminal.expect("/", "tag.team:pay");
    terminal.expect(
        "tag.env:prod ping:online state:running<enter>",
        "enter open shell",
    );
    terminal.expect("<enter>", "why a session on ");
    terminal.expect("<enter>", "a reason is wanted");
    terminal.expect("INC-7 look<enter>", "connected");
    terminal.wait_for(" prod ");
    terminal.expect("echo here-$((40+2))<enter>", "here-42");
    // Leaving asks about the open session; no is no.
    terminal.expect("<C-g>", "gives the keys to the remote");
    terminal.expect("q", "1 session is open");
    terminal.type_keys("n");
    terminal.wait_gone("1 session is open");
    terminal.expect("q", "1 session is open");
    terminal.type_keys("y");
    assert_eq!(terminal.wait_code(), 0);
    let rows = home.recordings();
    assert_eq!(
        (rows.len(), &rows[0]["reason"], &rows[0]["state"]),
        (1, &"INC-7 look".into(), &"sealed".into())
    );
    assert_eq!(
        home.json(&["recordings", "verify", rows[0]["id"].as_str().unwrap()])["ok"],
        true
    );
}

#[test]
fn sessions_are_tabs_that_end_after_a_question_and_are_recorded() {
    let home = Home::new();
    let mut terminal = shell(&home);
    terminal.expect("<C-g>", "gives the keys to the remote");
    terminal.expect("2", "enter open shell");
    terminal.type_keys("j");
    terminal.expect("<enter>", "3 Sessions 2");
    terminal.wait_for("takes the keys back");
    terminal.expect("echo second-$((1+1))<enter>", "second-2");
    assert!(!terminal.text().contains("ready-42"), "{}", terminal.text());
    terminal.expect("<C-g>", "gives the keys to the remote");
    terminal.expect("<tab>", "ready-42");
    // Full screen and back; the pane alone has no tab bar.
    terminal.type_keys("z");
    terminal.wait_gone("2 Fleet");
    terminal.expect("z", "2 Fleet");
    // Enter is no answer where something ends.
    terminal.expect("x", "End the session on");
    terminal.expect("<enter>", "End the session on");
    terminal.type_keys("n");
    terminal.wait_gone("End the session on");
    terminal.expect("x", "End the session on");
    terminal.expect("y", "its recording is sealed");
    terminal.wait_for("3 Sessions 1");
    terminal.type_keys("x");
    terminal.wait_for("second-2");
    // The remote's own end closes nothing without being said.
    terminal.expect("i", "takes the keys back");
    terminal.expect("exit<enter>", "the shell ended");
    terminal.expect("4", "Recordings  2");
    terminal.wait_until("two sealed recordings", |screen, _| {
        screen.text().matches(" sealed  ").count() == 2
    });
}

#[test]
fn scrollback_is_walked_with_the_keys_taken_back() {
    let home = Home::new();
    let mut terminal = shell(&home);
    // The numbers alone would be found in the command as it is typed.
    terminal.expect("seq 1 200; echo last-$((7*7))<enter>", "last-49");
    terminal.expect("<C-g>", "gives the keys to the remote");
    terminal.expect("<C-u><C-u><C-u>", "88");
    terminal.wait_gone("200");
    terminal.expect("G", "200");
    // Typing again shows the live end.
    terminal.expect("<C-u><C-u><C-u>", "88");
    terminal.type_keys("i");
    terminal.expect("echo live-$((5*5))<enter>", "live-25");
}

#[test]
fn read_only_mode_opens_no_session() {
    let home = Home::new();
    let mut terminal = demo(&home, &["--read-only"]);
    terminal.wait_for("read-only");
    terminal.expect("2", "● online");
    terminal.expect("<enter>", "not possible in read-only mode");
    terminal.expect(":session.open<enter>", "not possible in read-only mode");
    terminal.type_keys("q");
    assert_eq!(terminal.wait_code(), 0);
    assert!(home.recordings().is_empty());
}

#[test]
fn hostile_output_stays_inside_its_pane() {
    let home = Home::new();
    let mut terminal = shell(&home);
    terminal.type_keys(r"printf '\033]0;stolen\007\033]52;c;c3RvbGVu\007\033P1;2|x\033\\\033[?1049l\033c'; echo after-$((3*3))<enter>");
    terminal.wait_for("after-9");
    terminal.wait_for("3 Sessions 1");
    let raw = terminal.raw.clone();
    for bytes in [
        &b"\x1b]0;stolen"[..],
        b"\x1b]52;",
        b"\x1bP1;2|",
        b"\x1b[?1049l",
        b"\x1bc",
    ] {
        assert!(
            !super::pty::contains(&raw, bytes),
            "{:?} reached the terminal",
            String::from_utf8_lossy(bytes)
        );
    }
    assert_eq!(terminal.screen.title(), "");
}

#[test]
fn a_second_session_may_be_opened_on_the_same_machine() {
    let home = Home::new();
    let mut terminal = shell(&home);
    terminal.expect("<C-g>", "gives the keys to the remote");
    terminal.expect("2", "enter open shell");
    terminal.type_keys("<C-x>");
    open_staging(&mut terminal);
    terminal.wait_for("3 Sessions 2");
}

#[test]
fn the_demos_shell_is_isolated_or_says_that_it_is_not() {
    let home = Home::new();
    let mut terminal = shell(&home);
    terminal.type_keys("[ -w /etc ] && echo open-$((1+1)) || echo kept-$((1+1))<enter>");
    terminal.wait_until("an answer", |screen, _| {
        let text = screen.text();
        text.contains("kept-2") || text.contains("open-2")
    });
    let text = terminal.text();
    assert!(
        text.contains("kept-2") || text.contains("This is a shell on this very machine"),
        "{text}"
    );
}

#[test]
fn keys_are_taken_back_from_a_remote_that_hangs_and_its_session_is_ended() {
    let home = Home::new();
    let sim = Sim::start(
        &home,
        TWO_REGIONS,
        &["--faults", "channel.stall=2s,channel.no_resume=1"],
    );
    let mut terminal = Terminal::start(sim.console(&home, &["--region", "us-east-1"]), 140, 30);
    terminal.expect("2", "checkout-01");
    terminal.expect("<enter>", "takes the keys back");
    terminal.expect("sleep 1000<enter>", "sleep 1000");
    terminal.expect("<C-g>", "gives the keys to the remote");
    terminal.expect("x", "End the session on");
    terminal.expect("y", "its recording is sealed");
    terminal.type_keys("q");
    assert_eq!(terminal.wait_code(), 0);
    assert_eq!(home.recordings()[0]["state"], "sealed");
}
