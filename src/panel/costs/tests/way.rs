//! The way out: of a row, of a period, of a filter, of the panel.

use super::*;
use crate::app::Room;

/// What is asked is not here: it is paid for.
fn paid(model: &mut Model, effects: &[Effect]) {
    let [
        Effect::FetchCosts {
            source, query, year, ..
        },
    ] = effects
    else {
        panic!("{effects:?}")
    };
    let effect = Effect::FetchCosts {
        source: source.clone(),
        query: query.clone(),
        refresh: Refresh::Auto,
        year: *year,
    };
    let says = "1 request ($0.01)".into();
    let effect = Box::new(effect);
    update(model, Msg::CostsPriced { says, effect });
    press(model, "y");
}

#[test]
fn escape_goes_out_of_the_row_then_of_the_filter_then_of_the_panel() {
    let mut model = model();
    press(&mut model, "5/service:Amazon*<enter>");
    answered(&mut model);
    press(&mut model, "<enter>");
    answered(&mut model);
    let effects = press(&mut model, "<esc>");
    assert_eq!(
        asked(&effects).filter,
        "service:Amazon*",
        "the rows that it was among"
    );
    answered(&mut model);
    let effects = press(&mut model, "<esc>");
    assert_eq!((asked(&effects).filter.as_str(), model.room), ("", Room::Costs));
    answered(&mut model);
    assert_eq!(press(&mut model, "<esc>"), []);
    assert_ne!(model.room, Room::Costs);
}

#[test]
fn escape_leads_back_from_another_period_whether_it_was_free_or_paid_for() {
    for is_paid in [false, true] {
        for keys in ["C<C-u>7d<enter>", "]"] {
            let mut model = model();
            press(&mut model, "5");
            let effects = press(&mut model, keys);
            assert_ne!(asked(&effects).span, Span::Month);
            if is_paid {
                paid(&mut model, &effects);
            }
            answered(&mut model);
            // Of several, the first is what is come back to.
            press(&mut model, "C<C-u>30d<enter>");
            answered(&mut model);
            let effects = press(&mut model, "<esc>");
            assert_eq!((asked(&effects).span, model.room), (Span::Month, Room::Costs));
            answered(&mut model);
            press(&mut model, "<esc>");
            assert_ne!(model.room, Room::Costs, "{keys} {is_paid}");
        }
    }
}

#[test]
fn a_period_that_comes_round_to_the_first_is_no_way_in() {
    let mut model = model();
    press(&mut model, "5");
    for _ in Span::PRESETS {
        press(&mut model, "]");
        answered(&mut model);
    }
    assert_eq!(model.costs.query.span, Span::Month);
    assert!(!model.costs.is_inside());
}

#[test]
fn an_anomaly_and_a_day_that_are_paid_for_are_shown_in_their_view_as_free_ones_are() {
    for (keys, from) in [("n", Tab::Anomalies), ("d", Tab::Days)] {
        for is_paid in [false, true] {
            let mut model = full();
            press(&mut model, keys);
            let effects = press(&mut model, "<enter>");
            if is_paid {
                paid(&mut model, &effects);
            }
            answered(&mut model);
            assert_eq!(model.costs.tab, Tab::Table, "{from:?} {is_paid}");
            press(&mut model, "<esc>");
            assert_eq!((model.costs.tab, model.room), (from, Room::Costs), "{is_paid}");
        }
    }
}

#[test]
fn escape_closes_an_opened_view_before_it_leaves() {
    let mut model = model();
    press(&mut model, "5");
    let mut other = model.costs.query.clone();
    other.span = Span::WholeMonth;
    let source = Source::CostExplorer("other".into());
    let kept = crate::cost::Saved::of("months", Some(&source), "treemap", &other);
    update(&mut model, Msg::CostViewsRead(vec![kept]));
    let effects = press(&mut model, ":costs.view months<enter>");
    assert_eq!(asked(&effects).span, Span::WholeMonth);
    answered(&mut model);
    assert_eq!(model.costs.tab, Tab::Treemap);
    let effects = press(&mut model, "<esc>");
    assert_eq!((asked(&effects).span, model.room), (Span::Month, Room::Costs));
    assert!(
        !matches!(&effects[..], [Effect::FetchCosts { source: Some(of), .. }] if *of == source),
        "{effects:?}"
    );
    assert_eq!(model.costs.tab, Tab::Table);
    answered(&mut model);
    press(&mut model, "<esc>");
    assert_ne!(model.room, Room::Costs);
}

#[test]
fn a_view_that_is_shown_already_is_no_way_in() {
    let mut model = model();
    press(&mut model, "5");
    let source = model.costs.source.clone();
    let kept = crate::cost::Saved::of("this", source.as_ref(), Tab::Table.name(), &model.costs.query);
    update(&mut model, Msg::CostViewsRead(vec![kept]));
    press(&mut model, ":costs.view this<enter>");
    assert!(!model.costs.is_inside());
}

#[test]
fn a_filter_that_nothing_passes_is_told_in_place_of_a_cost_of_nothing() {
    let mut model = model();
    model.costs.query.filter = "service:nope".into();
    let mut report = report(&model);
    report.rows.clear();
    (report.summary.current, report.summary.previous) =
        (crate::cost::Amount::ZERO, crate::cost::Amount::ZERO);
    update(&mut model, Msg::CostsArrived(Box::new(report)));
    press(&mut model, "5");
    for width in [80, 160] {
        let shown = text(&model, width, 24);
        assert!(shown.contains("matches the filter service:nope"), "{shown}");
        assert!(!shown.contains("0.00"), "{shown}");
    }
}
