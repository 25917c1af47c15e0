//! What costs money: the question before it, and what was refused.

use super::*;

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
