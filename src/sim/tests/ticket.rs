//! OpsItems from outside.

use aws_sdk_ssm::types::{OpsItemDataType, OpsItemDataValue, OpsItemFilter, OpsItemStatus, RelatedOpsItem};
use serde_json::json;

use super::*;

fn data(value: &str) -> OpsItemDataValue {
    OpsItemDataValue::builder()
        .value(value)
        .r#type(OpsItemDataType::SearchableString)
        .build()
}

fn filter(key: &str, value: &str, operator: &str) -> OpsItemFilter {
    OpsItemFilter::builder()
        .key(key.into())
        .values(value)
        .operator(operator.into())
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_ticket_is_made_changed_and_found() {
    let sim = start(FleetSpec::demo(), "");
    let client = systems_manager(&sim, 0, "us-east-1");
    let made = client
        .create_ops_item()
        .title("checkout burns")
        .description("5xx")
        .source("qd")
        .severity("1")
        .operational_data("alarm", data("payments-alb-5xx"))
        .send()
        .await
        .unwrap();
    let id = made.ops_item_id().unwrap();
    assert!(id.starts_with("oi-") && made.ops_item_arn().unwrap().ends_with(id));
    let other = client
        .describe_ops_items()
        .send()
        .await
        .unwrap()
        .ops_item_summaries()[1]
        .clone();
    client
        .update_ops_item()
        .ops_item_id(id)
        .status(OpsItemStatus::Resolved)
        .operational_data("note", data("rolled back"))
        .operational_data_to_delete("alarm")
        .related_ops_items(
            RelatedOpsItem::builder()
                .ops_item_id(other.ops_item_id().unwrap())
                .build()
                .unwrap(),
        )
        .send()
        .await
        .unwrap();
    let whole = client.get_ops_item().ops_item_id(id).send().await.unwrap();
    let whole = whole.ops_item().unwrap();
    assert_eq!(whole.status(), Some(&OpsItemStatus::Resolved));
    assert_eq!(whole.version(), Some("2"));
    let keys: Vec<&String> = whole.operational_data().unwrap().keys().collect();
    assert_eq!(
        (keys, whole.related_ops_items().len()),
        (vec![&"note".to_owned()], 1)
    );
    for (key, value, operator, found) in [
        ("Status", "Resolved", "Equal", true),
        ("Title", "burns", "Contains", true),
        ("Title", "burns", "Equal", false),
        ("OperationalDataValue", "back", "Contains", true),
        (
            "OperationalData",
            r#"{"key":"note","value":"rolled back"}"#,
            "Equal",
            true,
        ),
        ("CreatedTime", "2020-01-01T00:00:00Z", "LessThan", false),
    ] {
        let reply = client
            .describe_ops_items()
            .ops_item_filters(filter(key, value, operator))
            .send()
            .await
            .unwrap();
        let ids = reply
            .ops_item_summaries()
            .iter()
            .filter_map(|row| row.ops_item_id());
        assert_eq!(
            ids.into_iter().any(|one| one == id),
            found,
            "{key} {operator} {value}"
        );
    }
}

#[tokio::test]
async fn a_second_ticket_about_the_same_trouble_is_refused_until_the_first_is_done() {
    let sim = start(FleetSpec::demo(), "");
    let client = systems_manager(&sim, 0, "us-east-1");
    let ask = || {
        client
            .create_ops_item()
            .title("a")
            .description("b")
            .source("qd")
            .operational_data("/aws/dedup", data(r#"{"dedupString":"x"}"#))
            .send()
    };
    let first = ask().await.unwrap().ops_item_id().unwrap().to_owned();
    let refused = ask().await.unwrap_err().into_service_error();
    match refused {
        aws_sdk_ssm::operation::create_ops_item::CreateOpsItemError::OpsItemAlreadyExistsException(same) => {
            assert_eq!(same.ops_item_id(), Some(first.as_str()));
        }
        other => panic!("{other:?}"),
    }
    let done = client
        .update_ops_item()
        .ops_item_id(&first)
        .status(OpsItemStatus::Resolved);
    done.send().await.unwrap();
    ask().await.unwrap();
}

#[tokio::test]
async fn bad_tickets_get_ops_centers_codes() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let good = json!({ "Title": "t", "Description": "d", "Source": "s" });
    for (member, value, code) in [
        ("Title", json!(""), "ValidationException"),
        ("Severity", json!("9"), "OpsItemInvalidParameterException"),
        ("Priority", json!(9), "ValidationException"),
        (
            "OperationalData",
            json!({ "aws:own": { "Value": "x", "Type": "String" } }),
            "OpsItemInvalidParameterException",
        ),
    ] {
        let mut body = good.clone();
        body[member] = value;
        assert_eq!(
            client.ssm("CreateOpsItem", body).await.refusal(),
            (400, code.to_owned()),
            "{member}"
        );
    }
    let gone = json!({ "OpsItemId": "oi-000000000000" });
    assert_eq!(
        client.ssm("GetOpsItem", gone.clone()).await.refusal().1,
        "OpsItemNotFoundException"
    );
    assert_eq!(
        client.ssm("UpdateOpsItem", gone).await.refusal().1,
        "OpsItemNotFoundException"
    );
    let bad = json!({ "OpsItemFilters": [{ "Key": "Status", "Values": ["Open"], "Operator": "Contains" }] });
    assert_eq!(
        client.ssm("DescribeOpsItems", bad).await.refusal().1,
        "ValidationException"
    );
}
