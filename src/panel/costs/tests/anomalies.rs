//! The anomalies: the list and the words come first, the chart has what is left.

use super::*;

/// The rows of the chart's scale, from its first figure to its last.
fn chart(shown: &str) -> usize {
    let rows: Vec<&str> = shown.lines().collect();
    let at = |figure: &str| rows.iter().position(|row| row.contains(figure));
    let [top, foot] = ["│ $49.00 ░", "│ $31.00 ░"].map(at);
    foot.zip(top).map_or(0, |(foot, top)| foot - top + 1)
}

#[test]
fn the_chart_has_the_room_that_is_left_and_a_scale() {
    let mut model = full();
    press(&mut model, "n");
    for (width, height, rows) in [(80, 22, 7), (160, 43, 26)] {
        let shown = text(&model, width, height);
        assert!(chart(&shown) >= rows, "{} of {rows}\n{shown}", chart(&shown));
        for wanted in ["SURE", "Nov 2", "Nov 16", "83 % of it in usage type"] {
            assert!(shown.contains(wanted), "{wanted} in\n{shown}");
        }
    }
    let low = text(&model, 80, 14);
    assert!(low.contains("83 % of it in usage type"), "{low}");
}

#[test]
fn a_bill_too_young_says_how_many_days_there_are_and_how_many_it_takes() {
    let mut model = full();
    press(&mut model, "n");
    model.costs.foreign = None;
    let mut says = |known: &[(&str, usize)]| {
        let known_days = known.iter().map(|(of, days)| ((*of).to_owned(), *days)).collect();
        let judged = Judged {
            known_days,
            ..Judged::default()
        };
        update(&mut model, Msg::AnomaliesFound(Box::new(judged)));
        text(&model, 120, 30)
    };
    for known in [9, 14] {
        let shown = says(&[("USD", known)]);
        let wanted =
            format!("USD: learning {known}/14 days; nothing can be judged yet: the 15th finished day is");
        assert!(shown.contains(&wanted), "{shown}");
    }
    let none = says(&[]);
    assert!(none.contains("learning 0/14 days: no finished day"), "{none}");
    let enough = says(&[("USD", 15)]);
    assert!(
        enough.contains("no material anomaly") && !enough.contains("learning"),
        "{enough}"
    );
}

#[test]
fn a_report_is_made_anew_when_more_days_may_be_here() {
    let mut model = full();
    model.now = jiff::Timestamp::now();
    let report = model.costs.report.as_mut().unwrap();
    report.origin.source = beside::shop();
    report.origin.read_at = model.now;
    report.usage = None;
    model.busy.clear();
    let found = || Msg::AnomaliesFound(Box::new(judged()));
    let effects = update(&mut model, found());
    let free = |effect: &Effect| {
        matches!(
            effect,
            Effect::FetchCosts {
                refresh: Refresh::Never,
                ..
            }
        )
    };
    assert!(effects.len() == 1 && effects.iter().all(free), "{effects:?}");
    // It is on its way; and what has all its days stays.
    assert_eq!(update(&mut model, found()), []);
    model.busy.clear();
    model.costs.report.as_mut().unwrap().usage = Some(Default::default());
    assert_eq!(update(&mut model, found()), []);
    // Of another day it might cost something.
    let report = model.costs.report.as_mut().unwrap();
    report.usage = None;
    report.origin.read_at = jiff::Timestamp::UNIX_EPOCH;
    assert_eq!(update(&mut model, found()), []);
}

#[test]
fn the_headline_says_since_when_its_months_are_known() {
    let mut model = full();
    let costs = &mut model.costs;
    costs.prospect.as_mut().unwrap().end = Some(crate::cost::Foreseen {
        month: crate::cost::Period::month_of(jiff::civil::date(2026, 11, 1)),
        so_far: 120.0,
        rest: 64.0,
        interval: Some((170.0, 200.0)),
        months: 4,
    });
    let days = &costs.report.as_ref().unwrap().days;
    let first = days.iter().find(|day| day.parts.is_some()).unwrap().day;
    let wanted = format!("80 % sure by 4 months of days since {}", first.strftime("%b %-d"));
    let shown = text(&model, 160, 45);
    assert!(shown.contains(&wanted), "{wanted} in\n{shown}");
}
