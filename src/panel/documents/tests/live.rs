//! An automation in front: its children, where it runs, the keys that do something, what production asks.

use super::*;
use crate::aws::ExecutionRow;

/// An automation of Shop-Restart in front, of which AWS has told its id alone.
fn started(env: &str) -> Model {
    let mut model = opened(env);
    let began = DocumentMsg::Began {
        place: place("us-east-1"),
        id: "run-1".into(),
        document: "Shop-Restart".into(),
    };
    update(&mut model, Msg::Document(began));
    model
}

/// The same as it is seen now.
fn followed(env: &str, seen: Seen) -> Model {
    let mut model = started(env);
    see(&mut model, seen);
    model
}

fn see(model: &mut Model, seen: Seen) {
    let (id, sight) = ("run-1".to_owned(), Sight::Seen(Arc::new(seen)));
    update(model, Msg::Document(DocumentMsg::Seen { id, sight }));
}

fn step(name: &str, action: &str, status: Status) -> StepRun {
    StepRun {
        name: name.into(),
        action: action.into(),
        status,
        started_at: Some(jiff::Timestamp::UNIX_EPOCH),
        ..StepRun::default()
    }
}

fn seen(steps: Vec<StepRun>, status: Status) -> Seen {
    Seen {
        execution: Execution {
            id: "run-1".into(),
            document: "Shop-Restart".into(),
            version: "1".into(),
            status,
            steps,
            ..Execution::default()
        },
        ..Seen::default()
    }
}

fn child(id: &str, status: Status) -> ExecutionRow {
    ExecutionRow {
        id: id.into(),
        document: "Shop-Child".into(),
        status,
        current_step: Some("agree".into()),
        ..ExecutionRow::default()
    }
}

fn screen(model: &Model, width: u16) -> String {
    painted(width, 20, |area, buf, look| view(model, area, buf, look))
}

fn footer(model: &Model) -> String {
    painted(160, 1, |area, buf, look| {
        crate::panel::status::view(model, area, buf, look)
    })
}

#[test]
fn a_child_that_waits_is_told_on_its_parent_and_enter_opens_it() {
    let mut go = step("go", "aws:executeAutomation", Status::InProgress);
    go.outputs.insert("ExecutionId".into(), vec!["run-2".into()]);
    let begun = |status| Seen {
        begun: vec![child("run-2", status)],
        ..seen(vec![go.clone()], Status::InProgress)
    };
    let mut model = followed("test", begun(Status::InProgress));
    assert!(!screen(&model, 100).contains("waits for you"));
    see(&mut model, begun(Status::Waiting));
    let says = "Shop-Child (go) waits for a person at agree";
    let shown = screen(&model, 100);
    assert!(
        shown.contains(says) && shown.contains("enter opens it"),
        "{shown}"
    );
    let notice = &model.notices.last().unwrap().says;
    assert_eq!(notice, &format!("Shop-Restart: {says}"));
    let parent = model.documents.live.clone();
    let effects = press(&mut model, "<enter>");
    let [Effect::Document(DocumentEffect::Watch { id, place: at })] = effects.as_slice() else {
        panic!("the child was not opened: {effects:?}");
    };
    assert_eq!((id.as_str(), at), ("run-2", &place("us-east-1")));
    // Back is where one came from, and then the list.
    press(&mut model, "h");
    assert_eq!(
        (model.documents.front, &model.documents.live),
        (Front::Live, &parent)
    );
    press(&mut model, "h");
    assert_eq!(model.documents.front, Front::Runs);
}

#[test]
fn what_was_sent_to_several_places_is_called_by_them_and_opened_there() {
    let mut elsewhere = step("Location", "aws:executeAutomation", Status::InProgress);
    elsewhere
        .outputs
        .insert("ExecutionId".into(), vec!["run-2".into()]);
    elsewhere.account = Some("613489207754".into());
    elsewhere.region = Some("eu-west-1".into());
    let untold = child("run-3", Status::InProgress);
    let told = Seen {
        children: vec![child("run-2", Status::InProgress), untold],
        ..seen(vec![elsewhere.clone()], Status::InProgress)
    };
    assert_eq!(
        told.called(&told.children[0]).as_deref(),
        Some("613489207754 eu-west-1")
    );
    let mut model = followed("test", told);
    let shown = screen(&model, 100);
    assert!(shown.contains("Location") && shown.contains("run-3"), "{shown}");
    // Among the outputs of its step, which is its line.
    assert_eq!(shown.matches("run-2").count(), 1, "{shown}");
    let effects = press(&mut model, "gg<enter>");
    let [Effect::Document(DocumentEffect::Watch { id, place: at })] = effects.as_slice() else {
        panic!("the child was not opened: {effects:?}");
    };
    assert_eq!((id.as_str(), at), ("run-2", &place("eu-west-1")));
    elsewhere.account = Some("111122223333".into());
    let mut model = followed("test", seen(vec![elsewhere], Status::InProgress));
    assert_eq!(press(&mut model, "<enter>"), []);
    let says = &model.notices.last().unwrap().says;
    assert!(
        says.contains("111122223333 is the account of no profile"),
        "{says}"
    );
}

#[test]
fn only_keys_that_do_something_stand_in_the_footer() {
    let ask = |status: Status| seen(vec![step("ask", "aws:approve", status.clone())], status);
    let mut model = followed("test", ask(Status::Waiting));
    model.notice_for = 0;
    let shown = footer(&model);
    for wanted in ["approve", "reject", "cancel", "back"] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    assert!(
        !shown.contains("go on") && !shown.contains("stop the step"),
        "{shown}"
    );
    see(&mut model, ask(Status::Success));
    model.notice_for = 0;
    let shown = footer(&model);
    assert!(
        shown.contains("output, child") && shown.contains("back"),
        "{shown}"
    );
    for none in ["approve", "reject", "cancel", "go on"] {
        assert!(!shown.contains(none), "{none}: {shown}");
    }
}

#[test]
fn where_it_runs_is_told_on_a_narrow_screen_as_well() {
    let mut model = followed("test", seen(Vec::new(), Status::InProgress));
    // Other places have documents, and nothing runs there.
    let mut far = body("Shop-Far", RESTART);
    far.listed.place = place("ap-northeast-2");
    model.documents.bodies.push(far);
    for width in [80, 160] {
        let shown = screen(&model, width);
        let is_whole = |line: &str| line.contains("Shop-Restart") && line.contains("us-east-1");
        assert!(shown.lines().any(is_whole), "{width}: {shown}");
    }
}

#[test]
fn what_goes_on_in_production_is_asked_about_and_told_strictly() {
    let paused = |id: &str| {
        let mut paused = seen(vec![step("wait", "aws:pause", Status::Waiting)], Status::Waiting);
        paused
            .execution
            .parameters
            .insert("InstanceId".into(), vec![id.into()]);
        paused
    };
    let known = "i-0123456789abcdef0";
    let mut model = followed("test", paused(known));
    let sent = |effects: &[Effect]| match effects {
        [Effect::Document(DocumentEffect::Signal { is_strict, .. })] => Some(*is_strict),
        _ => None,
    };
    assert_eq!(sent(&press(&mut model, "n")), Some(false));
    for (env, id) in [("prod", known), ("test", "i-0fffffffffffffff0")] {
        let mut model = followed(env, paused(id));
        assert_eq!(press(&mut model, "n<enter>"), [], "{env} {id}");
        assert!(matches!(
            &model.overlay,
            Some(Overlay::Confirm { grave: true, .. })
        ));
        assert_eq!(sent(&press(&mut model, "y")), Some(true), "{env} {id}");
    }
}

#[test]
fn steps_are_shown_though_what_they_began_cannot_be_listed() {
    let go = step("go", "aws:executeAutomation", Status::InProgress);
    let unlisted = Some(crate::app::play::failure("us-east-1"));
    let model = followed(
        "test",
        Seen {
            unlisted,
            ..seen(vec![go], Status::InProgress)
        },
    );
    let shown = screen(&model, 120);
    for wanted in [
        "what it has begun cannot be listed",
        "aws sso login",
        "aws:executeAutomation",
    ] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
}

#[test]
fn what_aws_took_is_begun_though_it_does_not_tell_how_it_stands() {
    let mut model = started("test");
    let says = &model.notices.last().unwrap().says;
    assert_eq!(says, "Shop-Restart is begun: run-1");
    let sight = Sight::Old(crate::app::play::failure("us-east-1"));
    let id = "run-1".to_owned();
    update(&mut model, Msg::Document(DocumentMsg::Seen { id, sight }));
    let untold = "begun, run-1; how it stands is not known yet: the credentials have expired";
    let says = &model.notices.last().unwrap().says;
    assert_eq!(says, &format!("Shop-Restart: {untold}"));
    let shown = screen(&model, 160);
    assert!(shown.contains(untold), "{shown}");
    for width in [80, 160] {
        let shown = screen(&model, width);
        let head = "Shop-Restart  begun; how it stands is not known yet";
        assert!(shown.contains(head), "{width}: {shown}");
        for none in ["not begun", "never seen"] {
            assert!(!shown.contains(none), "{none}: {shown}");
        }
    }
    press(&mut model, "h");
    assert_eq!((model.documents.front, model.documents.going()), (Front::Runs, 1));
    let shown = screen(&model, 100);
    let row = "… Shop-Restart  begun; how it stands is not known yet";
    assert!(shown.contains(row) && !shown.contains("not begun"), "{shown}");
    // What AWS tells later holds, be it that it is still to begin.
    press(&mut model, "<enter>");
    see(&mut model, seen(Vec::new(), Status::Pending));
    let shown = screen(&model, 100);
    assert!(shown.contains("Shop-Restart  not begun"), "{shown}");
}

#[test]
fn a_stop_that_aws_took_is_told_until_it_is_over() {
    let mut model = started("test");
    assert_eq!(press(&mut model, "x<enter>"), []);
    let effects = press(&mut model, "y");
    let [Effect::Document(DocumentEffect::Stop { id, completes, .. })] = effects.as_slice() else {
        panic!("nothing was stopped: {effects:?}");
    };
    let (id, completes) = (id.clone(), *completes);
    assert!(
        !screen(&model, 160).contains("stop was sent"),
        "AWS took it not yet"
    );
    update(&mut model, Msg::Document(DocumentMsg::Stopped { id, completes }));
    let says = &model.notices.last().unwrap().says;
    assert_eq!(says, "Shop-Restart: stop was sent");
    assert!(footer(&model).contains(says), "{}", footer(&model));
    let shown = screen(&model, 160);
    let head = "Shop-Restart  stop was sent; how it stands is not known yet";
    assert!(shown.contains(head), "{shown}");
    see(&mut model, seen(Vec::new(), Status::InProgress));
    let shown = screen(&model, 160);
    assert!(shown.contains("Shop-Restart  running  stop was sent"), "{shown}");
    see(&mut model, seen(Vec::new(), Status::Cancelled));
    let shown = screen(&model, 160);
    assert!(!shown.contains("stop was sent"), "{shown}");
}
