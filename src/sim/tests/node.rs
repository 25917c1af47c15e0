//! Managed nodes from outside.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;

async fn page_through(client: &Client, mut request: Value) -> Vec<Value> {
    let mut nodes = Vec::new();
    loop {
        let answer = client.ssm("DescribeInstanceInformation", request.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        nodes.extend(
            answer.json()["InstanceInformationList"]
                .as_array()
                .unwrap()
                .clone(),
        );
        match answer.json()["NextToken"].as_str() {
            Some(token) => request["NextToken"] = token.into(),
            None => return nodes,
        }
    }
}

#[tokio::test]
async fn pages_show_every_node_once_and_no_more_than_fifty_at_a_time() {
    let sim = start(FleetSpec::scale(500, 2), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let first = client.ssm("DescribeInstanceInformation", json!({})).await.json();
    assert_eq!(first["InstanceInformationList"].as_array().unwrap().len(), 50);
    let (five, fifty) = (
        page_through(&client, json!({ "MaxResults": 5 })).await,
        page_through(&client, json!({})).await,
    );
    assert_eq!(five, fifty);
    let ids: BTreeSet<&str> = five
        .iter()
        .map(|node| node["InstanceId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), five.len());
    let pings: BTreeSet<&str> = five
        .iter()
        .map(|node| node["PingStatus"].as_str().unwrap())
        .collect();
    assert_eq!(
        pings.into_iter().collect::<Vec<_>>(),
        ["ConnectionLost", "Online"]
    );
}

#[tokio::test]
async fn both_kinds_of_filter_narrow() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "eu-central-1");
    let hybrids = json!({ "Filters": [{ "Key": "ResourceType", "Values": ["ManagedInstance"] }] });
    let nodes = page_through(&client, hybrids).await;
    assert_eq!(nodes.len(), 5);
    assert!(
        nodes
            .iter()
            .all(|node| node["InstanceId"].as_str().unwrap().starts_with("mi-"))
    );
    let windows =
        json!({ "InstanceInformationFilterList": [{ "key": "PlatformTypes", "valueSet": ["Windows"] }] });
    assert!(
        page_through(&client, windows)
            .await
            .iter()
            .all(|node| node["PlatformType"] == "Windows")
    );
    let tagged = json!({ "Filters": [{ "Key": "tag:site", "Values": ["berlin"] }] });
    assert_eq!(page_through(&client, tagged).await.len(), 5);
}

#[tokio::test]
async fn bad_requests_get_systems_managers_codes() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "eu-west-1");
    for (body, code) in [
        (json!({ "MaxResults": 4 }), "ValidationException"),
        (json!({ "MaxResults": 51 }), "ValidationException"),
        (json!({ "NextToken": "garbage" }), "InvalidNextToken"),
        (
            json!({ "Filters": [{ "Key": "Colour", "Values": ["red"] }] }),
            "InvalidFilterKey",
        ),
        (
            json!({ "Filters": [{ "Key": "PingStatus", "Values": [] }] }),
            "InvalidInstanceInformationFilterValue",
        ),
        (
            json!({ "Filters": [{ "Key": "InstanceIds", "Values": ["bogus"] }] }),
            "InvalidInstanceId",
        ),
        (json!({ "Filters": "no" }), "SerializationException"),
    ] {
        let answer = client.ssm("DescribeInstanceInformation", body).await;
        assert_eq!(answer.refusal(), (400, code.to_owned()));
        assert!(answer.json()["Message"].is_string());
    }
    assert_eq!(
        client.ssm("MakeCoffee", json!({})).await.refusal().1,
        "UnknownOperationException"
    );
}
