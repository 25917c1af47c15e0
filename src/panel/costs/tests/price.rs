//! What costs money: the question before it, and what was refused.

use super::*;
use crate::app::Room;
use crate::cost::Spent;

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

/// What stands on a small screen, as one line.
fn flat(model: &Model) -> String {
    let shown = text(model, 80, 24);
    let lines = shown.lines().map(|line| line.trim_matches(['│', ' ']));
    lines.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_the_cap_leaves_too_little_for_is_refused_at_once_and_the_pane_says_why_and_what_to_do() {
    let mut model = full();
    press(&mut model, "5");
    let spent = Spent {
        today: 98,
        month: 98,
        cap: 100,
        ..Spent::default()
    };
    update(&mut model, Msg::CostsMetered(spent));
    for (keys, price) in [("tR", "3 requests"), ("bR", "4 requests"), ("uR", "4 requests")] {
        assert_eq!(press(&mut model, keys), [], "{keys}");
        assert!(model.overlay.is_none(), "{keys} is no question");
        let shown = flat(&model);
        let says = format!("a refresh takes about {price} (");
        for wanted in [
            says.as_str(),
            "$0.02 left after 98 paid requests",
            "cap_per_day",
            "00:00 UTC",
        ] {
            assert!(shown.contains(wanted), "{keys}: {wanted} in {shown}");
        }
    }
    // It goes with what is wanted next.
    press(&mut model, "t");
    assert!(!flat(&model).contains("a refresh takes"));
    // One request is left, and one is what it takes.
    press(&mut model, "A");
    assert!(model.overlay.take().is_some());
    update(&mut model, Msg::CostsMetered(Spent { today: 100, ..spent }));
    press(&mut model, "A");
    assert!(model.overlay.is_none() && flat(&model).contains("is used up by 100 paid requests"));
    // On another day nobody told what was paid for.
    model.now += jiff::SignedDuration::from_hours(24);
    press(&mut model, "tR");
    assert!(model.overlay.is_some());
}

#[test]
fn what_could_not_be_had_is_said_over_what_is_shown_instead() {
    let mut model = model();
    press(&mut model, "5");
    for (keys, kind) in [("<enter>", Key::Costs), ("w", Key::CostSplit)] {
        press(&mut model, keys);
        let failed = Msg::CostsFailed {
            of: Some(kind.clone()),
            says: "Nov 2026 takes about 7 requests ($0.07), and today's cap of $1.00 has $0.02 left".into(),
            hint: "raise cap_per_day under [costs], or ask for a shorter period, or import an export".into(),
        };
        update(&mut model, failed);
        let shown = flat(&model);
        for wanted in [
            "has $0.02 left",
            "or ask for a shorter period, or import an export",
        ] {
            assert!(shown.contains(wanted), "{kind:?}: {wanted} in {shown}");
        }
        assert!(shown.contains("EC2"), "what is shown stays: {shown}");
        press(&mut model, "t");
        assert!(!flat(&model).contains("has $0.02 left"));
    }
}

#[test]
fn after_midnight_the_meter_names_the_day_that_it_told() {
    let mut model = model();
    model.now = "2026-11-21T23:50:00Z".parse().unwrap();
    press(&mut model, "5");
    answered(&mut model);
    assert!(text(&model, 160, 45).contains("3 req $0.03 today"));
    model.now = "2026-11-22T00:10:00Z".parse().unwrap();
    let shown = text(&model, 160, 45);
    assert!(
        shown.contains("3 req $0.03 on Nov 21") && !shown.contains("today"),
        "{shown}"
    );
}

#[test]
fn the_bill_of_another_source_is_named_before_it_is_paid_for() {
    let mut model = model();
    press(&mut model, "5");
    let sources = ["shop", "payer"].map(|name| Source::CostExplorer(name.into()));
    update(&mut model, Msg::CostSourcesListed(sources.into()));
    let effects = press(&mut model, "p");
    priced(&mut model, &effects[0]);
    let Some(Overlay::Confirm { question, .. }) = &model.overlay else {
        panic!("{:?}", model.overlay)
    };
    let wanted = [
        "The bill of ce:payer is not on this machine.",
        "Asking takes at most 100 requests ($1.00).",
    ];
    assert_eq!(question, &wanted);
    press(&mut model, "n");
    // Of the bill that is looked at there is one alone.
    let effects = press(&mut model, "m");
    priced(&mut model, &effects[0]);
    assert!(
        matches!(&model.overlay, Some(Overlay::Confirm { question, .. }) if question[0].starts_with("This is")),
        "{:?}",
        model.overlay
    );
}
