//! What the figures of the calendar rest on.

use super::*;

#[test]
fn a_usual_day_says_of_which_days_it_is_the_median() {
    let mut model = full();
    press(&mut model, "5c");
    for (width, wanted) in [
        (80, "a weekday $0.00  a weekend day $0.00  median of the last "),
        (40, "\n│ median of the last "),
    ] {
        let shown = text(&model, width, 30);
        assert!(
            shown.contains(wanted) && shown.contains(" finished days"),
            "{shown}"
        );
    }
}

#[test]
fn many_days_are_told_by_their_mondays_with_the_month() {
    let mut model = full();
    press(&mut model, "5d");
    let shown = text(&model, 120, 30);
    for wanted in ["Oct 5 ", "Nov 2 ", "Nov 20"] {
        assert!(shown.contains(wanted), "{wanted} in\n{shown}");
    }
    assert!(!shown.contains("Nov 3"), "{shown}");
}

#[test]
fn aside_in_the_calendar_is_a_week_and_does_not_leave_it() {
    let mut model = full();
    press(&mut model, "5c");
    let before = *model.costs.day.selected().unwrap();
    for (key, days) in [("h", -7), ("h", -14), ("l", -7), ("l", 0)] {
        assert_eq!(press(&mut model, key), [], "{key}");
        let wanted = before.saturating_add(jiff::ToSpan::days(days));
        assert_eq!(model.costs.day.selected(), Some(&wanted), "{key}");
        assert_eq!(model.costs.tab, Tab::Calendar, "{key}");
    }
}
