//! EC2 from outside.

use std::collections::BTreeSet;

use super::*;

async fn page_through(client: &Client, parameters: &str) -> (Vec<String>, usize) {
    let (mut ids, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let answer = client
            .ec2(&format!("Action=DescribeInstances&{parameters}{token}"))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        ids.extend(answer.all("instanceId"));
        pages += 1;
        match answer.one("nextToken") {
            Some(next) => token = format!("&NextToken={next}"),
            None => return (ids, pages),
        }
    }
}

#[tokio::test]
async fn pages_show_every_instance_of_a_region_once() {
    let sim = start(FleetSpec::scale(2_600, 2), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let (whole, pages) = page_through(&client, "").await;
    assert_eq!(pages, whole.len().div_ceil(1000));
    let (paged, pages) = page_through(&client, "MaxResults=7").await;
    assert_eq!(pages, whole.len().div_ceil(7));
    assert_eq!(paged, whole);
    assert_eq!(paged.iter().collect::<BTreeSet<_>>().len(), whole.len());
    let elsewhere = page_through(&Client::new(&sim, 0, "us-east-2"), "MaxResults=1000")
        .await
        .0;
    assert_eq!(whole.len() + elsewhere.len(), 2_600);
    assert!(elsewhere.iter().all(|id| !whole.contains(id)));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_fleet_with_other_keys() {
    let (a, b) = (start(FleetSpec::demo(), ""), start(FleetSpec::demo(), ""));
    assert_eq!(a.first_line()["instances"], b.first_line()["instances"]);
    assert_ne!(a.accounts()[0].access_key_id, b.accounts()[0].access_key_id);
    assert_ne!(
        a.accounts()[0].secret_access_key,
        b.accounts()[0].secret_access_key
    );
    let foreign = Client {
        account: a.accounts()[0].clone(),
        ..Client::new(&b, 0, "us-east-1")
    };
    assert_eq!(foreign.ec2("Action=DescribeInstances").await.refusal().0, 401);
}

#[tokio::test]
async fn filters_narrow_as_ec2_narrows() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let filter = |name: &str, value: &str| format!("Filter.1.Name={name}&Filter.1.Value.1={value}");
    let ask = async |parameters: String| {
        client
            .ec2(&format!("Action=DescribeInstances&{parameters}"))
            .await
    };
    let pay = ask(filter("tag%3Ateam", "pay")).await.all("instanceId").len();
    let starred = ask(filter("tag%3ATEAM", "pay")).await.all("instanceId").len();
    let checkout = ask(filter("tag%3AName", "checkout-api-0%3F")).await;
    assert!(pay > checkout.all("instanceId").len() && starred == 0);
    assert_eq!(
        checkout.all("instanceType"),
        vec!["m7g.large"; checkout.all("instanceId").len()]
    );
    let two = "Filter.1.Name=tag:team&Filter.1.Value.1=pay&Filter.1.Value.2=web&Filter.2.Name=instance-type&Filter.2.Value.1=c7g.*";
    let types: BTreeSet<String> = ask(two.to_owned())
        .await
        .all("instanceType")
        .into_iter()
        .collect();
    assert_eq!(types.into_iter().collect::<Vec<_>>(), ["c7g.large", "c7g.xlarge"]);
    let stopped = ask(filter("instance-state-name", "stopped"))
        .await
        .all("instanceId")
        .len();
    assert_eq!(stopped, 0);
    let seoul = Client::new(&sim, 0, "ap-northeast-2");
    let korean = seoul
        .ec2("Action=DescribeInstances&Filter.1.Name=tag:Name&Filter.1.Value.1=%EA%B2%B0%EC%A0%9C*")
        .await;
    assert!(korean.body.contains("<value>결제-정산-배치</value>"));
}

#[tokio::test]
async fn bad_requests_get_ec2s_codes() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "eu-west-1");
    for (parameters, status, code) in [
        (
            "Action=DescribeInstances&InstanceId.1=i-0123456789abcdef0",
            400,
            "InvalidInstanceID.NotFound",
        ),
        (
            "Action=DescribeInstances&InstanceId.1=bogus",
            400,
            "InvalidInstanceID.Malformed",
        ),
        (
            "Action=DescribeInstances&MaxResults=4",
            400,
            "InvalidParameterValue",
        ),
        (
            "Action=DescribeInstances&MaxResults=1001",
            400,
            "InvalidParameterValue",
        ),
        (
            "Action=DescribeInstances&NextToken=garbage",
            400,
            "InvalidParameterValue",
        ),
        (
            "Action=DescribeInstances&MaxResults=5&InstanceId.1=i-0123456789abcdef0",
            400,
            "InvalidParameterCombination",
        ),
        (
            "Action=DescribeInstances&Filter.1.Name=colour&Filter.1.Value.1=red",
            400,
            "InvalidParameterValue",
        ),
        ("Action=DescribeInstances&DryRun=true", 412, "DryRunOperation"),
        ("Action=StopInstances", 400, "MissingParameter"),
        (
            "Action=DescribeRegions&RegionName.1=mars-1",
            400,
            "InvalidParameterValue",
        ),
        ("Action=MakeCoffee", 400, "InvalidAction"),
    ] {
        let answer = client.ec2(parameters).await;
        assert_eq!(answer.refusal(), (status, code.to_owned()), "{parameters}");
        assert!(answer.one("Message").is_some() && answer.one("RequestID").is_some());
        assert!(
            answer.head.to_lowercase().contains("x-amzn-requestid"),
            "{}",
            answer.head
        );
    }
}

#[tokio::test]
async fn a_stopped_instance_passes_through_stopping() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let id = client
        .ec2("Action=DescribeInstances")
        .await
        .one("instanceId")
        .unwrap();
    let stop = client
        .ec2(&format!("Action=StopInstances&InstanceId.1={id}"))
        .await;
    assert_eq!(stop.all("name"), ["stopping", "running"]);
    let seen = client
        .ec2(&format!("Action=DescribeInstances&InstanceId.1={id}"))
        .await;
    assert_eq!(seen.one("name").as_deref(), Some("stopping"));
    let start = client
        .ec2(&format!("Action=StartInstances&InstanceId.1={id}"))
        .await;
    assert_eq!(start.refusal().1, "IncorrectInstanceState");
}
