//! What was recorded is listed, verified and played.

use super::pty::Terminal;
use super::pty::home::Home;
use super::shell;

/// Ends the shell's session; its recording is under the cursor.
fn seal(terminal: &mut Terminal) {
    terminal.type_keys("<C-g>");
    terminal.wait_for("gives the keys to the remote");
    terminal.expect("x", "End the session on");
    terminal.expect("y", "○ ");
    // The status line speaks of a sealed recording too: the row is wanted.
    terminal.expect("4", "Recordings  1");
}

#[test]
fn a_recording_is_verified_and_played_with_seeking_speed_and_search() {
    let home = Home::new();
    let mut terminal = shell(&home);
    seal(&mut terminal);
    terminal.expect("v", "✓ verified");
    terminal.expect("<enter>", "idle cut");
    // Played or skipped to its end, the recording shows what the session showed.
    terminal.expect(":player.percent 100<enter>", "ready-42");
    terminal.type_keys("0");
    terminal.wait_gone("ready-42");
    terminal.type_keys("<space>");
    terminal.wait_for("⏸");
    terminal.expect("]", "2×");
    terminal.expect("]]]]]]", "32×");
    terminal.expect("[[[[[[[[[", "0.25×");
    terminal.type_keys("i");
    terminal.wait_gone("idle cut");
    terminal.expect("/", "words");
    // Two where the echo and the answer came apart.
    terminal.expect("ready<enter>", "▲ 1 of ");
    terminal.expect("n", "ready");
    terminal.expect(":player.percent 101<enter>", "101 is not a number from 0 to 100");
    terminal.expect(":player.seek soon<enter>", "soon is not a time like 90");
    terminal.expect(":player.seek 0<enter>", " 00:00 / ");
    terminal.wait_gone("ready-42");
    terminal.type_keys("<esc>");
    terminal.wait_for("✓ verified");
    terminal.expect(":recording.export gif<enter>", "no format is named gif");
    terminal.expect(":recording.export text<enter>", ".txt");
    let kinds: Vec<String> = home
        .audit()
        .iter()
        .filter_map(|event| event["event"].as_str().map(str::to_owned))
        .collect();
    assert!(
        kinds.iter().any(|kind| kind == "session.recording.access"),
        "{kinds:?}"
    );
}

#[test]
fn secrets_are_covered_until_s_shows_what_was_recorded() {
    let home = Home::new();
    let mut terminal = shell(&home);
    // Put together by the remote, so that what was typed is no secret.
    terminal.expect(
        "printf 'key AKIA%s end\\n' IOSFODNN7EXAMPL2<enter>",
        "key AKIAIOSFODNN7EXAMPL2 end",
    );
    seal(&mut terminal);
    terminal.expect("<enter>", "secrets covered");
    terminal.expect(":player.percent 100<enter>", "key AKIA[redacted");
    assert!(
        !terminal.text().contains("AKIAIOSFODNN7EXAMPL2"),
        "{}",
        terminal.text()
    );
    terminal.expect("s", "as recorded");
    terminal.wait_for("key AKIAIOSFODNN7EXAMPL2 end");
    terminal.expect("s", "secrets covered");
    terminal.wait_gone("AKIAIOSFODNN7EXAMPL2");
}

#[test]
fn a_secret_that_the_screen_put_together_is_covered_there() {
    let home = Home::new();
    let mut terminal = shell(&home);
    terminal.expect(
        "printf '\\033[2J\\033[Hkey: AKIA____________MPL2\\033[1;10HIOSFODNN7EXA\\033[3;1Hdone-%d ' 42<enter>",
        "done-42",
    );
    terminal.wait_for("key: AKIAIOSFODNN7EXAMPL2");
    seal(&mut terminal);
    terminal.expect("<enter>", "secrets covered");
    terminal.expect(":player.percent 100<enter>", "key: AKIA[redacted");
    terminal.wait_gone("IOSFODNN7EXA");
    terminal.expect("s", "as recorded");
    terminal.wait_for("key: AKIAIOSFODNN7EXAMPL2");
}
