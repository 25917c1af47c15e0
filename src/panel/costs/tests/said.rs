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

#[test]
fn a_long_comparison_leaves_the_badge_its_room_and_another_year_is_said() {
    let mut model = model();
    model.now = "2027-01-09T12:00:00Z".parse().unwrap();
    press(
        &mut model,
        "5C<C-u>2026-06-20..2026-07-20 vs 2026-08-20..2026-09-19<enter>",
    );
    answered(&mut model);
    let shown = text(&model, 80, 24);
    assert!(
        shown.contains("all charges") && shown.contains(" CE ") && shown.contains("2026"),
        "{shown}"
    );
    let files = model.costs.report.as_mut().unwrap();
    files.origin.source = Source::Files(None);
    assert!(
        text(&model, 80, 24).contains(" files to Nov 20 '26"),
        "{}",
        text(&model, 80, 24)
    );
}

#[test]
fn a_period_is_read_back_by_its_last_day() {
    let model = model();
    let says = super::super::reading(&model, "2026-06-20..2026-07-20 vs 2026-05-21..2026-06-20");
    assert!(
        says.contains("Jun 20 – Jul 19") && says.contains("May 21 – Jun 19"),
        "{says}"
    );
    assert!(says.ends_with("the day after .. is not in it"));
    assert_eq!(
        super::super::reading(&model, "2026-06-20..20"),
        "",
        "not yet typed"
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

#[test]
fn what_is_known_in_part_says_why_and_what_makes_it_whole() {
    let mut model = model();
    press(&mut model, "5");
    let mut partly = report(&model);
    partly.summary.known_before = 12;
    partly.summary.change_percent = None;
    partly.summary.begun = vec!["shop-eu begins Nov 5, 2026: nobody knows what it bills before".into()];
    partly.remedy = Some("import what is missing".into());
    update(&mut model, Msg::CostsArrived(Box::new(partly)));
    for (width, height) in [(80, 24), (160, 45)] {
        let shown = text(&model, width, height);
        let head: Vec<&str> = shown.lines().take(4).map(str::trim).collect();
        let head = head.join(" ");
        for wanted in [
            "($100)",
            "no percentage: only 12 of 20 days of Oct 1–20, 2026 are known in full",
            "shop-eu begins Nov 5, 2026",
            "import what is missing",
        ] {
            assert!(head.contains(wanted), "{wanted} in\n{shown}");
        }
    }
}

#[test]
fn what_was_made_of_the_bill_is_made_anew_on_another_day_and_stays_until_then() {
    let mut model = full();
    let keys = ["n", "b", "u"];
    for key in keys {
        assert_eq!(press(&mut model, key), [], "{key} is here");
    }
    model.now += jiff::SignedDuration::from_hours(24);
    for key in keys {
        let effects = press(&mut model, key);
        assert!(
            matches!(
                effects[..],
                [Effect::FindAnomalies {
                    refresh: Refresh::Never,
                    ..
                } | Effect::FindMoves {
                    refresh: Refresh::Never,
                    ..
                } | Effect::AskCommitments {
                    refresh: Refresh::Never,
                    ..
                }]
            ),
            "{key} {effects:?}"
        );
    }
    press(&mut model, "n");
    assert!(
        text(&model, 170, 30).contains("83 % of it"),
        "the last list is still shown"
    );
    update(&mut model, Msg::Finished(Key::Anomalies));
    update(&mut model, Msg::AnomaliesFound(Box::new(judged())));
    assert_eq!(press(&mut model, "n"), [], "it is of this day");
}

#[test]
fn a_question_that_was_refused_says_why_in_its_own_pane_until_it_is_asked_again() {
    let mut model = model();
    for (keys, kind) in [
        ("5n", Key::Anomalies),
        ("b", Key::Moves),
        ("a", Key::Ledger),
        ("u", Key::Commitments),
    ] {
        press(&mut model, keys);
        let failed = Msg::CostsFailed {
            of: Some(kind.clone()),
            says: format!("{kind:?} is not allowed"),
            hint: "ask the payer".into(),
        };
        update(&mut model, failed);
        update(&mut model, Msg::Finished(kind.clone()));
        let shown = text(&model, 100, 24);
        let wanted = format!("{kind:?} is not allowed; ask the payer; ");
        assert!(shown.contains(&wanted), "{wanted} in\n{shown}");
    }
    press(&mut model, "n");
    let asked = text(&model, 100, 24);
    assert!(!asked.contains("not allowed"), "it is asked again\n{asked}");
}

#[test]
fn without_costs_no_view_pretends_that_something_is_looked_for() {
    let mut model = model();
    press(&mut model, "5");
    model.costs.report = None;
    let failed = Msg::CostsFailed {
        of: Some(Key::Costs),
        says: "the account may not look at costs".into(),
        hint: "allow ce:GetCostAndUsage".into(),
    };
    update(&mut model, failed);
    for key in ["n", "b", "a", "u"] {
        press(&mut model, key);
        let shown = text(&model, 80, 24);
        assert!(shown.contains("may not look at costs"), "{key}: {shown}");
        assert!(shown.contains("is said above; R asks again"), "{key}: {shown}");
        assert!(
            !shown.contains("looking at") && !shown.contains("exports do not"),
            "{key}: {shown}"
        );
    }
}

#[test]
fn moves_are_looked_for_where_cost_explorer_tells_nothing() {
    let mut model = model();
    press(&mut model, "5");
    model.costs.report = None;
    let shop = Source::CostExplorer("shop".into());
    update(&mut model, Msg::CostSourcesListed(vec![shop.clone()]));
    let failed = Msg::CostsFailed {
        of: Some(Key::Costs),
        says: "the account may not look at costs".into(),
        hint: "allow ce:GetCostAndUsage".into(),
    };
    update(&mut model, failed);
    let effects = press(&mut model, "b");
    let [Effect::FindMoves { source, refresh }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((source, *refresh), (&shop, Refresh::Never));
    update(&mut model, moves_found("shop", None));
    let shown = text(&model, 120, 30);
    assert!(
        shown.contains("Rightsize") && !shown.contains("is said above"),
        "{shown}"
    );
    assert_eq!(press(&mut model, "b"), [], "the board is here");
}

#[test]
fn a_source_that_was_declined_is_passed_by() {
    let mut model = model();
    press(&mut model, "5");
    let shop = Source::CostExplorer("shop".into());
    let files = |name: &str| Source::Files(Some(name.into()));
    update(
        &mut model,
        Msg::CostSourcesListed(vec![files("a"), shop.clone(), files("b")]),
    );
    let mut shown = report(&model);
    shown.origin.source = files("a");
    update(&mut model, Msg::CostsArrived(Box::new(shown)));
    let next = |effects: &[Effect]| match effects {
        [Effect::FetchCosts { source, .. }] => source.clone().unwrap(),
        other => panic!("{other:?}"),
    };
    let effects = press(&mut model, "p");
    assert_eq!(next(&effects), shop);
    let priced = Msg::CostsPriced {
        says: "1 request ($0.01)".into(),
        effect: Box::new(effects[0].clone()),
    };
    update(&mut model, priced);
    press(&mut model, "n");
    assert_eq!(next(&press(&mut model, "p")), files("b"));
}

#[test]
fn days_that_were_not_judged_are_named_in_place_of_good_news() {
    let mut model = full();
    press(&mut model, "n");
    let judged = Judged {
        known_days: vec![("USD".into(), 180)],
        span: crate::cost::Period::new(jiff::civil::date(2026, 10, 1), jiff::civil::date(2026, 10, 31)),
        unjudged: vec!["Oct 31 – Nov 21, 2026 is not judged: bill ends Oct 31, 2026".into()],
        ..Judged::default()
    };
    model.costs.foreign = None;
    update(&mut model, Msg::AnomaliesFound(Box::new(judged)));
    for (width, height) in [(80, 24), (120, 30)] {
        let shown = text(&model, width, height);
        for wanted in [
            "no material anomaly in Oct 1–30, 2026",
            "is not judged: bill ends Oct 31",
        ] {
            assert!(shown.contains(wanted), "{wanted} in\n{shown}");
        }
        assert!(!shown.contains("last thirty days"), "{shown}");
    }
}

#[test]
fn where_no_charge_passes_the_filter_what_changed_draws_no_bars() {
    let mut model = model();
    press(&mut model, "5");
    let mut none = report(&model);
    none.rows.clear();
    update(&mut model, Msg::CostsArrived(Box::new(none)));
    model.costs.tab = Tab::Changes;
    let shown = text(&model, 120, 30);
    assert!(shown.contains("nothing was charged in these days"), "{shown}");
    assert!(!shown.contains('█'), "{shown}");
}

#[test]
fn a_total_in_doubt_is_marked_for_as_long_as_it_is_shown() {
    let mut model = model();
    press(&mut model, "5");
    assert!(!text(&model, 80, 24).contains("in doubt"));
    let report = model.costs.report.as_mut().unwrap();
    report.origin.source = Source::Files(None);
    report.origin.doubts = Some(("2 exports have 2026-11: a, b".into(), "choose one".into()));
    for width in [80, 160] {
        let shown = text(&model, width, 24);
        assert!(shown.contains("in doubt: p chooses"), "{shown}");
    }
}

#[test]
fn rows_of_accounts_are_called_as_the_way_to_them_is() {
    let mut model = model();
    press(&mut model, "5");
    model.costs.query.by = Dimension::Account;
    model.costs.accounts.insert("AmazonEC2".into(), "shop-eu".into());
    answered(&mut model);
    for tab in [Tab::Table, Tab::Treemap, Tab::Days, Tab::Changes] {
        model.costs.tab = tab;
        let shown = text(&model, 120, 30);
        assert!(shown.contains("shop-eu"), "{tab:?}\n{shown}");
    }
    // A name that another answer brings is told at once.
    let found = Msg::MovesFound {
        source: Source::CostExplorer("shop".into()),
        board: Box::new(crate::cost::advice::Board {
            accounts: [("AmazonS3".into(), "shop-us".into())].into(),
            ..Default::default()
        }),
        price: None,
    };
    update(&mut model, found);
    model.costs.tab = Tab::Table;
    assert!(text(&model, 120, 30).contains("shop-us"));
}
