//! The ledger of moves: what was saved, why it is not booked, and what that takes.

use super::beside::{ledger, shop};
use super::*;
use crate::cost::advice::Ledger;

/// What the first look at the ledger asks for, and nothing else.
fn reads_for_nothing(effects: &[Effect]) -> bool {
    matches!(
        effects,
        [Effect::ReadLedger {
            refresh: Refresh::Never,
            ..
        }]
    )
}

#[test]
fn the_ledger_tells_what_was_saved_by_team() {
    let mut model = model();
    let effects = press(&mut model, "5a");
    assert!(reads_for_nothing(&effects), "{effects:?}");
    update(
        &mut model,
        Msg::LedgerRead {
            source: shop(),
            ledger: Box::new(ledger()),
        },
    );
    assert_eq!(press(&mut model, "ta"), [], "it is here");
    for (width, height) in [(80, 24), (160, 45)] {
        let shown = text(&model, width, height);
        for wanted in [
            "vol-1",
            "$12.25",
            "$63.00 a month promised",
            "pay $12.25",
            "no team $3.00",
            "it moves",
        ] {
            assert!(shown.contains(wanted), "{wanted} in\n{shown}");
        }
    }
}

#[test]
fn a_promise_that_may_be_nothing_is_shown_from_there() {
    let mut model = model();
    press(&mut model, "5a");
    let mut wide = ledger();
    wide.lines[0].accepted.at_least = Some("0".into());
    wide.lines[0].accepted.promised = "2688.2".into();
    let read = Msg::LedgerRead {
        source: shop(),
        ledger: Box::new(wide),
    };
    update(&mut model, read);
    for (width, height) in [(80, 24), (160, 45)] {
        let shown = text(&model, width, height);
        for wanted in ["$0.00–$2,688", "$31.50–$2,720 a month promised"] {
            assert!(shown.contains(wanted), "{wanted} in\n{shown}");
        }
    }
}

#[test]
fn the_move_under_the_cursor_says_why_it_is_not_booked() {
    let mut model = model();
    press(&mut model, "5a");
    let mut unbooked = ledger();
    unbooked.lines[0].saved = [None; 3];
    unbooked.lines[0].why = Some("nothing is charged for BoxUsage in account 613489207754".into());
    let read = Msg::LedgerRead {
        source: shop(),
        ledger: Box::new(unbooked),
    };
    update(&mut model, read);
    let wanted = "vol-1: nothing is charged for BoxUsage";
    assert!(text(&model, 80, 24).contains(wanted), "{}", text(&model, 80, 24));
    press(&mut model, "j");
    assert!(!text(&model, 80, 24).contains(wanted));
}

#[test]
fn a_ledger_that_was_not_paid_for_yet_can_be_asked_for_again() {
    let mut model = model();
    press(&mut model, "5a");
    let mut open = ledger();
    open.lines.iter_mut().for_each(|line| line.saved = [None; 3]);
    open.is_open = true;
    let read = Msg::LedgerRead {
        source: shop(),
        ledger: Box::new(open),
    };
    update(&mut model, read);
    let paid = Effect::ReadLedger {
        source: shop(),
        refresh: Refresh::Auto,
    };
    let priced = Msg::CostsPriced {
        says: "about 14 requests ($0.14)".into(),
        effect: Box::new(paid),
    };
    update(&mut model, priced);
    update(&mut model, Msg::Finished(Key::Ledger));
    assert_eq!(press(&mut model, "n"), []);
    assert!(text(&model, 120, 24).contains("a asks about 14 requests"));
    let effects = press(&mut model, "a");
    assert!(reads_for_nothing(&effects), "{effects:?}");
}

#[test]
fn what_was_taken_on_is_shown_where_there_is_no_bill() {
    let mut model = model();
    press(&mut model, "5");
    model.costs.report = None;
    update(&mut model, Msg::CostSourcesListed(vec![shop()]));
    let failed = |of| Msg::CostsFailed {
        of: Some(of),
        says: "the account may not look at costs".into(),
        hint: "allow ce:GetCostAndUsage".into(),
    };
    update(&mut model, failed(Key::Costs));
    // What was paid for on the way is no bill either.
    let board = Effect::FindMoves {
        source: shop(),
        refresh: Refresh::Auto,
    };
    let priced = Msg::CostsPriced {
        says: "1 request ($0.01)".into(),
        effect: Box::new(board),
    };
    update(&mut model, priced);
    press(&mut model, "y");
    let effects = press(&mut model, "a");
    assert!(reads_for_nothing(&effects), "{effects:?}");
    let read = Msg::LedgerRead {
        source: shop(),
        ledger: Box::new(Ledger {
            is_open: true,
            ..ledger()
        }),
    };
    update(&mut model, read);
    update(&mut model, failed(Key::Ledger));
    for (width, height) in [(80, 24), (160, 45)] {
        let shown = text(&model, width, height);
        for wanted in ["vol-1", "$63.00 a month promised", "may not look at costs"] {
            assert!(shown.contains(wanted), "{wanted} in\n{shown}");
        }
        assert!(!shown.contains("is said above"), "{shown}");
    }
}

#[test]
fn what_is_said_below_a_short_ledger_is_not_cut_and_below_a_long_one_it_is_marked() {
    let mut model = model();
    press(&mut model, "5a");
    let mut told = ledger();
    told.lines[0].saved = [None; 3];
    let why = "nothing is charged for what it was in account 613489207754, ".repeat(4);
    told.lines[0].why = Some(why + "so that it was not there");
    let withdrawn = (
        "vol-3".to_owned(),
        told.lines[0].on,
        "needed after all".to_owned(),
    );
    told.withdrawn.push(withdrawn);
    let lines = told.lines.clone();
    let mut shown = |many: usize| {
        told.lines = lines.iter().cycle().take(many).cloned().collect();
        let read = Msg::LedgerRead {
            source: shop(),
            ledger: Box::new(told.clone()),
        };
        update(&mut model, read);
        text(&model, 80, 22)
    };
    let short = shown(2);
    for wanted in ["so that it was not there", "it moves", "(needed after all)"] {
        assert!(short.contains(wanted), "{wanted} in\n{short}");
    }
    let mut pane = short.lines().skip_while(|line| !line.starts_with('╭'));
    assert!(!pane.any(|line| line.contains('…')), "{short}");
    let long = shown(30);
    assert!(!long.contains("needed after all"), "{long}");
    let last = long.lines().rev().nth(1).unwrap();
    assert!(last.contains('…'), "{long}");
}
