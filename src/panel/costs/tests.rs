//! The panel as it is used: keys in, effects out, and what stands on the screen at sizes from tiny to wide.

mod anomalies;
mod beside;
mod board;
mod budget;
mod calendar;
mod currency;
mod ledger;
mod price;
mod refund;
mod said;
mod treemap;
mod unknown;
mod way;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Tab, view};
use crate::app::play::{cells, model, press, report};
use crate::app::{Effect, Key, Model, Msg, Overlay, update};
use crate::cost::anomaly::{Anomaly, Cause, Judged, Told};
use crate::cost::band::{Band, Setting, Side};
use crate::cost::{Charge, Dimension, Prospect, Query, Refresh, Report, Source, Span};
use crate::ui::Look;
use crate::ui::tests::role_style;

fn text(model: &Model, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    view(model, area, &mut buf, &Look::new(&role_style));
    let row = |y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| row(y).trim_end().to_owned() + "\n").collect()
}

fn asked(effects: &[Effect]) -> &Query {
    match effects {
        [Effect::FetchCosts { query, .. }] => query,
        other => panic!("{other:?}"),
    }
}

/// Answers what was asked, as the runtime would.
fn answered(model: &mut Model) {
    let report = report(model);
    update(model, Msg::CostsArrived(Box::new(report)));
}

#[test]
fn the_way_in_and_out_is_free_and_comes_back_to_the_same_row() {
    let mut model = model();
    assert_eq!(press(&mut model, "5"), [], "what is there is not asked for again");
    let effects = press(&mut model, "j<enter>");
    let query = asked(&effects);
    assert_eq!(
        (query.by.to_string(), query.inside[0].1.as_str()),
        ("usage_type".into(), "")
    );
    assert!(matches!(
        effects[0],
        Effect::FetchCosts {
            refresh: Refresh::Never,
            ..
        }
    ));
    answered(&mut model);
    let effects = press(&mut model, "<esc>");
    assert!(asked(&effects).inside.is_empty());
    answered(&mut model);
    assert_eq!(model.costs.table.cursor.selected(), Some(&String::new()));
}

#[test]
fn further_in_waits_for_the_answer_to_the_last_way_in() {
    let mut model = model();
    press(&mut model, "5");
    let inside = asked(&press(&mut model, "j<enter>")).inside.clone();
    assert_eq!(
        press(&mut model, "<enter>"),
        [],
        "the rows shown are of what it came from"
    );
    assert_eq!(model.costs.query.inside, inside);
    answered(&mut model);
    assert_ne!(press(&mut model, "<enter>"), []);
}

#[test]
fn on_cost_explorer_resources_are_those_of_two_weeks() {
    let mut model = model();
    press(&mut model, "5");
    model.costs.query.by = Dimension::UsageType;
    answered(&mut model);
    let effects = press(&mut model, "<enter>");
    assert_eq!(asked(&effects).by, Dimension::Resource);
    assert_eq!(asked(&effects).span, Span::Days(7));
    let notice = model.notices.last().unwrap();
    assert!(
        notice.says.contains("14 days") && notice.hint.contains("import"),
        "{notice:?}"
    );
}

#[test]
fn what_is_not_here_has_a_price_and_no_leaves_what_is_shown() {
    let mut model = model();
    press(&mut model, "5");
    let effects = press(&mut model, "<tab>");
    assert_eq!(asked(&effects).by, Dimension::Account);
    let paid = Effect::FetchCosts {
        source: Some(Source::CostExplorer("shop".into())),
        query: asked(&effects).clone(),
        refresh: Refresh::Auto,
        year: false,
    };
    let says = "about 1 request ($0.01)".to_owned();
    let priced = |effect: &Effect| Msg::CostsPriced {
        says: says.clone(),
        effect: Box::new(effect.clone()),
    };
    update(&mut model, priced(&paid));
    assert_eq!(model.costs.query.by, Dimension::Service, "what is shown stays");
    assert!(
        matches!(&model.overlay, Some(Overlay::Confirm { question, .. }) if question[1].contains("$0.01"))
    );
    assert_eq!(press(&mut model, "n"), []);
    update(&mut model, priced(&paid));
    assert_eq!(press(&mut model, "y"), [paid]);
    assert_eq!(model.costs.query.by, Dimension::Account);
}

#[test]
fn a_refresh_asks_about_money_and_files_cost_nothing() {
    let mut model = model();
    assert_eq!(press(&mut model, "5R"), []);
    assert_eq!(press(&mut model, "n"), []);
    let effects = press(&mut model, "Ry");
    assert!(matches!(
        effects[..],
        [Effect::FetchCosts {
            refresh: Refresh::Force,
            ..
        }]
    ));
    let mut free = report(&model);
    free.origin.price = None;
    update(&mut model, Msg::CostsArrived(Box::new(free)));
    assert_eq!(press(&mut model, "R").len(), 1);
}

#[test]
fn what_was_spent_today_stands_on_a_small_screen_and_counts_metrics() {
    let mut model = model();
    press(&mut model, "5");
    let report = model.costs.report.as_mut().unwrap();
    report.origin.read_at = model.now;
    report.origin.spent.as_mut().unwrap().metrics_today = 1_500;
    let small = text(&model, 80, 24);
    assert!(small.contains("3 req $0.05 today"), "{small}");
    let wide = text(&model, 160, 24);
    assert!(
        wide.contains("613489207754") && wide.contains("cap $1.00"),
        "{wide}"
    );
}

#[test]
fn files_say_how_far_they_reach_and_not_when_they_were_imported() {
    let mut model = model();
    press(&mut model, "5");
    let report = model.costs.report.as_mut().unwrap();
    report.origin.source = Source::Files(None);
    report.origin.read_at = model.now;
    report.origin.spent = None;
    let shown = text(&model, 120, 24);
    assert!(
        shown.contains("to Nov 20 ") && !shown.contains(" old "),
        "{shown}"
    );
}

#[test]
fn exports_that_may_count_one_bill_twice_are_said_once() {
    let mut model = model();
    press(&mut model, "5");
    let before = model.notices.len();
    for _ in 0..2 {
        let mut doubled = report(&model);
        doubled.origin.doubts = Some(("2 exports have 2026-11: a, b".into(), "choose one".into()));
        update(&mut model, Msg::CostsArrived(Box::new(doubled)));
    }
    assert_eq!(model.notices.len(), before + 1);
    assert!(model.notices.last().unwrap().says.contains("2026-11"));
}

#[test]
fn what_failed_is_said_and_the_last_answer_and_its_question_stay() {
    let mut model = model();
    press(&mut model, "5<enter>");
    let failed = Msg::CostsFailed {
        of: Some(Key::Costs),
        says: "access denied".into(),
        hint: "allow ce:GetCostAndUsage".into(),
    };
    update(&mut model, failed);
    assert!(!model.costs.is_inside() && model.costs.report.is_some());
    let notice = model.notices.last().unwrap();
    assert_eq!(
        (notice.says.as_str(), notice.hint.as_str()),
        ("access denied", "allow ce:GetCostAndUsage")
    );
    assert!(text(&model, 100, 24).contains("$110"));
}

#[test]
fn an_error_without_an_older_answer_is_a_sentence_and_never_zero() {
    let mut model = model();
    model.costs.report = None;
    let failed = Msg::CostsFailed {
        of: Some(Key::Costs),
        says: "access denied to ce:GetCostAndUsage".into(),
        hint: "ask the payer".into(),
    };
    update(&mut model, failed);
    let shown = text(&model, 80, 24);
    assert!(
        shown.contains("access denied to ce:GetCostAndUsage") && !shown.contains("$0"),
        "{shown}"
    );
}

#[test]
fn chips_lens_period_and_filter_ask_anew_and_are_seen() {
    let mut model = model();
    press(&mut model, "5");
    let effects = press(&mut model, "it");
    assert!(asked(&effects).without.contains(&Charge::Tax));
    answered(&mut model);
    assert!(text(&model, 100, 24).contains("-tax +credit"));
    assert_eq!(asked(&press(&mut model, "m")).lens.to_string(), "amortized");
    assert_eq!(asked(&press(&mut model, "]")).span, Span::WholeMonth);
    answered(&mut model);
    let effects = press(&mut model, "C<C-u>7d<enter>");
    assert_eq!(asked(&effects).span, Span::Days(7));
    assert_eq!(press(&mut model, "C<C-u>soon<enter>"), []);
    assert!(model.overlay.is_some(), "what was typed can be mended");
    press(&mut model, "<esc>");
    assert_eq!(press(&mut model, "/region"), []);
    assert_eq!(press(&mut model, "<enter>"), [], "no filter, and said");
    let effects = press(&mut model, "/region:eu-*<enter>");
    assert_eq!(asked(&effects).filter, "region:eu-*");
}

#[test]
fn a_view_is_kept_listed_in_the_palette_and_opened_again() {
    let mut model = model();
    press(&mut model, "5]e");
    let effects = press(&mut model, "Vnetwork<enter>");
    let [Effect::SaveCostView(saved)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(
        (saved.name.as_str(), saved.view.as_str(), saved.span.as_str()),
        ("network", "treemap", "months")
    );
    update(&mut model, Msg::CostViewsRead(vec![*saved.clone()]));
    press(&mut model, "t");
    model.costs.query = Query::default();
    let effects = press(&mut model, "<C-p>viewnetwork<enter>");
    assert_eq!(asked(&effects).span, Span::WholeMonth);
    assert_eq!(model.costs.tab, Tab::Treemap);
}

#[test]
fn sources_go_round() {
    let mut model = model();
    press(&mut model, "5");
    let all = vec![
        Source::Files(None),
        Source::CostExplorer("shop".into()),
        Source::Athena,
    ];
    update(&mut model, Msg::CostSourcesListed(all));
    let effects = press(&mut model, "p");
    assert!(
        matches!(
            &effects[..],
            [Effect::FetchCosts {
                source: Some(Source::Athena),
                ..
            }]
        ),
        "{effects:?}"
    );
    let effects = press(&mut model, "p");
    assert!(
        matches!(
            &effects[..],
            [Effect::FetchCosts {
                source: Some(Source::Files(None)),
                ..
            }]
        ),
        "{effects:?}"
    );
}

#[test]
fn what_a_view_lacks_is_asked_for_when_it_comes_to_the_front() {
    let mut model = model();
    press(&mut model, "5");
    assert!(matches!(
        press(&mut model, "w")[..],
        [Effect::SplitCosts {
            refresh: Refresh::Never,
            ..
        }]
    ));
    assert!(matches!(
        press(&mut model, "n")[..],
        [Effect::FindAnomalies {
            refresh: Refresh::Never,
            ..
        }]
    ));
    assert!(matches!(press(&mut model, "b")[..], [Effect::FindMoves { .. }]));
    assert_eq!(press(&mut model, "t"), []);
}

#[test]
fn a_day_is_looked_into_against_the_same_weekday_a_week_before() {
    let mut model = model();
    press(&mut model, "5d");
    let effects = press(&mut model, "k<enter>");
    assert_eq!(
        asked(&effects).span.to_string(),
        "2026-11-19..2026-11-20 vs 2026-11-12..2026-11-13"
    );
    answered(&mut model);
    press(&mut model, "<backspace>");
    assert_eq!(
        (model.costs.tab, model.costs.query.span),
        (Tab::Days, Span::Month)
    );
}

fn judged() -> Judged {
    let anomaly = Anomaly {
        key: vec!["AmazonEC2".into()],
        since: "2026-11-11".parse().unwrap(),
        last_day: "2026-11-12".parse().unwrap(),
        days: 2,
        side: Side::High,
        actual: 90.0,
        band: Band {
            expected: 40.0,
            lower: 31.0,
            upper: 49.0,
        },
        impact: 100.0,
        seconded: true,
        material: true,
        new_normal: None,
    };
    let days = (1..=20).map(|day| (jiff::civil::date(2026, 11, day), Some(40.0), Some(anomaly.band)));
    let told = Told {
        days: days.collect(),
        anomaly,
        currency: "USD".into(),
        causes: vec![Cause {
            dimension: "usage type".into(),
            value: "NatGateway-Bytes".into(),
            share: 0.83,
            certain: true,
            change: 50.0,
        }],
        deeds: Vec::new(),
        aws: None,
    };
    Judged {
        told: vec![told],
        known_days: vec![("USD".into(), 180)],
        ..Judged::default()
    }
}

fn full() -> Model {
    let mut model = model();
    press(&mut model, "5");
    let prospect = Prospect::of(model.costs.report.as_ref().unwrap(), &Setting::default());
    update(&mut model, Msg::CostsForeseen(Box::new(prospect)));
    update(&mut model, Msg::AnomaliesFound(Box::new(judged())));
    update(
        &mut model,
        moves_found("shop", Some("8 requests ($0.08), 40 metrics ($0.01)")),
    );
    beside::fill(&mut model);
    model
}

fn moves_found(profile: &str, price: Option<&str>) -> Msg {
    Msg::MovesFound {
        source: Source::CostExplorer(profile.into()),
        board: Box::default(),
        price: price.map(|says| crate::cost::Price::new(says, 4)),
    }
}

#[test]
fn the_board_is_asked_for_anew_at_its_own_price_and_belongs_to_one_source() {
    let mut model = full();
    assert_eq!(press(&mut model, "b"), [], "it is here");
    assert_eq!(press(&mut model, "R"), []);
    assert!(
        matches!(&model.overlay, Some(Overlay::Confirm { question, .. }) if question[1].contains("40 metrics")),
        "{:?}",
        model.overlay
    );
    let find = |refresh| Effect::FindMoves {
        source: Source::CostExplorer("shop".into()),
        refresh,
    };
    assert_eq!(press(&mut model, "y"), [find(Refresh::Force)]);
    // Of another source it is another board.
    update(&mut model, Msg::Finished(Key::Moves));
    update(&mut model, moves_found("other", None));
    assert_eq!(press(&mut model, "b"), [find(Refresh::Never)]);
    update(&mut model, moves_found("shop", None));
    assert_eq!(
        press(&mut model, "R"),
        [find(Refresh::Force)],
        "nothing of it is paid for"
    );
    update(&mut model, Msg::Finished(Key::Moves));
    let effects = press(&mut model, "r");
    assert!(matches!(effects[0], Effect::FetchCosts { .. }), "{effects:?}");
    let report = report(&model);
    let effects = update(&mut model, Msg::CostsArrived(Box::new(report)));
    assert!(effects.contains(&find(Refresh::Never)), "{effects:?}");
}

#[test]
fn every_view_says_what_it_is_for() {
    let mut model = full();
    let table = text(&model, 120, 30);
    for wanted in [
        // Read in another year, as far as this model knows.
        "Nov 1–20, 2026 $110 ▲ +10.0 % vs Oct 1–20, 2026 ($100)",
        "organisation  by service",
        "EC2",
        "▲ 40.00",
        "without",
    ] {
        assert!(table.contains(wanted), "{wanted} in\n{table}");
    }
    press(&mut model, "w");
    let changes = text(&model, 120, 30);
    assert!(
        changes.contains("Oct 1–20") && changes.contains("▼ 30.00") && changes.contains("+10.00 together"),
        "{changes}"
    );
    press(&mut model, "e");
    assert!(text(&model, 120, 30).contains("$90.00 +80.0 %"));
    press(&mut model, "c");
    let calendar = text(&model, 120, 30);
    assert!(
        calendar.contains("Nov 2026") && calendar.contains("a weekday"),
        "{calendar}"
    );
    press(&mut model, "d");
    assert!(text(&model, 120, 30).contains("not finished"));
    press(&mut model, "n");
    let anomalies = text(&model, 170, 30);
    assert!(
        anomalies.contains("83 % of it in usage type NatGateway-Bytes"),
        "{anomalies}"
    );
    press(&mut model, "b");
    assert!(text(&model, 120, 30).contains("Rightsize"));
}

#[test]
fn no_view_panics_at_any_size() {
    let mut model = full();
    for key in ["t", "d", "e", "c", "w", "n", "b", "a", "u"] {
        press(&mut model, key);
        for (width, height) in [(0, 0), (1, 1), (7, 3), (60, 15), (80, 24), (160, 45), (400, 2)] {
            text(&model, width, height);
            press(&mut model, "jGgg");
        }
    }
}
