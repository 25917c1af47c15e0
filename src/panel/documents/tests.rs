//! The panel by its keys: found, filled, looked ahead, asked about, started; then answered, and never without its question.

mod abroad;
mod live;
mod waiting;
mod word;

use std::sync::Arc;

use super::*;
use crate::app::play::{model, named_node, only_logs_refusal, place, press};
use crate::app::{Ask, DocumentEffect, DocumentMsg, Effect, Model, Msg, Overlay, Room, update};
use crate::aws::{DocumentRow, Execution, Mode, Signal, Status, StepRun};
use crate::document::{Index, Listed, Preview, Seen, Sight};
use crate::fleet::Batch;
use crate::ui::Look;
use crate::ui::tests::painted;

const RESTART: &str = "
schemaVersion: '0.3'
description: Restarts it
parameters:
  InstanceId: {type: 'AWS::EC2::Instance::Id'}
  Mode: {type: String, allowedValues: [soft, hard], default: soft}
mainSteps:
- {name: ask, action: 'aws:approve', onFailure: Abort}
- {name: restart, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: RebootInstances}}
";

fn body(name: &str, text: &str) -> Body {
    Body {
        listed: Listed {
            place: place("us-east-1"),
            row: DocumentRow {
                name: name.into(),
                kind: "Automation".into(),
                version: Some("1".into()),
                ..DocumentRow::default()
            },
        },
        text: text.into(),
    }
}

fn opened(env: &str) -> Model {
    let mut model = model();
    let node = named_node("i-0123456789abcdef0", "web-9", env);
    update(&mut model, Msg::FleetArrived(Batch::Rows(vec![node])));
    press(&mut model, "gd");
    let index = Index {
        bodies: vec![body("Shop-Restart", RESTART), body("Shop-Other", "no document")],
        ..Index::default()
    };
    update(&mut model, Msg::Document(DocumentMsg::Listed(index)));
    press(&mut model, "/reboot<enter>");
    assert_eq!(model.documents.len(), 1);
    model
}

fn preview(model: &mut Model, effects: &[Effect]) -> String {
    let [Effect::Document(DocumentEffect::Preview { start, document, .. })] = effects else {
        panic!("no preview was asked for: {effects:?}");
    };
    let msg = DocumentMsg::Previewed {
        token: start.token.clone(),
        preview: Preview::of(document, "a test"),
    };
    update(model, Msg::Document(msg));
    start.token.clone()
}

fn running(action: &str, status: Status, mode: Mode) -> Sight {
    Sight::Seen(Arc::new(Seen {
        execution: Execution {
            id: "run-1".into(),
            document: "Shop-Restart".into(),
            version: "1".into(),
            status: status.clone(),
            mode,
            steps: vec![StepRun {
                name: "ask".into(),
                action: action.into(),
                status,
                started_at: Some(jiff::Timestamp::UNIX_EPOCH),
                ..StepRun::default()
            }],
            ..Execution::default()
        },
        ..Seen::default()
    }))
}

#[test]
fn what_is_missing_is_said_before_aws_is_asked_anything() {
    let mut model = opened("test");
    assert_eq!(press(&mut model, "s"), []);
    assert!(
        model
            .notices
            .last()
            .unwrap()
            .says
            .contains("InstanceId: it is required")
    );
    assert_eq!(model.documents.front, Front::Form);
}

#[test]
fn no_instance_is_offered_that_nobody_named() {
    let offered = |model: &mut Model| {
        press(model, "<enter><enter>");
        match &model.overlay {
            Some(Overlay::Prompt { prompt, .. }) => prompt.text().to_owned(),
            other => panic!("{other:?}"),
        }
    };
    let of = |profile: &str| {
        let mut model = opened("test");
        for node in &mut model.fleet.nodes {
            (node.profile, node.region) = (profile.into(), "us-east-1".into());
        }
        offered(&mut model)
    };
    assert_eq!(of("shop"), "", "not even that under the fleet's cursor");
    assert_eq!(of("another"), "");
}

#[test]
fn an_instance_is_filled_in_by_its_name_and_the_start_is_asked_about() {
    let mut model = opened("test");
    press(&mut model, "<enter><enter><C-u>web-9<enter>");
    press(&mut model, "j<space>");
    let form = &model.documents.opened.as_ref().unwrap().form;
    assert_eq!(form.field("InstanceId").unwrap().text(), "i-0123456789abcdef0");
    assert_eq!(form.field("Mode").unwrap().text(), "hard");
    let effects = press(&mut model, "s");
    let token = preview(&mut model, &effects);
    assert!(matches!(
        &model.overlay,
        Some(Overlay::Confirm { grave: true, .. })
    ));
    assert_eq!(
        press(&mut model, "<enter>"),
        [],
        "enter is no answer to what changes something"
    );
    let effects = press(&mut model, "y");
    let [Effect::Document(DocumentEffect::Start { start, .. })] = effects.as_slice() else {
        panic!("not started: {effects:?}");
    };
    assert_eq!(start.token, token);
}

#[test]
fn production_wants_its_name_typed() {
    let mut model = opened("prod");
    press(&mut model, "<enter><enter><C-u>web-9<enter>");
    let effects = press(&mut model, "s");
    preview(&mut model, &effects);
    assert!(matches!(
        &model.overlay,
        Some(Overlay::Prompt {
            ask: Ask::DocumentPhrase,
            ..
        })
    ));
    assert_eq!(press(&mut model, "yes<enter>"), []);
    let effects = press(&mut model, "s");
    preview(&mut model, &effects);
    let effects = press(&mut model, "web-9<enter>");
    assert!(matches!(
        &effects[..],
        [Effect::Document(DocumentEffect::Start { .. })]
    ));
}

#[test]
fn targets_limits_and_places_go_with_the_start() {
    let mut model = opened("test");
    let rows = [
        "web-9<enter>",
        "web-9<enter><C-u><enter>",
        "0<enter><C-u>25%<enter>",
        "2<enter>",
        "us-east-1 eu-west-1 role=Ops may-fail=1<enter>",
        "shop 5xx or unknown<enter>",
    ];
    press(&mut model, "<enter>jj");
    for (nth, typed) in rows.into_iter().enumerate() {
        press(&mut model, if nth == 0 { "<enter>" } else { "j<enter>" });
        press(&mut model, typed);
        assert_eq!(model.documents.front, Front::Form, "{typed}");
    }
    let effects = press(&mut model, "s");
    let [Effect::Document(DocumentEffect::Preview { start, .. })] = effects.as_slice() else {
        panic!("no preview was asked for: {effects:?} {:?}", model.notices.last());
    };
    let targets = (
        "ParameterValues".to_owned(),
        vec!["i-0123456789abcdef0".to_owned()],
    );
    assert_eq!(start.targets, Some(targets));
    assert_eq!(start.target_parameter.as_deref(), Some("InstanceId"));
    let limits = (start.concurrency.as_deref(), start.errors.as_deref());
    assert_eq!(limits, (Some("25%"), Some("2")));
    let place = &start.locations[0];
    assert_eq!(place.regions, ["us-east-1", "eu-west-1"]);
    let holds = (place.role.as_deref(), place.errors.as_deref());
    assert_eq!(holds, (Some("Ops"), Some("1")));
    let alarm = start.alarm.as_ref().unwrap();
    assert_eq!((alarm.name.as_str(), alarm.ignores_failures), ("shop 5xx", true));
    assert!(!start.parameters.contains_key("InstanceId"));
}

#[test]
fn maps_start_it_once_for_each_of_them() {
    let mut model = opened("prod");
    let maps = "InstanceId=i-0123456789abcdef0,Mode=fast<enter>";
    press(&mut model, "<enter>jjj<enter>");
    press(&mut model, maps);
    assert_eq!(press(&mut model, "s"), []);
    let says = &model.notices.last().unwrap().says;
    assert!(says.contains("map 1: Mode: fast is none of soft, hard"), "{says}");
    press(
        &mut model,
        "<enter><C-u>InstanceId=i-0123456789abcdef0,Mode=hard<enter>",
    );
    let effects = press(&mut model, "s");
    let [Effect::Document(DocumentEffect::Preview { start, .. })] = effects.as_slice() else {
        panic!("no preview was asked for: {effects:?} {:?}", model.notices.last());
    };
    assert_eq!(start.maps[0]["Mode"], ["hard"]);
    assert_eq!(
        (start.targets.is_none(), start.target_parameter.is_none()),
        (true, true)
    );
    preview(&mut model, &effects);
    let asked = &model.overlay;
    let is_typed = matches!(
        asked,
        Some(Overlay::Prompt {
            ask: Ask::DocumentPhrase,
            ..
        })
    );
    assert!(is_typed, "a machine of a map is production as well: {asked:?}");
}

#[test]
fn a_command_document_is_shown_before_it_runs_on_the_machines_that_are_named() {
    const REPORT: &str = "
schemaVersion: '2.2'
parameters:
  Path: {type: String, default: /var}
mainSteps:
- {name: df, action: 'aws:runShellScript', inputs: {runCommand: ['df {{ Path }}']}}
";
    let mut model = opened("test");
    let mut listed = body("Shop-Disk", REPORT);
    listed.listed.row.kind = "Command".into();
    let index = Index {
        bodies: vec![listed],
        ..Index::default()
    };
    update(&mut model, Msg::Document(DocumentMsg::Listed(index)));
    press(&mut model, "<esc>gd/Shop-Disk<enter><enter>");
    assert_eq!(press(&mut model, "s"), []);
    assert!(model.notices.last().unwrap().says.contains("none is named"));
    press(&mut model, "<enter>web-nine<enter>");
    assert_eq!(press(&mut model, "s"), []);
    assert!(
        model
            .notices
            .last()
            .unwrap()
            .says
            .contains("no instance of us-east-1")
    );
    press(&mut model, "<enter><C-u>web-9<enter>");
    assert_eq!(press(&mut model, "s"), []);
    assert!(matches!(model.overlay, Some(Overlay::Run)));
    assert_eq!(press(&mut model, "<enter>"), [], "it may change something");
    let effects = press(&mut model, "y");
    let [
        Effect::Run {
            nodes,
            given: Some(given),
            text,
            ..
        },
    ] = effects.as_slice()
    else {
        panic!("not run: {effects:?}");
    };
    assert_eq!((nodes.len(), given.document.as_str()), (1, "Shop-Disk"));
    assert!(text.starts_with("Shop-Disk"), "{text}");
}

/// The panel on a Command document of this text.
fn command_opened(env: &str, text: &str) -> Model {
    let mut model = opened(env);
    let mut command = body("Shop-Disk", text);
    command.listed.row.kind = "Command".into();
    let index = Index {
        bodies: vec![command],
        ..Index::default()
    };
    update(&mut model, Msg::Document(DocumentMsg::Listed(index)));
    press(&mut model, "<esc>gd/Shop-Disk<enter><enter>");
    model
}

const DISK: &str = "
schemaVersion: '2.2'
parameters:
  limit: {type: String, default: '{{ssm:/ops/limit}}'}
  token: {type: String, default: '{{ ssm:/ops/token }}'}
mainSteps:
- {name: look, action: 'aws:runShellScript', inputs: {runCommand: ['echo {{limit}}']}}
";

#[test]
fn a_command_document_on_production_wants_its_word_here_as_on_a_command_line() {
    let mut model = command_opened("prod", DISK);
    press(&mut model, "jj<enter>web-9<enter>s");
    if matches!(
        model.overlay,
        Some(Overlay::Prompt {
            ask: Ask::RunReason,
            ..
        })
    ) {
        press(&mut model, "INC-1<enter>");
    }
    assert!(matches!(model.overlay, Some(Overlay::Run)));
    assert_eq!(press(&mut model, "<enter>"), []);
    assert_eq!(press(&mut model, "y"), []);
    let is_asked = |model: &Model| {
        matches!(
            model.overlay,
            Some(Overlay::Prompt {
                ask: Ask::RunPhrase,
                ..
            })
        )
    };
    assert!(is_asked(&model));
    assert_eq!(press(&mut model, "yes<enter>"), []);
    assert!(model.notices.last().unwrap().says.contains("another word"));
    assert_eq!(press(&mut model, "y<esc>"), []);
    assert!(matches!(model.overlay, Some(Overlay::Run)));
    let effects = press(&mut model, "yweb-9<enter>");
    assert!(
        matches!(&effects[..], [Effect::Run { given: Some(_), .. }]),
        "{effects:?}"
    );
}

#[test]
fn a_default_that_names_a_parameter_shows_what_stands_there_and_no_secret() {
    let mut model = command_opened("test", DISK);
    press(&mut model, "h");
    let effects = press(&mut model, "<enter>");
    let [Effect::Document(DocumentEffect::Stored { place, names })] = effects.as_slice() else {
        panic!("not asked: {effects:?}");
    };
    assert_eq!(names, &["/ops/limit", "/ops/token"]);
    let mut told = |name: &str, value| {
        let (place, name) = (place.clone(), name.to_owned());
        update(
            &mut model,
            Msg::Document(DocumentMsg::Stored { place, name, value }),
        );
    };
    told("/ops/limit", Ok(Some("42".into())));
    told("/ops/token", Ok(None));
    let screen = painted(120, 30, |area, buf, look: &Look| view(&model, area, buf, look));
    assert!(screen.contains("42  (/ops/limit"), "{screen}");
    assert!(screen.contains("secret, not shown: /ops/token"), "{screen}");
}

#[test]
fn read_only_starts_nothing_and_stops_nothing() {
    let mut model = opened("test");
    model.read_only = true;
    press(&mut model, "<enter><enter><C-u>web-9<enter>");
    assert!(only_logs_refusal(&press(&mut model, "s")));
    assert!(model.notices.last().unwrap().says.contains("read-only"));
    assert!(only_logs_refusal(&press(&mut model, "x")));
    assert!(model.overlay.is_none());
}

#[test]
fn what_waits_is_answered_and_a_stop_is_asked_about() {
    let mut model = opened("test");
    let began = DocumentMsg::Began {
        place: place("us-east-1"),
        id: "run-1".into(),
        document: "Shop-Restart".into(),
    };
    let effects = update(&mut model, Msg::Document(began));
    assert!(matches!(
        &effects[..],
        [Effect::Document(DocumentEffect::Watch { .. })]
    ));
    let see = |model: &mut Model, sight| {
        let id = "run-1".to_owned();
        update(model, Msg::Document(DocumentMsg::Seen { id, sight }))
    };
    see(&mut model, running("aws:approve", Status::Waiting, Mode::Auto));
    assert_eq!(press(&mut model, "n"), [], "an approval is not resumed");
    assert_eq!(press(&mut model, "t"), [], "a step without an id is not stopped");
    let effects = press(&mut model, "Rnot yet<enter>");
    let [Effect::Document(DocumentEffect::Signal { signal, .. })] = effects.as_slice() else {
        panic!("nothing was sent: {effects:?}");
    };
    let comment = "not yet".into();
    assert_eq!(*signal, Signal::Revoke { comment });
    let effects = press(&mut model, "agood<enter>");
    let [Effect::Document(DocumentEffect::Signal { signal, .. })] = effects.as_slice() else {
        panic!("nothing was sent: {effects:?}");
    };
    assert_eq!(
        *signal,
        Signal::Approve {
            comment: "good".into()
        }
    );
    assert_eq!(press(&mut model, "x<enter>"), []);
    let effects = press(&mut model, "y");
    assert!(matches!(
        &effects[..],
        [Effect::Document(DocumentEffect::Stop { completes: false, .. })]
    ));
    see(&mut model, running("aws:approve", Status::Cancelled, Mode::Auto));
    assert_eq!(model.documents.going(), 0);
    assert_eq!(press(&mut model, "a"), []);
    press(&mut model, "<esc><esc><esc>");
    assert_ne!(model.documents.front, Front::Live);
    assert_eq!(model.room, Room::Documents);
}

#[test]
fn the_step_under_the_cursor_is_stopped_after_a_question() {
    let mut model = opened("test");
    let began = DocumentMsg::Began {
        place: place("us-east-1"),
        id: "run-1".into(),
        document: "Shop-Restart".into(),
    };
    update(&mut model, Msg::Document(began));
    let Sight::Seen(seen) = running("aws:executeAwsApi", Status::InProgress, Mode::Interactive) else {
        panic!("not seen");
    };
    let mut seen = Seen::clone(&seen);
    seen.execution.steps[0].id = "s-1".into();
    let id = "run-1".to_owned();
    let sight = Sight::Seen(Arc::new(seen));
    update(&mut model, Msg::Document(DocumentMsg::Seen { id, sight }));
    assert_eq!(
        press(&mut model, "jt"),
        [],
        "what has not begun cannot be stopped"
    );
    assert!(model.overlay.is_none());
    assert_eq!(press(&mut model, "kt<enter>"), []);
    let effects = press(&mut model, "y");
    let [Effect::Document(DocumentEffect::Signal { signal, .. })] = effects.as_slice() else {
        panic!("nothing was sent: {effects:?}");
    };
    let (id, step) = ("s-1".to_owned(), "ask".to_owned());
    assert_eq!(*signal, Signal::StopStep { id, step });
    model.read_only = true;
    assert!(only_logs_refusal(&press(&mut model, "t")));
    assert!(only_logs_refusal(&press(&mut model, "R")));
}

#[test]
fn what_was_seen_stays_while_aws_is_busy() {
    let mut model = opened("test");
    let began = DocumentMsg::Began {
        place: place("us-east-1"),
        id: "run-1".into(),
        document: "Shop-Restart".into(),
    };
    update(&mut model, Msg::Document(began));
    let see = |model: &mut Model, sight| {
        let id = "run-1".to_owned();
        update(model, Msg::Document(DocumentMsg::Seen { id, sight }))
    };
    see(&mut model, running("aws:sleep", Status::InProgress, Mode::Auto));
    see(&mut model, Sight::Old(crate::app::play::failure("us-east-1")));
    let run = model.documents.run().unwrap();
    assert!(run.trouble.is_some() && run.execution().is_some());
    see(&mut model, Sight::Again);
    assert!(model.documents.run().unwrap().trouble.is_none());
}
