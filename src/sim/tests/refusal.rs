//! Signatures, accounts and trouble on demand.

use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

/// The codes of the four services for one client.
async fn codes(client: &Client) -> Vec<(u16, String)> {
    let global = Client {
        region: "us-east-1".into(),
        ..client.clone()
    };
    vec![
        client.ec2("Action=DescribeInstances").await.refusal(),
        client.sts("Action=GetCallerIdentity").await.refusal(),
        client
            .ssm("DescribeInstanceInformation", json!({}))
            .await
            .refusal(),
        global.ce("GetTags", json!({})).await.refusal(),
    ]
}

fn expect(list: [(u16, &str); 4]) -> Vec<(u16, String)> {
    list.map(|(status, code)| (status, code.to_owned())).to_vec()
}

#[tokio::test]
async fn a_wrong_secret_is_refused_by_every_service() {
    let sim = start(FleetSpec::demo(), "");
    let mut client = Client::new(&sim, 0, "eu-west-1");
    client.account.secret_access_key.push('x');
    let expected = [
        (401, "AuthFailure"),
        (403, "SignatureDoesNotMatch"),
        (400, "InvalidSignatureException"),
        (400, "InvalidSignatureException"),
    ];
    assert_eq!(codes(&client).await, expect(expected));
}

#[tokio::test]
async fn an_unknown_key_is_refused_by_every_service() {
    let sim = start(FleetSpec::demo(), "");
    let mut client = Client::new(&sim, 0, "eu-west-1");
    client.account.access_key_id = "AKIAIOSFODNN7EXAMPLE".into();
    let expected = [
        (401, "AuthFailure"),
        (403, "InvalidClientTokenId"),
        (400, "UnrecognizedClientException"),
        (400, "UnrecognizedClientException"),
    ];
    assert_eq!(codes(&client).await, expect(expected));
}

#[tokio::test]
async fn a_clock_that_is_six_minutes_off_is_refused() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "eu-west-1");
    let off = Duration::from_secs(360);
    for at in [client.at - off, client.at + off] {
        let expected = [
            (400, "RequestExpired"),
            (403, "SignatureDoesNotMatch"),
            (400, "InvalidSignatureException"),
            (400, "InvalidSignatureException"),
        ];
        assert_eq!(codes(&Client { at, ..client.clone() }).await, expect(expected));
    }
    let near = Client {
        at: client.at - Duration::from_secs(240),
        ..client
    };
    assert_eq!(near.sts("Action=GetCallerIdentity").await.status, 200);
}

#[tokio::test]
async fn a_changed_body_or_header_breaks_the_signature() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "eu-west-1");
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "AmazonSSM.DescribeInstanceInformation"),
    ];
    let signed = client.sign("ssm", &headers, "{}");
    let with = |target: &'static str| {
        let mut all = vec![("content-type", headers[0].1), ("x-amz-target", target)];
        all.extend(signed.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        all
    };
    assert_eq!(client.send(&with(headers[1].1), "{}").await.status, 200);
    assert_eq!(
        client.send(&with(headers[1].1), "{ }").await.refusal().1,
        "InvalidSignatureException"
    );
    assert_eq!(
        client
            .send(&with("AmazonSSM.StartSession"), "{}")
            .await
            .refusal()
            .1,
        "InvalidSignatureException"
    );
    let unsigned = client.send(&headers, "{}").await;
    assert_eq!(
        unsigned.refusal(),
        (400, "MissingAuthenticationTokenException".to_owned())
    );
}

#[tokio::test]
async fn the_key_selects_the_account() {
    let sim = start(FleetSpec::demo(), "");
    for (index, account) in sim.accounts().iter().enumerate() {
        let answer = Client::new(&sim, index, "us-east-1")
            .sts("Action=GetCallerIdentity")
            .await;
        assert_eq!(answer.one("Account").as_deref(), Some(account.id.as_str()));
        let owners = Client::new(&sim, index, "us-east-1")
            .ec2("Action=DescribeInstances")
            .await
            .all("ownerId");
        assert!(owners.iter().all(|owner| *owner == account.id) && !owners.is_empty());
    }
}

#[tokio::test]
async fn an_assumed_role_needs_its_token() {
    let sim = start(FleetSpec::demo(), "");
    let mut client = Client::new(&sim, 0, "us-east-1");
    let other = sim.accounts()[1].id.clone();
    let role = format!("Action=AssumeRole&RoleArn=arn:aws:iam::{other}:role/oncall&RoleSessionName=mara");
    let lent = client.sts(&role).await;
    assert_eq!(lent.status, 200, "{}", lent.body);
    client.account.access_key_id = lent.one("AccessKeyId").unwrap();
    client.account.secret_access_key = lent.one("SecretAccessKey").unwrap();
    assert_eq!(
        client.sts("Action=GetCallerIdentity").await.refusal().1,
        "InvalidClientTokenId"
    );
    client.account.session_token = lent.one("SessionToken");
    let identity = client.sts("Action=GetCallerIdentity").await;
    assert_eq!(
        identity.one("Arn"),
        Some(format!("arn:aws:sts::{other}:assumed-role/oncall/mara"))
    );
}

#[tokio::test]
async fn a_region_that_does_not_exist_is_refused() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "mars-1");
    assert_eq!(
        client.ec2("Action=DescribeInstances").await.refusal().1,
        "AuthFailure"
    );
    let answer = client.ssm("DescribeInstanceInformation", json!({})).await;
    assert!(
        answer.json()["Message"]
            .as_str()
            .unwrap()
            .contains("not 'mars-1'")
    );
    let ce = Client::new(&sim, 0, "eu-west-1").ce("GetTags", json!({})).await;
    assert_eq!(ce.refusal().1, "InvalidSignatureException");
}

#[tokio::test]
async fn throttled_calls_get_each_services_code() {
    let sim = start(
        FleetSpec::demo(),
        "throttle.ec2=0,throttle.sts=0,throttle.ssm=0,throttle.ce=0",
    );
    let expected = [
        (503, "RequestLimitExceeded"),
        (400, "Throttling"),
        (400, "ThrottlingException"),
        (400, "LimitExceededException"),
    ];
    assert_eq!(codes(&Client::new(&sim, 0, "eu-west-1")).await, expect(expected));
}

#[tokio::test]
async fn one_region_fails_while_the_others_answer() {
    let faults = "fail.us-east-1=denied,fail.eu-west-1=error,fail.eu-central-1=expired,fail.ap-south-1=drop";
    let sim = start(FleetSpec::demo(), faults);
    let ask = async |region: &str| Client::new(&sim, 0, region).ec2("Action=DescribeInstances").await;
    assert_eq!(
        ask("us-east-1").await.refusal(),
        (403, "UnauthorizedOperation".to_owned())
    );
    assert_eq!(
        ask("eu-west-1").await.refusal(),
        (500, "InternalError".to_owned())
    );
    assert_eq!(
        ask("eu-central-1").await.refusal(),
        (400, "RequestExpired".to_owned())
    );
    assert_eq!(ask("ap-south-1").await.status, 0);
    assert_eq!(ask("ap-northeast-2").await.status, 200);
    let denied = Client::new(&sim, 0, "us-east-1")
        .ssm("DescribeInstanceInformation", json!({}))
        .await;
    assert_eq!(denied.refusal(), (400, "AccessDeniedException".to_owned()));
}

#[tokio::test]
async fn a_slow_region_is_slow_and_a_hanging_one_never_answers() {
    let sim = start(FleetSpec::demo(), "latency.eu-west-1=150ms,fail.us-east-1=hang");
    let asked_at = Instant::now();
    Client::new(&sim, 0, "eu-west-1")
        .ec2("Action=DescribeInstances")
        .await;
    assert!(asked_at.elapsed() >= Duration::from_millis(150));
    let hung = Client::new(&sim, 0, "us-east-1");
    let waited = tokio::time::timeout(Duration::from_millis(100), hung.ec2("Action=DescribeInstances")).await;
    assert!(waited.is_err());
    sim.stop().await;
}

#[tokio::test]
async fn nothing_but_loopback_is_listened_on() {
    let options = Options {
        addr: "0.0.0.0:0".parse().unwrap(),
        ..Options::default()
    };
    assert!(matches!(
        Sim::start(options),
        Err(crate::sim::Error::NotLoopback(_))
    ));
}

#[tokio::test]
async fn a_stopped_simulator_frees_its_port() {
    let sim = start(FleetSpec::demo(), "");
    let addr: std::net::SocketAddr = sim
        .endpoint_url()
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    let taken = Options {
        addr,
        ..Options::default()
    };
    assert!(
        Sim::start(taken.clone())
            .err()
            .is_some_and(|error| error.to_string().contains("cannot listen"))
    );
    sim.stop().await;
    Sim::start(taken).unwrap();
}
