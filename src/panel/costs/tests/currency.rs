//! A bill in two currencies: one at a time, and a key to the next.

use super::*;
use crate::cost::Amount;

/// Beside the dollars 40 euros of storage this month, 30 in the last.
fn mixed(model: &Model) -> Report {
    let mut cells = cells();
    let currency = cells.currencies.len();
    cells.currencies.push("EUR".into());
    let name = cells.names.iter().position(|name| name == "AmazonS3").unwrap();
    for (month, cost) in [(10, 30), (11, 40)] {
        let mut cell = cells.rows[0];
        (cell.currency, cell.name) = (currency, name);
        (cell.day, cell.cost) = (jiff::civil::date(2026, month, 9), Amount::whole(cost));
        cells.rows.push(cell);
    }
    let of = report(model);
    Report::of(&cells, model.costs.query.clone(), of.origin, of.today)
}

#[test]
fn a_key_goes_round_the_currencies_of_the_bill_and_the_chips_say_which_is_shown() {
    let mut model = model();
    press(&mut model, "5");
    assert_eq!(press(&mut model, "$"), [], "there is one alone");
    assert_eq!(model.notices.last().unwrap().says, "all of it is in USD");
    let both = mixed(&model);
    update(&mut model, Msg::CostsArrived(Box::new(both)));
    assert!(
        text(&model, 100, 24).contains("+support  USD"),
        "{}",
        text(&model, 100, 24)
    );
    let effects = press(&mut model, "$");
    assert_eq!(asked(&effects).currency.as_deref(), Some("EUR"));
    let euros = mixed(&model);
    assert_eq!((euros.rows.len(), euros.total()), (1, Amount::whole(40)));
    update(&mut model, Msg::CostsArrived(Box::new(euros)));
    let shown = text(&model, 100, 24);
    for wanted in ["40.00 EUR", "and $110", "+support  EUR", "▲ 10.00"] {
        assert!(shown.contains(wanted), "{wanted} in\n{shown}");
    }
    let effects = press(&mut model, "$");
    assert_eq!(asked(&effects).currency.as_deref(), Some("USD"));
}
