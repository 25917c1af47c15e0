//! Alarms by their keys and their answers: what is asked of the world, what is drawn, and what is not drawn anew.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, ToSpan};

use super::*;
use crate::alarm::past::{Episode, Fix, Kind, Why};
use crate::alarm::{Batch, Saved, State, Wanted};
use crate::app::play::{failure, model, named_node, only_logs_refusal, place, press};
use crate::app::{DocumentEffect, Effect, Model, Msg, Overlay, Room, update};
use crate::fleet;
use crate::runbook::{Library, Page};
use crate::ui::Look;
use crate::ui::tests::painted;

const WEB: &str = "i-0123456789abcdef0";

fn now() -> Timestamp {
    "2026-11-21T20:00:00Z".parse().unwrap()
}

fn alarm(name: &str, minutes: i64) -> Alarm {
    Alarm {
        name: name.into(),
        arn: format!("arn:aws:cloudwatch:us-east-1:613489207754:alarm:{name}"),
        account: "613489207754".into(),
        profile: "shop".into(),
        region: "us-east-1".into(),
        state: State::Alarm,
        since: now().checked_sub(minutes.minutes()).ok(),
        reason: "Threshold Crossed: 3 datapoints were greater than the threshold (50.0)".into(),
        metric: Some("HTTPCode_Target_5XX_Count".into()),
        ..Alarm::default()
    }
}

fn on_web(name: &str) -> Alarm {
    Alarm {
        dimensions: BTreeMap::from([("InstanceId".to_owned(), WEB.to_owned())]),
        metric: Some("CPUUtilization".into()),
        ..alarm(name, 5)
    }
}

fn library(pages: &[(&str, &str)]) -> Library {
    let page = |(name, text): &(&str, &str)| Arc::new(Page::parse(&PathBuf::from(name), name, text));
    Library {
        pages: pages.iter().map(page).collect(),
        ..Library::default()
    }
}

fn arrive(model: &mut Model, rows: Vec<Alarm>) -> Vec<Effect> {
    update(model, Msg::AlarmsArrived(Batch::Rows(rows)));
    let done = Batch::Done {
        place: place("us-east-1"),
        complete: true,
    };
    update(model, Msg::AlarmsArrived(done));
    update(model, Msg::AlarmsEnded)
}

/// Home with these alarms; web-09 is the machine of [`on_web`].
fn home(rows: Vec<Alarm>, pages: &[(&str, &str)]) -> Model {
    let mut model = model();
    model.now = now();
    let web = named_node(WEB, "web-09", "test");
    update(&mut model, Msg::FleetArrived(fleet::Batch::Rows(vec![web])));
    update(&mut model, Msg::RunbooksScanned(Box::new(library(pages))));
    arrive(&mut model, rows);
    model
}

fn screen(model: &Model, width: u16, height: u16) -> String {
    painted(width, height, |area, buf, look: &Look| {
        crate::panel::home::view(model, area, buf, look);
    })
}

const CPU: &str = "---\nalarms: [\"web-cpu*\"]\nvars:\n  NODE: {from: target.instance_id}\n---\n# Busy processors\n\n```sh\necho $NODE <instance-name>\n```\n";

#[test]
fn enter_opens_the_runbook_that_answers_with_its_values_in_place() {
    let mut model = home(
        vec![on_web("web-cpu-high")],
        &[("cpu.md", CPU), ("x.md", "# Other\n")],
    );
    press(&mut model, "<enter>");
    assert_eq!(model.room, Room::Runbooks);
    let page = model.runbooks.page().unwrap();
    assert_eq!(page.name, "cpu.md");
    let led = model.alarms.led_to(&page.path).unwrap();
    assert_eq!(led.node.as_ref().unwrap().name, "web-09");
    press(&mut model, "R");
    let effects = press(&mut model, "y");
    let Some(Effect::CarryOut { led: Some(led), .. }) = effects.first() else {
        panic!("{effects:?}")
    };
    assert_eq!(led.alarm.name, "web-cpu-high");
}

#[test]
fn where_several_runbooks_answer_as_well_one_is_chosen() {
    let pages = [
        ("a.md", "---\nalarms: [\"web-*\"]\n---\n# First\n"),
        ("b.md", "---\nalarms: [\"web-*\"]\n---\n# Second\n"),
    ];
    let mut model = home(vec![alarm("web-5xx", 3)], &pages);
    press(&mut model, "<enter>");
    assert!(matches!(model.overlay, Some(Overlay::Alarm(_))));
    press(&mut model, "j<enter>");
    assert_eq!(model.runbooks.page().unwrap().name, "b.md");
    let mut model = home(vec![alarm("zebra", 3)], &pages);
    press(&mut model, "<enter>");
    assert!(
        model
            .notices
            .last()
            .unwrap()
            .says
            .contains("no runbook answers zebra")
    );
}

#[test]
fn a_linked_runbook_that_is_not_there_is_told_whatever_else_answers() {
    let linked = Alarm {
        description: Some("Runbook: https://x.org/ops/pay-5xx.md".into()),
        ..alarm("web-5xx", 3)
    };
    let pages = [("a.md", "---\nalarms: [\"web-*\"]\n---\n# First\n")];
    let told = |pages: &[(&str, &str)]| {
        let mut model = home(vec![linked.clone()], pages);
        press(&mut model, "<enter>");
        let says = model.notices.last().map(|notice| notice.says.clone());
        (model.room, says.unwrap_or_default())
    };
    for (pages, room) in [(&pages[..], Room::Runbooks), (&pages[..0], Room::Home)] {
        let (at, says) = told(pages);
        assert_eq!(at, room);
        assert!(
            says.ends_with("not in your library: https://x.org/ops/pay-5xx.md"),
            "{says}"
        );
    }
}

#[test]
fn a_shell_is_opened_on_the_instance_of_the_alarm_and_nowhere_else() {
    let mut model = home(vec![on_web("web-cpu-high")], &[]);
    let effects = press(&mut model, "s");
    assert!(matches!(&effects[..], [Effect::Open { node, .. }] if node.name == "web-09"));
    model.read_only = true;
    assert!(only_logs_refusal(&press(&mut model, "s")));
    let mut model = home(vec![alarm("alb-5xx", 1)], &[]);
    assert!(press(&mut model, "s").is_empty());
    assert!(model.notices.last().unwrap().says.contains("names no instance"));
}

#[test]
fn what_a_silent_region_told_before_stays_and_what_stopped_burning_goes() {
    let mut model = home(vec![alarm("stays", 5), alarm("goes", 6)], &[]);
    update(&mut model, Msg::Due);
    assert_eq!(model.alarms.burning(), 2);
    press(&mut model, "r");
    update(
        &mut model,
        Msg::AlarmsArrived(Batch::Failed(failure("us-east-1"))),
    );
    update(&mut model, Msg::AlarmsEnded);
    assert_eq!(model.alarms.burning(), 2);
    assert!(screen(&model, 120, 30).contains("the credentials have expired"));
    press(&mut model, "r");
    arrive(&mut model, vec![alarm("stays", 5)]);
    assert_eq!(model.alarms.burning(), 1);
}

#[test]
fn who_may_not_ask_what_is_muted_is_told_in_a_word_and_has_no_failure() {
    let mut model = home(vec![alarm("burns", 5)], &[]);
    update(&mut model, Msg::AlarmsArrived(Batch::Unmuted(place("us-east-1"))));
    assert!(model.alarms.failures.is_empty());
    assert!(screen(&model, 120, 30).contains("mute rules not readable"));
    press(&mut model, "r");
    arrive(&mut model, vec![alarm("burns", 5)]);
    assert!(!screen(&model, 120, 30).contains("mute rules"));
}

#[test]
fn they_are_asked_for_every_minute_while_in_sight_and_an_equal_answer_draws_nothing() {
    let known = Alarm {
        flaps: Some(4),
        ..alarm("web-5xx", 5)
    };
    let mut model = home(vec![known], &[]);
    press(&mut model, "r");
    arrive(&mut model, vec![alarm("web-5xx", 5)]);
    let due_at = model.alarms_due_at().unwrap();
    assert_eq!(due_at, now().checked_add(1.minutes()).unwrap());
    assert!(update(&mut model, Msg::Due).is_empty());
    model.now = due_at;
    let asked = update(&mut model, Msg::Due);
    let waiting = Effect::Document(DocumentEffect::Executions);
    assert_eq!(asked, [Effect::FetchAlarms(Wanted::Burning), waiting]);
    assert_eq!(model.alarms_due_at(), None);
    let answer = [
        Msg::AlarmsArrived(Batch::Rows(vec![alarm("web-5xx", 5)])),
        Msg::AlarmsEnded,
        Msg::Finished(crate::app::Key::Alarms),
    ];
    model.busy.clear();
    for msg in answer {
        let says = format!("{msg:?}");
        assert!(update(&mut model, msg).is_empty(), "{says}");
        assert!(model.unchanged, "{says}");
    }
    // What was learned late is not forgotten by the next list.
    assert!(screen(&model, 120, 30).contains("flapping"));
    press(&mut model, "2");
    assert_eq!(model.alarms_due_at(), None);
}

#[test]
fn the_list_of_the_last_time_is_shown_with_its_age_until_a_region_answers() {
    let mut model = model();
    model.now = now();
    let saved = Saved {
        saved_at: now().checked_sub(40.minutes()).unwrap(),
        alarms: vec![alarm("web-5xx", 90)],
    };
    update(&mut model, Msg::AlarmsCached(saved.clone()));
    assert!(screen(&model, 120, 30).contains("as 40m ago"));
    arrive(&mut model, vec![]);
    let shown = screen(&model, 120, 30);
    assert!(shown.contains("nothing burns"), "{shown}");
    update(&mut model, Msg::AlarmsCached(saved));
    assert_eq!(model.alarms.burning(), 0);
}

#[test]
fn all_alarms_have_a_panel_that_filters_and_goes_back_to_what_burns() {
    let quiet = Alarm {
        state: State::Ok,
        ..alarm("quiet-one", 600)
    };
    let mut model = home(vec![alarm("web-5xx", 5)], &[]);
    let effects = press(&mut model, "a");
    assert_eq!(effects, [Effect::FetchAlarms(Wanted::All)]);
    arrive(&mut model, vec![alarm("web-5xx", 5), quiet]);
    let shown = |model: &Model| Ids::len(&model.alarms);
    assert_eq!((model.room, shown(&model)), (Room::Alarms, 2));
    press(&mut model, "/QUIET<enter>");
    assert_eq!(shown(&model), 1);
    press(&mut model, "<esc>a");
    assert_eq!(shown(&model), 1);
    press(&mut model, "<esc>");
    assert_eq!(model.room, Room::Home);
}

#[test]
fn five_thousand_alarms_with_hostile_names_are_shown_in_their_place() {
    let evil = format!("evil\x1b]0;x\x07\u{202e}{}", "가나".repeat(5_000));
    let mut rows: Vec<Alarm> = (0..5_000)
        .map(|nth| alarm(&format!("alarm-{nth}"), nth))
        .collect();
    rows.push(Alarm {
        reason: evil.clone(),
        description: Some(evil.clone()),
        dimensions: BTreeMap::from([(evil.clone(), evil.clone())]),
        ..alarm(&evil, 0)
    });
    let mut model = home(rows, &[]);
    for (width, height) in [(1, 1), (10, 3), (80, 22), (160, 43)] {
        assert!(!screen(&model, width, height).contains(['\x1b', '\x07', '\u{202e}']));
    }
    press(&mut model, "a");
    let panel = painted(160, 43, |area, buf, look| super::view(&model, area, buf, look));
    assert!(!panel.contains(['\x1b', '\x07', '\u{202e}']) && panel.contains("evil"));
    press(&mut model, "h");
    let Some(Overlay::Alarm(over)) = &model.overlay else {
        panic!()
    };
    let over = painted(80, 24, |area, buf, look| super::view_over(over, area, buf, look));
    assert!(!over.contains(['\x1b', '\x07', '\u{202e}']));
}

fn lesson(fix: &str) -> Lesson {
    let episode = Episode {
        kind: Kind::Session,
        id: "r-1".into(),
        title: "payments are slow".into(),
        who: "mara".into(),
        started_at: now().checked_sub(216.hours()).unwrap(),
        lasted_for: Some(Duration::from_secs(720)),
        outcome: "sealed".into(),
        targets: Vec::new(),
        alarms: Vec::new(),
        text: String::new(),
        deeds: Vec::new(),
        path: Some("/r-1.osr".into()),
    };
    let fix = Some(Fix {
        text: fix.into(),
        before_ok: false,
    });
    let answer = Answer {
        path: "pay.md".into(),
        name: "pay.md".into(),
        title: "Payments".into(),
        why: crate::runbook::Why::Linked,
        is_overdue: false,
    };
    Lesson {
        answers: vec![answer],
        past: vec![Recalled {
            episode,
            why: Why::Alarm,
            is_since: false,
            fix,
        }],
    }
}

fn night() -> Model {
    let silenced = Alarm {
        suppressed: Some("its actions are off".into()),
        ..alarm("fleet-hottest-cpu", 700)
    };
    let flapping = Alarm {
        flaps: Some(6),
        ..on_web("web-cpu-warning")
    };
    let composite = Alarm {
        composite: true,
        metric: None,
        dimensions: BTreeMap::from([(
            "LoadBalancer".to_owned(),
            "app/checkout/50dc6c495c0c9188".to_owned(),
        )]),
        ..alarm("payments-customer-impact-critical", 12)
    };
    let korean = Alarm {
        doubt: Some("judged on a part of its data".into()),
        metric: None,
        ..alarm("결제-정산-지연", 33)
    };
    let key = composite.key();
    let mut model = home(vec![silenced, flapping, composite, korean], &[]);
    let lessons = [(key, lesson("systemctl restart payments"))].into();
    update(&mut model, Msg::AlarmsStudied(lessons));
    model
}

#[test]
fn last_time_is_told_and_its_recording_is_one_key_away() {
    let mut model = night();
    assert!(screen(&model, 160, 43).contains("9d ago mara, 12m: systemctl restart payments"));
    let effects = press(&mut model, "h");
    assert!(matches!(&effects[..], [Effect::LookBack(_)]));
    let effects = press(&mut model, "<enter>");
    assert!(matches!(&effects[..], [Effect::Play { path, .. }] if path.ends_with("r-1.osr")));
}

#[test]
fn what_was_done_since_it_went_off_is_marked_and_nothing_is_denied_before_it_was_looked_for() {
    let over = |model: &Model| {
        let Some(Overlay::Alarm(over)) = &model.overlay else {
            panic!()
        };
        painted(120, 24, |area, buf, look| super::view_over(over, area, buf, look))
    };
    let mut model = home(vec![alarm("payments-5xx", 12)], &[]);
    press(&mut model, "h");
    assert!(!over(&model).contains("no run and no session"));
    let key = alarm("payments-5xx", 12).key();
    let told = |recalled: Vec<Recalled>| Msg::AlarmLookedBack {
        key: key.clone(),
        burned: Burned::Asking,
        recalled,
    };
    update(&mut model, told(Vec::new()));
    let seen = over(&model);
    assert!(
        seen.contains("no run and no session") && seen.contains("asking how often"),
        "what is here is told before AWS has answered: {seen}"
    );
    let mut now = lesson("").past;
    now[0].is_since = true;
    now[0].fix = None;
    update(&mut model, told(now));
    let seen = over(&model);
    assert!(
        seen.contains("since it went off, same alarm") && !seen.contains("perhaps fixed"),
        "{seen}"
    );
}

#[test]
fn home_and_the_panel_at_two_widths() {
    let mut model = night();
    for (width, height) in [(80, 22), (160, 43)] {
        insta::assert_snapshot!(format!("home_{width}"), screen(&model, width, height));
    }
    press(&mut model, "a");
    for (width, height) in [(80, 22), (160, 43)] {
        let panel = painted(width, height, |area, buf, look| {
            super::view(&model, area, buf, look)
        });
        insta::assert_snapshot!(format!("panel_{width}"), panel);
    }
}

#[test]
fn what_is_learnt_to_be_worse_moves_to_its_place() {
    let known = |severity: &str| Some(BTreeMap::from([("severity".to_owned(), severity.to_owned())]));
    let young = Alarm {
        tags: known("2"),
        ..alarm("young", 5)
    };
    let mut model = home(vec![young.clone(), alarm("old", 90)], &[]);
    let first_of = |model: &Model| {
        let shown = screen(model, 80, 24);
        shown.find("young") < shown.find("old")
    };
    assert!(first_of(&model));
    let old = Alarm {
        tags: known("1"),
        ..alarm("old", 90)
    };
    arrive(&mut model, vec![young, old]);
    assert!(!first_of(&model), "{}", screen(&model, 80, 24));
}
