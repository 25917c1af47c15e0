//! Automations that wait for a person are told at home and above the documents, and one key leads to them.

use super::*;
use crate::app::Msg;
use crate::aws::ExecutionRow;
use crate::panel::home;

fn row(id: &str, action: &str, status: Status) -> ExecutionRow {
    ExecutionRow {
        id: id.into(),
        document: format!("Shop-{id}"),
        status,
        current_step: Some("agree".into()),
        current_action: Some(action.into()),
        ..ExecutionRow::default()
    }
}

fn told(model: &mut Model, rows: Vec<ExecutionRow>) {
    let rows = rows.into_iter().map(|row| (place("us-east-1"), row)).collect();
    let failures = Vec::new();
    update(model, Msg::Document(DocumentMsg::Executions { rows, failures }));
}

fn at_home(model: &Model) -> String {
    painted(80, 20, |area, buf, look| home::view(model, area, buf, look))
}

#[test]
fn home_lists_what_waits_for_approval_with_the_key_that_leads_there() {
    let mut model = model();
    let asked = update(&mut model, Msg::Started);
    assert!(asked.contains(&Effect::Document(DocumentEffect::Executions)));
    told(
        &mut model,
        vec![
            row("over", "aws:approve", Status::Rejected),
            row("asks", "aws:approve", Status::Waiting),
            row("naps", "aws:sleep", Status::InProgress),
            row("holds", "aws:pause", Status::Waiting),
        ],
    );
    let shown = at_home(&model);
    assert!(
        shown.contains("g w Shop-asks agree waits for approval"),
        "{shown}"
    );
    assert!(shown.contains("g w Shop-holds agree is a pause"), "{shown}");
    assert!(
        !shown.contains("Shop-over") && !shown.contains("Shop-naps"),
        "{shown}"
    );
    let panel = painted(80, 20, |area, buf, look| view(&model, area, buf, look));
    assert!(panel.contains("2 wait for a person: g w"), "{panel}");
    // One after the other, each in front.
    let effects = press(&mut model, "gw");
    let watched = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Document(DocumentEffect::Watch { id, .. }) => Some(id.clone()),
            _ => None,
        })
    };
    assert_eq!(
        (watched(&effects).as_deref(), model.room),
        (Some("asks"), Room::Documents)
    );
    let index = Index {
        bodies: vec![body("Shop-Restart", RESTART)],
        ..Index::default()
    };
    update(&mut model, Msg::Document(DocumentMsg::Listed(index)));
    assert_eq!(
        model.documents.front,
        Front::Live,
        "the texts that arrive take nothing away"
    );
    assert_eq!(watched(&press(&mut model, "gw")).as_deref(), Some("holds"));
    press(&mut model, "gw");
    assert_eq!(model.documents.live.as_deref(), Some("asks"));
    // What AWS says next is what counts.
    told(
        &mut model,
        vec![
            row("asks", "aws:sleep", Status::InProgress),
            row("holds", "aws:sleep", Status::Success),
        ],
    );
    assert!(!at_home(&model).contains("g w"), "{}", at_home(&model));
}

#[test]
fn home_says_where_automations_are_not_known() {
    let mut model = model();
    let failures = vec![crate::app::play::failure("ap-northeast-2")];
    update(
        &mut model,
        Msg::Document(DocumentMsg::Executions {
            rows: Vec::new(),
            failures,
        }),
    );
    assert!(
        at_home(&model).contains("automations of shop ap-northeast-2 are not known"),
        "{}",
        at_home(&model)
    );
    assert!(model.notices.is_empty(), "nobody asked");
}

#[test]
fn what_aws_took_is_said_in_a_sentence() {
    let mut model = model();
    told(&mut model, vec![row("asks", "aws:approve", Status::Waiting)]);
    let (id, comment) = ("asks".to_owned(), String::new());
    let signal = Signal::Approve { comment };
    update(&mut model, Msg::Document(DocumentMsg::Told { id, signal }));
    assert_eq!(
        model.notices.last().unwrap().says,
        "AWS took your approval of Shop-asks"
    );
}
