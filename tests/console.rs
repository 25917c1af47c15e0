//! The console as a user meets it: the real binary under a pseudo-terminal, keys in, screens out. Each test is one
//! start and what can be tried in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

#[path = "console/alarm.rs"]
mod alarm;
#[path = "console/costs.rs"]
mod costs;
#[path = "console/fanout.rs"]
mod fanout;
#[path = "console/fleet.rs"]
mod fleet;
#[path = "console/forward.rs"]
mod forward;
#[path = "console/manners.rs"]
mod manners;
#[path = "console/replay.rs"]
mod replay;
#[path = "console/runbook.rs"]
mod runbook;
#[path = "console/shell.rs"]
mod shell;
#[path = "console/signal.rs"]
mod signal;

use pty::Terminal;
use pty::home::Home;

/// The demo at a size where every part has room.
fn demo(home: &Home, args: &[&str]) -> Terminal {
    let args: Vec<&str> = ["demo"].iter().chain(args).copied().collect();
    Terminal::start(home.console(&args), 140, 40)
}

/// The demo with every region's answer on the fleet panel.
fn fleet(home: &Home) -> Terminal {
    let mut terminal = demo(home, &[]);
    terminal.wait_for("Needs an eye");
    terminal.type_keys("2");
    terminal.wait_for("INSTANCE");
    terminal.wait_gone("asking every region");
    terminal
}

/// A shell on a staging machine, where policy wants no reason.
fn shell(home: &Home) -> Terminal {
    let mut terminal = fleet(home);
    open_staging(&mut terminal);
    terminal
}

/// Filters the fleet down to staging machines that answer and opens the first.
fn open_staging(terminal: &mut Terminal) {
    terminal.expect("/", "tag.team:pay");
    terminal.expect(
        "-tag.env:prod ping:online state:running",
        "/-tag.env:prod ping:online state:running",
    );
    terminal.type_keys("<enter>");
    terminal.wait_for("enter open shell");
    terminal.expect("<enter>", "connected");
    terminal.type_keys("echo ready-$((6*7))<enter>");
    terminal.wait_for("ready-42");
}
