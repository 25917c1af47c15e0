//! What else Cost Explorer tells: resources, anomalies, recommendations, a long history, and what it refuses.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::json;

use super::*;

fn ago(days: i32) -> String {
    let today: Date = Timestamp::now().to_zoned(TimeZone::UTC).date();
    today.saturating_sub(days.days()).to_string()
}

#[tokio::test]
async fn resources_are_for_two_weeks_with_a_filter_and_only_where_they_are_turned_on() {
    let sim = start(FleetSpec::demo(), "ce.granular=on");
    let client = Client::new(&sim, 0, "us-east-1");
    let compute =
        json!({ "Dimensions": { "Key": "SERVICE", "Values": ["Amazon Elastic Compute Cloud - Compute"] } });
    let by = |key: &str| json!([{ "Type": "DIMENSION", "Key": key }]);
    let good = json!({
        "TimePeriod": { "Start": ago(3), "End": ago(1) }, "Granularity": "DAILY", "Metrics": ["UnblendedCost"],
        "Filter": compute, "GroupBy": by("RESOURCE_ID"),
    });
    let call =
        async |request: &serde_json::Value| client.ce("GetCostAndUsageWithResources", request.clone()).await;
    let answer = call(&good).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let groups = answer.json()["ResultsByTime"][0]["Groups"]
        .as_array()
        .unwrap()
        .clone();
    assert!(
        groups
            .iter()
            .any(|group| group["Keys"][0].as_str().unwrap().starts_with("i-"))
    );
    let mut plain = good.clone();
    plain["GroupBy"] = by("SERVICE");
    let whole = client.ce("GetCostAndUsage", plain.clone()).await.json();
    let money = |value: &serde_json::Value| {
        value["Metrics"]["UnblendedCost"]["Amount"]
            .as_str()
            .unwrap()
            .parse::<f64>()
            .unwrap()
    };
    let parts: f64 = groups.iter().map(money).sum();
    assert!((parts - money(&whole["ResultsByTime"][0]["Groups"][0])).abs() < 1e-6);
    for (member, value) in [
        ("TimePeriod", json!({ "Start": ago(20), "End": ago(1) })),
        ("Filter", Value::Null),
        ("GroupBy", by("SERVICE")),
    ] {
        let mut bad = good.clone();
        bad[member] = value;
        assert_eq!(call(&bad).await.refusal().1, "ValidationException", "{member}");
    }
    plain["GroupBy"] = by("RESOURCE_ID");
    assert_eq!(
        client.ce("GetCostAndUsage", plain).await.refusal().1,
        "ValidationException"
    );
    let off = start(FleetSpec::demo(), "");
    let client = Client::new(&off, 0, "us-east-1");
    let refused = client.ce("GetCostAndUsageWithResources", good).await;
    assert_eq!(refused.refusal().1, "DataUnavailableException");
    assert_eq!(off.paid_requests(), 0);
}

#[tokio::test]
async fn the_leak_is_an_anomaly_whose_last_day_is_inclusive() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let ask = async |from: i32, to: i32| {
        let interval = json!({ "StartDate": ago(from), "EndDate": ago(to) });
        client
            .ce("GetAnomalies", json!({ "DateInterval": interval }))
            .await
    };
    let found = ask(30, 1).await.json();
    let leak = found["Anomalies"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["DimensionValue"] == "EC2 - Other");
    let leak = leak.unwrap();
    assert!(
        leak["RootCauses"][0]["UsageType"]
            .as_str()
            .unwrap()
            .contains("NatGateway-Bytes")
    );
    let impact = &leak["Impact"];
    let number = |name: &str| impact[name].as_f64().unwrap();
    assert!((number("TotalActualSpend") - number("TotalExpectedSpend") - number("TotalImpact")).abs() < 1e-6);
    assert_eq!(ask(30, 2).await.json()["Anomalies"], json!([]));
    assert_eq!(ask(120, 1).await.refusal().1, "ValidationException");
}

#[tokio::test]
async fn monthly_history_goes_back_as_far_as_it_is_turned_on() {
    let request = |months: i32, granularity: &str| {
        let today: Date = ago(0).parse().unwrap();
        let start = today.first_of_month().saturating_sub(months.months());
        json!({
            "TimePeriod": { "Start": start.to_string(), "End": start.saturating_add(1.month()).to_string() },
            "Granularity": granularity, "Metrics": ["UnblendedCost"],
        })
    };
    for (faults, months, granularity, answered) in [
        ("", 13, "DAILY", true),
        ("", 14, "MONTHLY", false),
        ("ce.history=38", 38, "MONTHLY", true),
        ("ce.history=38", 39, "MONTHLY", false),
        ("ce.history=38", 14, "DAILY", false),
    ] {
        let sim = start(FleetSpec::demo(), faults);
        let client = Client::new(&sim, 0, "us-east-1");
        let answer = client.ce("GetCostAndUsage", request(months, granularity)).await;
        assert_eq!(
            answer.status == 200,
            answered,
            "{faults} {months} {granularity}: {}",
            answer.body
        );
        assert_eq!(sim.paid_requests(), u32::from(answered));
    }
}

#[tokio::test]
async fn rightsizing_is_for_ec2_and_reservations_are_a_matter_of_their_service() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let answer = client
        .ce("GetRightsizingRecommendation", json!({ "Service": "AmazonEC2" }))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let bad = client
        .ce("GetRightsizingRecommendation", json!({ "Service": "AmazonRDS" }))
        .await;
    assert_eq!(bad.refusal().1, "ValidationException");
    let period = json!({ "Start": ago(30), "End": ago(0) });
    let ec2 = client
        .ce("GetReservationUtilization", json!({ "TimePeriod": period }))
        .await;
    assert_eq!(ec2.refusal().1, "DataUnavailableException");
}
