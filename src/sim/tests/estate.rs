//! What an account has besides machines, from outside.

use serde_json::json;

use super::*;

#[tokio::test]
async fn every_list_of_an_account_has_something_forgotten_in_it() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 1, "eu-west-1");
    let volumes = client.ec2("Action=DescribeVolumes").await;
    assert!(volumes.all("status").contains(&"available".to_owned()));
    let loose = client
        .ec2("Action=DescribeVolumes&Filter.1.Name=status&Filter.1.Value.1=available")
        .await;
    assert!(!loose.all("volumeId").is_empty() && loose.all("instanceId").is_empty());
    let addresses = client.ec2("Action=DescribeAddresses").await;
    let (all, bound) = (
        addresses.all("allocationId").len(),
        addresses.all("associationId").len(),
    );
    assert!(all > bound, "{all} {bound}");
    let images = client.ec2("Action=DescribeImages&Owner.1=self").await;
    let snapshots = client
        .ec2("Action=DescribeSnapshots&Owner.1=self")
        .await
        .all("snapshotId");
    assert!(
        images
            .all("snapshotId")
            .iter()
            .all(|used| snapshots.contains(used))
    );
    let page = client.ec2("Action=DescribeSnapshots&MaxResults=5").await;
    assert_eq!(page.all("snapshotId").len(), 5);
    let token = page.one("nextToken").unwrap();
    let rest = client
        .ec2(&format!(
            "Action=DescribeSnapshots&MaxResults=5&NextToken={token}"
        ))
        .await;
    assert_eq!(
        [page.all("snapshotId"), rest.all("snapshotId")].concat(),
        snapshots
    );
}

#[tokio::test]
async fn metrics_speak_json_to_those_who_ask_in_json() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let nat = client
        .ec2("Action=DescribeNatGateways")
        .await
        .one("natGatewayId")
        .unwrap();
    let now = jiff::Timestamp::now().as_second() / 86_400 * 86_400;
    let metric = json!({
        "Namespace": "AWS/NATGateway",
        "MetricName": "BytesOutToDestination",
        "Dimensions": [{ "Name": "NatGatewayId", "Value": nat }],
    });
    let query = json!({ "Id": "a", "MetricStat": { "Metric": metric, "Period": 86_400, "Stat": "Sum" } });
    let request = |queries: Value| json!({ "MetricDataQueries": queries, "StartTime": now - 10 * 86_400, "EndTime": now });
    let target = "GraniteServiceVersion20100801.GetMetricData";
    let answer = client.json("monitoring", target, request(json!([query]))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let result = answer.json()["MetricDataResults"][0].clone();
    assert_eq!(result["Values"].as_array().unwrap().len(), 10);
    assert!(result["Values"][0].as_f64().unwrap() > 0.0);
    let many = request(vec![query; 501].into());
    let refused = client.json("monitoring", target, many).await;
    assert_eq!(refused.refusal(), (400, "ValidationError".to_owned()));
    assert!(
        refused
            .head
            .to_lowercase()
            .contains("x-amzn-query-error: validationerror;sender")
    );
}
