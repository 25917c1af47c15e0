//! Runs by their keys: what a user chooses, what is asked before, what comes back.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::app::play::{model, named_node, node, only_logs_refusal, press};
use crate::app::{Ask, Effect, Model, Msg, Overlay, Room, RunId, update};
use crate::fanout::{Event, Limits, Outcome};
use crate::fleet::Batch;

use super::Stand;

fn outcome(id: &str, status: &str, code: i32, stdout: &str, stderr: &str) -> Event {
    let at = |second| Timestamp::from_second(second).ok();
    Event::Over(Box::new(Outcome {
        id: id.into(),
        name: id.into(),
        status: status.into(),
        exit_code: Some(code),
        stdout: stdout.into(),
        stderr: stderr.into(),
        started_at: at(10),
        ended_at: at(12),
        ..Outcome::default()
    }))
}

fn hear(model: &mut Model, events: Vec<Event>) {
    update(
        model,
        Msg::RunHeard {
            run: RunId(1),
            events,
        },
    );
}

fn last_notice(model: &Model) -> &str {
    model.notices.last().map_or("", |notice| &notice.says)
}

fn ids(effects: &[Effect]) -> Vec<&str> {
    match effects {
        [Effect::Run { nodes, .. }] => nodes.iter().map(|node| node.id.0.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

/// A run on both web servers.
fn running() -> Model {
    let mut model = model();
    press(&mut model, "2/web<enter>cuptime<enter><enter>");
    assert_eq!(model.room, Room::Runs);
    model
}

fn names(model: &Model) -> Vec<String> {
    let run = model.fanout.run().unwrap();
    let shown = (0..).map_while(|at| run.target_at(at));
    shown.map(|target| target.node.name.clone()).collect()
}

#[test]
fn marks_outlive_filter_and_refresh_and_go_with_their_node() {
    let mut model = model();
    press(&mut model, "2/web<enter>mm<C-x>");
    assert_eq!(model.fleet.marks(), 2);
    press(&mut model, "r");
    let kept = vec![named_node("i-01", "web-01", "test")];
    update(&mut model, Msg::FleetArrived(Batch::Rows(kept)));
    assert_eq!(model.fleet.marks(), 2, "an older answer's row is still there");
    let done = Batch::Done {
        place: crate::app::play::place("us-east-1"),
        account: String::new(),
        complete: true,
    };
    update(&mut model, Msg::FleetArrived(done));
    assert_eq!(model.fleet.marks(), 1);
    press(&mut model, "u");
    assert_eq!(model.fleet.marks(), 0);
}

#[test]
fn every_shown_node_is_marked_at_once_and_a_failure_never() {
    let mut model = model();
    press(&mut model, "2/web<enter>M<C-x>");
    assert_eq!(model.fleet.marks(), 2);
    press(&mut model, "Gm");
    assert_eq!(
        (model.fleet.marks(), last_notice(&model)),
        (2, "a failure cannot be marked")
    );
}

#[test]
fn a_command_goes_to_the_marked_whatever_the_filter_shows() {
    let mut model = model();
    press(
        &mut model,
        "2/web<enter>mm/<backspace><backspace><backspace>db<enter>",
    );
    let effects = press(&mut model, "cuptime<enter><enter>");
    assert_eq!(ids(&effects), ["i-01", "i-02"]);
}

#[test]
fn without_marks_and_filter_it_is_asked_whether_all_are_meant() {
    let mut model = model();
    press(&mut model, "2c");
    assert!(
        matches!(&model.overlay, Some(Overlay::Confirm { question, grave: true, .. }) if question[0].contains("all 4 instances")),
        "{:?}",
        model.overlay
    );
    press(&mut model, "<enter>y");
    assert!(matches!(
        &model.overlay,
        Some(Overlay::Prompt { ask: Ask::Run, .. })
    ));
}

#[test]
fn production_wants_a_reason_and_a_y_and_what_was_typed_can_be_changed() {
    let mut model = model();
    press(&mut model, "2/db<enter>cuptime<enter>");
    assert!(matches!(
        &model.overlay,
        Some(Overlay::Prompt {
            ask: Ask::RunReason,
            ..
        })
    ));
    press(&mut model, " <enter>");
    assert_eq!(last_notice(&model), "a reason is wanted for these instances");
    press(&mut model, "INC-7<enter>");
    assert!(matches!(&model.overlay, Some(Overlay::Run)));
    assert_eq!(
        press(&mut model, "<enter>"),
        [],
        "enter is no answer to a grave question"
    );
    press(&mut model, "e -p<enter>");
    let effects = press(&mut model, "y");
    let [Effect::Run { text, reason, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((text.as_str(), reason.as_str()), ("uptime -p", "INC-7"));
}

#[test]
fn limits_are_typed_in_the_preview_checked_and_sent() {
    let mut model = model();
    press(&mut model, "2/web<enter>cuptime<enter>");
    press(&mut model, "c0<enter>");
    assert_eq!(last_notice(&model), "0 would run it nowhere");
    press(&mut model, "<backspace>25%<enter>f3<enter>t<C-u>9m<enter>");
    assert!(last_notice(&model).starts_with("expected seconds"));
    press(&mut model, "<C-u>90<enter>winventory<enter>");
    assert!(
        matches!(&model.overlay, Some(Overlay::Run)),
        "{:?}",
        model.overlay
    );
    let effects = press(&mut model, "<enter>");
    let [Effect::Run { limits, reason, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    let wanted = Limits {
        concurrency: Some("25%".into()),
        errors: Some("3".into()),
        lasts_seconds: 90,
    };
    assert_eq!((limits, reason.as_str()), (&wanted, "inventory"));
    hear(&mut model, vec![outcome("i-02", "Failed", 1, "", "no\n")]);
    update(&mut model, Msg::RunEnded(RunId(1)));
    press(&mut model, "R");
    let effects = press(&mut model, "<enter>");
    let [Effect::Run { limits, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*limits, wanted, "the same again");
}

#[test]
fn escape_from_a_field_leaves_it_and_keeps_the_draft() {
    for field in ["e -x<esc>", "wfor fun<esc>", "c5<esc>", "f5<esc>", "t5<esc>"] {
        let mut model = model();
        press(&mut model, "2/web<enter>cuptime<enter>");
        press(&mut model, field);
        let effects = press(&mut model, "<enter>");
        let [
            Effect::Run {
                text, reason, limits, ..
            },
        ] = &effects[..]
        else {
            panic!("{field}: {effects:?}")
        };
        assert_eq!(
            (text.as_str(), reason.as_str(), limits),
            ("uptime", "", &Limits::default())
        );
    }
}

#[test]
fn nothing_is_run_where_it_is_not_wanted() {
    for keys in ["c<esc>", "c<enter>", "cuptime<enter>n", "cuptime<enter><esc>"] {
        let mut model = model();
        press(&mut model, "2/web<enter>");
        assert_eq!(press(&mut model, keys), [], "{keys}");
        assert_eq!(
            (last_notice(&model), model.fanout.runs.len()),
            ("nothing was run", 0),
            "{keys}"
        );
    }
}

#[test]
fn a_reader_runs_nothing_whatever_way_it_came() {
    for keys in [
        "c",
        ":fanout.open<enter>",
        "8R",
        "8:run.again<enter>",
        "8:run.cancel<enter>",
    ] {
        let mut model = model();
        model.read_only = true;
        press(&mut model, "2/web<enter>");
        assert!(only_logs_refusal(&press(&mut model, keys)), "{keys}");
        assert!(
            last_notice(&model).contains("read-only"),
            "{keys}: {}",
            last_notice(&model)
        );
    }
}

#[test]
fn machines_that_rest_are_left_out_and_some_agent_must_be_online() {
    let mut model = model();
    let mut resting = node("i-01", BTreeMap::from([("Name".into(), "web-01".into())]));
    resting.state = Some("stopped".into());
    let mut lost = node("i-02", BTreeMap::from([("Name".into(), "web-02".into())]));
    lost.ping = Some("ConnectionLost".into());
    update(
        &mut model,
        Msg::FleetArrived(Batch::Rows(vec![resting, lost.clone()])),
    );
    press(&mut model, "2/web<enter>c");
    assert_eq!(last_notice(&model), "no agent is online on any of 2 instances");
    lost.ping = Some("Online".into());
    update(&mut model, Msg::FleetArrived(Batch::Rows(vec![lost])));
    assert_eq!(ids(&press(&mut model, "cuptime<enter><enter>")), ["i-02"]);
}

#[test]
fn what_was_typed_comes_back_with_the_arrow() {
    let mut model = running();
    press(&mut model, "2c<C-p><enter>");
    assert_eq!(ids(&press(&mut model, "<enter>")).len(), 2);
    assert_eq!(model.fanout.runs[0].text, "uptime");
}

#[test]
fn failures_come_first_and_the_cursor_stays_on_its_instance() {
    let mut model = running();
    assert_eq!(names(&model), ["web-01", "web-02"]);
    press(&mut model, "k");
    hear(
        &mut model,
        vec![Event::Changed {
            node: "i-02".into(),
            status: "InProgress".into(),
        }],
    );
    assert_eq!(names(&model), ["web-02", "web-01"]);
    hear(
        &mut model,
        vec![outcome("i-01", "Failed", 3, "on\n", "no such unit\n\n")],
    );
    assert_eq!(names(&model), ["web-01", "web-02"]);
    let run = model.fanout.run().unwrap();
    assert_eq!((run.over(), run.failed(), run.is_going()), (1, 1, true));
    let target = run.target_at(0).unwrap();
    assert_eq!(
        (
            target.last_line().as_str(),
            target.took(model.now).unwrap().as_secs()
        ),
        ("no such unit", 2)
    );
}

#[test]
fn an_end_is_told_and_who_was_never_heard_of_is_unknown() {
    let mut model = running();
    hear(&mut model, vec![outcome("i-01", "Success", 0, "ok\n", "")]);
    assert_eq!(
        update(&mut model, Msg::RunEnded(RunId(1))),
        [Effect::ListRecordings]
    );
    assert_eq!(last_notice(&model), "1 of 2 did not succeed: uptime");
    let run = model.fanout.run().unwrap();
    assert_eq!(
        (run.count(Stand::Good), run.count(Stand::Failed), run.is_going()),
        (1, 1, false)
    );
    assert_eq!(
        update(&mut model, Msg::RunEnded(RunId(9))),
        [],
        "a run that is gone is dropped"
    );
}

#[test]
fn a_run_that_was_refused_is_over_and_says_why() {
    let mut model = running();
    let refused = Msg::RunRefused {
        run: RunId(1),
        says: "the disk is full".into(),
        hint: "free some space".into(),
    };
    update(&mut model, refused);
    let run = model.fanout.run().unwrap();
    assert!(!run.is_going() && run.failed() == 2);
    assert_eq!(run.target_at(0).unwrap().last_line(), "the disk is full");
}

#[test]
fn cancelling_asks_and_is_possible_while_it_goes_only() {
    let mut model = running();
    assert_eq!(
        press(&mut model, "x<enter>"),
        [],
        "enter is no answer to a grave question"
    );
    assert_eq!(press(&mut model, "y"), [Effect::CancelRun(RunId(1))]);
    update(&mut model, Msg::RunEnded(RunId(1)));
    assert_eq!(press(&mut model, "x"), []);
    assert_eq!(last_notice(&model), "it is over already");
}

#[test]
fn it_is_run_again_where_it_failed_on_the_instances_as_they_are_now() {
    let mut model = running();
    hear(
        &mut model,
        vec![
            outcome("i-01", "Success", 0, "ok\n", ""),
            outcome("i-02", "Failed", 1, "", "no\n"),
        ],
    );
    update(&mut model, Msg::RunEnded(RunId(1)));
    let mut moved = named_node("i-02", "web-02", "test");
    moved.private_ip = Some("10.9.9.9".into());
    update(&mut model, Msg::FleetArrived(Batch::Rows(vec![moved])));
    press(&mut model, "R");
    let effects = press(&mut model, "<enter>");
    let [Effect::Run { run, nodes, text, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((*run, nodes.len(), text.as_str()), (RunId(2), 1, "uptime"));
    assert_eq!(nodes[0].private_ip.as_deref(), Some("10.9.9.9"));
}

#[test]
fn an_output_is_read_searched_and_copied_and_escape_goes_back_out() {
    let mut model = running();
    let lines: String = (0..100).map(|line| format!("line {line}\n")).collect();
    hear(
        &mut model,
        vec![outcome("i-01", "Failed", 1, &lines, "Kernel PANIC\n")],
    );
    press(&mut model, "g<C-d>");
    press(&mut model, "k<enter>");
    assert!(model.fanout.is_reading());
    press(&mut model, "/panic<enter>n");
    assert_eq!(model.fanout.filter(), "panic");
    assert_eq!(press(&mut model, "y"), [Effect::Copy(lines + "Kernel PANIC\n")]);
    press(&mut model, "<esc>");
    assert!(!model.fanout.is_reading() && model.fanout.is_inside());
    press(&mut model, "<esc>");
    assert!(!model.fanout.is_inside() && model.room == Room::Runs);
    press(&mut model, "<esc>");
    assert_eq!(model.room, Room::Fleet);
}

#[test]
fn a_shell_is_one_key_from_a_result() {
    let mut model = running();
    let effects = press(&mut model, "s");
    assert!(
        matches!(&effects[..], [Effect::Open { node, .. }] if node.id.0 == "i-01"),
        "{effects:?}"
    );
}

#[test]
fn leaving_asks_while_a_run_goes_and_only_then_has_the_panel_a_clock() {
    let mut model = running();
    assert!(model.shows_time());
    assert_eq!(press(&mut model, "q"), []);
    assert!(
        matches!(&model.overlay, Some(Overlay::Confirm { question, grave: true, .. }) if question[0].starts_with("1 run is going")),
        "{:?}",
        model.overlay
    );
    press(&mut model, "n1");
    assert!(
        model.notice_for == 0 && !model.shows_time(),
        "elsewhere nothing moves"
    );
    update(&mut model, Msg::RunEnded(RunId(1)));
    assert_eq!(press(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn instances_of_a_run_are_filtered_by_what_they_said() {
    let mut model = running();
    hear(
        &mut model,
        vec![
            outcome("i-01", "Success", 0, "load 0.1\n", ""),
            outcome("i-02", "Success", 0, "load 9.7\n", ""),
        ],
    );
    press(&mut model, "/9.7");
    assert_eq!(names(&model), ["web-02"]);
    press(&mut model, "<esc>oO");
    assert_eq!(names(&model), ["web-02", "web-01"]);
}
