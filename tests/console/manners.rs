//! Manners of the console: help, palette, prompt, themes, mouse, sizes, colour, silence.

use super::pty::{Terminal, home::Home};
use super::{demo, fleet, shell};

#[test]
fn help_palette_and_prompt_know_the_command_table() {
    let home = Home::new();
    let mut terminal = demo(&home, &[]);
    terminal.wait_for("Needs an eye");
    terminal.expect("?", "Help: Home");
    terminal.wait_for("app.palette");
    terminal.type_keys("<esc>");
    terminal.wait_gone("Help: Home");
    terminal.expect("<C-p>", "type a few letters");
    terminal.expect("runboo", "go.runbooks");
    terminal.expect("<enter>", "Runbooks  56");
    // A command that wants an argument goes on at the prompt.
    terminal.expect("<C-p>", "type a few letters");
    terminal.expect("app.theme", "change the colours");
    terminal.expect("<enter>", ": app.theme");
    terminal.type_keys("<esc>");
    terminal.wait_gone(": app.theme");
    terminal.expect(":nonsense<enter>", "no command is named nonsense");
    terminal.expect(":fleet<enter>", "did you mean go.fleet");
    terminal.expect(":go.cots<enter>", "did you mean go.costs");
    terminal.expect(":app.theme nope<enter>", "no theme is called \"nope\"");
    terminal.expect("!", "Notices");
    terminal.wait_for("no command is named nonsense");
    terminal.type_keys("<esc>");
    terminal.wait_gone("Notices");
    // A sequence that is not complete shows how it may go on.
    terminal.expect("g", "the audit log");
    terminal.expect("f", "INSTANCE");
}

#[test]
fn what_is_shown_is_written_as_a_picture_and_never_over_another() {
    let home = Home::new();
    let mut terminal = demo(&home, &[]);
    terminal.wait_for("Needs an eye");
    terminal.expect(":screen.picture shot.svg<enter>", "shot.svg");
    terminal.wait_for("written to");
    let svg = std::fs::read_to_string(home.path().join("shot.svg")).unwrap();
    assert!(svg.contains("Needs an eye") && svg.contains("Fleet"), "{svg}");
    terminal.expect(":screen.picture shot.svg<enter>", "was not written");
    terminal.expect("P", "qd-home-");
    terminal.wait_for("Z.png");
    let png = std::fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "png"));
    assert!(std::fs::read(png.unwrap()).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn keys_that_come_faster_than_the_screen_are_each_understood() {
    let home = Home::new();
    let mut terminal = demo(&home, &[]);
    terminal.wait_for("Needs an eye");
    // In one write: escape and what follows reach the program as one key with Alt.
    terminal.send(b"!\x1b?\x1bq");
    assert_eq!(terminal.wait_code(), 0);
}

#[test]
fn the_ansi_theme_uses_the_sixteen_colours_only() {
    let home = Home::new();
    let mut terminal = fleet(&home);
    assert!(
        super::pty::contains(&terminal.raw, b"38;2;"),
        "true colour is what a theme has otherwise"
    );
    terminal.expect(":app.theme ansi", ": app.theme ansi");
    terminal.type_keys("<enter>");
    terminal.wait_gone(": app.theme");
    // What the prompt was painted in is behind us; everything is painted anew.
    let typed = terminal.raw.len();
    terminal.type_keys("<C-l>");
    terminal.wait_until("a new frame", |screen, raw| {
        raw.len() > typed + 2_000 && screen.text().contains("ad-dc-01")
    });
    let after = colours(&terminal.raw[typed..]);
    let sixteen = |sequence: &String| {
        let numbers: Vec<u16> = sequence
            .split(';')
            .filter_map(|number| number.parse().ok())
            .collect();
        let rich = |each: &[u16]| matches!(each, [38 | 48, 2, _] | [38 | 48, 5, 16..=255]);
        !numbers.windows(3).any(rich)
    };
    assert!(!after.is_empty() && after.iter().all(sixteen), "{after:?}");
}

#[test]
fn the_mouse_picks_a_tab_and_a_row() {
    let home = Home::new();
    let mut terminal = fleet(&home);
    terminal.click("checkout-api-03");
    terminal.wait_for("▌checkout-api-03");
    terminal.click("6 Runbooks");
    terminal.wait_for("Runbooks  56");
    terminal.click("2 Fleet");
    terminal.wait_for("▌checkout-api-03");
    terminal.send(b"\x1b[<65;20;10M");
    terminal.wait_gone("▌checkout-api-03");
    // A title sorts by its column.
    terminal.click("REGION");
    terminal.wait_for("REGION ↑");
}

#[test]
fn any_size_is_painted_in_every_room_and_the_remote_learns_it() {
    let home = Home::new();
    let mut terminal = shell(&home);
    terminal.expect("<C-g>", "gives the keys to the remote");
    let rooms = [
        ("1", "Needs an eye"),
        ("2", "INSTANCE"),
        ("4", "Recordings  "),
        ("5", "month · cap"),
        ("6", "Runbooks  56"),
        ("8", "Runs  0"),
        ("7", "Audit  "),
        ("?", "Help: Audit"),
        ("q", "Audit  "),
        ("<C-p>", "type a few letters"),
        ("go.sessions<enter>", " connected"),
    ];
    for (keys, text) in rooms {
        terminal.expect(keys, text);
        for (cols, rows) in [(200, 60), (60, 15), (20, 5), (1, 1), (3, 2), (140, 40)] {
            let before = terminal.raw.len();
            terminal.resize(cols, rows);
            terminal.wait_until("a frame after a resize", |_, raw| raw.len() > before);
        }
        terminal.wait_for(text);
    }
    terminal.wait_for(" connected");
    terminal.resize(100, 30);
    terminal.wait_for("2 Fleet");
    terminal.type_keys("<enter>");
    terminal.wait_for("takes the keys back");
    // The tab bar, the tabs, the state and the status line are ours.
    terminal
        .type_keys("until [ \"$(stty size)\" = '26 100' ]; do sleep 0.1; done; echo fits-$((3*3))<enter>");
    terminal.wait_for("fits-9");
}

#[test]
fn the_demo_leaves_nothing_behind() {
    let home = Home::new();
    let mut terminal = Terminal::start(home.untold(&["demo"]), 140, 40);
    terminal.wait_for("Needs an eye");
    terminal.type_keys("q");
    assert_eq!(terminal.wait_code(), 0);
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn no_color_means_no_colour_at_all() {
    let home = Home::new();
    let mut terminal = Terminal::start(home.console(&["demo"]).env("NO_COLOR", "1"), 140, 40);
    terminal.wait_for("Needs an eye");
    terminal.expect("2", "● online");
    terminal.expect("5", "month · cap");
    terminal.expect("6", "Runbooks  56");
    terminal.expect("2", "● online");
    super::open_staging(&mut terminal);
    terminal.type_keys(r"printf '\033[31mred-%s\033[0m\n' $((6*6))<enter>");
    terminal.wait_for("red-36");
    let coloured = colours(&terminal.raw);
    assert!(coloured.is_empty(), "{coloured:?}");
}

/// Colour parameters of every SGR sequence; 39 and 49 go back to the terminal's own.
fn colours(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':')?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    let is_colour = |number: u16| matches!(number, 30..=38 | 40..=48 | 58 | 90..=107);
    sequences
        .filter(|sequence| {
            sequence
                .split([';', ':'])
                .any(|number| number.parse().is_ok_and(is_colour))
        })
        .collect()
}

#[test]
fn a_key_that_comes_with_a_new_size_is_not_kept_waiting() {
    let home = Home::new();
    let mut terminal = demo(&home, &[]);
    terminal.wait_for("Needs an eye");
    let rooms = [
        ("2", "ENV"),
        ("7", "OUTCOME"),
        ("4", "STARTED"),
        ("1", "Needs an eye"),
    ];
    for (round, (key, text)) in rooms.iter().cycle().take(40).enumerate() {
        let cols = if round % 2 == 0 { 120 } else { 140 };
        terminal.resize(cols, 40);
        terminal.expect(key, text);
    }
}

#[test]
fn an_idle_console_writes_nothing() {
    let home = Home::new();
    let mut terminal = fleet(&home);
    terminal.wait_silence(std::time::Duration::from_millis(1_500));
    terminal.expect("5", "month · cap");
    terminal.wait_silence(std::time::Duration::from_millis(1_500));
}
