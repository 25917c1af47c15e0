//! What is told before a run, where it depends on the machine.

use std::path::Path;
use std::sync::LazyLock;

use super::super::record::{Outcome, Record};
use super::*;

const PAGE: &str = "```sh {name=get capture=MODE}\nmode\n```\n\n```sh {name=go when=\"MODE == fast\" confirm=enter}\ntouch x\n```\n\n```sh {name=here on=local when=\"MODE != fast\" confirm=none}\nls $MODE\n```\n";

fn machine(id: &str) -> Target {
    let mut target = Target::local();
    (target.machine.id, target.machine.name) = (id.into(), format!("web-{id}"));
    target
}

/// A run in which `get` is over on both machines; a value of `None` was not kept.
fn before(values: [(&str, Option<&str>); 2]) -> State {
    let mut state = State::default();
    for (target, value) in values {
        state.hear(&Record::Valued {
            name: "MODE".into(),
            source: "captured".into(),
            value: Some(value.unwrap_or("[redacted]").into()),
            target: Some(target.into()),
            covered: value.is_none(),
            step: Some("get".into()),
        });
        state.hear(&Record::Ended {
            step: "get".into(),
            target: target.into(),
            attempt: 1,
            outcome: Outcome::Success,
            exit: Some(0),
            lasted_us: 5,
            output: None,
            spot: None,
            says: String::new(),
        });
    }
    state
}

/// The whole page there, of which nothing has run.
fn scene<'a>(plan: &'a Plan, targets: &'a [Target]) -> Scene<'a> {
    static NAMED: BTreeMap<String, Vec<Target>> = BTreeMap::new();
    static PRODUCTION: BTreeSet<String> = BTreeSet::new();
    static FLEET: LazyLock<Fleet> = LazyLock::new(Fleet::default);
    Scene {
        plan,
        targets,
        named: &NAMED,
        values: Values::new(),
        before: None,
        facts: Values::new(),
        production: &PRODUCTION,
        only: None,
        from: None,
        looks_only: false,
        tabs: &[],
        fleet: &FLEET,
        home: None,
        profile: None,
    }
}

fn previews(before: Option<&State>) -> Vec<Preview> {
    let plan = Plan::parse(Path::new("p.md"), "p.md", PAGE).unwrap();
    let both = [machine("i-1"), machine("i-2")];
    let scene = Scene {
        before,
        ..scene(&plan, &both)
    };
    scene.preview()
}

fn ids(preview: &Preview) -> Vec<&str> {
    preview.targets.iter().map(|placed| &*placed.id).collect()
}

#[test]
fn a_condition_is_told_machine_by_machine() {
    for (values, wanted) in [
        ([("i-1", Some("slow")), ("i-2", Some("fast"))], ["i-2"]),
        ([("i-1", Some("fast")), ("i-2", Some("slow"))], ["i-1"]),
    ] {
        let all = previews(Some(&before(values)));
        let [_, go, here] = &all[..] else {
            panic!("{all:?}")
        };
        assert_eq!((ids(go), &go.left_out), (wanted.to_vec(), &None));
        assert_eq!(go.left_out_on.len(), 1);
        // Which of both is meant here nobody has said.
        assert!(here.left_out.is_none());
        assert!(
            here.blocked.as_ref().unwrap().contains("several machines"),
            "{here:?}"
        );
    }
    let all = previews(Some(&before([("i-1", Some("slow")), ("i-2", Some("slow"))])));
    assert_eq!(all[1].left_out.as_deref(), Some("it is for MODE == \"fast\""));
    assert_eq!((ids(&all[1]).len(), &all[2].blocked), (2, &None));
}

#[test]
fn a_value_that_was_not_kept_is_no_reason_to_leave_a_step_out() {
    let all = previews(Some(&before([("i-1", Some("slow")), ("i-2", None)])));
    assert_eq!((ids(&all[1]), &all[1].left_out), (vec!["i-2"], &None));
    assert!(all[1].blocked.is_some() && all[2].blocked.is_some());
    // One and the same step got it, and nothing gets it again.
    let lost = previews(Some(&before([("i-1", None), ("i-2", None)])));
    assert!(lost[1].blocked.is_some(), "{:?}", lost[1]);
}

#[test]
fn what_a_step_is_still_to_capture_decides_nothing_yet() {
    let all = previews(None);
    assert_eq!((ids(&all[1]).len(), &all[1].left_out), (2, &None));
    assert_eq!((&all[1].blocked, &all[2].blocked), (&None, &None));
}

#[test]
fn what_runs_here_is_told_as_much_production_as_the_machines_that_it_is_about() {
    let plan = Plan::parse(Path::new("p.md"), "p.md", "```sh {on=local}\ntouch x\n```\n").unwrap();
    for is in [true, false] {
        let mut web = machine("i-1");
        web.machine.production = is;
        let targets = [web];
        assert_eq!(scene(&plan, &targets).preview()[0].targets[0].production, is);
    }
}
