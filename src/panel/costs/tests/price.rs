//! What costs money: the question before it, and what was refused.

use super::*;
use crate::app::Room;

fn priced(model: &mut Model, effect: &Effect) {
    let msg = Msg::CostsPriced {
        says: "at most 100 requests ($1.00)".into(),
        effect: Box::new(effect.clone()),
    };
    update(model, msg);
}

#[test]
fn enter_looks_inside_and_never_pays() {
    let mut model = model();
    let effects = press(&mut model, "5<enter>");
    priced(&mut model, &effects[0]);
    assert_eq!(press(&mut model, "<enter><enter>"), []);
    assert!(model.overlay.is_some(), "it is still asked");
    assert_eq!(press(&mut model, "n"), []);
    // Neither does it where the question comes before a command, or asks again.
    assert_eq!(press(&mut model, "R<enter>"), []);
    assert_eq!(press(&mut model, "n"), []);
    assert_eq!(press(&mut model, "R").len() + press(&mut model, "y").len(), 1);
}

#[test]
fn what_was_refused_says_so_before_it_is_asked_for_again() {
    let mut model = model();
    let effects = press(&mut model, "5<enter>");
    priced(&mut model, &effects[0]);
    press(&mut model, "y");
    let failed = Msg::CostsFailed {
        of: Some(Key::Costs),
        says: "resources are not told".into(),
        hint: "the payer opts in".into(),
    };
    update(&mut model, failed);
    priced(&mut model, &effects[0]);
    let Some(Overlay::Confirm { question, .. }) = &model.overlay else {
        panic!("{:?}", model.overlay)
    };
    let wanted = [
        "The last time it failed: resources are not told",
        "the payer opts in",
        "Asking again takes at most 100 requests ($1.00).",
    ];
    assert_eq!(question, &wanted);
    press(&mut model, "n");
    // Another question is asked as if nothing had happened.
    let other = press(&mut model, "m");
    priced(&mut model, &other[0]);
    assert!(
        matches!(&model.overlay, Some(Overlay::Confirm { question, .. }) if question.len() == 2),
        "{:?}",
        model.overlay
    );
}

#[test]
fn what_was_paid_for_and_came_is_not_blamed_for_what_fails_later() {
    let mut model = model();
    let effects = press(&mut model, "5<enter>");
    let failed = |of| Msg::CostsFailed {
        of: Some(of),
        says: "throttled".into(),
        hint: String::new(),
    };
    let question = |model: &Model| match &model.overlay {
        Some(Overlay::Confirm { question, .. }) => question.clone(),
        other => panic!("{other:?}"),
    };
    priced(&mut model, &effects[0]);
    press(&mut model, "y");
    // Something else, asked for nothing, fails meanwhile.
    update(&mut model, failed(Key::Moves));
    priced(&mut model, &effects[0]);
    assert_eq!(question(&model).len(), 2, "{:?}", question(&model));
    press(&mut model, "y");
    update(&mut model, failed(Key::Costs));
    update(&mut model, Msg::Finished(Key::Costs));
    priced(&mut model, &effects[0]);
    assert!(question(&model)[0].contains("throttled"));
    // Paid for again it came: all is forgotten.
    press(&mut model, "y");
    update(&mut model, Msg::Finished(Key::Costs));
    update(&mut model, failed(Key::Costs));
    priced(&mut model, &effects[0]);
    assert_eq!(question(&model).len(), 2, "{:?}", question(&model));
}

#[test]
fn escape_leaves_where_looking_without_the_filter_costs_money() {
    let mut model = model();
    press(&mut model, "5/region:eu-west-1<enter>");
    answered(&mut model);
    let asked = press(&mut model, "<esc>");
    assert_eq!((model.room, asked.len()), (Room::Costs, 1));
    priced(&mut model, &asked[0]);
    press(&mut model, "n");
    assert_eq!(model.costs.query.filter, "region:eu-west-1");
    press(&mut model, "<esc>");
    assert_ne!(model.room, Room::Costs, "it is not asked again");
}
