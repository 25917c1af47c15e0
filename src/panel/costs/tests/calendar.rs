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

#[test]
fn a_day_that_is_known_in_part_has_a_mark_and_no_heat() {
    let mut model = full();
    press(&mut model, "5c");
    let thursdays = |shown: &str| {
        shown
            .lines()
            .find(|line| line.contains("│Th "))
            .unwrap()
            .to_owned()
    };
    assert!(!thursdays(&text(&model, 80, 30)).contains("//"));
    let report = model.costs.report.as_mut().unwrap();
    let day = report
        .days
        .iter_mut()
        .find(|day| day.cost() == Some(90.0))
        .unwrap();
    day.in_part = day.parts.take();
    for (width, height) in [(80, 30), (160, 45)] {
        let shown = text(&model, width, height);
        let legend = "// not finished, or known in part";
        assert!(shown.contains(legend), "{shown}");
        assert!(thursdays(&shown).contains("//"), "Nov 5 is a Thursday\n{shown}");
    }
}
