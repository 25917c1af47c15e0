//! What the panel says of a source, and when it no longer holds.

use super::*;

#[test]
fn chosen_days_stand_as_they_are_read_and_leave_room_for_how_old_the_bill_is() {
    let mut model = model();
    press(
        &mut model,
        "5C<C-u>2026-10-01..2026-10-08 vs 2026-09-01..2026-09-08<enter>",
    );
    answered(&mut model);
    model.now = "2026-11-21T12:00:00Z".parse().unwrap();
    model.costs.report.as_mut().unwrap().origin.read_at = model.now;
    let shown = text(&model, 80, 24);
    assert!(
        shown.contains("  Oct 1–7 vs Sep 1–7 ") && shown.contains(" CE "),
        "{shown}"
    );
}

fn overlapping(model: &mut Model) {
    let mut doubled = report(model);
    doubled.origin.source = Source::Files(None);
    doubled.origin.price = None;
    doubled.origin.doubts = Some(("2 exports have 2026-11: a, b".into(), "choose one".into()));
    update(model, Msg::CostsArrived(Box::new(doubled)));
}

#[test]
fn what_was_said_of_a_source_goes_with_it() {
    let mut model = model();
    press(&mut model, "5");
    overlapping(&mut model);
    assert!(model.notice_for > 0);
    press(&mut model, ":costs.source files:a<enter>");
    assert_eq!(model.notice_for, 0, "it is of one export alone");
    answered(&mut model);
    overlapping(&mut model);
    assert!(model.notice_for > 0 && model.notices.last().unwrap().hint == "choose one with p");
}

#[test]
fn what_was_said_of_a_view_goes_with_it() {
    let mut model = model();
    press(&mut model, "5Vmine<enter>");
    let kept = crate::cost::Saved::of("mine", None, "table", &model.costs.query);
    update(&mut model, Msg::CostViewsRead(vec![kept]));
    overlapping(&mut model);
    assert!(model.notice_for > 0);
    press(&mut model, ":costs.view mine<enter>");
    assert_eq!(model.notice_for, 0, "it is of what was looked at before");
    press(&mut model, ":costs.view other<enter>");
    assert!(model.notice_for > 0, "no such view is said");
}

#[test]
fn files_say_that_a_refresh_brings_nothing_that_was_not_imported() {
    let mut model = model();
    press(&mut model, "5");
    overlapping(&mut model);
    model.costs.source = Some(Source::Files(None));
    assert_eq!(press(&mut model, "R").len(), 1);
    let notice = model.notices.last().unwrap();
    assert!(notice.hint.contains("qd costs import"), "{notice:?}");
}
