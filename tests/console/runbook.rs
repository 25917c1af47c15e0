//! From a runbook to the shell: searched, read, a command filled in, previewed, sent, and on the audit log.

use super::pty::home::Home;
use super::{demo, shell};

#[test]
fn a_command_of_a_runbook_is_filled_in_previewed_sent_and_audited() {
    let home = Home::new();
    let mut terminal = shell(&home);
    terminal.expect("<C-g>", "gives the keys to the remote");
    terminal.expect("6", "Runbooks  56");
    terminal.type_keys("/");
    terminal.expect("disk full", "/disk full");
    terminal.wait_for("▌Disk full");
    terminal.type_keys("<enter><enter>");
    terminal.wait_for("What is full");
    terminal.expect("s", "no command is selected");
    // A link of the page comes before its commands.
    terminal.type_keys("<tab><tab><tab>s");
    terminal.wait_for("path =");
    terminal.type_keys("/tmp/a b<enter>");
    terminal.wait_for("Send to ");
    terminal.wait_for("du -xh --max-depth=2");
    // A run would begin where the cursor is, or be only that step, or look only.
    terminal.type_keys("n");
    terminal.wait_gone("Send to ");
    terminal.expect("R", "begin at");
    terminal.expect("o", "only it   2 ");
    terminal.expect("c", "only steps that look");
    terminal.expect("vpath=/tmp<enter>", "path=/tmp");
    terminal.type_keys("<esc>");
    terminal.wait_gone("begin at");
    terminal.expect("s", "Send to ");
    // Left alone, nothing is sent; sent, it is on the screen of the session and on the audit log.
    terminal.type_keys("n");
    terminal.wait_gone("Send to ");
    terminal.expect("<s-tab>s", "Send to ");
    terminal.wait_for("df -hT");
    terminal.expect("y", "3 Sessions 1");
    terminal.wait_for("ready-42");
    terminal.wait_for("df -i /");
    terminal.expect("7", "runbook.step");
    terminal.expect("v", "unbroken");
    terminal.expect("/", "words");
    terminal.expect("runbook.step<enter>", "/runbook.step");
    terminal.wait_for("Audit  1 event ");
    let step = home
        .audit()
        .into_iter()
        .find(|event| event["event"] == "runbook.step")
        .unwrap();
    assert!(
        step.to_string().contains("disk-full") && step.to_string().contains("sha256"),
        "{step}"
    );
}

#[test]
fn without_a_session_a_command_goes_nowhere() {
    let home = Home::new();
    let mut terminal = demo(&home, &[]);
    terminal.wait_for("Needs an eye");
    terminal.expect("6", "Runbooks  56");
    terminal.type_keys("<tab>");
    terminal.expect("s", "no session is open");
}
