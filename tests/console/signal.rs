//! Signals: every way out ends the sessions, seals their recordings and gives the terminal back.

use nix::sys::signal::Signal;

use super::pty::{contains, home::Home};
use super::shell;

fn ends_tidily_on(signal: Signal) {
    let home = Home::new();
    let mut terminal = shell(&home);
    terminal.signal(signal);
    assert_eq!(terminal.wait_code(), 0, "{signal}");
    for bytes in [&b"\x1b[?1049l"[..], b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[?1000l"] {
        assert!(
            contains(&terminal.raw, bytes),
            "{signal}: {:?}",
            String::from_utf8_lossy(bytes)
        );
    }
    let rows = home.recordings();
    assert_eq!((rows.len(), &rows[0]["state"]), (1, &"sealed".into()), "{signal}");
    assert_eq!(
        std::fs::read_dir(home.data_dir().join("sessions")).map_or(0, Iterator::count),
        0,
        "{signal}"
    );
    let ends = home
        .audit()
        .iter()
        .filter(|event| event["event"] == "session.end")
        .count();
    assert_eq!(ends, 1, "{signal}");
}

#[test]
fn termination_ends_the_sessions_and_restores_the_terminal() {
    ends_tidily_on(Signal::SIGTERM);
}

#[test]
fn a_hangup_ends_the_sessions_and_restores_the_terminal() {
    ends_tidily_on(Signal::SIGHUP);
}
