//! What burns, from the first screen to its runbook.

use super::demo;
use super::pty::Terminal;
use super::pty::cloud::Sim;
use super::pty::home::Home;

#[test]
fn what_burns_stands_first_and_leads_to_its_runbook_and_to_all_alarms() {
    let home = Home::new();
    let mut terminal = demo(&home, &[]);
    terminal.wait_for("Burning");
    terminal.wait_for("payments-alb-5xx");
    terminal.expect("a", "What is known of it");
    terminal.expect("/payments-alb-5xx<enter>", "/payments-alb-5xx");
    terminal.wait_for("runbook ");
    terminal.expect("h", "it burned");
    terminal.type_keys("<esc>");
    terminal.wait_gone("it burned");
    terminal.type_keys("<enter>");
    terminal.wait_gone("What is known of it");
    terminal.wait_for("payments-5xx.md");
}

#[test]
fn a_region_without_permission_is_one_line_that_names_the_action() {
    let home = Home::new();
    let sim = Sim::start(
        &home,
        super::fleet::TWO_REGIONS,
        &["--faults", "fail.eu-west-1=denied"],
    );
    let both = ["--region", "us-east-1", "--region", "eu-west-1"];
    let mut terminal = Terminal::start(sim.console(&home, &both), 200, 40);
    terminal.wait_for("cloudwatch:DescribeAlarms");
    terminal.wait_for("checkout-03-status-check");
}
