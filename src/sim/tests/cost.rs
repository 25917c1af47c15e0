//! Cost Explorer from outside.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::json;

use super::*;

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

fn period(days: i32) -> Value {
    let today = today();
    json!({ "Start": today.saturating_sub(days.days()).to_string(), "End": today.saturating_add(1.day()).to_string() })
}

/// A decimal string in units of 1e-10, exactly.
fn exact(text: &str) -> i128 {
    let (mantissa, exponent) = text.split_once('E').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let power = exponent.parse::<i32>().unwrap() + 10 - fraction.len() as i32;
    let digits: i128 = format!("{whole}{fraction}").parse().unwrap();
    assert!(power >= 0, "{text} has more than ten decimals");
    digits * 10_i128.pow(power as u32)
}

struct Sum {
    total: i128,
    rows: usize,
    pages: usize,
    amounts: Vec<String>,
    keys: BTreeSet<Vec<String>>,
    periods: BTreeSet<String>,
}

/// Everything under one metric, over all pages.
async fn sum(client: &Client, mut request: Value, metric: &str) -> Sum {
    let mut sum = Sum {
        total: 0,
        rows: 0,
        pages: 0,
        amounts: vec![],
        keys: BTreeSet::new(),
        periods: BTreeSet::new(),
    };
    loop {
        let answer = client.ce("GetCostAndUsage", request.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let page = answer.json();
        sum.pages += 1;
        for result in page["ResultsByTime"].as_array().unwrap() {
            sum.periods
                .insert(result["TimePeriod"]["Start"].as_str().unwrap().to_owned());
            let groups = result["Groups"]
                .as_array()
                .unwrap()
                .iter()
                .map(|group| (&group["Keys"], &group["Metrics"]));
            let alone = (&Value::Null, &result["Total"]);
            for (keys, metrics) in groups.chain([alone]) {
                let Some(amount) = metrics[metric]["Amount"].as_str() else {
                    continue;
                };
                sum.total += exact(amount);
                sum.rows += 1;
                sum.amounts.push(amount.to_owned());
                let words = keys
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|key| key.as_str().unwrap().to_owned());
                sum.keys.insert(words.collect());
            }
        }
        match page["NextPageToken"].as_str() {
            Some(token) => request["NextPageToken"] = token.into(),
            None => return sum,
        }
    }
}

#[tokio::test]
async fn every_pivot_of_every_metric_has_the_same_total() {
    let sim = start(FleetSpec::demo(), "ce.page=70");
    let client = Client::new(&sim, 0, "us-east-1");
    for metric in [
        "UnblendedCost",
        "AmortizedCost",
        "NetUnblendedCost",
        "NetAmortizedCost",
    ] {
        let plain = json!({ "TimePeriod": period(40), "Granularity": "MONTHLY", "Metrics": [metric] });
        let expected = sum(&client, plain.clone(), metric).await.total;
        assert!(expected > 0);
        for (granularity, groups) in [
            ("DAILY", vec![]),
            ("MONTHLY", vec![("DIMENSION", "SERVICE")]),
            ("DAILY", vec![("DIMENSION", "RECORD_TYPE")]),
            ("MONTHLY", vec![("TAG", "team"), ("DIMENSION", "REGION")]),
            (
                "MONTHLY",
                vec![("COST_CATEGORY", "Product"), ("DIMENSION", "USAGE_TYPE")],
            ),
            (
                "DAILY",
                vec![("DIMENSION", "SERVICE"), ("DIMENSION", "LINKED_ACCOUNT")],
            ),
        ] {
            let mut request = plain.clone();
            request["Granularity"] = granularity.into();
            request["GroupBy"] = groups
                .iter()
                .map(|(kind, key)| json!({ "Type": kind, "Key": key }))
                .collect();
            let pivot = sum(&client, request, metric).await;
            assert_eq!(pivot.total, expected, "{metric} by {groups:?}");
            assert_eq!(pivot.pages, pivot.rows.div_ceil(70).max(1));
        }
    }
}

#[tokio::test]
async fn a_filter_and_its_opposite_add_up() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let ask = async |filter: Option<Value>| {
        let mut request =
            json!({ "TimePeriod": period(60), "Granularity": "MONTHLY", "Metrics": ["UNBLENDED_COST"] });
        if let Some(filter) = filter {
            request["Filter"] = filter;
        }
        sum(&client, request, "UnblendedCost").await.total
    };
    let all = ask(None).await;
    let service = json!({ "Dimensions": { "Key": "SERVICE", "Values": ["EC2 - Other", "Tax"] } });
    let team = json!({ "Tags": { "Key": "team", "Values": ["platform"] } });
    let untagged = json!({ "Tags": { "Key": "team", "MatchOptions": ["ABSENT"] } });
    let both = json!({ "And": [service, team] });
    for filter in [&service, &team, &untagged, &both] {
        assert!(ask(Some(filter.clone())).await != 0);
        let rest = ask(Some(json!({ "Not": filter }))).await;
        assert_eq!(ask(Some(filter.clone())).await + rest, all, "{filter}");
    }
    let either = ask(Some(json!({ "Or": [service, team] }))).await;
    assert_eq!(
        either,
        ask(Some(service)).await + ask(Some(team)).await - ask(Some(both)).await
    );
    assert_eq!(
        ask(Some(
            json!({ "Dimensions": { "Key": "REGION", "Values": ["nowhere"] } })
        ))
        .await,
        0
    );
}

#[tokio::test]
async fn the_end_is_exclusive_and_small_amounts_have_exponents() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let request = json!({
        "TimePeriod": { "Start": today().saturating_sub(3.days()).to_string(), "End": today().to_string() },
        "Granularity": "DAILY", "Metrics": ["UnblendedCost", "UsageQuantity"],
        "GroupBy": [{ "Type": "DIMENSION", "Key": "USAGE_TYPE" }],
    });
    let seen = sum(&client, request, "UnblendedCost").await;
    let days: Vec<String> = (1..=3)
        .rev()
        .map(|ago: i32| today().saturating_sub(ago.days()).to_string())
        .collect();
    assert_eq!(seen.periods.into_iter().collect::<Vec<_>>(), days);
    assert!(
        seen.amounts.iter().any(|amount| amount.contains("E-")),
        "no small amount"
    );
    assert!(seen.keys.contains(&vec!["EU-NatGateway-Bytes".to_owned()]));
}

#[tokio::test]
async fn an_account_sees_its_own_costs_and_a_payer_all() {
    let request = json!({
        "TimePeriod": period(20), "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"],
        "GroupBy": [{ "Type": "DIMENSION", "Key": "LINKED_ACCOUNT" }],
    });
    let sim = start(FleetSpec::demo(), "");
    for (index, account) in sim.accounts().iter().enumerate() {
        let seen = sum(
            &Client::new(&sim, index, "us-east-1"),
            request.clone(),
            "UnblendedCost",
        )
        .await;
        assert_eq!(
            seen.keys.into_iter().collect::<Vec<_>>(),
            [vec![account.id.clone()]]
        );
    }
    let mut fleet = FleetSpec::demo();
    fleet.accounts[0].payer = true;
    let sim = start(fleet, "");
    let answer = Client::new(&sim, 0, "us-east-1")
        .ce("GetCostAndUsage", request.clone())
        .await
        .json();
    assert_eq!(
        answer["DimensionValueAttributes"][1]["Attributes"]["description"],
        "larkfield-staging"
    );
    assert_eq!(
        sum(&Client::new(&sim, 0, "us-east-1"), request, "UnblendedCost")
            .await
            .keys
            .len(),
        2
    );
}

#[tokio::test]
async fn a_token_belongs_to_its_parameters() {
    let sim = start(FleetSpec::demo(), "ce.page=5");
    let client = Client::new(&sim, 0, "us-east-1");
    let mut request = json!({
        "TimePeriod": period(30), "Granularity": "DAILY", "Metrics": ["UnblendedCost"],
        "GroupBy": [{ "Type": "DIMENSION", "Key": "SERVICE" }],
    });
    let token = client.ce("GetCostAndUsage", request.clone()).await.json()["NextPageToken"].clone();
    request["NextPageToken"] = token;
    assert_eq!(client.ce("GetCostAndUsage", request.clone()).await.status, 200);
    request["Granularity"] = "MONTHLY".into();
    assert_eq!(
        client.ce("GetCostAndUsage", request.clone()).await.refusal().1,
        "RequestChangedException"
    );
    request["NextPageToken"] = "garbage".into();
    assert_eq!(
        client.ce("GetCostAndUsage", request).await.refusal().1,
        "InvalidNextTokenException"
    );
}

#[tokio::test]
async fn bad_questions_get_cost_explorers_codes() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let good = json!({ "TimePeriod": period(10), "Granularity": "DAILY", "Metrics": ["UnblendedCost"] });
    let group = json!({ "Type": "DIMENSION", "Key": "SERVICE" });
    for (member, value) in [
        ("TimePeriod", Value::Null),
        (
            "TimePeriod",
            json!({ "Start": "2026-01-02", "End": "2026-01-02" }),
        ),
        ("TimePeriod", json!({ "Start": "yesterday", "End": "2026-01-02" })),
        (
            "TimePeriod",
            json!({ "Start": "2019-01-01", "End": "2019-02-01" }),
        ),
        (
            "TimePeriod",
            json!({ "Start": "2999-01-01", "End": "2999-02-01" }),
        ),
        ("Granularity", "HOURLY".into()),
        ("Metrics", json!(["Happiness"])),
        ("Metrics", json!([])),
        ("GroupBy", json!([group, group, group])),
        ("GroupBy", json!([{ "Type": "DIMENSION", "Key": "COLOUR" }])),
        ("Filter", json!({})),
        (
            "Filter",
            json!({ "Dimensions": { "Key": "CHARGE_TYPE", "Values": ["Tax"] } }),
        ),
    ] {
        let mut request = good.clone();
        request[member] = value.clone();
        let answer = client.ce("GetCostAndUsage", request).await;
        assert_eq!(
            answer.refusal(),
            (400, "ValidationException".to_owned()),
            "{member} {value}"
        );
    }
}

#[tokio::test]
async fn a_forecast_has_an_interval_that_grows_with_the_level() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let end = today().saturating_add(20.days()).to_string();
    let ask = async |level: i64, filter: Value| {
        let mut request = json!({
            "TimePeriod": { "Start": today().to_string(), "End": end }, "Granularity": "DAILY",
            "Metric": "UNBLENDED_COST", "PredictionIntervalLevel": level,
        });
        if !filter.is_null() {
            request["Filter"] = filter;
        }
        client.ce("GetCostForecast", request).await
    };
    let width = |answer: &Answer| {
        let first = &answer.json()["ForecastResultsByTime"][0];
        let at = |name: &str| first[name].as_str().unwrap().parse::<f64>().unwrap();
        assert!(at("PredictionIntervalLowerBound") < at("MeanValue") && at("MeanValue") > 100.0);
        at("PredictionIntervalUpperBound") - at("PredictionIntervalLowerBound")
    };
    let (narrow, wide) = (ask(60, Value::Null).await, ask(95, Value::Null).await);
    assert_eq!(
        narrow.json()["ForecastResultsByTime"].as_array().unwrap().len(),
        20
    );
    assert!(width(&narrow) < width(&wide));
    assert_eq!(ask(20, Value::Null).await.refusal().1, "ValidationException");
    let nothing = json!({ "Dimensions": { "Key": "SERVICE", "Values": ["Nothing"] } });
    assert_eq!(ask(80, nothing).await.refusal().1, "DataUnavailableException");
}

#[tokio::test]
async fn values_and_tags_are_what_occurs() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let services = client
        .ce(
            "GetDimensionValues",
            json!({ "TimePeriod": period(10), "Dimension": "SERVICE", "SearchString": "ec2" }),
        )
        .await;
    assert_eq!(services.json()["DimensionValues"][0]["Value"], "EC2 - Other");
    assert_eq!(services.json()["TotalSize"], 1);
    let keys = client
        .ce("GetTags", json!({ "TimePeriod": period(10) }))
        .await
        .json();
    assert_eq!(keys["Tags"], json!(["cost-center", "env", "team"]));
    let page = client
        .ce(
            "GetTags",
            json!({ "TimePeriod": period(10), "TagKey": "team", "MaxResults": 3 }),
        )
        .await
        .json();
    assert_eq!(page["ReturnSize"], 3);
    assert!(page["NextPageToken"].is_string() && page["Tags"][0] == "");
}
