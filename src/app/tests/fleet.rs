//! The fleet panel by its keys: filter, open, batches that come while one looks.

use super::*;
use crate::fleet::Batch;

#[test]
fn the_fleet_is_filtered_as_one_types_and_escape_restores_the_filter_before() {
    let mut model = model();
    press(&mut model, "2/web");
    assert_eq!(shown(&model), ["web-01", "web-02"]);
    press(&mut model, "<enter>/<backspace><backspace><backspace>db");
    assert_eq!(shown(&model), ["db-01"]);
    press(&mut model, "<esc>");
    assert_eq!(
        (shown(&model).len(), model.fleet.filter_text.as_str()),
        (2, "web")
    );
    press(&mut model, "<C-x>");
    assert_eq!(shown(&model).len(), 4);
}

#[test]
fn a_text_that_is_no_filter_leaves_the_last_good_one_and_says_why() {
    let mut model = model();
    press(&mut model, "2/web /(");
    assert!(model.fleet.bad_filter.is_some());
    assert_eq!(shown(&model), ["web-01", "web-02"]);
}

#[test]
fn enter_opens_a_session_at_once_where_no_reason_is_wanted() {
    let mut model = model();
    let effects = press(&mut model, "2/web-02<enter><enter>");
    let [Effect::Open { node, reason, size }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(
        (node.name.as_str(), reason.as_str(), size.cols),
        ("web-02", "", 140)
    );
}

#[test]
fn production_wants_a_reason_that_is_not_blank() {
    let mut model = model();
    assert_eq!(press(&mut model, "2/db<enter><enter>"), []);
    assert!(matches!(
        &model.overlay,
        Some(Overlay::Prompt {
            ask: Ask::Reason { .. },
            ..
        })
    ));
    assert_eq!(press(&mut model, "  <enter>"), []);
    assert!(last_notice(&model).contains("a reason is wanted") && model.overlay.is_some());
    let effects = press(&mut model, " INC-7 <enter>");
    assert!(
        matches!(&effects[..], [Effect::Open { reason, .. }] if reason == "INC-7"),
        "{effects:?}"
    );
    assert!(model.overlay.is_none());
}

#[test]
fn enter_on_a_failure_opens_nothing_and_says_what_to_do() {
    let mut model = model();
    assert_eq!(press(&mut model, "2G<enter>"), []);
    assert_eq!(
        last_notice(&model),
        "the credentials have expired | run aws sso login"
    );
}

#[test]
fn an_instance_whose_agent_is_lost_is_not_opened() {
    let mut model = model();
    let mut lost = named_node("i-01", "web-01", "test");
    lost.ping = Some("ConnectionLost".into());
    update(&mut model, Msg::FleetArrived(Batch::Rows(vec![lost])));
    assert_eq!(press(&mut model, "2/web-01<enter><enter>"), []);
    assert!(
        last_notice(&model).contains("lost its agent"),
        "{}",
        last_notice(&model)
    );
}

#[test]
fn the_cursor_stays_on_its_row_while_batches_come() {
    let mut model = model();
    press(&mut model, "2/web-0<enter>j<C-x>");
    let earlier = vec![
        named_node("i-00", "aaa-01", "test"),
        named_node("i-05", "mail", "test"),
    ];
    update(&mut model, Msg::FleetArrived(Batch::Rows(earlier)));
    update(
        &mut model,
        Msg::FleetArrived(Batch::Failed(failure("ap-northeast-2"))),
    );
    assert_eq!(model.fleet.selected().unwrap().name, "web-02");
}

#[test]
fn rows_of_an_older_answer_stay_until_their_place_has_answered() {
    let mut model = model();
    let effects = press(&mut model, "2r");
    assert_eq!(
        (effects, model.fleet.stale.len(), model.fleet.failures.len()),
        (vec![Effect::FetchFleet], 4, 0)
    );
    let kept = vec![named_node("i-01", "web-01", "test")];
    update(&mut model, Msg::FleetArrived(Batch::Rows(kept)));
    assert_eq!((model.fleet.nodes.len(), model.fleet.stale.len()), (4, 3));
    let done = |region: &str| Batch::Done {
        place: place(region),
        account: String::new(),
        complete: true,
    };
    update(&mut model, Msg::FleetArrived(done("eu-west-1")));
    assert_eq!(
        model.fleet.nodes.len(),
        4,
        "another region's answer says nothing of these"
    );
    update(&mut model, Msg::FleetArrived(done("us-east-1")));
    assert_eq!(shown(&model), ["web-01"]);
}

#[test]
fn a_cached_list_never_replaces_an_answer() {
    let mut model = model();
    let old = vec![named_node("i-99", "gone", "test")];
    update(
        &mut model,
        Msg::FleetCached {
            nodes: old,
            age: std::time::Duration::from_secs(60),
        },
    );
    assert!(!shown(&model).contains(&"gone") && model.fleet.cached_for.is_none());
}
