//! The fleet as it streams in from the embedded AWS: every account and region, page by page, with places
//! that are slow, fail, refuse or do not exist.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use quarterdeck::aws::{Cloud, Place, SessionQuery, Settings, StaticAccount, Why};
use quarterdeck::fleet::{self, Batch, Filter, Found, Kind, Roster};
use quarterdeck::sim::{Faults, FleetSpec, Options, Sim};

fn start(fleet: FleetSpec, faults: &str) -> Sim {
    let faults = Faults::parse(faults).unwrap();
    Sim::start(Options {
        fleet,
        faults,
        ..Options::default()
    })
    .unwrap()
}

fn settings(sim: &Sim) -> Settings {
    let accounts = sim.accounts().into_iter().map(|account| StaticAccount {
        name: account.name,
        id: account.id,
        access_key_id: account.access_key_id,
        secret_access_key: account.secret_access_key,
        session_token: account.session_token,
        regions: account.regions,
    });
    Settings {
        accounts: accounts.collect(),
        endpoint_url: Some(sim.endpoint_url()),
        ..Settings::default()
    }
}

async fn read(cloud: &Cloud) -> Roster {
    let mut roster = Roster::default();
    let mut batches = fleet::fetch(cloud);
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    roster
}

/// The ids that the simulator says it has; managed nodes outside EC2 are not among them.
fn instances(sim: &Sim) -> BTreeSet<String> {
    let line = sim.first_line();
    let ids = line["instances"].as_array().unwrap().iter();
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn listed(roster: &Roster) -> BTreeSet<String> {
    roster
        .nodes
        .iter()
        .map(|node| node.id.0.clone())
        .filter(|id| id.starts_with("i-"))
        .collect()
}

#[tokio::test]
async fn every_account_and_region_is_listed_and_joined_with_its_agents() {
    let sim = start(FleetSpec::demo(), "");
    let cloud = Cloud::connect(settings(&sim));
    let roster = read(&cloud).await;
    assert_eq!(roster.failures, []);
    assert_eq!(listed(&roster), instances(&sim));
    assert!(roster.nodes.iter().all(|node| node.agent_known));
    assert!(
        roster
            .nodes
            .iter()
            .any(|node| node.kind == Kind::Managed && node.is_online())
    );
    assert!(roster.nodes.iter().any(|node| node.ping.is_none()));
    let places: BTreeSet<Place> = cloud.places().await.found.into_iter().collect();
    assert_eq!(roster.complete.iter().cloned().collect::<BTreeSet<_>>(), places);
    for account in sim.accounts() {
        assert!(
            roster
                .nodes
                .iter()
                .any(|node| node.account == account.id && node.profile == account.name)
        );
        assert_eq!(cloud.identity(&account.name).await.unwrap().account, account.id);
    }
}

#[tokio::test]
async fn a_region_with_more_instances_than_a_page_is_listed_whole() {
    let sim = start(FleetSpec::scale(2_300, 1), "");
    let roster = read(&Cloud::connect(settings(&sim))).await;
    assert_eq!(roster.failures, []);
    assert_eq!(listed(&roster), instances(&sim));
    assert!(listed(&roster).len() >= 2_300);
    assert!(roster.nodes.iter().filter(|node| node.is_online()).count() > 1_000);
}

#[tokio::test]
async fn a_silent_region_holds_up_no_other() {
    let demo = start(FleetSpec::demo(), "");
    let slow = demo.accounts()[0].regions[0].clone();
    let sim = start(FleetSpec::demo(), &format!("fail.{slow}=hang"));
    let mut batches = fleet::fetch(&Cloud::connect(settings(&sim)));
    let mut others: BTreeSet<Place> = BTreeSet::new();
    let expected = sim
        .accounts()
        .iter()
        .flat_map(|account| account.regions.iter())
        .filter(|region| **region != slow)
        .count();
    // The silent region never answers: all the others must be done although it is still open.
    while others.len() < expected {
        match tokio::time::timeout(Duration::from_secs(30), batches.next())
            .await
            .unwrap()
            .unwrap()
        {
            Batch::Done { place, complete, .. } => {
                assert!(complete && place.region != slow);
                others.insert(place);
            }
            Batch::Rows(rows) => assert!(rows.iter().all(|row| row.region != slow)),
            Batch::Failed(failure) => panic!("{failure}"),
        }
    }
}

async fn failure_of(fault: &str, region: &str) -> (Roster, Why) {
    let sim = start(FleetSpec::demo(), fault);
    let roster = read(&Cloud::connect(settings(&sim))).await;
    let failed: Vec<_> = roster
        .failures
        .iter()
        .filter(|failure| &*failure.region == region)
        .collect();
    assert!(!failed.is_empty(), "{fault}");
    assert!(
        failed
            .iter()
            .all(|failure| !failure.cause.is_empty() && !failure.hint.is_empty())
    );
    let why = failed[0].why;
    (roster, why)
}

#[tokio::test]
async fn a_failing_region_is_a_failure_beside_the_rows_of_the_others() {
    let region = start(FleetSpec::demo(), "").accounts()[0].regions[0].clone();
    for (how, expected) in [("denied", Why::Denied), ("expired", Why::Expired)] {
        let (roster, why) = failure_of(&format!("fail.{region}={how}"), &region).await;
        assert_eq!(why, expected);
        assert!(!roster.nodes.is_empty() && roster.any_answered());
        assert!(roster.nodes.iter().all(|node| node.region != region));
    }
}

#[tokio::test]
async fn without_systems_manager_the_instances_are_still_there_and_their_agents_unknown() {
    let region = start(FleetSpec::demo(), "").accounts()[0].regions[0].clone();
    let (roster, why) = failure_of(&format!("fail.ssm.{region}=denied"), &region).await;
    assert_eq!(why, Why::Denied);
    let here: Vec<_> = roster.nodes.iter().filter(|node| node.region == region).collect();
    assert!(!here.is_empty() && here.iter().all(|node| !node.agent_known && node.ping.is_none()));
}

#[tokio::test]
async fn a_wrong_secret_and_an_unknown_region_say_what_to_do() {
    let sim = start(FleetSpec::demo(), "");
    let mut wrong = settings(&sim);
    wrong.accounts.truncate(1);
    wrong.accounts[0].secret_access_key = "wrong".into();
    let roster = read(&Cloud::connect(wrong)).await;
    assert!(roster.nodes.is_empty() && !roster.any_answered());
    assert!(
        roster
            .failures
            .iter()
            .all(|failure| failure.why == Why::Credentials)
    );

    let mut unknown = settings(&sim);
    unknown.accounts.truncate(1);
    unknown.accounts[0].regions.push("eu-nowhere-7".into());
    let roster = read(&Cloud::connect(unknown)).await;
    assert!(!roster.nodes.is_empty());
    assert!(
        roster
            .failures
            .iter()
            .any(|failure| &*failure.region == "eu-nowhere-7"),
        "{:?}",
        roster.failures
    );
}

#[tokio::test]
async fn a_machine_whose_clock_is_off_is_told_so() {
    let sim = start(FleetSpec::demo(), "clock=3600s");
    let roster = read(&Cloud::connect(settings(&sim))).await;
    // Some services are asked again by the date of their own answer; EC2's refusal is final.
    assert!(!roster.failures.is_empty());
    let told = |failure: &quarterdeck::aws::Failure| failure.why == Why::Clock && failure.service == "ec2";
    assert!(roster.failures.iter().all(told), "{:?}", roster.failures);
}

#[tokio::test]
async fn nothing_listening_is_unreachable() {
    let mut settings = settings(&start(FleetSpec::demo(), ""));
    settings.endpoint_url = Some("http://127.0.0.1:9".into());
    settings.accounts.truncate(1);
    settings.accounts[0].regions.truncate(1);
    let roster = read(&Cloud::connect(settings)).await;
    assert_eq!(
        roster.failures.len(),
        1,
        "one cause is said once: {:?}",
        roster.failures
    );
    assert_eq!(roster.failures[0].why, Why::Unreachable);
}

#[tokio::test]
async fn targets_and_filters_find_nodes_of_the_fleet() {
    let sim = start(FleetSpec::demo(), "");
    let roster = read(&Cloud::connect(settings(&sim))).await;
    let online = Filter::parse("ping:online state:running").unwrap();
    let node = roster.nodes.iter().find(|node| online.matches(node)).unwrap();
    let found = fleet::resolve(&node.id.0, &roster.nodes, &roster.failures);
    assert_eq!(found, Found::One(Box::new(node.clone())));
    assert_eq!(
        fleet::resolve("no-such-name", &roster.nodes, &roster.failures),
        Found::None
    );
}

#[tokio::test]
async fn a_call_that_the_endpoint_refuses_is_a_failure_of_that_place() {
    let region = start(FleetSpec::demo(), "").accounts()[0].regions[0].clone();
    let sim = start(FleetSpec::demo(), &format!("fail.ssm.{region}=denied"));
    let cloud = Cloud::connect(settings(&sim));
    let place = Place {
        profile: sim.accounts()[0].name.clone(),
        region,
    };
    let mut sessions = cloud.fetch_sessions(&place, SessionQuery::default()).await;
    let failure = sessions.next().await.unwrap().unwrap_err();
    assert_eq!(failure.why, Why::Denied);
    assert!(failure.cause.contains("ssm:DescribeSessions"));
}
