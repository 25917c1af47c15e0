//! Log streams from outside: pages that end at the same token, and what is not there.

use std::time::Duration;

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_stream_ends_with_the_token_that_was_asked_with_and_what_is_absent_is_refused() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let ask = async |operation: &str, body: Value| {
        let target = format!("Logs_20140328.{operation}");
        client.json("logs", &target, body).await
    };
    let nodes = client
        .ssm("DescribeInstanceInformation", json!({ "MaxResults": 50 }))
        .await
        .json();
    let nodes = nodes["InstanceInformationList"].as_array().unwrap().clone();
    let is_fit = |node: &&Value| node["PingStatus"] == "Online" && node["PlatformType"] == "Linux";
    let node = nodes.iter().find(is_fit).unwrap()["InstanceId"].clone();
    let sent = client
        .ssm(
            "SendCommand",
            json!({ "DocumentName": "AWS-RunShellScript", "InstanceIds": [node],
                "Parameters": { "commands": ["seq 1 250000"] },
                "CloudWatchOutputConfig": { "CloudWatchOutputEnabled": true, "CloudWatchLogGroupName": "g" } }),
        )
        .await
        .json();
    let of = json!({ "CommandId": sent["Command"]["CommandId"], "InstanceId": node });
    let told = loop {
        let told = client.ssm("GetCommandInvocation", of.clone()).await.json();
        if told["Status"] == "Success" {
            break told;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(told["CloudWatchOutputConfig"]["CloudWatchLogGroupName"], "g");
    let streams = ask("DescribeLogStreams", json!({ "logGroupName": "g" }))
        .await
        .json();
    let stream = streams["logStreams"][0]["logStreamName"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(stream.ends_with("/aws-runShellScript/stdout"), "{stream}");
    let (mut token, mut pages, mut lines) = (Value::Null, 0, 0);
    loop {
        let mut body = json!({ "logGroupName": "g", "logStreamName": stream, "startFromHead": true });
        if token.is_string() {
            body["nextToken"] = token.clone();
        }
        let page = ask("GetLogEvents", body).await.json();
        let events = page["events"].as_array().unwrap();
        lines += events
            .iter()
            .map(|event| event["message"].as_str().unwrap().lines().count())
            .sum::<usize>();
        if page["nextForwardToken"] == token {
            break;
        }
        (token, pages) = (page["nextForwardToken"].clone(), pages + 1);
    }
    assert_eq!((pages, lines), (2, 250_000));
    let last = ask(
        "GetLogEvents",
        json!({ "logGroupName": "g", "logStreamName": stream, "limit": 1 }),
    )
    .await
    .json();
    assert!(
        last["events"][0]["message"]
            .as_str()
            .unwrap()
            .ends_with("\n250000")
    );
    let absent = |body: Value| ask("GetLogEvents", body);
    for body in [
        json!({ "logGroupName": "h", "logStreamName": stream }),
        json!({ "logGroupName": "g", "logStreamName": "s" }),
    ] {
        assert_eq!(
            absent(body).await.refusal(),
            (400, "ResourceNotFoundException".to_owned())
        );
    }
    let bad = json!({ "logGroupName": "g", "logStreamName": stream, "nextToken": "f/x" });
    assert_eq!(absent(bad).await.refusal().1, "InvalidParameterException");
}
