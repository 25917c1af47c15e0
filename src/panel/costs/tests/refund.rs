//! A bill of refunds alone, and one that has some: every view shows them, and their sign.

use super::*;
use crate::cost::Amount;
use crate::cost::driver::{Driver, Kind, drivers};

/// The same bill with other costs.
fn billed(model: &mut Model, cost: impl Fn(usize, Amount) -> Amount) {
    let mut cells = cells();
    for (nth, cell) in cells.rows.iter_mut().enumerate() {
        cell.cost = cost(nth, cell.cost);
    }
    let of = report(model);
    let report = Report::of(&cells, Query::default(), of.origin, of.today);
    update(model, Msg::CostsArrived(Box::new(report)));
}

#[test]
fn refunds_alone_are_drawn_in_every_view() {
    let mut model = model();
    press(&mut model, "5e");
    billed(&mut model, |_, cost| -cost);
    for (width, height) in [(80, 24), (160, 45)] {
        let map = text(&model, width, height);
        for wanted in ["all of it is credits", "-$90.00 -80.0 %", "╱ -$15.00", "╱╱╱"] {
            assert!(map.contains(wanted), "{wanted} in\n{map}");
        }
        assert!(!map.contains("have no area"), "{map}");
        press(&mut model, "d");
        let days = text(&model, width, height);
        let zero = days.find(" 0.00 ").unwrap();
        assert!(days.rfind("-6.25 ").unwrap() > zero, "zero is above:\n{days}");
        assert!(
            days.contains("credits, below zero") && days.contains('█'),
            "{days}"
        );
        press(&mut model, "c");
        let calendar = text(&model, width, height);
        for wanted in ["-█", "-░ to -$", "more credits", "▒▒▒▒"] {
            assert!(calendar.contains(wanted), "{wanted} in\n{calendar}");
        }
        assert!(!calendar.contains("██"), "{calendar}");
        press(&mut model, "t");
        let table = text(&model, width, height);
        assert!(table.contains("-90.00"), "{table}");
        press(&mut model, "e");
    }
}

#[test]
fn a_refund_among_costs_is_drawn_beside_them() {
    let mut model = model();
    press(&mut model, "5e");
    billed(&mut model, |nth, cost| if nth == 4 { -cost } else { cost });
    let map = text(&model, 120, 30);
    assert!(
        map.contains("credits of -$15.00 have no area") && !map.contains('╱'),
        "{map}"
    );
    press(&mut model, "d");
    let days = text(&model, 120, 30);
    assert!(days.contains("credits, below zero"), "{days}");
    press(&mut model, "c");
    let calendar = text(&model, 120, 30);
    assert!(
        calendar.contains("██ more") && calendar.contains("-█ more credits"),
        "{calendar}"
    );
}

#[test]
fn an_amount_of_what_changed_is_never_cut() {
    let mut model = model();
    press(&mut model, "5w");
    let driver = |name: &str, before: i64| Driver {
        key: vec![name.to_owned()],
        kind: Kind::Changed,
        before: Amount::whole(before),
        after: Amount::whole(before + 200_200),
        usage: Amount::whole(168_000),
        rate: Amount::whole(42_000),
        fee: Amount::whole(-9_800),
        is_whole: true,
    };
    let mut all = drivers(&[], &[]);
    all.rows = vec![driver("AmazonEC2", 900_000), driver("AmazonS3", 300_000)];
    (all.before, all.after) = (Amount::whole(1_200_000), Amount::whole(1_600_400));
    [all.usage, all.rate, all.fee] = [168_000, 42_000, -9_800].map(|part| Amount::whole(2 * part));
    (model.costs.changes, model.costs.is_split) = (all, true);
    let shown = text(&model, 80, 24);
    let words = shown.split(|c: char| c.is_whitespace() || c == '│');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let joined = words.join(" ");
    for wanted in [
        "+400,400.00 together: usage +336,000.00, rate +84,000.00, other charges -19,600.00",
        "▸ AmazonEC2 usage +168,000.00, rate +42,000.00, other -9,800.00",
    ] {
        assert!(joined.contains(wanted), "{wanted} in\n{shown}");
    }
}
