//! Sessions from outside: the service's calls, and a data channel far enough to see that the agent is there.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::*;

async fn online(client: &Client) -> String {
    let filter = json!({ "Filters": [{ "Key": "PingStatus", "Values": ["Online"] }] });
    let nodes = client.ssm("DescribeInstanceInformation", filter).await.json();
    nodes["InstanceInformationList"][0]["InstanceId"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn open(client: &Client) -> Value {
    let target = online(client).await;
    let started = client
        .ssm("StartSession", json!({ "Target": target, "Reason": "a test" }))
        .await;
    assert_eq!(started.status, 200, "{}", started.body);
    started.json()
}

async fn sessions(client: &Client, state: &str) -> Vec<Value> {
    let listed = client
        .ssm("DescribeSessions", json!({ "State": state }))
        .await
        .json();
    listed["Sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_session_is_started_listed_resumed_and_ended() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let session = open(&client).await;
    let id = session["SessionId"].as_str().unwrap();
    let url = session["StreamUrl"].as_str().unwrap();
    let ours = format!(
        "ws://{}/v1/data-channel/{id}?role=publish_subscribe&cell-number=",
        client.addr
    );
    assert!(url.starts_with(&ours), "{url}");
    let active = sessions(&client, "Active").await;
    assert_eq!(active.len(), 1);
    assert_eq!(
        (&active[0]["SessionId"], &active[0]["Reason"]),
        (&json!(id), &json!("a test"))
    );
    let resumed = client
        .ssm("ResumeSession", json!({ "SessionId": id }))
        .await
        .json();
    assert!(resumed["TokenValue"].is_string() && resumed["TokenValue"] != session["TokenValue"]);
    assert_eq!(
        client
            .ssm("TerminateSession", json!({ "SessionId": id }))
            .await
            .json()["SessionId"],
        id
    );
    assert!(sessions(&client, "Active").await.is_empty());
    let history = sessions(&client, "History").await;
    assert_eq!(history[0]["Status"], "Terminated");
    assert!(history[0]["EndDate"].as_f64() >= history[0]["StartDate"].as_f64());
    let over = client.ssm("ResumeSession", json!({ "SessionId": id })).await;
    assert_eq!((over.status, &over.json()["TokenValue"]), (200, &Value::Null));
}

#[tokio::test]
async fn sessions_belong_to_their_account_and_region() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let session = open(&client).await;
    for other in [
        Client::new(&sim, 1, "us-east-1"),
        Client::new(&sim, 0, "eu-west-1"),
    ] {
        assert!(sessions(&other, "Active").await.is_empty());
        let resumed = other
            .ssm("ResumeSession", json!({ "SessionId": session["SessionId"] }))
            .await;
        assert_eq!(resumed.refusal().1, "DoesNotExistException");
        other
            .ssm("TerminateSession", json!({ "SessionId": session["SessionId"] }))
            .await;
    }
    assert_eq!(sessions(&client, "Active").await.len(), 1);
}

#[tokio::test]
async fn a_list_is_filtered_and_paged() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let ids = [open(&client).await, open(&client).await, open(&client).await].map(|s| s["SessionId"].clone());
    let ask = async |request: Value| client.ssm("DescribeSessions", request).await;
    let first = ask(json!({ "State": "Active", "MaxResults": 2 })).await.json();
    let rest = ask(json!({ "State": "Active", "MaxResults": 2, "NextToken": first["NextToken"] }))
        .await
        .json();
    let paged =
        [&first["Sessions"][0], &first["Sessions"][1], &rest["Sessions"][0]].map(|s| s["SessionId"].clone());
    assert!(ids.iter().all(|id| paged.contains(id)) && rest["NextToken"].is_null());
    let filter =
        |key: &str, value: &str| json!({ "State": "Active", "Filters": [{ "key": key, "value": value }] });
    for (key, value, expected) in [
        ("SessionId", ids[1].as_str().unwrap(), 1),
        ("Status", "Connecting", 3),
        ("Target", "i-0123456789abcdef0", 0),
        ("InvokedAfter", "2020-01-01T00:00:00Z", 3),
        ("InvokedBefore", "2020-01-01T00:00:00Z", 0),
    ] {
        let found = ask(filter(key, value)).await.json()["Sessions"]
            .as_array()
            .unwrap()
            .len();
        assert_eq!(found, expected, "{key}={value}");
    }
    assert_eq!(ask(filter("Colour", "red")).await.refusal().1, "InvalidFilterKey");
    assert_eq!(
        ask(filter("InvokedAfter", "noon")).await.refusal().1,
        "ValidationException"
    );
    assert_eq!(
        ask(json!({ "State": "Sleeping" })).await.refusal().1,
        "ValidationException"
    );
}

#[tokio::test]
async fn only_nodes_that_are_online_take_sessions() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let target = online(&client).await;
    let start = async |request: Value| client.ssm("StartSession", request).await.refusal();
    for (request, code) in [
        (json!({ "Target": "i-0123456789abcdef0" }), "TargetNotConnected"),
        (json!({}), "ValidationException"),
        (
            json!({ "Target": target, "Reason": "x".repeat(257) }),
            "ValidationException",
        ),
        (
            json!({ "Target": target, "DocumentName": "Nothing" }),
            "InvalidDocument",
        ),
        (
            json!({ "Target": target, "DocumentName": "AWS-StartSSHSession", "Parameters": { "host": ["db"] } }),
            "InvalidParameters",
        ),
    ] {
        assert_eq!(start(request).await, (400, code.to_owned()));
    }
    let status = async |target: &str| {
        client
            .ssm("GetConnectionStatus", json!({ "Target": target }))
            .await
            .json()
    };
    assert_eq!(status(&target).await["Status"], "connected");
    assert_eq!(status("i-0123456789abcdef0").await["Status"], "notconnected");
    assert!(sessions(&client, "Active").await.is_empty());
}

#[tokio::test]
async fn a_data_channel_opens_with_its_token_only() {
    let mut options = Options::default();
    options.agent.shell = Some("echo at your service; cat".to_owned());
    options.agent.start_pause_for = Duration::ZERO;
    let sim = Sim::start(options).unwrap();
    let client = Client::new(&sim, 0, "us-east-1");
    let session = open(&client).await;
    let url = session["StreamUrl"].as_str().unwrap();
    let hello = |token: &Value| {
        json!({
            "MessageSchemaVersion": "1.0", "RequestId": "d1a7a0a3-1f8f-4f0f-8f0f-0f0f0f0f0f0f", "TokenValue": token,
            "ClientId": "d1a7a0a3-1f8f-4f0f-8f0f-0f0f0f0f0f01", "ClientVersion": "1.2.700.0",
        })
    };
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    socket
        .send(Message::text(hello(&json!("wrong")).to_string()))
        .await
        .unwrap();
    let refused = tokio::time::timeout(Duration::from_secs(5), socket.next())
        .await
        .unwrap();
    assert!(matches!(refused, Some(Ok(Message::Close(_)))), "{refused:?}");
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    socket
        .send(Message::text(hello(&session["TokenValue"]).to_string()))
        .await
        .unwrap();
    let greeted = tokio::time::timeout(Duration::from_secs(5), async {
        let mut output = Vec::new();
        while !String::from_utf8_lossy(&output).contains("at your service") {
            if let Some(Ok(Message::Binary(frame))) = socket.next().await {
                output.extend(crate::ssm::frame::Message::decode(&frame).unwrap().payload);
            }
        }
    });
    greeted.await.unwrap();
    assert_eq!(sessions(&client, "Active").await[0]["Status"], "Connected");
    sim.stop().await;
}

#[tokio::test]
async fn a_data_channel_is_a_web_socket_of_a_session_that_exists() {
    let sim = start(FleetSpec::demo(), "");
    let status = async |url: String| match tokio_tungstenite::connect_async(url).await {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("{other:?}"),
    };
    let base = sim.endpoint_url().replace("http", "ws");
    assert_eq!(status(format!("{base}/v1/data-channel/nobody-0123")).await, 404);
    let session = open(&Client::new(&sim, 0, "us-east-1")).await;
    let url = session["StreamUrl"].as_str().unwrap();
    let mut request =
        tokio_tungstenite::tungstenite::client::IntoClientRequest::into_client_request(url).unwrap();
    let forged = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/ssmmessages/aws4_request, \
                  SignedHeaders=host;x-amz-date, Signature=00";
    request
        .headers_mut()
        .insert("authorization", forged.parse().unwrap());
    let refused = tokio_tungstenite::connect_async(request).await;
    assert!(matches!(refused, Err(Error::Http(response)) if response.status() == 403));
}
