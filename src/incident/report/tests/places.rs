//! Automations that go to several accounts and regions: what was touched where, and what is not known while they run.

use super::*;
use serde_json::json;

const HOME: &str = "111122223333";
const AWAY: &str = "444455556666";
const WEB: &str = "i-0aaaaaaaaaaaaaaaa";
const API: &str = "i-0bbbbbbbbbbbbbbbb";

/// A line about an automation that was begun in one account and sent to two.
fn line(kind: Kind) -> Event {
    let mut event = Event::new(kind, Actor::local());
    event.target = Some(audit::Target {
        account: Some(HOME.into()),
        region: Some("us-east-1".into()),
        ..audit::Target::default()
    });
    event
        .with("document", "Shop-Restart")
        .with("execution_id", "e-1")
        .with(
            "locations",
            json!([{ "accounts": [HOME, AWAY], "regions": ["us-east-1", "eu-west-1"] }]),
        )
}

fn begun() -> Event {
    let reach = format!("in us-east-1, eu-west-1 of {HOME}, {AWAY}; 2 places at once");
    line(Kind::RunbookStart)
        .with("targets", "tag:tier=web")
        .with("reach", reach)
}

fn machine(id: &str, account: &str, region: &str) -> audit::Target {
    audit::Target {
        id: Some(id.into()),
        account: Some(account.into()),
        region: Some(region.into()),
        ..audit::Target::default()
    }
}

fn ended(touched: &[audit::Target]) -> Event {
    let ids: Vec<&String> = touched.iter().filter_map(|target| target.id.as_ref()).collect();
    line(Kind::RunbookEnd)
        .with("status", "Success")
        .with("machines", json!(ids))
        .with("touches", json!(touched))
}

fn impact(md: &str) -> &str {
    let behind = md.split("## Impact").nth(1).unwrap();
    behind.split("\n## ").next().unwrap()
}

#[test]
fn while_it_runs_nobody_says_that_nothing_was_touched_and_its_start_tells_where_it_goes() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    say(dir.path(), begun());
    let made = report(dir.path(), &id, &[]);
    let md = markdown(&made, &Zone::utc());
    assert!(!md.contains("No machine was touched"), "{md}");
    assert!(
        impact(&md).contains("Machines not known yet: Shop-Restart still runs as far as is known here"),
        "{md}"
    );
    assert!(impact(&md).contains("`qd documents status e-1`"), "{md}");
    assert!(
        made.cost
            .says
            .starts_with("not known: which machines are touched is not known yet"),
        "{}",
        made.cost.says
    );
    let start = made
        .timeline
        .iter()
        .find(|item| item.says.contains("was started"))
        .unwrap();
    let wanted = format!(
        "with targets tag:tier=web (in us-east-1, eu-west-1 of {HOME}, {AWAY}; 2 places at once), execution e-1"
    );
    assert!(start.says.contains(&wanted), "{}", start.says);
    let known = json!([machine(WEB, HOME, "us-east-1")]);
    say(
        dir.path(),
        begun().with("execution_id", "e-2").with("touches", known),
    );
    let md = markdown(&report(dir.path(), &id, &[]), &Zone::utc());
    assert!(
        impact(&md).contains("Not all machines are known yet: Shop-Restart still runs"),
        "{md}"
    );
    let md = md.replace('`', "");
    assert!(
        md.contains(&format!("{WEB} in {HOME} us-east-1 and maybe others")),
        "{md}"
    );
}

#[test]
fn every_machine_is_told_in_its_own_account_and_region() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    say(dir.path(), begun());
    say(
        dir.path(),
        ended(&[machine(WEB, HOME, "us-east-1"), machine(API, AWAY, "eu-west-1")]),
    );
    let made = report(dir.path(), &id, &[]);
    let told: Vec<[Option<&str>; 3]> = made
        .impact
        .targets
        .iter()
        .map(|target| {
            [
                Some(target.id.as_str()),
                target.account.as_deref(),
                target.region.as_deref(),
            ]
        })
        .collect();
    let wanted = [
        [Some(WEB), Some(HOME), Some("us-east-1")],
        [Some(API), Some(AWAY), Some("eu-west-1")],
    ];
    assert_eq!(told, wanted);
    assert!(made.impact.unsettled.is_empty());
    let end = made
        .timeline
        .iter()
        .find(|item| item.says.contains("ended"))
        .unwrap();
    let wanted = format!("{WEB} in {HOME} us-east-1, {API} in {AWAY} eu-west-1");
    assert!(end.says.contains(&wanted), "{}", end.says);
    assert_eq!(texts(&report(dir.path(), &id, &[])), texts(&made));
}

#[test]
fn a_machine_whose_place_nobody_told_is_in_none() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    say(dir.path(), begun());
    say(
        dir.path(),
        line(Kind::RunbookEnd)
            .with("status", "Success")
            .with("machines", json!([API])),
    );
    let made = report(dir.path(), &id, &[]);
    let target = &made.impact.targets[0];
    assert_eq!((&target.account, &target.region), (&None, &None));
    let on = made.timeline.iter().filter_map(|item| item.target.as_ref());
    let on: Vec<_> = on.filter(|target| target.id.is_some()).collect();
    assert!(on.iter().all(|target| target.account.is_none()), "{on:?}");
}

#[test]
fn a_target_that_never_began_was_not_touched_and_costs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let sent = line(Kind::RunbookStart)
        .with("locations", json!([]))
        .with("targets", format!("ParameterValues={WEB},{API}"))
        .with("touches", json!([machine(API, HOME, "us-east-1")]));
    say(dir.path(), sent);
    let left = line(Kind::RunbookEnd)
        .with("locations", json!([]))
        .with("status", "Failed")
        .with("machines", json!([WEB]))
        .with("spared", json!([API]));
    say(dir.path(), left.failed("too many have failed"));
    let made = report(dir.path(), &id, &[]);
    let touched: Vec<&str> = made
        .impact
        .targets
        .iter()
        .map(|target| target.id.as_str())
        .collect();
    assert_eq!(touched, [WEB]);
    let end = made
        .timeline
        .iter()
        .find(|item| item.says.contains("ended"))
        .unwrap();
    assert!(
        end.says.contains(&format!("; never begun on {API}")),
        "{}",
        end.says
    );
}

#[test]
fn an_end_that_two_consoles_have_written_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    say(dir.path(), begun());
    for _ in 0..2 {
        say(dir.path(), ended(&[machine(WEB, HOME, "us-east-1")]));
    }
    say(
        dir.path(),
        ended(&[machine(API, HOME, "us-east-1")]).with("execution_id", "e-2"),
    );
    let made = report(dir.path(), &id, &[]);
    let of = |execution: &str| {
        let ends = made.timeline.iter().filter(|item| item.says.contains("ended: "));
        ends.filter(|item| item.says.contains(execution)).count()
    };
    assert_eq!((of("e-1"), of("e-2")), (1, 1));
}
