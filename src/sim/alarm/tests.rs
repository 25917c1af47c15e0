//! Alarms through the SDK's client: every place has some, what burns fits the fleet, and a test can turn one.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cloudwatch::error::ProvideErrorMetadata;
use aws_sdk_cloudwatch::types::{AlarmType, HistoryItemType, StateValue};

use crate::sim::{Options, Sim};

fn client(sim: &Sim, account: usize, region: &str) -> Client {
    let account = &sim.accounts()[account];
    let keys = Credentials::new(
        &account.access_key_id,
        &account.secret_access_key,
        None,
        None,
        "test",
    );
    let config = aws_sdk_cloudwatch::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(sim.endpoint_url())
        .region(Region::new(region.to_owned()))
        .credentials_provider(keys)
        .build();
    Client::from_conf(config)
}

fn start() -> Sim {
    Sim::start(Options::default()).unwrap()
}

#[tokio::test]
async fn every_place_of_the_demo_has_about_25_alarms_and_some_burn() {
    let sim = start();
    let mut burning = BTreeSet::new();
    for (index, account) in sim.accounts().iter().enumerate() {
        for region in &account.regions {
            let client = client(&sim, index, region);
            let reply = client.describe_alarms().send().await.unwrap();
            let all = reply.metric_alarms();
            assert!((4..=35).contains(&all.len()), "{region}: {}", all.len());
            let names: BTreeSet<_> = all.iter().filter_map(|alarm| alarm.alarm_name()).collect();
            assert_eq!(names.len(), all.len());
            for alarm in all {
                assert!(alarm.state_transitioned_timestamp().is_some());
                assert!(
                    alarm
                        .alarm_arn()
                        .unwrap()
                        .contains(&format!(":{region}:{}:alarm:", account.id))
                );
                if alarm.state_value() == Some(&StateValue::Alarm) {
                    assert!(alarm.state_reason().unwrap().starts_with("Threshold Crossed: "));
                    burning.insert(alarm.alarm_name().unwrap().to_owned());
                }
            }
        }
    }
    for part in [
        "alb-5xx",
        "disk-",
        "status-check",
        "agent-offline",
        "certificate",
        "nat-gateway",
        "replication-lag",
    ] {
        assert!(
            burning.iter().any(|name| name.contains(part)),
            "{part} in {burning:?}"
        );
    }
}

#[tokio::test]
async fn filters_pages_and_kinds_narrow() {
    let sim = start();
    let client = client(&sim, 0, "us-east-1");
    let ask = || client.describe_alarms();
    let whole = ask().send().await.unwrap().metric_alarms().len();
    let mut pages = ask().max_records(7).into_paginator().send();
    let mut seen = BTreeSet::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.metric_alarms().len() <= 7);
        seen.extend(
            page.metric_alarms()
                .iter()
                .map(|alarm| alarm.alarm_arn().unwrap().to_owned()),
        );
    }
    assert_eq!(seen.len(), whole);
    let firing = ask().state_value(StateValue::Alarm).send().await.unwrap();
    assert!((3..whole).contains(&firing.metric_alarms().len()));
    let composite = ask().alarm_types(AlarmType::CompositeAlarm).send().await.unwrap();
    assert!(composite.metric_alarms().is_empty());
    let parent = &composite.composite_alarms()[0];
    assert_eq!(parent.state_value(), Some(&StateValue::Alarm));
    let children = ask()
        .children_of_alarm_name(parent.alarm_name().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(children.metric_alarms().len(), 2);
    let named = ask().alarm_names("payments-alb-5xx").send().await.unwrap();
    let description = named.metric_alarms()[0].alarm_description().unwrap();
    assert!(description.contains("/payments-5xx.md"));
    let tags = client
        .list_tags_for_resource()
        .resource_arn(named.metric_alarms()[0].alarm_arn().unwrap())
        .send()
        .await
        .unwrap();
    assert!(tags.tags().iter().any(|tag| tag.key() == Some("severity")));
    let both = ask()
        .alarm_names("a")
        .alarm_name_prefix("b")
        .send()
        .await
        .unwrap_err();
    assert_eq!(both.code(), Some("ValidationError"));
    let token = ask().next_token("garbage").send().await.unwrap_err();
    assert_eq!(token.code(), Some("InvalidNextToken"));
}

#[tokio::test]
async fn history_tells_of_flapping_newest_first() {
    let sim = start();
    let client = client(&sim, 0, "us-east-1");
    let reply = client
        .describe_alarm_history()
        .alarm_name("redis-cache-evictions")
        .history_item_type(HistoryItemType::StateUpdate)
        .send()
        .await
        .unwrap();
    let items = reply.alarm_history_items();
    assert!(items.len() > 20, "{}", items.len());
    assert!(
        items
            .windows(2)
            .all(|pair| pair[0].timestamp() >= pair[1].timestamp())
    );
    let data: serde_json::Value = serde_json::from_str(items[0].history_data().unwrap()).unwrap();
    assert_eq!(data["newState"]["stateValue"], "ALARM");
    assert_eq!(data["oldState"]["stateValue"], "OK");
    assert!(data["newState"]["stateReasonData"]["evaluatedDatapoints"].is_array());
}

#[tokio::test]
async fn a_test_can_turn_an_alarm_and_the_composite_follows() {
    let sim = start();
    let client = client(&sim, 0, "us-east-1");
    let set = |name: &str, state| {
        client
            .set_alarm_state()
            .alarm_name(name)
            .state_value(state)
            .state_reason("tried")
            .send()
    };
    set("payments-alb-5xx", StateValue::Ok).await.unwrap();
    let impact = || client.describe_alarms().alarm_names("payments-customer-impact");
    let stands = |reply: aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput| {
        reply.composite_alarms()[0].state_value().cloned()
    };
    let ask = || impact().alarm_types(AlarmType::CompositeAlarm).send();
    assert_eq!(stands(ask().await.unwrap()), Some(StateValue::Ok));
    set("payments-alb-5xx", StateValue::Alarm).await.unwrap();
    assert_eq!(stands(ask().await.unwrap()), Some(StateValue::Alarm));
    let gone = set("nobody", StateValue::Ok).await.unwrap_err();
    assert!(gone.as_service_error().unwrap().is_resource_not_found());
}

#[tokio::test]
async fn contributors_are_told_of_an_alarm_over_many_series() {
    let sim = start();
    let client = client(&sim, 0, "eu-west-1");
    let ask = |name: &str| client.describe_alarm_contributors().alarm_name(name).send();
    let reply = ask("fleet-hottest-cpu").await.unwrap();
    assert_eq!(reply.alarm_contributors().len(), 3);
    let attributes = reply.alarm_contributors()[0].contributor_attributes().unwrap();
    assert!(attributes["InstanceId"].starts_with("i-"));
    let gone = ask("nobody").await.unwrap_err();
    assert!(gone.as_service_error().unwrap().is_resource_not_found_exception());
}
