//! Documents from outside.

use aws_sdk_ssm::types::{DocumentFormat, DocumentKeyValuesFilter, DocumentType};
use serde_json::json;

use super::*;

fn filter(key: &str, values: &[&str]) -> DocumentKeyValuesFilter {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    DocumentKeyValuesFilter::builder()
        .key(key)
        .set_values(Some(values))
        .build()
}

#[tokio::test]
async fn lists_narrow_by_every_filter_and_search_names_only() {
    let sim = start(FleetSpec::demo(), "");
    let client = systems_manager(&sim, 0, "eu-west-1");
    let names = async |filters: Vec<DocumentKeyValuesFilter>| -> Vec<String> {
        let reply = client
            .list_documents()
            .set_filters(Some(filters))
            .send()
            .await
            .unwrap();
        let rows = reply.document_identifiers().iter();
        rows.map(|row| row.name().unwrap().to_owned()).collect()
    };
    let own = names(vec![filter("Owner", &["Self"])]).await;
    let of_aws = names(vec![filter("Owner", &["Amazon"])]).await;
    assert!(own.len() >= 17 && of_aws.iter().all(|name| name.starts_with("AWS-")));
    let automations = names(vec![
        filter("Owner", &["Self"]),
        filter("DocumentType", &["Automation"]),
    ])
    .await;
    assert!(automations.len() >= 9 && automations.iter().all(|name| name.starts_with("Larkfield-")));
    assert_eq!(
        names(vec![filter("SearchKeyword", &["patchhost"])]).await,
        ["Larkfield-PatchHost"]
    );
    assert!(
        names(vec![filter("SearchKeyword", &["hypothesis"])])
            .await
            .is_empty()
    );
    assert!(names(vec![filter("tag:team", &["platform"])]).await.len() >= 12);
    let mut pages = client.list_documents().max_results(5).into_paginator().send();
    let mut seen = 0;
    while let Some(page) = pages.next().await {
        seen += page.unwrap().document_identifiers().len();
    }
    assert_eq!(seen, own.len() + of_aws.len());
}

#[tokio::test]
async fn a_document_is_read_in_either_format_and_described() {
    let sim = start(FleetSpec::demo(), "");
    let client = systems_manager(&sim, 0, "eu-west-1");
    let get = |format: Option<DocumentFormat>| {
        client
            .get_document()
            .name("Larkfield-RestartInstance")
            .set_document_format(format)
            .send()
    };
    let written = get(None).await.unwrap();
    assert_eq!(written.document_format(), Some(&DocumentFormat::Yaml));
    assert!(written.content().unwrap().starts_with("schemaVersion"));
    let json = get(Some(DocumentFormat::Json)).await.unwrap();
    let json: Value = serde_json::from_str(json.content().unwrap()).unwrap();
    assert_eq!(json["mainSteps"][1]["action"], "aws:approve");
    let bounce = client
        .get_document()
        .name("Larkfield-BounceHost")
        .document_format(DocumentFormat::Yaml);
    let yaml: Value = serde_saphyr::from_str(bounce.send().await.unwrap().content().unwrap()).unwrap();
    assert_eq!(yaml["mainSteps"][0]["name"], "drain");
    let told = client
        .describe_document()
        .name("Larkfield-QuarantineInstance")
        .send()
        .await
        .unwrap();
    let told = told.document().unwrap();
    assert_eq!(told.schema_version(), Some("0.3"));
    let kinds: Vec<&str> = told
        .parameters()
        .iter()
        .map(|one| one.r#type().unwrap().as_str())
        .collect();
    assert_eq!(kinds, ["StringList", "StringList", "String"]);
}

#[tokio::test]
async fn documents_are_made_changed_and_deleted_with_their_versions() {
    let sim = start(FleetSpec::demo(), "");
    let client = systems_manager(&sim, 0, "eu-west-1");
    let text = |seconds: u32| {
        json!({ "schemaVersion": "0.3", "mainSteps": [
            { "name": "s", "action": "aws:sleep", "inputs": { "Duration": format!("PT{seconds}S") } }] })
        .to_string()
    };
    let make = client
        .create_document()
        .name("Mine-Sleep")
        .content(text(1))
        .document_type(DocumentType::Automation);
    make.clone().send().await.unwrap();
    assert!(
        make.send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_document_already_exists()
    );
    let update = |text: String| {
        client
            .update_document()
            .name("Mine-Sleep")
            .content(text)
            .document_version("$LATEST")
            .send()
    };
    assert_eq!(
        update(text(2))
            .await
            .unwrap()
            .document_description()
            .unwrap()
            .latest_version(),
        Some("2")
    );
    assert!(
        update(text(2))
            .await
            .unwrap_err()
            .into_service_error()
            .is_duplicate_document_content()
    );
    let versions = client
        .list_document_versions()
        .name("Mine-Sleep")
        .send()
        .await
        .unwrap();
    let versions: Vec<(&str, bool)> = versions
        .document_versions()
        .iter()
        .map(|one| (one.document_version().unwrap(), one.is_default_version()))
        .collect();
    assert_eq!(versions, [("2", false), ("1", true)]);
    let latest = client
        .get_document()
        .name("Mine-Sleep")
        .document_version("$LATEST")
        .send()
        .await
        .unwrap();
    assert!(latest.content().unwrap().contains("PT2S"));
    client.delete_document().name("Mine-Sleep").send().await.unwrap();
    let gone = client.get_document().name("Mine-Sleep").send().await.unwrap_err();
    assert!(gone.into_service_error().is_invalid_document());
    let raw = Client::new(&sim, 0, "eu-west-1");
    for (content, code) in [
        ("{", "InvalidDocumentContent"),
        (
            r#"{"schemaVersion":"2.2","mainSteps":[]}"#,
            "InvalidDocumentSchemaVersion",
        ),
        (
            r#"{"schemaVersion":"0.3","mainSteps":[]}"#,
            "InvalidDocumentContent",
        ),
        (
            r#"{"schemaVersion":"0.3","mainSteps":[{"name":"a","action":"aws:sleep","nextStep":"b"}]}"#,
            "InvalidDocumentContent",
        ),
    ] {
        let body = json!({ "Name": "Mine-Bad", "Content": content, "DocumentType": "Automation" });
        assert_eq!(
            raw.ssm("CreateDocument", body).await.refusal().1,
            code,
            "{content}"
        );
    }
    let aws = json!({ "Name": "AWS-RunShellScript" });
    assert_eq!(
        raw.ssm("DeleteDocument", aws).await.refusal().1,
        "InvalidDocumentOperation"
    );
    let keys = json!({ "Filters": [{ "Key": "Colour", "Values": ["red"] }] });
    assert_eq!(
        raw.ssm("ListDocuments", keys).await.refusal().1,
        "InvalidFilterKey"
    );
    let short = json!({ "Filters": [{ "Key": "SearchKeyword", "Values": ["ab"] }] });
    assert_eq!(
        raw.ssm("ListDocuments", short).await.refusal().1,
        "ValidationException"
    );
}
