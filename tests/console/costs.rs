//! The costs panel on the demo's fourteen months.

use super::demo;
use super::pty::home::Home;

#[test]
fn costs_show_the_month_and_the_meter_and_are_drilled_into_and_out_of() {
    let mut terminal = demo(&Home::new(), &[]);
    terminal.wait_for("Needs an eye");
    terminal.expect("5", "requests today");
    terminal.wait_for("the month will end at about");
    terminal.wait_for("LAST 30 DAYS");
    terminal.wait_for("by service");
    terminal.wait_for("this month $0.");
    let total = total(&terminal.text());
    // Inside a service: its usage types, which add up to no more than the whole.
    terminal.expect("<enter>", "by usage_type");
    terminal.wait_for("›");
    terminal.wait_for("USAGE_TYPE");
    terminal.wait_until("a smaller total", |screen, _| {
        super::costs::total(&screen.text()) < total
    });
    terminal.type_keys("<backspace>");
    terminal.wait_gone("›");
    terminal.wait_until("the whole again", |screen, _| {
        super::costs::total(&screen.text()) == total
    });
    terminal.expect("<tab>", "by account");
    terminal.wait_for("613489207754");
    terminal.expect("m", "amortized");
    // What costs money is asked about, and no is no.
    terminal.expect("R", "Cost Explorer charges $0.01");
    terminal.type_keys("n");
    terminal.wait_gone("Cost Explorer charges $0.01");
    terminal.expect("1", "the month will end at about");
}

/// The number after `total`.
fn total(text: &str) -> f64 {
    let number = text
        .split("  total ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next());
    number.map_or(f64::NAN, |number| number.replace(',', "").parse().unwrap())
}
