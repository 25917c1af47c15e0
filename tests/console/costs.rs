//! The costs panel on the demo's fourteen months.

use super::demo;
use super::pty::home::Home;

#[test]
fn costs_are_one_sentence_and_are_looked_into_and_out_of() {
    let home = Home::new();
    let mut terminal = demo(&home, &[]);
    terminal.wait_for("Needs an eye");
    terminal.expect("5", "will end at about");
    terminal.wait_for("LAST ");
    terminal.wait_for("by service");
    terminal.wait_for("+tax +credit +refund +support");
    terminal.wait_for("CE ");
    let total = total(&terminal.text());
    // Inside a service: its usage types, whose price is asked before they are.
    terminal.expect("<enter>", "Asking takes");
    terminal.expect("y", "by usage type");
    terminal.wait_for("organisation ›");
    terminal.wait_until("a smaller total", |screen, _| {
        super::costs::total(&screen.text()) < total
    });
    terminal.expect("<backspace>", "by service");
    terminal.wait_until("the whole again", |screen, _| {
        super::costs::total(&screen.text()) == total
    });
    // What was asked for is here now.
    terminal.expect("<enter>", "by usage type");
    terminal.expect("<backspace>", "by service");
    // Accounts are the other half of what was asked for first.
    terminal.expect("<tab>", "613489207754");
    terminal.expect("m", "amortized");
    terminal.expect("d", "not finished");
    terminal.expect("c", "a weekday");
    terminal.expect("w", "Asking takes");
    terminal.type_keys("n");
    terminal.wait_gone("Asking takes");
    terminal.wait_for("together");
    // What costs money is asked about, and no is no.
    terminal.expect("R", "Cost Explorer charges $0.01");
    terminal.type_keys("n");
    terminal.wait_gone("Cost Explorer charges $0.01");
    // Any dimension is found by a few letters; what is not here says its price first.
    terminal.expect("ts", "split costs by");
    terminal.expect("operat<enter>", "Asking takes");
    terminal.expect("y", "by operation");
    terminal.expect("u", "Asking takes");
    terminal.expect("y", "stayed on demand");
    terminal.expect("a", "nothing is taken on yet");
    terminal.expect("1", "will end at about");
}

/// The first number after a dollar sign: that of the sentence.
fn total(text: &str) -> f64 {
    let number = text
        .split("  vs ")
        .next()
        .and_then(|text| text.split_once('$'))
        .and_then(|(_, rest)| rest.split_whitespace().next());
    number.map_or(f64::NAN, |number| {
        number.replace(',', "").parse().unwrap_or(f64::NAN)
    })
}
