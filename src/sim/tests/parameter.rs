//! Parameter Store from outside.

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_sealed_parameter_opens_only_when_asked_and_allowed() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let ask = async |open: bool| {
        let body = json!({ "Name": "/oncall/token", "WithDecryption": open });
        client.ssm("GetParameter", body).await.json()["Parameter"].clone()
    };
    let (sealed, open) = (ask(false).await, ask(true).await);
    assert_eq!(open["Value"], "not-a-real-token-2");
    assert_eq!(
        (&open["Type"], &open["Version"]),
        (&json!("SecureString"), &json!(2))
    );
    assert!(!sealed["Value"].as_str().unwrap().contains("token"));
    let locked = start(FleetSpec::demo(), "fail.kms=denied");
    let client = Client::new(&locked, 0, "us-east-1");
    let body = json!({ "Name": "/oncall/token", "WithDecryption": true });
    assert_eq!(
        client.ssm("GetParameter", body).await.refusal().1,
        "AccessDeniedException"
    );
}

#[tokio::test]
async fn paths_pages_versions_and_filters_narrow() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let names = |reply: &Value| -> Vec<String> {
        let rows = reply["Parameters"].as_array().unwrap().iter();
        rows.map(|row| row["Name"].as_str().unwrap().to_owned()).collect()
    };
    let by_path = async |body: Value| client.ssm("GetParametersByPath", body).await.json();
    let below = by_path(json!({ "Path": "/oncall" })).await;
    assert_eq!(
        names(&below),
        ["/oncall/approvers", "/oncall/channel", "/oncall/token"]
    );
    assert!(names(&by_path(json!({ "Path": "/payments" })).await).is_empty());
    let all = by_path(json!({ "Path": "/", "Recursive": true })).await;
    assert_eq!(names(&all).len(), 7);
    let first = by_path(json!({ "Path": "/", "Recursive": true, "MaxResults": 5 })).await;
    let rest = json!({ "Path": "/", "Recursive": true, "MaxResults": 5, "NextToken": first["NextToken"] });
    assert_eq!([names(&first), names(&by_path(rest).await)].concat(), names(&all));
    let old = client
        .ssm("GetParameter", json!({ "Name": "/payments/feature/retry:1" }))
        .await
        .json();
    assert_eq!(
        (&old["Parameter"]["Value"], &old["Parameter"]["Selector"]),
        (&json!("off"), &json!(":1"))
    );
    let many = json!({ "Names": ["golden-image", "nobody"] });
    let many = client.ssm("GetParameters", many).await.json();
    assert_eq!(
        (names(&many), &many["InvalidParameters"]),
        (vec!["golden-image".to_owned()], &json!(["nobody"]))
    );
    let filter = json!({ "ParameterFilters": [{ "Key": "Type", "Values": ["SecureString"] }] });
    let sealed = client.ssm("DescribeParameters", filter).await.json();
    assert_eq!(names(&sealed), ["/oncall/token", "/payments/db/password"]);
    assert!(sealed["Parameters"][0].get("Value").is_none());
}

#[tokio::test]
async fn parameters_are_put_and_refused_with_the_services_codes() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let put = async |body: Value| client.ssm("PutParameter", body).await;
    let new = json!({ "Name": "/a/b", "Value": "1", "Type": "String" });
    assert_eq!(put(new.clone()).await.json()["Version"], 1);
    assert_eq!(put(new).await.refusal().1, "ParameterAlreadyExists");
    let over = json!({ "Name": "/a/b", "Value": "2", "Overwrite": true });
    assert_eq!(put(over).await.json()["Version"], 2);
    for (body, code) in [
        (
            json!({ "Name": "/a/c", "Value": "1", "Type": "SecureString", "KeyId": "alias/nobody" }),
            "InvalidKeyId",
        ),
        (
            json!({ "Name": "/a/c", "Value": "1", "Type": "String", "AllowedPattern": "^a$" }),
            "ParameterPatternMismatchException",
        ),
        (
            json!({ "Name": "/a/c", "Value": "1", "Type": "Colour" }),
            "ValidationException",
        ),
        (
            json!({ "Name": "/aws/c", "Value": "1", "Type": "String" }),
            "AccessDeniedException",
        ),
    ] {
        assert_eq!(put(body).await.refusal().1, code);
    }
    for (operation, body, code) in [
        ("GetParameter", json!({ "Name": "nobody" }), "ParameterNotFound"),
        (
            "GetParameter",
            json!({ "Name": "/a/b:9" }),
            "ParameterVersionNotFound",
        ),
        (
            "GetParametersByPath",
            json!({ "Path": "/", "MaxResults": 11 }),
            "ValidationException",
        ),
        (
            "DescribeParameters",
            json!({ "ParameterFilters": [{ "Key": "Colour", "Values": ["red"] }] }),
            "InvalidFilterKey",
        ),
        (
            "DescribeParameters",
            json!({ "ParameterFilters": [{ "Key": "Type", "Option": "Like", "Values": ["x"] }] }),
            "InvalidFilterOption",
        ),
        (
            "DeleteParameter",
            json!({ "Name": "nobody" }),
            "ParameterNotFound",
        ),
    ] {
        assert_eq!(client.ssm(operation, body).await.refusal().1, code, "{operation}");
    }
    assert_eq!(
        client
            .ssm("DeleteParameter", json!({ "Name": "/a/b" }))
            .await
            .status,
        200
    );
}
