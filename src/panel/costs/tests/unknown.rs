//! Views of a time that nobody knows.

use super::*;
use crate::cost::driver::drivers;
use crate::cost::{Amount, Comparison};

#[test]
fn where_the_time_before_is_not_known_nothing_is_new() {
    let mut model = model();
    press(&mut model, "5");
    let mut report = report(&model);
    report.summary.known_before = 0;
    report.rows.iter_mut().for_each(|row| row.is_compared = false);
    update(&mut model, Msg::CostsArrived(Box::new(report)));
    for tab in [Tab::Table, Tab::Changes, Tab::Treemap] {
        model.costs.tab = tab;
        let shown = text(&model, 120, 30);
        assert!(shown.contains("nothing is known of"), "{shown}");
        assert!(!shown.contains(" new") && !shown.contains('▲'), "{shown}");
    }
}

/// In a currency of which no day of November is known, and every day of October.
fn ended(model: &Model) -> Report {
    let mut report = report(model);
    let summary = &mut report.summary;
    summary.currency = "EUR".into();
    (summary.known, summary.current, summary.change_percent) = (0, Amount::ZERO, None);
    for row in &mut report.rows {
        (row.cost, row.is_known, row.is_compared) = (Amount::ZERO, false, false);
    }
    for day in report.days.iter_mut().filter(|day| day.day.month() == 11) {
        day.parts = None;
    }
    report
}

#[test]
fn a_time_that_is_not_known_in_a_currency_is_nowhere_a_bill_of_nothing() {
    let mut model = model();
    press(&mut model, "5");
    let report = ended(&model);
    update(&mut model, Msg::CostsArrived(Box::new(report)));
    let mut of = |tab| {
        model.costs.tab = tab;
        text(&model, 120, 30)
    };
    let table = of(Tab::Table);
    assert!(table.contains("not known in EUR"), "{table}");
    assert!(table.contains(" – ") && !table.contains(" 0.00"), "{table}");
    let calendar = of(Tab::Calendar);
    assert!(calendar.contains("Nov 2026    not known"), "{calendar}");
    assert!(calendar.contains("Oct 2026      100 EUR"), "{calendar}");
    let treemap = of(Tab::Treemap);
    assert!(
        treemap.contains("no day of Nov 1–20, 2026 is known in EUR"),
        "{treemap}"
    );
    assert!(!treemap.contains("nothing was charged"), "{treemap}");
}

#[test]
fn what_changed_between_other_days_than_the_shown_ones_is_not_put_beside_them() {
    let mut model = model();
    press(&mut model, "5");
    let effects = press(&mut model, "w");
    let [Effect::SplitCosts { compared, .. }] = effects[..] else {
        panic!("{effects:?}")
    };
    let shown = model.costs.report.as_ref().unwrap();
    assert_eq!(compared, shown.comparison);
    let currency = shown.currency().to_owned();
    let split = |compared| Msg::CostsSplit {
        currency: currency.clone(),
        compared,
        drivers: Box::new(drivers(&[], &[])),
    };
    let next = shown.today.tomorrow().unwrap();
    update(&mut model, split(Comparison::same_days(next, 1)));
    assert!(!model.costs.is_split, "the report is of other days");
    update(&mut model, split(compared));
    assert!(model.costs.is_split);
}

#[test]
fn where_days_are_missing_no_view_tells_a_change_and_the_title_says_how_many_are_known() {
    let mut model = model();
    press(&mut model, "5");
    let mut report = report(&model);
    (report.summary.known_before, report.summary.change_percent) = (12, None);
    report.rows.iter_mut().for_each(|row| row.is_whole = false);
    report.sort_by_change();
    let names: Vec<&str> = report.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["AmazonEC2", "AmazonS3", ""], "the largest first");
    update(&mut model, Msg::CostsArrived(Box::new(report)));
    for tab in [Tab::Table, Tab::Treemap, Tab::Changes] {
        model.costs.tab = tab;
        for (width, height) in [(80, 24), (160, 45)] {
            let shown = text(&model, width, height);
            assert!(shown.contains("only 12 of 20 days before known"), "{shown}");
            for wrong in ["80.0 %", "40.00", " new", "gone", "cheaper", "together"] {
                assert!(!shown.contains(wrong), "{wrong} in\n{shown}");
            }
        }
    }
    model.costs.tab = Tab::Table;
    assert_eq!(press(&mut model, "w"), [], "there is nothing to split");
    let shown = text(&model, 160, 45);
    assert!(
        shown.contains("days that are missing did not cost nothing; C"),
        "{shown}"
    );
}

#[test]
fn a_part_of_a_time_with_nothing_before_it_nowhere_passes_for_the_whole() {
    let mut model = model();
    press(&mut model, "5");
    let mut report = report(&model);
    let summary = &mut report.summary;
    (summary.known, summary.known_before, summary.change_percent) = (8, 0, None);
    for row in &mut report.rows {
        (row.is_compared, row.is_whole) = (false, false);
    }
    report.remedy = Some("import what is missing".into());
    update(&mut model, Msg::CostsArrived(Box::new(report)));
    for tab in [Tab::Table, Tab::Days, Tab::Treemap, Tab::Calendar, Tab::Changes] {
        model.costs.tab = tab;
        for (width, height) in [(80, 24), (160, 45)] {
            let shown = text(&model, width, height);
            let head: Vec<&str> = shown.lines().take(4).map(str::trim).collect();
            let wanted = "only 8 of 20 days of Nov 1–20, 2026 are known in full; import what is missing";
            assert!(head.join(" ").contains(wanted), "{shown}");
            let title = shown.lines().find(|line| line.contains("organisation")).unwrap();
            assert!(title.contains("only 8 of 20 days known"), "{shown}");
        }
    }
    // Home has no room for a line below.
    let home = super::super::headline(&model, &Look::new(&role_style));
    let home = home[0].to_string();
    let wanted = "$110, only 8 of 20 days known, nothing is known of Oct 1–20, 2026";
    assert!(home.contains(wanted), "{home}");
}

#[test]
fn a_total_of_which_no_day_is_known_in_full_says_so_in_the_title() {
    let mut model = model();
    press(&mut model, "5");
    let mut report = report(&model);
    let summary = &mut report.summary;
    (summary.known, summary.known_before, summary.change_percent) = (0, 0, None);
    update(&mut model, Msg::CostsArrived(Box::new(report)));
    let shown = text(&model, 80, 24);
    assert!(
        shown.contains("no day of Nov 1–20, 2026 is known in full"),
        "{shown}"
    );
    assert!(
        shown.contains("by service  no day of it known in full"),
        "{shown}"
    );
}
