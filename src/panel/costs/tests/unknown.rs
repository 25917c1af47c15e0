//! Views of a time that nobody knows.

use super::*;

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
