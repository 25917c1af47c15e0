//! What stands beside the report: dimensions to choose from, AWS's anomalies and forecast, the ledger and commitments.

use jiff::civil::date;

use super::*;
use crate::cost::advice::ledger::Line;
use crate::cost::advice::{Accepted, Ledger, Snoozed};
use crate::cost::anomaly::Foreign;
use crate::cost::{Amount, Commitment, Commitments, Lens, MonthEnd, Offer, Period};

pub(super) fn shop() -> Source {
    Source::CostExplorer("shop".into())
}

fn foreign(service: &str) -> Foreign {
    Foreign {
        id: service.into(),
        service: Some(service.into()),
        account: None,
        from: date(2026, 11, 12),
        last_day: date(2026, 11, 13),
        impact: 70.0,
    }
}

fn foreign_found(model: &mut Model, services: &[&str]) {
    let found = Msg::ForeignFound {
        source: shop(),
        foreign: services.iter().map(|service| foreign(service)).collect(),
        read_at: model.now,
    };
    update(model, found);
}

fn month_end() -> MonthEnd {
    MonthEnd {
        month: Period::month_of(date(2026, 11, 1)),
        currency: "USD".into(),
        so_far: Amount::whole(110),
        mean: Amount::whole(12_345),
        lower: Some(Amount::whole(11_000)),
        upper: Some(Amount::whole(13_000)),
        interval_percent: 80,
        fetched_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn commitments() -> Commitments {
    let row = |what: &str, unit: &str, used| Commitment {
        what: what.into(),
        unit: unit.into(),
        committed: Amount::whole(200),
        used: Amount::whole(used),
        unused: Amount::whole(200 - used),
        covered: Amount::whole(300),
        on_demand: Amount::whole(100),
        net_savings: Amount::whole(90),
    };
    Commitments {
        period: Period::month_of(date(2026, 11, 1)),
        currency: "USD".into(),
        rows: vec![
            row("Savings Plans", "USD", 150),
            row("Amazon ElastiCache", "hours", 198),
        ],
        fetched_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn snoozed() -> Snoozed {
    Snoozed {
        until: date(2026, 12, 1),
        reason: "it moves".into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        rule: Some("graviton".into()),
        resource: Some("i-9".into()),
    }
}

pub(super) fn ledger() -> Ledger {
    let line = |resource: &str, team: Option<&str>, saved| Line {
        id: resource.into(),
        accepted: Accepted {
            at: jiff::Timestamp::UNIX_EPOCH,
            rule: "unattached-volume".into(),
            resource: resource.into(),
            team: team.map(str::to_owned),
            key: Vec::new(),
            promised: "31.5".into(),
            at_least: None,
            run: None,
        },
        on: date(2026, 10, 20),
        saved,
        why: None,
        shut_out: false,
    };
    Ledger {
        lines: vec![
            line("vol-1", Some("pay"), [Some(6.0), Some(12.25), None]),
            line("vol-2", None, [Some(3.0), None, None]),
        ],
        is_open: false,
        ripe: 2,
        asleep: vec![("0d1f".into(), snoozed())],
        withdrawn: Vec::new(),
    }
}

/// One of each, for tests that look at every view.
pub fn fill(model: &mut Model) {
    foreign_found(model, &["AmazonEC2", "AmazonRDS"]);
    let all = [
        Msg::ForecastArrived {
            source: shop(),
            lens: Lens::Unblended,
            end: Box::new(month_end()),
        },
        Msg::CommitmentsFound {
            source: shop(),
            found: Box::new(commitments()),
            price: Some(crate::cost::Price::new("at most 4 requests ($0.04)", 4)),
        },
        Msg::LedgerRead {
            source: shop(),
            ledger: Box::new(ledger()),
        },
    ];
    for msg in all {
        update(model, msg);
    }
}

#[test]
fn what_was_taken_on_is_taken_back_for_a_reason() {
    let mut model = model();
    press(&mut model, "5");
    fill(&mut model);
    press(&mut model, "X");
    assert!(model.overlay.is_none(), "only in the ledger");
    model.costs.tab = Tab::Ledger;
    press(&mut model, "X<enter>");
    assert!(model.overlay.is_some(), "a reason is wanted");
    let effects = press(&mut model, "not now<enter>");
    let wanted = Effect::WithdrawMove {
        id: "vol-1".into(),
        reason: "not now".into(),
    };
    assert_eq!(effects, [wanted]);
    let left = model.costs.shown_ledger().unwrap();
    assert_eq!(left.lines.len(), 1);
    let shown = screen(&model, 120, 40);
    assert!(
        shown.contains("taken back: vol-1 unattached-volume of vol-1 on "),
        "{shown}"
    );
    assert!(shown.contains("(not now)"), "{shown}");
}

#[test]
fn what_is_put_off_stands_below_what_was_taken_on_and_is_woken_there() {
    let mut model = model();
    press(&mut model, "5");
    fill(&mut model);
    model.costs.tab = Tab::Ledger;
    let shown = screen(&model, 120, 40);
    assert!(
        shown.contains("0d1f graviton of i-9 until 2026-12-01 (it moves)"),
        "{shown}"
    );
    press(&mut model, "jj");
    let wanted = Effect::WithdrawMove {
        id: "0d1f".into(),
        reason: String::new(),
    };
    assert_eq!(press(&mut model, "X"), [wanted], "no reason is asked for");
    let left = model.costs.shown_ledger().unwrap();
    assert_eq!((left.lines.len(), left.asleep.len()), (2, 0));
}

fn listed(model: &mut Model) {
    let offer = |name: &str, says: &str| Offer {
        dimension: Dimension::parse(name).unwrap(),
        says: says.into(),
    };
    let msg = Msg::DimensionsListed {
        source: shop(),
        offers: vec![
            offer("service", "on this machine"),
            offer("operation", "1 request ($0.01) or more"),
            offer("costcat:Product", "1 request ($0.01) or more"),
        ],
        names: Some(crate::cost::Price::new("2 requests ($0.02) or more", 2)),
    };
    update(model, msg);
}

/// The whole screen, with what lies on top.
fn screen(model: &Model, width: u16, height: u16) -> String {
    let backend = ratatui::backend::TestBackend::new(width, height);
    let mut terminal = ratatui::Terminal::new(backend).unwrap();
    let draw = |frame: &mut ratatui::Frame| {
        let (area, look) = (frame.area(), Look::new(&role_style));
        view(model, area, frame.buffer_mut(), &look);
        crate::panel::overlay::view(model, area, frame, &look);
    };
    terminal.draw(draw).unwrap();
    terminal.backend().to_string()
}

#[test]
fn any_dimension_is_found_as_one_types_and_says_what_it_takes() {
    let mut model = model();
    let effects = press(&mut model, "5s");
    assert!(
        matches!(&effects[..], [Effect::ListDimensions { query, refresh: Refresh::Never, .. }] if query.inside.is_empty()),
        "{effects:?}"
    );
    listed(&mut model);
    let shown = screen(&model, 80, 24);
    assert!(
        shown.contains("split costs by") && shown.contains("1 request ($0.01)"),
        "{shown}"
    );
    assert!(
        !shown.contains("service  on this"),
        "it is split by that already: {shown}"
    );
    assert!(shown.contains("tag:env"), "the fleet's tags are there: {shown}");
    let effects = press(&mut model, "prod<enter>");
    assert_eq!(asked(&effects).by, Dimension::CostCategory("Product".into()));
    assert!(model.overlay.is_none());
    // Whatever was typed may be asked for; the price comes back as a question, as always.
    let effects = press(&mut model, "stag:cost/centre<enter>");
    let [
        ..,
        Effect::FetchCosts {
            query,
            refresh: Refresh::Never,
            ..
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!(query.by, Dimension::Tag("cost/centre".into()));
    press(&mut model, "s<esc>");
    assert!(model.overlay.is_none());
}

#[test]
fn the_way_in_goes_on_by_whatever_is_chosen() {
    let mut model = model();
    press(&mut model, "5j");
    let effects = press(&mut model, "S");
    assert!(
        matches!(&effects[..], [Effect::ListDimensions { query, .. }] if query.inside.len() == 1),
        "{effects:?}"
    );
    listed(&mut model);
    let query = asked(&press(&mut model, "oper<enter>")).clone();
    assert_eq!(query.by, Dimension::Operation);
    assert_eq!(query.inside, [(Dimension::Service, String::new())]);
    answered(&mut model);
    let effects = press(&mut model, ":costs.split-row tag:team<enter>");
    let deeper = asked(&effects);
    assert_eq!(
        (deeper.inside.len(), deeper.by.to_string()),
        (2, "tag:team".into())
    );
    answered(&mut model);
    press(&mut model, "<esc>");
    assert_eq!(model.costs.query, query);
}

#[test]
fn names_that_are_not_known_have_a_price_and_the_list_comes_back() {
    let mut model = model();
    press(&mut model, "5s");
    listed(&mut model);
    assert_eq!(press(&mut model, "every<enter>"), []);
    assert!(
        matches!(&model.overlay, Some(Overlay::Confirm { question, .. }) if question[1].contains("$0.02")),
        "{:?}",
        model.overlay
    );
    let effects = press(&mut model, "y");
    assert!(
        matches!(
            &effects[..],
            [Effect::ListDimensions {
                refresh: Refresh::Auto,
                ..
            }]
        ),
        "{effects:?}"
    );
    assert!(matches!(model.overlay, Some(Overlay::Dimensions { .. })));
}

#[test]
fn what_aws_found_stands_beside_ours_and_says_when_it_was_asked() {
    let mut model = full();
    press(&mut model, "n");
    let shown = text(&model, 120, 30);
    for wanted in [
        "2/2, AWS",
        "AmazonRDS",
        "by AWS's own reckoning",
        "AWS found it too, +70.00",
        "and AWS's own, asked",
    ] {
        assert!(shown.contains(wanted), "{wanted} in\n{shown}");
    }
    let effects = press(&mut model, "j<enter>");
    assert_eq!(asked(&effects).inside, [(Dimension::Service, "AmazonRDS".into())]);
    // Ours change: the marks are put anew.
    press(&mut model, "<esc>");
    update(&mut model, Msg::AnomaliesFound(Box::new(judged())));
    assert!(text(&model, 120, 30).contains("2/2, AWS"));
}

#[test]
fn aws_is_asked_for_anomalies_only_at_a_price() {
    let mut model = model();
    press(&mut model, "5n");
    update(&mut model, Msg::AnomaliesFound(Box::new(judged())));
    assert!(text(&model, 120, 30).contains("A adds AWS's own"));
    let ask = |refresh| Effect::AskAnomalies {
        source: shop(),
        refresh,
    };
    assert_eq!(press(&mut model, "A"), [ask(Refresh::Never)]);
    foreign_found(&mut model, &["AmazonRDS"]);
    assert_eq!(press(&mut model, "A"), []);
    assert!(
        matches!(&model.overlay, Some(Overlay::Confirm { question, .. }) if question[1].contains("$0.01")),
        "{:?}",
        model.overlay
    );
    assert_eq!(press(&mut model, "y"), [ask(Refresh::Force)]);
}

#[test]
fn cost_explorers_forecast_stands_beside_ours_for_the_whole_account_alone() {
    let mut model = full();
    assert!(
        text(&model, 160, 30).contains("AWS 12.3k (11.0k–13.0k)"),
        "{}",
        text(&model, 160, 30)
    );
    assert!(matches!(
        &press(&mut model, "F")[..],
        [Effect::AskForecast {
            lens: Lens::Unblended,
            refresh: Refresh::Never,
            ..
        }]
    ));
    press(&mut model, "it");
    answered(&mut model);
    assert!(!text(&model, 160, 30).contains("AWS 12.3k"));
    assert_eq!(press(&mut model, "F"), []);
    assert!(model.notices.last().unwrap().says.contains("whole account"));
}

#[test]
fn commitments_tell_what_goes_unused_and_are_asked_for_anew_at_their_price() {
    let mut model = full();
    assert_eq!(press(&mut model, "u"), [], "they are here");
    for (width, height) in [(80, 24), (160, 45)] {
        let shown = text(&model, width, height);
        for wanted in [
            "Savings Plans",
            "75.0",
            "$50.00",
            "75.0 % of $200 used",
            "ElastiCache",
        ] {
            assert!(shown.contains(wanted), "{wanted} in\n{shown}");
        }
    }
    press(&mut model, "R");
    assert!(
        matches!(&model.overlay, Some(Overlay::Confirm { question, .. }) if question[1].contains("4 requests")),
        "{:?}",
        model.overlay
    );
    let effects = press(&mut model, "y");
    assert!(matches!(
        &effects[..],
        [Effect::AskCommitments {
            refresh: Refresh::Force,
            ..
        }]
    ));
    // Exports do not tell them, and the view says who does.
    let mut report = report(&model);
    report.origin.source = Source::Files(None);
    model.costs.source = None;
    update(&mut model, Msg::CostsArrived(Box::new(report)));
    assert!(text(&model, 100, 24).contains("p goes on to Cost Explorer"));
}

#[test]
fn what_is_being_asked_for_is_not_begun_anew_and_a_question_is_about_what_is_paid_for() {
    let mut model = model();
    assert_eq!(press(&mut model, "5n").len(), 1);
    assert_eq!(press(&mut model, "tn"), [], "it is going on");
    assert_eq!(press(&mut model, "A").len(), 1, "ours goes on, AWS's begins");
    let priced = |says: &str, effect: Effect| Msg::CostsPriced {
        says: says.into(),
        effect: Box::new(effect),
    };
    let (source, refresh) = (shop(), Refresh::Auto);
    let ours = Effect::FindAnomalies {
        source: source.clone(),
        refresh,
    };
    let theirs = Effect::AskAnomalies { source, refresh };
    update(&mut model, priced("42 requests", ours));
    update(&mut model, priced("1 request", theirs.clone()));
    assert!(
        matches!(&model.overlay, Some(Overlay::Confirm { question, .. }) if question[1].contains("1 request")),
        "{:?}",
        model.overlay
    );
    assert_eq!(press(&mut model, "y"), [theirs]);
}

#[test]
fn exports_imported_elsewhere_are_read_again_where_exports_are_shown() {
    let mut model = model();
    let fetches = |effects: &[Effect]| {
        let is_fetch = |effect: &&Effect| matches!(effect, Effect::FetchCosts { .. });
        effects.iter().filter(is_fetch).count()
    };
    let effects = update(&mut model, Msg::ExportsChanged { any: true });
    assert_eq!(fetches(&effects), 0, "Cost Explorer's are what they were");
    assert!(effects.contains(&Effect::ListCostSources));
    let mut shown = report(&model);
    shown.origin.source = Source::Files(None);
    update(&mut model, Msg::CostsArrived(Box::new(shown)));
    let effects = update(&mut model, Msg::ExportsChanged { any: true });
    assert_eq!(fetches(&effects), 1);
}

#[test]
fn nothing_of_deleted_exports_goes_on_being_shown() {
    let mut model = model();
    let mut shown = report(&model);
    shown.origin.source = Source::Files(None);
    update(&mut model, Msg::CostsArrived(Box::new(shown)));
    press(&mut model, "5");
    assert!(text(&model, 100, 24).contains("$110"));
    let effects = update(&mut model, Msg::ExportsChanged { any: false });
    let asks = |effect: &&Effect| matches!(effect, Effect::FetchCosts { .. });
    let asked: Vec<&Effect> = effects.iter().filter(asks).collect();
    assert!(
        matches!(
            asked[..],
            [Effect::FetchCosts {
                refresh: Refresh::Never,
                ..
            }]
        ),
        "nobody asked to pay for another source: {asked:?}"
    );
    let failed = Msg::CostsFailed {
        of: Some(Key::Costs),
        says: "no region is known".into(),
        hint: "name one with --region".into(),
    };
    update(&mut model, failed);
    let drawn = text(&model, 100, 24);
    assert!(
        !drawn.contains("$1") && drawn.contains("no region is known"),
        "{drawn}"
    );
}
